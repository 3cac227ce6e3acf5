// SPDX-License-Identifier: Apache-2.0
// The few names of Asio and Beast that all files here use. Every operation reports errors by value:
// an exception in this folder is a bug, not a network event.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>

namespace sluice::gateway {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

/// Completion token: `auto [error, value] = co_await operation(..., by_value);`
inline constexpr auto by_value = asio::as_tuple(asio::use_awaitable);

}  // namespace sluice::gateway
