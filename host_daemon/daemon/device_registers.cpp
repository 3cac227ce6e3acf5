// SPDX-License-Identifier: Apache-2.0
#include "daemon/device_registers.hpp"

#include <map>

namespace sluice::daemon {
namespace {

namespace reg = layout::reg;

// Bits of register STATUS, as layout.toml's text says.
constexpr std::uint32_t kActive = 1U << 0;
constexpr std::uint32_t kLoadComplete = 1U << 2;
constexpr std::uint32_t kUnsigned = 1U << 4;
constexpr unsigned kWideRegisters = 8;  // DIGEST and NAME

std::vector<std::uint8_t> bytes_of(const std::map<std::uint16_t, std::uint32_t>& values, std::uint16_t first) {
  std::vector<std::uint8_t> bytes;
  for (unsigned i = 0; i < kWideRegisters; ++i) {
    const std::uint32_t value = values.at(static_cast<std::uint16_t>(first + i));
    for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  }
  return bytes;
}

}  // namespace

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

DeviceLink::Awaitable<DeviceRegisters> read_registers(DeviceLink& link, bool counters) {
  std::vector<std::uint16_t> addresses;
  for (const layout::RegisterInfo& info : layout::registers) {
    const bool counter = info.address == reg::REQUEST_COUNT || info.address == reg::RESPONSE_COUNT;
    if (!info.readable || (counter && !counters)) continue;
    for (unsigned i = 0; i < info.count; ++i) addresses.push_back(static_cast<std::uint16_t>(info.address + i));
  }
  const std::vector<std::uint32_t> answers = co_await link.read(addresses);
  std::map<std::uint16_t, std::uint32_t> values;
  for (std::size_t i = 0; i < addresses.size(); ++i) values[addresses[i]] = answers[i];

  DeviceRegisters out;
  out.identity = values.at(reg::IDENTITY);
  out.hardware_version = values.at(reg::HARDWARE_VERSION);
  out.geometry = static_cast<layout::Geometry>(values.at(reg::GEOMETRY));
  const std::uint32_t status = values.at(reg::STATUS);
  out.active = (status & kActive) != 0;
  out.load_complete = (status & kLoadComplete) != 0;
  out.unsigned_image = (status & kUnsigned) != 0;
  out.load_status = static_cast<layout::LoadStatus>(values.at(reg::LOAD_STATUS));
  out.load_words = values.at(reg::LOAD_WORDS);
  out.epoch = values.at(reg::EPOCH);
  out.serial = std::uint64_t{values.at(reg::SERIAL_HIGH)} << 32 | values.at(reg::SERIAL_LOW);
  if (out.active) {
    out.digest = hexadecimal(bytes_of(values, reg::DIGEST));
    for (const std::uint8_t byte : bytes_of(values, reg::NAME)) {
      if (byte == 0) break;
      // The name comes over a wire: only what a policy may be called gets into logs and answers.
      out.name += byte > 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?';
    }
  }
  out.max_record_bytes = values.at(reg::MAX_RECORD_BYTES);
  out.outstanding = values.at(reg::OUTSTANDING);
  out.ticks = values.at(reg::TICKS);
  out.events_lost = values.at(reg::EVENTS_LOST);
  out.frames_ignored = values.at(reg::FRAMES_IGNORED);
  if (counters) {
    for (unsigned i = 0; i < out.request_count.size(); ++i) {
      out.request_count[i] = values.at(static_cast<std::uint16_t>(reg::REQUEST_COUNT + i));
      out.response_count[i] = values.at(static_cast<std::uint16_t>(reg::RESPONSE_COUNT + i));
    }
  }
  co_return out;
}

}  // namespace sluice::daemon
