// SPDX-License-Identifier: Apache-2.0
#include "fabric/management.hpp"

#include "link/management_client.hpp"

namespace sluice::fabric {

using layout::Command;
using layout::LoadStatus;
using layout::ManagementHeader;
using layout::ManagementOp;
using layout::Pipeline;
namespace reg = layout::reg;

Management::Management(const sc_core::sc_module_name& name, layout::Geometry geometry)
    : sc_module(name),
      in("in"),
      out("out"),
      loader("loader"),
      banks("banks"),
      transactions("transactions"),
      audit("audit"),
      geometry_(geometry),
      became_ready_("became_ready") {
  in.register_b_transport(this, &Management::b_transport);
}

void Management::set_ready(bool ready) {
  ready_ = ready;
  if (ready) became_ready_.notify(sc_core::SC_ZERO_TIME);
}

void Management::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const ManagementHeader header = answer(bytes_of(payload));
  while (!ready_) wait(became_ready_);
  transport(out, link::make_answer(header));
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

ManagementHeader Management::answer(std::span<const std::uint8_t> frame) {
  ManagementHeader header;
  header.op = ManagementOp::ERROR;
  if (frame.size() >= 2) header.sequence = frame[1];
  if (frame.size() >= 4) header.address = static_cast<std::uint16_t>(frame[2] << 8 | frame[3]);
  if (frame.size() < ManagementHeader::bytes) return header;
  const auto asked = ManagementHeader::decode(frame.first<ManagementHeader::bytes>());
  const auto payload = frame.subspan(ManagementHeader::bytes);
  const auto done = [&](LoadStatus status) {
    header.op = ManagementOp::DONE;
    header.value = static_cast<std::uint32_t>(status);
    return header;
  };
  switch (asked.op) {
    case ManagementOp::READ:
      if (const auto value = read(asked.address); payload.empty() && value) {
        header.op = ManagementOp::VALUE;
        header.value = *value;
      }
      return header;
    case ManagementOp::WRITE:
      if (!payload.empty()) return header;
      if (asked.address != reg::COMMAND) return done(LoadStatus::READ_ONLY);
      if (asked.value >= layout::count_of<Command>) return header;
      return done(write_command(static_cast<Command>(asked.value)));
    case ManagementOp::BLOCK:
      return done(loader->block(asked.value, payload));
    default:
      return header;
  }
}

LoadStatus Management::write_command(Command command) {
  if (const auto status = loader->command(command)) return *status;
  while (loader->swap_waiting()) wait(loader->answered());
  return loader->take_answer();
}

std::uint32_t Management::status() const {
  return (banks->active() != nullptr ? 1U : 0U) | (loader->open() ? 2U : 0U) |
         (loader->complete() ? 4U : 0U) | banks->active_bank() << 3 |
         (banks->active() != nullptr ? 16U : 0U);
}

std::optional<std::uint32_t> Management::read(std::uint16_t address) const {
  const engine::Image* image = banks->active();
  const auto four_bytes = [](const auto& bytes, std::size_t index) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{bytes[4 * index + i]} << (8 * i);
    return value;
  };
  for (const auto& info : layout::registers) {
    if (address < info.address || address >= info.address + info.count || !info.readable) continue;
    const std::uint32_t index = address - info.address;
    switch (info.address) {
      case reg::IDENTITY:
        return layout::DEVICE_IDENTITY;
      case reg::HARDWARE_VERSION:
        return layout::HARDWARE_VERSION;
      case reg::GEOMETRY:
        return static_cast<std::uint32_t>(geometry_);
      case reg::STATUS:
        return status();
      case reg::LOAD_STATUS:
        return static_cast<std::uint32_t>(loader->status());
      case reg::LOAD_WORDS:
        return loader->words();
      case reg::EPOCH:
        return banks->epoch();
      case reg::SERIAL_LOW:
        return image != nullptr ? static_cast<std::uint32_t>(image->serial()) : 0;
      case reg::SERIAL_HIGH:
        return image != nullptr ? static_cast<std::uint32_t>(image->serial() >> 32) : 0;
      case reg::MAX_RECORD_BYTES:
        return image != nullptr ? image->max_record_bytes() : 0;
      case reg::OUTSTANDING:
        return transactions->outstanding();
      case reg::TICKS:
        return audit->now();
      case reg::EVENTS_LOST:
        return audit->lost();
      case reg::FRAMES_IGNORED:
        return audit->ignored_frames();
      case reg::DIGEST:
        return image != nullptr ? four_bytes(image->digest(), index) : 0;
      case reg::NAME:
        return image != nullptr ? four_bytes(image->name_bytes(), index) : 0;
      case reg::REQUEST_COUNT:
        return audit->counter(Pipeline::REQUEST, index);
      case reg::RESPONSE_COUNT:
        return audit->counter(Pipeline::RESPONSE, index);
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace sluice::fabric
