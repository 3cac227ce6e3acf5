// SPDX-License-Identifier: Apache-2.0
// Numbers in comments are those of docs/fabric.md "Engine".
#include "support/naive_engine.hpp"

#include <optional>

namespace sluice::support {

using engine::Verdict;
using layout::AccumulatorOp;
using layout::Control;
using layout::KeyOp;
using layout::Reason;
using layout::RegisterOp;

namespace {

using Bytes = std::vector<std::uint8_t>;

struct KeyUnit {
  std::optional<Bytes> previous;
  std::optional<std::uint64_t> open_since;  // offset of the open key's first byte
};

}  // namespace

NaiveEngine::NaiveEngine(std::vector<std::uint64_t> image_words) : words_(std::move(image_words)) {
  const auto head0 = layout::ImageHead0::unpack(words_[0]);
  const auto head4 = layout::ImageHead4::unpack(words_[4]);
  const auto head5 = layout::ImageHead5::unpack(words_[5]);
  const auto limits = layout::limits_of(head0.geometry);
  request_.class_map = layout::IMAGE_HEADER_WORDS;
  request_.entries = request_.class_map + 256;
  request_.entry_count = head4.request_entries + 1U;
  request_.actions = request_.entries + request_.entry_count;
  request_.action_count = head4.request_actions;
  request_.slots = limits.request_entries;
  response_.class_map = request_.actions + 2 * request_.action_count;
  response_.entries = response_.class_map + 256;
  response_.entry_count = head5.response_entries + 1U;
  response_.actions = response_.entries + response_.entry_count;
  response_.action_count = head5.response_actions;
  response_.slots = limits.response_entries;
  endpoints_ = response_.actions + 2 * response_.action_count;
}

Verdict NaiveEngine::judge_request(std::span<const std::uint8_t> record) const {
  return run(request_, true, layout::ImageHead4::unpack(words_[4]).request_start, 0, record);
}

Verdict NaiveEngine::judge_response(std::uint16_t endpoint,
                                    std::span<const std::uint8_t> record) const {
  const auto word = layout::Endpoint::unpack(words_[endpoints_ + endpoint]);
  return run(response_, false, word.response_base, endpoint, record);
}

Verdict NaiveEngine::run(const Pipeline& p, bool request, std::uint16_t start,
                         std::uint16_t endpoint, std::span<const std::uint8_t> record) const {
  struct Frame {
    std::uint32_t ret = 0;
    std::uint32_t r = 0;
    std::uint64_t end = 0;
    bool call_len = false;
    bool new_map = false;
    std::optional<Bytes> saved_key = std::nullopt;
  };
  Verdict verdict;
  const std::uint32_t limit = layout::ImageHead2::unpack(words_[2]).max_record_bytes;
  if (record.size() > limit) {
    verdict.reason = Reason::TOO_LONG;
    verdict.offset = limit;
    return verdict;
  }
  const std::uint32_t max_depth = layout::ImageHead3::unpack(words_[3]).max_depth;
  std::vector<Frame> stack{{0, 0, record.size(), false}};
  KeyUnit keys;
  std::uint64_t offset = 0;
  std::uint64_t accumulator = 0;
  std::uint32_t base = start % p.slots;
  std::uint16_t tag = endpoint;
  std::uint32_t steps = 0;

  for (;;) {
    ++steps;
    const bool end_symbol = offset == stack.back().end;
    std::uint8_t symbol_class = 255;
    const auto reject = [&](Reason reason) {
      verdict.reason = reason;
      verdict.offset = static_cast<std::uint32_t>(offset);
      verdict.endpoint = tag;
      verdict.base = static_cast<std::uint16_t>(base);
      verdict.symbol_class = symbol_class;
      verdict.depth = static_cast<std::uint16_t>(stack.size());
      verdict.steps = steps;
      for (std::size_t i = 0; i < 8 && i < stack.size(); ++i) {
        const Frame& frame = stack[stack.size() - 1 - i];
        verdict.return_bases[i] = static_cast<std::uint16_t>(frame.ret);
        verdict.registers[i] = static_cast<std::uint16_t>(frame.r);
        ++verdict.frames;
      }
      return verdict;
    };

    // 1. The symbol's class.
    if (!end_symbol) {
      const std::uint64_t word = words_[p.class_map + record[offset]];
      const auto map = layout::ClassMap::unpack(word);
      symbol_class = base % 2 == 0 ? map.map0 : map.map1;
      if (!layout::ClassMap::parity_ok(word, record[offset])) return reject(Reason::TABLE_PARITY);
    }
    // 2. Entry and action. Slots that the image does not name are empty.
    const std::uint32_t slot = (base ^ symbol_class) % p.slots;
    if (slot >= p.entry_count) return reject(Reason::NO_TRANSITION);
    const std::uint64_t entry_word = words_[p.entries + slot];
    if (!layout::Entry::parity_ok(entry_word, slot)) return reject(Reason::TABLE_PARITY);
    const auto entry = layout::Entry::unpack(entry_word);
    if (entry.label != symbol_class || entry.control == Control::RESERVED)
      return reject(Reason::NO_TRANSITION);
    const layout::Action::Storage action_words{words_[p.actions + 2U * entry.action],
                                               words_[p.actions + 2U * entry.action + 1]};
    if (!layout::Action::parity_ok(action_words, entry.action)) return reject(Reason::TABLE_PARITY);
    const auto action = layout::Action::unpack(action_words);
    const Control c = entry.control;
    // 3. What is permitted.
    const bool pop = c == Control::RET || c == Control::REDO || c == Control::REDO_TO;
    if (end_symbol && !pop && c != Control::ACCEPT) return reject(Reason::NO_TRANSITION);
    if (!end_symbol && c == Control::ACCEPT) return reject(Reason::NO_TRANSITION);
    if (pop && stack.size() == 1) return reject(Reason::NO_TRANSITION);
    if (pop && !end_symbol && stack.back().call_len) return reject(Reason::NO_TRANSITION);
    if (c == Control::ACCEPT && stack.size() > 1) return reject(Reason::NO_TRANSITION);
    const std::uint16_t new_tag = request && action.tag > 0 ? action.tag : tag;
    if (c == Control::ACCEPT && request && new_tag == 0) return reject(Reason::NO_TRANSITION);
    if (action.key_op == KeyOp::NEW_MAP && c != Control::CALL) return reject(Reason::NO_TRANSITION);
    if (action.key_op == KeyOp::BEGIN && c != Control::NEXT && c != Control::CALL &&
        c != Control::CALL_LEN) {
      return reject(Reason::NO_TRANSITION);
    }
    // 4. Register.
    std::uint32_t r = stack.back().r;
    if (action.register_op == RegisterOp::SET) {
      if (r >= action.register_arg) return reject(Reason::ORDER);
      if (r < action.register_min) return reject(Reason::TOO_FEW);
      r = action.register_arg;
    } else if (action.register_op == RegisterOp::SET_AGAIN) {
      if (r > action.register_arg) return reject(Reason::ORDER);
      if (r < action.register_min) return reject(Reason::TOO_FEW);
      r = action.register_arg;
    } else if (action.register_op == RegisterOp::INC) {
      if (action.register_arg == 65535) {
        r = r == 65535 ? r : r + 1;
      } else {
        if (r >= action.register_arg) return reject(Reason::TOO_MANY);
        r = r + 1;
      }
    }
    // 4. Accumulator.
    const std::uint64_t after = end_symbol ? offset : offset + 1;
    std::uint64_t a = accumulator;
    if (action.accumulator_op == AccumulatorOp::CHECK_END) {
      if (a == 65535 || a != stack.back().end - after) return reject(Reason::LENGTH);
    } else if (!end_symbol) {
      const std::uint64_t byte = record[offset];
      if (action.accumulator_op == AccumulatorOp::DIGIT_FIRST) a = byte % 16;
      if (action.accumulator_op == AccumulatorOp::DIGIT && a != 65535) a = 10 * a + byte % 16;
      if (action.accumulator_op == AccumulatorOp::GROUP) {
        const std::uint64_t part = (byte % 128) * (1ULL << (7 * action.accumulator_group));
        if (action.accumulator_group == 0) {
          a = part;
        } else if (a != 65535) {
          a += part;
        }
      }
      if (a > 65535) a = 65535;
    }
    // 4. Key unit.
    KeyUnit new_keys = keys;
    if (action.key_op == KeyOp::BEGIN) {
      if (keys.open_since) return reject(Reason::KEY_ORDER);
      new_keys.open_since = offset + 1;
    }
    if (action.key_op == KeyOp::END_KEY) {
      if (!keys.open_since) return reject(Reason::KEY_ORDER);
      const Bytes key(record.begin() + static_cast<std::ptrdiff_t>(*keys.open_since),
                      record.begin() + static_cast<std::ptrdiff_t>(offset));
      if (keys.previous && key <= *keys.previous) return reject(Reason::KEY_ORDER);
      new_keys = {key, std::nullopt};
    }
    // 4. Control.
    if (c == Control::CALL || c == Control::CALL_LEN) {
      if (stack.size() >= max_depth) return reject(Reason::DEPTH);
      if (c == Control::CALL_LEN && (a == 65535 || after + a > stack.back().end))
        return reject(Reason::LENGTH);
    }
    if ((pop || c == Control::ACCEPT) && r < action.operand) return reject(Reason::TOO_FEW);

    // Nothing failed: take effect.
    stack.back().r = r;
    accumulator = a;
    tag = new_tag;
    keys = new_keys;
    if (c == Control::ACCEPT) {
      verdict = Verdict{};
      verdict.reason = Reason::ACCEPTED;
      verdict.offset = static_cast<std::uint32_t>(offset);
      verdict.endpoint = tag;
      verdict.depth = 1;
      verdict.steps = steps;
      return verdict;
    }
    if (pop) {
      base = c == Control::REDO_TO ? entry.next : stack.back().ret;
      if (stack.back().new_map) keys = {stack.back().saved_key, std::nullopt};
      stack.pop_back();
      if (c == Control::RET) offset = after;
    } else {
      if (c != Control::NEXT) {
        stack.push_back({action.operand % p.slots, 0,
                         c == Control::CALL ? stack.back().end : after + a, c == Control::CALL_LEN,
                         action.key_op == KeyOp::NEW_MAP, keys.previous});
        if (action.key_op == KeyOp::NEW_MAP) keys = {};
      }
      base = entry.next;
      offset = after;
    }
  }
}

}  // namespace sluice::support
