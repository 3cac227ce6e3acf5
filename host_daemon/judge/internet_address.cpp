// SPDX-License-Identifier: Apache-2.0
// Addresses are cut at their separators and read into bytes.
#include "judge/internet_address.hpp"

#include <string>
#include <vector>

#include "judge/characters.hpp"
#include "judge/text.hpp"

namespace sluice::judge {
namespace {

using Bytes = std::vector<std::uint8_t>;  // the address, most significant byte first

std::optional<Bytes> read_ipv4(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  Bytes bytes;
  for (std::string_view part : parts) {
    const auto octet = parse_decimal(part, 255);
    if (!octet) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(*octet));
  }
  return bytes;
}

std::optional<std::uint32_t> read_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::uint32_t value = 0;
  for (char c : text) {
    if (!is_hex_digit(c)) return std::nullopt;
    const int digit = is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return value;
}

// Groups between single colons; of an address's end also with an IPv4 address as the last.
std::optional<Bytes> read_groups(std::string_view text, bool at_end) {
  Bytes bytes;
  if (text.empty()) return bytes;
  const auto parts = split(text, ':');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (const auto group = read_group(parts[i])) {
      bytes.push_back(static_cast<std::uint8_t>(*group >> 8));
      bytes.push_back(static_cast<std::uint8_t>(*group & 0xFF));
      continue;
    }
    const bool last = i + 1 == parts.size();
    const auto tail = at_end && last ? read_ipv4(parts[i]) : std::nullopt;
    if (!tail) return std::nullopt;
    bytes.insert(bytes.end(), tail->begin(), tail->end());
  }
  return bytes;
}

// An address without zone.
std::optional<Bytes> read_ipv6(std::string_view text) {
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto bytes = read_groups(text, true);
    return bytes && bytes->size() == 16 ? bytes : std::nullopt;
  }
  // A second gap leaves an empty group behind, which read_groups refuses.
  auto bytes = read_groups(text.substr(0, gap), false);
  const auto after = read_groups(text.substr(gap + 2), true);
  if (!bytes || !after || bytes->size() + after->size() > 14) return std::nullopt;
  bytes->resize(16 - after->size());
  bytes->insert(bytes->end(), after->begin(), after->end());
  return bytes;
}

bool is_network(std::string_view text, std::optional<Bytes> (*read)(std::string_view),
                HostBits host_bits) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto bytes = read(text.substr(0, slash));
  if (!bytes) return false;
  const auto bits = static_cast<std::uint32_t>(bytes->size() * 8);
  const auto length = parse_decimal(text.substr(slash + 1), bits);
  if (!length) return false;
  if (host_bits == HostBits::kAny) return true;
  for (std::uint32_t bit = *length; bit < bits; ++bit) {
    if (((*bytes)[bit / 8] >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

}  // namespace

std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > max) return std::nullopt;
  }
  return static_cast<std::uint32_t>(value);
}

bool is_ipv4(std::string_view text) { return read_ipv4(text).has_value(); }

bool is_ipv6(std::string_view text) {
  const auto percent = text.find('%');
  if (percent == std::string_view::npos) return read_ipv6(text).has_value();
  const std::string_view address = text.substr(0, percent);
  const std::string_view zone = text.substr(percent + 1);
  const bool has_tail = address.find('.') != std::string_view::npos;
  return !zone.empty() && !has_tail && read_ipv6(address).has_value();
}

bool is_ip(std::string_view text) { return is_ipv4(text) || is_ipv6(text); }

bool is_ipv4_network(std::string_view text, HostBits host_bits) {
  return is_network(text, read_ipv4, host_bits);
}

bool is_ipv6_network(std::string_view text, HostBits host_bits) {
  return is_network(text, read_ipv6, host_bits);
}

bool is_ip_network(std::string_view text, HostBits host_bits) {
  return is_ipv4_network(text, host_bits) || is_ipv6_network(text, host_bits);
}

}  // namespace sluice::judge
