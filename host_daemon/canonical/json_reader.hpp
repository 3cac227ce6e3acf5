// SPDX-License-Identifier: Apache-2.0
// Reads one JSON text (RFC 8259) into a flat list of nodes: strictly, without recursion, with an
// explicit stack and a depth limit. Keys may repeat here: whoever walks the members sees all of
// them and decides. Numbers keep their spelling, so that nothing is lost before the type of the
// field is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::canonical {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// "an object", "a number", ... for messages.
std::string_view describe(JsonKind kind);

struct JsonNode {
  static constexpr std::uint32_t npos = 0xFFFFFFFF;
  JsonKind kind = JsonKind::null;
  bool boolean = false;          // boolean: the value
  std::uint32_t offset = 0;      // of the value's first byte in the text
  std::uint32_t key_offset = 0;  // member of an object: of its key
  std::uint32_t first = npos;    // array, object: first child
  std::uint32_t next = npos;     // next sibling
  std::string_view text;         // string: decoded value; number: its spelling
  std::string_view key;          // member of an object: decoded key
};

/// The nodes point into the text that was read and into `decoded`: the text must outlive the
/// document.
class JsonDocument {
 public:
  /// Reads `text`, with at most `max_depth` nested arrays and objects. Throws Refused (code
  /// "json_syntax", "json_depth", "json_utf8") with line and column.
  JsonDocument(std::string_view text, std::size_t max_depth);
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  const JsonNode& root() const { return nodes_.front(); }
  const JsonNode* child(const JsonNode& node) const { return at(node.first); }
  const JsonNode* next(const JsonNode& node) const { return at(node.next); }
  std::string_view text() const { return text_; }

 private:
  friend class JsonParser;
  const JsonNode* at(std::uint32_t index) const {
    return index == JsonNode::npos ? nullptr : &nodes_[index];
  }
  std::string_view text_;
  std::vector<JsonNode> nodes_;
  std::string decoded_;  // strings with escapes; reserved once, so views stay valid
};

struct LineColumn {
  std::size_t line, column;
};
/// Line and column (in characters, both from 1) of a byte offset.
LineColumn line_column(std::string_view text, std::size_t offset);

/// True for exactly the number grammar of RFC 8259 section 6.
bool is_json_number(std::string_view text);

}  // namespace sluice::canonical
