// SPDX-License-Identifier: Apache-2.0
#include "support/binary_messages.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <set>
#include <vector>

namespace sluice::test {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

template <typename T>
T number(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0:
      return static_cast<T>(random() % 3);
    case 1:
      return static_cast<T>(random() % 300);
    case 2:
      return std::numeric_limits<T>::max();
    case 3:
      return std::numeric_limits<T>::lowest();
    case 4:
      return static_cast<T>(T{0} - static_cast<T>(random() % 12));
    default:
      return static_cast<T>(random());
  }
}

template <typename T, typename Bits>
T floating(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return static_cast<T>(static_cast<double>(random() % 2000) / 8 - 100);
    case 1:
      return std::numeric_limits<T>::infinity() * static_cast<T>(random() % 2 ? 1 : -1);
    case 2:
      return static_cast<T>(random() % 3);
    default: {
      const T value = std::bit_cast<T>(static_cast<Bits>(random()));
      return value == 0 ? T{1} : value;
    }
  }
}

std::string text(std::mt19937_64& random) {
  static const std::vector<std::string> pieces = {"a",
                                                  "b",
                                                  "Z",
                                                  "0",
                                                  "1",
                                                  "9",
                                                  "-",
                                                  "/",
                                                  "@",
                                                  ".",
                                                  " ",
                                                  "shelves/",
                                                  "books/",
                                                  "\xC3\xA9",
                                                  "\xE2\x82\xAC",
                                                  "\xF0\x9F\x98\x80",
                                                  std::string(1, '\0'),
                                                  "\"",
                                                  "\n"};
  std::string out;
  for (std::size_t n = random() % (random() % 6 == 0 ? 140 : 8); n > 0; --n)
    out += pieces[random() % (random() % 3 ? 12 : pieces.size())];
  return out;
}

void set_time(Message& time, std::mt19937_64& random) {
  const auto* type = time.GetDescriptor();
  const std::int64_t seconds =
      random() % 3 ? static_cast<std::int64_t>(random() % 4000000000)
                   : -62135596800 + static_cast<std::int64_t>(random() % 315537897600);
  time.GetReflection()->SetInt64(&time, type->FindFieldByName("seconds"), seconds);
  time.GetReflection()->SetInt32(
      &time, type->FindFieldByName("nanos"),
      random() % 2 ? 0 : static_cast<std::int32_t>(random() % 1000000000));
}

void set_duration(Message& duration, std::mt19937_64& random) {
  const auto* type = duration.GetDescriptor();
  const int sign = random() % 2 ? 1 : -1;
  const std::uint64_t most = random() % 3 ? 100 : 315576000000;
  duration.GetReflection()->SetInt64(&duration, type->FindFieldByName("seconds"), sign * static_cast<std::int64_t>(random() % most));
  duration.GetReflection()->SetInt32(&duration, type->FindFieldByName("nanos"), sign * static_cast<std::int32_t>(random() % 2 ? 0 : random() % 1000000000));
}

void set_value(Message& message, const FieldDescriptor* field, std::mt19937_64& random,
               unsigned sparse, const AnyTypes& any_types, int depth);

std::unique_ptr<Message> new_message(const Message& like, const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(like.GetReflection()->GetMessageFactory()->GetPrototype(type)->New());
}

// A google.protobuf.Value: one kind, and near the leaves no further ones.
void set_dynamic(Message& value, std::mt19937_64& random, unsigned sparse, const AnyTypes& any_types, int depth) {
  const auto* type = value.GetDescriptor();
  const auto* field = type->field(static_cast<int>(random() % (depth > 4 ? 4 : 6)));
  if (field->name() == "number_value") {
    value.GetReflection()->SetDouble(&value, field, static_cast<double>(random() % 2000) / 8 - 100);
  } else {
    set_value(value, field, random, sparse, any_types, depth);
  }
}

void set_any(Message& any, std::mt19937_64& random, unsigned sparse, const AnyTypes& any_types, int depth);

