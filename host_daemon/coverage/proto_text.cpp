// SPDX-License-Identifier: Apache-2.0
// A scanner that knows strings, comments and brackets; a diff by common subsequence of lines.
#include "coverage/proto_text.hpp"

#include <algorithm>
#include <stdexcept>

namespace sluice::coverage {

namespace {

// Behind the string or comment that begins at `at`; `at` itself if none does.
std::size_t skip(std::string_view text, std::size_t at) {
  if (text[at] == '"' || text[at] == '\'') {
    std::size_t end = at + 1;
    while (end < text.size() && text[end] != text[at]) end += text[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text.size());
  }
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text.substr(at, 2) == "/*") {
    const std::size_t end = text.find("*/", at + 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  return at;
}

std::size_t offset_of(std::string_view text, int line, int column) {
  std::size_t at = 0;
  for (int i = 1; i < line; ++i) {
    at = text.find('\n', at);
    if (at == std::string_view::npos) throw std::runtime_error("the schema file has changed since it was read");
    ++at;
  }
  return at + static_cast<std::size_t>(std::max(column, 1) - 1);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Where the name of an option begins, behind blanks and comments.
std::size_t name_start(std::string_view option) {
  std::size_t at = 0;
  while (at < option.size()) {
    const std::size_t behind = skip(option, at);
    if (behind == at && std::string_view(" \t\r\n").find(option[at]) == std::string_view::npos) break;
    at = std::max(behind, at + 1);
  }
  return at;
}

// True if this option is about the rules of the field.
bool is_rule(std::string_view option) {
  std::string name;
  for (std::size_t i = 0; i < option.size() && option[i] != '=';) {
    if (const std::size_t behind = skip(option, i); behind != i) {
      i = behind;
    } else {
      if (std::string_view(" \t\r\n").find(option[i]) == std::string_view::npos) name += option[i];
      ++i;
    }
  }
  return name.starts_with("(buf.validate.field)") || name.starts_with("(.buf.validate.field)");
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    out.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

Edit replace_rules(std::string_view text, int line, int column, const std::string& rules) {
  const std::size_t start = offset_of(text, line, column);
  const std::string option = "(buf.validate.field) = {" + rules + "}";
  std::vector<std::size_t> commas;
  std::size_t open = std::string_view::npos;
  int depth = 0;
  for (std::size_t at = start; at < text.size();) {
    if (const std::size_t behind = skip(text, at); behind != at) {
      at = behind;
      continue;
    }
    const char c = text[at];
    if (c == ';' && depth == 0) return {at, 0, " [" + option + "]"};
    if (c == '[' && depth == 0) open = at;
    if (c == ',' && depth == 1 && open != std::string_view::npos) commas.push_back(at);
    if (c == '[' || c == '{' || c == '(' || c == '<') ++depth;
    if (c == ']' || c == '}' || c == ')' || c == '>') --depth;
    if (depth < 0) break;
    if (c == ']' && depth == 0 && open != std::string_view::npos) {
      commas.push_back(at);
      std::string kept;
      std::size_t from = open + 1;
      bool done = false;
      for (std::size_t comma : commas) {
        const std::string_view part = text.substr(from, comma - from);
        from = comma + 1;
        // The new rules stand where the first old ones stood.
        const bool rule = is_rule(part);
        if (rule && done) {
          // What stands in front of the bracket stays there.
          if (comma == at) kept += part.substr(part.find_last_not_of(" \t\r\n") + 1);
          continue;
        }
        if (!kept.empty()) kept += ",";
        if (rule) {
          kept += std::string(part.substr(0, name_start(part))) + option;
          const std::string_view behind = part.substr(part.find_last_not_of(" \t\r\n") + 1);
          if (comma == at) kept += behind;
          done = true;
        } else {
          kept += part;
        }
      }
      if (!done) kept = std::string(trimmed(kept)) + (trimmed(kept).empty() ? "" : ", ") + option;
      return {open + 1, at - open - 1, kept};
    }
    // The statement of a group, an enum or a message is none of a field.
    if (c == '{' && depth == 1) break;
    ++at;
  }
  throw std::runtime_error("line " + std::to_string(line) + ": no field statement, or none that ends");
}

Edit add_import(std::string_view text, const std::string& name) {
  std::size_t at = std::string_view::npos;
  for (const std::string_view word : {"import", "package", "syntax"}) {
    for (std::size_t i = 0; i < text.size();) {
      if (const std::size_t behind = skip(text, i); behind != i) {
        i = behind;
        continue;
      }
      const bool begins = text.substr(i, word.size()) == word && (i == 0 || text[i - 1] == '\n');
      if (begins && text.find(';', i) != std::string_view::npos) at = text.find(';', i) + 1;
      ++i;
    }
    if (at != std::string_view::npos) break;
  }
  if (at == std::string_view::npos) throw std::runtime_error("the file has no syntax statement");
  return {at, 0, "\nimport \"" + name + "\";"};
}

std::string apply(std::string_view text, std::vector<Edit> edits) {
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.offset < b.offset; });
  std::string out;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    if (edit.offset < at) throw std::logic_error("edits overlap");
    out += text.substr(at, edit.offset - at);
    out += edit.text;
    at = edit.offset + edit.size;
  }
  out += text.substr(at);
  return out;
}

std::string unified_diff(const std::string& name, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const auto a = lines_of(before), b = lines_of(after);
  // Pairs of equal lines, greedily: the nearest line that both still have. Fine for few, local changes.
  struct Line {
    char kind;
    std::string_view text;
  };
  std::vector<Line> script;
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      script.push_back({' ', a[i]});
      ++i;
      ++j;
      continue;
    }
    // The least number of lines to leave out on both sides until two lines agree again.
    std::size_t skip_a = a.size() - i, skip_b = b.size() - j;
    for (std::size_t sum = 1; sum < skip_a + skip_b; ++sum) {
      bool found = false;
      for (std::size_t k = 0; k <= sum; ++k) {
        const std::size_t x = i + k, y = j + (sum - k);
        if (x < a.size() && y < b.size() && a[x] == b[y]) {
          skip_a = k;
          skip_b = sum - k;
          found = true;
          break;
        }
      }
      if (found) break;
    }
    for (std::size_t k = 0; k < skip_a; ++k) script.push_back({'-', a[i++]});
    for (std::size_t k = 0; k < skip_b; ++k) script.push_back({'+', b[j++]});
  }
  constexpr std::size_t kContext = 3;
  std::string out = "--- a/" + name + "\n+++ b/" + name + "\n";
  std::size_t line_a = 1, line_b = 1;
  for (std::size_t s = 0; s < script.size();) {
    std::size_t next = s;
    while (next < script.size() && script[next].kind == ' ') ++next;
    if (next == script.size()) break;
    const std::size_t lead = std::min(kContext, next - s);
    line_a += next - s - lead;
    line_b += next - s - lead;
    const std::size_t first = next - lead;
    std::size_t last = next, quiet = 0;
    for (std::size_t k = next; k < script.size() && quiet <= 2 * kContext; ++k) {
      quiet = script[k].kind == ' ' ? quiet + 1 : 0;
      if (quiet == 0) last = k + 1;
    }
    last = std::min(last + kContext, script.size());
    std::size_t count_a = 0, count_b = 0;
    std::string body;
    for (std::size_t k = first; k < last; ++k) {
      count_a += script[k].kind != '+' ? 1 : 0;
      count_b += script[k].kind != '-' ? 1 : 0;
      body += script[k].kind;
      body += script[k].text;
      if (script[k].text.back() != '\n') body += "\n\\ No newline at end of file\n";
    }
    out += "@@ -" + std::to_string(count_a == 0 ? line_a - 1 : line_a) + "," + std::to_string(count_a) + " +" +
           std::to_string(count_b == 0 ? line_b - 1 : line_b) + "," + std::to_string(count_b) + " @@\n" + body;
    line_a += count_a;
    line_b += count_b;
    s = last;
  }
  return out;
}

}  // namespace sluice::coverage
