// SPDX-License-Identifier: Apache-2.0
// Puts target, headers and body together into a record. Reading a record back is strict because a
// record is its own canonical form: it is parsed as HTTP, transformed again, and must come out as
// the same bytes.
#include "canonical/canonicalizer.hpp"

#include <algorithm>
#include <map>

#include "canonical/binary_body.hpp"
#include "canonical/headers.hpp"
#include "canonical/json_body.hpp"
#include "canonical/raw_http.hpp"
#include "canonical/target.hpp"
#include "canonical/text.hpp"

namespace sluice::canonical {
namespace {

using compiler::Body;
using compiler::StatusResponse;

constexpr int kBadGateway = 502;

std::string_view media_type(const Body& body) {
  return body.protobuf ? "application/protobuf" : "application/json";
}

// The body of a record, or nothing where the record has none.
std::optional<std::string> transform_body(const Tables& tables, const Body& body,
                                          const CanonicalHeaders& headers, std::string_view sent,
                                          const PathFields& path_fields) {
  if (body.kind == Body::Kind::none) {
    if (sent.empty()) return std::nullopt;
    throw Refused({400, "unexpected_body", "", "", "This endpoint takes no body, but one was sent.",
                   0, 0, ""});
  }
  if (headers.content_type && !(body.protobuf ? is_protobuf_type(*headers.content_type)
                                              : is_json_type(*headers.content_type))) {
    throw Refused({415, "content_type", "content-type", "",
                   "The content-type must be " + std::string(media_type(body)) + "; found '" +
                       excerpt(*headers.content_type) + "'.",
                   0, 0, ""});
  }
  if (!headers.content_type) {
    if (!sent.empty()) {
      throw Refused(
          {415, "content_type", "content-type", "",
           "The body needs the header 'content-type: " + std::string(media_type(body)) + "'.", 0, 0,
           ""});
    }
    if (body.protobuf) return canonical_binary_body(tables, body, sent, path_fields);
    // No body at all says: nothing is set.
    sent = body.kind == Body::Kind::message ? "{}" : "null";
  } else if (sent.empty() && body.kind == Body::Kind::field && body.optional) {
    return std::nullopt;
  }
  if (body.protobuf) return canonical_binary_body(tables, body, sent, path_fields);
  return canonical_body(tables, body, sent, path_fields);
}

std::string assemble(const Tables& tables, std::string start_line,
                     std::map<std::string, std::string> headers, const Body& form,
                     const std::optional<std::string>& body) {
  if (body) {
    headers["content-type"] = media_type(form);
    headers["content-length"] = std::to_string(body->size());
  }
  std::string out = std::move(start_line);
  for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
  out += "\r\n";
  if (body) out += *body;
  const std::size_t limit = tables.policy().limits().max_record_bytes();
  if (out.size() > limit) {
    throw Refused({413, "record_too_long", "", "limits.maxRecordBytes = " + std::to_string(limit),
                   "The record would have " + std::to_string(out.size()) +
                       " bytes; the policy allows " + std::to_string(limit) + ".",
                   0, 0, "", std::nullopt, "limits.maxRecordBytes"});
  }
  return out;
}

// Runs `work`, turning the exception of this folder into its value.
template <class T, class Work>
Result<T> guarded(Work work, int status = 0) {
  try {
    return work();
  } catch (Refused& refused) {
    if (status != 0) refused.refusal.http_status = status;
    return std::move(refused.refusal);
  }
}

[[noreturn]] void refuse_not_canonical(std::string_view record, std::string_view canonical) {
  const auto [a, b] =
      std::mismatch(record.begin(), record.end(), canonical.begin(), canonical.end());
  throw Refused(
      {400, "not_canonical", "", "",
       "The record is not in canonical form at byte " + std::to_string(a - record.begin()) + ".", 0,
       0, ""});
}

}  // namespace

struct Canonicalizer::Parts {
  explicit Parts(std::shared_ptr<const compiler::Schema> schema)
      : tables(std::move(schema)), targets(tables) {}

  std::size_t max_record_bytes() const { return tables.policy().limits().max_record_bytes(); }
  // An escaped character has up to six times the bytes of a raw one; the rest is for white space.
  std::size_t max_body_bytes() const { return 8 * max_record_bytes(); }

