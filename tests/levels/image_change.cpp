// SPDX-License-Identifier: Apache-2.0
#include "levels/image_change.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

namespace sluice::test {

namespace {

using layout::Pipeline;

std::uint64_t word_at(const std::vector<std::uint8_t>& image, std::size_t index) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) word |= std::uint64_t{image[index * 8 + i]} << (8 * i);
  return word;
}

void put_word(std::vector<std::uint8_t>& image, std::size_t index, std::uint64_t word) {
  for (std::size_t i = 0; i < 8; ++i)
    image[index * 8 + i] = static_cast<std::uint8_t>(word >> (8 * i));
}

void mend_digest(std::vector<std::uint8_t>& image) {
  const std::size_t covered = image.size() - layout::IMAGE_DIGEST_BYTES;
  SHA256(image.data(), covered, image.data() + covered);
}

std::string name(Pipeline pipeline) {
  return pipeline == Pipeline::REQUEST ? "request" : "response";
}

std::string text(const layout::Entry& e) {
  return fmt::format("label {} {} next {} action {}", e.label, layout::name_of(e.control), e.next,
                     e.action);
}

std::string text(const layout::Action& a) {
  return fmt::format("{} {} {} {} tag {} operand {}", layout::name_of(a.register_op),
                     a.register_arg, a.register_min, layout::name_of(a.accumulator_op), a.tag,
                     a.operand);
}

}  // namespace

ImageWords::ImageWords(const compiler::CompileResult& policy)
    : policy_(policy),
      limits_(layout::limits_of(static_cast<layout::Geometry>(
          layout::ImageHead0::unpack(word_at(policy.image, 0)).geometry))),
      endpoints_(policy.schema.endpoints.size() + 1) {
  std::size_t at = layout::IMAGE_HEADER_WORDS;
  for (const Pipeline pipeline : {Pipeline::REQUEST, Pipeline::RESPONSE}) {
    const auto& table =
        pipeline == Pipeline::REQUEST ? policy.request_table : policy.response_table;
    Section& s = sections_[static_cast<std::size_t>(pipeline)];
    s.maps = at;
    s.entries = s.maps + layout::CLASS_MAP_WORDS;
    s.entry_count = table.entries.size();
    s.actions = s.entries + s.entry_count;
    s.action_count = table.actions.size();
    at = s.actions + layout::Action::storage_words * s.action_count;
  }
}

layout::Entry ImageWords::entry(Pipeline pipeline, std::size_t slot) const {
  return layout::Entry::unpack(word_at(policy_.image, section(pipeline).entries + slot));
}

layout::Action ImageWords::action(Pipeline pipeline, std::size_t number) const {
  const std::size_t at = section(pipeline).actions + layout::Action::storage_words * number;
  return layout::Action::unpack({word_at(policy_.image, at), word_at(policy_.image, at + 1)});
}

TableView ImageWords::view(const std::vector<std::uint8_t>& image, Pipeline pipeline) const {
  const Section& s = section(pipeline);
  TableView out;
  out.request = pipeline == Pipeline::REQUEST;
  out.mask = (out.request ? limits_.request_entries : limits_.response_entries) - 1;
  for (std::size_t i = 0; i < 256; ++i)
    out.maps[i] = layout::ClassMap::unpack(word_at(image, s.maps + i));
  for (std::size_t i = 0; i < s.entry_count; ++i)
    out.entries.push_back(layout::Entry::unpack(word_at(image, s.entries + i)));
  for (std::size_t i = 0; i < s.action_count; ++i) {
    const std::size_t at = s.actions + layout::Action::storage_words * i;
    out.actions.push_back(layout::Action::unpack({word_at(image, at), word_at(image, at + 1)}));
  }
  return out;
}

