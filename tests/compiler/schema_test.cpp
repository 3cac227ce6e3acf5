// SPDX-License-Identifier: Apache-2.0
// Rules, presence and ranks: what the schema stage says may stand in a message. Bindings are
// schema_http_test.cpp's.
#include <catch2/catch.hpp>
#include <set>

#include "schema_fixture.hpp"

using namespace sluice::compiler;
using namespace sluice::compiler::test;

namespace {

const std::string kPrint = "json: {defaults: PRINT}";

// The dump line of the only field.
std::string only(const std::string& field, const std::string& policy = {}) {
  return resolve_fields(field, policy).line("1: ");
}

}  // namespace

TEST_CASE("integer sets agree with sets of integers") {
  // Every subset of 0..5 against every other: 64 x 64 pairs.
  const auto from_mask = [](unsigned mask) {
    std::vector<Int> values;
    for (int i = 0; i < 6; ++i) {
      if (mask & (1u << i)) values.push_back(i);
    }
    return IntegerSet::of(values);
  };
  const auto to_mask = [](const IntegerSet& set) {
    unsigned mask = 0;
    Int previous = -2;
    for (const auto& [low, high] : set.intervals) {
      REQUIRE(low <= high);
      REQUIRE(low > previous + 1);  // sorted, disjoint, not adjacent
      previous = high;
      for (Int i = low; i <= high; ++i) mask |= 1u << static_cast<int>(i);
    }
    return mask;
  };
  for (unsigned a = 0; a < 64; ++a) {
    REQUIRE(to_mask(from_mask(a)) == a);
    for (unsigned b = 0; b < 64; ++b) {
      REQUIRE(to_mask(from_mask(a).intersect(from_mask(b))) == (a & b));
      REQUIRE(to_mask(from_mask(a).unite(from_mask(b))) == (a | b));
      REQUIRE(to_mask(from_mask(a).minus(from_mask(b))) == (a & ~b));
    }
    for (int i = -1; i < 7; ++i)
      REQUIRE(from_mask(a).contains(i) == (i >= 0 && i < 6 && ((a >> i) & 1)));
  }
  CHECK(IntegerSet::range(3, 2).empty());
}

TEST_CASE("integer rules of all ten types") {
  struct Type {
    const char* name;
    bool is_signed, wide;
  };
  const Type types[] = {{"int32", true, false},    {"int64", true, true},
                        {"uint32", false, false},  {"uint64", false, true},
                        {"sint32", true, false},   {"sint64", true, true},
                        {"fixed32", false, false}, {"fixed64", false, true},
                        {"sfixed32", true, false}, {"sfixed64", true, true}};
  for (const Type& type : types) {
    const std::string n = type.name;
    const std::string low = !type.is_signed ? "0"
                            : type.wide     ? "-9223372036854775808"
                                            : "-2147483648";
    const std::string high = type.is_signed ? (type.wide ? "9223372036854775807" : "2147483647")
                                            : (type.wide ? "18446744073709551615" : "4294967295");
    const std::string quoted = type.wide ? " quoted" : "";
    const auto set = [&](const std::string& rules) {
      std::string text =
          only("optional " + n + " f = 1 [(buf.validate.field)." + n + " = {" + rules + "}];");
      text = text.substr(0, text.find("  # "));
      const std::string head = "1: f = 1 " + n;
      REQUIRE(text.starts_with(head));
      REQUIRE(text.ends_with(quoted));
      return text.substr(head.size(), text.size() - head.size() - quoted.size());
    };
    INFO(n);
    CHECK(set("example: [1]") == "{" + low + ".." + high + "}");
    CHECK(set("const: 7") == "{7}");
    CHECK(set("in: [9, 7, 8, 3]") == "{3,7..9}");
    CHECK(set("not_in: [7, 9]") == "{" + low + "..6,8,10.." + high + "}");
    CHECK(set("gt: 5, lt: 9") == "{6..8}");
    CHECK(set("gte: 5, lte: 9") == "{5..9}");
    CHECK(set("gte: 5") == "{5.." + high + "}");
    CHECK(set("lte: 5") == "{" + low + "..5}");
    // The upper bound below the lower one: outside of both.
    CHECK(set("gt: 9, lt: 5") == "{" + low + "..4,10.." + high + "}");
    CHECK(set("gte: 9, lt: 5") == "{" + low + "..4,9.." + high + "}");
    CHECK(set("gt: 9, lte: 5") == "{" + low + "..5,10.." + high + "}");
    CHECK(set("gte: 9, lte: 5") == "{" + low + "..5,9.." + high + "}");
    CHECK(set("gte: 6, lte: 5") == "{" + low + ".." + high + "}");
    CHECK(set("gte: 5, lte: 5") == "{5}");
    CHECK(set("gte: 0, lte: 9, not_in: [3], in: [2, 3, 4, 20]") == "{2,4}");
    CHECK(set("gt: " + high + ", lt: 5") == "{" + low + (type.is_signed ? "..4}" : "..4}"));
  }
}

