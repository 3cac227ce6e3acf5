// SPDX-License-Identifier: Apache-2.0
#include "levels/binary_mutation.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::test {

namespace {

struct Piece {
  std::uint64_t tag;
  std::uint64_t number = 0;  // varint
  std::string bytes;         // fixed width, delimited
};

void append_varint(std::string& out, std::uint64_t value) {
  for (; value > 0x7F; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  out += static_cast<char>(value);
}

std::optional<std::uint64_t> read_varint(const std::string& text, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && at < text.size(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(text[at++]);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// The fields of a message, or nothing when the bytes are none.
std::optional<std::vector<Piece>> pieces_of(const std::string& text) {
  std::vector<Piece> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto tag = read_varint(text, at);
    if (!tag || *tag < 8 || *tag > 0xFFFF) return std::nullopt;
    Piece piece{*tag, 0, ""};
    std::optional<std::uint64_t> width;
    switch (*tag & 7) {
      case 0: {
        const auto number = read_varint(text, at);
        if (!number) return std::nullopt;
        piece.number = *number;
        width = 0;
        break;
      }
      case 1: width = 8; break;
      case 2: width = read_varint(text, at); break;
      case 5: width = 4; break;
      default: break;
    }
    if (!width || *width > text.size() - at) return std::nullopt;
    piece.bytes = text.substr(at, *width);
    at += *width;
    out.push_back(std::move(piece));
  }
  return out;
}

std::string text_of(const Piece& piece) {
  std::string out;
  append_varint(out, piece.tag);
  if ((piece.tag & 7) == 0) append_varint(out, piece.number);
  if ((piece.tag & 7) == 2) append_varint(out, piece.bytes.size());
  return out + piece.bytes;
}

class Mutator {
 public:
  explicit Mutator(std::mt19937_64& random) : random_(random) {}

  std::string message(const std::string& text) {
    const auto read = pieces_of(text);
    if (!read || read->empty() || below(12) == 0) return bytes(text);
    std::vector<Piece> pieces = *read;
    Piece& one = pieces[below(pieces.size())];
    const auto at = pieces.begin() + (&one - pieces.data());
    switch (below(12)) {
      case 0: pieces.erase(at); break;
      case 1: pieces.insert(at, Piece(one)); break;
      case 2: pieces.insert(at, 1 + below(40), Piece(one)); break;
      case 3: std::swap(one, pieces[below(pieces.size())]); break;
      case 4: one.tag += 8 * (1 + below(3)); break;
      case 5: one.tag = (one.tag & ~std::uint64_t{7}) | below(6); break;
      case 6: pieces.insert(at, {8 * (1 + below(60)) + below(2) * 2, below(3), std::string(below(2), 'x')}); break;
      default: value(one); break;
    }
    std::string out;
    const bool respell = below(16) == 0;
    for (const Piece& piece : pieces) {
      std::string part = text_of(piece);
      if (respell && &piece == pieces.data()) part = longer(part);
      out += part;
    }
    return out;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  // The first varint in one byte more.
  static std::string longer(std::string text) {
    std::size_t end = 0;
    while (end < text.size() && static_cast<std::uint8_t>(text[end]) > 0x7F) ++end;
    if (end == text.size()) return text;
    text[end] = static_cast<char>(static_cast<std::uint8_t>(text[end]) | 0x80);
    text.insert(end + 1, 1, '\0');
    return text;
  }

  std::uint64_t number(std::uint64_t old) {
    switch (below(6)) {
      case 0: return old + 1;
      case 1: return old - 1;
      case 2: return 0;
      case 3: return std::uint64_t{1} << below(64);
      case 4: return ~old;
      default: return random_() >> below(64);
    }
  }

  std::string bytes(std::string text) {
    switch (below(6)) {
      case 0: return text.substr(0, below(text.size() + 1));
      case 1: return text + std::string(1 + below(below(4) == 0 ? 200 : 4), static_cast<char>('a' + below(26)));
      case 2:
        if (!text.empty()) text[below(text.size())] = static_cast<char>(random_());
        return text;
      case 3: return text.insert(below(text.size() + 1), 1, static_cast<char>(random_()));
      case 4:
        if (!text.empty()) text.erase(below(text.size()), 1);
        return text;
      default: return "";
    }
  }

  void value(Piece& piece) {
    if ((piece.tag & 7) == 0) {
      piece.number = number(piece.number);
    } else if ((piece.tag & 7) == 2 && below(3) != 0) {
      piece.bytes = message(piece.bytes);
    } else if ((piece.tag & 7) == 2) {
      piece.bytes = bytes(piece.bytes);
    } else if (!piece.bytes.empty()) {
      piece.bytes[below(piece.bytes.size())] = static_cast<char>(below(2) ? random_() : below(2) * 0x80);
    }
  }

  std::mt19937_64& random_;
};

}  // namespace

std::string mutate_binary(const std::string& body, std::mt19937_64& random) { return Mutator(random).message(body); }

}  // namespace sluice::test
