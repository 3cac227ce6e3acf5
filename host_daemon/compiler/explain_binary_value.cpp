// SPDX-License-Identifier: Apache-2.0
// Why one value of a Protobuf body was refused: its bytes are read into the text that JSON has for the value, and explain_value.cpp knows what
// is wrong with that. What only the bytes say - a varint with too many, a NaN of another pattern - is said here. It reads no messages but
// the well-known ones of a few numbers or texts.
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>

#include "compiler/base64.hpp"
#include "compiler/civil_time.hpp"
#include "compiler/explain_internal.hpp"
#include "compiler/field_mask.hpp"
#include "compiler/language.hpp"

namespace sluice::compiler {

namespace {

constexpr Int kOne = 1;

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) out = out << 8 | static_cast<std::uint8_t>(bytes[i]);
  return out;
}

bool is_valid_utf8(std::string_view text) { return utf8_text().matches(text); }

std::string text_of_double(double value, const char* format) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::array<char, 40> out{};
  const int n = std::snprintf(out.data(), out.size(), format, value);
  return std::string(out.data(), static_cast<std::size_t>(n));
}

std::optional<std::string> text_of_enumeration(const FieldFacts& field, std::int64_t number) {
  for (const EnumValue& value : field.enumeration) {
    if (value.number == number) return value.name;
  }
  return std::nullopt;
}

void read_floating(std::string_view bytes, BinaryNumber& out) {
  const std::uint64_t bits = little_endian(bytes);
  if (bytes.size() == 4) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    out.text = text_of_double(static_cast<double>(value), "%.9g");
    if (std::isnan(value) && bits != 0x7FC00000U) out.spelling = not_canonical("NaN has one pattern: 00 00 C0 7F");
    if (value == 0 && bits != 0) out.spelling = not_canonical("zero has no sign");
  } else {
    const double value = std::bit_cast<double>(bits);
    out.text = text_of_double(value, "%.17g");
    if (std::isnan(value) && bits != 0x7FF8000000000000U) out.spelling = not_canonical("NaN has one pattern: 00 00 00 00 00 00 F8 7F");
    if (value == 0 && bits != 0) out.spelling = not_canonical("zero has no sign");
  }
}

// A varint's value in the type; none: it is out of the type's range.
std::optional<std::string> text_of_varint(const FieldFacts& field, std::uint64_t value) {
  const auto in_signed = [](Int number, int bits) { return -(kOne << (bits - 1)) <= number && number < kOne << (bits - 1); };
  switch (field.kind) {
    case ValueKind::boolean:
      return value > 1 ? std::nullopt : std::optional<std::string>(value == 1 ? "true" : "false");
    case ValueKind::enumeration:
      return text_of_enumeration(field, static_cast<std::int64_t>(value));
    case ValueKind::null:
      return value == 0 ? std::optional<std::string>("null") : std::nullopt;
    default:
      break;
  }
  const bool wide = field.type.ends_with("64");
  if (field.type.starts_with("uint")) return wide || value >> 32 == 0 ? std::optional(std::to_string(value)) : std::nullopt;
  auto number = static_cast<std::int64_t>(value);
  if (field.type.starts_with("sint")) number = static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  return wide || in_signed(number, 32) ? std::optional(std::to_string(number)) : std::nullopt;
}

Cause cut_off(const std::string& what) { return {"protobuf_syntax", what + " ends too soon"}; }

// The members of a small message: numbers 1 and up, each at most once.
struct SmallMessage {
  std::array<std::string_view, 3> bytes{};  // by number, behind the tag: a varint or eight bytes, or what stands behind a length
  std::array<bool, 3> stands{};
  std::optional<Cause> wrong{};
};

