// SPDX-License-Identifier: Apache-2.0
#include "canonical/raw_http.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace sluice::canonical {
namespace {

namespace http = boost::beast::http;

[[noreturn]] void refuse_raw(std::string code, std::string message, int status = 400) {
  throw Refused({status, std::move(code), "", "", std::move(message), 0, 0, ""});
}

// The head by our own rules, the body by Beast's parser.
template <bool IsRequest>
HttpHead read_message(std::string_view raw, std::size_t max_body_bytes, std::string& body) {
  std::size_t scanned = 0;
  const auto head_end = find_head_end(raw, scanned);
  if (!head_end) refuse_raw("incomplete", "The message ends within its start line and headers.");
  HttpHead head =
      parse_head(IsRequest ? HttpKind::request : HttpKind::response, raw.substr(0, *head_end));
  if (head.content_length && *head.content_length > max_body_bytes) {
    refuse_raw("body_too_long",
               "The body has more than " + std::to_string(max_body_bytes) + " bytes.", 413);
  }

  http::parser<IsRequest, http::string_body> parser;
  parser.eager(true);
  parser.header_limit(kMaxHeadBytes);
  parser.body_limit(max_body_bytes);
  boost::beast::error_code error;
  std::size_t used = 0;
  while (used < raw.size() && !parser.is_done()) {
    const std::size_t taken =
        parser.put(boost::asio::buffer(raw.data() + used, raw.size() - used), error);
    used += taken;
    if (error == http::error::need_more) error = {};
    if (error || taken == 0) break;
  }
  if (error == http::error::body_limit) {
    refuse_raw("body_too_long",
               "The body has more than " + std::to_string(max_body_bytes) + " bytes.", 413);
  }
  if (error) refuse_raw("bad_http", "The message is not HTTP/1.1: " + error.message() + ".");
  if (!parser.is_done()) {
    // A response without a length ends with its connection.
    if (!IsRequest && used == raw.size() && !head.chunked && !head.content_length) {
      parser.put_eof(error);
    }
    if (error || !parser.is_done()) refuse_raw("incomplete", "The message ends within its body.");
  }
  if (used != raw.size())
    refuse_raw("trailing_bytes", "Something stands behind the end of the message.");
  body = std::move(parser.get().body());
  return head;
}

}  // namespace

HttpRequest parse_raw_request(std::string_view raw, std::size_t max_body_bytes) {
  HttpRequest out;
  HttpHead head = read_message<true>(raw, max_body_bytes, out.body);
  out.method = std::move(head.method);
  out.target = std::move(head.target);
  out.headers = std::move(head.headers);
  return out;
}

HttpResponse parse_raw_response(std::string_view raw, std::size_t max_body_bytes) {
  HttpResponse out;
  HttpHead head = read_message<false>(raw, max_body_bytes, out.body);
  out.status = head.status;
  out.headers = std::move(head.headers);
  return out;
}

}  // namespace sluice::canonical