TEST_CASE("rules that leave nothing are errors") {
  CHECK(
      resolve_fields("optional int32 f = 1 [(buf.validate.field).int32 = {gt: 5, lt: 5}];")
          .has_error("E0303", "field t.M.f: no value can satisfy", "(buf.validate.field).int32 ="));
  CHECK(
      resolve_fields(
          "int32 f = 1 [(buf.validate.field).int32.in = 3, (buf.validate.field).int32.not_in = 3];")
          .has_error("E0303", "no value can satisfy", "(buf.validate.field).int32.in"));
  // Only the default is left, and it is never written.
  CHECK(resolve_fields("int32 f = 1 [(buf.validate.field).int32.const = 0];")
            .has_error("E0303", "only the default"));
  CHECK(resolve_fields("bool f = 1 [(buf.validate.field).bool.const = false];")
            .has_error("E0303", "only the default"));
  CHECK(resolve_fields("string f = 1 [(buf.validate.field).string.max_len = 0];")
            .has_error("E0303", "only the default"));
  CHECK(only("int32 f = 1 [(buf.validate.field).int32.const = 0];", kPrint)
            .starts_with("1: f = 1 int32{0} implicit"));
  CHECK(resolve_fields("string f = 1 [(buf.validate.field).string = {min_len: 3, max_len: 2}];")
            .has_error("E0303", "t.M.f"));
  CHECK(
      resolve_fields("string f = 1 [(buf.validate.field).string = {prefix: \"äbc\", max_len: 2}];")
          .has_error("E0303", "t.M.f"));
  CHECK(only("string f = 1 [(buf.validate.field).string = {prefix: \"äb\", max_len: 2}];")
            .find("max_len=2") != std::string::npos);
  CHECK(
      resolve_fields("string f = 1 [(buf.validate.field).string = {in: [\"a\", \"bb\"], len: 3}];")
          .has_error("E0303", "t.M.f"));
  CHECK(resolve_fields("E f = 1 [(buf.validate.field).enum = {in: [7, 8]}];")
            .has_error("E0303", "t.M.f"));
  CHECK(resolve_fields(
            "repeated int32 f = 1 [(buf.validate.field).repeated = {min_items: 3, max_items: 2}];")
            .has_error("E0303",
                       "no list can satisfy repeated.max_items = 2 with repeated.min_items = 3"));
  CHECK(resolve_fields("repeated int32 f = 1 [(buf.validate.field).repeated.max_items = 0];")
            .has_error("E0303", "no list"));
}

TEST_CASE("an enum of one name needs no rule to be nothing but its default") {
  const Outcome outcome = resolve("enum E { ONLY = 0; }\nmessage M { E e = 1; optional E o = 2; }\nmessage R {}\nservice S { rpc Call(M) returns (R) { option (google.api.http) = {post: \"/v1/call\" body: \"*\"}; } }\n");
  REQUIRE(outcome.schema);
  CHECK(outcome.field("t.M", "e").value.enumeration.empty());
  CHECK(outcome.field("t.M", "e").default_allowed);
  CHECK(outcome.field("t.M", "o").value.enumeration.size() == 1);
}