SmallMessage read_members(std::string_view content, std::array<int, 3> wires) {
  SmallMessage out;
  std::size_t last = 0;
  while (!content.empty()) {
    const auto tag = static_cast<std::uint8_t>(content[0]);
    const std::size_t number = tag >> 3;
    if (tag > 0x7F || number == 0 || number > 2 || wires[number] != (tag & 7)) {
      out.wrong = Cause{"unknown_field", "the message has no such member"};
      return out;
    }
    if (number <= last) {
      out.wrong = number == last ? Cause{"duplicate_field", "the member stands twice"} : Cause{"order", "members stand in ascending order of their field numbers"};
      return out;
    }
    last = number;
    content.remove_prefix(1);
    std::size_t size = wires[number] == 1 ? 8 : 4;
    if (wires[number] == 0 || wires[number] == 2) {
      const Varint varint = read_varint(content);
      if (varint.bytes == 0) {
        out.wrong = cut_off("a member");
        return out;
      }
      if (!varint.minimal) out.wrong = not_canonical("a varint has the fewest bytes");
      if (wires[number] == 2) content.remove_prefix(varint.bytes);
      size = wires[number] == 2 ? static_cast<std::size_t>(std::min<std::uint64_t>(varint.value, content.size() + 1)) : varint.bytes;
    }
    if (size > content.size()) {
      out.wrong = cut_off("a member");
      return out;
    }
    out.bytes[number] = content.substr(0, size);
    out.stands[number] = true;
    content.remove_prefix(size);
  }
  return out;
}

std::vector<Cause> causes_of_time(const FieldFacts& field, std::string_view content, const ValuePlace& place) {
  const SmallMessage members = read_members(content, {-1, 0, 0});
  if (members.wrong) return {*members.wrong};
  const auto number = [&](std::size_t i) { return members.stands[i] ? static_cast<std::int64_t>(read_varint(members.bytes[i]).value) : 0; };
  const std::int64_t seconds = number(1), nanos = number(2);
  if ((members.stands[1] && seconds == 0) || (members.stands[2] && nanos == 0)) return {not_canonical("zero is spelled by leaving it out")};
  const bool duration = field.kind == ValueKind::duration;
  const bool signs = duration && seconds != 0 && nanos != 0 && (seconds < 0) != (nanos < 0);
  const bool inside = nanos < kNanosPerSecond && nanos > -kNanosPerSecond && (duration || nanos >= 0) && !signs &&
                      (duration ? seconds <= 315'576'000'000 && seconds >= -315'576'000'000 : seconds >= -62'135'596'800 && seconds <= 253'402'300'799);
  if (!inside) return {wrong_type(field, place.item)};
  const Int value = Int{seconds} * kNanosPerSecond + nanos;
  return causes_of_text(field, duration ? duration_text(value) : timestamp_text(value), place);
}

std::vector<Cause> causes_of_string(const FieldFacts& field, std::string_view text, const ValuePlace& place) {
  if (field.kind == ValueKind::bytes) return causes_of_text(field, to_base64(text), place);
  if (!is_valid_utf8(text)) return {{"protobuf_utf8", "the text is not valid UTF-8"}};
  return causes_of_text(field, text, place);
}

std::vector<Cause> causes_of_wrapped(const FieldFacts& field, std::string_view content, const ValuePlace& place) {
  FieldFacts plain = field;
  plain.wrapped = false;
  const SmallMessage members = read_members(content, {-1, wire_type_of(plain), -1});
  if (members.wrong) return {*members.wrong};
  const bool text = field.kind == ValueKind::string || field.kind == ValueKind::bytes;
  const std::string_view value = members.bytes[1];
  auto causes = text ? causes_of_string(plain, value, place)
                     : causes_of_number(plain, members.stands[1] ? value : std::string_view("\0\0\0\0\0\0\0\0", wire_type_of(plain) == 1 ? 8 : wire_type_of(plain) == 5 ? 4 : 1), place);
  const bool zero = value.find_first_not_of('\0') == std::string_view::npos;
  if (causes.empty() && members.stands[1] && (text ? value.empty() : zero)) causes = {not_canonical("a wrapped default is spelled by leaving the member out")};
  return causes;
}

