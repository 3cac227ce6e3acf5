// SPDX-License-Identifier: Apache-2.0
// One function per part of the policy. Limits of the device come from the generated layout alone.
#include "load/policy_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <sluice/layout.hpp>
#include <string>

#include "load/http_status.hpp"

namespace sluice::load {
namespace {

using sluice::v1::Policy;

constexpr std::size_t kMaxName = 32;  // bytes of the name in an image
constexpr std::size_t kMaxHeaderName = 64;
constexpr std::size_t kMaxHeaderValue = 1024;
constexpr std::size_t kMaxListed = 64;  // headers, statuses
constexpr std::uint32_t kMaxTimeoutMs = 3'600'000;
constexpr std::uint32_t kDefaultTimeoutMs = 1000;
constexpr std::uint32_t kDefaultDepth = 64;

// Headers that a policy does not list: those that every record has by design section 5, those that
// frame a message (RFC 9112, section 6), and those of one hop (RFC 9110, section 7.6.1).
const std::map<std::string, std::string_view> kOwnHeaders = {
    {"host", "every request has it with the policy's `host`"},
    {"content-type", "every record with a body has it"},
    {"content-length", "every record with a body has it"},
    {"transfer-encoding", "records are never sent in chunks"},
    {"connection", "it belongs to one hop"},
    {"keep-alive", "it belongs to one hop"},
    {"proxy-connection", "it belongs to one hop"},
    {"proxy-authenticate", "it belongs to one hop"},
    {"proxy-authorization", "it belongs to one hop"},
    {"te", "it belongs to one hop"},
    {"trailer", "records have no trailers"},
    {"upgrade", "it belongs to one hop"},
    {"expect", "the gateway answers it"},
};

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == text.npos;
}

constexpr std::string_view kLowerDigits = "abcdefghijklmnopqrstuvwxyz0123456789";

// A header value of a record: visible ASCII with single inner spaces (design section 5).
bool canonical_value(std::string_view value) {
  if (value.empty() || value.front() == ' ' || value.back() == ' ') return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(value[i]);
    if (c < 0x20 || c > 0x7e) return false;
    if (c == ' ' && value[i - 1] == ' ') return false;
  }
  return true;
}

// uri-host [":" port] (RFC 9110, section 7.2) without percent escapes: a lower-case reg-name or
// IPv4 address, or an IP literal in brackets.
bool canonical_host(std::string_view host) {
  if (host.empty() || host.size() > 255) return false;
  std::string_view name = host;
  std::string_view port;
  bool has_port = false;
  if (host.front() == '[') {
    std::size_t end = host.find(']');
    if (end == host.npos || end < 3) return false;
    if (!all_of(host.substr(1, end - 1), "0123456789abcdef:.")) return false;
    std::string_view rest = host.substr(end + 1);
    name = {};
    if (!rest.empty()) {
      if (rest.front() != ':') return false;
      has_port = true;
      port = rest.substr(1);
    }
  } else if (std::size_t colon = host.find(':'); colon != host.npos) {
    has_port = true;
    name = host.substr(0, colon);
    port = host.substr(colon + 1);
  }
  if (has_port) {
    if (port.empty() || port.size() > 5 || !all_of(port, "0123456789") || port[0] == '0') {
      return false;
    }
    if (std::stoul(std::string(port)) > 65535) return false;
  }
  if (host.front() == '[') return true;
  // Labels of a DNS name (RFC 1123, section 2.1); underscores are refused.
  if (name.empty()) return false;
  std::size_t begin = 0;
  while (begin <= name.size()) {
    std::size_t end = std::min(name.find('.', begin), name.size());
    std::string_view label = name.substr(begin, end - begin);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
        !all_of(label, std::string(kLowerDigits) + "-")) {
      return false;
    }
    begin = end + 1;
  }
  return true;
}

class Checker {
 public:
  Checker(PolicyText& text, SchemaSource source, Diagnostics& diagnostics)
      : policy_(text.policy), spans_(text.spans), source_(source), diagnostics_(diagnostics) {}

  bool run() {
    std::size_t before = diagnostics_.error_count();
    identity();
    schemas();
    host();
    services();
    headers();
    statuses();
    limits();
    json();
    exceptions();
    return diagnostics_.error_count() == before;
  }

 private:
  Diagnostic& error(Code code, std::string_view path, std::string message) {
    return diagnostics_.error(code, spans_.at(path), std::move(message));
  }

  Diagnostic& missing(std::string_view path, std::string_view key) {
    return error(Code::kMissing, path, fmt::format("`{}` is missing", key));
  }

