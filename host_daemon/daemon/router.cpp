// SPDX-License-Identifier: Apache-2.0
#include "daemon/router.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>

#include <google/protobuf/util/json_util.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "daemon/problem.hpp"

namespace sluice::daemon {
namespace http = boost::beast::http;
namespace {

template <class In>
In parse(const std::string& text) {
  In message;
  const auto status = google::protobuf::util::JsonStringToMessage(text.empty() ? "{}" : text, &message);
  if (!status.ok()) {
    throw ProblemError(400, "Bad request",
                       "not a " + message.GetDescriptor()->full_name() + " in JSON: " + std::string(status.message()));
  }
  return message;
}

std::string print(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = false;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) throw std::runtime_error("JSON: " + std::string(status.message()));
  return text;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
      throw ProblemError(400, "Bad request", "the query has a '%' without two hexadecimal digits");
    }
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

// The query's parameters as a JSON object. The mapping reads numbers from strings; "true" and "false" it does not.
std::string query_to_json(std::string_view query) {
  nlohmann::json object = nlohmann::json::object();
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    const std::string name = percent_decode(part.substr(0, equals));
    const std::string value = equals == std::string_view::npos ? "" : percent_decode(part.substr(equals + 1));
    if (object.contains(name)) throw ProblemError(400, "Bad request", "'" + name + "' stands twice in the query");
    if (value == "true" || value == "false") {
      object[name] = value == "true";
    } else {
      object[name] = value;
    }
  }
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A browser that a foreign page steers may reach a local port: it names the page's origin, or the page's host when
// the name was pointed here.
void refuse_browsers(const Router::Request& request) {
  if (request.count(http::field::origin) != 0) {
    throw ProblemError(403, "Forbidden", "requests from web pages are refused");
  }
  if (request.count(http::field::host) > 1) throw ProblemError(403, "Forbidden", "there is more than one host header");
  const std::string_view whole = request[http::field::host];
  std::string_view host = whole.substr(0, whole.starts_with('[') ? whole.find(']') + 1 : whole.find(':'));
  const std::string_view port = whole.substr(host.size());
  if (!port.empty() && (port[0] != ':' || port.find_first_not_of("0123456789", 1) != std::string_view::npos)) {
    throw ProblemError(403, "Forbidden", "the host header is not of the form HOST:PORT");
  }
  if (host == "localhost") return;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  boost::system::error_code bad;
  const auto ip = boost::asio::ip::make_address(std::string(host), bad);
  if (bad || !ip.is_loopback()) throw ProblemError(403, "Forbidden", "the host header names no local address");
}

}  // namespace

template <class In, class Out>
void Router::add(const std::string& name, boost::asio::awaitable<Out> (ControlService::*method)(In)) {
  Route route;
  route.binding = control_route(name);
  route.method = [this, method](std::string text) -> boost::asio::awaitable<std::string> {
    co_return print(co_await (service_.*method)(parse<In>(text)));
  };
  routes_[route.binding.path] = std::move(route);
}

Router::Router(ControlService& service) : service_(service) {
  add("PushPolicy", &ControlService::push_policy);
  add("PushImage", &ControlService::push_image);
  add("GetStatus", &ControlService::get_status);
  add("ListEvents", &ControlService::list_events);
}

boost::asio::awaitable<std::string> Router::dispatch(const Request& request) {
  refuse_browsers(request);
  const std::string_view target = request.target();
  const std::size_t mark = target.find('?');
  const auto found = routes_.find(std::string(target.substr(0, mark)));
  if (found == routes_.end()) {
    std::string known;
    for (const auto& [path, route] : routes_) known += (known.empty() ? "" : ", ") + route.binding.verb + " " + path;
    throw ProblemError(404, "Not found", "the control API has " + known);
  }
  const Route& route = found->second;
  if (request.method_string() != route.binding.verb) {
    throw ProblemError(405, "Method not allowed", found->first + " takes " + route.binding.verb);
  }
  std::string text;
  if (route.binding.has_body) {
    const std::string_view type = request[http::field::content_type];
    if (type.substr(0, type.find(';')) != "application/json") {
      throw ProblemError(415, "Unsupported media type", "the body must be application/json");
    }
    text = request.body();
  } else if (mark != std::string_view::npos) {
    text = query_to_json(target.substr(mark + 1));
  }
  co_return co_await route.method(std::move(text));
}

boost::asio::awaitable<Router::Response> Router::answer(const Request& request) {
  Response response;
  response.version(request.version());
  response.keep_alive(request.keep_alive());
  response.set(http::field::cache_control, "no-store");
  v1::Problem problem;
  try {
    response.body() = co_await dispatch(request);
    response.result(http::status::ok);
    response.set(http::field::content_type, "application/json");
  } catch (const ProblemError& error) {
    problem = error.problem();
  } catch (const std::exception& error) {
    spdlog::error("control: {} {}: {}", std::string(request.method_string()), std::string(request.target()),
                  error.what());
    problem.set_type("about:blank");
    problem.set_status(500);
    problem.set_title("Internal failure");
    problem.set_detail(error.what());
  }
  if (problem.status() != 0) {
    response.result(static_cast<unsigned>(problem.status()));
    response.set(http::field::content_type, "application/problem+json");
    response.body() = print(problem);
  }
  response.prepare_payload();
  // What would follow the head, a peer that sent HEAD takes for its next response.
  if (request.method() == http::verb::head) response.body().clear();
  co_return response;
}

}  // namespace sluice::daemon
