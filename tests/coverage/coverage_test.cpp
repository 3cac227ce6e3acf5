// SPDX-License-Identifier: Apache-2.0
// Coverage and proposals of a small policy: the patch is applied by patch(1), the patched schema compiles, and its tables pass all
// of the traffic and less of the rest.
#include <catch2/catch.hpp>

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "compiler/compiler.hpp"
#include "coverage/coverage.hpp"
#include "coverage/proto_text.hpp"
#include "coverage/what_if.hpp"
#include "engine/engine.hpp"
#include "load/load.hpp"

using namespace sluice;
using namespace sluice::coverage;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "coverage_test_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name) << text; }
  std::string read(const std::string& name) const {
    std::ifstream in(path_ / name);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::string text() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

const char* const kSchema = R"(// Orders; nothing [here] matters = {}.
syntax = "proto3";
package t;
import "google/api/annotations.proto";
import "buf/validate/validate.proto";

enum Kind { KIND_UNSPECIFIED = 0; SMALL = 1; LARGE = 2; HUGE = 3; }
message Order {
  string name = 1 [
    deprecated = false,  // kept, with its comma
    (buf.validate.field).string.min_len = 1,
    (buf.validate.field).string.max_len = 40
  ];
  Kind kind = 2;
  int32 count = 3; /* no rules; yet */ repeated string tags = 4;
  optional bool gift = 5 [json_name = "present"];
  string note = 6;
}
message Answer { uint64 number = 1 [(buf.validate.field).uint64 = {gte: 1, lt: 1000}]; }
service S {
  rpc Put(Order) returns (Answer) { option (google.api.http) = {post: "/orders" body: "*"}; }
  rpc Get(Answer) returns (Order) { option (google.api.http) = {get: "/orders/{number}"}; }
}
)";

const char* const kPolicy = R"(name: test
serial: 1
mode: TWO_WAY
geometry: SMALL
protoFiles: [api.proto]
host: h
services: [{service: t.S, methods: ["*"]}]
statuses: [{code: 200}]
limits: {maxRecordBytes: 256}
)";

std::string post(const std::string& body) {
  return "POST /orders HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

simulation::Message request(const std::string& id, const std::string& http) {
  return {id, layout::Pipeline::REQUEST, 0, "", false, http};
}

simulation::Traffic traffic() {
  simulation::Traffic out;
  out.messages.push_back(request("a", post(R"({"name": "pear", "kind": "SMALL", "count": 3, "tags": ["x1"]})")));
  out.messages.push_back(request("b", post(R"({"name": "fig-tree", "kind": "LARGE", "count": 12, "tags": ["y", "z22"]})")));
  out.messages.push_back(request("c", post(R"({"name": "", "kind": "LARGE"})")));
  out.messages.push_back({"d", layout::Pipeline::RESPONSE, 0, "t.S.Put", false,
                          "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"number\":\"77\"}"});
  return out;
}

bool proposes(const Report& report, const std::string& field, const std::string& change) {
  for (const Tightened& proposal : report.proposals) {
    if (proposal.field == field) return std::find(proposal.changes.begin(), proposal.changes.end(), change) != proposal.changes.end();
  }
  return false;
}

engine::Image compiled(const std::filesystem::path& policy) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(policy, diagnostics);
  if (!loaded) FAIL(diagnostics.text());
  const auto result = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  if (!result) FAIL(diagnostics.text());
  return std::get<engine::Image>(engine::Image::load(result->image));
}

bool accepts(const engine::Image& image, const std::string& body) {
  const std::string record = "POST /orders HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) +
                             "\r\ncontent-type: application/json\r\nhost: h\r\n\r\n" + body;
  return engine::judge_request(image, {reinterpret_cast<const std::uint8_t*>(record.data()), record.size()}).accepted();
}

}  // namespace

