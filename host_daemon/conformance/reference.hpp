// SPDX-License-Identifier: Apache-2.0
// What a device is measured against: the kit's policy in two releases, compiled, and the independent judge. Also the few records
// that procedures write by hand. Nothing here talks to a device.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/compiler.hpp"
#include "compiler/symbols.hpp"
#include "engine/image.hpp"
#include "judge/judge.hpp"

namespace sluice::conformance {

/// One release of the policy.
struct Release {
  std::string host;
  compiler::CompileResult compiled;
  engine::Image image;
};

/// A record written by hand, and why it is what it is.
struct NamedRecord {
  std::string name;
  std::string record;
};

class Reference {
 public:
  /// Compiles both releases. Throws std::runtime_error: the kit itself is broken then.
  Reference();

  const Release& first() const { return *first_; }    ///< serial 10, host first.example
  const Release& second() const { return *second_; }  ///< serial 11, host second.example
  const judge::Judge& judge() const { return *judge_; }  ///< of the first release
  const compiler::SymbolMap& symbols() const { return *symbols_; }

  /// Tags of the endpoints.
  static constexpr std::uint16_t write_note = 1, read_note = 2, count_notes = 3;

  /// POST of a Note; `body` is its JSON, content-length is right.
  std::string write(std::string_view body, std::string_view host = "first.example") const;
  /// A GET of the note of that number, and one of the tally: records that end otherwise than with a brace.
  std::string read(unsigned number, std::string_view host = "first.example") const;
  std::string count(std::string_view host = "first.example") const;
  /// 200 with that body.
  std::string answer(std::string_view body) const;
  /// A good answer to a request of that endpoint.
  std::string good_answer(std::uint16_t endpoint) const;

  /// A valid Note whose text is `fill`, `length` times.
  static std::string note(unsigned number, char fill, std::size_t length);
  /// Requests and responses (to write_note) that are wrong in one way each, early and late in the record; every engine reason
  /// that JSON can meet is among them.
  std::vector<NamedRecord> bad_requests() const;
  std::vector<NamedRecord> bad_answers() const;

 private:
  std::unique_ptr<Release> first_, second_;
  std::unique_ptr<judge::Judge> judge_;
  std::unique_ptr<compiler::SymbolMap> symbols_;
};

}  // namespace sluice::conformance
