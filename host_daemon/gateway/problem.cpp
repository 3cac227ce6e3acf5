// SPDX-License-Identifier: Apache-2.0
#include "gateway/problem.hpp"

#include "canonical/text.hpp"
#include "load/http_status.hpp"

namespace sluice::gateway {
namespace {

void add_member(std::string& out, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  if (out.size() > 1) out += ',';
  canonical::append_json_string(out, name);
  out += ':';
  canonical::append_json_string(out, value);
}

void add_number(std::string& out, std::string_view name, std::size_t value) {
  out += ",\"" + std::string(name) + "\":" + std::to_string(value);
}

}  // namespace

std::string reason_of(int status) {
  return std::string(load::reason_phrase(static_cast<std::uint32_t>(status)));
}

std::string problem_document(const canonical::Refusal& refusal) {
  std::string out = "{";
  add_member(out, "title", reason_of(refusal.http_status));
  add_number(out, "status", static_cast<std::size_t>(refusal.http_status));
  add_member(out, "detail", refusal.message);
  add_member(out, "code", refusal.code);
  add_member(out, "field", refusal.field);
  // As the audit log names it; what is no rule of schema or policy goes by its code.
  const std::string& rule = refusal.rule_name.empty() ? refusal.rule : refusal.rule_name;
  add_member(out, "rule", rule.empty() ? refusal.code : rule);
  if (rule != refusal.rule) add_member(out, "constraint", refusal.rule);
  if (refusal.line > 0) {
    add_number(out, "line", refusal.line);
    add_number(out, "column", refusal.column);
  }
  if (refusal.offset) add_number(out, "offset", *refusal.offset);
  return out + "}\n";
}

std::string problem_response(const canonical::Refusal& refusal, bool keep_alive) {
  const std::string body = problem_document(refusal);
  std::string out = "HTTP/1.1 " + std::to_string(refusal.http_status) + " " +
                    reason_of(refusal.http_status) + "\r\n";
  out +=
      "content-type: application/problem+json\r\ncontent-length: " + std::to_string(body.size()) +
      "\r\n";
  if (!refusal.allow.empty()) out += "allow: " + refusal.allow + "\r\n";
  if (refusal.http_status == 503) out += "retry-after: 1\r\n";
  if (!keep_alive) out += "connection: close\r\n";
  return out + "\r\n" + body;
}

std::string in_words(const canonical::Refusal& refusal) {
  std::string out = refusal.code;
  if (!refusal.field.empty()) out += " " + refusal.field;
  if (!refusal.rule.empty()) out += " (" + refusal.rule + ")";
  if (refusal.line > 0)
    out +=
        " at line " + std::to_string(refusal.line) + ", column " + std::to_string(refusal.column);
  if (refusal.offset) out += " at byte " + std::to_string(*refusal.offset);
  return out;
}

canonical::Refusal problem(int status, std::string code, std::string message) {
  canonical::Refusal out;
  out.http_status = status;
  out.code = std::move(code);
  out.message = std::move(message);
  return out;
}

}  // namespace sluice::gateway
