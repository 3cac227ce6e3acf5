// SPDX-License-Identifier: Apache-2.0
// An integer's groups come lowest first, so a bound is compared from the wrong end: the states remember how the groups so far compare with
// those of both bounds, and the last group decides.
#include "compiler/binary_language.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "compiler/civil_time.hpp"

namespace sluice::compiler {

namespace {

using Type = google::protobuf::FieldDescriptor::Type;
using google::protobuf::FieldDescriptor;

constexpr std::size_t kBudget = 50'000;
constexpr Int kTwoTo64 = Int{1} << 64;

// How a number is cut into bytes.
struct Cut {
  int groups;
  int bits;              // of a group: 7 with a continuation bit, or 8
  int parity = -1;       // of the whole number: 0 or 1, -1 for either
};

// Adds the numbers between `low` and `high`, which have `cut.groups` groups.
void add_range(Nfa& nfa, int from, int to, Int low, Int high, const Cut& cut) {
  if (low > high) return;
  const int size = 1 << cut.bits;
  // By "not below low" and "not above high" of what has been read; one row a group.
  std::array<std::array<int, 2>, 2> here{};
  for (auto& row : here) row.fill(-1);
  here[1][1] = from;
  for (int i = 0; i < cut.groups; ++i) {
    const bool last = i == cut.groups - 1;
    const int l = static_cast<int>(low >> (i * cut.bits) & (size - 1));
    const int h = static_cast<int>(high >> (i * cut.bits) & (size - 1));
    std::array<std::array<int, 2>, 2> next{};
    for (auto& row : next) row.fill(-1);
    for (std::size_t a = 0; a < 2; ++a) {
      for (std::size_t b = 0; b < 2; ++b) {
        if (here[a][b] < 0) continue;
        for (int g = 0; g < size; ++g) {
          if (i == 0 && cut.parity >= 0 && (g & 1) != cut.parity) continue;
          const std::size_t not_below = g == l ? a : g > l ? 1 : 0;
          const std::size_t not_above = g == h ? b : g < h ? 1 : 0;
          const int byte = g | (cut.bits == 7 && !last ? 0x80 : 0);
          if (last) {
            if (not_below && not_above) nfa.add_edge(here[a][b], byte, byte, to);
            continue;
          }
          int& state = next[not_below][not_above];
          if (state < 0) state = nfa.add_state();
          nfa.add_edge(here[a][b], byte, byte, state);
        }
      }
    }
    here = next;
  }
}

// Varints of the numbers in a range, within 64 bits: each length for itself.
void add_varints(Nfa& nfa, int from, int to, Int low, Int high, int parity = -1) {
  for (int groups = 1; groups <= 10; ++groups) {
    const Int first = groups == 1 ? 0 : Int{1} << (7 * (groups - 1));
    const Int last = groups == 10 ? kTwoTo64 - 1 : (Int{1} << (7 * groups)) - 1;
    add_range(nfa, from, to, std::max(low, first), std::min(high, last), {groups, 7, parity});
  }
}

void add_integers(Nfa& nfa, int from, int to, Type type, Int low, Int high) {
  const Int below = std::min<Int>(high, -1), above = std::max<Int>(low, 0);
  switch (type) {
    case FieldDescriptor::TYPE_SINT32:
    case FieldDescriptor::TYPE_SINT64:
      // n >= 0 is 2n, n < 0 is -2n - 1.
      if (above <= high) add_varints(nfa, from, to, 2 * above, 2 * high, 0);
      if (low <= below) add_varints(nfa, from, to, -2 * below - 1, -2 * low - 1, 1);
      break;
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64: {
      const bool wide = type == FieldDescriptor::TYPE_FIXED64 || type == FieldDescriptor::TYPE_SFIXED64;
      const Cut cut{wide ? 8 : 4, 8};
      const Int all = Int{1} << (wide ? 64 : 32);
      if (above <= high) add_range(nfa, from, to, above, high, cut);
      if (low <= below) add_range(nfa, from, to, all + low, all + below, cut);
      break;
    }
    default:
      if (above <= high) add_varints(nfa, from, to, above, high);
      if (low <= below) add_varints(nfa, from, to, kTwoTo64 + low, kTwoTo64 + below);
  }
}

// Bit patterns of the values of `set`, as unsigned numbers; no negative zero, one NaN.
IntegerSet float_bits(const FloatSet& set, bool single) {
  const auto bits = [&](double value) {
    return single ? Int{std::bit_cast<std::uint32_t>(static_cast<float>(value))} : Int{std::bit_cast<std::uint64_t>(value)};
  };
  const double least = single ? static_cast<double>(std::numeric_limits<float>::denorm_min()) : std::numeric_limits<double>::denorm_min();
  IntegerSet out;
  for (const auto& [low, high] : set.intervals) {
    if (high >= 0) out = out.unite(IntegerSet::range(low <= 0 ? 0 : bits(low), high == 0 ? 0 : bits(high)));
    // Magnitudes of negative values grow the other way.
    if (low < 0) out = out.unite(IntegerSet::range(bits(high >= 0 ? -least : high), bits(low)));
  }
  if (set.nan) out = out.unite(IntegerSet::of({single ? Int{0x7FC00000} : Int{0x7FF8000000000000}}));
  return out;
}

void add_number(Nfa& nfa, int from, int to, const Value& value) {
  switch (value.kind) {
    case ValueKind::boolean:
      for (const bool b : value.booleans) nfa.add_edge(from, b ? 1 : 0, b ? 1 : 0, to);
      break;
    case ValueKind::null:
      nfa.add_edge(from, 0, 0, to);
      break;
    case ValueKind::enumeration:
      for (const EnumValue& e : value.enumeration) add_integers(nfa, from, to, FieldDescriptor::TYPE_INT32, e.number, e.number);
      break;
    case ValueKind::floating: {
      const bool single = value.type == FieldDescriptor::TYPE_FLOAT;
      for (const auto& [low, high] : float_bits(value.floats, single).intervals) add_range(nfa, from, to, low, high, {single ? 4 : 8, 8});
      break;
    }
    default:
      for (const auto& [low, high] : value.integers.intervals) add_integers(nfa, from, to, value.type, low, high);
  }
}

// The value without its type's default.
Value nonzero(Value value) {
  std::erase(value.booleans, false);
  value.integers = value.integers.minus(IntegerSet::of({0}));
  value.floats = value.floats.minus({0.0}, value.type == FieldDescriptor::TYPE_FLOAT ? FloatWidth::binary32 : FloatWidth::binary64);
  return value;
}

bool allows_zero(const Value& value) {
  for (const bool b : value.booleans) {
    if (value.kind == ValueKind::boolean && !b) return true;
  }
  return (value.kind == ValueKind::integer && value.integers.contains(0)) || (value.kind == ValueKind::floating && value.floats.contains(0));
}

}  // namespace

bool is_packable(ValueKind kind) {
  return kind == ValueKind::boolean || kind == ValueKind::integer || kind == ValueKind::floating || kind == ValueKind::enumeration ||
         kind == ValueKind::null;
}

int wire_type(const Value& value) {
  if (value.wrapped || !is_packable(value.kind)) return 2;
  switch (value.type) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64: return 1;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32: return 5;
    default: return 0;
  }
}

