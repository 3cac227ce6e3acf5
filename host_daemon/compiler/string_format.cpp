// SPDX-License-Identifier: Apache-2.0
// Patterns are put together from the rules of the grammars they come from, under the names that these have there.
#include "compiler/string_format.hpp"

#include <algorithm>
#include <vector>

namespace sluice::compiler {
namespace {

std::string group(const std::string& pattern) { return "(?:" + pattern + ")"; }

std::string any_of_patterns(const std::vector<std::string>& patterns) {
  std::string out;
  for (const auto& one : patterns) out += (out.empty() ? "" : "|") + one;
  return group(out);
}

std::string times(const std::string& pattern, int least, int most) {
  if (most == 0) return "";
  return group(pattern) + "{" + std::to_string(least) + "," + std::to_string(most) + "}";
}

// --- internet addresses (RFC 3986 section 3.2.2, RFC 4291 section 2.2)
const std::string kOctet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const std::string kIpv4 = kOctet + "(?:\\." + kOctet + "){3}";
const std::string kPiece = "[0-9a-fA-F]{1,4}";

// `tail`: the last 32 bits may be written as an IPv4 address.
std::string ipv6_forms(bool tail) {
  const auto left = [](int pieces) { return pieces == 0 ? "" : times(kPiece + ":", pieces - 1, pieces - 1) + kPiece; };
  std::vector<std::string> forms;
  if (!tail) {
    forms.push_back(times(kPiece + ":", 7, 7) + kPiece);
    // "::" stands for one group of zeros at least.
    for (int pieces = 0; pieces <= 7; ++pieces) {
      const int rest = 7 - pieces;
      forms.push_back(left(pieces) + "::" + (rest == 0 ? "" : group(times(kPiece + ":", 0, rest - 1) + kPiece) + "?"));
    }
  } else {
    forms.push_back(times(kPiece + ":", 6, 6) + kIpv4);
    for (int pieces = 0; pieces <= 5; ++pieces) forms.push_back(left(pieces) + "::" + times(kPiece + ":", 0, 5 - pieces) + kIpv4);
  }
  return any_of_patterns(forms);
}
const std::string kIpv6Hex = ipv6_forms(false);
const std::string kIpv6Mixed = ipv6_forms(true);
const std::string kIpv6 = any_of_patterns({kIpv6Hex, kIpv6Mixed});
// RFC 4007 section 11.2 lets a zone be any text.
const std::string kIpv6Zone = any_of_patterns({kIpv6Hex + "(?:%(?s:.)+)?", kIpv6Mixed});
const std::string kLength32 = "(?:3[0-2]|[12]?[0-9])";
const std::string kLength128 = "(?:12[0-8]|1[01][0-9]|[1-9]?[0-9])";

// An IPv4 address whose bits behind the prefix are zero.
std::string ipv4_networks() {
  std::vector<std::string> forms;
  for (int length = 0; length <= 32; ++length) {
    std::string address;
    for (int octet = 0; octet < 4; ++octet) {
      const int bits = std::min(8, std::max(0, length - 8 * octet));
      std::string some = kOctet;
      if (bits < 8) {
        std::vector<std::string> values;
        for (int value = 0; value < 256; value += 1 << (8 - bits)) values.push_back(std::to_string(value));
        some = any_of_patterns(values);
      }
      address += (octet == 0 ? "" : "\\.") + some;
    }
    forms.push_back(address + "/" + std::to_string(length));
  }
  return any_of_patterns(forms);
}

// --- host names (RFC 1034 section 3.5, RFC 1123 section 2.1): the last label is not all digits, a dot may end it
const std::string kLabel = "[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?";
const std::string kHostname = kLabel + group("\\." + kLabel) + "*\\.?";
const std::string kDigitsLast = "(?:.*\\.)?[0-9]+\\.?";
constexpr std::uint64_t kHostnameLength = 253;

// --- RFC 3986 appendix A
const std::string kHex = "[0-9A-Fa-f]";
const std::string kPercent = "%" + kHex + "{2}";
const std::string kUnreserved = "A-Za-z0-9._~-";
const std::string kSubDelims = "!$&'()*+,;=";
const std::string kPchar = any_of_patterns({"[" + kSubDelims + ":@" + kUnreserved + "]", kPercent});
// Percent-encoded bytes of a host are UTF-8 (section 3.2.2).
const std::string kNext = "%[89AaBb]" + kHex;
const std::string kPercentUtf8 = any_of_patterns(
    {"%[0-7]" + kHex, any_of_patterns({"%[Cc][2-9A-Fa-f]", "%[Dd]" + kHex}) + kNext, "%[Ee]0%[AaBb]" + kHex + kNext,
     any_of_patterns({"%[Ee][1-9A-Ca-cE-Fe-f]" + kNext, "%[Ee][Dd]%[89]" + kHex}) + kNext, "%[Ff]0%[9AaBb]" + kHex + kNext + kNext,
     "%[Ff][1-3]" + kNext + kNext + kNext, "%[Ff]4%8" + kHex + kNext + kNext});
const std::string kRegName = any_of_patterns({"[" + kSubDelims + kUnreserved + "]", kPercentUtf8}) + "*";
// RFC 6874: a zone, encoded. protovalidate takes no IPv4 tail here.
const std::string kZone = "%25" + any_of_patterns({"[" + kUnreserved + "]", kPercentUtf8}) + "+";
const std::string kFuture = "v" + kHex + "+\\.[" + kSubDelims + ":" + kUnreserved + "]+";
const std::string kLiteral = "\\[" + any_of_patterns({kIpv6Hex + group(kZone) + "?", kFuture}) + "\\]";
const std::string kUserinfo = any_of_patterns({"[" + kSubDelims + ":" + kUnreserved + "]", kPercent}) + "*@";
const std::string kAuthority = group(kUserinfo) + "?" + any_of_patterns({kLiteral, kRegName}) + "(?::[0-9]*)?";
const std::string kPathAbempty = group("/" + kPchar + "*") + "*";
const std::string kPathAbsolute = "/" + group(kPchar + "+" + kPathAbempty) + "?";
const std::string kPathRootless = kPchar + "+" + kPathAbempty;
const std::string kPathNoscheme = any_of_patterns({"[" + kSubDelims + "@" + kUnreserved + "]", kPercent}) + "+" + kPathAbempty;
const std::string kQueryFragment = group("\\?" + any_of_patterns({kPchar, "[/?]"}) + "*") + "?" +
                                   group("#" + any_of_patterns({kPchar, "[/?]"}) + "*") + "?";
const std::string kUri = "[A-Za-z][A-Za-z0-9+.-]*:" +
                         any_of_patterns({"//" + kAuthority + kPathAbempty, kPathAbsolute, kPathRootless, ""}) + kQueryFragment;
const std::string kRelative = any_of_patterns({"//" + kAuthority + kPathAbempty, kPathAbsolute, kPathNoscheme, ""}) + kQueryFragment;

// --- the rest
const std::string kHtmlLabel = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const std::string kPort = "(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{1,3}|[0-9])";
const std::string kProtobufName = "[A-Za-z_][A-Za-z_0-9]*(?:\\.[A-Za-z_][A-Za-z_0-9]*)*";

const std::string kMaskPath = "(?:[A-Za-z][A-Za-z0-9]*|\\*)(?:\\.(?:[A-Za-z][A-Za-z0-9]*|\\*))*";

const std::vector<StringFormat>& formats() {
  static const std::vector<StringFormat> all = {
      // The HTML standard's "valid e-mail address".
      {"email", "an e-mail address", "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@" + kHtmlLabel + group("\\." + kHtmlLabel) + "*", "", "", {}},
      {"hostname", "a host name", kHostname, kDigitsLast, "", kHostnameLength},
      {"ip", "an IP address", any_of_patterns({kIpv4, kIpv6Zone}), "", "", {}},
      {"ipv4", "an IPv4 address", kIpv4, "", "", {}},
      {"ipv6", "an IPv6 address", kIpv6Zone, "", "", {}},
      {"address", "a host name or IP address", kHostname, kDigitsLast, any_of_patterns({kIpv4, kIpv6Zone}), kHostnameLength},
      {"host_and_port", "a host and port", kHostname + ":" + kPort, kDigitsLast + ":[0-9]+",
       any_of_patterns({kIpv4, "\\[" + kIpv6Zone + "\\]"}) + ":" + kPort, kHostnameLength},
      {"uri", "a URI", kUri, "", "", {}},
      {"uri_ref", "a URI reference", any_of_patterns({kUri, kRelative}), "", "", {}},
      {"uuid", "a UUID", "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "", "", {}},
      {"tuuid", "a UUID without hyphens", "[0-9a-fA-F]{32}", "", "", {}},
      {"ip_with_prefixlen", "an IP address with prefix length",
       any_of_patterns({kIpv4 + "/" + kLength32, kIpv6 + "/" + kLength128}), "", "", {}},
      {"ipv4_with_prefixlen", "an IPv4 address with prefix length", kIpv4 + "/" + kLength32, "", "", {}},
      {"ipv6_with_prefixlen", "an IPv6 address with prefix length", kIpv6 + "/" + kLength128, "", "", {}},
      {"ipv4_prefix", "an IPv4 prefix", ipv4_networks(), "", "", {}},
      {"ulid", "a ULID", "[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}", "", "", {}},
      // The JSON mapping of google.protobuf.FieldMask: paths in lowerCamelCase, of which snake_case can be made and back; "*" is all.
      {"field_mask", "a field mask: paths in lowerCamelCase, joined by commas", "(?:" + kMaskPath + "(?:," + kMaskPath + ")*)?", "", "", {}},
      {"protobuf_fqn", "a full Protobuf name", kProtobufName, "", "", {}},
      {"protobuf_dot_fqn", "a full Protobuf name with leading dot", "\\." + kProtobufName, "", "", {}},
      {"http_header_name", "an HTTP header name", ":?[0-9a-zA-Z!#$%&'*+-.^_|~`]+", "", "", {}},
      {"http_header_name_loose", "an HTTP header name", "[^\\x00\\n\\r]+", "", "", {}},
      {"http_header_value", "an HTTP header value", "[^\\x00-\\x08\\x0A-\\x1F\\x7F]*", "", "", {}},
      {"http_header_value_loose", "an HTTP header value", "[^\\x00\\n\\r]*", "", "", {}},
  };
  return all;
}

}  // namespace

const StringFormat* string_format(std::string_view name) {
  for (const StringFormat& format : formats()) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace sluice::compiler
