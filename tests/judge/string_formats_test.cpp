// SPDX-License-Identifier: Apache-2.0
#include "judge/string_formats.hpp"

#include "tables.hpp"

namespace sluice::judge::test {
namespace {

using namespace std::string_literals;

const std::string kLabel63 = "abc" + std::string(60, '0');
const std::string kName253 = [] {
  std::string name;
  for (int i = 0; i < 25; ++i) name += "123456789.";
  return name + "abc";
}();

const Texts kHosts = {"a",
                      "A.ISI.EDU",
                      "XX.LCS.MIT.EDU",
                      "SRI-NIC.ARPA",
                      "example.com",
                      "foo-bar.com",
                      "a.",
                      "example.com.",
                      "a-b.a--b",
                      "1a",
                      "a1",
                      "com1",
                      "0.1.2.com",
                      "1.2.3.4a",
                      "1.2.3.a4",
                      "1-2",
                      "a.1-2",
                      "localhost",
                      "xn--fiqs8s",
                      "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
                      kLabel63,
                      kLabel63 + ".com",
                      "foo." + kLabel63 + ".com",
                      kName253,
                      kName253 + "."};
const Texts kNotHosts = {"",
                         ".",
                         "..",
                         "a..",
                         ".a",
                         "a..b",
                         " a",
                         "a ",
                         "a b",
                         "a\n",
                         "a\0"s,
                         "-a",
                         "a-",
                         "a.-b",
                         "a-.b",
                         "-",
                         "a.-",
                         "foo_bar.com",
                         "a.1",
                         "1",
                         "1.",
                         "1.2.3.4",
                         "a.123.",
                         "0",
                         "a/b",
                         "a:80",
                         "*.a",
                         "[::1]",
                         "::1",
                         "\xC4\xB0",
                         "a@b",
                         "\xE4\xBD\xA0.com",
                         kLabel63 + "4",
                         kLabel63 + "4.com",
                         "foo." + kLabel63 + "4",
                         kName253 + "d",
                         kName253 + "d.",
                         kName253 + ".."};

TEST_CASE("formats: host names and addresses") {
  check_texts(is_hostname, kHosts, kNotHosts);
  check_texts(is_address, kHosts,
              {"",   ".",   "a..b",     "a_b",       "1",          "1.2.3", "1.2.3.256",
               ":",  "::g", "::1%",     "[::1]",     "1.2.3.4:80", "a:80",  "-a",
               "a-", " a",  "1.2.3.4.", "1.2.3.4/8", "::/0",       "a.1"});
  check_texts(is_address, {"1.2.3.4", "255.255.255.255", "::", "::1", "fe80::a%en1", "::1.2.3.4"},
              {});
}

TEST_CASE("formats: hosts with ports") {
  check_texts(is_host_and_port,
              {"a:0",
               "example.com:8080",
               "a.:1",
               "a:65535",
               "1.2.3.4:80",
               "0.0.0.0:0",
               "255.255.255.255:65535",
               "[::]:0",
               "[::1]:8080",
               "[::1.2.3.4]:1",
               "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
               "[fe80::a%en1]:1",
               "[::1%]]:1",
               "[::1%a]:2]:1",
               "[::1%:]:1",
               "com1:9",
               "0.1.2.com:65530",
               kLabel63 + ":1",
               kName253 + ":80",
               kName253 + ".:80"},
              {"",
               ":",
               ":80",
               "a",
               "a:",
               "a:65536",
               "a:99999",
               "a:100000",
               "a:00",
               "a:080",
               "a:+1",
               "a:-1",
               "a: 1",
               "a:1 ",
               " a:1",
               "a:0x1",
               "a:1a",
               "a:1:2",
               "a::1",
               "1.2.3:80",
               "1.2.3.256:80",
               "1.2.3.4",
               "1.2.3.4:",
               "::1",
               "::1:80",
               "1:2:3:4:5:6:7:8:80",
               "[::1]",
               "[::1]:",
               "[::1]:65536",
               "[::1]80",
               "[::1]a:80",
               "[::1]]:80",
               "[[::1]]:80",
               "[::1:80",
               "::1]:80",
               "[]:80",
               "[:80",
               "]:80",
               "[1.2.3.4]:80",
               "[a]:80",
               "[::1%]:80",
               "[::1 ]:80",
               "[::1.2.3.4%a]:1",
               "[1:2:3:4:5:6::1.2.3.4]:1",
               "a_b:80",
               "a/:80",
               "x://a:80",
               "a:\xD9\xA1",
               "a:80\n",
               "a:4294967376",
               "a:18446744073709551696",
               kName253 + "d:80"});
}

TEST_CASE("formats: mail addresses") {
  check_texts(is_email,
              {"foo@example.com",
               "a@b",
               "a@1",
               "a@1.2.3.4",
               "a.b@c",
               ".a@b",
               "a.@b",
               "a..b@c",
               "..@b",
               "a+b@c",
               "!#$%&'*+/=?^_`{|}~-@a",
               "0@0",
               "A@B.C",
               "a@b-c",
               "a@b--c.d",
               "a@xn--p1ai",
               std::string(300, 'a') + "@b",
               "a@" + kLabel63,
               "a@" + kLabel63 + "." + kLabel63,
               "a@" + kName253 + "." + kName253,
               "x-@y"},
              {"",
               "@",
               "a",
               "a@",
               "@b",
               "a@b.",
               "a@.b",
               "a@b..c",
               "a@-b",
               "a@b-",
               "a@b.-c",
               "a@b-.c",
               "a@b@c",
               "a@@b",
               "a b@c",
               " a@b",
               "a@b ",
               "a@b c",
               "a@b\n",
               "a@b\r\n",
               "a\0@b"s,
               "\"a\"@b",
               "a(b)@c",
               "a,b@c",
               "a:b@c",
               "a;b@c",
               "a<b>@c",
               "<a@b>",
               "a[b]@c",
               "a\\b@c",
               "a@[::1]",
               "a@[1.2.3.4]",
               "a@b_c",
               "a@b:25",
               "mailto:a@b",
               "\xC3\xA9@b",
               "a@\xC3\xA9",
               "a@" + kLabel63 + "0",
               "a@b." + kLabel63 + "0",
               "a\x7F@b"});
}

TEST_CASE("formats: UUIDs") {
  const Texts hyphens = {
      "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
      "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "b45c0c80-8880-11e9-a5b1-000000000000",
      "B45C0C80-8880-21E9-A5B1-000000000000", "a3bb189e-8bf9-3888-9912-ace4e6543002",
      "8b208305-00e8-4460-a440-5e0dcd83bb0a", "a6edc906-2f9f-5fb2-a373-efac406f0ef2",
      "01234567-89ab-cdef-ABCD-EF0123456789"};
  Texts trimmed;
  for (std::string text : hyphens) {
    std::erase(text, '-');
    trimmed.push_back(text);
  }
  check_texts(is_uuid, hyphens, trimmed);
  check_texts(is_uuid, {},
              {"",
               "foobar",
               "8b208305-00e8-4460-a440-5e0dcd83bb0",
               "-",
               "{",
               "----",
               "8b208305-00e8-4460-a440-5e0dcd83bb0aa",
               " 8b208305-00e8-4460-a440-5e0dcd83bb0a",
               "8b208305-00e8-4460-a440-5e0dcd83bb0a\n",
               "8b208305-00e8-4460-a440-5e0dcd83bb0g",
               "8b20830-500e8-4460-a440-5e0dcd83bb0a",
               "8b208305-00e8-4460-a4405-e0dcd83bb0a",
               "8b208305_00e8_4460_a440_5e0dcd83bb0a",
               "8b208305-00e8-4460-a440x5e0dcd83bb0a",
               "{8b208305-00e8-4460-a440-5e0dcd83bb0a}",
               "8b20830500-e8-4460-a440-5e0dcd83bb0a",
               "urn:uuid:8b208305-00e8-4460-a440-5e0dcd83bb0a",
               "-b208305-00e8-4460-a440-5e0dcd83bb0a8",
               "8b208305-00e8-4460-a440-------------",
               "@b208305-00e8-4460-a440-5e0dcd83bb0a",
               "`b208305-00e8-4460-a440-5e0dcd83bb0a"});
  check_texts(is_trimmed_uuid, trimmed, hyphens);
  check_texts(is_trimmed_uuid, {},
              {"", "0", std::string(31, '0'), std::string(33, '0'), std::string(31, '0') + "g",
               std::string(31, '0') + "-", "/" + std::string(31, '0'), ":" + std::string(31, '0'),
               std::string(31, '0') + "\n", std::string(32, '0') + "\n", " " + std::string(31, 'a'),
               std::string(32, 'G'), std::string(32, '`'), std::string(31, 'a') + "\0"s});
}

TEST_CASE("formats: ULIDs") {
  const std::string tail(25, '0');
  Texts accepted = {"01arz3ndektsv4rrffq69g5fav", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                    "01ArZ3NdEkTsV4RrFfQ69G5FaV", "00000000000000000000000000",
                    "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "7zzzzzzzzzzzzzzzzzzzzzzzzz"};
  Texts refused = {"",
                   "foobar",
                   "01ARZ3NDEKTSV4RRFFQ69G5FA",
                   "01ARZ3NDEKTSV4RRFFQ69G5FAVX",
                   "01ARZ3NDEKTSV4RRFFQ69G5FA-",
                   "01ARZ3NDEKTSV4RRFFQ69G5FA ",
                   " 1ARZ3NDEKTSV4RRFFQ69G5FAV",
                   "01ARZ3NDEKTSV4RRFFQ69G5FAV\n",
                   "01ARZ3NDEKTSV4RRFFQ69G5F\xC3\xA9",
                   "/" + tail,
                   "8" + tail,
                   "9" + tail,
                   "A" + tail,
                   "z" + tail};
  for (const char c : "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz"s) {
    accepted.push_back("0" + std::string(24, '7') + c);
  }
  for (const char c : "ILOUilou/:@[`{"s) refused.push_back("0" + std::string(24, '7') + c);
  for (const char c : "01234567"s) accepted.push_back(c + tail);
  check_texts(is_ulid, accepted, refused);
}

TEST_CASE("formats: Protobuf names") {
  const Texts names = {"a",
                       "_",
                       "A",
                       "a.b",
                       "a.b.C",
                       "_._",
                       "a1",
                       "_1",
                       "a_b",
                       "a1.b2",
                       "google.protobuf.Any",
                       "buf.validate.FieldRules",
                       "Z.z",
                       "a__b",
                       "__",
                       "A_.B_",
                       "x.y.z.w",
                       "a9.b9",
                       "z_9",
                       std::string(300, 'a')};
  Texts dotted;
  for (const std::string& name : names) dotted.push_back("." + name);
  const Texts neither = {"",           ".",   "..",    "a.",    "a..b", "..a", ".a.",   "1",
                         "1a",         "a.1", "a.1b",  "a-b",   "a b",  " a",  "a ",    "a\n",
                         "a/b",        "a:b", "a$",    "@a",    "a[b]", "a`",  "a.{b}", "\xC3\xA9",
                         "a.\xC3\xA9", ".1",  ".a..b", "..a.b", "a\0"s, ". a"};
  check_texts(is_protobuf_name, names, dotted);
  check_texts(is_protobuf_name, {}, neither);
  check_texts(is_dotted_protobuf_name, dotted, names);
  check_texts(is_dotted_protobuf_name, {}, neither);
}

TEST_CASE("formats: HTTP header names") {
  const auto strict = [](const std::string& text) { return is_http_header_name(text, true); };
  const auto lax = [](const std::string& text) { return is_http_header_name(text, false); };
  const Texts tokens = {"clustername", "abc-123", "!+#&.%",   "FOO.BAR", ":authority", ":a",
                        "a",           "0",       "!",        "#$%&'",   "*+-.^_`|~",  "~",
                        "`",           "x-a",     "X_Y",      "-",       "host",       ":!",
                        "zZ9",         "a,b",     "A-Za-z0-9"};
  const Texts others = {":",    "::",  "::a",  "a:",   "a:b",  " a",       "a ",  "a b",  "a/b",
                        "a\"b", "(a)", "<a>",  "a@b",  "[a]",  "a\\b",     "a;b", "a=b",  "a?",
                        "{a}",  "\t",  "a\tb", "\x1F", "\x7F", "\xC3\xA9", ": a", "a\x01"};
  const Texts never = {"", "\0"s, "a\0"s, "a\n", "\n", "a\r", "\r\na", ":\n", "a\0b"s};
  check_texts(strict, tokens, others);
  check_texts(strict, {}, never);
  check_texts(lax, tokens, never);
  check_texts(lax, others, {});
}

TEST_CASE("formats: HTTP header values") {
  const auto strict = [](const std::string& text) { return is_http_header_value(text, true); };
  const auto lax = [](const std::string& text) { return is_http_header_value(text, false); };
  const Texts visible = {"",
                         " ",
                         "\t",
                         "a",
                         "a b",
                         " a ",
                         "a\tb",
                         "\"a\"",
                         "cluster.name.123",
                         "/TEST/LONG/URL",
                         ":",
                         "{}",
                         "~",
                         "!",
                         "a,b;c=d",
                         "\xC3\xA9",
                         "\xC2\x80",
                         "\xC2\x85",
                         "\xE4\xBD\xA0",
                         "\xF0\x9F\x98\x80",
                         "a  b",
                         "\\",
                         "\x7E"};
  const Texts control = {"\x01",
                         "\x07",
                         "\x08",
                         "\x0B",
                         "\x0C",
                         "\x0E",
                         "\x0F",
                         "\x10",
                         "\x1B",
                         "\x1E",
                         "\x1F",
                         "\x7F",
                         "a\x01"
                         "b",
                         "a\x7F",
                         "\x08"
                         "a"};
  const Texts never = {"\0"s, "a\0"s, "\0a"s, "\n", "\r", "a\r\nb", "a\n", "\ra", "a\rb"};
  check_texts(strict, visible, control);
  check_texts(strict, {}, never);
  check_texts(lax, visible, never);
  check_texts(lax, control, {});
}

}  // namespace
}  // namespace sluice::judge::test
