// SPDX-License-Identifier: Apache-2.0
// Rooms of small schemas against all their records, found through the engine: records by endpoint, and
// every field by its distinct spellings.
#include <catch2/catch.hpp>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/compiler.hpp"
#include "load/load.hpp"
#include "room/brute_force.hpp"
#include "room/compiled.hpp"
#include "room/fields.hpp"
#include "room/number.hpp"
#include "room/room.hpp"

using namespace sluice;
using namespace sluice::room;
using test::Compiled;
using test::compile;

namespace {

// What the engine accepts: records by endpoint, and the texts that `fields` finds in them.
struct Truth {
  std::map<std::string, std::uint64_t> records;
  std::map<std::string, std::map<std::string, std::set<std::string>>> spellings;  // endpoint, path
};
using Fields = std::function<std::map<std::string, std::string>(const std::string& record)>;

Truth asked(const Compiled& compiled, layout::Pipeline pipeline, std::uint16_t endpoint, std::uint32_t longest, const std::string& alphabet,
            const Fields& fields, std::size_t head = 0) {
  const auto loaded = engine::Image::load(compiled.image);
  REQUIRE(std::holds_alternative<engine::Image>(loaded));
  Truth out;
  test::each_record(std::get<engine::Image>(loaded), pipeline, endpoint, longest, alphabet,
                    [&](const std::string& record, const engine::Verdict& verdict) {
                      const std::string name = compiled.symbols.endpoint_name(verdict.endpoint);
                      ++out.records[name];
                      for (const auto& [path, text] : fields(record)) out.spellings[name][path].insert(text);
                    }, head);
  return out;
}

void same(const Truth& truth, const Room& room, layout::Pipeline pipeline) {
  REQUIRE(!truth.records.empty());
  for (const EndpointRoom& endpoint : room.endpoints) {
    if (endpoint.pipeline != pipeline || truth.records.count(endpoint.endpoint) == 0) continue;
    INFO(endpoint.endpoint);
    CHECK(endpoint.records == std::to_string(truth.records.at(endpoint.endpoint)));
    CHECK(endpoint.log2_records == Approx(std::log2(static_cast<double>(truth.records.at(endpoint.endpoint)))).margin(1e-12));
    std::map<std::string, double> counted;
    for (const FieldRoom& field : endpoint.fields) counted[field.path] = field.log2;
    for (const auto& [path, texts] : truth.spellings.at(endpoint.endpoint)) {
      INFO(path << ": " << texts.size() << " spellings");
      const double log2 = counted.count(path) == 0 ? 0 : counted.at(path);
      CHECK(log2 == Approx(std::log2(static_cast<double>(texts.size()))).margin(1e-12));
      counted.erase(path);
    }
    for (const auto& [path, log2] : counted) FAIL_CHECK("a row that no record shows: " << path << " " << log2);
  }
}

// The members of a JSON body by path, items of lists of messages under "[]"; "" is an absent one.
void spell(const nlohmann::json& value, const std::string& path, std::map<std::string, std::string>& out) {
  for (const auto& [name, member] : value.items()) {
    const std::string here = path.empty() ? name : path + "." + name;
    if (member.is_object()) {
      spell(member, here, out);
    } else {
      out[here] = member.dump();
    }
  }
}

std::string body_of(const std::string& record) { return record.substr(record.find("\r\n\r\n") + 4); }

// Bytes that stand in some record of these tests, and a few more.
const std::string kText =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /.:-\r\n{}[]\",?=&%_\\\xC3\xA9\xA8\x7F";

const std::string kHead = "\r\ncontent-length: \r\ncontent-type: application/json\r\nhost: h\r\n\r\n";
const char* const kPolicy = "services: [{service: t.S, methods: [\"*\"]}]\nstatuses: [{code: 200}]\n";

}  // namespace

TEST_CASE("a body with lists, a oneof, an enum and counted code points") {
  const Compiled compiled = compile(R"(
enum E { E_A = 0; E_B = 1; E_C = 2; }
message M {
  repeated string l = 1 [(buf.validate.field).repeated = {min_items: 0, max_items: 2, items: {string: {in: ["a", "b"]}}}];
  oneof o { bool x = 2; E y = 3; }
  string s = 4 [(buf.validate.field).string = {max_len: 2, pattern: "^[aé]*$"}];
  uint32 n = 5 [(buf.validate.field).uint32.lte = 12];
}
message R {}
service S { rpc Do(M) returns (R) { option (google.api.http) = {post: "/d" body: "*"}; } }
)", kPolicy);
  // 82 bytes of head and `{}`: room for 18 bytes of members.
  RoomOptions options;
  options.max_bytes = 100;
  const Room room = measure(compiled.image, compiled.symbols, options);
  const Truth truth = asked(compiled, layout::Pipeline::REQUEST, 0, options.max_bytes, kText, [](const std::string& record) {
    std::map<std::string, std::string> out{{"l", ""}, {"x", ""}, {"y", ""}, {"s", ""}, {"n", ""}};
    spell(nlohmann::json::parse(body_of(record)), "", out);
    return out;
  }, kHead.size());
  same(truth, room, layout::Pipeline::REQUEST);
}