// A message of any type.
void set_message(Message& message, std::mt19937_64& random, unsigned sparse, const AnyTypes& any_types, int depth) {
  const std::string& name = message.GetDescriptor()->full_name();
  if (name == "google.protobuf.Timestamp") return set_time(message, random);
  if (name == "google.protobuf.Duration") return set_duration(message, random);
  if (name == "google.protobuf.Value") return set_dynamic(message, random, sparse, any_types, depth);
  if (name == "google.protobuf.Any") return set_any(message, random, sparse, any_types, depth);
  if (name == "google.protobuf.Struct" || name == "google.protobuf.ListValue") sparse = 2;
  fill(message, random, sparse, any_types, depth);
}

void set_any(Message& any, std::mt19937_64& random, unsigned sparse, const AnyTypes& any_types, int depth) {
  const auto* type = any.GetDescriptor();
  const auto* held = any_types[random() % any_types.size()];
  const auto inner = new_message(any, held);
  set_message(*inner, random, sparse, any_types, depth + 1);
  any.GetReflection()->SetString(&any, type->FindFieldByName("type_url"), "type.googleapis.com/" + held->full_name());
  any.GetReflection()->SetString(&any, type->FindFieldByName("value"), random() % 2 ? inner->SerializeAsString() : messy_spelling(*inner, random));
}

// Adds an entry whose key the map does not have yet; none if the first idea is taken.
void add_entry(Message& message, const FieldDescriptor* field, std::mt19937_64& random, unsigned sparse, const AnyTypes& any_types, int depth) {
  const auto* type = field->message_type();
  const auto* reflection = message.GetReflection();
  const auto only_key = [&](const Message& entry) {
    const auto copy = new_message(message, type);
    copy->CopyFrom(entry);
    copy->GetReflection()->ClearField(copy.get(), type->map_value());
    return copy->SerializeAsString();
  };
  const auto entry = new_message(message, type);
  set_value(*entry, type->map_key(), random, sparse, any_types, depth);
  set_value(*entry, type->map_value(), random, sparse, any_types, depth);
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    if (only_key(reflection->GetRepeatedMessage(message, field, i)) == only_key(*entry)) return;
  }
  reflection->AddMessage(&message, field)->CopyFrom(*entry);
}

void set_value(Message& message, const FieldDescriptor* field, std::mt19937_64& random,
               unsigned sparse, const AnyTypes& any_types, int depth) {
  if (field->is_map()) return add_entry(message, field, random, sparse, any_types, depth);
  const auto* reflection = message.GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
#define SLUICE_SET(CPPTYPE, Name, value)                  \
  case FieldDescriptor::CPPTYPE:                          \
    many ? reflection->Add##Name(&message, field, value)  \
         : reflection->Set##Name(&message, field, value); \
    return;
    SLUICE_SET(CPPTYPE_INT32, Int32, number<std::int32_t>(random))
    SLUICE_SET(CPPTYPE_INT64, Int64, number<std::int64_t>(random))
    SLUICE_SET(CPPTYPE_UINT32, UInt32, number<std::uint32_t>(random))
    SLUICE_SET(CPPTYPE_UINT64, UInt64, number<std::uint64_t>(random))
    SLUICE_SET(CPPTYPE_BOOL, Bool, random() % 2 == 0)
    SLUICE_SET(CPPTYPE_STRING, String, text(random))
#undef SLUICE_SET
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const auto value = floating<float, std::uint32_t>(random);
      many ? reflection->AddFloat(&message, field, value)
           : reflection->SetFloat(&message, field, value);
      return;
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const auto value = floating<double, std::uint64_t>(random);
      many ? reflection->AddDouble(&message, field, value)
           : reflection->SetDouble(&message, field, value);
      return;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* type = field->enum_type();
      const auto* value =
          type->value(static_cast<int>(random() % static_cast<std::uint64_t>(type->value_count())));
      many ? reflection->AddEnum(&message, field, value)
           : reflection->SetEnum(&message, field, value);
      return;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message* inner = many ? reflection->AddMessage(&message, field)
                            : reflection->MutableMessage(&message, field);
      set_message(*inner, random, sparse, any_types, depth + 1);
      return;
    }
  }
}

