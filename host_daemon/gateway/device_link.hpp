// SPDX-License-Identifier: Apache-2.0
// One gateway's end of the link to the device: connects to its socket and stays connected, turns
// records into frames and frames into records. Frames of two records never interleave. It knows
// nothing about what records mean.
//
//   send(tag, record) -> queue -> frames -> SOCK_SEQPACKET -> device
//   on_record(tag, record) <- reassembler <- frames <-
#pragma once

#include <boost/asio/generic/seq_packet_protocol.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/net.hpp"
#include "link/link_codec.hpp"

namespace sluice::gateway {

class DeviceLink : public std::enable_shared_from_this<DeviceLink> {
 public:
  struct Options {
    std::string path;  // of the device's socket
    link::Port port = link::Port::low;
    std::size_t max_record_bytes = 65535;
    std::size_t queue_records = 1024;  // records that wait to be sent
    std::chrono::milliseconds first_retry{50}, last_retry{2000};
  };
  struct Handlers {
    std::function<void(link::Record)> on_record;
    std::function<void()> on_down;  // a connection was lost
  };

  /// Throws std::invalid_argument when `path` cannot name a socket.
  static std::shared_ptr<DeviceLink> create(asio::io_context& io, Options options,
                                            Handlers handlers);

  /// Connects, now and whenever the connection was lost, until stop().
  void start();
  void stop();
  bool connected() const { return connected_; }

  /// Queues a record; false, and nothing queued, when there is no device or the queue is full.
  bool send(std::uint32_t tag, std::string_view record);

 private:
  using Socket = asio::generic::seq_packet_protocol::socket;
  DeviceLink(asio::io_context& io, Options options, Handlers handlers);
  awaitable<void> run();
  awaitable<void> receive();
  awaitable<void> write();
  void take(std::span<const std::uint8_t> frame, link::Reassembler& reassembler);
  void disconnect();

  struct Outgoing {
    std::uint32_t tag;
    std::string record;
  };

  Options options_;
  Handlers handlers_;
  asio::io_context& io_;
  asio::steady_timer retry_;
  Socket socket_;
  std::deque<Outgoing> queue_;
  bool connected_ = false;
  bool writing_ = false;
  bool stopped_ = false;
  std::uint64_t bad_frames_ = 0;
};

}  // namespace sluice::gateway
