// SPDX-License-Identifier: Apache-2.0
// What each construct of a schema costs in the table: an API with one field of the kind is compiled, and the API without it is subtracted.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "compiler/compiler.hpp"
#include "load/load.hpp"

namespace {

namespace fs = std::filesystem;
using namespace sluice;

struct Construct {
  std::string group, name, field;  // `field` with number 2, and whatever declarations it needs
};

const std::vector<Construct>& constructs() {
  const auto enumeration = [](int values) {
    std::string out = "enum Kind {";
    for (int i = 0; i < values; ++i) out += " KIND_VALUE_" + std::to_string(i) + " = " + std::to_string(i) + ";";
    return out + " } ";
  };
  const auto ruled = [](const std::string& type, const std::string& rule) { return type + " f = 2 [(buf.validate.field)." + rule + "];"; };
  static const std::vector<Construct> all = {
      {"scalar", "`bool`", "bool f = 2;"},
      {"scalar", "`int32`", "int32 f = 2;"},
      {"scalar", "`int64`", "int64 f = 2;"},
      {"scalar", "`uint64`", "uint64 f = 2;"},
      {"scalar", "`int32` from 1 to 1000", ruled("int32", "int32 = {gte: 1 lte: 1000}")},
      {"scalar", "`int64` from -17 to 1234567890123", ruled("int64", "int64 = {gte: -17 lte: 1234567890123}")},
      {"scalar", "`double`", "double f = 2;"},
      {"scalar", "`float`", "float f = 2;"},
      {"scalar", "`double` from -1.5 to 100", ruled("double", "double = {gte: -1.5 lte: 100}")},
      {"scalar", "`float` from 0 to 1", ruled("float", "float = {gte: 0 lte: 1}")},
      {"scalar", "enum of 5 values", enumeration(5) + "Kind f = 2;"},
      {"scalar", "enum of 50 values", enumeration(50) + "Kind f = 2;"},
      {"scalar", "`bytes`", "bytes f = 2;"},
      {"scalar", "`bytes`, `max_len` 100", ruled("bytes", "bytes.max_len = 100")},
      {"string", "any", "string f = 2;"},
      {"string", "`max_len` 100", ruled("string", "string.max_len = 100")},
      {"string", "`max_bytes` 100", ruled("string", "string.max_bytes = 100")},
      {"string", "`max_len` 100 and `max_bytes` 150", ruled("string", "string = {max_len: 100 max_bytes: 150}")},
      {"string", "`pattern` `^[a-z]{1,20}$`", ruled("string", "string.pattern = \"^[a-z]{1,20}$\"")},
      {"string", "`pattern` `^[a-z]+$` with `max_len` 20", ruled("string", "string = {pattern: \"^[a-z]+$\" max_len: 20}")},
      {"string", "`prefix` `projects/`", ruled("string", "string.prefix = \"projects/\"")},
      {"string", "`suffix` `.txt`", ruled("string", "string.suffix = \".txt\"")},
      {"string", "`contains` `@`", ruled("string", "string.contains = \"@\"")},
      {"string", "`not_contains` `..`", ruled("string", "string.not_contains = \"..\"")},
      {"string", "`in`, 5 words", ruled("string", "string = {in: [\"red\", \"green\", \"blue\", \"black\", \"white\"]}")},
      {"string", "`not_in`, 5 words", ruled("string", "string = {not_in: [\"red\", \"green\", \"blue\", \"black\", \"white\"]}")},
      {"string", "`uuid`", ruled("string", "string.uuid = true")},
      {"string", "`email`", ruled("string", "string.email = true")},
      {"string", "`hostname`", ruled("string", "string.hostname = true")},
      {"string", "`ipv4`", ruled("string", "string.ipv4 = true")},
      {"string", "`ipv6`", ruled("string", "string.ipv6 = true")},
      {"string", "`address`", ruled("string", "string.address = true")},
      {"string", "`host_and_port`", ruled("string", "string.host_and_port = true")},
      {"string", "`uri`", ruled("string", "string.uri = true")},
      {"string", "`uri_ref`", ruled("string", "string.uri_ref = true")},
      {"string", "`ipv4_prefix`", ruled("string", "string.ipv4_prefix = true")},
      {"well known", "`Timestamp`", "google.protobuf.Timestamp f = 2;"},
      {"well known", "`Timestamp` from 2020 to 2030", ruled("google.protobuf.Timestamp", "timestamp = {gte {seconds: 1577836800} lt {seconds: 1893456000}}")},
      {"well known", "`Duration`", "google.protobuf.Duration f = 2;"},
      {"well known", "`Duration` from 0 to 1 h", ruled("google.protobuf.Duration", "duration = {gte {} lte {seconds: 3600}}")},
      {"well known", "`FieldMask`", "google.protobuf.FieldMask f = 2;"},
      {"well known", "`Int32Value`", "google.protobuf.Int32Value f = 2;"},
      {"well known", "`Any` of one message with 2 fields", "google.protobuf.Any f = 2;"},
      {"structure", "list of `bool`", "repeated bool f = 2;"},
      {"structure", "list of `bool`, 2 to 10 items", ruled("repeated bool", "repeated = {min_items: 2 max_items: 10}")},
      {"structure", "list of an enum of 5 values, `unique`", enumeration(5) + ruled("repeated Kind", "repeated.unique = true")},
      {"structure", "list of an enum of 8 values, `unique`", enumeration(8) + ruled("repeated Kind", "repeated.unique = true")},
      {"structure", "message with 1 field", "message Sub { bool a = 1; } Sub f = 2;"},
      {"structure", "message with 10 fields", "message Sub { bool a = 1; bool b = 2; bool c = 3; bool d = 4; bool e = 5; bool f = 6; bool g = 7; bool h = 8; bool i = 9; bool j = 10; } Sub f = 2;"},
      {"structure", "message that contains itself", "message Sub { Sub a = 1; } Sub f = 2;"},
      {"structure", "oneof of 2 `bool`", "oneof o { bool f = 2; bool g = 3; }"},
      {"structure", "2 neighbours in a message's rule `oneof`", "option (buf.validate.message).oneof = {fields: [\"f\", \"g\"]}; bool f = 2; bool g = 3;"},
      {"structure", "2 fields apart in a message's rule `oneof`, one between", "option (buf.validate.message).oneof = {fields: [\"f\", \"h\"]}; bool f = 2; bool g = 3; bool h = 4;"},
      {"structure", "map from `string` to `bool`", "map<string, bool> f = 2;"},
      {"structure", "map from `int32` to `string`, 1 to 10 entries", ruled("map<int32, string>", "map = {min_pairs: 1 max_pairs: 10}")},
      {"structure", "`Struct`", "google.protobuf.Struct f = 2;"},
      {"structure", "`Value`", "google.protobuf.Value f = 2;"},
  };
  return all;
}

struct Cost {
  long states = 0, transitions = 0, actions = 0;
};

std::optional<Cost> compile(const fs::path& folder, const std::string& field, const std::string& body, std::string& why) {
  std::ofstream(folder / "api.proto")
      << "syntax = \"proto3\";\npackage t;\nimport \"buf/validate/validate.proto\";\nimport \"google/api/annotations.proto\";\nimport \"google/protobuf/any.proto\";\n"
         "import \"google/protobuf/duration.proto\";\nimport \"google/protobuf/field_mask.proto\";\nimport \"google/protobuf/struct.proto\";\n"
         "import \"google/protobuf/timestamp.proto\";\nimport \"google/protobuf/wrappers.proto\";\nmessage Listed { bool a = 1; bool b = 2; }\n"
         "message M { string base = 1; " << field << " }\nmessage R { bool ok = 1; }\n"
         "service S { rpc Call(M) returns (R) { option (google.api.http) = {post: \"/v1/call\" body: \"*\"}; } }\n";
  std::ofstream(folder / "policy.yaml") << "name: costs\nserial: 1\nmode: TWO_WAY\ngeometry: SIMULATION\nprotoFiles: [api.proto]\nimportPaths: [.]\nhost: a.example\nservices:\n"
                                           "  - {service: t.S, methods: [\"*\"], body: " << body << "}\nstatuses:\n  - {code: 200}\nanyTypes: [t.Listed]\n"
                                           "limits: {maxRecordBytes: 4096, maxDepth: 64, maxOutstanding: 64, responseTimeoutMs: 1000}\n";
  load::Diagnostics diagnostics;
  auto loaded = load::load(folder / "policy.yaml", diagnostics);
  std::optional<compiler::CompileResult> result;
  if (loaded) result = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  if (!result) {
    why = diagnostics.all().empty() ? "?" : diagnostics.all().front().code;
    return std::nullopt;
  }
  return Cost{static_cast<long>(result->request.states.size()), static_cast<long>(result->request_table.used), static_cast<long>(result->request_table.actions.size())};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What each construct of a schema costs in the table, as a Markdown table");
  std::string markdown;
  app.add_option("--markdown", markdown, "append the table to this file");
  CLI11_PARSE(app, argc, argv);
  const fs::path folder = fs::temp_directory_path() / ("construct_costs_" + std::to_string(getpid()));
  fs::create_directories(folder);
  std::ostringstream out;
  out << "| | construct | JSON: states | transitions | actions | Protobuf: states | transitions | actions |\n|---|---|---|---|---|---|---|---|\n";
  int compiled = 0;
  std::string why;
  const auto json_base = compile(folder, "", "JSON", why);
  const auto binary_base = compile(folder, "", "PROTOBUF", why);
  for (const Construct& construct : constructs()) {
    out << "| " << construct.group << " | " << construct.name << " |";
    for (const bool json : {true, false}) {
      const auto& base = json ? json_base : binary_base;
      const auto cost = base ? compile(folder, construct.field, json ? "JSON" : "PROTOBUF", why) : std::nullopt;
      if (cost) {
        out << " " << cost->states - base->states << " | " << cost->transitions - base->transitions << " | " << cost->actions - base->actions << " |";
        ++compiled;
      } else {
        out << " refused (" << why << ") | | |";
      }
    }
    out << "\n";
  }
  fs::remove_all(folder);
  std::cout << out.str() << "\n" << compiled << " of " << 2 * constructs().size() << " compile\n";
  if (!markdown.empty()) std::ofstream(markdown, std::ios::app) << out.str();
  return compiled == 0 ? 1 : 0;
}
