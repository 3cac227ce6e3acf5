// SPDX-License-Identifier: Apache-2.0
// The Protobuf encoding without a schema: one field after the other of one message. It takes every
// spelling that the encoding allows (long varints among them) and refuses what no reader could
// agree on: cut-off values, varints beyond 64 bits, field number 0, groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::canonical {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 };

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::size_t offset = 0;        // of the tag
  std::size_t value_offset = 0;  // of the value, of a delimited one behind its length
  std::uint64_t bits = 0;        // varint, fixed64, fixed32
  std::string_view bytes;        // delimited
};

class WireReader {
 public:
  /// `bytes` stand at `offset` of the body; `path` names the message in refusals. Both must outlive
  /// the reader.
  WireReader(std::string_view bytes, std::size_t offset, const std::string& path)
      : bytes_(bytes), base_(offset), path_(path) {}

  bool at_end() const { return at_ == bytes_.size(); }
  std::size_t offset() const { return base_ + at_; }
  /// The next field. Throws Refused (code "protobuf_syntax"); its `column` is the offset plus one.
  WireField field();
  /// The next element of a packed list, without a tag.
  std::uint64_t element(WireType type);

 private:
  std::uint64_t varint();
  std::uint64_t fixed(std::size_t width);
  [[noreturn]] void fail(std::size_t at, const std::string& what) const;

  std::string_view bytes_;
  std::size_t base_;
  const std::string& path_;
  std::size_t at_ = 0;
};

}  // namespace sluice::canonical