TEST_CASE("implicit presence: the default is absent, and its absence is judged") {
  CHECK(only("int32 f = 1;") ==
        "1: f = 1 int32{-2147483648..-1,1..2147483647} implicit omit_default default_allowed");
  CHECK(only("bool f = 1;") == "1: f = 1 bool{true} implicit omit_default default_allowed");
  CHECK(only("string f = 1;") == "1: f = 1 string min_len=1 implicit omit_default default_allowed");
  CHECK(only("E f = 1;") == "1: f = 1 t.E{E_ONE=1,E_TWO=2} implicit omit_default default_allowed");
  CHECK(only("double f = 1;") == "1: f = 1 double not_zero implicit omit_default default_allowed");
  CHECK(only("bytes f = 1;") == "1: f = 1 bytes min_bytes=1 implicit omit_default default_allowed");

  SECTION("a default that breaks a rule makes the member required") {
    CHECK(only("int32 f = 1 [(buf.validate.field).int32.gte = 1];") ==
          "1: f = 1 int32{1..2147483647} implicit omit_default required  # int32.gte = 1");
    CHECK(only("string f = 1 [(buf.validate.field).string.min_len = 2];") ==
          "1: f = 1 string min_len=2 implicit omit_default required  # string.min_len = 2");
    CHECK(only("string f = 1 [(buf.validate.field).string.pattern = \"^a*$\"];") ==
          "1: f = 1 string min_len=1 pattern=\"^a*$\" implicit omit_default default_allowed  # "
          "string.pattern = \"^a*$\"");
    CHECK(only("string f = 1 [(buf.validate.field).string.pattern = \"a\"];") ==
          "1: f = 1 string min_len=1 pattern=\"a\" implicit omit_default required  # "
          "string.pattern = \"a\"");
    CHECK(only("string f = 1 [(buf.validate.field).string.in = \"\", "
               "(buf.validate.field).string.in = \"a\"];")
              .starts_with("1: f = 1 string in=[\"a\"] implicit omit_default default_allowed"));
    CHECK(only("E f = 1 [(buf.validate.field).enum.not_in = 0];")
              .starts_with("1: f = 1 t.E{E_ONE=1,E_TWO=2} implicit omit_default required"));
    CHECK(only("double f = 1 [(buf.validate.field).required = true];") ==
          "1: f = 1 double not_zero implicit omit_default required  # required");
  }
  SECTION("ignore lets the default pass, not the rule `required`") {
    CHECK(only("int32 f = 1 [(buf.validate.field).int32.gte = 5, (buf.validate.field).ignore = "
               "IGNORE_IF_ZERO_VALUE];") ==
          "1: f = 1 int32{5..2147483647} implicit omit_default default_allowed  # int32.gte = 5");
    CHECK(only("string f = 1 [(buf.validate.field).string.min_len = 5, (buf.validate.field).ignore "
               "= IGNORE_IF_ZERO_VALUE];") ==
          "1: f = 1 string min_len=5 implicit omit_default default_allowed  # string.min_len = 5");
    CHECK(only("int32 f = 1 [(buf.validate.field).required = true, (buf.validate.field).ignore = "
               "IGNORE_IF_ZERO_VALUE];")
              .ends_with(" required  # required"));
    CHECK(only("int32 f = 1 [(buf.validate.field).required = true, (buf.validate.field).int32.gte "
               "= 5, "
               "(buf.validate.field).ignore = IGNORE_ALWAYS];") ==
          "1: f = 1 int32{-2147483648..-1,1..2147483647} implicit omit_default default_allowed");
  }
  SECTION("printed defaults always stand") {
    CHECK(only("int32 f = 1;", kPrint) ==
          "1: f = 1 int32{-2147483648..2147483647} implicit default_allowed required");
    CHECK(only("int32 f = 1 [(buf.validate.field).int32.gte = 5, (buf.validate.field).ignore = "
               "IGNORE_IF_ZERO_VALUE];",
               kPrint) ==
          "1: f = 1 int32{0,5..2147483647} implicit default_allowed required  # int32.gte = 5");
    CHECK(only("string f = 1 [(buf.validate.field).string.min_len = 5, (buf.validate.field).ignore "
               "= IGNORE_IF_ZERO_VALUE];",
               kPrint) ==
          "1: f = 1 string min_len=5 or_empty implicit default_allowed required  # string.min_len "
          "= 5");
    CHECK(only("double f = 1 [(buf.validate.field).required = true];", kPrint) ==
          "1: f = 1 double not_zero implicit required  # required");
    CHECK(only("optional int32 f = 1;", kPrint) == "1: f = 1 int32{-2147483648..2147483647}");
    CHECK(only("repeated int32 f = 1;", kPrint) ==
          "1: f = 1 repeated(1..) int32{-2147483648..2147483647}");
  }
}

TEST_CASE("explicit presence: rules hold when the field is set") {
  CHECK(only("optional int32 f = 1 [(buf.validate.field).int32.gte = 5];") ==
        "1: f = 1 int32{5..2147483647}  # int32.gte = 5");
  // There IGNORE_IF_ZERO_VALUE does nothing: a zero that is set is judged.
  CHECK(only("optional int32 f = 1 [(buf.validate.field).int32.gte = 5, "
             "(buf.validate.field).ignore = IGNORE_IF_ZERO_VALUE];") ==
        "1: f = 1 int32{5..2147483647}  # int32.gte = 5");
  CHECK(only("optional int32 f = 1 [(buf.validate.field).int32.gte = 5, "
             "(buf.validate.field).ignore = IGNORE_ALWAYS];") ==
        "1: f = 1 int32{-2147483648..2147483647}");
  CHECK(resolve_fields("oneof o { int32 f = 1 [(buf.validate.field).int32.gte = 5, "
                       "(buf.validate.field).ignore = IGNORE_IF_ZERO_VALUE]; }")
            .line("1: ")
            .starts_with("1: f = 1 int32{5..2147483647} oneof=0"));
  CHECK(only("optional bool f = 1 [(buf.validate.field).bool.const = false];")
            .starts_with("1: f = 1 bool{false}"));
  CHECK(only("optional int32 f = 1 [(buf.validate.field).required = true];")
            .ends_with(" required  # required"));
  CHECK(only("Sub f = 1 [(buf.validate.field).required = true];") ==
        "1: f = 1 message t.Sub #2 required  # required");
  CHECK(only("google.protobuf.Timestamp f = 1;") == "1: f = 1 timestamp");
  CHECK(only("google.protobuf.Empty f = 1;") == "1: f = 1 message google.protobuf.Empty #2");
}

