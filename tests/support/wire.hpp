// SPDX-License-Identifier: Apache-2.0
// Protobuf's encoding written by hand, a field at a time, for tests.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::test {

inline std::string wire_varint(std::uint64_t value) {
  std::string out;
  for (; value > 0x7F; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  return out + static_cast<char>(value);
}

/// A field of bytes behind their length, and one of a varint.
inline std::string wire_field(unsigned number, const std::string& bytes) { return wire_varint(number << 3 | 2) + wire_varint(bytes.size()) + bytes; }
inline std::string wire_number(unsigned number, std::uint64_t value) { return wire_varint(number << 3) + wire_varint(value); }

/// A google.protobuf.Any of the type; no member `value` without bytes.
inline std::string wire_any(const std::string& type, const std::string& bytes) {
  return wire_field(1, "type.googleapis.com/" + type) + (bytes.empty() ? "" : wire_field(2, bytes));
}

}  // namespace sluice::test
