// SPDX-License-Identifier: Apache-2.0
// Any target and body, JSON or Protobuf, through the transformation. What comes out as a record is
// accepted by table and judge for the same endpoint, has its floats in shortest form, and reads
// back as itself.
//
//   input: options, endpoint, then the body of a response, or target, line feed and body of a
//          request.  options: 0..1 and 7 policy, 2 pipeline, 3..6 method or status
#include <map>

#include "fuzz/support.hpp"

using namespace sluice;
using canonical::HttpHeader;
using fuzz::finding;

namespace {

struct Place {
  const fuzz::Policy& policy;
  std::vector<HttpHeader> request_headers;
  std::vector<HttpHeader> response_headers;
};

Place make_place(unsigned number) {
  Place place{fuzz::policy(number), {{"Host", "anything"}}, {}};
  const bool protobuf = place.policy.canonicalizer->endpoint(1).body.protobuf;
  const HttpHeader type{"Content-Type", protobuf ? "application/protobuf" : "application/json"};
  for (auto* headers : {&place.request_headers, &place.response_headers}) {
    headers->push_back(type);
    if (number < 2) headers->push_back({"X-Request-Id", "0123abcd"});
  }
  if (number == 2) place.response_headers.push_back({"etag", "a b"});
  return place;
}

const Place& place(unsigned number) {
  static std::map<unsigned, const Place> places;
  const auto found = places.find(number);
  return found != places.end() ? found->second
                               : places.emplace(number, make_place(number)).first->second;
}

void check(const fuzz::Policy& policy, layout::Pipeline pipeline,
           const canonical::Result<canonical::CanonicalRecord>& result) {
  if (!result) {
    const auto& refusal = result.refusal();
    if (refusal.code.empty() || refusal.message.empty() || refusal.http_status < 400 ||
        refusal.http_status > 505 || refusal.http_status == 500)
      finding("a refusal without code, message or proper status: " + refusal.message);
    return;
  }
  fuzz::require_record(policy, pipeline, *result);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned options = input.u8();
  const unsigned chosen = input.u8();
  const Place& here = place((options & 3) | (options >> 7 << 2));
  const auto& canonicalizer = *here.policy.canonicalizer;
  const auto endpoints = static_cast<unsigned>(canonicalizer.schema().endpoints.size());
  const int tag = static_cast<int>(1 + chosen % endpoints);
  if ((options & 4) != 0) {
    const auto& statuses = canonicalizer.endpoint(tag).responses;
    const auto& status = statuses[(options >> 3 & 15) % statuses.size()];
    check(here.policy, layout::Pipeline::RESPONSE,
          canonicalizer.canonicalize_response(
              tag, {status.code, here.response_headers, std::string(fuzz::text_of(input.rest()))}));
    return 0;
  }
  static const char* const methods[] = {"POST", "GET", "PUT", "PATCH", "DELETE"};
  std::string target(input.line());
  std::string body(fuzz::text_of(input.rest()));
  check(here.policy, layout::Pipeline::REQUEST,
        canonicalizer.canonicalize_request({methods[(options >> 3 & 15) % 5], std::move(target),
                                            here.request_headers, std::move(body)}));
  return 0;
}
