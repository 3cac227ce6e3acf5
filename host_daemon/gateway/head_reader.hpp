// SPDX-License-Identifier: Apache-2.0
// Reads the start line and headers of one message off a connection, under our own strict rules
// (canonical/http_head), and leaves all bytes in the buffer for Beast, which then reads the message
// with its body.
#pragma once

#include <optional>

#include "canonical/http_head.hpp"
#include "canonical/refusal.hpp"
#include "gateway/net.hpp"

namespace sluice::gateway {

struct HeadReading {
  std::optional<canonical::HttpHead> head;
  std::optional<canonical::Refusal> refusal;  // the bytes are not what we take for HTTP
  error_code error;                           // neither: the connection ended or timed out
  bool started = false;                       // at least one byte of the message had come
};

/// `deadline` is the end of the wait for the first byte, and for the whole head unless `complete`
/// bounds the time from that byte on. What arrives after the deadline is not looked at: a peer that
/// never stops sending gains nothing. The stream's own expiry stays at what was set here last.
awaitable<HeadReading> read_head(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                 canonical::HttpKind kind, Clock::time_point deadline,
                                 std::optional<std::chrono::milliseconds> complete = {});

/// Room that a connection's buffer needs: one head, and a piece of what follows it.
inline constexpr std::size_t kBufferBytes = canonical::kMaxHeadBytes + 16 * 1024;

}  // namespace sluice::gateway
