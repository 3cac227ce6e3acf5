// SPDX-License-Identifier: Apache-2.0
// A hand-written reader for the few lines that decide where a message ends. It runs before Beast
// sees the bytes.
#include "canonical/http_head.hpp"

#include <algorithm>

#include "canonical/refusal.hpp"
#include "canonical/text.hpp"

namespace sluice::canonical {
namespace {

[[noreturn]] void refuse_http(std::string code, std::string message, int status = 400,
                              std::string field = "") {
  throw Refused({status, std::move(code), std::move(field), "", std::move(message), 0, 0, ""});
}

bool is_token_character(char c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next line off `rest`, without its CRLF. find_head_end has shown that every line ends
// so.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find("\r\n"), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 2));
  return line;
}

void read_request_line(std::string_view line, HttpHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last) {
    refuse_http("request_line",
                "The request line must be 'METHOD target HTTP/1.1' with single spaces; found '" +
                    excerpt(line, 80) + "'.");
  }
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(head.method))
    refuse_http("request_line",
                "The request method '" + excerpt(head.method, 20) + "' is not a token.");
  if (head.target.empty()) refuse_http("request_line", "The request target is empty.");
  if (version != "HTTP/1.1") {
    const bool other = version.size() == 8 && version.starts_with("HTTP/");
    refuse_http("http_version",
                "The version must be HTTP/1.1; found '" + excerpt(version, 20) + "'.",
                other ? 505 : 400);
  }
}

void read_status_line(std::string_view line, HttpHead& head) {
  const bool version = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  const std::string_view code = version ? line.substr(9, 3) : std::string_view();
  // Below 100 no class of status exists (RFC 9110 section 15).
  const bool digits =
      code.size() == 3 && code[0] != '0' &&
      std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
  // The space behind the code may be missing where there is no reason phrase.
  if (!digits || (line.size() > 12 && line[12] != ' ')) {
    refuse_http("status_line", "The status line must be 'HTTP/1.1 code reason'; found '" +
                                   excerpt(line, 80) + "'.");
  }
  head.version_1_1 = line[7] == '1';
  head.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
}

HttpHeader read_header(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) {
    refuse_http("obs_fold", "A header is continued on a second line, which HTTP/1.1 forbids.");
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos)
    refuse_http("header_line", "The header line '" + excerpt(line) + "' has no colon.");
  const std::string_view name = line.substr(0, colon);
  if (name.ends_with(' ') || name.ends_with('\t')) {
    refuse_http("header_line",
                "White space stands before the colon of header '" + excerpt(trim(name)) + "'.");
  }
  if (!is_token(name))
    refuse_http("header_line", "The header name '" + excerpt(name) + "' is not a token.");
  return {std::string(name), std::string(trim(line.substr(colon + 1)))};
}

// uri-host [ ":" port ] of RFC 9112 section 3.2, by its characters: the policy's own host replaces
// it, but what is no host must not pass for one in front of other software's rules.
bool may_be_host(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos);
  });
}

std::uint64_t read_length(const std::string& value) {
  const bool plain =
      !value.empty() && value.size() <= 18 && (value == "0" || value[0] != '0') &&
      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!plain)
    refuse_http("content_length",
                "The content-length '" + excerpt(value) + "' is not a plain decimal number.", 400,
                "content-length");
  return std::stoull(value);
}

// What the headers say about framing and the connection; refuses every contradiction.
void read_framing(HttpKind kind, HttpHead& head) {
  std::size_t lengths = 0, encodings = 0, hosts = 0;
  head.keep_alive = head.version_1_1;
  for (const HttpHeader& header : head.headers) {
    const std::string name = lower(header.name);
    if (name == "content-length") {
      ++lengths;
      head.content_length = read_length(header.value);
    } else if (name == "transfer-encoding") {
      ++encodings;
      if (lower(header.value) != "chunked") {
        refuse_http("transfer_encoding",
                    "The transfer-encoding '" + excerpt(header.value) + "' is not 'chunked'.", 400,
                    "transfer-encoding");
      }
      head.chunked = true;
    } else if (name == "host") {
      ++hosts;
      if (kind == HttpKind::request && !may_be_host(header.value))
        refuse_http("host", "The host header '" + excerpt(header.value) + "' names no host.", 400,
                    "host");
    } else if (name == "connection") {
      for (const std::string& element : list_elements(header.value)) {
        if (element == "close") head.keep_alive = false;
        if (element == "keep-alive" && !head.version_1_1) head.keep_alive = true;
      }
    } else if (name == "expect") {
      if (lower(header.value) == "100-continue") head.expects_continue = true;
    }
  }
  if (lengths > 1)
    refuse_http("content_length", "The message has more than one content-length.", 400,
                "content-length");
  if (encodings > 1)
    refuse_http("transfer_encoding", "The message has more than one transfer-encoding.", 400,
                "transfer-encoding");
  if (lengths > 0 && encodings > 0) {
    refuse_http("smuggling",
                "The message has both content-length and transfer-encoding; which one counts is "
                "ambiguous, so it is refused.",
                400, "transfer-encoding");
  }
  if (encodings > 0 && !head.version_1_1)
    refuse_http("transfer_encoding", "An HTTP/1.0 message has a transfer-encoding.", 400,
                "transfer-encoding");
  if (kind == HttpKind::request && hosts != 1) {
    refuse_http("host",
                hosts == 0 ? "The request has no host header."
                           : "The request has more than one host header.",
                400, "host");
  }
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

std::vector<std::string> list_elements(std::string_view value) {
  std::vector<std::string> out;
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view element = trim(value.substr(0, comma));
    if (!element.empty()) out.push_back(lower(element));
    value.remove_prefix(std::min(value.size(), comma + 1));
  }
  return out;
}

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& scanned) {
  if (bytes.starts_with("\r\n"))
    refuse_http("start_line", "The message begins with an empty line.");
  std::size_t i = scanned;
  for (; i < bytes.size() && i < kMaxHeadBytes; ++i) {
    const char c = bytes[i];
    if (c == '\r') {
      if (i + 1 == bytes.size()) break;  // the next byte decides
      if (bytes[i + 1] != '\n')
        refuse_http("bare_cr", "The head has a carriage return without a line feed.");
      const std::string_view next = bytes.substr(i + 2, 2);
      if (i + 4 <= kMaxHeadBytes) {
        if (next == "\r\n") return i + 4;
        if (std::string_view("\r\n").starts_with(next)) break;  // may be the end: wait for more
      } else if (next == "\r\n") {
        break;
      }
      ++i;
    } else if (c == '\n') {
      refuse_http("bare_lf", "The head has a line feed without a carriage return.");
    } else if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) {
      refuse_http("control_character", "The head has a control character.");
    }
  }
  scanned = std::min(i, bytes.size());
  if (bytes.size() >= kMaxHeadBytes) {
    refuse_http(
        "head_too_long",
        "The start line and headers are longer than " + std::to_string(kMaxHeadBytes) + " bytes.",
        431);
  }
  return std::nullopt;
}

HttpHead parse_head(HttpKind kind, std::string_view rest) {
  HttpHead head;
  const std::string_view start = take_line(rest);
  if (kind == HttpKind::request) {
    read_request_line(start, head);
  } else {
    read_status_line(start, head);
  }
  while (true) {
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    if (head.headers.size() == kMaxHeaders) {
      refuse_http("too_many_headers",
                  "The message has more than " + std::to_string(kMaxHeaders) + " headers.", 431);
    }
    head.headers.push_back(read_header(line));
  }
  read_framing(kind, head);
  return head;
}

}  // namespace sluice::canonical
