// SPDX-License-Identifier: Apache-2.0
// Finds the accepted records of an image by asking the engine, record by record: prefixes grow byte by
// byte as long as the engine does not stop within them. It knows nothing of tables.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/engine.hpp"

namespace sluice::room::test {

/// True if a prefix has a content-length that does not fit: a head has `head` bytes besides its
/// first line and the digits.
/// The engine compares digits and body only behind the head, so without this a search would follow every
/// number. A wrong `head` finds too few records.
inline bool wrong_length(const std::string& prefix, std::size_t length, std::size_t head) {
  static const std::string name = "content-length: ";
  const std::size_t at = prefix.find(name);
  if (head == 0 || at == std::string::npos) return false;
  const std::size_t first = at + name.size();
  const std::size_t end = std::min(prefix.find_first_not_of("0123456789", first), prefix.size());
  if (end == first) return false;
  if (end - first > 3) return true;
  return end < prefix.size() && std::stoul(prefix.substr(first, end - first)) + prefix.find('\r') + head + (end - first) != length;
}

/// Calls `found` for each accepted record of at most `longest` bytes made of bytes in `alphabet`. A
/// record of each length is a search of its own, because the engine is told the length first. `head`: see
/// wrong_length; 0: records without a body.
inline void each_record(const engine::Image& image, layout::Pipeline pipeline, std::uint16_t endpoint,
                        std::uint32_t longest, const std::string& alphabet,
                        const std::function<void(const std::string&, const engine::Verdict&)>& found,
                        std::size_t head = 0) {
  std::string text;
  const auto judge = [&] {
    return engine::judge(image, pipeline, endpoint,
                         {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  for (std::uint32_t length = 0; length <= longest; ++length) {
    // Choices of the prefix so far, as indexes into the alphabet.
    std::vector<std::size_t> choice{0};
    text.assign(length, alphabet.empty() ? ' ' : alphabet[0]);
    if (length == 0) {
      const auto verdict = judge();
      if (verdict.accepted()) found(text, verdict);
      continue;
    }
    while (!choice.empty()) {
      const std::size_t at = choice.size() - 1;
      if (choice[at] == alphabet.size()) {
        choice.pop_back();
        if (!choice.empty()) ++choice.back();
        continue;
      }
      text[at] = alphabet[choice[at]];
      const auto verdict = judge();
      if (at + 1 == length) {
        if (verdict.accepted()) found(text, verdict);
        ++choice[at];
      } else if ((!verdict.accepted() && verdict.offset <= at) || wrong_length(text.substr(0, at + 1), length, head)) {
        ++choice[at];
      } else {
        choice.push_back(0);
      }
    }
  }
}

/// Calls `found` for each accepted record that is `head` and `length` more bytes in `alphabet`.
inline void each_ending(const engine::Image& image, layout::Pipeline pipeline, std::uint16_t endpoint, const std::string& head, std::uint32_t length,
                        const std::string& alphabet, const std::function<void(const std::string&, const engine::Verdict&)>& found) {
  std::string text = head + std::string(length, alphabet[0]);
  std::vector<std::size_t> choice(length, 0);
  for (;;) {
    const auto verdict = engine::judge(image, pipeline, endpoint, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    if (verdict.accepted()) found(text, verdict);
    // The next text is another one in the byte that was refused, or in the last.
    if (verdict.offset < head.size()) return;
    std::size_t at = std::min<std::size_t>(verdict.offset - head.size() + 1, length);
    std::fill(choice.begin() + static_cast<std::ptrdiff_t>(at), choice.end(), 0);
    while (at > 0 && choice[at - 1] + 1 == alphabet.size()) choice[--at] = 0;
    if (at == 0) return;
    ++choice[at - 1];
    for (std::size_t i = 0; i < length; ++i) text[head.size() + i] = alphabet[choice[i]];
  }
}

/// All byte values.
inline std::string every_byte() {
  std::string out;
  for (int byte = 0; byte < 256; ++byte) out += static_cast<char>(byte);
  return out;
}

}  // namespace sluice::room::test