std::string varint_bytes(std::uint64_t value) {
  std::string out;
  for (; value > 0x7F; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  out += static_cast<char>(value);
  return out;
}

std::string tag_bytes(int number, int wire) { return varint_bytes(static_cast<std::uint32_t>(number) << 3 | static_cast<std::uint32_t>(wire)); }

Dfa binary_number_language(const Value& value) {
  Nfa nfa;
  const int start = nfa.add_state(), accept = nfa.add_state();
  add_number(nfa, start, accept, value);
  return nfa.determinize(start, accept, kBudget);
}

Dfa binary_wrapper_language(const Value& value) {
  Nfa nfa;
  const int start = nfa.add_state(), accept = nfa.add_state();
  Value bare = nonzero(value);
  bare.wrapped = false;
  add_number(nfa, nfa.add_text(start, tag_bytes(1, wire_type(bare))), accept, bare);
  if (allows_zero(value)) nfa.add_epsilon(start, accept);
  return nfa.determinize(start, accept, kBudget);
}

Dfa binary_time_language(ValueKind kind, const IntegerSet& nanos) {
  Nfa nfa;
  const int start = nfa.add_state(), accept = nfa.add_state();
  // A member, or its absence for zero.
  const auto member = [&](int from, int to, char tag, Int low, Int high) {
    if (low <= 0 && high >= 0) nfa.add_epsilon(from, to);
    const int behind = nfa.add_text(from, std::string(1, tag));
    add_integers(nfa, behind, to, FieldDescriptor::TYPE_INT64, low, std::min<Int>(high, -1));
    add_integers(nfa, behind, to, FieldDescriptor::TYPE_INT64, std::max<Int>(low, 1), high);
  };
  const auto rectangles = [&](Int low, Int high, int sign) {
    for (const TimeRectangle& r : time_rectangles(low, high)) {
      const int middle = nfa.add_state();
      const auto bound = [&](Int a, Int b) { return sign > 0 ? std::pair(a, b) : std::pair(-b, -a); };
      const auto [s, t] = bound(r.first_second, r.last_second);
      const auto [n, m] = bound(r.first_nano, r.last_nano);
      member(start, middle, '\x08', s, t);
      member(middle, accept, '\x10', n, m);
    }
  };
  for (const auto& [low, high] : nanos.intervals) {
    if (kind == ValueKind::timestamp) {
      rectangles(low, high, 1);  // seconds may be negative, nanoseconds count forward
      continue;
    }
    // Both members of a duration have one sign.
    if (low < 0) rectangles(-std::min<Int>(high, -1), -low, -1);
    if (high >= 0) rectangles(std::max<Int>(low, 0), high, 1);
  }
  return nfa.determinize(start, accept, kBudget);
}

}  // namespace sluice::compiler
