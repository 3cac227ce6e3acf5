// SPDX-License-Identifier: Apache-2.0
// The generic reader. Its recursion follows the message's own nesting, never the text's.
#include "load/policy_reader.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <charconv>
#include <set>
#include <vector>

#include "load/nearest.hpp"
#include "load/yaml_tree.hpp"

namespace sluice::load {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// A plain scalar that YAML's core schema takes for something else than a string.
bool looks_like_number_or_bool(std::string_view text) {
  if (text == "true" || text == "false" || text == "True" || text == "False" || text == "TRUE" ||
      text == "FALSE") {
    return true;
  }
  bool digits = false;
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      digits = true;
    } else if (c != '.' && c != '+' && c != '-' && c != 'e' && c != 'E') {
      return false;
    }
  }
  // "10.0.0.1" and "1-2" are strings: a number has one dot at most and signs only before digits.
  std::size_t dots = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    dots += text[i] == '.';
    bool sign = text[i] == '+' || text[i] == '-';
    if (sign && i != 0 && text[i - 1] != 'e' && text[i - 1] != 'E') return false;
  }
  return digits && dots <= 1 && (text[0] != 'e' && text[0] != 'E');
}

std::string kind_of(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
    case YamlNode::Kind::kScalar:
      break;
  }
  std::string shown = node.text.substr(0, 40);
  return fmt::format("{}`{}`", node.quoted ? "the string " : "", shown);
}

class Reader {
 public:
  Reader(const std::string& file, PolicySpans& spans, Diagnostics& diagnostics)
      : file_(file), spans_(spans), diagnostics_(diagnostics) {}

  void read_message(const YamlNode& node, Message& message, const std::string& path) {
    const Descriptor* type = message.GetDescriptor();
    if (node.kind != YamlNode::Kind::kMap) {
      error(Code::kWrongType, node,
            fmt::format("{} must be a map of keys and values, not {}", shown(path), kind_of(node)));
      return;
    }
    std::set<const FieldDescriptor*> seen;
    for (const YamlMember& member : node.members) {
      const FieldDescriptor* field = find(type, member.key);
      Span key{file_, member.line, member.column};
      if (field == nullptr) {
        unknown_key(type, member.key, key, path);
        continue;
      }
      if (!seen.insert(field).second) {
        diagnostics_.error(
            Code::kDuplicateKey, key,
            fmt::format("`{}` is given twice, in two spellings", field->json_name()));
        continue;
      }
      if (member.value.kind == YamlNode::Kind::kNull) continue;
      std::string inner = path.empty() ? field->json_name() : path + "." + field->json_name();
      spans_.add(inner, member.value.line, member.value.column);
      read_field(member.value, message, field, inner);
    }
  }

