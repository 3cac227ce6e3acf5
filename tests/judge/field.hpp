// SPDX-License-Identifier: Apache-2.0
// A message of one field `f` with rules, posted whole.
#pragma once

#include <string>

#include "bench.hpp"

namespace sluice::judge::test {

// A service whose one message M is posted whole; `more` stands before the message.
inline std::string api(const std::string& fields, const std::string& more = "") {
  return more + "message M {\n" + fields +
         "\n}\nservice Api { rpc Do(M) returns (M) { option (google.api.http) = {post: \"/m\" "
         "body: \"*\"}; } }\n";
}

// One field `f` with rules; the call posts a body.
class Field {
 public:
  explicit Field(const std::string& declaration, const std::string& more = "")
      : bench_(api(declaration, more)) {}
  std::string operator()(const std::string& body) const { return shown(bench_.post("/m", body)); }

 private:
  Bench bench_;
};

}  // namespace sluice::judge::test
