// SPDX-License-Identifier: Apache-2.0
// google.api.http from the template to the record: compiler, judge and canonicalizer agree on what
// crosses, and what cannot be told apart or can never match is refused with both places.
#include <catch2/catch.hpp>

#include "canonical/canonicalizer.hpp"
#include "compiler/compiler.hpp"
#include "engine/engine.hpp"
#include "judge/judge.hpp"
#include "levels/record_source.hpp"
#include "schema_fixture.hpp"

using namespace sluice;

namespace {

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A policy through every part that has an opinion on a record.
struct Parts {
  explicit Parts(const std::string& file) {
    load::Diagnostics diagnostics;
    auto read = load::load(file, diagnostics);
    INFO(diagnostics.text());
    REQUIRE(read);
    loaded = std::make_shared<const load::Loaded>(std::move(*read));
    compiled = compiler::compile(loaded, diagnostics);
    INFO(diagnostics.text());
    REQUIRE(compiled);
    auto loaded_image = engine::Image::load(compiled->image);
    REQUIRE(std::holds_alternative<engine::Image>(loaded_image));
    image.emplace(std::get<engine::Image>(std::move(loaded_image)));
    judge = judge::Judge::create(loaded, diagnostics);
    INFO(diagnostics.text());
    REQUIRE(judge);
    canonicalizer = std::make_unique<canonical::Canonicalizer>(
        std::make_shared<const compiler::Schema>(compiled->schema));
  }

  // "endpoint record" of a request that a client writes so, or the refusal's code.
  std::string crosses(const std::string& method, const std::string& target,
                      const std::string& body = "") const {
    canonical::HttpRequest request{method, target, {{"host", "a"}}, body};
    if (!body.empty()) request.headers.push_back({"content-type", "application/json"});
    const auto record = canonicalizer->canonicalize_request(request);
    if (!record) return record.refusal().code;
    const auto verdict = engine::judge_request(*image, bytes_of(record->bytes));
    CHECK(verdict.accepted());
    CHECK(verdict.endpoint == record->endpoint);
    const auto second = judge->request(bytes_of(record->bytes));
    INFO(record->bytes << second.rule << " " << second.message);
    CHECK(second.accepted);
    const std::string name = canonicalizer->endpoint(record->endpoint).name;
    CHECK(second.endpoint == name);
    return name.substr(name.rfind('.') + 1) + " " +
           record->bytes.substr(0, record->bytes.find(" HTTP/"));
  }

  std::shared_ptr<const load::Loaded> loaded;
  std::optional<compiler::CompileResult> compiled;
  std::optional<engine::Image> image;
  std::unique_ptr<judge::Judge> judge;
  std::unique_ptr<canonical::Canonicalizer> canonicalizer;
};

const Parts& parts() {
  static const Parts all(SLUICE_SOURCE_DIR "/tests/compiler/data/http.yaml");
  return all;
}

// The text of all diagnostics of a service `S` with these methods, each "Name|Request|binding".
std::string refused(const std::string& messages, const std::vector<std::string>& methods) {
  std::string body = messages + "\nmessage R {}\nservice S {\n";
  for (const std::string& method : methods) {
    const auto a = method.find('|'), b = method.find('|', a + 1);
    body += "  rpc " + method.substr(0, a) + "(" + method.substr(a + 1, b - a - 1) +
            ") returns (R) {\n    option (google.api.http) = {" + method.substr(b + 1) +
            "};\n  }\n";
  }
  auto outcome = compiler::test::resolve(body + "}\n");
  if (outcome.schema) {
    const auto compiled = compiler::compile(outcome.schema->loaded, outcome.diagnostics);
    CHECK(compiled.has_value() != outcome.diagnostics.has_errors());
  }
  return outcome.diagnostics.text();
}

}  // namespace

