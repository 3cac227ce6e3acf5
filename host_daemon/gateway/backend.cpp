// SPDX-License-Identifier: Apache-2.0
#include "gateway/backend.hpp"

#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <stdexcept>

#include "gateway/head_reader.hpp"

namespace sluice::gateway {

namespace http = beast::http;
using canonical::HttpHead;
using canonical::HttpRequest;
using canonical::HttpResponse;

namespace {

// A kept connection on which something can be read is closed, or talks out of turn.
bool is_quiet(beast::tcp_stream& stream) {
  char byte = 0;
  const auto got = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::chrono::milliseconds left_until(Clock::time_point deadline) {
  return std::max(std::chrono::milliseconds(1),
                  std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()));
}

std::string wire_form(const HttpRequest& request) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\r\n";
  for (const auto& header : request.headers) out += header.name + ": " + header.value + "\r\n";
  return out + "\r\n" + request.body;
}

BackendFailure failure_of(std::string code, const error_code& error) {
  if (error == beast::error::timeout) code = "timeout";
  return {std::move(code), error.message()};
}

// What went wrong while a response came; `started`: at least one byte of it had.
BackendFailure bad_response(const error_code& error, bool started) {
  const bool ended = error == asio::error::eof || error == http::error::end_of_stream ||
                     error == asio::error::connection_reset ||
                     error == http::error::partial_message;
  if (ended) return failure_of(started ? "incomplete" : "closed", error);
  if (error == http::error::body_limit) return failure_of("body_too_long", error);
  const bool of_http = error.category() == http::make_error_code(http::error::bad_chunk).category();
  return failure_of(of_http ? "bad_http" : "receive", error);
}

}  // namespace

BackendAddress parse_backend(const std::string& url) {
  const std::string wanted = "'" + url + "' is not of the form http://HOST:PORT";
  std::string_view rest = url;
  if (!rest.starts_with("http://")) throw std::invalid_argument(wanted);
  rest.remove_prefix(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  BackendAddress out{std::string(rest), "80"};
  const auto bracket = rest.rfind(']');
  const auto colon = rest.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    out = {std::string(rest.substr(0, colon)), std::string(rest.substr(colon + 1))};
  }
  if (out.host.starts_with('[') && out.host.ends_with(']'))
    out.host = out.host.substr(1, out.host.size() - 2);
  const bool port = !out.port.empty() && out.port.size() <= 5 &&
                    out.port.find_first_not_of("0123456789") == std::string::npos &&
                    std::stoi(out.port) >= 1 && std::stoi(out.port) <= 65535;
  if (out.host.empty() || !port || out.host.find_first_of("/?#@ ") != std::string::npos)
    throw std::invalid_argument(wanted);
  return out;
}

std::unique_ptr<Backend::Connection> Backend::take_idle() {
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (Clock::now() - connection->idle_since < options_.idle_limit && is_quiet(connection->stream))
      return connection;
  }
  return nullptr;
}

awaitable<std::unique_ptr<Backend::Connection>> Backend::connect(Clock::time_point deadline,
                                                                 BackendFailure& failure) {
  auto [resolve_error, addresses] =
      co_await resolver_.async_resolve(options_.address.host, options_.address.port, by_value);
  if (resolve_error) {
    failure = failure_of("connect", resolve_error);
    co_return nullptr;
  }
  auto connection = std::make_unique<Connection>(io_);
  connection->stream.expires_after(left_until(deadline));
  auto [error, endpoint] = co_await connection->stream.async_connect(addresses, by_value);
  if (error) {
    failure = failure_of("connect", error);
    co_return nullptr;
  }
  error_code ignored;
  connection->stream.socket().set_option(tcp::no_delay(true), ignored);
  connection->buffer.max_size(kBufferBytes);
  co_return connection;
}

awaitable<std::variant<HttpResponse, BackendFailure>> Backend::call(const HttpRequest& request,
                                                                    std::size_t max_body_bytes,
                                                                    Clock::time_point deadline) {
  const auto self = shared_from_this();
  std::unique_ptr<Connection> connection = take_idle();
  if (!connection) {
    BackendFailure failure;
    connection = co_await connect(deadline, failure);
    if (!connection) co_return failure;
  }
  beast::tcp_stream& stream = connection->stream;
  stream.expires_after(left_until(deadline));
  const std::string wire = wire_form(request);
  auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(wire), by_value);
  if (write_error) co_return failure_of("send", write_error);

  HttpHead head;
  while (true) {
    HeadReading reading =
        co_await read_head(stream, connection->buffer, canonical::HttpKind::response, deadline);
    if (reading.refusal) co_return BackendFailure{reading.refusal->code, reading.refusal->message};
    if (!reading.head) co_return bad_response(reading.error, reading.started);
    head = std::move(*reading.head);
    if (head.status >= 200) break;
    // An interim response (RFC 9110 section 15.2): not ours to forward.
    if (head.status == 101)
      co_return BackendFailure{"switched_protocols", "the backend switched protocols unasked"};
    const auto data = connection->buffer.data();
    const std::string_view bytes(static_cast<const char*>(data.data()), data.size());
    connection->buffer.consume(bytes.find("\r\n\r\n") + 4);
  }

  http::response_parser<http::string_body> parser;
  parser.header_limit(canonical::kMaxHeadBytes);
  parser.body_limit(max_body_bytes);
  auto [error, count] = co_await http::async_read(stream, connection->buffer, parser, by_value);
  if (error) co_return bad_response(error, true);

  if (head.keep_alive && parser.keep_alive() && connection->buffer.size() == 0 &&
      idle_.size() < options_.max_idle) {
    stream.expires_never();
    connection->idle_since = Clock::now();
    idle_.push_back(std::move(connection));
  }
  co_return HttpResponse{head.status, std::move(head.headers), std::move(parser.get().body())};
}

}  // namespace sluice::gateway
