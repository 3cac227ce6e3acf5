// SPDX-License-Identifier: Apache-2.0
// First fit packing and image assembly.
#include "support/table_builder.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace sluice::support {

using layout::Control;

TableBuilder::TableBuilder() {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto symbol_class = static_cast<std::uint8_t>(std::min(byte, 254U));
    class_map_.push_back({.map0 = symbol_class, .map1 = symbol_class});
  }
}

State TableBuilder::state(unsigned map) {
  nodes_.push_back({map, {}});
  return static_cast<State>(nodes_.size() - 1);
}

void TableBuilder::set_class(unsigned map, std::uint8_t byte, std::uint8_t symbol_class) {
  (map == 0 ? class_map_[byte].map0 : class_map_[byte].map1) = symbol_class;
}

void TableBuilder::on(State from, std::uint8_t symbol_class, Control control, State to,
                      const Do& what, std::optional<State> back) {
  nodes_.at(from).edges.insert_or_assign(symbol_class, Edge{control, to, what, back});
}

void TableBuilder::next_range(State from, std::uint8_t first, std::uint8_t last, State to,
                              const Do& what) {
  for (unsigned byte = first; byte <= last; ++byte)
    next(from, static_cast<std::uint8_t>(byte), to, what);
}

State TableBuilder::chain(State from, const std::string& text) {
  for (char c : text) {
    const State to = state();
    next(from, static_cast<std::uint8_t>(c), to);
    from = to;
  }
  return from;
}

TableBuilder::Packed TableBuilder::pack(std::uint32_t slots) const {
  Packed packed;
  for (std::uint32_t byte = 0; byte < 256; ++byte)
    packed.class_map.push_back(class_map_[byte].with_parity(byte).pack());

  std::vector<bool> taken(slots, false);
  std::vector<bool> base_taken(slots, false);
  for (const Node& node : nodes_) {
    std::uint32_t base = node.map;
    const auto fits = [&] {
      return !base_taken[base] &&
             std::none_of(node.edges.begin(), node.edges.end(),
                          [&](const auto& edge) { return taken[base ^ edge.first]; });
    };
    while (base < slots && !fits()) base += 2;
    if (base >= slots) throw std::length_error("the states do not fit the table");
    base_taken[base] = true;
    for (const auto& edge : node.edges) taken[base ^ edge.first] = true;
    packed.bases.push_back(static_cast<std::uint16_t>(base));
  }

  std::uint32_t used = 1;
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    if (taken[slot]) used = slot + 1;
  }
  for (std::uint32_t slot = 0; slot < used; ++slot)
    packed.entries.push_back(layout::Entry{}.with_parity(slot).pack());

  packed.actions.push_back(layout::Action{}.with_parity(0).pack());
  std::vector<layout::Action> known{layout::Action{}};
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (const auto& [symbol_class, edge] : nodes_[i].edges) {
      layout::Action action{.register_op = edge.what.register_op,
                            .accumulator_op = edge.what.accumulator_op,
                            .accumulator_group = edge.what.group,
                            .key_op = edge.what.key_op,
                            .tag = edge.what.tag,
                            .operand = edge.back ? packed.bases.at(*edge.back) : edge.what.operand,
                            .register_arg = edge.what.k,
                            .register_min = edge.what.min};
      const auto found = std::find(known.begin(), known.end(), action);
      const auto index = static_cast<std::uint32_t>(found - known.begin());
      if (found == known.end()) {
        known.push_back(action);
        packed.actions.push_back(action.with_parity(index).pack());
      }
      const bool goes = edge.control != Control::RET && edge.control != Control::REDO &&
                        edge.control != Control::ACCEPT;
      const std::uint32_t slot = packed.bases[i] ^ symbol_class;
      packed.entries.at(slot) =
          layout::Entry{.label = symbol_class,
                        .control = edge.control,
                        .next = goes ? packed.bases.at(edge.to) : std::uint16_t{0},
                        .action = static_cast<std::uint16_t>(index)}
              .with_parity(slot)
              .pack();
    }
  }
  return packed;
}

