// SPDX-License-Identifier: Apache-2.0
// Changes one message within a Protobuf body, with the lengths around it. The tests' own reading of the encoding; what it is given is valid.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::test {

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value > 0x7F; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  return out + static_cast<char>(value);
}
inline std::string tag(int number, int wire) { return varint(static_cast<std::uint64_t>(number) << 3 | static_cast<unsigned>(wire)); }
inline std::string delimited(std::string_view content) { return varint(content.size()) + std::string(content); }

// A member as it stands, but that what is behind a length has none until it is written.
struct BinaryMember {
  int number = 0, wire = 0;
  std::string value{};
  std::string instead{};  // written as it is, when not empty
};

inline std::vector<BinaryMember> split(std::string_view message) {
  const auto read = [&] {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(message.at(0));
      message.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
  };
  std::vector<BinaryMember> out;
  while (!message.empty()) {
    const std::uint64_t key = read();
    BinaryMember member{static_cast<int>(key >> 3), static_cast<int>(key & 7)};
    std::size_t size = member.wire == 1 ? 8 : 4;
    if (member.wire == 0) {
      const std::string_view before = message;
      read();
      member.value = before.substr(0, before.size() - message.size());
    } else {
      if (member.wire == 2) size = read();
      member.value = message.substr(0, size);
      message.remove_prefix(size);
    }
    out.push_back(std::move(member));
  }
  return out;
}

inline std::string join(const std::vector<BinaryMember>& members) {
  std::string out;
  for (const auto& m : members) out += !m.instead.empty() ? m.instead : tag(m.number, m.wire) + (m.wire == 2 ? delimited(m.value) : m.value);
  return out;
}

// Changes the message that the numbers lead to, each to its first member of that number.
inline std::string edit(std::string_view body, const std::vector<int>& numbers, const std::function<void(std::vector<BinaryMember>&)>& change,
                        std::size_t depth = 0) {
  auto members = split(body);
  if (depth == numbers.size()) {
    change(members);
  } else {
    for (auto& m : members) {
      if (m.number != numbers[depth]) continue;
      m.value = edit(m.value, numbers, change, depth + 1);
      break;
    }
  }
  return join(members);
}

}  // namespace sluice::test
