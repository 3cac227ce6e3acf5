// SPDX-License-Identifier: Apache-2.0
// Where things are in the text of a record, for mutators: found by punctuation alone, so that broken records have them, too.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sluice::test {

struct Token {
  std::size_t begin, end;  // byte offsets, half open
};

// Strings, words and numbers, single punctuation.
std::vector<Token> tokens_of(const std::string& text, std::size_t from);

// Members or items: spans between '{' '[' ',' and '}' ']' ',' at equal depth.
std::vector<Token> members_of(const std::string& text, std::size_t from);

// Spans of the objects, outer ones behind the ones they hold.
std::vector<Token> objects_of(const std::string& text, std::size_t from);

// Where the body starts; the end of a record that has none.
std::size_t body_of(const std::string& record);

// The body's type is application/protobuf.
bool is_binary(const std::string& record);

// Strings of the body that are no member names, at least one character long.
std::vector<Token> string_values_of(const std::string& record);

// Sets content-length to the body's true length, if the record has that header; keeps the record's
// own idea of where the body starts.
void mend_length(std::string& record);

}  // namespace sluice::test
