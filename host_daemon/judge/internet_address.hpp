// SPDX-License-Identifier: Apache-2.0
// Texts of internet addresses and networks, as protovalidate's ip rules want them. No name is
// resolved, and no address is written back.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::judge {

// A decimal number from 0 to `max` without sign and leading zeros; nothing for any other text.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max);

// RFC 3986, IPv4address: four decimal octets.
bool is_ipv4(std::string_view text);

// RFC 4291 section 2.2: eight groups of one to four hexadecimal digits, "::" once for at least one
// of them, the last two also as an IPv4 address. Then, but not after an IPv4 address, a zone (RFC
// 4007): '%' and any text.
bool is_ipv6(std::string_view text);

bool is_ip(std::string_view text);

// What a network's text may say of the bits behind the prefix.
enum class HostBits { kAny, kZero };

// ADDRESS/LENGTH, 0 to 32 and 0 to 128 bits; without a zone.
bool is_ipv4_network(std::string_view text, HostBits host_bits);
bool is_ipv6_network(std::string_view text, HostBits host_bits);
bool is_ip_network(std::string_view text, HostBits host_bits);

}  // namespace sluice::judge