std::vector<std::uint64_t> ImageBuilder::words() const {
  const auto limits = layout::limits_of(geometry);
  const auto a = request.pack(limits.request_entries);
  const auto b = response.pack(limits.response_entries);
  std::vector<std::uint64_t> words(layout::IMAGE_HEADER_WORDS, 0);
  const auto append = [&words](const TableBuilder::Packed& packed) {
    words.insert(words.end(), packed.class_map.begin(), packed.class_map.end());
    words.insert(words.end(), packed.entries.begin(), packed.entries.end());
    for (const auto& action : packed.actions)
      words.insert(words.end(), action.begin(), action.end());
  };
  append(a);
  append(b);
  words.push_back(layout::Endpoint{}.with_parity(0).pack());
  for (std::uint32_t i = 0; i < endpoints.size(); ++i) {
    words.push_back(layout::Endpoint{.response_base = b.bases.at(endpoints[i].response_start),
                                     .outstanding_cap = endpoints[i].outstanding_cap}
                        .with_parity(i + 1)
                        .pack());
  }
  words.resize(words.size() + layout::IMAGE_DIGEST_BYTES / 8);
  words[0] =
      layout::ImageHead0{.magic = layout::IMAGE_MAGIC,
                         .format_version = static_cast<std::uint16_t>(layout::IMAGE_FORMAT_VERSION),
                         .geometry = geometry,
                         .mode = mode}
          .pack();
  words[1] = layout::ImageHead1{.serial = serial}.pack();
  words[2] = layout::ImageHead2{.total_words = static_cast<std::uint32_t>(words.size()),
                                .max_record_bytes = max_record_bytes}
                 .pack();
  words[3] = layout::ImageHead3{.max_depth = max_depth,
                                .max_outstanding = max_outstanding,
                                .response_timeout_ticks = response_timeout_ticks}
                 .pack();
  words[4] = layout::ImageHead4{.request_entries = static_cast<std::uint16_t>(a.entries.size() - 1),
                                .request_actions = static_cast<std::uint16_t>(a.actions.size()),
                                .request_start = a.bases.at(request_start),
                                .request_ratio = 768}
                 .pack();
  words[5] =
      layout::ImageHead5{.response_entries = static_cast<std::uint16_t>(b.entries.size() - 1),
                         .response_actions = static_cast<std::uint16_t>(b.actions.size()),
                         .endpoints = static_cast<std::uint16_t>(endpoints.size() + 1),
                         .response_ratio = 768}
          .pack();
  for (std::size_t i = 0; i < name.size() && i < 32; ++i) {
    words[6 + i / 8] |= std::uint64_t{static_cast<std::uint8_t>(name[i])} << (8 * (i % 8));
  }
  seal(words);
  return words;
}

std::vector<std::uint8_t> ImageBuilder::to_bytes(const std::vector<std::uint64_t>& words) {
  std::vector<std::uint8_t> bytes(8 * words.size());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(words[i / 8] >> (8 * (i % 8)));
  return bytes;
}

void ImageBuilder::seal(std::vector<std::uint64_t>& words) {
  const auto bytes = to_bytes(words);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(bytes.data(), bytes.size() - layout::IMAGE_DIGEST_BYTES, digest.data(), nullptr,
                 EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint64_t word = 0;
    for (std::size_t j = 0; j < 8; ++j) word |= std::uint64_t{digest[8 * i + j]} << (8 * j);
    words[words.size() - 4 + i] = word;
  }
}

ImageBuilder letters_image() {
  ImageBuilder image;
  const State start = image.request.state();
  const State first = image.request.state();
  const State second = image.request.state();
  const State mark = image.request.state();
  image.request.next(start, 'P', first, {.tag = 1});
  image.request.next(start, 'Q', second, {.tag = 2});
  image.request.next_range(first, 'a', 'z', first);
  image.request.next(first, '!', mark);
  image.request.next_range(second, 'a', 'z', second);
  image.request.accept(first);
  image.request.accept(second);
  image.request.accept(mark);
  image.request_start = start;
  for (char c : {'p', 'q'}) {
    const State begin = image.response.state(1);
    const State rest = image.response.state();
    image.response.next(begin, static_cast<std::uint8_t>(c), rest);
    image.response.next_range(rest, 'a', 'z', rest);
    image.response.accept(rest);
    image.endpoints.push_back({.response_start = begin});
  }
  return image;
}

std::vector<std::uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace sluice::support