TEST_CASE("maps: their keys are sets, their values free") {
  const Compiled compiled = compile(R"(
enum E { E_A = 0; E_B = 1; }
message V { map<bool, E> in = 1 [(buf.validate.field).map.max_pairs = 1]; }
message M {
  map<string, bool> m = 1 [(buf.validate.field).map = {max_pairs: 2 keys: {string: {pattern: "^[ab]{0,2}$"}}}];
  map<int32, V> n = 2 [(buf.validate.field).map = {keys: {int32: {in: [1, -1, 10]}}}];
}
message R {}
service S { rpc Do(M) returns (R) { option (google.api.http) = {post: "/d" body: "*"}; } }
)", kPolicy);
  RoomOptions options;
  options.max_bytes = 82 + 34;
  const Room room = measure(compiled.image, compiled.symbols, options);
  const std::string letters = "abcdefghijlmnoprstuxyABEHOPST0123456789 /.:-\r\n{}\",_";
  const Truth truth = asked(compiled, layout::Pipeline::REQUEST, 0, options.max_bytes, letters, [](const std::string& record) {
    const auto json = nlohmann::json::parse(body_of(record));
    std::map<std::string, std::string> out{{"m", ""}, {"n", ""}};
    for (const auto& [name, member] : json.items()) out[name] = member.dump();
    return out;
  }, kHead.size());
  CHECK(truth.records.at("t.S.Do") == 160);
  same(truth, room, layout::Pipeline::REQUEST);
}

TEST_CASE("recursion into the depth limit") {
  const std::string schema = R"(
message M { M m = 1; bool b = 2; }
message R {}
service S { rpc Do(M) returns (R) { option (google.api.http) = {post: "/d" body: "*"}; } }
)";
  const auto records = [&](int depth) {
    const Compiled compiled = compile(schema, kPolicy + std::string("limits: {maxDepth: ") + std::to_string(depth) + "}\n");
    RoomOptions options;
    options.max_bytes = 82 + 32;
    const Room room = measure(compiled.image, compiled.symbols, options);
    const Truth truth = asked(compiled, layout::Pipeline::REQUEST, 0, options.max_bytes, kText, [](const std::string& record) {
      const auto json = nlohmann::json::parse(body_of(record));
      return std::map<std::string, std::string>{{"m", json.contains("m") ? json["m"].dump() : ""}, {"b", json.contains("b") ? "1" : ""}};
    }, kHead.size());
    same(truth, room, layout::Pipeline::REQUEST);
    return room.endpoints.at(0).log2_records;
  };
  CHECK(records(4) < records(6));
}

// As kText, for records of this test.
const std::string kLine = "GETPOSDHCK/1.abckdlhostxnreguyjpi023456789:-?=& %\r\n{}\"";