  void identity() {
    const std::string& name = policy_.name();
    if (name.empty()) {
      missing("name", "name");
    } else if (name.size() > kMaxName || !all_of(name, std::string(kLowerDigits) + "._-") ||
               !all_of(name.substr(0, 1), kLowerDigits)) {
      error(
          Code::kBadValue, "name",
          fmt::format("`name` has 1 to {} characters of a-z, 0-9, `.`, `_`, `-` and begins with a "
                      "letter or a digit",
                      kMaxName));
    }
    if (policy_.serial() == 0) {
      if (spans_.has("serial")) {
        error(Code::kOutOfRange, "serial", "`serial` is at least 1");
      } else {
        missing("serial", "serial").mend("begin with serial: 1 and raise it with each release");
      }
    }
    if (policy_.mode() == Policy::MODE_UNSPECIFIED) {
      missing("mode", "mode").mend("write mode: TWO_WAY");
    } else if (policy_.mode() != Policy::TWO_WAY) {
      error(Code::kUnsupportedMode, "mode",
            fmt::format("the mode {} is not supported by this version",
                        Policy::Mode_Name(policy_.mode())))
          .mend("the only mode is TWO_WAY; diode modes come later");
    }
    if (policy_.geometry() == Policy::GEOMETRY_UNSPECIFIED) {
      missing("geometry", "geometry").mend("write geometry: SMALL");
    }
  }

  void schemas() {
    for (int i = 0; i < policy_.proto_files_size(); ++i) {
      std::string path = fmt::format("protoFiles[{}]", i);
      if (policy_.proto_files(i).empty()) error(Code::kBadValue, path, "a file name is empty");
    }
    no_duplicates(policy_.proto_files(), "protoFiles");
    if (source_ == SchemaSource::kMemory) return;
    bool files = policy_.proto_files_size() != 0;
    bool set = !policy_.descriptor_set().empty();
    if (!files && !set) {
      missing("", "protoFiles").mend("name the schema: protoFiles: [api.proto]");
    } else if (set && (files || policy_.import_paths_size() != 0)) {
      error(Code::kContradiction, "descriptorSet",
            "`descriptorSet` stands in place of `protoFiles` and `importPaths`, not beside them");
    }
  }

  void host() {
    if (policy_.host().empty()) {
      missing("host", "host").mend("the one value of the `host` header, for example api.example");
    } else if (!canonical_host(policy_.host())) {
      error(Code::kBadValue, "host",
            "`host` is a lower-case name, an IPv4 address or an IPv6 address in brackets, with a "
            "port if need be");
    }
  }

  void services() {
    if (policy_.services_size() == 0) {
      missing("services", "services");
      return;
    }
    for (int i = 0; i < policy_.services_size(); ++i) {
      Policy::ServiceSelection& one = *policy_.mutable_services(i);
      std::string path = fmt::format("services[{}]", i);
      if (one.service().empty()) missing(path, "service");
      if (one.methods_size() == 0) {
        missing(path, "methods").mend("all methods: methods: [\"*\"]");
      }
      bool star = false;
      for (const std::string& method : one.methods()) star |= method == "*";
      if (star && one.methods_size() > 1) {
        error(Code::kContradiction, path + ".methods", "\"*\" stands alone: it means every method");
      }
      no_duplicates(one.methods(), path + ".methods");
      if (one.body() == Policy::BODY_UNSPECIFIED) one.set_body(Policy::JSON);
      if (one.max_outstanding() == 0 && spans_.has(path + ".maxOutstanding")) {
        error(Code::kOutOfRange, path + ".maxOutstanding", "`maxOutstanding` is at least 1");
      }
    }
  }

  void headers() {
    std::set<std::string> listed;
    header_list(policy_.request_headers(), "requestHeaders", listed);
    header_list(policy_.response_headers(), "responseHeaders", listed);
    too_many(policy_.drop_headers_size(), "dropHeaders");
    no_duplicates(policy_.drop_headers(), "dropHeaders");
    for (int i = 0; i < policy_.drop_headers_size(); ++i) {
      const std::string& name = policy_.drop_headers(i);
      std::string path = fmt::format("dropHeaders[{}]", i);
      header_name(name, path);
      // One hop's headers are stripped anyway; naming them is harmless. Those that frame the
      // message are not.
      if (name == "host" || name == "content-type" || name == "content-length" ||
          name == "transfer-encoding" || name == "expect") {
        error(Code::kBadHeader, path, fmt::format("the header `{}` cannot be dropped", name));
      }
      if (listed.contains(name)) {
        error(Code::kContradiction, path,
              fmt::format("the header `{}` is both listed and dropped", name));
      }
    }
  }

