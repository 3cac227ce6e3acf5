// SPDX-License-Identifier: Apache-2.0
// The step loop. Most symbols are plain (right label, NEXT, empty action or only a count) and stay
// in the inner loop; every other symbol goes through one step in the order of docs/fabric.md
// "Engine".
#include "engine/engine.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::engine {

using layout::AccumulatorOp;
using layout::Control;
using layout::KeyOp;
using layout::Pipeline;
using layout::Reason;
using layout::RegisterOp;

namespace {
constexpr std::uint32_t saturated = layout::ACCUMULATOR_SATURATED;
}

Program program_of(const Image& image, Pipeline pipeline) {
  return {.table = &image.table(pipeline),
          .max_depth = image.max_depth(),
          .max_record_bytes = image.max_record_bytes(),
          .pipeline = pipeline};
}

void Context::open(const Program& program, std::uint16_t start_base, std::uint32_t length,
                   std::uint16_t endpoint) {
  table_ = program.table;
  length_ = length;
  offset_ = 0;
  unconsumed_ = 0;
  accumulator_ = 0;
  base_ = static_cast<std::uint16_t>(start_base & (table_->entries() - 1));
  tag_ = endpoint;
  depth_ = 1;
  max_depth_ = program.max_depth;
  is_request_ = program.pipeline == Pipeline::REQUEST;
  decided_ = false;
  frames_[0] = {.end = length, .ret = 0, .r = 0, .by_length = false, .new_map = false};
  key_open_ = false;
  previous_key_ = {.begin = 0, .end = 0, .none = true};
  if (length > program.max_record_bytes) {
    verdict_ = Verdict{};
    verdict_.reason = Reason::TOO_LONG;
    verdict_.offset = program.max_record_bytes;
    decided_ = true;
  }
}

void Context::reject(Reason reason, std::uint32_t offset, std::uint8_t symbol_class) {
  verdict_ = Verdict{};
  verdict_.reason = reason;
  verdict_.offset = offset;
  verdict_.endpoint = tag_;
  verdict_.base = base_;
  verdict_.symbol_class = symbol_class;
  verdict_.depth = depth_;
  verdict_.steps = offset + unconsumed_ + 1;
  verdict_.frames =
      static_cast<std::uint8_t>(std::min<std::uint32_t>(depth_, layout::EVENT_FRAMES));
  for (std::uint32_t i = 0; i < verdict_.frames; ++i) {
    verdict_.return_bases[i] = frames_[depth_ - 1 - i].ret;
    verdict_.registers[i] = frames_[depth_ - 1 - i].r;
  }
  decided_ = true;
}

void Context::keep_key(std::span<const std::uint8_t> bytes, std::uint32_t origin,
                       std::uint32_t offset) {
  const std::uint32_t size = offset - key_start_;
  if (size != 0) {
    std::memcpy(key_bytes_ + previous_key_.end + key_kept_, bytes.data() + (key_start_ - origin),
                size);
  }
  key_kept_ += size;
  key_start_ = offset;
}

bool Context::end_key(std::span<const std::uint8_t> bytes, std::uint32_t origin,
                      std::uint32_t offset) {
  if (!key_open_) return false;
  keep_key(bytes, origin, offset);
  const std::uint8_t* const key = key_bytes_ + previous_key_.end;
  const std::uint32_t previous = previous_key_.end - previous_key_.begin;
  const int order =
      std::memcmp(key, key_bytes_ + previous_key_.begin, std::min(key_kept_, previous));
  const bool greater = previous_key_.none || order > 0 || (order == 0 && key_kept_ > previous);
  if (!greater) return false;
  std::memmove(key_bytes_ + previous_key_.begin, key, key_kept_);
  previous_key_.end = previous_key_.begin + key_kept_;
  previous_key_.none = false;
  key_open_ = false;
  return true;
}

