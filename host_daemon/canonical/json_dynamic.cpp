// SPDX-License-Identifier: Apache-2.0
#include "canonical/json_dynamic.hpp"

#include <map>

#include "canonical/number.hpp"
#include "canonical/scalar.hpp"
#include "canonical/text.hpp"

namespace sluice::canonical {
namespace {

// Line and column are computed by whoever catches the refusal.
Place place_of(const std::string& path, std::size_t offset) { return {path, 0, offset + 1}; }

void append_number(std::string& out, const JsonNode& node, const std::string& path) {
  const FloatReading reading = read_float(node.text, false);
  if (reading.fault != NumberFault::none) {
    refuse_value(place_of(path, node.offset), "out_of_range", "'" + path + "' is " + excerpt(node.text) + ", which no double holds.");
  }
  out += to_canonical_float(reading.value, false);
}

void append_object(std::string& out, const JsonDocument& document, const JsonNode& node, const std::string& path) {
  std::map<std::string, std::string> members;  // key as it stands, without its closing quote: value
  for (const JsonNode* member = document.child(node); member != nullptr; member = document.next(*member)) {
    std::string key;
    append_json_string(key, member->key);
    key.pop_back();  // the closing quote: a key that begins another stands before it
    const auto [at, fresh] = members.try_emplace(key);
    if (!fresh) {
      refuse_value(place_of(path, member->key_offset), "duplicate_key", "'" + path + "' has the key '" + excerpt(member->key) + "' twice.");
    }
    append_dynamic(at->second, document, *member, path);
  }
  out += '{';
  bool first = true;
  for (const auto& [key, value] : members) {
    if (!first) out += ',';
    first = false;
    out += key + "\":" + value;
  }
  out += '}';
}

}  // namespace

void append_dynamic(std::string& out, const JsonDocument& document, const JsonNode& node, const std::string& path) {
  switch (node.kind) {
    case JsonKind::null:
      out += "null";
      break;
    case JsonKind::boolean:
      out += node.boolean ? "true" : "false";
      break;
    case JsonKind::number:
      append_number(out, node, path);
      break;
    case JsonKind::string:
      append_json_string(out, node.text);
      break;
    case JsonKind::object:
      append_object(out, document, node, path);
      break;
    case JsonKind::array: {
      out += '[';
      std::size_t count = 0;
      for (const JsonNode* item = document.child(node); item != nullptr; item = document.next(*item), ++count) {
        if (count > 0) out += ',';
        append_dynamic(out, document, *item, path);
      }
      out += ']';
      break;
    }
  }
}

}  // namespace sluice::canonical
