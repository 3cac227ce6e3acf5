// SPDX-License-Identifier: Apache-2.0
// A backend that keeps every byte it was sent, and answers with bytes: its own for most requests,
// those of the script for the request that asks for it. It keeps connections open, so that whatever
// stands behind an answer would be taken for the next one.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace sluice::tricks {

/// The request that gets the script, and one that gets an answer of its own.
inline constexpr const char* kScripted = "/v1/notes/trick";
inline constexpr const char* kAfter = "/v1/notes/after";
inline constexpr const char* kAfterBody = R"({"id":"after"})";

class Backend {
 public:
  Backend();
  ~Backend();
  unsigned short port() const { return acceptor_.local_endpoint().port(); }
  void script(std::string answer, bool close);
  /// Whole requests since the last call; what did not become whole stands last, marked.
  std::vector<std::string> take();

 private:
  using Tcp = boost::asio::ip::tcp;
  void serve(Tcp::socket socket);
  bool answer(Tcp::socket& socket, const std::string& request);

  boost::asio::io_context io_;
  Tcp::acceptor acceptor_;
  std::mutex mutex_;
  std::string script_;
  bool close_ = false;
  std::vector<std::string> seen_;
  std::set<int> open_;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
  std::thread thread_;
};

}  // namespace sluice::tricks
