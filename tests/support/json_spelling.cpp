// SPDX-License-Identifier: Apache-2.0
#include "support/json_spelling.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

namespace sluice::test {
namespace {

using Json = nlohmann::ordered_json;

class Speller {
 public:
  Speller(std::mt19937_64& random, Numbers numbers) : random_(random), numbers_(numbers) {}

  // Recursion: test messages nest a few levels.
  void value(const Json& json) {
    space();
    if (json.is_object()) {
      object(json);
    } else if (json.is_array()) {
      out_ += '[';
      for (std::size_t i = 0; i < json.size(); ++i) {
        if (i > 0) out_ += ',';
        value(json[i]);
      }
      out_ += ']';
    } else if (json.is_string()) {
      text(json.get_ref<const std::string&>());
    } else if (json.is_number() && numbers_ != Numbers::keep) {
      number(json);
    } else {
      out_ += json.dump();
    }
    space();
  }

  std::string out_;

 private:
  void object(const Json& json) {
    std::vector<std::string> keys;
    for (const auto& [key, inner] : json.items()) keys.push_back(key);
    std::shuffle(keys.begin(), keys.end(), random_);
    out_ += '{';
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i > 0) out_ += ',';
      space();
      text(keys[i]);
      space();
      out_ += ':';
      value(json.at(keys[i]));
    }
    out_ += '}';
  }

  // ASCII is escaped now and then; other characters stand as they are.
  void text(const std::string& text) {
    const bool escape = random_() % 4 == 0;
    out_ += '"';
    for (const char c : text) {
      const auto byte = static_cast<std::uint8_t>(c);
      if (byte < 0x20 || c == '"' || c == '\\' || (escape && byte < 0x80 && random_() % 3 == 0)) {
        char code[8];
        std::snprintf(code, sizeof code, random_() % 2 ? "\\u%04x" : "\\u%04X", byte);
        out_ += code;
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  void number(const Json& json) {
    std::string digits = json.dump();
    const bool plain = digits.find_first_of(".eE") == std::string::npos;
    if (plain && random_() % 6 == 0) {
      digits += ".0";
    } else if (plain && random_() % 6 == 0) {
      digits += "e0";
    } else if (numbers_ == Numbers::quote && random_() % 6 == 0) {
      digits = '"' + digits + '"';
    }
    out_ += digits;
  }

  void space() {
    if (random_() % 5 == 0) out_ += " \n\t\r"[random_() % 4];
  }

  std::mt19937_64& random_;
  Numbers numbers_;
};

}  // namespace

std::string messy_json(const std::string& json, std::mt19937_64& random, Numbers numbers) {
  Speller speller(random, numbers);
  speller.value(Json::parse(json));
  return speller.out_;
}

}  // namespace sluice::test