void varint(std::string& out, std::uint64_t value, std::mt19937_64& random,
            std::size_t longest = 10) {
  const std::size_t begin = out.size();
  for (; value > 0x7F; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  out += static_cast<char>(value);
  while (random() % 12 == 0 && out.size() - begin < longest) {
    out.back() = static_cast<char>(static_cast<std::uint8_t>(out.back()) | 0x80);
    out += '\0';
  }
}

// The fields of an encoded message one by one: a tag, a value.
struct Piece {
  const FieldDescriptor* field;
  std::uint32_t wire;
  std::string value;  // as encoded, of a delimited one without the length
};

std::vector<Piece> pieces_of(const std::string& bytes, const Message& message) {
  std::vector<Piece> out;
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  for (std::uint32_t tag = in.ReadTag(); tag != 0; tag = in.ReadTag()) {
    Piece piece{message.GetDescriptor()->FindFieldByNumber(static_cast<int>(tag >> 3)), tag & 7,
                ""};
    const int begin = in.CurrentPosition();
    std::uint64_t bits = 0;
    if (piece.wire == 0) in.ReadVarint64(&bits);
    if (piece.wire == 1) in.Skip(8);
    if (piece.wire == 5) in.Skip(4);
    if (piece.wire == 2) {
      std::uint32_t length = 0;
      in.ReadVarint32(&length);
      in.ReadString(&piece.value, static_cast<int>(length));
    } else {
      piece.value = bytes.substr(static_cast<std::size_t>(begin),
                                 static_cast<std::size_t>(in.CurrentPosition() - begin));
    }
    out.push_back(std::move(piece));
  }
  return out;
}

// Elements of a packed list.
std::vector<std::string> elements_of(const Piece& piece) {
  using google::protobuf::internal::WireFormatLite;
  const auto type = piece.field->type();
  const std::size_t width =
      type == FieldDescriptor::TYPE_DOUBLE || type == FieldDescriptor::TYPE_FIXED64 ||
              type == FieldDescriptor::TYPE_SFIXED64
          ? 8
      : type == FieldDescriptor::TYPE_FLOAT || type == FieldDescriptor::TYPE_FIXED32 ||
              type == FieldDescriptor::TYPE_SFIXED32
          ? 4
          : 0;
  std::vector<std::string> out;
  for (std::size_t at = 0; at < piece.value.size();) {
    std::size_t end = at + width;
    if (width == 0) {
      while (static_cast<std::uint8_t>(piece.value[end]) > 0x7F) ++end;
      ++end;
    }
    out.push_back(piece.value.substr(at, end - at));
    at = end;
  }
  return out;
}

void append(std::string& out, const Piece& piece, std::mt19937_64& random) {
  varint(out, static_cast<std::uint64_t>(piece.field->number()) << 3 | piece.wire, random, 5);
  if (piece.wire == 2) varint(out, piece.value.size(), random, 5);
  if (piece.wire != 0) {
    out += piece.value;
    return;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < piece.value.size(); ++i)
    value |= static_cast<std::uint64_t>(piece.value[i] & 0x7F) << (7 * i);
  varint(out, value, random);
}

}  // namespace

void fill(Message& message, std::mt19937_64& random, unsigned sparse, const AnyTypes& any_types,
          int depth) {
  const auto* type = message.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (random() % sparse != 0) continue;
    const auto* type_of_values = field->is_map() ? field->message_type()->map_value()->message_type()
                                                 : field->message_type();
    if (type_of_values != nullptr &&
        (depth > 4 || (any_types.empty() && type_of_values->full_name() == "google.protobuf.Any")))
      continue;
    const std::size_t count = field->is_repeated() ? 1 + random() % 4 : 1;
    for (std::size_t n = 0; n < count; ++n)
      set_value(message, field, random, sparse, any_types, depth);
  }
}

