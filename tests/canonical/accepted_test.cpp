// SPDX-License-Identifier: Apache-2.0
// What the canonicalizer writes is what the table accepts and what the judge accepts, for the same
// endpoint: three programs that share nothing but the policy. Messages are put together at random
// from spellings, valid ones and others.
#include <iostream>
#include <random>

#include "canonical/support.hpp"
#include "compiler/compiler.hpp"
#include "engine/engine.hpp"
#include "judge/judge.hpp"

using namespace sluice;
using namespace sluice::canonical;
using namespace sluice::canonical::test;

namespace {

struct Filters {
  explicit Filters(const Canonicalizer& canonicalizer) {
    load::Diagnostics diagnostics;
    const auto loaded = canonicalizer.schema().loaded;
    judge = judge::Judge::create(loaded, diagnostics);
    if (!judge) throw std::runtime_error(diagnostics.text());
    const auto compiled = compiler::compile(loaded, diagnostics);
    if (!compiled) throw std::runtime_error(diagnostics.text());
    auto read = engine::Image::load(compiled->image);
    if (const auto* error = std::get_if<engine::LoadError>(&read)) {
      throw std::runtime_error(error->text);
    }
    image = std::get<engine::Image>(std::move(read));
  }
  std::unique_ptr<judge::Judge> judge;
  std::optional<engine::Image> image;
};

std::span<const std::uint8_t> bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void check_request(const Canonicalizer& canonicalizer, const Filters& filters,
                   const CanonicalRecord& record) {
  INFO(record.bytes);
  const auto engine = engine::judge_request(*filters.image, bytes(record.bytes));
  INFO(layout::name_of(engine.reason) << " at " << engine.offset);
  REQUIRE(engine.reason == layout::Reason::ACCEPTED);
  REQUIRE(engine.endpoint == record.endpoint);
  const auto verdict = filters.judge->request(bytes(record.bytes));
  INFO(verdict.rule << " " << verdict.path << " " << verdict.message);
  REQUIRE(verdict.accepted);
  REQUIRE_FALSE(verdict.float_not_shortest);
  REQUIRE(verdict.endpoint == canonicalizer.endpoint(record.endpoint).name);
}

void check_response(const Canonicalizer& canonicalizer, const Filters& filters,
                    const CanonicalRecord& record) {
  INFO(record.bytes);
  const auto engine = engine::judge_response(
      *filters.image, static_cast<std::uint16_t>(record.endpoint), bytes(record.bytes));
  INFO(layout::name_of(engine.reason) << " at " << engine.offset);
  REQUIRE(engine.reason == layout::Reason::ACCEPTED);
  const auto verdict =
      filters.judge->response(canonicalizer.endpoint(record.endpoint).name, bytes(record.bytes));
  INFO(verdict.rule << " " << verdict.path << " " << verdict.message);
  REQUIRE(verdict.accepted);
}

using Spellings = std::vector<std::pair<const char*, std::vector<const char*>>>;

const Spellings kItem = {
    {"id", {"1", "\"2\"", "3e0", "4294967295", "0"}},
    {"label", {"\"a\"", "\"\\u00e4\\/\"", "\"\\ud83d\\ude00\"", "\"\"", "\"\\u0000\\n\""}},
    {"ready", {"true", "false", "null"}},
};

const Spellings kAll = {
    {"small", {"0", "-2147483648", "1e2", "\"7\"", "null", "2147483648"}},
    {"positive", {"4000000000", "4000000001", "1.0"}},
    {"big", {"-9223372036854775808", "\"5\"", "0", "1e30"}},
    {"huge", {"18446744073709551615", "\"0\"", "1"}},
    {"single",
     {"0.1", "1e-45", "3.4028235e38", "\"NaN\"", "\"-Infinity\"", "-0.0", "16777217", "1e21",
      "1e-7"}},
    {"twice",
     {"0.1", "5e-324", "1e308", "1e21", "123456789012345680000", "0.000001", "-1.5E3",
      "\"Infinity\"", "1e-400"}},
    {"flag", {"true", "false"}},
    {"text", {"\"\"", "\"12345678\"", "\"\\t\\u001f\\\"\\\\\"", "\"123456789\""}},
    {"blob", {"\"\"", "\"AA\"", "\"-_8\"", "\"AAE=\""}},
    {"color", {"\"RED\"", "\"CRIMSON\"", "-3", "0", "\"COLOR_NONE\"", "9"}},
    {"at",
     {"\"2024-02-29T12:00:00+01:00\"", "\"0001-01-01T00:00:00Z\"",
      "\"9999-12-31T23:59:59.123456789Z\"", "\"2023-02-29T00:00:00Z\""}},
    {"numbers", {"[]", "[0]", "[-5, 5, \"1\"]", "[6]", "[1,2,3,4]"}},
    {"maybe", {"0", "-1"}},
    {"left", {"\"left\"", "\"x\""}},
    {"right", {"0", "5"}},
    {"snake_case", {"\"a\"", "\"\""}},
    {"details", {"[]", "null"}},
    {"offset", {"0", "\"-9\"", "9", "3", "10"}},
    {"code", {"\"ABC\"", "\"\"", "\"a\""}},
    {"tint", {"1", "\"BLUE\"", "\"GREEN\""}},
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string item() { return object(kItem, {}); }
  std::string all(int depth = 0) {
    std::vector<std::string> more;
    if (random_() % 3 == 0) more.push_back("\"item\":" + item());
    if (random_() % 3 == 0)
      more.push_back("\"items\":[" + item() + (random_() % 2 ? "," + item() : "") + "]");
    if (depth < 3 && random_() % 3 == 0) more.push_back("\"nested\":" + all(depth + 1));
    return object(kAll, std::move(more));
  }
  std::string query() {
    static const std::vector<const char*> parts = {"pageSize=5",
                                                   "page_size=0",
                                                   "pageSize=100",
                                                   "pageSize=101",
                                                   "colors=RED",
                                                   "colors=0",
                                                   "colors=CRIMSON",
                                                   "range.low=-1",
                                                   "range.high_end=5",
                                                   "range.low=0",
                                                   "exact=true",
                                                   "exact=false",
                                                   "phrase=",
                                                   "phrase=a+b%20c%2f%C3%A4",
                                                   "since=2024-01-01T00:00:00Z",
                                                   "weight=1.50",
                                                   "weight=NaN",
                                                   "weight=0"};
    std::string out;
    for (unsigned n = random_() % 5; n > 0; --n)
      out += (out.empty() ? "?" : "&") + std::string(parts[random_() % parts.size()]);
    return out;
  }
  std::string path() {
    static const std::vector<const char*> segments = {
        "a", "featured", "%2e%2E.", "a%2Fb", "x:y", "%C3%A4", "-._~", "!$&'()*+,;=@", "..%2f"};
    const auto pick = [&] { return std::string(segments[random_() % segments.size()]); };
    if (random_() % 2) return "/v1/shelves/" + pick() + "/books";
    return "/v1/archives/" + pick() + "/boxes/" + pick() + (random_() % 2 ? "/" + pick() : "");
  }

 private:
  std::string object(const Spellings& spellings, std::vector<std::string> members) {
    for (const auto& [name, values] : spellings) {
      // Mostly the first spellings, which are valid.
      if (random_() % 4 != 0 && &spellings == &kAll) continue;
      const std::size_t index =
          random_() % 8 == 0 ? random_() % values.size() : random_() % ((values.size() + 1) / 2);
      members.push_back("\"" + std::string(name) + "\" : " + values[index]);
    }
    std::shuffle(members.begin(), members.end(), random_);
    std::string out = "{";
    for (std::size_t i = 0; i < members.size(); ++i) out += (i > 0 ? " ,\n" : "") + members[i];
    return out + "}";
  }
  std::mt19937 random_;
};

void run(const Canonicalizer& canonicalizer, unsigned seed) {
  const Filters filters(canonicalizer);
  Generator generator(seed);
  const int echo_tag = find_endpoint(canonicalizer.schema(), "test.types.v1.Types.Echo");
  int requests = 0, responses = 0, refused = 0;
  const auto take = [&](const HttpRequest& http) {
    const auto record = canonicalizer.canonicalize_request(http);
    if (!record) {
      ++refused;
      return;
    }
    ++requests;
    check_request(canonicalizer, filters, *record);
  };
  for (int i = 0; i < 3000; ++i) {
    const std::string body = generator.all();
    take(post_echo(body));
    const auto response = canonicalizer.canonicalize_response(
        echo_tag, {200, {{"etag", "a b"}, {"Content-Type", "application/json"}}, body});
    if (response) {
      ++responses;
      check_response(canonicalizer, filters, *response);
    }
    take(get(generator.path() + generator.query()));
    const std::vector<HttpHeader> headers = {{"host", "a"},
                                             {"content-type", "application/json"},
                                             {"x-api", "1"},
                                             {"x-request-id", "00ff"}};
    take({"PATCH", "/v1/items/7?dry_run=true", headers, generator.item()});
    take({"PUT", "/v1/tags/" + std::string(i % 2 ? "0" : "BLUE"), headers,
          i % 3 ? "[\"a\", \"\"]" : "[]"});
    take({"POST", "/v1/items/" + std::to_string(i) + ":archive", headers,
          i % 3 ? "{}" : "{\"reason\":\"\\u0041\"}"});
  }
  std::cout << "accepted by all three: " << requests << " requests, " << responses << " responses; "
            << refused << " refused by the canonicalizer\n";
  CHECK(requests > 8000);
  CHECK(responses > 500);
  CHECK(refused > 500);
}

}  // namespace

TEST_CASE("engine and judge accept what the canonicalizer writes", "[accepted]") {
  run(types(), 1);
}

TEST_CASE("the same with printed defaults and bare 64-bit integers", "[accepted]") {
  run(print(), 2);
}

TEST_CASE("an empty message as a body field is no body", "[accepted]") {
  const Canonicalizer values(load_schema("tests/compiler/data/values.yaml"));
  const Filters filters(values);
  for (const char* body : {"{}", "null", "{\"a\":null}"}) {
    const auto record = values.canonicalize_request(
        {"PUT", "/v1/item", {{"host", "a"}, {"content-type", "application/json"}}, body});
    REQUIRE(record);
    CHECK(record->bytes == "PUT /v1/item HTTP/1.1\r\nhost: values.example\r\n\r\n");
    check_request(values, filters, *record);
  }
}