TEST_CASE("well-known types are scalars with presence") {
  CHECK(only("google.protobuf.Int64Value f = 1 [(buf.validate.field).int64.gte = -1];") ==
        "1: f = 1 int64 wrapper{-1..9223372036854775807} quoted  # int64.gte = -1");
  CHECK(only("google.protobuf.StringValue f = 1 [(buf.validate.field) = {required: true, string {max_len: 3}}];") ==
        "1: f = 1 string wrapper max_len=3 required  # required; string.max_len = 3");
  CHECK(only("repeated google.protobuf.BoolValue f = 1;") == "1: f = 1 repeated(1..) bool wrapper{false,true}");
  CHECK(only("google.protobuf.Duration f = 1 [(buf.validate.field).duration = {gt {seconds: -1} lte {seconds: 2, nanos: 5}}];") ==
        "1: f = 1 duration{-999999999..2000000005}  # duration.lte = 2.000000005s; duration.gt = -1s");
  CHECK(only("google.protobuf.Duration f = 1 [(buf.validate.field).duration = {in [{seconds: 1}, {nanos: 7}] not_in {seconds: 1}}];")
            .starts_with("1: f = 1 duration{7} "));
  CHECK(only("google.protobuf.Timestamp f = 1 [(buf.validate.field).timestamp.const = {seconds: 86400}];") ==
        "1: f = 1 timestamp{86400000000000}  # timestamp.const = 1970-01-02T00:00:00Z");
  CHECK(only("google.protobuf.FieldMask f = 1;") == "1: f = 1 field_mask field_mask=\"field_mask\"");
  const auto mask = resolve_fields("google.protobuf.FieldMask f = 1 [(buf.validate.field).field_mask = {in: [\"a_b\", \"c.d\"], not_in: [\"c.d.e\"]}];");
  REQUIRE(mask.schema);
  const StringRules& rules = mask.field("t.M", "f").value.string;
  for (const char* good : {"", "aB", "aB.x,c.d", "c.d.f"}) {
    INFO(good);
    CHECK(holds(rules, good));
  }
  for (const char* bad : {"a_b", "aBc", "c", "c.d.e", "aB,c.d.e.f", ",", "aB,"}) {
    INFO(bad);
    CHECK_FALSE(holds(rules, bad));
  }
  CHECK(resolve_fields("google.protobuf.Duration f = 1 [(buf.validate.field).duration = {lt {seconds: 1} gt {nanos: 999999999}}];")
            .has_error("E0303", "no value"));
  CHECK(resolve_fields("google.protobuf.Int32Value f = 1 [(buf.validate.field).int64.gte = 1];").has_error("E0302", "int64.gte"));
}

TEST_CASE("a rule oneof is a rank where its fields stand side by side, states elsewhere") {
  auto o = resolve_fields("option (buf.validate.message).oneof = {fields: [\"a\", \"b\"], required: true};\n int32 a = 1 [(buf.validate.field).int32.gte = 3]; string b = 2; int32 c = 3;");
  REQUIRE(o.schema);
  const Message* message = nullptr;
  for (const Message& m : o.schema->messages) {
    if (m.name == "t.M") message = &m;
  }
  REQUIRE(message);
  REQUIRE(message->oneofs.size() == 1);
  CHECK(message->oneofs[0].required);
  CHECK(message->fields[0].rank == message->fields[1].rank);
  CHECK(message->fields[2].rank == 2);
  CHECK_FALSE(message->fields[0].required);  // only what is set is judged
  o = resolve_fields("option (buf.validate.message).oneof = {fields: [\"a\", \"c\"]};\n int32 a = 1; string b = 2; int32 c = 3;");
  REQUIRE(o.schema);
  for (const Message& m : o.schema->messages) {
    if (m.name == "t.M") message = &m;
  }
  CHECK(message->oneofs.empty());
  REQUIRE(message->groups.size() == 1);
  CHECK(message->groups[0].fields == std::vector<int>{0, 2});
  CHECK(message->groups[0].bit == 0);
}