TEST_CASE("every shape of binding crosses as it should") {
  const Parts& p = parts();
  CHECK(p.crosses("GET", "/v1/a%2fb") == "Plain GET /v1/a%2Fb");
  CHECK(p.crosses("GET", "/v1/things") == "Literal GET /v1/things");
  CHECK(p.crosses("GET", "/v1/shelves/a/books/b") == "Several GET /v1/shelves/a/books/b");
  CHECK(p.crosses("GET", "/v1/archives/a/boxes/b/c/d") ==
        "Several#1 GET /v1/archives/a/boxes/b/c/d");
  CHECK(p.crosses("GET", "/v1/archives/a/boxes/b%2Fc") == "encoded_slash");
  CHECK(p.crosses("GET", "/v1/fixed/thing") == "Several#2 GET /v1/fixed/thing");
  CHECK(p.crosses("GET", "/v1/x/y/pair") == "Several#3 GET /v1/x/y/pair");
  CHECK(p.crosses("GET", "/v2/keys/a/summary") == "Behind GET /v2/keys/a/summary");
  CHECK(p.crosses("GET", "/v2/keys/a/b/summary/summary") ==
        "Behind GET /v2/keys/a/b/summary/summary");
  CHECK(p.crosses("GET", "/v2/keys/summary") == "no_endpoint");
  CHECK(p.crosses("GET", "/v2/keys/a/b") == "no_endpoint");
  CHECK(p.crosses("GET", "/v2/docs/a/b/c") == "Behind#1 GET /v2/docs/a/b/c");
  CHECK(p.crosses("GET", "/v2/docs/a/b/c/d") == "Behind#1 GET /v2/docs/a/b/c/d");
  CHECK(p.crosses("GET", "/v2/docs/a/b") == "no_endpoint");
  CHECK(p.crosses("POST", "/v2/stores/a/b/entries:purge", "{}") ==
        "Behind#2 POST /v2/stores/a/b/entries:purge");
  CHECK(p.crosses("POST", "/v3/a/x:cancel", R"({"id":"1"})") == "Verbs POST /v3/a/x:cancel");
  CHECK(p.crosses("POST", "/v3/a/x:undelete", "{}") == "Verbs#1 POST /v3/a/x:undelete");
  CHECK(p.crosses("POST", "/v3/b/x/y:cancel", "{}") == "Verbs#2 POST /v3/b/x/y:cancel");
  CHECK(p.crosses("GET", "/v4/-7/18446744073709551615/true/RED/-1.50/2e0/_-8=") ==
        "Types GET /v4/-7/18446744073709551615/true/RED/-1.5/2/%2F%2B8%3D");
  CHECK(p.crosses("GET", "/v4/0/0/false/COLOR_UNSPECIFIED/0/0/AA") ==
        "Types GET /v4/0/0/false/COLOR_UNSPECIFIED/0/0/AA%3D%3D");
  CHECK(p.crosses("GET", "/v4/0/0/false/0/NaN/0/AA") ==
        "Types GET /v4/0/0/false/COLOR_UNSPECIFIED/NaN/0/AA%3D%3D");
  CHECK(p.crosses("GET", "/v4/0/0/false/0/0/-1/AA") == "rule");
  CHECK(p.crosses("GET", "/v5/abc/p/x/y/end") == "Rules GET /v5/abc/p/x/y/end");
  CHECK(p.crosses("GET", "/v5/a/p/x/end") == "rule");
  CHECK(p.crosses("GET", "/v5/abc/p/x/aaaaaaaaaaaaaaaaaaaa/end") == "rule");
  CHECK(p.crosses("SEARCH", "/v6/a", "{}") == "Custom SEARCH /v6/a");
  CHECK(p.crosses("M-SEARCH", "/v6/a") == "Custom#1 M-SEARCH /v6/a");
  CHECK(p.crosses("GET", "/v6/a") == "method_not_allowed");
  CHECK(p.crosses("PATCH", "/v8/things/a/b?force=true", R"({"inner":{"deep":{"levels":[1]}}})") ==
        "Nested PATCH /v8/things/a/b?force=true");
  const std::string query =
      "?words=a&words=&numbers=-1&numbers=0&colors=RED&colors=COLOR_UNSPECIFIED&at=2026-01-02T03%"
      "3A04%3A05Z&wait=1.500s&mask=a%2CbC&wrapped=&wrappedNumber=0"
      "&wrappedFlag=false&data=AA%3D%3D&ratio=1.5&single=NaN&page=0&inner.id=x&inner.deep.levels=1&"
      "inner.deep.levels=2&left=&named.Other~=n";
  CHECK(p.crosses("GET", "/v7/query" + query) == "Query GET /v7/query" + query);
  CHECK(p.crosses(
            "GET",
            "/v7/"
            "query?named.Other~=n&inner.deep.levels=1&words=b&inner.deep.levels=2&custom_name=") ==
        "duplicate_field");
  CHECK(p.crosses("GET", "/v7/query?inner.deep.levels=2&words=b&inner.deep.levels=1&inner.id=") ==
        "Query GET /v7/query?words=b&inner.deep.levels=2&inner.deep.levels=1");
  CHECK(p.crosses("GET", "/v7/query?left=a&right=1") == "oneof");
  CHECK(p.crosses("GET", "/v7/query?picked.deep.levels=1&picked.id=a&last=1") ==
        "Query GET /v7/query?picked.id=a&picked.deep.levels=1&last=1");
  CHECK(p.crosses("GET", "/v7/query?plain=&last=1") == "Query GET /v7/query?plain=&last=1");
  CHECK(p.crosses("GET", "/v7/query?deeper.levels=1&deeper.levels=2") ==
        "Query GET /v7/query?deeper.levels=1&deeper.levels=2");
  for (const char* both :
       {"picked.id=a&plain=b", "plain=b&picked.deep.levels=1", "picked.id=&plain=b",
        "picked.id=a&deeper.levels=1", "deeper.levels=1&plain="}) {
    INFO(both);
    CHECK(p.crosses("GET", std::string("/v7/query?") + both) == "oneof");
    const std::string record =
        std::string("GET /v7/query?") + both + " HTTP/1.1\r\nhost: http.example\r\n\r\n";
    CHECK_FALSE(engine::judge_request(*p.image, bytes_of(record)).accepted());
    CHECK_FALSE(p.judge->request(bytes_of(record)).accepted);
  }
}

