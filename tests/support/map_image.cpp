// SPDX-License-Identifier: Apache-2.0
#include "support/map_image.hpp"

#include <set>
#include <vector>

namespace sluice::support {

using layout::Control;
using layout::KeyOp;

namespace {

constexpr Do new_map{.key_op = KeyOp::NEW_MAP};
constexpr Do begin{.key_op = KeyOp::BEGIN};
constexpr Do end_key{.key_op = KeyOp::END_KEY};

State map_table(TableBuilder& table, bool in_calls, std::uint16_t tag) {
  const State start = table.state();
  const State done = table.state(1);
  const State first = table.state();
  const State key = table.state(1);
  const State colon = table.state();
  const State value = table.state(1);
  const State after = table.state();
  const State again = table.state(1);
  table.on(start, '{', Control::CALL, first, new_map, done);
  for (const State from : {first, again}) {
    if (in_calls) {
      table.on(from, '"', Control::CALL, key, begin, colon);
    } else {
      table.next(from, '"', key, begin);
    }
  }
  for (unsigned byte = 0; byte < 255; ++byte) {
    if (byte != '"') table.next(key, static_cast<std::uint8_t>(byte), key);
  }
  if (in_calls) {
    table.on(key, '"', Control::RET, 0, end_key);
  } else {
    table.next(key, '"', colon, end_key);
  }
  table.next(colon, ':', value);
  table.next(value, 'v', after);
  table.on(value, '{', Control::CALL, first, new_map, after);
  table.next(after, ',', again);
  table.on(first, '}', Control::RET, 0);
  table.on(after, '}', Control::RET, 0);
  table.accept(done, {.tag = tag});
  return start;
}

// The letters are less than the quote that ends a key, between, or above every signed char.
std::string random_key(Random& random) {
  constexpr char letters[] = {' ', '!', 'a', 'b', '\xFD', '\xFE'};
  std::string key(random.below(5), 'a');
  const std::uint32_t first = random.below(3);
  for (char& c : key) c = letters[2 * (random.one_in(3) ? first : 0) + random.below(2)];
  return key;
}

}  // namespace

ImageBuilder map_image(bool in_calls) {
  ImageBuilder image;
  image.request_start = map_table(image.request, in_calls, 1);
  image.endpoints.push_back({.response_start = map_table(image.response, in_calls, 0)});
  return image;
}

std::string random_map(Random& random, unsigned size) {
  const auto by_byte = [](const std::string& a, const std::string& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
    });
  };
  std::set<std::string, decltype(by_byte)> unique(by_byte);
  const std::uint32_t count = random.below(5);
  for (std::uint32_t i = 0; i < count; ++i) unique.insert(random_key(random));
  std::vector<std::string> keys(unique.begin(), unique.end());
  if (!keys.empty() && random.one_in(6)) {
    std::string& changed = keys[random.below(static_cast<std::uint32_t>(keys.size()))];
    const std::uint32_t how = random.below(3);
    if (how == 0) changed = keys[random.below(static_cast<std::uint32_t>(keys.size()))];
    if (how == 1 && !changed.empty()) changed.pop_back();
    if (how == 2) changed += 'a';
  }
  std::string text = "{";
  for (const std::string& key : keys) {
    if (text.size() > 1) text += ',';
    text += '"' + key + "\":";
    const bool nests = random.one_in(2) && text.size() + 8 < size;
    text += nests ? random_map(random, size - static_cast<unsigned>(text.size())) : "v";
  }
  return text + "}";
}

}  // namespace sluice::support