std::string messy_spelling(const Message& message, std::mt19937_64& random) {
  std::vector<Piece> in = pieces_of(message.SerializeAsString(), message);
  // Within one field, and within one oneof, the order means something; fields may mix freely.
  std::vector<std::vector<Piece>> queues;
  for (Piece& piece : in) {
    const auto* oneof = piece.field->real_containing_oneof();
    const auto queue = std::find_if(queues.begin(), queues.end(), [&](const auto& q) {
      return q.front().field == piece.field ||
             (oneof != nullptr && q.front().field->real_containing_oneof() == oneof);
    });
    std::vector<Piece>& to = queue == queues.end() ? queues.emplace_back() : *queue;
    const FieldDescriptor* field = piece.field;
    if (field->is_packable() && piece.wire == 2) {
      // Packed, in two lists, or each for itself.
      const auto elements = elements_of(piece);
      const std::uint32_t wire = field->type() == FieldDescriptor::TYPE_FLOAT ||
                                         field->type() == FieldDescriptor::TYPE_FIXED32 ||
                                         field->type() == FieldDescriptor::TYPE_SFIXED32
                                     ? 5
                                 : field->type() == FieldDescriptor::TYPE_DOUBLE ||
                                         field->type() == FieldDescriptor::TYPE_FIXED64 ||
                                         field->type() == FieldDescriptor::TYPE_SFIXED64
                                     ? 1
                                     : 0;
      for (const std::string& element : elements) {
        if (random() % 3 == 0) {
          to.push_back({field, wire, element});
        } else if (!to.empty() && to.back().field == field && to.back().wire == 2 &&
                   random() % 3 != 0) {
          to.back().value += element;
        } else {
          to.push_back({field, 2, element});
        }
      }
      continue;
    }
    if (field->message_type() != nullptr) {
      const auto inner = new_message(message, field->message_type());
      if (!inner->ParsePartialFromString(piece.value)) std::abort();  // libprotobuf wrote it
      // Of equal keys the last entry counts.
      if (field->is_map() && random() % 10 == 0) to.push_back(piece);
      piece.value = messy_spelling(*inner, random);
      to.push_back(piece);
      continue;
    }
    // A value that does not count, before the one that does.
    if (!field->is_repeated() && random() % 10 == 0) to.push_back(piece);
    to.push_back(piece);
  }
  std::string out;
  std::vector<std::size_t> next(queues.size(), 0);
  for (std::size_t left = queues.size(); left > 0;) {
    const std::size_t q = random() % queues.size();
    if (next[q] == queues[q].size()) continue;
    append(out, queues[q][next[q]], random);
    if (++next[q] == queues[q].size()) --left;
  }
  return out;
}

namespace {

// Of map entries with one key only the last stays.
void keep_last_entries(Message& message) {
  const auto* reflection = message.GetReflection();
  if (message.GetDescriptor()->full_name() == "google.protobuf.Any") {
    const auto* url = message.GetDescriptor()->FindFieldByNumber(1);
    const auto* value = message.GetDescriptor()->FindFieldByNumber(2);
    const std::string name = reflection->GetString(message, url);
    const auto* type = message.GetDescriptor()->file()->pool()->FindMessageTypeByName(name.substr(name.rfind('/') + 1));
    if (type == nullptr) return;
    const std::unique_ptr<Message> held(reflection->GetMessageFactory()->GetPrototype(type)->New());
    if (!held->ParseFromString(reflection->GetString(message, value))) return;
    keep_last_entries(*held);
    reflection->SetString(&message, value, held->SerializeAsString());
    return;
  }
  std::vector<const FieldDescriptor*> set;
  reflection->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    if (field->message_type() == nullptr) continue;
    if (!field->is_repeated()) {
      keep_last_entries(*reflection->MutableMessage(&message, field));
      continue;
    }
    std::set<std::string> keys;
    for (int i = reflection->FieldSize(message, field) - 1; i >= 0; --i) {
      Message* entry = reflection->MutableRepeatedMessage(&message, field, i);
      keep_last_entries(*entry);
      if (!field->is_map()) continue;
      const std::unique_ptr<Message> key(entry->New());
      key->CopyFrom(*entry);
      key->GetReflection()->ClearField(key.get(), field->message_type()->FindFieldByNumber(2));
      if (keys.insert(key->SerializeAsString()).second) continue;
      reflection->SwapElements(&message, field, i, reflection->FieldSize(message, field) - 1);
      reflection->RemoveLast(&message, field);
    }
  }
}

}  // namespace

bool same_message(const Message& one, const Message& other) {
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_float_comparison(google::protobuf::util::MessageDifferencer::EXACT);
  differencer.set_field_comparator(&comparator);
  const std::unique_ptr<Message> left(one.New()), right(other.New());
  left->CopyFrom(one);
  right->CopyFrom(other);
  keep_last_entries(*left);
  keep_last_entries(*right);
  return differencer.Compare(*left, *right);
}

}  // namespace sluice::test
