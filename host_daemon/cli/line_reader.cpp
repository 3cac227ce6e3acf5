// SPDX-License-Identifier: Apache-2.0
#include "cli/line_reader.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace sluice::cli {
namespace {

constexpr std::size_t kChunk = 64U << 10;

}  // namespace

std::optional<Line> LineReader::next() {
  Line line;
  std::size_t searched = start_;
  for (;;) {
    const std::size_t newline = buffer_.find('\n', searched);
    const std::size_t end = newline == std::string::npos ? buffer_.size() : newline;
    if (end - start_ > line_max_) {
      line.too_long = true;
      start_ = end;  // forget what was read of it
    }
    if (newline != std::string::npos || (ended_ && (end > start_ || line.too_long))) {
      if (!line.too_long) line.text = buffer_.substr(start_, end - start_);
      start_ = newline == std::string::npos ? end : newline + 1;
      line.number = ++number_;
      return line;
    }
    if (ended_) return std::nullopt;
    buffer_.erase(0, start_);
    start_ = 0;
    searched = buffer_.size();
    ended_ = !fill();
  }
}

bool LineReader::ready() const {
  if (ended_ || buffer_.find('\n', start_) != std::string::npos) return true;
  pollfd wanted{descriptor_, POLLIN, 0};
  return ::poll(&wanted, 1, 0) > 0;
}

bool LineReader::fill() {
  const std::size_t old = buffer_.size();
  buffer_.resize(old + kChunk);
  ssize_t got = -1;
  do {
    got = ::read(descriptor_, buffer_.data() + old, kChunk);
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw std::runtime_error("cannot read the input: " + std::generic_category().message(errno));
  buffer_.resize(old + static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace sluice::cli