TEST_CASE("traffic becomes coverage and a patch that keeps it") {
  const Folder folder;
  folder.write("api.proto", kSchema);
  folder.write("policy.yaml", kPolicy);
  Options options;
  options.least = 1;
  load::Diagnostics diagnostics;
  const auto report = measure(folder / "policy.yaml", traffic(), options, diagnostics);
  INFO(diagnostics.text());
  REQUIRE(report);
  INFO(to_text(*report));

  CHECK(report->messages == 4);
  CHECK(report->accepted == 3);
  REQUIRE(report->refused.size() == 1);
  CHECK(report->refused[0].starts_with("c: "));
  CHECK(report->request.back().used > 50);
  CHECK(report->request.back().used < report->request.back().all);
  bool never = false;
  for (const Usage::Row& row : report->request) {
    CHECK(row.used <= row.all);
    if (row.name == "object t.Order") never = std::find(row.unused.begin(), row.unused.end(), "note") != row.unused.end();
  }
  CHECK(never);

  CHECK(proposes(*report, "t.Order.name", "string.max_len = 8 (was 40)"));
  CHECK(proposes(*report, "t.Order.name", "string.pattern = \"^[a-z-]*$\""));
  CHECK(proposes(*report, "t.Order.kind", "enum.in = [1, 2]"));
  CHECK(proposes(*report, "t.Order.count", "int32.lte = 12"));
  CHECK(proposes(*report, "t.Order.count", "int32.gte = 3"));
  CHECK(proposes(*report, "t.Order.tags", "repeated.max_items = 2"));
  CHECK(proposes(*report, "t.Order.tags", "repeated.items.string.max_len = 3"));
  CHECK(proposes(*report, "t.Answer.number", "uint64.lte = 77 (was 1000)"));
  CHECK_FALSE(proposes(*report, "t.Order.note", "string.max_len = 0"));
  for (const Tightened& proposal : report->proposals) CHECK(proposal.bits > 0);
  for (const Worth& worth : report->worth) CHECK(worth.after <= worth.before);

  const engine::Image before = compiled(folder / "policy.yaml");
  folder.write("tighter.patch", report->patch);
  REQUIRE(std::system(("patch -s -p1 -d " + folder.text() + " < " + folder.text() + "/tighter.patch").c_str()) == 0);
  const std::string patched = folder.read("api.proto");
  CHECK(patched.find("deprecated = false,  // kept, with its comma") != std::string::npos);
  CHECK(patched.find("/* no rules; yet */") != std::string::npos);
  const engine::Image after = compiled(folder / "policy.yaml");
  for (const std::string body : {R"({"name":"pear","kind":"SMALL","count":3,"tags":["x1"]})",
                                 R"({"name":"fig-tree","kind":"LARGE","count":12,"tags":["y","z22"]})"}) {
    CHECK(accepts(before, body));
    CHECK(accepts(after, body));
  }
  // What no one has seen: longer, another character, enum value, number, one item more.
  for (const std::string body : {R"({"name":"fig-trees","kind":"SMALL","count":3,"tags":["x1"]})", R"({"name":"Pear","kind":"SMALL","count":3,"tags":["x1"]})",
                                 R"({"name":"pear","kind":"HUGE","count":3,"tags":["x1"]})", R"({"name":"pear","kind":"SMALL","count":13,"tags":["x1"]})",
                                 R"({"name":"pear","kind":"SMALL","count":3,"tags":["x","y","z"]})"}) {
    INFO(body);
    CHECK(accepts(before, body));
    CHECK_FALSE(accepts(after, body));
  }
}

TEST_CASE("too little traffic proposes nothing") {
  const Folder folder;
  folder.write("api.proto", kSchema);
  folder.write("policy.yaml", kPolicy);
  load::Diagnostics diagnostics;
  const auto report = measure(folder / "policy.yaml", traffic(), {}, diagnostics);
  REQUIRE(report);
  CHECK(report->proposals.empty());
  CHECK(report->patch.empty());
}

