// SPDX-License-Identifier: Apache-2.0
// What writing a body has in common in both encodings: where the walk is, what travels in the path instead, and what absence breaches.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "canonical/json_body.hpp"
#include "canonical/scalar.hpp"

namespace sluice::canonical {

class BodyWalk {
 protected:
  BodyWalk(const Tables& tables, const compiler::Body& body, const PathFields& path_fields)
      : tables_(tables), body_(body), path_fields_(path_fields) {}

  // Extends the paths by a field for the time of a scope.
  class Descent {
   public:
    Descent(BodyWalk& walk, const Field& field);
    ~Descent();
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;

   private:
    BodyWalk& walk_;
    std::size_t path_, proto_path_;
  };

  std::string subject() const { return path_.empty() ? "The body" : "'" + path_ + "'"; }
  // A place by its byte offset; whoever catches the refusal turns it into line and column.
  Place here(std::size_t offset) const { return {path_, 0, offset + 1}; }

  // The field at hand travels in the path, or shares a oneof with one that does.
  bool is_elsewhere() const { return body_.excluded.contains(proto_path_); }
  // The path sets it: it travels there, whole or in part.
  bool is_set_by_path() const { return is_elsewhere() || body_.reached.contains(proto_path_); }
  // The value in the path of a field that the body repeats at `offset`. Refused where another member of its oneof is there.
  const Scalar& value_in_path(std::size_t offset) const;
  void require_equal(const Scalar& in_body, const Scalar& in_path, std::size_t offset) const;

  // Offset of a member that will stand; empty if it will not (a default without presence, an empty list).
  using SetAt = std::function<std::optional<std::size_t>(const Field& field, std::size_t index)>;
  // Oneofs without the member that they require, rules `oneof` of the message with several or none. `offset`: of the message.
  void check_choices(const Message& type, std::size_t offset, const SetAt& set_at);

  [[noreturn]] void refuse_absent(const Field& field, std::size_t offset) const;
  // A default value that the rules do not allow.
  [[noreturn]] void refuse_default(const Field& field, const Scalar& scalar, std::size_t offset) const;
  // A message that is the whole body, must be there, and shows nothing.
  [[noreturn]] void refuse_empty(const Field& field, std::size_t offset) const;

  const Tables& tables_;
  const compiler::Body& body_;
  const PathFields& path_fields_;
  std::string path_;        // json names, for refusals
  std::string proto_path_;  // proto names, for Body::excluded; items have no index in it: paths do not reach into lists

 private:
  std::optional<RuleText> breached_by_default(const Field& field) const;
};

}  // namespace sluice::canonical
