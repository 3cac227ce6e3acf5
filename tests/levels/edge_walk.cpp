// SPDX-License-Identifier: Apache-2.0
#include "levels/edge_walk.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "judge/plan.hpp"

namespace sluice::test {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::set<const Descriptor*> requests_of(const load::Loaded& loaded) {
  std::vector<const Descriptor*> roots = loaded.any_types;
  for (const load::SelectedMethod& selected : loaded.methods) roots.push_back(selected.method->input_type());
  return judge::reachable_messages(roots);
}

// The characters of valid UTF-8.
std::vector<std::string> characters_of(const std::string& utf8) {
  std::vector<std::string> out;
  for (const char byte : utf8) {
    const bool goes_on = (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
    if (goes_on && !out.empty()) {
      out.back() += byte;
    } else {
      out.emplace_back(1, byte);
    }
  }
  return out;
}

// A way from one value to another in `count` steps; `set(i)` puts the i-th value into the message, 0 the first.
struct Way {
  std::uint64_t count = 0;
  std::function<void(Message&, std::uint64_t)> set;
};

// Numbers as unsigned ones in the same order.
template <typename T>
std::uint64_t ordered(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    const auto bits = std::bit_cast<Bits>(value);
    constexpr Bits sign = Bits{1} << (8 * sizeof(T) - 1);
    return bits & sign ? static_cast<Bits>(~bits) : static_cast<Bits>(bits | sign);
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) + (std::uint64_t{1} << 63);
  } else {
    return value;
  }
}

template <typename T>
T unordered(std::uint64_t place) {
  if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    const auto bits = static_cast<Bits>(place);
    constexpr Bits sign = Bits{1} << (8 * sizeof(T) - 1);
    return std::bit_cast<T>(bits & sign ? static_cast<Bits>(bits & ~sign) : static_cast<Bits>(~bits));
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<T>(static_cast<std::int64_t>(place - (std::uint64_t{1} << 63)));
  } else {
    return static_cast<T>(place);
  }
}

template <typename T, typename Set>
std::optional<Way> number_way(T from, T to, Set set) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(from) || std::isnan(to)) return std::nullopt;
  }
  const std::uint64_t a = ordered(from), b = ordered(to);
  return Way{a < b ? b - a : a - b, [=](Message& message, std::uint64_t i) { set(message, unordered<T>(a < b ? a + i : a - i)); }};
}

// Takes the end of the one off, down to the common beginning, and puts on that of the other.
template <typename List, typename Set>
Way list_way(const List& from, const List& to, Set set) {
  std::size_t common = 0;
  while (common < from.size() && common < to.size() && from[common] == to[common]) ++common;
  const std::size_t off = from.size() - common;
  return {off + (to.size() - common), [=](Message& message, std::uint64_t i) {
            List list(from.begin(), from.end() - static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(i, off)));
            if (i > off) list.insert(list.end(), to.begin() + static_cast<std::ptrdiff_t>(common), to.begin() + static_cast<std::ptrdiff_t>(common + i - off));
            set(message, list);
          }};
}

// The whole seconds first, then the nanoseconds.
Way time_way(const FieldDescriptor* field, const Message& a, const Message& b) {
  const Descriptor* type = field->message_type();
  const auto* seconds = type->FindFieldByName("seconds");
  const auto* nanos = type->FindFieldByName("nanos");
  const Reflection* reflection = a.GetReflection();
  const auto set_seconds = [=](Message& m, std::int64_t v) {
    Message* time = m.GetReflection()->MutableMessage(&m, field);
    time->GetReflection()->SetInt64(time, seconds, v);
  };
  const auto set_nanos = [=](Message& m, std::int32_t v) {
    Message* time = m.GetReflection()->MutableMessage(&m, field);
    time->GetReflection()->SetInt32(time, nanos, v);
  };
  const Message &from = reflection->GetMessage(a, field), &to = reflection->GetMessage(b, field);
  const Way first = *number_way(from.GetReflection()->GetInt64(from, seconds), to.GetReflection()->GetInt64(to, seconds), set_seconds);
  const Way second = *number_way(from.GetReflection()->GetInt32(from, nanos), to.GetReflection()->GetInt32(to, nanos), set_nanos);
  return {first.count + second.count, [=](Message& m, std::uint64_t i) {
            first.set(m, std::min(i, first.count));
            second.set(m, i > first.count ? i - first.count : 0);
          }};
}

// Items and entries; those of the other message come behind what is common.
Way items_way(const FieldDescriptor* field, const Message& a, const Message& b) {
  const auto size = [&](const Message& m) { return static_cast<std::uint64_t>(m.GetReflection()->FieldSize(m, field)); };
  const auto from = std::shared_ptr<Message>(a.New()), to = std::shared_ptr<Message>(b.New());
  from->CopyFrom(a);
  to->CopyFrom(b);
  const std::uint64_t off = size(a), on = size(b);
  return {off + on, [=](Message& message, std::uint64_t i) {
            const Reflection* reflection = message.GetReflection();
            // The items in front of `keep`, taken from the one or the other.
            const auto take = [&](const Message& source, std::uint64_t keep) {
              reflection->ClearField(&message, field);
              std::unique_ptr<Message> copy(source.New());
              copy->CopyFrom(source);
              while (static_cast<std::uint64_t>(reflection->FieldSize(*copy, field)) > keep) reflection->RemoveLast(copy.get(), field);
              reflection->SwapFields(&message, copy.get(), {field});
            };
            i <= off ? take(*from, off - i) : take(*to, i - off);
          }};
}