TEST_CASE("rules are left to software when the policy says so, and only then") {
  const std::string fields = "string f = 1 [(buf.validate.field) = {string {ip_prefix: true max_len: 40} cel {expression: \"true\"}}];\n"
                             "repeated string g = 2 [(buf.validate.field).repeated = {unique: true max_items: 3}];";
  const std::string listed = "softwareOnly:\n  - {element: t.M.f, rule: string.ip_prefix, reason: r}\n  - {element: t.M.f, rule: cel, reason: r}\n"
                             "  - {element: t.M.g, rule: repeated.unique, reason: why}\n";
  auto o = resolve_fields(fields, listed);
  REQUIRE(o.schema);
  REQUIRE(o.schema->software_only.size() == 3);
  CHECK(o.schema->software_only[2].rule == "repeated.unique");
  CHECK(o.schema->software_only[2].reason == "why");
  CHECK(o.field("t.M", "f").value.string.conditions.empty());
  CHECK(o.field("t.M", "f").value.string.max_len == 40);  // the others stay
  CHECK_FALSE(o.field("t.M", "g").unique);
  CHECK(o.field("t.M", "g").max_items == 3);
  // An exception that does not exist is an error.
  o = resolve_fields("string f = 1;", "softwareOnly:\n  - {element: t.M.f, rule: cel, reason: r}\n");
  CHECK(o.has_error("E0110", "t.M.f has no rule cel"));
}

TEST_CASE("values with and without their default") {
  const auto in_path = [](const Outcome& o) { return value_with_default(o.field("t.M", "f")); };
  const auto in_query = [](const Outcome& o) { return value_without_default(o.field("t.M", "f")); };
  auto o = resolve_fields("int32 f = 1 [(buf.validate.field).int32.lte = 5];");
  CHECK(in_path(o).integers.contains(0));
  CHECK_FALSE(in_query(o).integers.contains(0));
  o = resolve_fields("int32 f = 1 [(buf.validate.field).int32.gte = 5];", kPrint);
  CHECK_FALSE(in_path(o).integers.contains(0));
  o = resolve_fields("int32 f = 1;", kPrint);
  CHECK(in_path(o).integers.contains(0));
  CHECK_FALSE(in_query(o).integers.contains(0));
  o = resolve_fields("optional int32 f = 1;");
  CHECK(in_path(o).integers.contains(0));
  CHECK(in_query(o).integers.contains(0));
  o = resolve_fields("int32 f = 1 [(buf.validate.field).required = true];");
  CHECK_FALSE(in_path(o).integers.contains(0));
  o = resolve_fields("string f = 1;");
  CHECK(in_path(o).string.min_len == 0);
  CHECK(in_query(o).string.min_len == 1);
  o = resolve_fields("E f = 1;");
  CHECK(in_path(o).enumeration.size() == 3);
  CHECK(in_path(o).enumeration.front().name == "E_ZERO");
  CHECK(in_query(o).enumeration.size() == 2);
  o = resolve_fields("bool f = 1;");
  CHECK(in_path(o).booleans == std::vector<bool>{false, true});
}

