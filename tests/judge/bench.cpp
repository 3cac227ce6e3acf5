// SPDX-License-Identifier: Apache-2.0
#include "bench.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace sluice::judge::test {
namespace {

// A folder of its own for one load, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "judge_test_XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(path_ / file, std::ios::binary) << text;
  }
  std::filesystem::path operator/(const std::string& file) const { return path_ / file; }

 private:
  std::filesystem::path path_;
};

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::shared_ptr<const load::Loaded> load_schema(const std::string& schema,
                                                const PolicyParts& parts) {
  const Folder folder;
  folder.write("t.proto",
               "syntax = \"proto3\";\npackage t;\n"
               "import \"google/api/annotations.proto\";\n"
               "import \"buf/validate/validate.proto\";\n"
               "import \"google/protobuf/any.proto\";\n"
               "import \"google/protobuf/duration.proto\";\n"
               "import \"google/protobuf/empty.proto\";\n"
               "import \"google/protobuf/field_mask.proto\";\n"
               "import \"google/protobuf/struct.proto\";\n"
               "import \"google/protobuf/wrappers.proto\";\n"
               "import \"google/protobuf/timestamp.proto\";\n" +
                   schema);
  std::string policy =
      "name: test\nserial: 1\nmode: TWO_WAY\ngeometry: SIMULATION\nprotoFiles: [t.proto]\n"
      "host: api.example\nservices:\n  - {service: " +
      parts.service + ", methods: [\"*\"], body: " + parts.body + "}\n";
  if (parts.rest.find("statuses:") == std::string::npos) policy += "statuses: [{code: 200}]\n";
  folder.write("policy.yaml", policy + parts.rest);
  load::Diagnostics diagnostics;
  auto loaded = load::load(folder / "policy.yaml", diagnostics);
  INFO(diagnostics.text());
  REQUIRE(loaded.has_value());
  return std::make_shared<const load::Loaded>(std::move(*loaded));
}

Bench::Bench(const std::string& schema, const PolicyParts& parts)
    : loaded_(load_schema(schema, parts)) {
  load::Diagnostics diagnostics;
  judge_ = Judge::create(loaded_, diagnostics);
  INFO(diagnostics.text());
  REQUIRE(judge_ != nullptr);
}

Verdict Bench::call(const std::string& method, const std::string& target) const {
  return raw_request(method + " " + target + " HTTP/1.1\r\nhost: api.example\r\n\r\n");
}

Verdict Bench::call(const std::string& method, const std::string& target,
                    const std::string& body) const {
  return raw_request(method + " " + target +
                     " HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) +
                     "\r\ncontent-type: application/json\r\nhost: api.example\r\n\r\n" + body);
}

Verdict Bench::answer(const std::string& endpoint, const std::string& body) const {
  return raw_response(endpoint,
                      "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) +
                          "\r\ncontent-type: application/json\r\n\r\n" + body);
}

Verdict Bench::raw_request(const std::string& record) const {
  return judge_->request(bytes_of(record));
}

Verdict Bench::raw_response(const std::string& endpoint, const std::string& record) const {
  return judge_->response(endpoint, bytes_of(record));
}

std::string refusal(const std::string& schema, const PolicyParts& parts) {
  load::Diagnostics diagnostics;
  const auto judge = Judge::create(load_schema(schema, parts), diagnostics);
  CHECK(judge == nullptr);
  return diagnostics.text();
}

std::string shown(const Verdict& verdict) {
  if (verdict.accepted) return verdict.float_not_shortest ? "accepted (float)" : "accepted";
  return verdict.rule + (verdict.path.empty() ? "" : " at " + verdict.path);
}

}  // namespace sluice::judge::test
