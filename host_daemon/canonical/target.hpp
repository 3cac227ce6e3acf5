// SPDX-License-Identifier: Apache-2.0
// A request target (RFC 9112 section 3.2: origin-form, or absolute-form for the policy's host) into
// its canonical form: which endpoint it calls, the variables of its path, its query parameters in
// schema order, every byte in the one percent spelling.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "canonical/json_body.hpp"
#include "canonical/tables.hpp"
#include "compiler/query_choice.hpp"

namespace sluice::canonical {

using compiler::Endpoint;

struct CanonicalTarget {
  const Endpoint* endpoint = nullptr;
  std::string text;        // path and query
  PathFields path_fields;  // proto path from the request message, and value
};

class Targets {
 public:
  /// `tables` must outlive this object and stay where it is.
  explicit Targets(const Tables& tables);

  /// `method` is compared as it stands (methods are case-sensitive). Throws Refused: 400 what no
  /// target may be, 404 no template matches, 405 one does for another method, 421 it is absolute
  /// and for another host, 422 a value that the schema refuses.
  CanonicalTarget canonical(std::string_view method, std::string_view target) const;

 private:
  struct RawSegment {
    std::string_view raw;
    std::string decoded;
  };
  struct Match {
    const Endpoint* endpoint;
    std::vector<int> rank;  // smaller is more literal; compared from the left
    std::string last;       // the last segment without a verb, decoded
    std::size_t rest;       // how many segments `**` takes
  };
  struct Name {
    std::string json, proto;
  };
  struct Parameter {
    std::vector<Name> names;  // of every level, "book" then "title"
    const Field* field;
    Value value;  // what may stand in a query: never a default
    compiler::QueryChoice choice;
  };
  struct Prepared {                // per endpoint
    std::vector<Value> variables;  // by path part; meaningful where the part is a variable
    std::vector<Parameter> query;  // as Endpoint::query
    std::vector<Parameter> default_only;  // as Endpoint::default_only_query
  };

  std::vector<RawSegment> split_path(std::string_view path) const;
  bool matches(const Endpoint& endpoint, const std::vector<RawSegment>& segments,
               Match& match) const;
  std::vector<Match> find(std::string_view method, std::string_view path,
                          const std::vector<RawSegment>& segments) const;
  std::string write_path(const Match& match, const std::vector<RawSegment>& segments,
                         PathFields& fields) const;
  void refuse_second_choice(const Endpoint& endpoint, const std::vector<bool>& given,
                            std::size_t index) const;
  std::string write_query(const Endpoint& endpoint, std::string_view query) const;
  Parameter prepare(const Endpoint& endpoint, const compiler::QueryParameter& query) const;
  static std::optional<std::size_t> find_parameter(const std::vector<Parameter>& parameters,
                                                   std::string_view name);
  [[noreturn]] static void refuse_unknown(const Endpoint& endpoint, std::string_view name);
  [[noreturn]] static void refuse_twice(const Place& place);
  void check_default_only(const Endpoint& endpoint, std::vector<bool>& given,
                          std::string_view name, std::string_view text) const;
  const Prepared& prepared(const Endpoint& endpoint) const {
    return prepared_[static_cast<std::size_t>(endpoint.tag - 1)];
  }

  const Tables& tables_;
  std::vector<Prepared> prepared_;
};

}  // namespace sluice::canonical