TEST_CASE("lists") {
  CHECK(only("repeated int32 f = 1 [(buf.validate.field).repeated.min_items = 2];")
            .find(" repeated(2..) ") != std::string::npos);
  CHECK(only("repeated int32 f = 1 [(buf.validate.field).repeated.min_items = 1];")
            .ends_with(" required  # repeated.min_items = 1"));
  CHECK(only("repeated int32 f = 1 [(buf.validate.field).required = true];")
            .ends_with(" required  # required"));
  // An ignored empty list may be absent; a present one has its least length all the same.
  CHECK(only("repeated int32 f = 1 [(buf.validate.field).repeated.min_items = 2, "
             "(buf.validate.field).ignore = IGNORE_IF_ZERO_VALUE];") ==
        "1: f = 1 repeated(2..) int32{-2147483648..2147483647}  # repeated.min_items = 2");
  CHECK(only("repeated int32 f = 1 [(buf.validate.field).repeated = {max_items: 9, items: {int32: "
             "{gte: 5}}}];") ==
        "1: f = 1 repeated(1..9) int32{5..2147483647}  # repeated.max_items = 9; "
        "repeated.items.int32.gte = 5");
  CHECK(only("repeated int32 f = 1 [(buf.validate.field).repeated.items = {ignore: "
             "IGNORE_IF_ZERO_VALUE, int32: {gte: 5}}];")
            .starts_with("1: f = 1 repeated(1..) int32{0,5..2147483647}"));
  CHECK(only("repeated int32 f = 1 [(buf.validate.field).repeated.items = {ignore: IGNORE_ALWAYS, "
             "int32: {gte: 5}}];") == "1: f = 1 repeated(1..) int32{-2147483648..2147483647}");
  CHECK(only("repeated string f = 1 [(buf.validate.field).repeated.items = {ignore: "
             "IGNORE_IF_ZERO_VALUE, string: {min_len: 5}}];")
            .starts_with("1: f = 1 repeated(1..) string min_len=5 or_empty"));
  CHECK(only("repeated string f = 1 [(buf.validate.field).repeated.items = {ignore: "
             "IGNORE_IF_ZERO_VALUE, string: {in: [\"b\"]}}];")
            .starts_with("1: f = 1 repeated(1..) string in=[\"\",\"b\"]"));
  CHECK(only("repeated E f = 1 [(buf.validate.field).repeated.items = {ignore: "
             "IGNORE_IF_ZERO_VALUE, enum: {const: 2}}];")
            .starts_with("1: f = 1 repeated(1..) t.E{E_ZERO=0,E_TWO=2}"));
  // An item is always there: `required` says nothing.
  CHECK(only("repeated int32 f = 1 [(buf.validate.field).repeated.items.required = true];") ==
        "1: f = 1 repeated(1..) int32{-2147483648..2147483647}");
  CHECK(only("repeated string f = 1 [(buf.validate.field).repeated.items.string.min_len = 2];")
            .find("string min_len=2") != std::string::npos);
}

TEST_CASE("ignored messages stand in the list without their rules") {
  auto o = resolve_fields(
      "Sub with = 1; Sub without = 2 [(buf.validate.field).ignore = IGNORE_ALWAYS];");
  const int with = o.field("t.M", "with").value.message;
  const int without = o.field("t.M", "without").value.message;
  REQUIRE(with != without);
  CHECK(o.schema->message(with).name == "t.Sub");
  CHECK(o.schema->message(without).name == "t.Sub");
  CHECK(o.schema->message(with).fields[0].required);
  CHECK_FALSE(o.schema->message(without).fields[0].required);
  // Also everything below it.
  CHECK(o.schema->message(without).fields[1].value.message == without);
  CHECK(o.schema->message(with).fields[1].value.message == with);
}

TEST_CASE("strings and enums") {
  CHECK(only("optional string f = 1 [(buf.validate.field).string.len = 4];")
            .starts_with("1: f = 1 string min_len=4 max_len=4"));
  CHECK(
      only(
          "optional string f = 1 [(buf.validate.field).string = {len: 4, min_len: 2, max_len: 9}];")
          .starts_with("1: f = 1 string min_len=4 max_len=4 "));
  CHECK(only("optional string f = 1 [(buf.validate.field).string.const = \"x\\\"\"];")
            .starts_with("1: f = 1 string in=[\"x\\\"\"]"));
  // The list is judged by the other rules at once; lengths are code points.
  CHECK(only("optional string f = 1 [(buf.validate.field).string = {in: [\"ab\", \"öß\", \"abc\", "
             "\"xb\"], len: 2, pattern: \"^[^x]\"}];")
            .starts_with("1: f = 1 string in=[\"ab\",\"\\xc3\\xb6\\xc3\\x9f\"]  #"));
  CHECK(only("optional E f = 1 [(buf.validate.field).enum.defined_only = true];")
            .starts_with("1: f = 1 t.E{E_ZERO=0,E_ONE=1,E_TWO=2}"));
  CHECK(only("optional E f = 1 [(buf.validate.field).enum = {in: [1, 2, 9], not_in: [2]}];")
            .starts_with("1: f = 1 t.E{E_ONE=1}"));
  CHECK(only("int64 f = 1;", "json: {int64: BARE}").find("quoted") == std::string::npos);
}

TEST_CASE("ranks: ascending numbers, a oneof at the place of its lowest member") {
  auto o = resolve_fields(R"(
    string z = 7;
    oneof choice {
      option (buf.validate.oneof).required = true;
      string high = 9;
      int32 low = 2;
      google.protobuf.Any lowest = 1;
    }
    int32 a = 3;
    optional int32 alone = 8;
    Sub b = 5;
  )");
  CHECK(o.message("t.M").ranks == 5);
  std::string order;
  for (const Field& field : o.message("t.M").fields)
    order += field.name + ":" + std::to_string(field.rank) + " ";
  CHECK(order == "low:1 high:1 a:2 b:3 z:4 alone:5 ");
  CHECK(o.message("t.M").oneofs.size() == 1);
  CHECK(o.line("oneof") == "oneof choice rank=1 required");
  CHECK(o.field("t.M", "alone").oneof == -1);
  // The zero value of a member is a value like any other.
  CHECK(o.line("1: low").starts_with("1: low = 2 int32{-2147483648..2147483647} oneof=0"));
}