bool Context::feed(std::span<const std::uint8_t> bytes) {
  if (decided_) return false;
  const Table& table = *table_;
  const std::uint32_t* const hot = table.hot_.data();
  const std::uint32_t* const maps = table.maps_.data();
  const std::uint32_t origin = offset_;
  const std::uint8_t* const begin = bytes.data();
  const std::uint8_t* at = begin;
  std::uint32_t base = base_;
  Frame* top = &frames_[depth_ - 1];

  // Leaves members as before the symbol, for the report.
  const auto fail = [&](Reason reason, std::uint32_t symbol_class) {
    base_ = static_cast<std::uint16_t>(base);
    reject(reason, origin + static_cast<std::uint32_t>(at - begin),
           static_cast<std::uint8_t>(symbol_class));
    return false;
  };

  for (;;) {
    const std::uint8_t* const stop = begin + std::min<std::size_t>(bytes.size(), top->end - origin);
    std::uint32_t symbol_class = layout::CLASS_END;
    std::uint32_t slot = 0;
    std::uint32_t word = 0;
    bool on_end = false;
    // The state is carried as the hot word that led to it: its bit 16 selects the class map without
    // waiting for the shift.
    std::uint32_t state = base << 16;
    for (;;) {
      if (at == stop) {
        if (origin + static_cast<std::uint32_t>(at - begin) != top->end) {  // all input used
          base_ = static_cast<std::uint16_t>(state >> 16);
          offset_ = origin + static_cast<std::uint32_t>(at - begin);
          if (key_open_) keep_key(bytes, origin, offset_);
          return true;
        }
        on_end = true;
        symbol_class = layout::CLASS_END;
        slot = state >> 16 ^ symbol_class;
        word = hot[slot];
        break;
      }
      const std::uint32_t both = maps[*at];
      const std::uint32_t low = both & 0xFFFF;
      const std::uint32_t high = both >> 16;
      symbol_class = (state & 0x10000) != 0 ? high : low;
      slot = state >> 16 ^ symbol_class;
      word = hot[slot];
      const std::uint32_t kind = (word & 0xFFFF) ^ symbol_class;
      if (kind != 0) {
        if (kind != Table::COUNT << 8) break;
        const std::uint32_t max = table.actions_[table.action_of_[slot]].register_arg;
        if (top->r >= max && max != layout::INC_UNBOUNDED) break;  // the full step says TOO_MANY
        if (top->r < 0xFFFF) ++top->r;
      }
      state = word;
      ++at;
    }

    base = state >> 16;

    // 1, 2: parity, label, control, action.
    const std::uint32_t kind = word >> 8 & 0xFF;
    if ((symbol_class & Table::CLASS_BROKEN) != 0 || kind == Table::BROKEN) {
      return fail(Reason::TABLE_PARITY, symbol_class);
    }
    if ((word & 0xFF) != symbol_class) return fail(Reason::NO_TRANSITION, symbol_class);
    const Control control =
        kind < Table::CONTROL ? Control::NEXT : static_cast<Control>(kind - Table::CONTROL);
    if (control == Control::RESERVED) return fail(Reason::NO_TRANSITION, symbol_class);
    const Table::DecodedAction& action = table.actions_[table.action_of_[slot]];
    if (action.broken) return fail(Reason::TABLE_PARITY, symbol_class);
    if (action.impossible) return fail(Reason::NO_TRANSITION, symbol_class);

    // 3: what the symbol and the stack permit.
    const std::uint16_t tag = is_request_ && action.tag != 0 ? action.tag : tag_;
    const bool pops =
        control == Control::RET || control == Control::REDO || control == Control::REDO_TO;
    if (pops) {
      if (depth_ == 1 || (!on_end && top->by_length))
        return fail(Reason::NO_TRANSITION, symbol_class);
    } else if (control == Control::ACCEPT) {
      if (!on_end || depth_ != 1 || (is_request_ && tag == 0))
        return fail(Reason::NO_TRANSITION, symbol_class);
    } else if (on_end) {
      return fail(Reason::NO_TRANSITION, symbol_class);
    }

    if (action.key_op == KeyOp::NEW_MAP && control != Control::CALL)
      return fail(Reason::NO_TRANSITION, symbol_class);
    if (action.key_op == KeyOp::BEGIN && control != Control::NEXT && control != Control::CALL &&
        control != Control::CALL_LEN) {
      return fail(Reason::NO_TRANSITION, symbol_class);
    }

    // 4: register.
    std::uint32_t r = top->r;
    switch (action.register_op) {
      case RegisterOp::NONE:
        break;
      case RegisterOp::SET:
      case RegisterOp::SET_AGAIN: {
        const std::uint32_t first_bad = std::uint32_t{action.register_arg} +
                                        (action.register_op == RegisterOp::SET_AGAIN ? 1 : 0);
        if (r >= first_bad) return fail(Reason::ORDER, symbol_class);
        if (r < action.register_min) return fail(Reason::TOO_FEW, symbol_class);
        r = action.register_arg;
        break;
      }
      case RegisterOp::INC:
        if (action.register_arg == layout::INC_UNBOUNDED) {
          if (r < 0xFFFF) ++r;
        } else {
          if (r >= action.register_arg) return fail(Reason::TOO_MANY, symbol_class);
          ++r;
        }
        break;
    }

    // 4: accumulator.
    std::uint32_t accumulator = accumulator_;
    const std::uint32_t offset = origin + static_cast<std::uint32_t>(at - begin);
    const std::uint32_t after = on_end ? offset : offset + 1;
    if (action.accumulator_op == AccumulatorOp::CHECK_END) {
      if (accumulator == saturated || accumulator != top->end - after)
        return fail(Reason::LENGTH, symbol_class);
    } else if (action.accumulator_op != AccumulatorOp::NONE && !on_end) {
      std::uint64_t value = 0;
      bool sets = false;
      switch (action.accumulator_op) {
        case AccumulatorOp::DIGIT_FIRST:
          value = *at & 0x0FU;
          sets = true;
          break;
        case AccumulatorOp::DIGIT:
          value = std::uint64_t{accumulator} * 10 + (*at & 0x0FU);
          break;
        default:  // GROUP
          sets = action.shift == 0;
          value = (std::uint64_t{*at} & 0x7FU) << action.shift;
          if (!sets) value += accumulator;
          break;
      }
      if (sets || accumulator != saturated) {
        accumulator = static_cast<std::uint32_t>(std::min<std::uint64_t>(value, saturated));
      }
    }

    // 4: key unit. It is in no report, so it may be written before the last check.
    switch (action.key_op) {
      case KeyOp::NONE:
      case KeyOp::NEW_MAP:  // below, with the frame that CALL pushes
        break;
      case KeyOp::BEGIN:
        if (key_open_) return fail(Reason::KEY_ORDER, symbol_class);
        key_open_ = true;
        key_start_ = offset + 1;
        key_kept_ = 0;
        break;
      case KeyOp::END_KEY:
        if (!end_key(bytes, origin, offset)) return fail(Reason::KEY_ORDER, symbol_class);
        break;
    }

    // 4: control. Nothing else is written before its last check.
    const std::uint32_t next = word >> 16;
    switch (control) {
      case Control::NEXT:
        top->r = static_cast<std::uint16_t>(r);
        base = next;
        ++at;
        break;
      case Control::CALL:
      case Control::CALL_LEN: {
        if (depth_ >= max_depth_) return fail(Reason::DEPTH, symbol_class);
        std::uint32_t end = top->end;
        if (control == Control::CALL_LEN) {
          if (accumulator == saturated || accumulator > top->end - after)
            return fail(Reason::LENGTH, symbol_class);
          end = after + accumulator;
        }
        if (action.key_op == KeyOp::NEW_MAP) {
          saved_keys_[depth_] = previous_key_;
          previous_key_ = {.begin = previous_key_.end, .end = previous_key_.end, .none = true};
          key_open_ = false;
        }
        top->r = static_cast<std::uint16_t>(r);
        ++top;
        *top = {.end = end,
                .ret = static_cast<std::uint16_t>(action.operand & (table.entries() - 1)),
                .r = 0,
                .by_length = control == Control::CALL_LEN,
                .new_map = action.key_op == KeyOp::NEW_MAP};
        ++depth_;
        base = next;
        ++at;
        break;
      }
      case Control::RET:
      case Control::REDO:
      case Control::REDO_TO:
        if (r < action.operand) return fail(Reason::TOO_FEW, symbol_class);
        base = control == Control::REDO_TO ? next : top->ret;
        if (top->new_map) {
          previous_key_ = saved_keys_[depth_ - 1];
          key_open_ = false;
        }
        --top;
        --depth_;
        if (control == Control::RET && !on_end) {
          ++at;
        } else {
          ++unconsumed_;
        }
        break;
      default:  // ACCEPT
        if (r < action.operand) return fail(Reason::TOO_FEW, symbol_class);
        verdict_ = Verdict{};
        verdict_.reason = Reason::ACCEPTED;
        verdict_.offset = length_;
        verdict_.endpoint = tag;
        verdict_.depth = 1;
        verdict_.steps = length_ + unconsumed_ + 1;
        decided_ = true;
        return false;
    }
    accumulator_ = accumulator;
    tag_ = tag;
  }
}

