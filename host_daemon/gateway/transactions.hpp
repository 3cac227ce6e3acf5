// SPDX-License-Identifier: Apache-2.0
// LOW's outstanding requests. Each gets a 32-bit tag; the response that comes back with the tag
// ends its wait. The device drops what is above its caps, so requests wait here, in order, until
// one of the policy's places is free.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "gateway/net.hpp"
#include "gateway/policy_state.hpp"
#include "link/link_codec.hpp"

namespace sluice::gateway {

struct Outcome {
  enum class Kind {
    response,
    no_device,   // none was there, or it was lost while the request was under way
    timeout,     // nothing came back in time: the device or the other side said nothing
    overloaded,  // no place became free in time, or too many requests wait already
  } kind;
  std::string record;  // response
};

class Transactions {
 public:
  using Send = std::function<bool(std::uint32_t tag, std::string_view record)>;
  static constexpr std::size_t kMaxWaiting = 4096;

  /// `connected` tells whether there is a device; `send` hands a record to it.
  Transactions(asio::io_context& io, std::function<bool()> connected, Send send)
      : io_(io), connected_(std::move(connected)), send_(std::move(send)) {}

  /// Sends the record and waits for its response.
  awaitable<Outcome> exchange(std::shared_ptr<const PolicyState> state, int endpoint,
                              std::string record);

  void on_record(link::Record record);
  void on_down();

  std::size_t outstanding() const { return outstanding_.size(); }

 private:
  struct Wait {
    explicit Wait(asio::io_context& io) : timer(io) {}
    asio::steady_timer timer;
    bool done = false;
    Outcome outcome{Outcome::Kind::timeout, {}};
  };
  struct Place {  // a request that waits for its turn
    std::shared_ptr<Wait> wait;
    std::string endpoint;
    std::uint32_t endpoint_cap, total_cap;
  };
  bool free_for(const Place& place) const;
  void take(const std::string& endpoint);
  void release(const std::string& endpoint);

  asio::io_context& io_;
  std::function<bool()> connected_;
  Send send_;
  std::unordered_map<std::uint32_t, std::shared_ptr<Wait>> outstanding_;  // by tag
  std::unordered_map<std::string, std::uint32_t> in_use_;                 // by endpoint
  std::uint32_t total_in_use_ = 0;
  std::deque<Place> waiting_;
  std::uint32_t next_tag_ = 1;
};

}  // namespace sluice::gateway
