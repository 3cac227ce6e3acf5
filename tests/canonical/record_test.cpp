// SPDX-License-Identifier: Apache-2.0
// Records: canonicalizing twice changes nothing, and only a canonical record is read back.
#include <random>

#include "canonical/support.hpp"

using namespace sluice::canonical;
using namespace sluice::canonical::test;

TEST_CASE("a record is its own canonical form", "[record]") {
  const std::vector<HttpRequest> requests = {
      post_echo(
          R"({"huge":1,"text":"\u00e4","items":[{"label":"x","id":3},{"id":1,"label":"y","ready":false}],"at":"2020-02-29T12:00:00.1Z"})"),
      post_echo("{}"),
      get("/v1/shelves/a%20b/books?colors=2&colors=BLUE&range.high_end=7&phrase=%26"),
      get("/v1/archives/%C3%A4/boxes/x/y"),
  };
  for (const HttpRequest& http : requests) {
    const auto record = types().canonicalize_request(http);
    REQUIRE(record);
    const auto again = types().canonicalize_http(sluice::layout::Pipeline::REQUEST, record->bytes);
    REQUIRE(again);
    CHECK(again->bytes == record->bytes);
    CHECK(again->endpoint == record->endpoint);
    const auto parsed = types().parse_request_record(record->bytes);
    REQUIRE(parsed);
    CHECK(parsed->endpoint == record->endpoint);
    CHECK(parsed->http.method == http.method);
    CHECK(parsed->http.body == (http.body.empty() ? "" : body_of(record->bytes)));
  }
}

TEST_CASE("only canonical records are read back", "[record]") {
  const auto parse = [](std::string record) {
    const auto result = types().parse_request_record(record);
    return result ? "taken" : result.refusal().code;
  };
  const std::string good =
      "POST /v1/echo HTTP/1.1\r\ncontent-length: 11\r\ncontent-type: application/json\r\nhost: "
      "types.example\r\n\r\n{\"small\":1}";
  CHECK(parse(good) == "taken");
  CHECK(parse("POST /v1/echo HTTP/1.1\r\ncontent-length: 12\r\ncontent-type: "
              "application/json\r\nhost: types.example\r\n\r\n{\"small\": 1}") == "not_canonical");
  CHECK(parse("POST /v1/echo HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: "
              "11\r\nhost: types.example\r\n\r\n{\"small\":1}") == "not_canonical");
  CHECK(parse("POST /v1/echo HTTP/1.1\r\ncontent-length: 11\r\ncontent-type: "
              "application/json\r\nhost: other.example\r\n\r\n{\"small\":1}") == "not_canonical");
  CHECK(parse(good + " ") == "trailing_bytes");
  CHECK(parse(good.substr(0, good.size() - 1)) == "incomplete");
  const int echo_tag = tag("Echo");
  const std::string response =
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\netag: a\r\n\r\n{}";
  REQUIRE(types().parse_response_record(echo_tag, response));
  CHECK(types().parse_response_record(echo_tag, response)->status == 200);
  CHECK_FALSE(
      types().parse_response_record(echo_tag,
                                    "HTTP/1.1 200 Fine\r\ncontent-length: 2\r\ncontent-type: "
                                    "application/json\r\netag: a\r\n\r\n{}"));
  CHECK_FALSE(
      types().parse_response_record(tag("Find"),
                                    "HTTP/1.1 200 OK\r\ncontent-length: 11\r\ncontent-type: "
                                    "application/json\r\netag: a\r\n\r\n{\"small\":1}"));
}

TEST_CASE("mutated messages never crash, and what is taken is stable", "[record]") {
  const std::string seed =
      "POST /v1/echo?x=1 HTTP/1.1\r\nhost: a\r\ncontent-type: "
      "application/json\r\ntransfer-encoding: chunked\r\n\r\n"
      "31\r\n{\"text\":\"\\u00e4\",\"twice\":1.5e1,\"numbers\":[1,2,3]}\r\n0\r\n\r\n";
  std::mt19937 random(11);
  int taken = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string raw = seed;
    if (random() % 2) raw.erase(raw.find("?x=1"), 4);
    for (unsigned n = random() % 3; n > 0; --n) {
      const std::size_t at = random() % raw.size();
      switch (random() % 3) {
        case 0:
          raw[at] = static_cast<char>(random());
          break;
        case 1:
          raw.erase(at, 1 + random() % 4);
          break;
        default:
          raw.insert(at, 1, "\"{}[],:\\0 1e\r\n"[random() % 14]);
          break;
      }
    }
    const auto result = types().canonicalize_http(sluice::layout::Pipeline::REQUEST, raw);
    if (!result) {
      REQUIRE_FALSE(result.refusal().message.empty());
      continue;
    }
    ++taken;
    REQUIRE(types().parse_request_record(result->bytes));
  }
  CHECK(taken > 100);
}
