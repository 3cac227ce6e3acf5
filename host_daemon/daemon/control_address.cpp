// SPDX-License-Identifier: Apache-2.0
#include "daemon/control_address.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>

namespace sluice::daemon {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kForms = "use unix:PATH, 127.0.0.1:PORT or [::1]:PORT";

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw AddressError("control address '" + std::string(text) + "': " + why);
}

}  // namespace

ControlAddress parse_control_address(std::string_view text) {
  ControlAddress address;
  if (text.starts_with(kUnix)) {
    address.unix_path = text.substr(kUnix.size());
    if (address.unix_path.empty()) refuse(text, "the path is missing; " + std::string(kForms));
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse(text, "the port is missing; " + std::string(kForms));
  std::string host(text.substr(0, colon));
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    refuse(text, "the port is not a number from 0 to 65535; " + std::string(kForms));
  }
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  boost::system::error_code bad;
  const auto ip = boost::asio::ip::make_address(host, bad);
  if (bad) refuse(text, "'" + host + "' is not a numeric address; " + std::string(kForms));
  if (!ip.is_loopback()) {
    refuse(text,
           "not a local address. Mutual TLS and roles are not built yet, so the control API is served on loopback and "
           "local sockets only; " +
               std::string(kForms));
  }
  address.host = ip.to_string();
  return address;
}

std::string to_string(const ControlAddress& address) {
  if (address.is_unix()) return std::string(kUnix) + address.unix_path;
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace sluice::daemon