ImageChange ImageWords::change_entry(Pipeline pipeline, std::size_t slot,
                                     layout::Entry changed) const {
  ImageChange out{pipeline,
                  fmt::format("{} entry {}: {} -> {}", name(pipeline), slot,
                              text(entry(pipeline, slot)), text(changed)),
                  policy_.image};
  put_word(out.image, section(pipeline).entries + slot,
           changed.with_parity(static_cast<std::uint32_t>(slot)).pack());
  mend_digest(out.image);
  return out;
}

ImageChange ImageWords::change_action(Pipeline pipeline, std::size_t number,
                                      layout::Action changed) const {
  ImageChange out{pipeline,
                  fmt::format("{} action {}: {} -> {}", name(pipeline), number,
                              text(action(pipeline, number)), text(changed)),
                  policy_.image};
  const auto packed = changed.with_parity(static_cast<std::uint32_t>(number)).pack();
  for (std::size_t i = 0; i < packed.size(); ++i)
    put_word(out.image, section(pipeline).actions + layout::Action::storage_words * number + i,
             packed[i]);
  mend_digest(out.image);
  return out;
}

ImageChange ImageWords::change_class(Pipeline pipeline, std::size_t byte,
                                     layout::ClassMap changed) const {
  const std::size_t at = section(pipeline).maps + byte;
  const auto old = layout::ClassMap::unpack(word_at(policy_.image, at));
  ImageChange out{pipeline,
                  fmt::format("{} byte {}: classes {} {} -> {} {}", name(pipeline), byte, old.map0,
                              old.map1, changed.map0, changed.map1),
                  policy_.image};
  put_word(out.image, at, changed.with_parity(static_cast<std::uint32_t>(byte)).pack());
  mend_digest(out.image);
  return out;
}

ImageChange ImageWords::random(std::mt19937_64& rng) const {
  for (;;) {
    const auto pipeline = static_cast<Pipeline>(rng() % 2);
    const Section& s = section(pipeline);
    ImageChange out;
    switch (rng() % 10) {
      case 0: {
        const std::size_t byte = rng() % 256;
        auto map = layout::ClassMap::unpack(word_at(policy_.image, s.maps + byte));
        (rng() % 2 ? map.map1 : map.map0) = static_cast<std::uint8_t>(rng());
        out = change_class(pipeline, byte, map);
        break;
      }
      case 1:
      case 2: {
        const std::size_t number = rng() % s.action_count;
        auto action = this->action(pipeline, number);
        const auto near = [&](std::uint16_t value) {
          return static_cast<std::uint16_t>(rng() % 2 ? value + 1 : rng() % 80);
        };
        switch (rng() % 7) {
          case 0:
            action.register_op = static_cast<layout::RegisterOp>(rng() % 4);
            break;
          case 1:
            action.register_arg = near(action.register_arg);
            break;
          case 2:
            action.register_min = near(action.register_min);
            break;
          case 3:
            action.accumulator_op = static_cast<layout::AccumulatorOp>(rng() % 5);
            break;
          case 4:
            action.tag = static_cast<std::uint16_t>(rng() % endpoints_);
            break;
          default:
            action.operand = static_cast<std::uint16_t>(
                rng() % 2 ? action.operand ^ (1u << (rng() % 11)) : near(action.operand));
        }
        out = change_action(pipeline, number, action);
        break;
      }
      default: {  // most words of an image are entries
        const std::size_t slot = rng() % s.entry_count;
        auto entry = this->entry(pipeline, slot);
        switch (rng() % 4) {
          case 0:
            entry.label = static_cast<std::uint8_t>(rng());
            break;
          case 1:
            entry.control = static_cast<layout::Control>(rng() % 8);
            break;
          case 2:
            entry.next = static_cast<std::uint16_t>(rng() % s.entry_count);
            break;
          default:
            entry.action = static_cast<std::uint16_t>(rng() % s.action_count);
        }
        out = change_entry(pipeline, slot, entry);
      }
    }
    if (out.image != policy_.image) return out;
  }
}

}  // namespace sluice::test