TEST_CASE("what a rule would be worth") {
  const Folder folder;
  folder.write("api.proto", kSchema);
  folder.write("policy.yaml", kPolicy);
  const auto worth = [&](const std::string& field, const std::string& rules) {
    load::Diagnostics diagnostics;
    return what_if(folder / "policy.yaml", field, rules, {}, diagnostics).value();
  };
  const auto bits = [](const room::Room& room, const std::string& path) {
    for (const room::FieldRoom& field : room.endpoints.at(0).fields) {
      if (field.path == path) return field.log2;
    }
    return 0.0;
  };
  // Four values are left two: one bit. The field's own rules stay.
  const WhatIf kind = worth("t.Order.kind", "enum {not_in: [2, 3]}");
  CHECK(bits(kind.before, "kind") == Approx(2));
  CHECK(bits(kind.after, "kind") == Approx(1));
  CHECK(kind.after.endpoints.at(0).log2_records <= kind.before.endpoints.at(0).log2_records);
  const WhatIf name = worth("t.Order.name", "string {in: [\"a\", \"b\", \"\"]}");
  CHECK(bits(name.after, "name") == Approx(1));  // min_len = 1 still keeps the third out
  CHECK(folder.read("api.proto") == kSchema);

  CHECK_THROWS_WITH(worth("t.Order.nam", "string {max_len: 1}"), "the schemas have no field 't.Order.nam'; did you mean 'name'?");
  CHECK_THROWS_WITH(worth("t.Order.name", "strin {max_len: 1}"), Catch::Contains("are no rules, column 7"));
  CHECK_THROWS_WITH(worth("t.Order.name", "string {max_len: 0}"), Catch::Contains("does not compile"));
}

TEST_CASE("rules are replaced where they stand") {
  const auto replaced = [](const std::string& statement) {
    return apply(statement, {replace_rules(statement, 1, 1, "string {max_len: 2}")});
  };
  const std::string option = "(buf.validate.field) = {string {max_len: 2}}";
  CHECK(replaced("string a = 1;") == "string a = 1 [" + option + "];");
  CHECK(replaced("string a = 1 [];") == "string a = 1 [" + option + "];");
  CHECK(replaced("string a = 1 [deprecated = true];") == "string a = 1 [deprecated = true, " + option + "];");
  CHECK(replaced("string a = 1 [(buf.validate.field).string = {in: [\"],;\", 'x']}];") == "string a = 1 [" + option + "];");
  CHECK(replaced("string a = 1 [(x) = 1, (buf.validate.field).required = true, (y) = {a: [1, 2]}, (buf.validate.field).cel = {}];") ==
        "string a = 1 [(x) = 1, " + option + ", (y) = {a: [1, 2]}];");
  CHECK(replaced("map<string, int32> a = 1 [ /* ] */ (buf.validate.field).map.max_pairs = 1 ];") == "map<string, int32> a = 1 [ /* ] */ " + option + " ];");
  CHECK_THROWS_AS(replaced("message M { string a = 1; }"), std::runtime_error);
  CHECK_THROWS_AS(replaced("string a = 1"), std::runtime_error);
}

TEST_CASE("an import is added behind the others") {
  const auto added = [](const std::string& text) { return apply(text, {add_import(text, "b")}); };
  CHECK(added("syntax = \"proto3\";\npackage t;\n") == "syntax = \"proto3\";\npackage t;\nimport \"b\";\n");
  CHECK(added("// import \"x\";\nsyntax = \"proto3\";\nimport \"a\";\npackage t;\n") ==
        "// import \"x\";\nsyntax = \"proto3\";\nimport \"a\";\nimport \"b\";\npackage t;\n");
}

TEST_CASE("unified diffs apply") {
  const Folder folder;
  std::string before;
  for (int i = 0; i < 60; ++i) before += "line " + std::to_string(i % 7) + "\n";
  std::string after = before;
  after.replace(after.find("line 3"), 6, "changed\nand more");
  after.replace(after.rfind("line 5"), 6, "at the end");
  after.replace(150, 21, "");
  after.pop_back();
  folder.write("f", before);
  folder.write("d", unified_diff("f", before, after));
  REQUIRE(std::system(("patch -s -p1 -d " + folder.text() + " < " + folder.text() + "/d").c_str()) == 0);
  CHECK(folder.read("f") == after);
  CHECK(unified_diff("f", before, before).empty());
}
