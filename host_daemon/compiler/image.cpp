// SPDX-License-Identifier: Apache-2.0
#include "compiler/image.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <string>

namespace sluice::compiler {

namespace {

class Words {
 public:
  void put(std::uint64_t word) { words_.push_back(word); }
  template <typename Word>
  void put_word(const Word& word) {
    if constexpr (Word::storage_words == 1) {
      put(word.pack());
    } else {
      for (std::uint64_t part : word.pack()) put(part);
    }
  }
  std::uint64_t& operator[](std::size_t i) { return words_[i]; }
  std::size_t size() const { return words_.size(); }
  std::vector<std::uint8_t> bytes() const {
    std::vector<std::uint8_t> out;
    out.reserve(words_.size() * 8);
    for (std::uint64_t word : words_) {
      for (int i = 0; i < 8; ++i) out.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
    }
    return out;
  }

 private:
  std::vector<std::uint64_t> words_;
};

void put_table(Words& words, const PackedTable& table) {
  for (std::uint32_t b = 0; b < layout::CLASS_MAP_WORDS; ++b) {
    layout::ClassMap map;
    map.map0 = table.class_maps[0][b];
    map.map1 = table.class_maps[1][b];
    words.put_word(map.with_parity(b));
  }
  for (const auto& entry : table.entries) words.put_word(entry);
  for (const auto& action : table.actions) words.put_word(action);
}

// Worst steps per byte in 1/256. A REDO reads a symbol twice, and at most one REDO chain pops what earlier bytes pushed: 2; without any, 1.
// A frame with a length takes a tag and a length to enter and one END to leave, a list frame around such elements one more step: 4 for 2 bytes.
std::uint16_t worst_ratio(const PackedTable& table) {
  const bool redo = std::any_of(table.entries.begin(), table.entries.end(),
                                [](const layout::Entry& e) { return reads_again(e.control) || e.control == layout::Control::CALL_LEN; });
  return redo ? 512 : 256;
}

}  // namespace

std::vector<std::uint8_t> write_image(const Schema& schema, const PackedTable& request, const PackedTable& response) {
  const auto& policy = schema.loaded->policy;
  Words words;
  words.put_word(layout::ImageHead0{layout::IMAGE_MAGIC, layout::IMAGE_FORMAT_VERSION,
                                    static_cast<layout::Geometry>(policy.geometry()), static_cast<layout::Mode>(policy.mode())});
  words.put_word(layout::ImageHead1{policy.serial()});
  words.put_word(layout::ImageHead2{0, policy.limits().max_record_bytes()});
  words.put_word(layout::ImageHead3{static_cast<std::uint16_t>(policy.limits().max_depth()),
                                    static_cast<std::uint16_t>(policy.limits().max_outstanding()),
                                    static_cast<std::uint32_t>(std::uint64_t{policy.limits().response_timeout_ms()} *
                                                               layout::TICKS_PER_SECOND / 1000)});
  words.put_word(layout::ImageHead4{static_cast<std::uint16_t>(request.entries.size() - 1),
                                    static_cast<std::uint16_t>(request.actions.size()), request.starts.at(0), worst_ratio(request)});
  words.put_word(layout::ImageHead5{static_cast<std::uint16_t>(response.entries.size() - 1),
                                    static_cast<std::uint16_t>(response.actions.size()),
                                    static_cast<std::uint16_t>(schema.endpoints.size() + 1), worst_ratio(response)});
  std::string name = policy.name();
  name.resize(32, '\0');
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint64_t word = 0;
    for (std::size_t b = 0; b < 8; ++b) word |= std::uint64_t{static_cast<std::uint8_t>(name[i * 8 + b])} << (8 * b);
    words.put(word);
  }
  put_table(words, request);
  put_table(words, response);
  words.put_word(layout::Endpoint{}.with_parity(0));
  for (std::size_t i = 0; i < schema.endpoints.size(); ++i) {
    layout::Endpoint endpoint;
    endpoint.response_base = response.starts[i];
    endpoint.outstanding_cap = static_cast<std::uint16_t>(std::min<std::uint32_t>(schema.endpoints[i].outstanding_cap, 0xFFFF));
    words.put_word(endpoint.with_parity(static_cast<std::uint32_t>(i) + 1));
  }
  words[2] = layout::ImageHead2{static_cast<std::uint32_t>(words.size() + layout::IMAGE_DIGEST_BYTES / 8),
                                policy.limits().max_record_bytes()}
                 .pack();
  std::vector<std::uint8_t> bytes = words.bytes();
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(bytes.data(), bytes.size(), digest.data());
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  return bytes;
}

}  // namespace sluice::compiler
