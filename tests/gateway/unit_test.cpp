// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "gateway/bench.hpp"
#include "gateway/problem.hpp"

using namespace sluice::gateway;

TEST_CASE("backend addresses", "[unit]") {
  CHECK(parse_backend("http://localhost:9000").host == "localhost");
  CHECK(parse_backend("http://localhost:9000/").port == "9000");
  CHECK(parse_backend("http://localhost").port == "80");
  CHECK(parse_backend("http://[::1]:81").host == "::1");
  for (const char* bad : {"", "localhost:1", "https://a:1", "http://", "http://a:0",
                          "http://a:65536", "http://a:x", "http://a:1/x", "http://u@a:1"}) {
    INFO(bad);
    CHECK_THROWS_AS(parse_backend(bad), std::invalid_argument);
  }
}

TEST_CASE("problem documents are JSON whatever stands in them", "[unit]") {
  sluice::canonical::Refusal refusal = problem(422, "rule", "a \"quote\" and a \n line");
  refusal.field = "a.b";
  refusal.line = 3;
  refusal.column = 4;
  const auto document = nlohmann::json::parse(problem_document(refusal));
  CHECK(document["detail"] == "a \"quote\" and a \n line");
  CHECK(document["title"] == "Unprocessable Content");
  CHECK(document["line"] == 3);
  CHECK(document["rule"] == "rule");
  CHECK_FALSE(document.contains("constraint"));
  refusal.rule = "uint32.in = [1, 2]";
  refusal.rule_name = "uint32.in";
  const auto named = nlohmann::json::parse(problem_document(refusal));
  CHECK(named["rule"] == "uint32.in");
  CHECK(named["constraint"] == "uint32.in = [1, 2]");
  // A name is no matter of the text.
  refusal.rule = refusal.rule_name = "type a = b";
  const auto same = nlohmann::json::parse(problem_document(refusal));
  CHECK(same["rule"] == "type a = b");
  CHECK_FALSE(same.contains("constraint"));
}

TEST_CASE("the policy's 502 record", "[unit]") {
  const auto& canonicalizer = *test::test_policy()->canonicalizer;
  const auto record = bad_gateway_record(canonicalizer, 1, {});
  REQUIRE(record);
  CHECK(record->starts_with("HTTP/1.1 502 Bad Gateway\r\ncontent-length: "));
  const auto verdict = test::test_policy()->judge->response(
      canonicalizer.endpoint(1).name,
      {reinterpret_cast<const std::uint8_t*>(record->data()), record->size()});
  CHECK(verdict.accepted);
}