std::optional<Way> way_between(const FieldDescriptor* field, const Message& a, const Message& b) {
  if (field->is_repeated()) return items_way(field, a, b);
  const Reflection* r = a.GetReflection();
  if (field->has_presence() && !(r->HasField(a, field) && r->HasField(b, field))) return std::nullopt;
  const auto number = [&](auto get, auto set) {
    return number_way((r->*get)(a, field), (r->*get)(b, field), [=](Message& m, auto v) { (m.GetReflection()->*set)(&m, field, v); });
  };
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return number(&Reflection::GetInt32, &Reflection::SetInt32);
    case FieldDescriptor::CPPTYPE_INT64: return number(&Reflection::GetInt64, &Reflection::SetInt64);
    case FieldDescriptor::CPPTYPE_UINT32: return number(&Reflection::GetUInt32, &Reflection::SetUInt32);
    case FieldDescriptor::CPPTYPE_UINT64: return number(&Reflection::GetUInt64, &Reflection::SetUInt64);
    case FieldDescriptor::CPPTYPE_FLOAT: return number(&Reflection::GetFloat, &Reflection::SetFloat);
    case FieldDescriptor::CPPTYPE_DOUBLE: return number(&Reflection::GetDouble, &Reflection::SetDouble);
    case FieldDescriptor::CPPTYPE_ENUM: return number(&Reflection::GetEnumValue, &Reflection::SetEnumValue);
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string from = r->GetString(a, field), to = r->GetString(b, field);
      const auto set = [=](Message& m, const std::string& text) { m.GetReflection()->SetString(&m, field, text); };
      if (field->type() == FieldDescriptor::TYPE_BYTES) return list_way(from, to, set);
      return list_way(characters_of(from), characters_of(to), [=](Message& m, const std::vector<std::string>& points) {
        std::string text;
        for (const std::string& point : points) text += point;
        set(m, text);
      });
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const std::string& type = field->message_type()->full_name();
      const bool time = type == "google.protobuf.Timestamp" || type == "google.protobuf.Duration";
      return time ? std::optional(time_way(field, a, b)) : std::nullopt;
    }
    default: return std::nullopt;  // a bool has one other value
  }
}

}  // namespace

EdgeWalk::EdgeWalk(const load::Loaded& loaded, bool binary)
    : loaded_(loaded),
      binary_(binary),
      spelling_(loaded.policy.json()),
      reader_(loaded.pool, requests_of(loaded), loaded.any_types),
      json_(spelling_, [this](const Message& any) { return reader_.open(any); }),
      protobuf_([this](const Message& any) { return reader_.open(any); }) {
  for (const Descriptor* type : requests_of(loaded)) {
    json_.prepare(type);
    protobuf_.prepare(type);
  }
}

std::unique_ptr<Message> EdgeWalk::read(std::size_t method, const std::string& body) const {
  auto message = reader_.make(loaded_.methods[method].method->input_type());
  const auto problem = binary_ ? judge::read_binary(body, *message) : reader_.read(body, *message);
  return problem ? nullptr : std::move(message);
}

std::optional<std::string> EdgeWalk::write(const Message& message) const {
  std::string bytes;
  judge::CanonicalText text;
  const auto problem = binary_ ? protobuf_.message(message, {}, bytes) : json_.message(message, {}, text);
  if (problem) return std::nullopt;
  return binary_ ? bytes : text.bytes();
}

Edge EdgeWalk::between(std::size_t method, const std::string& kept, const std::string& broken,
                       const std::function<bool(const std::string&)>& keeps) const {
  const auto a = read(method, kept), b = read(method, broken);
  if (!a || !b) return Edge{kept, broken, false};
  const FieldDescriptor* field = a->GetDescriptor()->FindFieldByName("value");
  const auto way = field == nullptr ? std::nullopt : way_between(field, *a, *b);
  // Only what `value` says may tell the two apart.
  const auto at = [&](std::uint64_t i) {
    way->set(*b, i);
    return write(*b);
  };
  const auto in = [&](std::uint64_t i) {
    const auto body = at(i);
    return body && keeps(*body);
  };
  if (!way || way->count == 0 || !in(0)) return Edge{kept, broken, false};
  std::uint64_t inside = 0, outside = way->count;
  while (outside - inside > 1) {
    const std::uint64_t middle = inside + (outside - inside) / 2;
    (in(middle) ? inside : outside) = middle;
  }
  const auto last = at(inside), first = at(outside);
  if (!last || !first || keeps(*first)) return Edge{kept, broken, false};
  return Edge{*last, *first, true};
}

}  // namespace sluice::test
