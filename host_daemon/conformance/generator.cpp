// SPDX-License-Identifier: Apache-2.0
#include "conformance/generator.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sluice::conformance {
namespace {

constexpr std::array<std::string_view, 24> fragments{
    "\"number\":1", "\"text\":\"\"", "\"kind\":\"URGENT\"", "\"kind\":\"PLAIN\"", "\"marks\":[]", "\"marks\":[1,2,3]", "\"reply\":{}",
    ",",            "{",             "}",                   "[",                  "]",             "\"",               "-0",
    "1000",         "1e1",           "null",                "\\u0041",            "\\/",           "\xC0\x80",         "\xED\xA0\x80",
    "\r\n",         " ",             "%2F"};

void mend_length(std::string& record) {
  constexpr std::string_view name = "content-length: ";
  const std::size_t end = record.find("\r\n\r\n");
  const std::size_t at = record.find(name);
  if (end == std::string::npos || at == std::string::npos || at > end) return;
  const std::size_t first = at + name.size();
  const std::size_t last = record.find('\r', first);
  record.replace(first, last - first, std::to_string(record.size() - end - 4));
}

}  // namespace

Generator::Generator(const Reference& reference, std::uint64_t seed)
    : reference_(reference),
      rng_(seed),
      requests_(reference.first().compiled.request),
      responses_(reference.first().compiled.response) {}

Sample Generator::next() {
  Sample sample;
  sample.pipeline = below(2) == 0 ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE;
  const bool request = sample.pipeline == layout::Pipeline::REQUEST;
  if (!request) sample.endpoint = static_cast<std::uint16_t>(1 + below(reference_.symbols().endpoints()));
  const std::size_t most = reference_.first().image.max_record_bytes();
  for (;;) {
    auto record = (request ? requests_ : responses_).random(sample.endpoint, rng_, {.bytes = 60 + below(500), .depth = 40});
    if (record && record->size() <= most) {
      sample.record = std::move(*record);
      break;
    }
  }
  if (below(2) == 0) sample.record = changed(std::move(sample.record));
  sample.record.resize(std::min(sample.record.size(), most));
  return sample;
}

std::string Generator::changed(std::string record) {
  const std::size_t head = record.find("\r\n\r\n");
  const bool in_body = head != std::string::npos && head + 4 < record.size() && below(4) != 0;
  const std::size_t from = in_body ? head + 4 : 0;
  const auto place = [&] { return from + below(record.size() - from); };
  const std::size_t changes = 1 + below(2);
  for (std::size_t i = 0; i < changes && record.size() > from; ++i) {
    switch (below(6)) {
      case 0:
        record[place()] = static_cast<char>(below(256));
        break;
      case 1:
        record.erase(place(), 1 + below(4));
        break;
      case 2:
        record.insert(place(), 1, static_cast<char>(0x20 + below(0x5F)));
        break;
      case 3:
        record.insert(place(), fragments[below(fragments.size())]);
        break;
      case 4: {  // a piece of the record once more
        const std::size_t at = place();
        record.insert(place(), record.substr(at, 1 + below(24)));
        break;
      }
      default:
        record.resize(place());
    }
  }
  if (below(5) != 0) mend_length(record);
  return record;
}

}  // namespace sluice::conformance