TEST_CASE("generated records of every shape are judged alike by tables, judge and canonicalizer") {
  const Parts& p = parts();
  test::RecordSource source(*p.compiled, 11);
  int shown = 0;
  for (int i = 0; i < 6000; ++i) {
    const test::Case c = source.next();
    const bool request = c.pipeline == layout::Pipeline::REQUEST;
    const auto verdict = engine::judge(*p.image, c.pipeline, c.endpoint, bytes_of(c.record));
    const std::string name = request ? "" : p.canonicalizer->endpoint(c.endpoint).name;
    const auto second = request ? p.judge->request(bytes_of(c.record))
                                : p.judge->response(name, bytes_of(c.record));
    // The canonicalizer writes shortest floats only, and counts no stack frames.
    const bool third =
        request ? static_cast<bool>(p.canonicalizer->parse_request_record(c.record))
                : static_cast<bool>(p.canonicalizer->parse_response_record(c.endpoint, c.record));
    const bool deep = verdict.reason == layout::Reason::DEPTH;
    const bool agree = (!c.valid || verdict.accepted()) &&
                       (verdict.accepted() == second.accepted || deep) &&
                       (third == verdict.accepted() || deep || second.float_not_shortest) &&
                       (!request || !verdict.accepted() ||
                        p.canonicalizer->endpoint(verdict.endpoint).name == second.endpoint);
    if (!agree && ++shown <= 12) {
      UNSCOPED_INFO("DISAGREE " << (c.valid ? "valid " : "") << "tables "
                                << layout::name_of(verdict.reason) << " at " << verdict.offset
                                << ", judge " << second.accepted << " " << second.path << " "
                                << second.rule << " " << second.message << ", canonicalizer "
                                << third << "\n"
                                << c.record);
    }
  }
  CHECK(shown == 0);
}

TEST_CASE("templates that cannot be told apart are refused, with both places and an example") {
  const std::string q = "message Q { string a = 1; string b = 2; }";
  std::string text = refused(q, {"One|Q|get: \"/v1/{a}/x/{b}\"", "Two|Q|get: \"/v1/{a}/x/{b}\""});
  CHECK_THAT(text, Catch::Contains("error[E0401]: the paths of 't.S.One' and 't.S.Two' overlap") &&
                       Catch::Contains("both match GET /v1/x/x/x\n") &&
                       Catch::Contains("note: the binding of 't.S.One': "));
  // Two excerpts, each with its caret.
  std::size_t carets = 0;
  for (std::size_t at = 0; (at = text.find("^~", at)) != std::string::npos; ++at) ++carets;
  CHECK(carets == 2);
  CHECK_THAT(text, Catch::Contains("api.proto:17:5") && Catch::Contains("api.proto:20:5"));

  // A wildcard against several segments, and a verb.
  CHECK_THAT(refused(q, {"One|Q|get: \"/v1/{a=**}:go\"", "Two|Q|get: \"/v1/{a=*/*}:go\""}),
             Catch::Contains("E0401") && Catch::Contains("GET /v1/-/-:go\n"));
  CHECK_THAT(refused(q, {"One|Q|get: \"/v1/{a=x/**}/{b}\"", "Two|Q|get: \"/v1/{a=x/*/*/**}\""}),
             Catch::Contains("E0401"));
  // The patterns of the fields tell these apart, and not those.
  const std::string patterns =
      "message P { string a = 1 [(buf.validate.field).string.pattern = \"^[a-m]+$\"]; }\n"
      "message N { string a = 1 [(buf.validate.field).string.pattern = \"^[n-z]+$\"]; }\n"
      "message B { string a = 1 [(buf.validate.field).string = {pattern: \"^[k-q]+$\" min_len: "
      "3}]; }";
  CHECK(refused(patterns, {"One|P|get: \"/{a}\"", "Two|N|get: \"/{a}\""}).empty());
  text = refused(patterns, {"One|P|get: \"/{a}\"", "Two|B|get: \"/{a}\""});
  CHECK_THAT(text, Catch::Contains("E0401") && Catch::Contains("both match GET /"));
  const auto example = text.substr(text.find("GET /") + 5, 3);
  CHECK(example.find_first_not_of("klm") == std::string::npos);
  // A literal wins over a variable, which then keeps what is left.
  CHECK(refused(q, {"One|Q|get: \"/v1/{a}\"", "Two|Q|get: \"/v1/x\""}).empty());
  // Other methods, other verbs, other lengths.
  CHECK(refused(q, {"One|Q|get: \"/v1/{a}\"", "Two|Q|delete: \"/v1/{a}\"",
                    "Three|Q|get: \"/v1/{a}:go\"", "Four|Q|get: \"/v1/{a}/{b}\""})
            .empty());
}

