// SPDX-License-Identifier: Apache-2.0
// Framing and strict reassembly; the rule numbers are those of docs/fabric.md "Frames in".
#include "link/link_codec.hpp"

#include <algorithm>
#include <stdexcept>

namespace sluice::link {

using layout::EthernetHeader;
using layout::LinkHeader;
using layout::LinkKind;

namespace {
constexpr std::size_t header_bytes = EthernetHeader::bytes + LinkHeader::bytes;
}

Direction to_device(Port port) {
  if (port == Port::low)
    return {layout::MAC_DEVICE_LOW, layout::MAC_GATEWAY_LOW, LinkKind::REQUEST};
  if (port == Port::high)
    return {layout::MAC_DEVICE_HIGH, layout::MAC_GATEWAY_HIGH, LinkKind::RESPONSE};
  throw std::invalid_argument("the management port carries no records");
}

Direction from_device(Port port) {
  if (port == Port::low)
    return {layout::MAC_GATEWAY_LOW, layout::MAC_DEVICE_LOW, LinkKind::RESPONSE};
  if (port == Port::high)
    return {layout::MAC_GATEWAY_HIGH, layout::MAC_DEVICE_HIGH, LinkKind::REQUEST};
  throw std::invalid_argument("the management port carries no records");
}

std::vector<Frame> to_frames(const Direction& direction, std::uint32_t tag,
                             std::span<const std::uint8_t> record) {
  if (record.size() > 0xFFFFFFFFU) throw std::length_error("a record is shorter than 2^32 bytes");
  std::vector<Frame> frames;
  std::size_t offset = 0;
  do {
    const std::size_t size =
        std::min<std::size_t>(layout::LINK_FRAGMENT_BYTES, record.size() - offset);
    Frame frame(std::max<std::size_t>(layout::FRAME_MIN_BYTES, header_bytes + size), 0);
    const std::span<std::uint8_t> bytes(frame);
    EthernetHeader{.destination = direction.destination,
                   .source = direction.source,
                   .ethertype = static_cast<std::uint16_t>(layout::ETHERTYPE)}
        .encode(bytes.first<EthernetHeader::bytes>());
    LinkHeader{.magic = static_cast<std::uint16_t>(layout::LINK_MAGIC),
               .version = static_cast<std::uint8_t>(layout::LINK_VERSION),
               .kind = direction.kind,
               .tag = tag,
               .record_length = static_cast<std::uint32_t>(record.size()),
               .fragment_offset = static_cast<std::uint32_t>(offset)}
        .encode(bytes.subspan<EthernetHeader::bytes, LinkHeader::bytes>());
    std::copy_n(record.begin() + static_cast<std::ptrdiff_t>(offset), size,
                frame.begin() + header_bytes);
    frames.push_back(std::move(frame));
    offset += size;
  } while (offset < record.size());
  return frames;
}

ParsedFrame parse_frame(std::span<const std::uint8_t> frame, LinkKind kind) {
  ParsedFrame result;
  if (frame.size() < EthernetHeader::bytes) return result;
  if (EthernetHeader::decode(frame.first<EthernetHeader::bytes>()).ethertype != layout::ETHERTYPE)
    return result;
  if (frame.size() >= header_bytes) {
    result.header = LinkHeader::decode(frame.subspan<EthernetHeader::bytes, LinkHeader::bytes>());
  }
  const LinkHeader& header = result.header;
  if (frame.size() < layout::FRAME_MIN_BYTES || frame.size() > layout::FRAME_MAX_BYTES ||
      header.magic != layout::LINK_MAGIC || header.version != layout::LINK_VERSION ||
      header.kind != kind) {
    result.status = ParsedFrame::Status::malformed;
    return result;
  }
  result.status = ParsedFrame::Status::bad_size;
  // A fragment offset behind the record's end leaves nothing: such a frame cannot have a right size
  // unless it is the only fragment of an empty record.
  if (header.fragment_offset > header.record_length) return result;
  const std::size_t size = std::min<std::size_t>(layout::LINK_FRAGMENT_BYTES,
                                                 header.record_length - header.fragment_offset);
  if (frame.size() != std::max<std::size_t>(layout::FRAME_MIN_BYTES, header_bytes + size))
    return result;
  const auto padding = frame.subspan(header_bytes + size);
  if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte != 0; }))
    return result;
  result.status = ParsedFrame::Status::good;
  result.fragment = frame.subspan(header_bytes, size);
  return result;
}

Reassembler::Reassembler(LinkKind kind, std::size_t max_record_bytes)
    : kind_(kind), max_record_bytes_(max_record_bytes) {}

void Reassembler::reset() {
  open_ = false;
  skipping_ = false;
  record_ = Record{};
}

Reassembler::Result Reassembler::feed(std::span<const std::uint8_t> frame) {
  const ParsedFrame parsed = parse_frame(frame, kind_);
  Result result{.status = Status::incomplete,
                .record = {},
                .what = {},
                .tag = parsed.header.tag,
                .aborted = {}};
  if (parsed.status == ParsedFrame::Status::ignored) {
    result.status = Status::ignored;
    return result;
  }
  const auto refuse = [&](Status status, std::string_view what) {
    if (open_ && !skipping_) result.aborted = record_.tag;
    reset();
    result.status = status;
    result.what = what;
    return result;
  };
  const LinkHeader& header = parsed.header;
  if (parsed.status == ParsedFrame::Status::malformed) {
    return refuse(Status::malformed, "frame length, magic, version or kind");
  }
  if (header.fragment_offset > 0 &&
      (!open_ || header.tag != record_.tag || header.record_length != length_ ||
       header.fragment_offset != next_)) {
    return refuse(Status::malformed, "not the next fragment of the open record");
  }
  if (parsed.status == ParsedFrame::Status::bad_size) {
    return refuse(Status::malformed, "frame length or padding does not fit the fragment");
  }
  if (header.fragment_offset == 0) {
    if (open_ && !skipping_) result.aborted = record_.tag;
    reset();
    length_ = header.record_length;
    next_ = 0;
    record_.tag = header.tag;
    open_ = true;
    if (header.record_length > max_record_bytes_) {
      skipping_ = true;
      result.status = Status::too_long;
      result.what = "the record is longer than the limit";
    } else {
      record_.bytes.reserve(length_);
    }
  }
  if (!skipping_)
    record_.bytes.insert(record_.bytes.end(), parsed.fragment.begin(), parsed.fragment.end());
  next_ += static_cast<std::uint32_t>(parsed.fragment.size());
  if (next_ < length_) return result;
  if (!skipping_) {
    result.status = Status::complete;
    result.record = std::move(record_);
  }
  reset();
  return result;
}

}  // namespace sluice::link