  template <typename List>
  void header_list(const List& list, const std::string& key, std::set<std::string>& listed) {
    too_many(list.size(), key);
    std::set<std::string> seen;
    for (int i = 0; i < list.size(); ++i) {
      const Policy::Header& header = list[i];
      std::string path = fmt::format("{}[{}]", key, i);
      if (header.name().empty()) {
        missing(path, "name");
        continue;
      }
      header_name(header.name(), path + ".name");
      listed.insert(header.name());
      if (auto own = kOwnHeaders.find(header.name()); own != kOwnHeaders.end()) {
        error(Code::kBadHeader, path + ".name",
              fmt::format("the header `{}` cannot be listed: {}", header.name(), own->second));
      }
      if (!seen.insert(header.name()).second) {
        error(Code::kDuplicateEntry, path + ".name",
              fmt::format("the header `{}` is listed twice", header.name()));
      }
      bool constant = spans_.has(path + ".constant");
      bool pattern = spans_.has(path + ".pattern");
      if (constant && pattern) {
        error(Code::kContradiction, path,
              fmt::format("the header `{}` has both a constant and a pattern", header.name()));
      }
      if (constant &&
          (!canonical_value(header.constant()) || header.constant().size() > kMaxHeaderValue)) {
        error(Code::kBadValue, path + ".constant",
              fmt::format("a header value has 1 to {} visible ASCII characters with single spaces "
                          "between them",
                          kMaxHeaderValue));
      }
      if (pattern && header.pattern().empty()) {
        error(Code::kBadValue, path + ".pattern", "an empty pattern matches no header value")
            .mend("leave `pattern` out to allow any value");
      }
    }
  }

  // A lower-case token (RFC 9110, section 5.1 and 5.6.2).
  void header_name(const std::string& name, const std::string& path) {
    if (name.empty() || name.size() > kMaxHeaderName ||
        !all_of(name, std::string(kLowerDigits) + "!#$%&'*+-.^_`|~")) {
      error(Code::kBadHeader, path,
            fmt::format("`{}` is not a lower-case header name of at most {} characters",
                        name.substr(0, 80), kMaxHeaderName));
    }
  }

  void statuses() {
    if (policy_.statuses_size() == 0) {
      missing("statuses", "statuses").mend("at least: statuses: [{code: 200}]");
    }
    too_many(policy_.statuses_size(), "statuses");
    std::set<std::uint32_t> seen;
    for (int i = 0; i < policy_.statuses_size(); ++i) {
      const Policy::Status& status = policy_.statuses(i);
      std::uint32_t code = status.code();
      std::string path = fmt::format("statuses[{}]", i);
      if (!spans_.has(path + ".code")) {
        missing(path, "code");
        continue;
      }
      if (code < 200 || code > 599 || reason_phrase(code).empty()) {
        error(Code::kOutOfRange, path + ".code",
              fmt::format("{} is not a final status code with a standard reason phrase", code));
        continue;
      }
      if (code == 204 || code == 205 || code == 304) {
        error(Code::kBadValue, path + ".code",
              fmt::format("{} is not supported: its responses have no body", code))
            .mend("let the method answer 200 with an empty message");
      }
      if (!seen.insert(code).second) {
        error(Code::kDuplicateEntry, path + ".code",
              fmt::format("the status {} is listed twice", code));
      }
      if (status.message().empty() && code >= 300) {
        error(Code::kMissing, path,
              fmt::format("the status {} needs a `message`: only 2xx carry the method's response",
                          code))
            .mend("message: google.rpc.Status");
      }
    }
  }

