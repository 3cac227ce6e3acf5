// SPDX-License-Identifier: Apache-2.0
// The independent judge: is a record in the language of a policy? It answers from design sections 4
// to 6 alone, in the most naive way: take the envelope apart by hand, let libprotobuf read the
// values, check every rule, write the whole canonical record again, and compare the bytes. It
// shares nothing with the compiler after `load`, nor with the canonicalizer, so that a mistake
// would have to be made twice to stay hidden (invariant 8).
//
//   record -> envelope -> endpoint, path, query -> message <- JSON body
//                                                     | rules
//                                                     v
//                              record == canonical record written from the message ?
//
// It does not model the device: no stack frames, no offsets, no reasons.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "judge/rules.hpp"
#include "load/load.hpp"

namespace sluice::judge {

struct Verdict {
  bool accepted = false;
  // "pkg.Service.Method", "#n" for additional bindings; empty as long as none is known.
  std::string endpoint;
  // The rejection: proto path of the field ("book.authors[2].name", or empty), the rule by name
  // ("string.min_len", "http.path", "canonical"; see README.md), and a sentence for people.
  std::string path;
  std::string rule;
  std::string message;
  // Accepted, but a float or double is not in its shortest spelling: the gap of design section 5.
  bool float_not_shortest = false;
  // Rejected only by rules that the policy's `software_only` lists: the device lets such a record
  // pass.
  bool software_only = false;
};

// Gets the message of an accepted record.
using Seen = std::function<void(const google::protobuf::Message&)>;

class Judge {
 public:
  // Null after an error: a part of the policy that the judge cannot judge is refused by name.
  static std::unique_ptr<Judge> create(std::shared_ptr<const load::Loaded> loaded,
                                       load::Diagnostics& diagnostics);
  ~Judge();

  // Judges one record of the request pipeline. Thread-safe, for any bytes.
  Verdict request(std::span<const std::uint8_t> record, const Seen& seen = {}) const;

  // Judges one record of the response pipeline as an answer to a request of `endpoint`.
  Verdict response(std::string_view endpoint, std::span<const std::uint8_t> record,
                   const Seen& seen = {}) const;

  // The naive rule evaluator: all violations in a message of the policy's pool that a method or
  // status can reach.
  std::vector<RuleViolation> evaluate(const google::protobuf::Message& message) const;

 private:
  class Implementation;
  explicit Judge(std::unique_ptr<const Implementation> implementation);
  std::unique_ptr<const Implementation> implementation_;
};

}  // namespace sluice::judge
