// SPDX-License-Identifier: Apache-2.0
// Every standard rule of validate.proto, by reflection: for each there is a value that the judge
// refuses by its name, or it stands here by name as one that a judge is refused for.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "buf/validate/validate.pb.h"
#include "field.hpp"

namespace sluice::judge::test {
namespace {

using google::protobuf::FieldDescriptor;

// A field of the type that a group is for, and bodies of which each rule breaks on one.
struct Sample {
  std::string field;
  std::vector<std::string> bodies;
};

const std::map<std::string, Sample>& samples() {
  static const auto table = [] {
    const std::vector<std::string> bare = {"{}", R"({"f":1})", R"({"f":2})"};
    const std::vector<std::string> quoted = {"{}", R"({"f":"1"})", R"({"f":"2"})"};
    std::map<std::string, Sample> all = {
        {"bool", {"bool f", {"{}"}}},
        {"string", {"string f", {"{}", R"({"f":"a"})", R"({"f":"bb"})", R"({"f":" "})"}}},
        {"bytes", {"bytes f", {"{}", R"({"f":"YQ=="})", R"({"f":"YmI="})"}}},
        {"enum", {"E f", {"{}", R"({"f":"ONE"})", R"({"f":7})"}}},
        {"repeated", {"repeated int32 f", {"{}", R"({"f":[1,1]})"}}},
        {"map", {"map<string, int32> f", {"{}", R"({"f":{"a":1,"b":1}})"}}},
        {"any",
         {"google.protobuf.Any f",
          {R"({"f":{"@type":"type.googleapis.com/t.M"}})",
           R"({"f":{"@type":"type.googleapis.com/google.protobuf.Empty"}})"}}},
        {"duration",
         {"google.protobuf.Duration f", {R"({"f":"0s"})", R"({"f":"1s"})", R"({"f":"-1s"})"}}},
        {"timestamp",
         {"google.protobuf.Timestamp f",
          {R"({"f":"1970-01-01T00:00:00Z"})", R"({"f":"1970-01-01T00:00:01Z"})",
           R"({"f":"1969-12-31T23:59:59Z"})"}}},
        {"field_mask", {"google.protobuf.FieldMask f", {R"({"f":"a"})", R"({"f":"b"})"}}},
    };
    for (const std::string type : {"int32", "sint32", "sfixed32", "uint32", "fixed32"}) {
      all[type] = {type + " f", bare};
    }
    for (const std::string type : {"int64", "sint64", "sfixed64", "uint64", "fixed64"}) {
      all[type] = {type + " f", quoted};
    }
    for (const std::string type : {"float", "double"}) {
      all[type] = {type + " f", bare};
      all[type].bodies.push_back(R"({"f":"NaN"})");
    }
    return all;
  }();
  return table;
}

// No rules by themselves: samples for people, rules on what is inside, and how another rule reads.
const std::set<std::string> kNoRule = {"example", "repeated.items", "map.keys", "map.values",
                                       "string.strict"};
// A clock is needed.
const std::set<std::string> kRefused = {"timestamp.lt_now", "timestamp.gt_now", "timestamp.within"};
// Beside the groups: what every field may have.
const std::set<std::string> kGeneral = {"cel_expression", "cel", "required", "ignore"};

std::string value_of(const FieldDescriptor* rule, const std::string& group) {
  switch (rule->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true";
    case FieldDescriptor::CPPTYPE_STRING:
      return group == "any" ? "\"type.googleapis.com/t.M\"" : "\"a\"";
    case FieldDescriptor::CPPTYPE_ENUM:
      return rule->enum_type()->value(1)->name();
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "{}";
    default:
      return "1";
  }
}

TEST_CASE("every standard rule is judged, or refused by name") {
  const auto* groups = buf::validate::FieldRules::descriptor()->FindOneofByName("type");
  REQUIRE(groups != nullptr);
  CHECK(static_cast<std::size_t>(groups->field_count()) == samples().size());
  int judged = 0;
  std::set<std::string> refused;
  for (int i = 0; i < groups->field_count(); ++i) {
    const std::string& group = groups->field(i)->name();
    REQUIRE(samples().contains(group));
    const Sample& sample = samples().at(group);
    const auto* type = groups->field(i)->message_type();
    for (int r = 0; r < type->field_count(); ++r) {
      const std::string name = group + "." + type->field(r)->name();
      if (kNoRule.contains(name) || kNoRule.contains(type->field(r)->name())) continue;
      const std::string schema =
          api(sample.field + " = 1 [(buf.validate.field)." + group + "." + type->field(r)->name() +
                  " = " + value_of(type->field(r), group) + "];",
              "enum E { ZERO = 0; ONE = 1; }\n");
      const PolicyParts parts{"t.Api", "anyTypes: [t.M, google.protobuf.Empty]\n"};
      INFO(schema);
      if (kRefused.contains(name)) {
        CHECK_THAT(refusal(schema, parts),
                   Catch::Contains("cannot check " + name));
        refused.insert(name);
        continue;
      }
      const Bench bench(schema, parts);
      std::string verdicts;
      bool broken = false;
      for (const std::string& body : sample.bodies) {
        const Verdict verdict = bench.post("/m", body);
        verdicts += shown(verdict) + "\n";
        broken = broken || verdict.rule == name;
      }
      INFO(verdicts);
      CHECK(broken);
      ++judged;
    }
  }
  CHECK(refused == kRefused);
  CHECK(judged == 162);
  const auto* rules = buf::validate::FieldRules::descriptor();
  for (int i = 0; i < rules->field_count(); ++i) {
    if (rules->field(i)->containing_oneof() == groups) continue;
    INFO(rules->field(i)->name());
    CHECK(kGeneral.contains(rules->field(i)->name()));
  }
}

TEST_CASE("groups of fields in a message") {
  const Field most(
      "option (buf.validate.message).oneof = {fields: [\"a\", \"b\", \"c\", \"d\"]};"
      "int32 a = 1; repeated int32 b = 2; optional int32 c = 3; M d = 4; int32 e = 5;");
  for (const char* good : {"{}", R"({"a":1})", R"({"b":[0]})", R"({"c":0})", R"({"d":{}})",
                           R"({"a":1,"e":1})", R"({"d":{"a":1}})"}) {
    INFO(good);
    CHECK(most(good) == "accepted");
  }
  for (const char* bad : {R"({"a":1,"b":[0]})", R"({"a":1,"c":0})", R"({"c":0,"d":{}})",
                          R"({"a":1,"b":[1],"c":1,"d":{}})"}) {
    INFO(bad);
    CHECK(most(bad) == "message.oneof");
  }
  CHECK(most(R"({"d":{"a":1,"c":0}})") == "message.oneof at d");

  // Members that are not set are not judged as zero values, unless they say what to ignore.
  const Field exactly(
      "option (buf.validate.message).oneof = {fields: [\"a\", \"b\"] required: true};"
      "int32 a = 1 [(buf.validate.field).int32.gt = 5]; "
      "string b = 2 [(buf.validate.field).string.min_len = 2];");
  CHECK(exactly("{}") == "message.oneof");
  CHECK(exactly(R"({"a":6})") == "accepted");
  CHECK(exactly(R"({"a":5})") == "int32.gt at a");
  CHECK(exactly(R"({"b":"xy"})") == "accepted");
  CHECK(exactly(R"({"b":"x"})") == "string.min_len at b");
  CHECK(exactly(R"({"a":6,"b":"xy"})") == "message.oneof");
  const Field strict(
      "option (buf.validate.message).oneof = {fields: [\"a\", \"b\"]};"
      "int32 a = 1 [(buf.validate.field) = {int32: {gt: 5} ignore: IGNORE_UNSPECIFIED}]; "
      "string b = 2;");
  CHECK(strict(R"({"b":"x"})") == "int32.gt at a");
}

TEST_CASE("an element that is ignored as zero is not entered either") {
  const Field list(
      "repeated N f = 1 [(buf.validate.field).repeated.items.ignore = IGNORE_IF_ZERO_VALUE];",
      "message N { int32 a = 1 [(buf.validate.field).int32.gt = 5]; }\n");
  CHECK(list(R"({"f":[{},{"a":6}]})") == "accepted");
  CHECK(list(R"({"f":[{},{"a":5}]})") == "int32.gt at f[1].a");
}

TEST_CASE("unique elements of every scalar type") {
  const auto field = [](const std::string& type) {
    return Field("repeated " + type + " f = 1 [(buf.validate.field).repeated.unique = true];",
                 "enum E { option allow_alias = true; ZERO = 0; ONE = 1; UNO = 1; }\n");
  };
  const auto check = [&](const std::string& type, const std::string& good, const std::string& bad) {
    INFO(type);
    const Field list = field(type);
    CHECK(list("{\"f\":[" + good + "]}") == "accepted");
    CHECK(list("{\"f\":[" + bad + "]}") == "repeated.unique at f");
  };
  check("int32", "0,1,-1", "1,0,1");
  check("uint64", R"("0","1")", R"("1","1")");
  check("bool", "true,false", "true,true");
  check("string", R"("a","A","","NaN")", R"("NaN","","NaN")");
  check("bytes", R"("YQ==","")", R"("YQ==","YQ==")");
  check("E", R"("ZERO","ONE")", R"("ONE","ONE")");
  check("float", R"(0,0.1,"NaN","NaN","Infinity","-Infinity")", R"(0.1,0,0.1)");
  check("double", R"(1e+21,1e-7,"NaN","NaN")", R"("Infinity",1,"Infinity")");
  // The same number in two spellings: only one of them is the shortest.
  CHECK(field("float")(R"({"f":[0.1,0.100000001]})") == "repeated.unique at f");
}

}  // namespace
}  // namespace sluice::judge::test