TEST_CASE("messages stand in the order of their first use, breadth first, and only if used") {
  auto o = resolve(R"(
    message Unused { map<string, string> m = 1; }
    message Leaf { Leaf self = 1; }
    message A { B b = 2; C c = 1; }
    message B { Leaf leaf = 1; }
    message C { A back = 1; }
    message R { Leaf leaf = 1; }
    service S { rpc Do(A) returns (R) { option (google.api.http) = {post: "/a" body: "*"}; } }
  )");
  REQUIRE(o.schema);
  std::string order;
  for (const Message& message : o.schema->messages) order += message.name + " ";
  CHECK(order == "t.A t.R t.C t.B t.Leaf ");
}

TEST_CASE("an Any without listed types must be absent") {
  auto o =
      resolve_fields("google.protobuf.Any a = 1; repeated google.protobuf.Any b = 2; int32 c = 3;");
  REQUIRE(o.message("t.M").fields.size() == 1);
  CHECK(o.message("t.M").fields[0].name == "c");
  CHECK(resolve_fields("google.protobuf.Any a = 1 [(buf.validate.field).required = true];")
            .has_error("E0303", "t.M.a", "(buf.validate.field).required"));
  CHECK(resolve_fields(
            "repeated google.protobuf.Any a = 1 [(buf.validate.field).repeated.min_items = 1];")
            .has_error("E0303", "t.M.a", "(buf.validate.field)"));
  CHECK(only("google.protobuf.Any a = 1 [(buf.validate.field).any.in = \"x\"]; int32 f = 2;").starts_with("1: f = 2"));
  CHECK(resolve_fields(
            "oneof o { option (buf.validate.oneof).required = true; google.protobuf.Any a = 1; }")
            .has_error("E0303", "oneof t.M.o"));
}

TEST_CASE("annotations that are not rules are ignored") {
  CHECK(only("string f = 1 [(google.api.field_behavior) = REQUIRED, deprecated = true];") ==
        "1: f = 1 string min_len=1 implicit omit_default default_allowed");
}

TEST_CASE("dynamic types are any JSON") {
  CHECK(only("google.protobuf.Struct f = 1;") == "1: f = 1 struct");
  CHECK(only("google.protobuf.Value f = 1;") == "1: f = 1 value");
  CHECK(only("repeated google.protobuf.ListValue f = 1;") == "1: f = 1 repeated(1..) list_value");
  CHECK(only("optional google.protobuf.NullValue f = 1;") == "1: f = 1 null");
  // Its one value is the default, which is never written.
  CHECK(only("google.protobuf.NullValue f = 1; int32 g = 2;").starts_with("1: g = 2"));
}

TEST_CASE("types outside the subset are refused") {
  CHECK(resolve("message M {}\nservice S { rpc Do(M) returns (google.protobuf.Int32Value) { option (google.api.http) = {get: \"/a\"}; } }\n")
            .has_error("E0304", "google.protobuf.Int32Value is not supported as a request or a response"));
}

TEST_CASE("rules outside the subset are refused by name, at the rule") {
  struct Case {
    const char* field;
    const char* rule;
  };
  const Case cases[] = {
      {"string", "string.ip_prefix = true"},
      {"string", "string.ipv6_prefix = true"},
      {"repeated string", "repeated.items.string.ip_prefix = true"},
      {"repeated string", "repeated.items.cel = {expression: \"true\"}"},
      {"repeated Sub", "repeated.items.ignore = IGNORE_IF_ZERO_VALUE"},
      {"google.protobuf.Timestamp", "timestamp.lt_now = true"},
      {"google.protobuf.Timestamp", "timestamp.within = {seconds: 3}"},
      {"int32", "cel = {expression: \"true\"}"},
      {"int32", "cel_expression = \"true\""},
      {"Sub", "cel = {expression: \"true\"}"},
  };
  for (const Case& one : cases) {
    const std::string rule = one.rule;
    INFO(one.field << " " << rule);
    const std::string option = "(buf.validate.field)." + rule;
    const auto o = resolve_fields(std::string("int32 before = 2;\n  ") + one.field +
                                  " bad = 1 [deprecated = true,\n      " + option + "];");
    CHECK(o.has_error(
        "E0301", "field t.M.bad: rule " + rule.substr(0, rule.find(' ')) + " cannot be enforced",
        option));
  }
  CHECK(resolve_fields("option (buf.validate.message).cel = {expression: \"true\"}; int32 a = 1;")
            .has_error("E0301", "message t.M: rule cel", "option (buf.validate.message)"));
  CHECK(resolve_fields("option (buf.validate.message).oneof = {fields: [\"b\"]}; int32 a = 1;")
            .has_error("E0302", "message t.M: rule oneof names \"b\"", "option (buf.validate.message)"));
  CHECK(resolve_fields("option (buf.validate.message).oneof = {fields: [\"a\", \"a\"]}; int32 a = 1;").has_error("E0302", "twice"));
  CHECK(resolve_fields("option (buf.validate.message).oneof = {fields: [\"a\"]}; int32 a = 1;", kPrint).has_error("E0301", "defaults: PRINT"));
  CHECK(
      resolve_fields("oneof o { int32 a = 1 [(buf.validate.field).required = true]; int32 b = 2; }")
          .has_error("E0301", "t.M.a: rule required", "(buf.validate.field).required"));
  // Switched off, they are no rules.
  CHECK(only("string f = 1 [(buf.validate.field).string.email = false];")
            .starts_with("1: f = 1 string min_len=1 "));
  CHECK(only("repeated int32 f = 1 [(buf.validate.field).repeated.unique = false];")
            .starts_with("1: f = 1 repeated(1..)"));
}