  CanonicalRecord request(const HttpRequest& http) const {
    const CanonicalTarget target = targets.canonical(http.method, http.target);
    CanonicalHeaders headers =
        canonical_headers(tables, HttpKind::request, http.headers, http.body.size());
    const auto body =
        transform_body(tables, target.endpoint->body, headers, http.body, target.path_fields);
    headers.listed["host"] = tables.policy().host();
    return {assemble(tables, http.method + " " + target.text + " HTTP/1.1\r\n",
                     std::move(headers.listed), target.endpoint->body, body),
            target.endpoint->tag, 0};
  }

  CanonicalRecord response(int tag, const HttpResponse& http) const {
    const auto& endpoints = tables.schema().endpoints;
    if (tag < 1 || static_cast<std::size_t>(tag) > endpoints.size()) {
      throw Refused({kBadGateway, "no_endpoint", "", "",
                     "There is no endpoint with the tag " + std::to_string(tag) + ".", 0, 0, ""});
    }
    const Endpoint& endpoint = endpoints[static_cast<std::size_t>(tag - 1)];
    const auto status =
        std::find_if(endpoint.responses.begin(), endpoint.responses.end(),
                     [&](const StatusResponse& r) { return r.code == http.status; });
    if (status == endpoint.responses.end()) {
      throw Refused({kBadGateway, "status_not_listed", "status", "",
                     "The policy does not list the status " + std::to_string(http.status) +
                         "; list it under statuses to let it cross.",
                     0, 0, ""});
    }
    CanonicalHeaders headers =
        canonical_headers(tables, HttpKind::response, http.headers, http.body.size());
    const auto body = transform_body(tables, status->body, headers, http.body, {});
    return {
        assemble(tables, "HTTP/1.1 " + std::to_string(status->code) + " " + status->reason + "\r\n",
                 std::move(headers.listed), status->body, body),
        tag, status->code};
  }

  Tables tables;
  Targets targets;
};

Canonicalizer::Canonicalizer(std::shared_ptr<const compiler::Schema> schema)
    : parts_(std::make_unique<const Parts>(std::move(schema))) {}

Canonicalizer::~Canonicalizer() = default;

const compiler::Schema& Canonicalizer::schema() const { return parts_->tables.schema(); }

std::size_t Canonicalizer::max_body_bytes() const { return parts_->max_body_bytes(); }

const compiler::Endpoint& Canonicalizer::endpoint(int tag) const {
  return schema().endpoints.at(static_cast<std::size_t>(tag - 1));
}

Result<CanonicalRecord> Canonicalizer::canonicalize_request(const HttpRequest& http) const {
  return guarded<CanonicalRecord>([&] { return parts_->request(http); });
}

Result<CanonicalRecord> Canonicalizer::canonicalize_response(int tag,
                                                             const HttpResponse& http) const {
  return guarded<CanonicalRecord>([&] { return parts_->response(tag, http); }, kBadGateway);
}

Result<CanonicalRecord> Canonicalizer::canonicalize_http(layout::Pipeline pipeline,
                                                         std::string_view raw, int tag) const {
  if (pipeline == layout::Pipeline::REQUEST) {
    return guarded<CanonicalRecord>(
        [&] { return parts_->request(parse_raw_request(raw, parts_->max_body_bytes())); });
  }
  return guarded<CanonicalRecord>(
      [&] { return parts_->response(tag, parse_raw_response(raw, parts_->max_body_bytes())); },
      kBadGateway);
}

Result<ParsedRequest> Canonicalizer::parse_request_record(std::string_view record) const {
  return guarded<ParsedRequest>([&] {
    ParsedRequest out;
    out.http = parse_raw_request(record, parts_->max_record_bytes());
    const CanonicalRecord again = parts_->request(out.http);
    if (again.bytes != record) refuse_not_canonical(record, again.bytes);
    out.endpoint = again.endpoint;
    return out;
  });
}

Result<HttpResponse> Canonicalizer::parse_response_record(int tag, std::string_view record) const {
  return guarded<HttpResponse>([&] {
    HttpResponse out = parse_raw_response(record, parts_->max_record_bytes());
    const CanonicalRecord again = parts_->response(tag, out);
    if (again.bytes != record) refuse_not_canonical(record, again.bytes);
    return out;
  });
}

int find_endpoint(const compiler::Schema& schema, std::string_view name) {
  const auto found = std::find_if(schema.endpoints.begin(), schema.endpoints.end(),
                                  [&](const auto& e) { return e.name == name; });
  return found == schema.endpoints.end() ? 0 : found->tag;
}

}  // namespace sluice::canonical
