// SPDX-License-Identifier: Apache-2.0
#include "verify/machine.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace sluice::verify {

using layout::AccumulatorOp;
using layout::Control;
using layout::KeyOp;
using layout::Reason;
using layout::RegisterOp;

Reason on_register(std::uint32_t& r, const layout::Action& action) {
  switch (action.register_op) {
    case RegisterOp::NONE:
      break;
    case RegisterOp::SET:
    case RegisterOp::SET_AGAIN:
      if (action.register_op == RegisterOp::SET ? r >= action.register_arg : r > action.register_arg) return Reason::ORDER;
      if (r < action.register_min) return Reason::TOO_FEW;
      r = action.register_arg;
      break;
    case RegisterOp::INC:
      if (action.register_arg == layout::INC_UNBOUNDED) {
        r = std::min<std::uint32_t>(r + 1, 0xFFFF);
      } else if (r >= action.register_arg) {
        return Reason::TOO_MANY;
      } else {
        ++r;
      }
      break;
  }
  return Reason::ACCEPTED;
}

bool key_less(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return static_cast<std::uint8_t>(x) < static_cast<std::uint8_t>(y); });
}

namespace {

struct Frame {
  std::uint16_t back = 0;
  std::uint32_t r = 0;
  std::uint32_t end = 0;
  bool by_length = false;  // pushed by CALL_LEN
  bool saves_key = false;  // pushed with NEW_MAP
  std::optional<std::string> saved;
  std::uint32_t map = 0;  // the number of the innermost frame pushed with NEW_MAP, itself included
};

class Run {
 public:
  Run(const Table& table, std::uint16_t start, std::string_view record, const RunOptions& options)
      : table_(table), record_(record), options_(options), base_(table.base(start)) {
    frames_.push_back({0, 0, static_cast<std::uint32_t>(record.size()), false, false, {}, 0});
  }

  Verdict judge() {
    // Every step consumes a byte, pops a frame that consumed bytes have pushed, or is the last: it ends.
    Verdict out;
    for (;;) {
      ++out.steps;
      out.deepest = std::max(out.deepest, frames_.size());
      const Reason reason = step();
      if (reason != Reason::ACCEPTED || accepted_) {
        out.reason = reason;
        out.offset = offset_;
        out.tag = tag_;
        return out;
      }
    }
  }

 private:
  Reason step() {
    Frame& top = frames_.back();
    const bool end = offset_ == top.end;
    const int symbol = end ? kEnd : static_cast<std::uint8_t>(record_[offset_]);
    if (options_.trace != nullptr) options_.trace->uses.push_back({base_, static_cast<std::uint16_t>(top.r), symbol, offset_});
    const layout::Entry* entry = table_.entry(base_, table_.class_of(base_, symbol));
    if (entry == nullptr) return Reason::NO_TRANSITION;
    const layout::Action& action = table_.actions[entry->action];
    const Control control = entry->control;
    const bool pops = control == Control::RET || control == Control::REDO || control == Control::REDO_TO;
    const bool bottom = frames_.size() == 1;
    const bool calls = control == Control::CALL || control == Control::CALL_LEN;
    // What symbol and stack do not permit.
    if (!layout::is_defined(action.accumulator_op)) return Reason::NO_TRANSITION;
    if (end && !pops && control != Control::ACCEPT) return Reason::NO_TRANSITION;
    if (!end && control == Control::ACCEPT) return Reason::NO_TRANSITION;
    if (pops && bottom) return Reason::NO_TRANSITION;
    if (pops && !end && top.by_length) return Reason::NO_TRANSITION;
    if (control == Control::ACCEPT && !bottom) return Reason::NO_TRANSITION;
    if (control == Control::ACCEPT && table_.request() && tag_ == 0 && action.tag == 0) return Reason::NO_TRANSITION;
    if (action.key_op == KeyOp::NEW_MAP && control != Control::CALL) return Reason::NO_TRANSITION;
    if (action.key_op == KeyOp::BEGIN && control != Control::NEXT && !calls) return Reason::NO_TRANSITION;

    const std::uint32_t before = top.r;
    if (const Reason r = on_register(top.r, action); r != Reason::ACCEPTED) return r;
    if (const Reason r = on_accumulator(top, action, end, symbol); r != Reason::ACCEPTED) return r;
    if (const Reason r = on_key(action, before); r != Reason::ACCEPTED) return r;
    if (calls && frames_.size() >= options_.max_depth) return Reason::DEPTH;
    std::uint32_t callee_end = top.end;
    if (control == Control::CALL_LEN) {
      if (accumulator_ == layout::ACCUMULATOR_SATURATED) return Reason::LENGTH;
      callee_end = offset_ + 1 + accumulator_;
      if (callee_end > top.end) return Reason::LENGTH;
    }
    if ((pops || control == Control::ACCEPT) && top.r < action.operand) return Reason::TOO_FEW;

    if (action.tag != 0) tag_ = action.tag;
    switch (control) {
      case Control::NEXT:
        ++offset_;
        base_ = table_.base(entry->next);
        break;
      case Control::CALL:
      case Control::CALL_LEN: {
        Frame frame{table_.base(action.operand), 0, callee_end, control == Control::CALL_LEN, false, {}, top.map};
        if (action.key_op == KeyOp::NEW_MAP) {
          frame.saves_key = true;
          frame.saved = previous_;
          frame.map = ++maps_;
          previous_.reset();
          key_open_ = false;
        }
        if (options_.trace != nullptr && frame.by_length) options_.trace->lengths.push_back({groups_from_, groups_to_, offset_ + 1, callee_end});
        frames_.push_back(std::move(frame));
        ++offset_;
        base_ = table_.base(entry->next);
        break;
      }
      case Control::RET:
      case Control::REDO:
      case Control::REDO_TO:
        if (control == Control::RET && !end) ++offset_;
        base_ = control == Control::REDO_TO ? table_.base(entry->next) : top.back;
        if (top.saves_key) {
          previous_ = top.saved;
          key_open_ = false;
        }
        frames_.pop_back();
        break;
      case Control::ACCEPT:
        accepted_ = true;
        break;
      case Control::RESERVED:
        return Reason::NO_TRANSITION;
    }
    if (options_.trace != nullptr && action.key_op == KeyOp::END_KEY) note_key(symbol);
    return Reason::ACCEPTED;
  }

