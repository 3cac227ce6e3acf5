// SPDX-License-Identifier: Apache-2.0
// HTTP request -> method of sluice.v1.Control -> HTTP response. The routes are the google.api.http annotations of
// control.proto; bodies are libprotobuf's JSON mapping; refusals are problem+json. It also refuses what a web page could
// make a browser send to a local port.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <map>
#include <string>

#include "daemon/control_route.hpp"
#include "daemon/control_service.hpp"

namespace sluice::daemon {

class Router {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  explicit Router(ControlService& service);

  // Never throws for what a client sent, and answers 500 for internal failures.
  boost::asio::awaitable<Response> answer(const Request& request);

 private:
  // JSON text in, JSON text out.
  using Method = std::function<boost::asio::awaitable<std::string>(std::string)>;
  struct Route {
    ControlRoute binding;
    Method method;
  };

  template <class In, class Out>
  void add(const std::string& name, boost::asio::awaitable<Out> (ControlService::*method)(In));
  boost::asio::awaitable<std::string> dispatch(const Request& request);

  ControlService& service_;
  std::map<std::string, Route> routes_;  // by path
};

}  // namespace sluice::daemon