TEST_CASE("a binding of which another takes every path is refused, with both places") {
  const std::string text =
      refused("message Q { string a = 1 [(buf.validate.field).string.in = \"x\"]; } message E {}",
              {"One|E|get: \"/v1/x\"", "Two|Q|get: \"/v1/{a}\""});
  CHECK_THAT(text, Catch::Contains("error[E0401]: 't.S.One' takes every path of 't.S.Two'") &&
                       Catch::Contains("for example GET /v1/x:") &&
                       Catch::Contains("note: the binding of 't.S.One': "));
}

TEST_CASE("a path variable that no value fits is refused, with the field") {
  const auto one = [](const std::string& rule, const std::string& binding) {
    return refused("message Q { string a = 1 [(buf.validate.field).string" + rule + "]; }",
                   {"One|Q|" + binding});
  };
  const std::string text = one(".pattern = \"^books/[a-z]+$\"", "get: \"/v1/{a=shelves/*}\"");
  CHECK_THAT(text, Catch::Contains("error[E0311]: t.S.One: path variable {a=shelves/*}: no value "
                                   "of field t.Q.a fits the template") &&
                       Catch::Contains("the field's rule: string.pattern") &&
                       Catch::Contains("note: the field: "));
  CHECK(text.find("E0501") == std::string::npos);
  CHECK_THAT(one(".max_len = 5", "get: \"/v1/{a=shelves/*}\""), Catch::Contains("E0311"));
  CHECK_THAT(one(".const = \"a/b\"", "get: \"/v1/{a=shelves/**}\""), Catch::Contains("E0311"));
  CHECK_THAT(one(".in = \"..\"", "get: \"/v1/{a}\""), Catch::Contains("E0311"));
  CHECK(one(".max_len = 9", "get: \"/v1/{a=shelves/*}\"").empty());
}

TEST_CASE("a depth that no record fits is refused, with the depth that is needed") {
  const std::string body =
      "message Q { D d = 1 [(buf.validate.field).required = true]; int32 n = 2 "
      "[(buf.validate.field).required = true]; }\n"
      "message D { repeated E list = 1 [(buf.validate.field).repeated.min_items = 1]; }\n"
      "message E { string text = 1 [(buf.validate.field).required = true]; }\nmessage R {}\n"
      "service S { rpc Do(Q) returns (R) { option (google.api.http) = {post: \"/v1\" body: \"*\"}; "
      "} }\n";
  const auto depth = [&](int allowed) {
    auto outcome =
        compiler::test::resolve(body, "limits: {maxDepth: " + std::to_string(allowed) + "}");
    REQUIRE(outcome.schema);
    (void)compiler::compile(outcome.schema->loaded, outcome.diagnostics);
    return outcome.diagnostics.text();
  };
  // The record, Q, D, the list, E, its text.
  CHECK_THAT(depth(5), Catch::Contains("error[E0501]: no request of 't.S.Do' can ever be accepted: "
                                       "the shallowest one takes 6 stack frames, and "
                                       "limits.maxDepth is 5") &&
                           Catch::Contains("limits: {maxDepth: 6}"));
  CHECK(depth(6).empty());
}
