// SPDX-License-Identifier: Apache-2.0
// The table of reason phrases. Codes that the registry lists as unused have none.
#include "load/http_status.hpp"

#include <algorithm>
#include <iterator>

namespace sluice::load {
namespace {

struct Entry {
  std::uint32_t code;
  std::string_view phrase;
};

// Ascending by code.
constexpr Entry kPhrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {510, "Not Extended"},
    {511, "Network Authentication Required"},
};

constexpr bool ascending() {
  for (std::size_t i = 1; i < std::size(kPhrases); ++i) {
    if (kPhrases[i - 1].code >= kPhrases[i].code) return false;
  }
  return true;
}
static_assert(ascending());

}  // namespace

std::string_view reason_phrase(std::uint32_t code) {
  auto found = std::lower_bound(std::begin(kPhrases), std::end(kPhrases), code,
                                [](const Entry& e, std::uint32_t c) { return e.code < c; });
  return found != std::end(kPhrases) && found->code == code ? found->phrase : std::string_view{};
}

}  // namespace sluice::load
