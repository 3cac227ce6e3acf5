// SPDX-License-Identifier: Apache-2.0
// The example policies load, and their dumps say what they should.
#include <google/protobuf/descriptor.pb.h>

#include "load/spans.hpp"
#include "workspace.hpp"

using namespace sluice::load;

namespace {

std::filesystem::path example(const std::string& name) {
  return std::filesystem::path(SLUICE_SOURCE_DIR) / "schemas/examples" / name / "policy.yaml";
}

Loaded load_example(const std::string& name) {
  Diagnostics diagnostics;
  auto loaded = load(example(name), diagnostics);
  INFO(diagnostics.text());
  REQUIRE(loaded);
  CHECK(diagnostics.all().empty());
  return *loaded;
}

}  // namespace

TEST_CASE("the library example loads with all its endpoints in order") {
  Loaded loaded = load_example("library");
  std::vector<std::string> names;
  for (const Endpoint& endpoint : loaded.endpoints) names.push_back(endpoint.name);
  const std::string service = "example.library.v1.Library.";
  CHECK(names == std::vector<std::string>{
                     service + "CreateShelf", service + "GetShelf", service + "ListBooks",
                     service + "GetBook", service + "CreateBook", service + "DeleteBook",
                     service + "CheckoutBook", service + "CheckoutBook#1", service + "AddReview"});
  CHECK(loaded.endpoints[7].rule.put() == "/v1/{name=shelves/*/books/*}/loan");
  CHECK(loaded.endpoints[6].rule.additional_bindings_size() == 0);
  CHECK(loaded.methods[7].max_outstanding == 32);
  REQUIRE(loaded.statuses.size() == 4);
  CHECK(loaded.statuses[0].message == nullptr);
  CHECK(loaded.statuses[1].message->full_name() == "google.rpc.Status");
}

TEST_CASE("the plant example selects by name, in order of declaration within an entry") {
  Loaded loaded = load_example("plant");
  std::vector<std::string> names;
  std::vector<std::uint32_t> caps;
  for (const SelectedMethod& one : loaded.methods) {
    names.push_back(one.method->name());
    caps.push_back(one.max_outstanding);
  }
  CHECK(names == std::vector<std::string>{"SendCommand", "AcknowledgeAlarm", "PutRecipe",
                                          "ReportReadings", "GetLineStatus", "ListAlarms"});
  CHECK(caps == std::vector<std::uint32_t>{4, 4, 4, 32, 32, 32});
}

TEST_CASE("a policy with every part, in the spelling of the design, loads") {
  Workspace space;
  std::ifstream in(example("library").parent_path() / "library.proto");
  space.write("library.proto", {std::istreambuf_iterator<char>(in), {}});
  space.write("policy.yaml", R"(name: library
serial: 7                          # grows with each release
mode: TWO_WAY                      # DIODE_LOW_TO_HIGH, DIODE_HIGH_TO_LOW
geometry: SMALL                    # TINY, LARGE, SIMULATION: hardware.md section 3
protoFiles: [library.proto]
importPaths: [.]
host: library.example
services:
  - {service: example.library.v1.Library, methods: ["*"], body: JSON}     # or names; PROTOBUF
requestHeaders:
  - {name: x-request-id, pattern: "[0-9a-f]{8}", required: true}          # or constant:
responseHeaders: []
dropHeaders: [user-agent, accept, accept-encoding]    # gateways strip these
statuses:
  - {code: 200}                    # the method's response
  - {code: 404, message: google.rpc.Status}
limits: {maxRecordBytes: 2048, maxDepth: 64, maxOutstanding: 64, responseTimeoutMs: 1000}
json: {defaults: OMIT, int64: QUOTED}
anyTypes: []
softwareOnly: []
)");
  Diagnostics diagnostics;
  auto loaded = space.load_it(diagnostics);
  INFO(diagnostics.text());
  REQUIRE(loaded);
  CHECK(loaded->policy.serial() == 7);
  CHECK(loaded->endpoints.size() == 9);
  CHECK(loaded->policy.limits().response_timeout_ms() == 1000);
}

TEST_CASE("the dump is stable and names policy, methods, bindings and statuses") {
  Workspace space;
  Diagnostics diagnostics;
  auto loaded = space.load_it(diagnostics);
  INFO(diagnostics.text());
  REQUIRE(loaded);
  CHECK(dump(*loaded) ==
        "policy\n"
        "  name: \"test\"\n"
        "  serial: 3\n"
        "  mode: TWO_WAY\n"
        "  geometry: SMALL\n"
        "  proto_files: \"api.proto\"\n"
        "  host: \"test.example\"\n"
        "  services {\n"
        "    service: \"t.v1.Things\"\n"
        "    methods: \"Get\"\n"
        "    methods: \"Put\"\n"
        "    body: JSON\n"
        "  }\n"
        "  request_headers {\n"
        "    name: \"x-id\"\n"
        "    pattern: \"[0-9]{4}\"\n"
        "    required: true\n"
        "  }\n"
        "  drop_headers: \"accept\"\n"
        "  statuses {\n"
        "    code: 200\n"
        "  }\n"
        "  statuses {\n"
        "    code: 404\n"
        "    message: \"google.rpc.Status\"\n"
        "  }\n"
        "  limits {\n"
        "    max_record_bytes: 1024\n"
        "    max_depth: 32\n"
        "    max_outstanding: 256\n"
        "    response_timeout_ms: 1000\n"
        "  }\n"
        "  json {\n"
        "    defaults: OMIT\n"
        "    int64: QUOTED\n"
        "    enums: NAMES\n"
        "    names: JSON_NAME\n"
        "  }\n"
        "methods\n"
        "  t.v1.Things.Put (t.v1.Thing) -> (t.v1.Thing) JSON outstanding 128\n"
        "    t.v1.Things.Put: PUT /v1/{name} body \"*\" response_body \"\"\n"
        "    t.v1.Things.Put#1: POST /v1/{name}:put body \"*\" response_body \"\"\n"
        "  t.v1.Things.Get (t.v1.GetRequest) -> (t.v1.Thing) JSON outstanding 128\n"
        "    t.v1.Things.Get: GET /v1/{name} body \"\" response_body \"\"\n"
        "statuses\n"
        "  200 (the method's response)\n"
        "  404 google.rpc.Status\n"
        "any types\n");
}

TEST_CASE("copies of a loaded policy share the descriptors and outlive the first one") {
  std::optional<Loaded> copy;
  {
    Workspace space;
    Diagnostics diagnostics;
    auto loaded = space.load_it(diagnostics);
    REQUIRE(loaded);
    copy = loaded;
    loaded.reset();
  }
  CHECK(copy->pool->FindMessageTypeByName("t.v1.Thing") == copy->methods[0].method->input_type());
  // Asking for names that do not exist is quiet and harmless after the load.
  CHECK(copy->pool->FindMessageTypeByName("t.v1.Nothing") == nullptr);
  CHECK(copy->pool->FindFileByName("nothing.proto") == nullptr);
}
