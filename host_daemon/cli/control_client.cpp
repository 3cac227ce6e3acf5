// SPDX-License-Identifier: Apache-2.0
#include "cli/control_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <cstdlib>

#include <google/protobuf/util/json_util.h>
#include <nlohmann/json.hpp>

#include "daemon/control_route.hpp"

namespace sluice::cli {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace {

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::uint64_t kAnswerMax = 64ULL << 20;  // bytes

template <class Protocol>
asio::awaitable<Response> exchange(typename Protocol::endpoint endpoint, const Request& request,
                                   std::chrono::seconds timeout) {
  beast::basic_stream<Protocol> stream(co_await asio::this_coro::executor);
  stream.expires_after(timeout);
  co_await stream.async_connect(endpoint, asio::use_awaitable);
  co_await http::async_write(stream, request, asio::use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kAnswerMax);
  co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
  stream.close();
  co_return parser.release();
}

std::string to_json(const google::protobuf::Message& message) {
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text);
  if (!status.ok()) throw std::runtime_error("JSON: " + std::string(status.message()));
  return text;
}

// Fields as a query. They are numbers, booleans and plain words: nothing that needs escaping is expected, and
// everything is escaped.
std::string to_query(const google::protobuf::Message& message) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string query;
  const nlohmann::json fields = nlohmann::json::parse(to_json(message));
  for (const auto& [name, value] : fields.items()) {
    query += query.empty() ? '?' : '&';
    query += name + "=";
    for (const char c : value.is_string() ? value.get<std::string>() : value.dump()) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
        query += c;
      } else {
        query += {'%', digits[byte >> 4], digits[byte & 15]};
      }
    }
  }
  return query;
}

}  // namespace

std::string ControlClient::call(const std::string& method, const google::protobuf::Message& in,
                                google::protobuf::Message& out, std::chrono::seconds timeout) const {
  const daemon::ControlRoute route = daemon::control_route(method);
  Request request;
  request.version(11);
  request.method_string(route.verb);
  request.target(route.path + (route.has_body ? "" : to_query(in)));
  request.set(http::field::host, address_.is_unix() ? "localhost" : to_string(address_));
  request.set(http::field::connection, "close");
  if (route.has_body) {
    request.set(http::field::content_type, "application/json");
    request.body() = to_json(in);
  }
  request.prepare_payload();

  asio::io_context context(1);
  const std::string where = to_string(address_);
  Response response;
  try {
    auto answer =
        address_.is_unix()
            ? asio::co_spawn(context,
                             exchange<asio::local::stream_protocol>(
                                 asio::local::stream_protocol::endpoint(address_.unix_path), request, timeout),
                             asio::use_future)
            : asio::co_spawn(context,
                             exchange<asio::ip::tcp>(
                                 asio::ip::tcp::endpoint(asio::ip::make_address(address_.host), address_.port),
                                 request, timeout),
                             asio::use_future);
    context.run();
    response = answer.get();
  } catch (const boost::system::system_error& error) {
    const auto code = error.code();
    const bool absent = code == asio::error::connection_refused || code == boost::system::errc::no_such_file_or_directory;
    throw ControlUnreachable("sluiced at " + where + ": " + code.message() +
                             (absent ? "; start sluiced, or name its address with --control or SLUICE_CONTROL" : ""));
  }
  google::protobuf::util::JsonParseOptions lenient;
  lenient.ignore_unknown_fields = true;  // a newer sluiced may say more
  const std::string_view type = response[http::field::content_type];
  if (type.substr(0, type.find(';')) == "application/problem+json") {
    v1::Problem problem;
    if (google::protobuf::util::JsonStringToMessage(response.body(), &problem, lenient).ok()) {
      throw ControlRefused(std::move(problem));
    }
  }
  if (response.result() != http::status::ok ||
      !google::protobuf::util::JsonStringToMessage(response.body(), &out, lenient).ok()) {
    throw ControlUnreachable("what answers at " + where + " is no sluiced (HTTP " +
                             std::to_string(response.result_int()) + ")");
  }
  return response.body();
}

daemon::ControlAddress control_address(const std::string& option) {
  if (!option.empty()) return daemon::parse_control_address(option);
  const char* environment = std::getenv("SLUICE_CONTROL");
  if (environment != nullptr && *environment != '\0') return daemon::parse_control_address(environment);
  return daemon::parse_control_address(daemon::kDefaultControlAddress);
}

std::string control_option_help() {
  return "sluiced's address, ADDR:PORT or unix:PATH (default: $SLUICE_CONTROL, else " +
         std::string(daemon::kDefaultControlAddress) + ")";
}

}  // namespace sluice::cli