  void limits() {
    if (policy_.geometry() == Policy::GEOMETRY_UNSPECIFIED) return;
    auto held = layout::limits_of(static_cast<layout::Geometry>(policy_.geometry()));
    Policy::Limits& limits = *policy_.mutable_limits();
    limits.set_max_record_bytes(
        limit("maxRecordBytes", limits.max_record_bytes(), held.record_bytes, held.record_bytes));
    limits.set_max_depth(limit("maxDepth", limits.max_depth(),
                               std::min<std::uint32_t>(kDefaultDepth, held.depth), held.depth));
    limits.set_max_outstanding(
        limit("maxOutstanding", limits.max_outstanding(), held.transactions, held.transactions));
    const std::string timeout = "limits.responseTimeoutMs";
    if (!spans_.has(timeout)) {
      limits.set_response_timeout_ms(kDefaultTimeoutMs);
    } else if (limits.response_timeout_ms() == 0 || limits.response_timeout_ms() > kMaxTimeoutMs) {
      error(Code::kOutOfRange, timeout,
            fmt::format("`responseTimeoutMs` is from 1 to {}", kMaxTimeoutMs));
    }
    for (int i = 0; i < policy_.services_size(); ++i) {
      const Policy::ServiceSelection& one = policy_.services(i);
      std::string path = fmt::format("services[{}].maxOutstanding", i);
      if (one.max_outstanding() > limits.max_outstanding()) {
        error(Code::kContradiction, path,
              fmt::format("`maxOutstanding` is {} here and {} for all endpoints together",
                          one.max_outstanding(), limits.max_outstanding()));
      }
    }
  }

  std::uint32_t limit(const std::string& key, std::uint32_t given, std::uint32_t absent,
                      std::uint32_t held) {
    std::string path = "limits." + key;
    if (!spans_.has(path)) return absent;
    if (given == 0) {
      error(Code::kOutOfRange, path, fmt::format("`{}` is at least 1", key));
    } else if (given > held) {
      error(Code::kOverGeometry, path,
            fmt::format("`{}` is {}, but the geometry {} holds {}", key, given,
                        Policy::Geometry_Name(policy_.geometry()), held))
          .mend("lower the limit, or choose a larger geometry");
    }
    return given;
  }

  void json() {
    Policy::Json& json = *policy_.mutable_json();
    if (json.defaults() == Policy::Json::DEFAULTS_UNSPECIFIED) {
      json.set_defaults(Policy::Json::OMIT);
    }
    if (json.int64() == Policy::Json::INT64_UNSPECIFIED) json.set_int64(Policy::Json::QUOTED);
    if (json.enums() == Policy::Json::ENUMS_UNSPECIFIED) json.set_enums(Policy::Json::NAMES);
    if (json.names() == Policy::Json::NAMES_UNSPECIFIED) json.set_names(Policy::Json::JSON_NAME);
  }

  void exceptions() {
    no_duplicates(policy_.any_types(), "anyTypes");
    for (int i = 0; i < policy_.software_only_size(); ++i) {
      const Policy::SoftwareOnly& one = policy_.software_only(i);
      std::string path = fmt::format("softwareOnly[{}]", i);
      if (one.element().empty()) missing(path, "element");
      if (one.rule().empty()) missing(path, "rule");
      if (one.reason().empty()) {
        missing(path, "reason").mend("say why software alone may enforce this rule");
      }
    }
  }

  template <typename List>
  void no_duplicates(const List& list, const std::string& key) {
    std::set<std::string> seen;
    for (int i = 0; i < list.size(); ++i) {
      if (!seen.insert(list[i]).second) {
        error(Code::kDuplicateEntry, fmt::format("{}[{}]", key, i),
              fmt::format("`{}` is listed twice", list[i].substr(0, 80)));
      }
    }
  }

  void too_many(int size, const std::string& key) {
    if (static_cast<std::size_t>(size) > kMaxListed) {
      error(Code::kOutOfRange, key, fmt::format("`{}` has more than {} entries", key, kMaxListed));
    }
  }

  Policy& policy_;
  const PolicySpans& spans_;
  SchemaSource source_;
  Diagnostics& diagnostics_;
};

// The policy's enums and the image's are the same numbers.
static_assert(int{Policy::TINY} == static_cast<int>(layout::Geometry::TINY));
static_assert(int{Policy::SMALL} == static_cast<int>(layout::Geometry::SMALL));
static_assert(int{Policy::LARGE} == static_cast<int>(layout::Geometry::LARGE));
static_assert(int{Policy::SIMULATION} == static_cast<int>(layout::Geometry::SIMULATION));
static_assert(int{Policy::TWO_WAY} == static_cast<int>(layout::Mode::TWO_WAY));
static_assert(int{Policy::DIODE_LOW_TO_HIGH} == static_cast<int>(layout::Mode::DIODE_LOW_TO_HIGH));
static_assert(int{Policy::DIODE_HIGH_TO_LOW} == static_cast<int>(layout::Mode::DIODE_HIGH_TO_LOW));

}  // namespace

bool check_policy(PolicyText& text, SchemaSource source, Diagnostics& diagnostics) {
  return Checker(text, source, diagnostics).run();
}

}  // namespace sluice::load
