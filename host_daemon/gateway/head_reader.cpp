// SPDX-License-Identifier: Apache-2.0
#include "gateway/head_reader.hpp"

namespace sluice::gateway {
namespace {

std::string_view bytes_of(const beast::flat_buffer& buffer) {
  const auto data = buffer.data();
  return {static_cast<const char*>(data.data()), data.size()};
}

}  // namespace

awaitable<HeadReading> read_head(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                 canonical::HttpKind kind, Clock::time_point deadline,
                                 std::optional<std::chrono::milliseconds> complete) {
  HeadReading reading;
  std::size_t scanned = 0;
  reading.started = buffer.size() > 0;
  if (reading.started && complete) deadline = Clock::now() + *complete;
  stream.expires_at(deadline);
  while (true) {
    // A read for which bytes are there already would win against the stream's own expiry.
    if (Clock::now() >= deadline) {
      reading.error = beast::error::timeout;
      co_return reading;
    }
    try {
      if (reading.started) {
        if (const auto end = canonical::find_head_end(bytes_of(buffer), scanned)) {
          reading.head = canonical::parse_head(kind, bytes_of(buffer).substr(0, *end));
          co_return reading;
        }
      }
    } catch (const canonical::Refused& refused) {
      reading.refusal = refused.refusal;
      co_return reading;
    }
    const std::size_t room = std::min<std::size_t>(4096, buffer.max_size() - buffer.size());
    auto [error, count] = co_await stream.async_read_some(buffer.prepare(room), by_value);
    if (error) {
      reading.error = error;
      co_return reading;
    }
    buffer.commit(count);
    if (!reading.started) {
      reading.started = true;
      if (complete) deadline = Clock::now() + *complete;
      stream.expires_at(deadline);
    }
  }
}

}  // namespace sluice::gateway
