// SPDX-License-Identifier: Apache-2.0
// New records out of known good ones: bodies are parsed by libprotobuf, changed by reflection as their descriptors and rules suggest, and written
// again by the judge's writer; targets and headers are changed as text. Most of them are valid, some are not: the judge says which. No part of this looks at a table.
#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "judge/binary_body.hpp"
#include "judge/json_writer.hpp"
#include "judge/message_reader.hpp"
#include "judge/plan.hpp"
#include "load/load.hpp"

namespace sluice::verify {

class MessageSource {
 public:
  static constexpr std::size_t kKept = 400;    // records, and values of one field
  static constexpr int kNesting = 6;           // levels of messages that are made

  MessageSource(const load::Loaded& loaded, std::uint64_t seed);
  ~MessageSource();

  // A record that is known to be valid. `endpoint`: index into Loaded::endpoints.
  void learn(bool request, std::size_t endpoint, const std::string& record);
  // A changed one of that endpoint; nothing while none is known.
  std::optional<std::string> next(bool request, std::size_t endpoint);

 private:
  struct Parts {
    std::string line;
    std::vector<std::string> headers;
    std::string body;
  };
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;

  static std::optional<Parts> split(const std::string& record);
  static std::string join(Parts parts);
  judge::BodyPlan body_of(bool request, std::size_t endpoint, const Parts& parts) const;
  std::unique_ptr<Message> parse(const judge::BodyPlan& body, const std::string& text) const;
  std::optional<std::string> write(const judge::BodyPlan& body, const std::set<std::string>& elsewhere, const Message& message) const;
  void learn_values(const Message& message, int depth);
  void change(Message& message, int depth);
  void set(Message& message, const Field* field, bool add, int depth);
  std::string text_for(const Field* field);
  std::string edited(std::string text, bool encoded);
  std::string changed_target(const std::string& line, std::size_t endpoint);
  void change_headers(Parts& parts, bool request);
  std::vector<double> numbers_for(const Field* field);
  std::size_t below(std::size_t n) { return n == 0 ? 0 : rng_() % n; }

  const load::Loaded& loaded_;
  std::mt19937_64 rng_;
  load::Diagnostics ignored_;  // the judge has complained already
  std::vector<judge::EndpointPlan> plans_;
  judge::JsonSpelling spelling_;
  judge::MessageReader reader_;
  judge::JsonWriter writer_;
  judge::BinaryWriter binary_;
  std::map<std::pair<bool, std::size_t>, std::vector<std::string>> records_;
  std::map<const Field*, std::vector<std::string>> texts_;
  std::map<const google::protobuf::Descriptor*, std::vector<std::string>> messages_;  // serialized
  std::map<std::size_t, std::vector<std::string>> parameters_;
  std::set<std::string> headers_[2];
};

}  // namespace sluice::verify
