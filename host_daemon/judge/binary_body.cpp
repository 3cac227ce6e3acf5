// SPDX-License-Identifier: Apache-2.0
// The naive writer of canonical Protobuf bytes.
#include "judge/binary_body.hpp"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "judge/json_writer.hpp"
#include "judge/scalar.hpp"
#include "judge/text.hpp"
#include "judge/well_known.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMaxDepth = 100;  // messages within messages, as for JSON bodies
constexpr int kDepthToTellApart = 1000;

bool parse(std::string_view bytes, int max_depth, Message& message) {
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream input(&stream);
  input.SetRecursionLimit(max_depth);
  message.Clear();
  return message.ParseFromCodedStream(&input) && input.ConsumedEntireMessage();
}

// Encoding guide, "Base 128 Varints": the fewest groups of seven bits, lowest first.
void add_varint(std::string& out, std::uint64_t value) {
  while (value > 0x7F) {
    out += static_cast<char>(0x80 | (value & 0x7F));
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void add_fixed(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

void add_delimited(std::string& out, const std::string& bytes) {
  add_varint(out, bytes.size());
  out += bytes;
}

std::uint64_t zigzag(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? ~(bits << 1) : bits << 1;
}

// 0 varint, 1 eight bytes, 2 length, 5 four bytes.
unsigned wire_type(FieldDescriptor::Type type) {
  switch (type) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return 1;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
      return 2;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return 5;
    default:
      return 0;
  }
}

void add_tag(std::string& out, const FieldDescriptor* field, unsigned wire) {
  add_varint(out, static_cast<std::uint64_t>(field->number()) << 3 | wire);
}

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

bool any_below(const std::set<std::string>& paths, const std::string& path) {
  const auto next = paths.lower_bound(path + ".");
  return next != paths.end() && next->starts_with(path + ".");
}

// Set, or for fields without presence: not the default. Minus zero is the default.
bool stands(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if (field->is_repeated()) return reflection->FieldSize(message, field) > 0;
  if (!field->has_presence() && field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
    return reflection->GetDouble(message, field) != 0;
  }
  if (!field->has_presence() && field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
    return reflection->GetFloat(message, field) != 0;
  }
  return reflection->HasField(message, field);
}

// One NaN, and no negative zero.
std::uint64_t bits_of(double value) {
  if (std::isnan(value)) return 0x7FF8000000000000;
  return value == 0 ? 0 : std::bit_cast<std::uint64_t>(value);
}
std::uint64_t bits_of(float value) {
  if (std::isnan(value)) return 0x7FC00000;
  return value == 0 ? 0 : std::bit_cast<std::uint32_t>(value);
}

}  // namespace

MaybeRejection read_binary(std::string_view bytes, Message& message) {
  const google::protobuf::LogSilencer
      silence;  // it would print a line for each text that is not UTF-8
  if (parse(bytes, kMaxDepth, message)) return std::nullopt;
  if (parse(bytes, kDepthToTellApart, message)) {
    return Rejection{"", "judge.depth",
                     "more than " + std::to_string(kMaxDepth) + " messages within each other"};
  }
  return Rejection{"", "protobuf.parse", "libprotobuf cannot read the body"};
}

void BinaryWriter::prepare(const Descriptor* message) {
  order_[message] = canonical_order(message);
}

MaybeRejection BinaryWriter::message(const Message& message, const std::set<std::string>& elsewhere,
                                     std::string& out) const {
  Context context{elsewhere, std::nullopt, 0};
  members(message, "", context, out);
  return context.problem;
}

MaybeRejection BinaryWriter::field(const Message& message, const FieldDescriptor* field,
                                   const std::set<std::string>& elsewhere, std::string& out) const {
  Context context{elsewhere, std::nullopt, 0};
  if (message.GetReflection()->HasField(message, field)) {
    value(message, field, -1, field->name(), context, out);
  }
  return context.problem;
}

void BinaryWriter::content(const Message& message, const std::string& path, Context& context,
                           std::string& out) const {
  const auto refuse = [&](const std::string& rule, const std::string& text) {
    if (!context.problem) context.problem = Rejection{path, rule, text};
  };
  switch (well_known(message.GetDescriptor())) {
    case WellKnown::kTimestamp:
      if (!timestamp_text(read_time(message))) refuse("timestamp.range", "a Timestamp outside the years 1 to 9999");
      break;
    case WellKnown::kDuration:
      if (!duration_text(read_time(message))) refuse("duration.range", "a Duration beyond 10,000 years, or of two signs");
      break;
    case WellKnown::kValue: {
      const auto* type = message.GetDescriptor();
      const auto* reflection = message.GetReflection();
      if (!reflection->HasOneof(message, type->FindOneofByName("kind"))) {
        refuse("value.unset", "a google.protobuf.Value of no kind");
      }
      const auto* number = type->FindFieldByName("number_value");
      if (reflection->HasField(message, number) && !std::isfinite(reflection->GetDouble(message, number))) {
        refuse("value.number", "a google.protobuf.Value that is no finite number");
      }
      break;
    }
    case WellKnown::kAny: {
      if (context.opened >= kMaxDepth) {
        refuse("judge.depth", "more than " + std::to_string(kMaxDepth) + " messages of type Any within each other");
        return;
      }
      const auto inner = open_ ? open_(message) : nullptr;
      if (inner == nullptr) {
        refuse("any.unlisted", "a google.protobuf.Any of a type that the policy does not list, or whose bytes are no message");
        return;
      }
      const auto* url = message.GetDescriptor()->FindFieldByName("type_url");
      add_tag(out, url, 2);
      add_delimited(out, message.GetReflection()->GetString(message, url));
      std::string bytes;
      ++context.opened;
      content(*inner, path, context, bytes);
      --context.opened;
      if (bytes.empty()) return;
      add_tag(out, message.GetDescriptor()->FindFieldByName("value"), 2);
      add_delimited(out, bytes);
      return;
    }
    default:
      break;
  }
  members(message, path, context, out);
}

void BinaryWriter::members(const Message& message, const std::string& path, Context& context,
                           std::string& out) const {
  const auto known = order_.find(message.GetDescriptor());
  std::vector<const FieldDescriptor*> found;
  if (known == order_.end()) found = canonical_order(message.GetDescriptor());
  const bool entry = message.GetDescriptor()->options().map_entry();
  for (const FieldDescriptor* field : known == order_.end() ? found : known->second) {
    // Both members of a map's entry always stand.
    if (!entry && !stands(message, field)) continue;
    const std::string at = join(path, field->name());
    if (context.elsewhere.contains(at)) continue;
    if (field->is_repeated()) {
      list(message, field, at, context, out);
      continue;
    }
    std::string bytes;
    value(message, field, -1, at, context, bytes);
    if (bytes.empty() && any_below(context.elsewhere, at)) continue;
    add_tag(out, field, wire_type(field->type()));
    if (wire_type(field->type()) == 2) add_varint(out, bytes.size());
    out += bytes;
  }
}

void BinaryWriter::list(const Message& message, const FieldDescriptor* field,
                        const std::string& path, Context& context, std::string& out) const {
  const int size = message.GetReflection()->FieldSize(message, field);
  std::vector<std::string> elements;
  for (int i = 0; i < size; ++i) {
    value(message, field, i, path + "[" + std::to_string(i) + "]", context,
          elements.emplace_back());
  }
  if (wire_type(field->type()) != 2) {  // packed where packable
    std::string packed;
    for (const std::string& element : elements) packed += element;
    add_tag(out, field, 2);
    add_delimited(out, packed);
    return;
  }
  if (field->is_map()) {
    // Ascending by the bytes of the key as it stands, without its tag, nor the length of a string.
    std::map<std::string, std::string> sorted;
    for (int i = 0; i < size; ++i) {
      const Message& entry = message.GetReflection()->GetRepeatedMessage(message, field, i);
      std::string key;
      value(entry, entry.GetDescriptor()->map_key(), -1, path, context, key);
      sorted[key] = elements[static_cast<std::size_t>(i)];
    }
    elements.clear();
    for (auto& [key, element] : sorted) elements.push_back(std::move(element));
  }
  for (const std::string& element : elements) {
    add_tag(out, field, 2);
    add_delimited(out, element);
  }
}

void BinaryWriter::value(const Message& message, const FieldDescriptor* field, int index,
                         const std::string& path, Context& context, std::string& out) const {
  const auto* reflection = message.GetReflection();
  const bool item = index >= 0;
  const auto refuse = [&](const std::string& rule, const std::string& text) {
    if (!context.problem) context.problem = Rejection{path, rule, text};
  };
  switch (field->type()) {
    case FieldDescriptor::TYPE_DOUBLE:
      add_fixed(out,
                bits_of(item ? reflection->GetRepeatedDouble(message, field, index)
                             : reflection->GetDouble(message, field)),
                8);
      break;
    case FieldDescriptor::TYPE_FLOAT:
      add_fixed(out,
                bits_of(item ? reflection->GetRepeatedFloat(message, field, index)
                             : reflection->GetFloat(message, field)),
                4);
      break;
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_SINT32:
    case FieldDescriptor::TYPE_SFIXED32: {
      const std::int64_t number = item ? reflection->GetRepeatedInt32(message, field, index)
                                       : reflection->GetInt32(message, field);
      if (field->type() == FieldDescriptor::TYPE_INT32) {
        add_varint(out, static_cast<std::uint64_t>(number));  // negative: ten bytes
      } else if (field->type() == FieldDescriptor::TYPE_SINT32) {
        add_varint(out, zigzag(number));
      } else {
        add_fixed(out, static_cast<std::uint64_t>(number), 4);
      }
      break;
    }
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_SINT64:
    case FieldDescriptor::TYPE_SFIXED64: {
      const std::int64_t number = item ? reflection->GetRepeatedInt64(message, field, index)
                                       : reflection->GetInt64(message, field);
      if (field->type() == FieldDescriptor::TYPE_INT64) {
        add_varint(out, static_cast<std::uint64_t>(number));
      } else if (field->type() == FieldDescriptor::TYPE_SINT64) {
        add_varint(out, zigzag(number));
      } else {
        add_fixed(out, static_cast<std::uint64_t>(number), 8);
      }
      break;
    }
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_FIXED32: {
      const std::uint32_t number = item ? reflection->GetRepeatedUInt32(message, field, index)
                                        : reflection->GetUInt32(message, field);
      if (field->type() == FieldDescriptor::TYPE_UINT32) {
        add_varint(out, number);
      } else {
        add_fixed(out, number, 4);
      }
      break;
    }
    case FieldDescriptor::TYPE_UINT64:
    case FieldDescriptor::TYPE_FIXED64: {
      const std::uint64_t number = item ? reflection->GetRepeatedUInt64(message, field, index)
                                        : reflection->GetUInt64(message, field);
      if (field->type() == FieldDescriptor::TYPE_UINT64) {
        add_varint(out, number);
      } else {
        add_fixed(out, number, 8);
      }
      break;
    }
    case FieldDescriptor::TYPE_BOOL:
      add_varint(out, (item ? reflection->GetRepeatedBool(message, field, index)
                            : reflection->GetBool(message, field))
                          ? 1
                          : 0);
      break;
    case FieldDescriptor::TYPE_ENUM: {
      const int number = item ? reflection->GetRepeatedEnumValue(message, field, index)
                              : reflection->GetEnumValue(message, field);
      if (field->enum_type()->FindValueByNumber(number) == nullptr) {
        refuse("enum.unknown",
               "the number is no declared value of " + field->enum_type()->full_name());
      }
      add_varint(out, static_cast<std::uint64_t>(static_cast<std::int64_t>(number)));
      break;
    }
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES: {
      const std::string text = item ? reflection->GetRepeatedString(message, field, index)
                                    : reflection->GetString(message, field);
      if (field->type() == FieldDescriptor::TYPE_STRING && !is_valid_utf8(text)) {
        refuse("protobuf.utf8", "the text is not valid UTF-8");
      }
      out += text;
      break;
    }
    case FieldDescriptor::TYPE_MESSAGE: {
      content(item ? reflection->GetRepeatedMessage(message, field, index)
                   : reflection->GetMessage(message, field),
              path, context, out);
      break;
    }
    case FieldDescriptor::TYPE_GROUP:
      refuse("protobuf.group", "a group");
      break;
  }
}

}  // namespace sluice::judge
