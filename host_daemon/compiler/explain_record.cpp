// SPDX-License-Identifier: Apache-2.0
// The envelope of a refused record: which part of it the rejected byte stands in, and what is wrong with the lines. Paths and bodies have
// files of their own.
#include <algorithm>

#include "compiler/explain_internal.hpp"

namespace sluice::compiler {

namespace {

using layout::Pipeline;
using layout::Reason;

class RecordReader {
 public:
  RecordReader(const RecordFacts& facts, const layout::Event& event, std::string_view record)
      : facts_(facts), event_(event), record_(record), offset_(event.offset), request_(event.pipeline == Pipeline::REQUEST) {}

  Finding find() const {
    const bool of_table = event_.reason > Reason::TABLE_PARITY && event_.reason <= Reason::DEPTH;
    if (!of_table || offset_ > record_.size()) return {};
    const std::size_t line = std::min(record_.find("\r\n"), record_.size());
    if (offset_ < line + 2) return request_ ? request_line(line) : status_line(line);
    const std::size_t blank = record_.find("\r\n\r\n", line);
    if (blank == std::string_view::npos || offset_ < blank + 4) return header(line + 2);
    const Body* body = body_here(line);
    return body ? explain_body(facts_, *body, record_, blank + 4, offset_, event_.reason) : Finding{};
  }

 private:
  Finding request_line(std::size_t line) const {
    const std::size_t first = std::min(record_.find(' '), line);
    if (offset_ <= first) return found(":method", "method_not_allowed", "no endpoint has this method");
    const std::size_t end = std::min(record_.find(' ', first + 1), line);
    if (offset_ > end) return found(":version", "version", "expected HTTP/1.1");
    return explain_target(facts_, record_.substr(0, first), record_.substr(first + 1, end - first - 1), offset_ - first - 1, event_.reason);
  }

  Finding status_line(std::size_t) const {
    constexpr std::size_t kVersion = 9;  // "HTTP/1.1 "
    if (offset_ < kVersion) return found(":version", "version", "expected HTTP/1.1");
    return found(":status", "status_not_listed", "the policy does not list this status, or its reason phrase is not the standard one");
  }

  // What stands behind the head; null when the endpoint or the status is not known.
  const Body* body_here(std::size_t line) const {
    const std::size_t tag = event_.endpoint;
    if (tag == 0 || tag > facts_.endpoints.size()) return nullptr;
    const EndpointFacts& endpoint = facts_.endpoints[tag - 1];
    if (request_) return &endpoint.body;
    const std::string_view code = record_.substr(0, line).substr(std::min<std::size_t>(9, line)).substr(0, 3);
    for (const auto& [status, body] : endpoint.responses) {
      if (std::to_string(status) == code) return &body;
    }
    return nullptr;
  }

  Finding header(std::size_t at) const {
    std::vector<std::string_view> names;  // of the lines before
    for (;;) {
      const std::size_t end = std::min(record_.find("\r\n", at), record_.size());
      const std::string_view text = record_.substr(at, end - at);
      const std::string_view name = text.substr(0, std::min(text.find(':'), text.size()));
      if (offset_ >= end + 2 && end < record_.size()) {
        names.push_back(name);
        at = end + 2;
        continue;
      }
      if (event_.reason == Reason::LENGTH) {
        return found("header.content-length", "content_length", "content-length does not agree with the bytes that follow");
      }
      if (event_.reason == Reason::TOO_FEW) return missing(names, text.empty() ? std::string_view() : name);
      if (text.empty() || offset_ >= end) {
        return offset_ >= end && !text.empty() ? value(name) : found("header", "header_line", "expected CR LF, or another header");
      }
      if (offset_ <= at + name.size()) return in_name(names, name);
      return value(name);
    }
  }

  const std::vector<HeaderFacts>& listed() const { return request_ ? facts_.request_headers : facts_.response_headers; }
  const HeaderFacts* find_header(std::string_view name) const {
    const auto it = std::find_if(listed().begin(), listed().end(), [&](const auto& h) { return h.name == name; });
    return it == listed().end() ? nullptr : &*it;
  }
  static bool of_body(std::string_view name) { return name == "content-length" || name == "content-type"; }

  Finding in_name(const std::vector<std::string_view>& names, std::string_view name) const {
    const std::string path = "header." + shown_text(name);
    if (std::find(names.begin(), names.end(), name) != names.end()) return found(path, "duplicate_header", "the header stands twice");
    if (event_.reason == Reason::ORDER) return found(path, "order", "headers stand in ascending order of their names");
    if (of_body(name)) return found(path, "header_not_listed", "a message without a body does not have this header, nor content-type alone");
    return found(path, "header_not_listed", "the policy does not list this header, or headers stand out of order");
  }

  Finding value(std::string_view name) const {
    const std::string path = "header." + shown_text(name);
    const Body* body = body_here(record_.find("\r\n"));
    if (name == "content-length" && body && body->protobuf && record_.substr(std::min(record_.size(), offset_)).starts_with("0\r\n")) {
      // Nothing is wrong with the number: a body without a byte is refused where something must stand.
      return explain_body(facts_, *body, record_, record_.size(), record_.size(), Reason::TOO_FEW);
    }
    if (name == "content-length") return found(path, "content_length", "the length is plain decimal, without leading zeros");
    const HeaderFacts* header = find_header(name);
    if (name == "content-type" || (header && header->constant)) return found(path, "header.constant", "the header must have its one value");
    if (header && header->pattern) return found(path, "header.pattern", "the value does not match the policy's pattern");
    return found(path, "header_value", "a value is visible ASCII with single spaces inside");
  }

  // The first required header that has not been seen and would stand before `name` (empty: the end of the block).
  Finding missing(const std::vector<std::string_view>& names, std::string_view name) const {
    const std::size_t line = record_.find("\r\n");
    const Body* body = body_here(line);
    std::vector<std::string> required;
    for (const HeaderFacts& header : listed()) {
      if (header.required) required.push_back(header.name);
    }
    const bool length = std::find(names.begin(), names.end(), "content-length") != names.end();
    if (length || (body && body->kind != Body::Kind::none && !body->optional)) {
      required.insert(required.end(), {"content-length", "content-type"});
    }
    std::sort(required.begin(), required.end());
    for (const std::string& one : required) {
      if (std::find(names.begin(), names.end(), one) != names.end() || (!name.empty() && one >= name)) continue;
      return found("header." + one, "required", "the header " + one + " is required");
    }
    return {};
  }

  const RecordFacts& facts_;
  const layout::Event& event_;
  std::string_view record_;
  std::size_t offset_;
  bool request_;
};

}  // namespace

Finding explain_record(const RecordFacts& facts, const layout::Event& event, std::string_view record) {
  return RecordReader(facts, event, record).find();
}

}  // namespace sluice::compiler
