// SPDX-License-Identifier: Apache-2.0
// docs/policy.md tells the truth: its example compiles, its table of rules is the compiler's, and it names every key.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "buf/validate/validate.pb.h"
#include "compiler/compiler.hpp"
#include "schema_fixture.hpp"
#include "sluice/v1/policy.pb.h"

using namespace sluice;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

namespace {

using Words = std::set<std::string>;

const std::string& page() {
  static const std::string text = [] {
    std::ifstream in(SLUICE_SOURCE_DIR "/docs/policy.md");
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }();
  return text;
}

// The fenced block of this language; there must be one only.
std::string block(const std::string& language) {
  const std::string fence = "\n```" + language + "\n";
  const auto begin = page().find(fence);
  REQUIRE(begin != std::string::npos);
  REQUIRE(page().find(fence, begin + 1) == std::string::npos);
  const auto end = page().find("\n```", begin + fence.size());
  REQUIRE(end != std::string::npos);
  return page().substr(begin + fence.size(), end + 1 - begin - fence.size());
}

// What stands in `backticks`.
Words quoted(const std::string& text) {
  static const std::regex word("`([^`\n]+)`");
  Words out;
  for (std::sregex_iterator i(text.begin(), text.end(), word), end; i != end; ++i) out.insert((*i)[1]);
  return out;
}

// Rules that the page calls enforced, by the group of buf.validate.FieldRules.
std::map<std::string, Words> table_of_rules() {
  std::map<std::string, Words> out;
  std::istringstream rows(page().substr(page().find("| rules of | enforced |")));
  std::string row;
  for (int number = 0; std::getline(rows, row) && row.starts_with("|"); ++number) {
    if (number < 2) continue;
    const auto middle = row.find('|', 1);
    for (const std::string& group : quoted(row.substr(0, middle))) out[group] = quoted(row.substr(middle));
  }
  return out;
}

// Some value of the rule, in the text format.
std::string sample(const FieldDescriptor* rule) {
  switch (rule->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: return "true";
    case FieldDescriptor::CPPTYPE_STRING: return "\"a\"";
    case FieldDescriptor::CPPTYPE_ENUM: return rule->enum_type()->value(1)->name();
    case FieldDescriptor::CPPTYPE_MESSAGE: return rule->message_type()->name() == "FieldRules" ? "{string: {max_len: 3}}" : rule->message_type()->name() == "FieldMask" ? "{paths: \"a\"}" : "{seconds: 1}";
    default: return rule->containing_type()->name() == "EnumRules" ? "1" : "2";  // leaves a value beside 0
  }
}

std::string type_of(const std::string& group) {
  if (group == "enum") return "E";
  if (group == "repeated") return "repeated string";
  if (group == "timestamp") return "google.protobuf.Timestamp";
  if (group == "duration") return "google.protobuf.Duration";
  if (group == "field_mask") return "google.protobuf.FieldMask";
  if (group == "any") return "google.protobuf.Any";
  if (group == "map") return "map<string, string>";
  return group;
}

}  // namespace

TEST_CASE("the page's example compiles") {
  std::string name = (std::filesystem::temp_directory_path() / "policy_page_XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  const std::filesystem::path folder = name;
  std::ofstream(folder / "policy.yaml") << block("yaml");
  std::ofstream(folder / "parking.proto") << block("proto");
  load::Diagnostics diagnostics;
  auto loaded = load::load(folder / "policy.yaml", diagnostics);
  std::optional<compiler::CompileResult> result;
  if (loaded) result = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  std::filesystem::remove_all(folder);
  INFO(diagnostics.text());
  CHECK(diagnostics.all().empty());
  REQUIRE(result);
  CHECK(result->schema.endpoints.size() == 3);
}

TEST_CASE("the page's table of rules is what the compiler enforces") {
  const auto told = table_of_rules();
  const Descriptor* groups = buf::validate::FieldRules::descriptor();
  const auto* oneof = groups->FindOneofByName("type");
  CHECK(told.size() == static_cast<std::size_t>(oneof->field_count()));
  for (int g = 0; g < oneof->field_count(); ++g) {
    const FieldDescriptor* group = oneof->field(g);
    INFO("group " << group->name());
    REQUIRE(told.contains(group->name()));
    Words enforced;
    for (int r = 0; r < group->message_type()->field_count(); ++r) {
      const FieldDescriptor* rule = group->message_type()->field(r);
      if (rule->name() == "example") continue;  // sample values, not a rule
      const auto outcome = compiler::test::resolve(
          "enum E { E0 = 0; E1 = 1; E2 = 2; }\nmessage M { " + type_of(group->name()) + " f = 1 [(buf.validate.field)." + group->name() + " = {" +
          rule->name() + ": " + sample(rule) + "}]; }\nmessage R {}\n"
          "service S { rpc Call(M) returns (R) { option (google.api.http) = {post: \"/v1/call\" body: \"*\"}; } }\n");
      INFO("rule " << rule->name() << "\n" << outcome.diagnostics.text());
      CHECK(outcome.schema.has_value() != outcome.has_error("E0301", "cannot be enforced"));
      if (outcome.schema) enforced.insert(rule->name());
    }
    CHECK(told.at(group->name()) == enforced);
  }
}

TEST_CASE("the page names every key of a policy") {
  const Words named = quoted(page());
  const Descriptor* policy = sluice::v1::Policy::descriptor();
  std::vector<const Descriptor*> types{policy};
  for (int i = 0; i < policy->nested_type_count(); ++i) types.push_back(policy->nested_type(i));
  for (const Descriptor* type : types) {
    for (int i = 0; i < type->field_count(); ++i) {
      INFO(type->full_name());
      CHECK_THAT(std::vector<std::string>(named.begin(), named.end()), Catch::VectorContains(type->field(i)->json_name()));
    }
  }
}