 private:
  static const FieldDescriptor* find(const Descriptor* type, const std::string& key) {
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      if (field->json_name() == key || field->name() == key) return field;
    }
    return nullptr;
  }

  void unknown_key(const Descriptor* type, const std::string& key, const Span& span,
                   const std::string& path) {
    std::vector<std::string> known;
    for (int i = 0; i < type->field_count(); ++i) known.push_back(type->field(i)->json_name());
    Diagnostic& made = diagnostics_.error(
        Code::kUnknownKey, span,
        fmt::format("unknown key `{}`{}{}", key.substr(0, 80),
                    path.empty() ? "" : fmt::format(" in `{}`", path), did_you_mean(key, known)));
    if (nearest(key, known).empty()) {
      made.note(fmt::format("known keys: {}", fmt::join(known, ", ")));
    }
  }

  void read_field(const YamlNode& node, Message& message, const FieldDescriptor* field,
                  const std::string& path) {
    if (!field->is_repeated()) {
      read_value(node, message, field, path);
      return;
    }
    if (node.kind != YamlNode::Kind::kList) {
      error(Code::kWrongType, node, fmt::format("`{}` must be a list, not {}", path, kind_of(node)))
          .mend(
              fmt::format("write it as `{}: [...]` or with one `- ` per line", field->json_name()));
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& item = node.items[i];
      std::string inner = fmt::format("{}[{}]", path, i);
      spans_.add(inner, item.line, item.column);
      if (item.kind == YamlNode::Kind::kNull) {
        error(Code::kWrongType, item, fmt::format("`{}` has no value", inner));
        continue;
      }
      read_value(item, message, field, inner);
    }
  }

  // One value: of a singular field, or one element of a list.
  void read_value(const YamlNode& node, Message& message, const FieldDescriptor* field,
                  const std::string& path) {
    const Reflection* r = message.GetReflection();
    bool list = field->is_repeated();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message* inner = list ? r->AddMessage(&message, field) : r->MutableMessage(&message, field);
      read_message(node, *inner, path);
      return;
    }
    if (node.kind != YamlNode::Kind::kScalar) {
      error(Code::kWrongType, node,
            fmt::format("`{}` must be {}, not {}", path, wanted(field), kind_of(node)));
      return;
    }
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (!node.quoted && looks_like_number_or_bool(node.text)) {
          error(Code::kWrongType, node,
                fmt::format("`{}` must be a string, not {}", path, kind_of(node)))
              .mend(fmt::format("write it in quotes: \"{}\"", node.text));
          return;
        }
        list ? r->AddString(&message, field, node.text) : r->SetString(&message, field, node.text);
        return;
      case FieldDescriptor::CPPTYPE_BOOL:
        if (node.quoted || (node.text != "true" && node.text != "false")) {
          error(Code::kWrongType, node,
                fmt::format("`{}` must be true or false, not {}", path, kind_of(node)));
          return;
        }
        list ? r->AddBool(&message, field, node.text == "true")
             : r->SetBool(&message, field, node.text == "true");
        return;
      case FieldDescriptor::CPPTYPE_UINT32:
        if (auto value = integer<std::uint32_t>(node, path)) {
          list ? r->AddUInt32(&message, field, *value) : r->SetUInt32(&message, field, *value);
        }
        return;
      case FieldDescriptor::CPPTYPE_UINT64:
        if (auto value = integer<std::uint64_t>(node, path)) {
          list ? r->AddUInt64(&message, field, *value) : r->SetUInt64(&message, field, *value);
        }
        return;
      case FieldDescriptor::CPPTYPE_INT32:
        if (auto value = integer<std::int32_t>(node, path)) {
          list ? r->AddInt32(&message, field, *value) : r->SetInt32(&message, field, *value);
        }
        return;
      case FieldDescriptor::CPPTYPE_INT64:
        if (auto value = integer<std::int64_t>(node, path)) {
          list ? r->AddInt64(&message, field, *value) : r->SetInt64(&message, field, *value);
        }
        return;
      case FieldDescriptor::CPPTYPE_ENUM:
        if (const EnumValueDescriptor* value = enum_value(node, field->enum_type(), path)) {
          list ? r->AddEnum(&message, field, value) : r->SetEnum(&message, field, value);
        }
        return;
      default:
        error(Code::kWrongType, node,
              fmt::format("`{}` has a type that policies do not use", path));
        return;
    }
  }

  static std::string_view wanted(const FieldDescriptor* field) {
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return "a string";
      case FieldDescriptor::CPPTYPE_BOOL:
        return "true or false";
      case FieldDescriptor::CPPTYPE_ENUM:
        return "one of its names";
      default:
        return "a number";
    }
  }

  // Decimal, as a number or, by the JSON mapping, as a string. Leading zeros are refused, because
  // YAML 1.1 reads them as octal.
  template <typename T>
  std::optional<T> integer(const YamlNode& node, const std::string& path) {
    std::string_view text = node.text;
    std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    bool decimal = !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos &&
                   (digits.size() == 1 || digits[0] != '0');
    if (!decimal) {
      error(Code::kWrongType, node,
            fmt::format("`{}` must be a whole decimal number, not {}", path, kind_of(node)));
      return std::nullopt;
    }
    T value{};
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) {
      error(Code::kOutOfRange, node,
            fmt::format("`{}` must be from {} to {}, not {}", path, std::numeric_limits<T>::min(),
                        std::numeric_limits<T>::max(), text.substr(0, 40)));
      return std::nullopt;
    }
    return value;
  }

  // Enum values go by their names alone. The zero value stands for "not given" and has no spelling.
  const EnumValueDescriptor* enum_value(const YamlNode& node, const EnumDescriptor* type,
                                        const std::string& path) {
    std::vector<std::string> known;
    for (int i = 0; i < type->value_count(); ++i) {
      const EnumValueDescriptor* value = type->value(i);
      if (value->number() == 0) continue;
      if (value->name() == node.text) return value;
      known.push_back(value->name());
    }
    error(Code::kUnknownEnum, node,
          fmt::format("`{}` cannot be {}{}", path, kind_of(node), did_you_mean(node.text, known)))
        .note(fmt::format("it is one of {}", fmt::join(known, ", ")));
    return nullptr;
  }

  static std::string shown(const std::string& path) {
    return path.empty() ? "the policy" : "`" + path + "`";
  }

  Diagnostic& error(Code code, const YamlNode& node, std::string message) {
    return diagnostics_.error(code, Span{file_, node.line, node.column}, std::move(message));
  }

  const std::string& file_;
  PolicySpans& spans_;
  Diagnostics& diagnostics_;
};

}  // namespace

void PolicySpans::add(const std::string& path, int line, int column) {
  places_.insert_or_assign(path, std::pair{line, column});
}

Span PolicySpans::at(std::string_view path) const {
  while (true) {
    if (auto found = places_.find(path); found != places_.end()) {
      return Span{file_, found->second.first, found->second.second};
    }
    if (path.empty()) return Span{file_, 0, 0};
    auto cut = path.find_last_of(".[");
    path = cut == std::string_view::npos ? std::string_view{} : path.substr(0, cut);
  }
}

std::optional<PolicyText> read_policy(std::string_view text, const std::string& file,
                                      Diagnostics& diagnostics) {
  std::size_t before = diagnostics.error_count();
  auto root = parse_yaml(text, file, diagnostics);
  if (root == nullptr) return std::nullopt;
  PolicyText result{{}, PolicySpans(file)};
  result.spans.add("", root->line, root->column);
  Reader(file, result.spans, diagnostics).read_message(*root, result.policy, "");
  if (diagnostics.error_count() != before) return std::nullopt;
  return result;
}

}  // namespace sluice::load