const Verdict& Context::finish() {
  // The record's END is a symbol too; for an empty record nobody has fed it.
  if (!decided_) feed(std::span<const std::uint8_t>());
  if (!decided_) {
    verdict_ = Verdict{};
    verdict_.reason = Reason::BAD_FRAME;
    decided_ = true;
  }
  return verdict_;
}

namespace {

Verdict judge_whole(const Image& image, Pipeline pipeline, std::uint16_t start,
                    std::uint16_t endpoint, std::span<const std::uint8_t> record) {
  Context context;
  // A length that does not fit 32 bits is above every limit.
  const auto length = static_cast<std::uint32_t>(std::min<std::size_t>(record.size(), 0xFFFFFFFFU));
  context.open(program_of(image, pipeline), start, length, endpoint);
  context.feed(record);
  return context.finish();
}

}  // namespace

Verdict judge_request(const Image& image, std::span<const std::uint8_t> record) {
  return judge_whole(image, Pipeline::REQUEST, image.request_start(), 0, record);
}

Verdict judge_response(const Image& image, std::uint16_t endpoint,
                       std::span<const std::uint8_t> record) {
  if (endpoint == 0 || endpoint >= image.endpoints().size()) {
    Verdict verdict;
    verdict.reason = Reason::NO_REQUEST;
    return verdict;
  }
  return judge_whole(image, Pipeline::RESPONSE, image.endpoints()[endpoint].response_base, endpoint,
                     record);
}

Verdict judge(const Image& image, Pipeline pipeline, std::uint16_t endpoint,
              std::span<const std::uint8_t> record) {
  return pipeline == Pipeline::REQUEST ? judge_request(image, record)
                                       : judge_response(image, endpoint, record);
}

}  // namespace sluice::engine
