// SPDX-License-Identifier: Apache-2.0
// Changes to the text of a .proto file: the rules of a field are replaced where they stand, all else
// keeps its bytes; and the changes as a unified diff. It parses no more of a file than the statement of
// a field.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::coverage {

/// Replaces `size` bytes at `offset` by `text`.
struct Edit {
  std::size_t offset = 0, size = 0;
  std::string text;
};

/// The edit that gives the field whose statement begins at `line`, `column` (from 1) the option
/// `(buf.validate.field) = {rules}` instead of every buf.validate.field option that it has. Throws
/// std::runtime_error if no field statement stands there.
Edit replace_rules(std::string_view text, int line, int column, const std::string& rules);

/// The edit that imports a file, behind the last import, the package or the syntax statement.
Edit add_import(std::string_view text, const std::string& name);

/// The text after all edits; they must not overlap. Order does not matter.
std::string apply(std::string_view text, std::vector<Edit> edits);

/// A unified diff of two texts of one file, with three lines around; `name` is the path below a/ and
/// b/. Empty if they are equal.
std::string unified_diff(const std::string& name, std::string_view before, std::string_view after);

}  // namespace sluice::coverage
