// SPDX-License-Identifier: Apache-2.0
// Any target and JSON body through the transformation. What comes out as a record is accepted by
// table and judge for the same endpoint, has its floats in shortest form, and reads back as itself.
//
//   input: options, endpoint, then the body of a response, or target, line feed and body of a
//          request.  options: 0..1 policy, 2 pipeline, 3.. method or status
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

const Place& place(unsigned number) {
  static const HttpHeader host{"Host", "anything"};
  static const HttpHeader type{"Content-Type", "application/json"};
  static const HttpHeader id{"X-Request-Id", "0123abcd"};
  static const Place places[] = {
      {fuzz::example(0), {host, type, id}, {type, id}},
      {fuzz::example(1), {host, type, id}, {type, id}},
      {fuzz::policy_of("tests/canonical/data/policy.yaml"), {host, type}, {type, {"etag", "a b"}}},
      {fuzz::policy_of("tests/compiler/data/values.yaml"), {host, type}, {type}},
  };
  return places[number % 4];
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
  const Place& here = place(options & 3);
  const auto& canonicalizer = *here.policy.canonicalizer;
  const auto endpoints = static_cast<unsigned>(canonicalizer.schema().endpoints.size());
  const int tag = static_cast<int>(1 + chosen % endpoints);
  if ((options & 4) != 0) {
    const auto& statuses = canonicalizer.endpoint(tag).responses;
    const auto& status = statuses[(options >> 3) % statuses.size()];
    check(here.policy, layout::Pipeline::RESPONSE,
          canonicalizer.canonicalize_response(
              tag, {status.code, here.response_headers, std::string(fuzz::text_of(input.rest()))}));
    return 0;
  }
  static const char* const methods[] = {"POST", "GET", "PUT", "PATCH", "DELETE"};
  std::string target(input.line());
  std::string body(fuzz::text_of(input.rest()));
  check(here.policy, layout::Pipeline::REQUEST,
        canonicalizer.canonicalize_request({methods[(options >> 3) % 5], std::move(target),
                                            here.request_headers, std::move(body)}));
  return 0;
}
