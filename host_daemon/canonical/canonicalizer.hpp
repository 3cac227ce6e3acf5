// SPDX-License-Identifier: Apache-2.0
// The transformation: valid HTTP messages into canonical records (design section 5) and records
// back into messages. What it cannot transform it refuses with the field, the rule and the place.
// It never repairs a meaning, only a spelling: two messages that become one record say the same. It
// is no check of records (that is the judge's and the device's).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "canonical/http_head.hpp"
#include "canonical/refusal.hpp"
#include "compiler/schema.hpp"
#include "sluice/layout.hpp"

namespace sluice::canonical {

struct HttpRequest {
  std::string method;
  std::string target;               // as on the request line
  std::vector<HttpHeader> headers;  // in order, names in any case
  std::string body;                 // chunks joined
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;
};

struct CanonicalRecord {
  std::string bytes;
  int endpoint = 0;  // tag of the endpoint, from 1
  int status = 0;    // responses
};

/// A record taken apart for the other side: its message, and the endpoint that it calls.
struct ParsedRequest {
  HttpRequest http;
  int endpoint = 0;
};

class Canonicalizer {
 public:
  /// Throws std::invalid_argument when a pattern of the schema does not compile. Immutable
  /// afterwards: threads may share it.
  explicit Canonicalizer(std::shared_ptr<const compiler::Schema> schema);
  ~Canonicalizer();
  Canonicalizer(const Canonicalizer&) = delete;
  Canonicalizer& operator=(const Canonicalizer&) = delete;

  const compiler::Schema& schema() const;
  /// Bodies up to this length are worth reading: other spellings are longer than the canonical one,
  /// within bounds.
  std::size_t max_body_bytes() const;
  const compiler::Endpoint& endpoint(int tag) const;

  /// The record of a request. Refusals carry the status that a gateway answers its client.
  Result<CanonicalRecord> canonicalize_request(const HttpRequest& http) const;

  /// The record of a response to a request of endpoint `tag`. Refusals carry status 502.
  Result<CanonicalRecord> canonicalize_response(int tag, const HttpResponse& http) const;

  /// The record of one whole HTTP/1.1 message as it stands on a connection, and nothing behind it.
  /// `tag` names the endpoint of a response; it is ignored for requests.
  Result<CanonicalRecord> canonicalize_http(layout::Pipeline pipeline, std::string_view raw,
                                            int tag = 0) const;

  /// A record back into its message. Strict: only what the functions above could have written is
  /// taken.
  Result<ParsedRequest> parse_request_record(std::string_view record) const;
  Result<HttpResponse> parse_response_record(int tag, std::string_view record) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

/// The tag of the endpoint with this name ("pkg.Service.Method", "#n" behind it); 0 when the schema
/// has none.
int find_endpoint(const compiler::Schema& schema, std::string_view name);

}  // namespace sluice::canonical