std::vector<Cause> causes_of_mask(const FieldFacts& field, std::string_view content) {
  std::vector<std::string> paths;
  while (!content.empty()) {
    const Varint length = read_varint(content.substr(1));
    if (content[0] != 0x0A) return {{"unknown_field", "a field mask has paths alone"}};
    if (length.bytes == 0 || length.value > content.size() - 1 - length.bytes) return {cut_off("a path")};
    if (!length.minimal) return {not_canonical("a varint has the fewest bytes")};
    const auto size = static_cast<std::size_t>(length.value);
    paths.emplace_back(content.substr(1 + length.bytes, size));
    if (!is_valid_utf8(paths.back())) return {{"protobuf_utf8", "a path is not valid UTF-8"}};
    content.remove_prefix(1 + length.bytes + size);
  }
  std::vector<Cause> out;
  for (const RuleUse& rule : field.value_rules) {
    const MaskRules one = mask_rules({rule});
    bool broken = one.constant && *one.constant != paths;
    for (const std::string& path : paths) {
      broken = broken || (one.in && !covers(*one.in, path)) || (!one.not_in.empty() && covers(one.not_in, path));
    }
    if (broken) out.push_back({rule.name, rule.text});
  }
  return out;
}

}  // namespace

int wire_type_of(const FieldFacts& field) {
  if (field.wrapped) return 2;
  switch (field.kind) {
    case ValueKind::boolean:
    case ValueKind::enumeration:
    case ValueKind::null:
      return 0;
    case ValueKind::integer:
      return field.type.ends_with("fixed32") ? 5 : field.type.ends_with("fixed64") ? 1 : 0;
    case ValueKind::floating:
      return field.type == "float" ? 5 : 1;
    default:
      return 2;
  }
}

bool is_packed_kind(const FieldFacts& field) { return wire_type_of(field) != 2; }

Varint read_varint(std::string_view bytes) {
  Varint out;
  for (std::size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (i == 9 && byte > 1) return {};
    out.value |= std::uint64_t{byte & 0x7FU} << (7 * i);
    if (byte > 0x7F) continue;
    out.bytes = i + 1;
    out.minimal = i == 0 || byte != 0;
    return out;
  }
  return {};
}

BinaryNumber read_number(const FieldFacts& field, std::string_view bytes) {
  BinaryNumber out;
  const int wire = wire_type_of(field);
  if (wire == 0) {
    const Varint varint = read_varint(bytes);
    out.bytes = varint.bytes;
    if (varint.bytes == 0) {
      if (bytes.size() >= 10) out.spelling = Cause{"protobuf_syntax", "a number has at most 64 bits in ten bytes"};
      return out;
    }
    if (!varint.minimal) out.spelling = not_canonical("a varint has the fewest bytes");
    out.text = text_of_varint(field, varint.value);
    return out;
  }
  const std::size_t size = wire == 1 ? 8 : 4;
  if (bytes.size() < size) return out;
  out.bytes = size;
  bytes = bytes.substr(0, size);
  if (field.kind == ValueKind::floating) {
    read_floating(bytes, out);
  } else if (field.type.starts_with("s")) {
    const std::uint64_t bits = little_endian(bytes);
    out.text = std::to_string(size == 8 ? static_cast<std::int64_t>(bits) : std::int64_t{static_cast<std::int32_t>(bits)});
  } else {
    out.text = std::to_string(little_endian(bytes));
  }
  return out;
}

std::vector<Cause> causes_of_number(const FieldFacts& field, std::string_view bytes, const ValuePlace& place) {
  const BinaryNumber number = read_number(field, bytes);
  if (number.spelling) return {*number.spelling};
  if (number.bytes == 0) return {cut_off("a number")};
  // An enumeration's unknown number is to the rules what an unknown name is.
  if (!number.text && field.kind != ValueKind::enumeration) return {wrong_type(field, place.item)};
  return causes_of_text(field, number.text.value_or("?"), place);
}

std::vector<Cause> causes_of_content(const FieldFacts& field, std::string_view content, const ValuePlace& place) {
  if (field.wrapped) return causes_of_wrapped(field, content, place);
  switch (field.kind) {
    case ValueKind::string:
    case ValueKind::bytes:
      return causes_of_string(field, content, place);
    case ValueKind::timestamp:
    case ValueKind::duration:
      return causes_of_time(field, content, place);
    case ValueKind::field_mask:
      return causes_of_mask(field, content);
    default:
      return {};
  }
}

}  // namespace sluice::compiler