TEST_CASE("paths, queries, headers and statuses") {
  const Compiled compiled = compile(R"(
message G {
  string id = 1 [(buf.validate.field).string.pattern = "^[ab]{1,2}$"];
  bool all = 2;
  repeated uint32 k = 3 [(buf.validate.field).repeated.items.uint32.lte = 1];
}
message R { uint32 n = 1 [(buf.validate.field).uint32.lte = 3]; }
service S { rpc Get(G) returns (R) { option (google.api.http) = {get: "/{id}"}; }
            rpc Do(G) returns (R) { option (google.api.http) = {post: "/d/{id}"}; } }
)", "services: [{service: t.S, methods: [\"*\"]}]\nstatuses: [{code: 200}, {code: 201}]\nrequestHeaders: [{name: x, pattern: \"[ab]*c?\"}]\n");
  RoomOptions options;
  options.max_bytes = 41;
  const Room room = measure(compiled.image, compiled.symbols, options);
  const Truth truth = asked(compiled, layout::Pipeline::REQUEST, 0, options.max_bytes, kLine, [](const std::string& record) {
    const std::size_t path = record.find('/') + (record.starts_with("POST") ? 3 : 1);
    const std::size_t end = record.find_first_of("? ", path);
    const std::size_t header = record.find("\r\nx: ");
    std::map<std::string, std::string> out{{"id", record.substr(path, end - path)}, {"all", ""}, {"k", ""}, {"header.x", ""}};
    if (header != std::string::npos) out["header.x"] = "=" + record.substr(header + 5, record.find("\r\n", header + 5) - header - 5);
    std::string query = record[end] == '?' ? record.substr(end + 1, record.find(' ', end) - end - 1) + "&" : "";
    for (std::size_t at = 0; at < query.size(); at = query.find('&', at) + 1) {
      const std::size_t equals = query.find('=', at);
      out[query.substr(at, equals - at)] += query.substr(equals, query.find('&', at) - equals);
    }
    return out;
  });
  same(truth, room, layout::Pipeline::REQUEST);

  options.max_bytes = 90;
  const Room answers = measure(compiled.image, compiled.symbols, options);
  const Truth answered = asked(compiled, layout::Pipeline::RESPONSE, 1, options.max_bytes, kLine, [](const std::string& record) {
    std::map<std::string, std::string> out{{":status", record.substr(9, 3)}};
    const auto json = body_of(record).empty() ? nlohmann::json::object() : nlohmann::json::parse(body_of(record));
    out["n"] = json.contains("n") ? json["n"].dump() : "";
    return out;
  }, kHead.size() - std::string("host: h\r\n").size());
  same(answered, answers, layout::Pipeline::RESPONSE);
}

TEST_CASE("scaled counts are the exact ones within 1e-6 bit") {
  for (const std::string example : {"library", "plant"}) {
    load::Diagnostics diagnostics;
    auto loaded = load::load(std::string(SLUICE_SOURCE_DIR) + "/schemas/examples/" + example + "/policy.yaml", diagnostics);
    REQUIRE(loaded);
    const auto result = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
    REQUIRE(result);
    const Machine machine = read_machine(result->image, layout::Pipeline::REQUEST);
    Counter<Exact> exact(machine, 256);
    Counter<Scaled> scaled(machine, 256);
    const auto& one = exact.records(machine.starts.at(0));
    const auto& other = scaled.records(machine.starts.at(0));
    REQUIRE(one.size() == other.size());
    std::size_t lengths = 0;
    for (const auto& [tag, series] : one) {
      for (std::size_t n = 0; n < series.size(); ++n) {
        REQUIRE(series[n].zero() == other.at(tag)[n].zero());
        if (series[n].zero()) continue;
        ++lengths;
        REQUIRE(std::abs(series[n].log2() - other.at(tag)[n].log2()) < 1e-9 + scaled.relative_error());
      }
    }
    CHECK(lengths > 100);
    CHECK(scaled.relative_error() < 1e-6);
  }
}

TEST_CASE("numbers far apart, and far from one") {
  Exact exact(1);
  Scaled scaled(1);
  for (int i = 0; i < 3000; ++i) {
    exact = exact.times(Exact(251));
    scaled = scaled.times(Scaled(251));
    exact.add(Exact(7));
    scaled.add(Scaled(7));
  }
  CHECK(scaled.log2() == Approx(exact.log2()).epsilon(1e-13));
  CHECK(exact.log2() == Approx(3000 * std::log2(251.0)).epsilon(1e-4));
  Scaled sum(0);
  CHECK(sum.zero());
  sum.add(scaled);
  sum.add(Scaled(1));
  CHECK(sum == scaled);
  Scaled other(1);
  other.add(scaled);
  CHECK(other == scaled);
  CHECK(Scaled(0).log2() == kNoRecord);
}

TEST_CASE("two images compared, and a JSON report") {
  const std::string schema = R"(
message M { string s = 1 [(buf.validate.field).string.pattern = "^[ab]{4}$"]; }
message R {}
service S { rpc Do(M) returns (R) { option (google.api.http) = {post: "/d" body: "*"}; } }
)";
  std::string narrow = schema;
  narrow.replace(narrow.find("[ab]{4}"), 7, "[ab]{1}");
  const auto room_of = [](const std::string& text) {
    const Compiled compiled = compile(text, kPolicy);
    return measure(compiled.image, compiled.symbols);
  };
  const Room wide = room_of(schema);
  const auto json = nlohmann::json::parse(to_json(wide));
  REQUIRE(json.at(0).at("pipeline") == "request");
  CHECK(json.at(0).at("endpoint") == "t.S.Do");
  CHECK(json.at(0).at("log2_records").get<double>() == Approx(4));
  CHECK(json.at(0).at("fields").at(0).at("path") == "s");
  CHECK(json.at(0).at("fields").at(0).at("log2").get<double>() == Approx(4));
  CHECK(to_text(wide, 100).find("400 bit/s") != std::string::npos);
  const std::string difference = difference_text(wide, room_of(narrow));
  CHECK(difference.find("-3.00") != std::string::npos);
  CHECK(difference_text(wide, wide) == "no difference\n");
}
