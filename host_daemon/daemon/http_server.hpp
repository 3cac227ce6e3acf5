// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 on a loopback address or a local socket, for a few clients at a time: every connection, header, body and
// waiting time is bounded. What requests mean is the router's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "daemon/control_address.hpp"
#include "daemon/router.hpp"
#include "device/unix_socket.hpp"

namespace sluice::daemon {

class HttpServer {
 public:
  // Listens at once. Throws AddressError or device::SocketError: in use, not permitted.
  HttpServer(boost::asio::any_io_executor executor, const ControlAddress& address, Router& router);

  // Accepts for ever.
  boost::asio::awaitable<void> run();

  // With the port that was really taken.
  std::string address() const;

 private:
  struct Peer {  // of one session
    std::chrono::steady_clock::time_point since;  // it is waited for; meaningless while answering
    bool answering = false;
    bool closing = false;
    std::function<void()> close;
  };
  class Place;
  bool make_room();
  template <class Acceptor>
  boost::asio::awaitable<void> accept_from(Acceptor& acceptor);
  template <class Protocol>
  boost::asio::awaitable<void> serve(boost::asio::basic_stream_socket<Protocol> socket);

  boost::asio::any_io_executor executor_;
  ControlAddress address_;
  Router& router_;
  std::unique_ptr<device::ListeningSocket> unix_socket_;
  std::unique_ptr<boost::asio::local::stream_protocol::acceptor> unix_acceptor_;
  std::unique_ptr<boost::asio::ip::tcp::acceptor> tcp_acceptor_;
  std::list<Peer> peers_;
};

}  // namespace sluice::daemon