TEST_CASE("rules of another type and bad patterns are refused") {
  CHECK(resolve_fields("int32 f = 1 [(buf.validate.field).string.min_len = 1];")
            .has_error("E0302", "rule string.min_len does not fit its type int32",
                       "(buf.validate.field)"));
  CHECK(resolve_fields("repeated string f = 1 [(buf.validate.field).string.min_len = 1];")
            .has_error("E0302", "type repeated string", "(buf.validate.field)"));
  CHECK(resolve_fields("string f = 1 [(buf.validate.field).repeated.min_items = 1];")
            .has_error("E0302", "rule repeated.min_items does not fit"));
  CHECK(resolve_fields("repeated string f = 1 [(buf.validate.field).repeated.items.int32.gte = 1];")
            .has_error("E0302", "rule repeated.items.int32.gte"));
  CHECK(resolve_fields("Sub f = 1 [(buf.validate.field).string.min_len = 1];")
            .has_error("E0302", "t.M.f"));
  CHECK(resolve_fields("string f = 1 [(buf.validate.field).string.pattern = \"a(\"];")
            .has_error("E0305", "string.pattern: missing )", "(buf.validate.field)"));
}

TEST_CASE("two fields with one JSON name are refused") {
  CHECK(resolve_fields("int32 a = 1 [json_name = \"x\"];\n int32 b = 2 [json_name = \"x\"];")
            .has_error("E0306", "field t.M.b: its JSON name \"x\" is also that of a", "int32 b"));
}

TEST_CASE("several errors come at once, each once") {
  const auto o = resolve_fields(R"(
    int32 n = 1 [(buf.validate.field).string.min_len = 1];
    google.protobuf.Timestamp t = 2 [(buf.validate.field).timestamp = {lt_now: true, within {seconds: 1}}];
    Sub2 kept = 3;
    Sub2 ignored = 4 [(buf.validate.field).ignore = IGNORE_ALWAYS];
    message Sub2 { string p = 1 [(buf.validate.field).string.pattern = "a("]; }
  )");
  CHECK_FALSE(o.schema);
  CHECK(o.has_error("E0302", "t.M.n"));
  CHECK(o.has_error("E0301", "timestamp.lt_now"));
  CHECK(o.has_error("E0301", "timestamp.within"));
  CHECK(o.has_error("E0305", "t.M.Sub2.p"));
  CHECK(o.diagnostics.error_count() == 4);
}

TEST_CASE("deeply nested and wide schemas need no stack") {
  std::string text;
  const int depth = 3000;
  for (int i = 0; i < depth; ++i) {
    text += "message D" + std::to_string(i) + " { D" + std::to_string((i + 1) % depth) +
            " next = 1; }\n";
  }
  text +=
      "message R {}\nservice S { rpc Do(D0) returns (R) { option (google.api.http) = {post: \"/a\" "
      "body: \"*\"}; } }\n";
  const auto o = resolve(text);
  REQUIRE(o.schema);
  CHECK(o.schema->messages.size() == 3001);
}

TEST_CASE("a message has at most as many fields as the register counts") {
  std::string fields;
  for (int i = 1; i <= 65536; ++i) {
    // Numbers 19000 to 19999 are reserved.
    fields += "bool f" + std::to_string(i) + "=" + std::to_string(i < 19000 ? i : i + 1000) + ";";
  }
  CHECK(resolve_fields(fields).has_error("E0308", "message t.M has 65536 fields", "message M"));
}