  // The frames that a key leaves behind it, seen from the one that it began in.
  void note_key(int symbol) {
    Trace::Key& key = open_;
    key.last_use = options_.trace->uses.size() - 1;
    key.after_base = base_;
    key.end_symbol = symbol;
    key.after.clear();
    for (std::size_t f = key_depth_ - 1; f < frames_.size(); ++f) key.after.push_back({f + 1 == key_depth_ ? std::uint16_t{0} : frames_[f].back, frames_[f].r});
    options_.trace->keys.push_back(key);
  }

  Reason on_accumulator(const Frame& top, const layout::Action& action, bool end, int symbol) {
    const auto clip = [](std::uint64_t value) { return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, layout::ACCUMULATOR_SATURATED)); };
    const auto byte = static_cast<std::uint32_t>(symbol);
    switch (action.accumulator_op) {
      case AccumulatorOp::NONE:
        break;
      case AccumulatorOp::DIGIT_FIRST:
        if (end) break;
        accumulator_ = byte & 0x0F;
        digits_from_ = digits_to_ = offset_;
        break;
      case AccumulatorOp::DIGIT:
        if (end) break;
        if (accumulator_ != layout::ACCUMULATOR_SATURATED) accumulator_ = clip(std::uint64_t{accumulator_} * 10 + (byte & 0x0F));
        digits_to_ = offset_;
        break;
      case AccumulatorOp::GROUP: {
        if (end) break;
        if (action.accumulator_group == 0) groups_from_ = offset_;
        groups_to_ = offset_;
        const std::uint64_t part = std::uint64_t{byte & 0x7F} << (7U * action.accumulator_group);
        if (action.accumulator_group == 0) {
          accumulator_ = clip(part);
        } else if (accumulator_ != layout::ACCUMULATOR_SATURATED) {
          accumulator_ = clip(accumulator_ + part);
        }
        break;
      }
      case AccumulatorOp::CHECK_END: {
        const std::uint32_t left = top.end - offset_ - (end ? 0 : 1);
        if (options_.trace != nullptr) options_.trace->numbers.push_back({digits_from_, digits_to_, left});
        if (options_.ignore_check_end) break;
        if (accumulator_ == layout::ACCUMULATOR_SATURATED || accumulator_ != left) return Reason::LENGTH;
        break;
      }
      default:
        return Reason::NO_TRANSITION;
    }
    return Reason::ACCEPTED;
  }

  // `r`: of the top frame, before the symbol.
  Reason on_key(const layout::Action& action, std::uint32_t r) {
    if (action.key_op == KeyOp::BEGIN) {
      if (key_open_) return Reason::KEY_ORDER;
      key_open_ = true;
      key_from_ = offset_ + 1;
      key_depth_ = frames_.size();
      if (options_.trace != nullptr) open_ = {key_from_, key_from_, frames_.back().map, base_, r, options_.trace->uses.size() - 1, 0, 0, {}, 0};
    } else if (action.key_op == KeyOp::END_KEY) {
      if (!key_open_) return Reason::KEY_ORDER;
      open_.end = std::max(key_from_, offset_);
      const std::string key(record_.substr(std::min(key_from_, offset_), offset_ - std::min(key_from_, offset_)));
      if (previous_ && !key_less(*previous_, key) && !options_.ignore_key_order) return Reason::KEY_ORDER;
      previous_ = key;
      key_open_ = false;
    }
    return Reason::ACCEPTED;
  }

  const Table& table_;
  std::string_view record_;
  const RunOptions& options_;
  std::uint16_t base_;
  std::uint32_t offset_ = 0, accumulator_ = 0;
  std::uint32_t digits_from_ = 1, digits_to_ = 0, groups_from_ = 1, groups_to_ = 0, key_from_ = 0;  // no digits, no groups yet
  std::uint32_t maps_ = 0;
  std::size_t key_depth_ = 1;  // frames at BEGIN
  Trace::Key open_{};
  std::uint16_t tag_ = 0;
  bool accepted_ = false, key_open_ = false;
  std::optional<std::string> previous_;
  std::vector<Frame> frames_;
};

}  // namespace

Verdict run(const Table& table, std::uint16_t start, std::string_view record, const RunOptions& options) {
  return Run(table, start, record, options).judge();
}

}  // namespace sluice::verify
