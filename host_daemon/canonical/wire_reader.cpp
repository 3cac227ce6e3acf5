// SPDX-License-Identifier: Apache-2.0
#include "canonical/wire_reader.hpp"

#include "canonical/refusal.hpp"

namespace sluice::canonical {

void WireReader::fail(std::size_t at, const std::string& what) const {
  throw Refused(
      {400, "protobuf_syntax", path_, "",
       "The body is no Protobuf message: at byte " + std::to_string(base_ + at) + " " + what + ".",
       0, base_ + at + 1, ""});
}

std::uint64_t WireReader::varint() {
  const std::size_t begin = at_;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at_end()) fail(begin, "a number is cut off");
    const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  fail(begin, "a number has more than 64 bits");
}

std::uint64_t WireReader::fixed(std::size_t width) {
  if (bytes_.size() - at_ < width)
    fail(at_, "a number of " + std::to_string(width) + " bytes is cut off");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes_[at_++])) << (8 * i);
  }
  return value;
}

std::uint64_t WireReader::element(WireType type) {
  switch (type) {
    case WireType::fixed64:
      return fixed(8);
    case WireType::fixed32:
      return fixed(4);
    default:
      return varint();
  }
}

WireField WireReader::field() {
  const std::size_t begin = at_;
  const std::uint64_t tag = varint();
  if (tag >> 32 != 0 || tag >> 3 == 0) {
    fail(begin, "stands the tag " + std::to_string(tag) + ", which names no field number");
  }
  WireField out;
  out.offset = base_ + begin;
  out.number = static_cast<std::uint32_t>(tag >> 3);
  switch (tag & 7) {
    case 0:
    case 1:
    case 5:
      out.type = static_cast<WireType>(tag & 7);
      out.value_offset = offset();
      out.bits = element(out.type);
      return out;
    case 2: {
      out.type = WireType::delimited;
      const std::size_t length_at = at_;
      const std::uint64_t length = varint();
      if (length > bytes_.size() - at_) {
        fail(length_at, "a length of " + std::to_string(length) +
                            " goes beyond its message, which has " +
                            std::to_string(bytes_.size() - at_) + " bytes left");
      }
      out.value_offset = offset();
      out.bytes = bytes_.substr(at_, length);
      at_ += length;
      return out;
    }
    case 3:
    case 4:
      fail(begin, "stands a group; proto3 has none");
    default:
      fail(begin, "stands wire type " + std::to_string(tag & 7) + ", which does not exist");
  }
}

}  // namespace sluice::canonical
