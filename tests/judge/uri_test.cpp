// SPDX-License-Identifier: Apache-2.0
#include "judge/uri.hpp"

#include "tables.hpp"

namespace sluice::judge::test {
namespace {

using namespace std::string_literals;

const std::string kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

const Texts kUris = {"https://example.com",
                     "https://example.com/foo/bar?baz=quux#frag",
                     "ftp://ftp.is.co.za/rfc/rfc1808.txt",
                     "mailto:John.Doe@example.com",
                     "news:comp.infosystems.www.servers.unix",
                     "tel:+1-816-555-1212",
                     "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
                     "ldap://[2001:db8::7]/c=GB?objectClass?one",
                     "telnet://192.0.2.16:80/",
                     "a:",
                     "a:b",
                     "a:b:c",
                     "a:?",
                     "a:#",
                     "a:?#",
                     "a:/",
                     "a:/b//c",
                     "a:b//c",
                     "A1+-.:x",
                     "file:///etc/hosts",
                     "x://",
                     "x://:",
                     "x://@",
                     "x://@:",
                     "x://?",
                     "x://#",
                     "x:///@",
                     "x:////",
                     "x://u@h",
                     "x://u:p:q@h:65536/",
                     "x://%ff@h",  // of a host only the bytes must be UTF-8
                     "x://h:00000000000000000000",
                     "x://256.0.0.1",  // a name
                     "x://a%61%20%23",
                     "x://a%C3%96.b",
                     "x://a%c3%96",
                     "x://%00",
                     "x:/%ff",
                     "x:?%ff",
                     "x:#%fF",
                     "x:/:@:",
                     "x:?/?:@",
                     "x:#/?:@",
                     "x://[::]",
                     "x://[::1]:8",
                     "x://u@[::1]",
                     "x://[::1%25eth0]",
                     "x://[::1%25%20]",
                     "x://[::1%25%c3%96~]:",
                     "x://[v1.x]",
                     "x://[vF0a.:]",
                     "x://[v1.-!$&'()*+,;=:._~]/p",
                     "x://" + kUnreserved + "!$&'()*+,;=:@" + kUnreserved + "!$&'()*+,;=:1/" +
                         kUnreserved + "!$&'()*+,;=:@%20?" + kUnreserved + "!$&'()*+,;=:@/?#" +
                         kUnreserved + "!$&'()*+,;=:@/?"};

// Neither URIs nor relative references.
const Texts kNeither = {
    " ", "a b", " a:b", "a:b ", "a:\n", "a:\0"s, "a:\x1F", "a:\x7F", "a:^", "a:{b}", "a:|", "a:\\",
    "a:\"", "a:<b>", "a:`", "a:\xC3\x96", ":", ":b", "1a:b", "-a:b", "+:b", ".:b", "a%20:b",
    "a_b:c", "a~:c", "a:%", "a:%2", "a:%2x", "a:%x2", "a:%%20", "a:?%", "a:#%1", "a:b#c#d", "a:##",
    "a:[", "a:b]", "a:?[", "a:#]", "a:?[]",
    // Behind a query or fragment nothing begins anew.
    "a:?//[::1]", "a:#//[::1]", "x://a b", "x://@@h", "x://u@v@h", "x://%@h", "x://[@h", "x://]@h",
    "x://u[]@h", "x://\x1F", "x://^.com", "x://\xE4\xBD\xA0", "x://h:8a", "x://h:-1", "x://h:1:2",
    "x://h:%31", "x://2001:db8::7", "x://%ff", "x://a%c3x%96",
    "x://%ed%a0%80",  // a surrogate
    "x://%c0%af",     // overlong
    "x://h%", "x://h%2x", "x://[", "x://[]", "x://[::1", "x://::1]", "x://[::1]a", "x://[::1]]",
    "x://[[::1]]", "x://a[::1]", "x://[:::]", "x://[1:2:3:4:5:6:7:8:9]", "x://[1:2:3:4:5:6:7:8:]",
    "x://[::1 ]", "x://[1.2.3.4]", "x://[::ffff:1.2.3.4]", "x://[::1%eth0]", "x://[::1%]",
    "x://[::1%25]", "x://[::1%25%]", "x://[::1%25%2x]", "x://[::1%25%ff]", "x://[::1%25a:b]",
    "x://[::1%25!]", "x://[::1:%25a]", "x://[%25a]", "x://[v1]", "x://[v1x]", "x://[v.x]",
    "x://[vg.x]", "x://[v1.]", "x://[v1.%20]", "x://[v1.@]", "x://[V1.x]", "x://[v1.x"};

const Texts kRelative = {"",
                         ".",
                         "..",
                         "./",
                         "./foo",
                         "./a:b",
                         "a/b:c",
                         "*",
                         "a",
                         "a//b",
                         "@",
                         "%20",
                         "%ff",
                         "/",
                         "/:",
                         "/a:b",
                         "/a//b/",
                         "?",
                         "#",
                         "?#",
                         "?a:b/?",
                         "#a:b/?",
                         ".?baz=quux",
                         ".///",
                         "//",
                         "//host",
                         "//host/",
                         "//host//",
                         "//host:8080?q#f",
                         "//u:p@host",
                         "//[::1]",
                         "//127.0.0.1",
                         "///",
                         "//@",
                         "!$&'()*+,;=@"};

const Texts kNotRelative = {
    "a b", "^",     "./^",      "\x1F",     "%",        "%x",       "./%2",
    "[",   "//[",   "//host##", "//host?^", "//host#%", "?[",       "#[",
    "##",  "a[b",   "//a:b",    "//u@v@h",  "//%ff",    "/\\",      "\xC3\x96",
    "1:b", "%61:b", "@:",       "*:b",      "a_b:c",    "?//[::1]", "//[::ffff:1.2.3.4]"};

TEST_CASE("URIs") {
  check_texts(is_uri, kUris, kNeither);
  check_texts(is_uri, {}, kRelative);
  check_texts(is_uri, {}, kNotRelative);
}

TEST_CASE("URI references") {
  check_texts(is_uri_reference, kUris, kNeither);
  check_texts(is_uri_reference, kRelative, kNotRelative);
}

}  // namespace
}  // namespace sluice::judge::test
