// SPDX-License-Identifier: Apache-2.0
// The headers of one pipeline: which may stand, which must, with which values (design section 5).
#pragma once

#include <google/protobuf/repeated_field.h>
#include <re2/re2.h>

#include <map>
#include <memory>
#include <string>

#include "judge/envelope.hpp"
#include "load/load.hpp"

namespace sluice::judge {

class HeaderCheck {
 public:
  // `host` empty: there is no host header (responses). `key` names the list in the policy.
  HeaderCheck(const google::protobuf::RepeatedPtrField<sluice::v1::Policy::Header>& listed,
              const std::string& host, const load::Loaded& loaded, const std::string& key,
              load::Diagnostics& diagnostics);

  // Checks all headers of `envelope`; content-type and content-length against its body. `has_body`
  // says whether they announce one, which has to be of the media type `body_type`. Rules: "http.header", "http.host", "http.content_type",
  // "http.content_length", "http.body".
  MaybeRejection check(const Envelope& envelope, std::string_view body_type, bool& has_body) const;

 private:
  struct Listed {
    const sluice::v1::Policy::Header* rule;
    std::unique_ptr<RE2> pattern;
  };
  std::string host_;
  std::map<std::string, Listed, std::less<>> listed_;
};

}  // namespace sluice::judge
