// SPDX-License-Identifier: Apache-2.0
#include "canonical/support.hpp"

using namespace sluice::canonical;
using namespace sluice::canonical::test;

TEST_CASE("paths", "[target]") {
  CHECK(target("/v1/shelves/a/books") == "/v1/shelves/a/books");
  CHECK(target("/%761/shelves/%61/books") == "/v1/shelves/a/books");
  CHECK(target("/v1/shelves/a%2fb/books") == "/v1/shelves/a%2Fb/books");
  CHECK(target("/v1/shelves/a:b+c/books") == "/v1/shelves/a%3Ab%2Bc/books");
  CHECK(target("/v1/shelves/%C3%A4/books") == "/v1/shelves/%C3%A4/books");
  CHECK(target("/v1/archives/x/boxes/1/2/3") == "/v1/archives/x/boxes/1/2/3");
  CHECK(target("/v1/archives/x/boxes/1%2F2") == "encoded_slash");
  CHECK(target("/v1/archives/x/boxes") == "no_endpoint");
  CHECK(target("/v1/shelves/a/../books") == "dot_segment");
  CHECK(target("/v1/shelves/%2e%2E/books") == "dot_segment");
  CHECK(target("/v1/shelves/./books") == "dot_segment");
  CHECK(target("/v1/shelves//books") == "empty_segment");
  CHECK(target("/v1/shelves/a/books/") == "empty_segment");
  CHECK(target("//v1/shelves/a/books") == "empty_segment");
  CHECK(target("/v1/shelves/%zz/books") == "bad_percent");
  CHECK(target("/v1/shelves/%FF/books") == "bad_utf8");
  CHECK(target("/v1/shelves/a\"/books") == "bad_character");
  CHECK(target("/v1/shelves/\xC3\xA4/books") == "bad_character");
  CHECK(target("/v1/shelves/a/books#x") == "fragment");
  CHECK(target("*") == "target_form");
  CHECK(target("/") == "no_endpoint");
  CHECK(target("/v2/shelves/a/books") == "no_endpoint");
}

TEST_CASE("absolute form is taken for the policy's host alone", "[target]") {
  const std::string host = types().schema().loaded->policy.host();
  CHECK(target("http://" + host + "/v1/shelves/a/books") == "/v1/shelves/a/books");
  CHECK(target("HTTPS://" + host + "/v1/shelves/a/books") == "/v1/shelves/a/books");
  CHECK(target("http://" + host + "/../v1/shelves/a/books") == "dot_segment");
  CHECK(target("http://" + host) == "no_endpoint");
  CHECK(target("http://" + host + "?/v1/shelves/a/books") == "no_endpoint");
  CHECK(target("http://a/v1/shelves/a/books") == "misdirected");
  CHECK(target("http://" + host + ":80/v1/shelves/a/books") == "misdirected");
  CHECK(target("http://a@" + host + "/v1/shelves/a/books") == "misdirected");
  CHECK(target("ftp://" + host + "/v1/shelves/a/books") == "target_form");
  CHECK(types().canonicalize_request(get("http://a/")).refusal().http_status == 421);
}

TEST_CASE("a literal wins over a variable", "[target]") {
  CHECK(types().canonicalize_request(get("/v1/shelves/featured/books"))->endpoint ==
        tag("Featured"));
  CHECK(types().canonicalize_request(get("/v1/shelves/other/books"))->endpoint == tag("Find"));
  CHECK(types().canonicalize_request(get("/v1/archives/x/boxes/1"))->endpoint == tag("Find#1"));
}

TEST_CASE("a method that the path does not have is 405 and says which it has", "[target]") {
  const auto result = types().canonicalize_request({"DELETE", "/v1/items/7", {{"Host", "a"}}, ""});
  REQUIRE_FALSE(result);
  CHECK(result.refusal().http_status == 405);
  CHECK(result.refusal().allow == "PATCH");
  CHECK(types()
            .canonicalize_request({"get", "/v1/shelves/a/books", {{"Host", "a"}}, ""})
            .refusal()
            .http_status == 405);
  CHECK(types().canonicalize_request(get("/nothing")).refusal().http_status == 404);
}

TEST_CASE("custom verbs", "[target]") {
  const auto archive = [](const std::string& path) {
    const auto result = types().canonicalize_request({"POST", path, {{"Host", "a"}}, ""});
    return result ? result->bytes.substr(0, result->bytes.find(" HTTP")) : result.refusal().code;
  };
  CHECK(archive("/v1/items/7:archive") == "POST /v1/items/7:archive");
  CHECK(archive("/v1/items/a:b:archive") == "POST /v1/items/a%3Ab:archive");
  CHECK(archive("/v1/items/7:%61rchive") == "POST /v1/items/7:archive");
  CHECK(archive("/v1/items/7%3Aarchive") == "method_not_allowed");
  CHECK(archive("/v1/items/:archive") == "method_not_allowed");
}

TEST_CASE("query parameters", "[target]") {
  const std::string path = "/v1/shelves/a/books";
  CHECK(target(path + "?") == path);
  CHECK(target(path + "?exact=true&pageSize=007") == "wrong_type");
  CHECK(target(path + "?exact=true&page_size=1e1") == path + "?pageSize=10&exact=true");
  CHECK(target(path + "?pageSize=0&exact=false") == path);
  CHECK(target(path + "?colors=RED&colors=0&colors=CRIMSON") ==
        path + "?colors=RED&colors=COLOR_NONE&colors=RED");
  CHECK(target(path + "?range.high_end=5&range.low=-1") == path + "?range.low=-1&range.highEnd=5");
  CHECK(target(path + "?phrase=a+b%20c") == path + "?phrase=a%2Bb%20c");
  CHECK(target(path + "?phrase=") == path + "?phrase=");
  CHECK(target(path + "?phrase=a=b") == path + "?phrase=a%3Db");
  CHECK(target(path + "?since=2024-01-01T00:00:00Z") == path + "?since=2024-01-01T00%3A00%3A00Z");
  CHECK(target(path + "?weight=1.50") == path + "?weight=1.5");
  CHECK(target(path + "?weight=NaN") == path + "?weight=NaN");
  CHECK(target(path + "?%65xact=true") == path + "?exact=true");
  CHECK(target(path + "?pageSize=101") == "rule");
  CHECK(target(path + "?pageSize=1&page_size=1") == "duplicate_field");
  CHECK(target(path + "?exact=yes") == "wrong_type");
  CHECK(target(path + "?unknown=1") == "unknown_parameter");
  CHECK(target(path + "?shelf=a") == "unknown_parameter");
  CHECK(target(path + "?range=1") == "unknown_parameter");
  CHECK(target(path + "?range.=1") == "unknown_parameter");
  CHECK(target(path + "?range.low.x=1") == "unknown_parameter");
  CHECK(target(path + "?exact") == "bad_parameter");
  CHECK(target(path + "?exact=true&") == path + "?exact=true");
  CHECK(target(path + "?&exact=true") == "bad_parameter");
  CHECK(target(path + "?view=VIEW_UNSPECIFIED") == path);
  CHECK(target(path + "?view=0&exact=true") == path + "?exact=true");
  CHECK(target(path + "?view=FULL") == "unknown_enum_value");
  CHECK(target(path + "?view=1") == "unknown_enum_value");
  CHECK(target(path + "?view=0&view=0") == "duplicate_field");
  CHECK(target(path + "?phrase=%FF") == "bad_utf8");
  CHECK(target(path + "?phrase=%f") == "bad_percent");
}
