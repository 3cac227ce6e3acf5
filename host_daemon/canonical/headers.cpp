// SPDX-License-Identifier: Apache-2.0
#include "canonical/headers.hpp"

#include <algorithm>
#include <set>

#include "canonical/refusal.hpp"
#include "canonical/text.hpp"

namespace sluice::canonical {
namespace {

[[noreturn]] void refuse_header(std::string code, const std::string& name, std::string message,
                                RuleText rule = {}, int status = 400) {
  throw Refused({status, std::move(code), name, std::move(rule.text), std::move(message), 0, 0, "",
                 std::nullopt, std::move(rule.name)});
}

bool frames_the_message(const std::string& name) {
  return name == "host" || name == "content-length" || name == "content-type" ||
         name == "content-encoding" || name == "transfer-encoding";
}

// Headers that mean something to the next hop only (RFC 9110 section 7.6.1).
bool is_hop_by_hop(const std::string& name) {
  static const std::set<std::string> names = {"connection", "keep-alive", "te",
                                              "trailer",    "upgrade",    "transfer-encoding"};
  return names.contains(name) || name.starts_with("proxy-");
}

std::set<std::string> nominated_by_connection(const std::vector<HttpHeader>& headers) {
  std::set<std::string> out;
  for (const HttpHeader& header : headers) {
    if (lower(header.name) != "connection") continue;
    for (std::string& element : list_elements(header.value)) {
      if (frames_the_message(element)) {
        refuse_header(
            "connection", "connection",
            "The connection header names '" + element + "', which is not the next hop's alone.");
      }
      out.insert(std::move(element));
    }
  }
  return out;
}

void check_value(const Tables& tables, const compiler::HeaderRule& rule, const std::string& value) {
  bool space = true;  // a space may not come next
  for (const char c : value) {
    const bool good = c == ' ' ? !space : c > 0x20 && c < 0x7F;
    if (!good) {
      refuse_header(
          "header_value", rule.name,
          "The header '" + rule.name + "' may only hold visible ASCII with single spaces inside.");
    }
    space = c == ' ';
  }
  if (value.empty())
    refuse_header("header_value", rule.name, "The header '" + rule.name + "' is empty.");
  if (rule.constant && value != *rule.constant) {
    refuse_header("rule", rule.name,
                  "The header '" + rule.name + "' must be '" + *rule.constant + "'.",
                  {"header.constant", "header.constant = " + *rule.constant});
  }
  if (rule.pattern && !RE2::FullMatch(value, tables.pattern(*rule.pattern))) {
    refuse_header("rule", rule.name,
                  "The header '" + rule.name + "' is '" + excerpt(value) +
                      "', which does not match the pattern '" + *rule.pattern + "'.",
                  {"header.pattern", "header.pattern = " + *rule.pattern});
  }
}

}  // namespace

CanonicalHeaders canonical_headers(const Tables& tables, HttpKind kind,
                                   const std::vector<HttpHeader>& headers, std::size_t body_bytes) {
  const bool request = kind == HttpKind::request;
  const auto& rules = request ? tables.schema().request_headers : tables.schema().response_headers;
  const std::set<std::string> nominated = nominated_by_connection(headers);
  CanonicalHeaders out;
  std::size_t hosts = 0, lengths = 0;
  bool chunked = false;
  for (const HttpHeader& header : headers) {
    const std::string name = lower(header.name);
    if (name == "content-type") {
      if (out.content_type)
        refuse_header("duplicate_header", name, "The header 'content-type' stands more than once.");
      out.content_type = header.value;
    } else if (name == "content-length") {
      if (++lengths > 1)
        refuse_header("duplicate_header", name,
                      "The header 'content-length' stands more than once.");
      if (header.value != std::to_string(body_bytes)) {
        refuse_header("content_length", name,
                      "The content-length is '" + excerpt(header.value) + "', but the body has " +
                          std::to_string(body_bytes) + " bytes.");
      }
    } else if (name == "host" && request) {
      if (++hosts > 1)
        refuse_header("duplicate_header", name, "The header 'host' stands more than once.");
    } else if (name == "content-encoding") {
      if (lower(header.value) != "identity") {
        refuse_header("content_encoding", name,
                      "The body is encoded as '" + excerpt(header.value) +
                          "'; only unencoded bodies are read.",
                      {}, 415);
      }
    } else if (name == "expect" && request) {
      if (lower(header.value) != "100-continue") {
        refuse_header("expect", name,
                      "The expectation '" + excerpt(header.value) + "' cannot be met.", {}, 417);
      }
    } else if (is_hop_by_hop(name) || nominated.contains(name) || tables.dropped(name)) {
      chunked = chunked || name == "transfer-encoding";
    } else {
      const auto rule =
          std::find_if(rules.begin(), rules.end(), [&](const auto& r) { return r.name == name; });
      if (rule == rules.end()) {
        refuse_header("header_not_listed", excerpt(name, 60),
                      "The header '" + excerpt(name, 60) +
                          "' is not listed in the policy. Leave it out, or list it under " +
                          (request ? "requestHeaders" : "responseHeaders") + " or dropHeaders.");
      }
      check_value(tables, *rule, header.value);
      if (!out.listed.emplace(name, header.value).second) {
        refuse_header("duplicate_header", name, "The header '" + name + "' stands more than once.");
      }
    }
  }
  if (request && hosts == 0) refuse_header("host", "host", "The request has no host header.");
  if (chunked && lengths > 0) {
    refuse_header("smuggling", "transfer-encoding",
                  "The message has both content-length and transfer-encoding.");
  }
  for (const auto& rule : rules) {
    if (rule.required && !out.listed.contains(rule.name)) {
      refuse_header("rule", rule.name,
                    "The header '" + rule.name + "' is missing; the policy requires it.",
                    {"required", "required"});
    }
  }
  return out;
}

bool is_protobuf_type(std::string_view content_type) {
  const std::string text = lower(content_type);
  return text == "application/protobuf" || text == "application/x-protobuf";
}

bool is_json_type(std::string_view content_type) {
  const std::string text = lower(content_type);
  const std::string_view view = text;
  const auto semicolon = std::min(view.find(';'), view.size());
  std::string_view type = view.substr(0, semicolon);
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  if (type != "application/json") return false;
  if (semicolon == view.size()) return true;
  std::string_view parameter = view.substr(semicolon + 1);
  while (parameter.starts_with(' ') || parameter.starts_with('\t')) parameter.remove_prefix(1);
  return parameter == "charset=utf-8" || parameter == "charset=\"utf-8\"";
}

}  // namespace sluice::canonical
