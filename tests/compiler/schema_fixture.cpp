// SPDX-License-Identifier: Apache-2.0
// Files are written to a fresh folder below the system's temporary one, which goes with the run.
#include "schema_fixture.hpp"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "load/load.hpp"

namespace sluice::compiler::test {
namespace {

constexpr const char* kHead = R"(syntax = "proto3";
package t;
import "google/api/annotations.proto";
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "google/api/field_behavior.proto";
import "buf/validate/validate.proto";
)";

const std::vector<std::pair<std::string, std::string>> kPolicy = {
    {"name", "name: test"},
    {"serial", "serial: 1"},
    {"mode", "mode: TWO_WAY"},
    {"geometry", "geometry: SIMULATION"},
    {"protoFiles", "protoFiles: [api.proto]"},
    {"host", "host: api.example"},
    {"services", "services: [{service: t.S, methods: [\"*\"]}]"},
    {"statuses", "statuses: [{code: 200}]"},
};

std::string policy_text(const std::string& replaced) {
  std::string text;
  for (const auto& [key, line] : kPolicy) {
    if (("\n" + replaced).find("\n" + key + ":") == std::string::npos) text += line + "\n";
  }
  return text + replaced + "\n";
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "schema_test_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

const Message& Outcome::message(const std::string& name) const {
  if (!schema) FAIL("no schema:\n" << diagnostics.text());
  for (const Message& message : schema->messages) {
    if (message.name == name) return message;
  }
  FAIL("no message " << name);
  throw std::logic_error("unreachable");
}

const Field& Outcome::field(const std::string& message_name, const std::string& field_name) const {
  for (const Field& field : message(message_name).fields) {
    if (field.name == field_name) return field;
  }
  FAIL("no field " << field_name << " in " << message_name);
  throw std::logic_error("unreachable");
}

std::string Outcome::line(const std::string& start) const {
  if (!schema) FAIL("no schema:\n" << diagnostics.text());
  const std::string all = dump(*schema);
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(' '));
    if (line.starts_with(start)) return line;
  }
  FAIL("no line " << start << " in\n" << all);
  return {};
}

bool Outcome::has_error(const std::string& code, const std::string& text,
                        const std::string& place) const {
  int line = 0, column = 0;
  if (!place.empty()) {
    const std::size_t offset = proto.find(place);
    if (offset == std::string::npos) FAIL("the test names a place that is not there: " << place);
    line = 1 + static_cast<int>(
                   std::count(proto.begin(), proto.begin() + static_cast<long>(offset), '\n'));
    const std::size_t start = proto.rfind('\n', offset);
    column = static_cast<int>(offset - start);
  }
  for (const load::Diagnostic& one : diagnostics.all()) {
    if (one.severity != load::Severity::kError || one.code != code ||
        one.message.find(text) == std::string::npos) {
      continue;
    }
    if (place.empty()) return true;
    if (one.span.file.ends_with("api.proto") && one.span.line == line && one.span.column == column)
      return true;
  }
  UNSCOPED_INFO("wanted " << code << " \"" << text << "\" at line " << line << " column " << column
                          << ", got\n"
                          << diagnostics.text());
  return false;
}

Outcome resolve(const std::string& body, const std::string& policy) {
  Folder folder;
  Outcome outcome;
  outcome.proto = kHead + body;
  folder.write("api.proto", outcome.proto);
  folder.write("policy.yaml", policy_text(policy));
  auto loaded = load::load(folder.path() / "policy.yaml", outcome.diagnostics);
  if (!loaded) FAIL("load refused it:\n" << outcome.diagnostics.text());
  outcome.schema =
      resolve_schema(std::make_shared<const Loaded>(std::move(*loaded)), outcome.diagnostics);
  if (!outcome.schema) REQUIRE(outcome.diagnostics.has_errors());
  return outcome;
}

Outcome resolve_fields(const std::string& fields, const std::string& policy) {
  return resolve(
      "message M {\n" + fields +
          "\n}\nmessage R {}\n"
          "enum E { E_ZERO = 0; E_ONE = 1; E_UNO = 1; E_TWO = 2; option allow_alias = true; }\n"
          "message Sub { int32 n = 1 [(buf.validate.field).int32.gte = 3]; Sub sub = 2; }\n"
          "service S { rpc Do(M) returns (R) { option (google.api.http) = "
          "{ post: \"/do\" body: \"*\" }; } }\n",
      policy);
}

}  // namespace sluice::compiler::test
