// SPDX-License-Identifier: Apache-2.0
// Why a message was not transformed, in a form that a gateway can hand to its own client: one HTTP
// status, one short code, the place (field, header, or line and column of the body) and a sentence
// that says how to mend it. Inside this folder a refusal travels as an exception; the public
// functions return it as a value.
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace sluice::canonical {

struct Refusal {
  int http_status = 400;  // what a gateway answers: 400, 404, 405, 413, 415, 417, 422, 502, 505
  std::string code;       // stable, lower_snake: "json_syntax", "unknown_field", "rule",
                          // "header_not_listed", ...
  std::string
      field;  // "book.title", "items[3].price"; for headers and the like their name; may be empty
  std::string rule;        // "string.max_len = 64"; empty when no rule of the schema is involved
  std::string message;     // one sentence for people
  std::size_t line = 0;    // in the body, from 1; 0: the refusal is not about the body
  std::size_t column = 0;  // in characters, from 1
  std::string allow;       // 405: the methods that the path has, "GET, POST"
  std::optional<std::size_t> offset{};  // in a Protobuf body, in bytes from 0
  std::string rule_name{};  // "string.max_len"; empty: `rule` has no value, it is the name
};

/// A rule as a refusal tells it.
struct RuleText {
  std::string name;  // "string.max_len"
  std::string text;  // with its value, "string.max_len = 64"; else the name
};

/// How refusals travel inside this folder. Never leaves it.
struct Refused : std::exception {
  explicit Refused(Refusal why) : refusal(std::move(why)) {}
  const char* what() const noexcept override { return refusal.message.c_str(); }
  Refusal refusal;
};

/// A value, or why there is none.
template <class T>
class Result {
 public:
  Result(T value) : state_(std::move(value)) {}            // NOLINT: implicit on purpose
  Result(Refusal refusal) : state_(std::move(refusal)) {}  // NOLINT
  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Refusal& refusal() const { return std::get<1>(state_); }

 private:
  std::variant<T, Refusal> state_;
};

}  // namespace sluice::canonical
