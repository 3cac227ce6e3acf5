// SPDX-License-Identifier: Apache-2.0
// A folder with a small policy and schema that a test changes in one place and loads.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "load/load.hpp"

namespace sluice::load {

class Workspace {
 public:
  Workspace() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-load-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    write("policy.yaml", policy);
    write("api.proto", schema);
  }
  ~Workspace() { std::filesystem::remove_all(folder_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(path(name).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
  }

  // Writes `name` with the one occurrence of `from` in `text` replaced.
  void change(const std::string& name, std::string text, const std::string& from,
              const std::string& to) const {
    auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    REQUIRE(text.find(from, at + 1) == std::string::npos);
    write(name, text.replace(at, from.size(), to));
  }

  std::optional<Loaded> load_it(Diagnostics& diagnostics) const {
    return load(path("policy.yaml"), diagnostics);
  }

  static inline const std::string policy =
      "name: test\n"                                               // 1
      "serial: 3\n"                                                // 2
      "mode: TWO_WAY\n"                                            // 3
      "geometry: SMALL\n"                                          // 4
      "protoFiles: [api.proto]\n"                                  // 5
      "host: test.example\n"                                       // 6
      "services:\n"                                                // 7
      "  - {service: t.v1.Things, methods: [Get, Put]}\n"          // 8
      "requestHeaders:\n"                                          // 9
      "  - {name: x-id, pattern: \"[0-9]{4}\", required: true}\n"  // 10
      "dropHeaders: [accept]\n"                                    // 11
      "statuses:\n"                                                // 12
      "  - {code: 200}\n"                                          // 13
      "  - {code: 404, message: google.rpc.Status}\n"              // 14
      "limits: {maxRecordBytes: 1024, maxDepth: 32}\n";            // 15

  static inline const std::string schema =
      "syntax = \"proto3\";\n"                                                          // 1
      "package t.v1;\n"                                                                 // 2
      "import \"google/api/annotations.proto\";\n"                                      // 3
      "import \"buf/validate/validate.proto\";\n"                                       // 4
      "service Things {\n"                                                              // 5
      "  rpc Put(Thing) returns (Thing) {\n"                                            // 6
      "    option (google.api.http) = {put: \"/v1/{name}\" body: \"*\"\n"               // 7
      "      additional_bindings {post: \"/v1/{name}:put\" body: \"*\"}};\n"            // 8
      "  }\n"                                                                           // 9
      "  rpc Get(GetRequest) returns (Thing) {\n"                                       // 10
      "    option (google.api.http).get = \"/v1/{name}\";\n"                            // 11
      "  }\n"                                                                           // 12
      "  rpc Unbound(Thing) returns (Thing);\n"                                         // 13
      "  rpc Stream(Thing) returns (stream Thing) {\n"                                  // 14
      "    option (google.api.http).get = \"/v1/stream\";\n"                            // 15
      "  }\n"                                                                           // 16
      "}\n"                                                                             // 17
      "message GetRequest { string name = 1; }\n"                                       // 18
      "message Thing {\n"                                                               // 19
      "  string name = 1 [\n"                                                           // 20
      "    (buf.validate.field).string.min_len = 1,\n"                                  // 21
      "    (buf.validate.field).string.max_len = 8];\n"                                 // 22
      "  repeated Thing parts = 2 [(buf.validate.field).repeated = {max_items: 3}];\n"  // 23
      "  oneof kind {\n"                                                                // 24
      "    option (buf.validate.oneof).required = true;\n"                              // 25
      "    int32 a = 3 [(buf.validate.field).int32 = {gte: 1, lt: 9}];\n"               // 26
      "    bool b = 4;\n"                                                               // 27
      "  }\n"                                                                           // 28
      "}\n";                                                                            // 29

 private:
  std::filesystem::path folder_;
};

// The diagnostics, when exactly one error is expected.
inline const Diagnostic& only_error(const Diagnostics& diagnostics) {
  INFO(diagnostics.text());
  REQUIRE(diagnostics.all().size() == 1);
  return diagnostics.all().front();
}

}  // namespace sluice::load
