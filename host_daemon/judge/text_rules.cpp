// SPDX-License-Identifier: Apache-2.0
// Lengths and content are shared by strings and bytes; the named formats are two tables from the
// rule to its predicate.
#include "judge/text_rules.hpp"

#include <algorithm>

#include "judge/internet_address.hpp"
#include "judge/string_formats.hpp"
#include "judge/text.hpp"
#include "judge/uri.hpp"

namespace sluice::judge {
namespace {

using buf::validate::BytesRules;
using buf::validate::StringRules;

template <typename List>
bool contains(const List& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Bounds on a length, in `unit`.
template <typename Rules>
void check_length(std::uint64_t length, const Rules& rules, const std::string& type,
                  const std::string& unit, const Complain& complain) {
  if (rules.has_len() && length != rules.len()) {
    complain(type + ".len", "must have " + std::to_string(rules.len()) + unit);
  }
  if (rules.has_min_len() && length < rules.min_len()) {
    complain(type + ".min_len", "must have at least " + std::to_string(rules.min_len()) + unit);
  }
  if (rules.has_max_len() && length > rules.max_len()) {
    complain(type + ".max_len", "must have at most " + std::to_string(rules.max_len()) + unit);
  }
}

// What strings and bytes share.
template <typename Rules>
void check_content(const std::string& value, const Rules& rules, const std::string& type,
                   const Complain& complain) {
  if (rules.has_const_() && value != rules.const_())
    complain(type + ".const", "is not the constant");
  if (rules.in_size() > 0 && !contains(rules.in(), value)) {
    complain(type + ".in", "is not one of the allowed values");
  }
  if (contains(rules.not_in(), value)) {
    complain(type + ".not_in", "is one of the forbidden values");
  }
  if (rules.has_prefix() && !value.starts_with(rules.prefix())) {
    complain(type + ".prefix", "does not begin with the prefix");
  }
  if (rules.has_suffix() && !value.ends_with(rules.suffix())) {
    complain(type + ".suffix", "does not end with the suffix");
  }
  if (rules.has_contains() && value.find(rules.contains()) == std::string::npos) {
    complain(type + ".contains", "lacks the text that it must contain");
  }
}

// A rule that is on or off, and what it means when it is on.
template <typename Rules>
struct Format {
  bool (Rules::*on)() const;
  const char* rule;
  bool (*holds)(std::string_view);
  const char* message;
};

template <HostBits host_bits, bool (*is_network)(std::string_view, HostBits)>
bool network(std::string_view text) {
  return is_network(text, host_bits);
}

const Format<StringRules> kStringFormats[] = {
    {&StringRules::email, "string.email", is_email, "must be a mail address"},
    {&StringRules::hostname, "string.hostname", is_hostname, "must be a host name"},
    {&StringRules::ip, "string.ip", is_ip, "must be an IP address"},
    {&StringRules::ipv4, "string.ipv4", is_ipv4, "must be an IPv4 address"},
    {&StringRules::ipv6, "string.ipv6", is_ipv6, "must be an IPv6 address"},
    {&StringRules::uri, "string.uri", is_uri, "must be a URI"},
    {&StringRules::uri_ref, "string.uri_ref", is_uri_reference, "must be a URI reference"},
    {&StringRules::address, "string.address", is_address, "must be a host name or an IP address"},
    {&StringRules::uuid, "string.uuid", is_uuid, "must be a UUID with hyphens"},
    {&StringRules::tuuid, "string.tuuid", is_trimmed_uuid, "must be a UUID without hyphens"},
    {&StringRules::ip_with_prefixlen, "string.ip_with_prefixlen",
     network<HostBits::kAny, is_ip_network>, "must be an IP address with a prefix length"},
    {&StringRules::ipv4_with_prefixlen, "string.ipv4_with_prefixlen",
     network<HostBits::kAny, is_ipv4_network>, "must be an IPv4 address with a prefix length"},
    {&StringRules::ipv6_with_prefixlen, "string.ipv6_with_prefixlen",
     network<HostBits::kAny, is_ipv6_network>, "must be an IPv6 address with a prefix length"},
    {&StringRules::ip_prefix, "string.ip_prefix", network<HostBits::kZero, is_ip_network>,
     "must be an IP network: all bits behind the prefix zero"},
    {&StringRules::ipv4_prefix, "string.ipv4_prefix", network<HostBits::kZero, is_ipv4_network>,
     "must be an IPv4 network: all bits behind the prefix zero"},
    {&StringRules::ipv6_prefix, "string.ipv6_prefix", network<HostBits::kZero, is_ipv6_network>,
     "must be an IPv6 network: all bits behind the prefix zero"},
    {&StringRules::host_and_port, "string.host_and_port", is_host_and_port,
     "must be a host and a port"},
    {&StringRules::ulid, "string.ulid", is_ulid, "must be a ULID"},
    {&StringRules::protobuf_fqn, "string.protobuf_fqn", is_protobuf_name,
     "must be the full name of a Protobuf element"},
    {&StringRules::protobuf_dot_fqn, "string.protobuf_dot_fqn", is_dotted_protobuf_name,
     "must be the full name of a Protobuf element with a leading dot"},
};

template <std::size_t... sizes>
bool has_size(std::string_view bytes) {
  return ((bytes.size() == sizes) || ...);
}

const Format<BytesRules> kBytesFormats[] = {
    {&BytesRules::ip, "bytes.ip", has_size<4, 16>, "must be 4 or 16 bytes, an IP address"},
    {&BytesRules::ipv4, "bytes.ipv4", has_size<4>, "must be 4 bytes, an IPv4 address"},
    {&BytesRules::ipv6, "bytes.ipv6", has_size<16>, "must be 16 bytes, an IPv6 address"},
    {&BytesRules::uuid, "bytes.uuid", has_size<16>, "must be 16 bytes, a UUID"},
};

template <typename Rules, std::size_t size>
void check_formats(std::string_view value, const Rules& rules, const Format<Rules> (&formats)[size],
                   const Complain& complain) {
  for (const auto& format : formats) {
    if ((rules.*format.on)() && !format.holds(value)) complain(format.rule, format.message);
  }
}

void check_header(std::string_view value, const StringRules& rules, const Complain& complain) {
  const bool strict = !rules.has_strict() || rules.strict();
  switch (rules.well_known_regex()) {
    case buf::validate::KNOWN_REGEX_HTTP_HEADER_NAME:
      if (!is_http_header_name(value, strict)) {
        complain("string.well_known_regex", "must be the name of an HTTP header");
      }
      break;
    case buf::validate::KNOWN_REGEX_HTTP_HEADER_VALUE:
      if (!is_http_header_value(value, strict)) {
        complain("string.well_known_regex", "must be the value of an HTTP header");
      }
      break;
    case buf::validate::KNOWN_REGEX_UNSPECIFIED:
      break;
  }
}

}  // namespace

void check_string(const std::string& value, const StringRules& rules, const RE2* pattern,
                  const Complain& complain) {
  check_length(count_code_points(value), rules, "string", " characters", complain);
  if (rules.has_len_bytes() && value.size() != rules.len_bytes()) {
    complain("string.len_bytes", "must have " + std::to_string(rules.len_bytes()) + " bytes");
  }
  if (rules.has_min_bytes() && value.size() < rules.min_bytes()) {
    complain("string.min_bytes",
             "must have at least " + std::to_string(rules.min_bytes()) + " bytes");
  }
  if (rules.has_max_bytes() && value.size() > rules.max_bytes()) {
    complain("string.max_bytes",
             "must have at most " + std::to_string(rules.max_bytes()) + " bytes");
  }
  check_content(value, rules, "string", complain);
  if (rules.has_not_contains() && value.find(rules.not_contains()) != std::string::npos) {
    complain("string.not_contains", "contains the forbidden text");
  }
  if (pattern != nullptr && !RE2::PartialMatch(value, *pattern)) {
    complain("string.pattern", "does not match " + pattern->pattern());
  }
  check_formats(value, rules, kStringFormats, complain);
  check_header(value, rules, complain);
}

void check_bytes(const std::string& value, const BytesRules& rules, const RE2* pattern,
                 const Complain& complain) {
  check_length(value.size(), rules, "bytes", " bytes", complain);
  check_content(value, rules, "bytes", complain);
  if (pattern != nullptr && !(is_valid_utf8(value) && RE2::PartialMatch(value, *pattern))) {
    complain("bytes.pattern", "is not UTF-8 that matches " + pattern->pattern());
  }
  check_formats(value, rules, kBytesFormats, complain);
}

}  // namespace sluice::judge
