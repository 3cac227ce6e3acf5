// SPDX-License-Identifier: Apache-2.0
// Policies over descriptor sets: the same result as from files, and no harm from hostile sets.
#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>

#include "load/options.hpp"
#include "load/spans.hpp"
#include "workspace.hpp"

using namespace sluice::load;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

namespace {

std::string set_of(Workspace& space) {
  Diagnostics diagnostics;
  auto loaded = space.load_it(diagnostics);
  REQUIRE(loaded);
  return descriptor_set_of(*loaded);
}

std::string error_of(const std::string& set) {
  Diagnostics diagnostics;
  CHECK_FALSE(load(Workspace::policy, "pushed", set, diagnostics));
  INFO(diagnostics.text());
  REQUIRE(diagnostics.error_count() >= 1);
  return diagnostics.all().front().code;
}

// The user's file of a set.
FileDescriptorProto& api(FileDescriptorSet& set) {
  for (FileDescriptorProto& file : *set.mutable_file()) {
    if (file.name() == "api.proto") return file;
  }
  FAIL("the set has no api.proto");
  return *set.mutable_file(0);
}

FileDescriptorSet parse(const std::string& bytes) {
  FileDescriptorSet set;
  REQUIRE(set.ParseFromString(bytes));
  return set;
}

}  // namespace

TEST_CASE("a policy from memory is the policy from files") {
  Workspace space;
  Diagnostics diagnostics;
  auto from_files = space.load_it(diagnostics);
  REQUIRE(from_files);
  auto from_memory = load(Workspace::policy, "pushed", descriptor_set_of(*from_files), diagnostics);
  INFO(diagnostics.text());
  REQUIRE(from_memory);
  CHECK(dump(*from_memory) == dump(*from_files));
  const auto* name = from_memory->pool->FindFieldByName("t.v1.Thing.name");
  CHECK(field_rules(name).string().max_len() == 8);
  CHECK(span_of_rule(*from_memory, name, "string.max_len") == Span{"api.proto", 22, 5});
}

TEST_CASE("a policy may name a descriptor set in place of files") {
  Workspace space;
  space.write("api.binpb", set_of(space));
  std::filesystem::remove(space.path("api.proto"));
  space.change("policy.yaml", Workspace::policy, "protoFiles: [api.proto]",
               "descriptorSet: api.binpb");
  Diagnostics diagnostics;
  auto loaded = space.load_it(diagnostics);
  INFO(diagnostics.text());
  REQUIRE(loaded);
  CHECK(loaded->endpoints.size() == 3);
  std::filesystem::remove(space.path("api.binpb"));
  Diagnostics gone;
  CHECK_FALSE(space.load_it(gone));
  CHECK(only_error(gone).code == "E0100");
  CHECK(only_error(gone).span.line == 5);
}

TEST_CASE("a set without the public declarations and without source info") {
  Workspace space;
  FileDescriptorSet set = parse(set_of(space));
  FileDescriptorSet lean;
  for (const FileDescriptorProto& file : set.file()) {
    if (file.name() != "api.proto") continue;
    *lean.add_file() = file;
    lean.mutable_file(0)->clear_source_code_info();
  }
  Diagnostics diagnostics;
  auto loaded = load(Workspace::policy, "pushed", lean.SerializeAsString(), diagnostics);
  INFO(diagnostics.text());
  REQUIRE(loaded);
  CHECK(span_of(*loaded, loaded->methods[0].method) == Span{"api.proto", 0, 0});
}

TEST_CASE("sets that cannot be used") {
  Workspace space;
  std::string good = set_of(space);
  CHECK(error_of("") == "E0201");
  CHECK(error_of("not a set") == "E0208");
  CHECK(error_of(good.substr(0, good.size() / 2)) == "E0208");

  FileDescriptorSet twice = parse(good);
  FileDescriptorProto copy = api(twice);
  *twice.add_file() = copy;
  CHECK(error_of(twice.SerializeAsString()) == "E0208");

  FileDescriptorSet raw = parse(good);
  auto* option = api(raw).mutable_options()->add_uninterpreted_option();
  option->add_name()->set_name_part("x");
  option->mutable_name(0)->set_is_extension(true);
  option->set_aggregate_value(std::string(1'000'000, '{'));
  CHECK(error_of(raw.SerializeAsString()) == "E0208");

  FileDescriptorSet broken = parse(good);
  api(broken).mutable_message_type(1)->mutable_field(0)->set_number(-1);
  CHECK(error_of(broken.SerializeAsString()) == "E0208");

  FileDescriptorSet lacking = parse(good);
  api(lacking).add_dependency("nowhere.proto");
  CHECK(error_of(lacking.SerializeAsString()) == "E0201");
}

TEST_CASE("a set with deep nesting, long import chains or circles ends in an error") {
  FileDescriptorSet deep;
  auto* file = deep.add_file();
  file->set_name("api.proto");
  file->set_syntax("proto3");
  auto* message = file->add_message_type();
  for (int i = 0; i < 500; ++i) {
    message->set_name("M");
    message = message->add_nested_type();
  }
  message->set_name("M");
  CHECK(error_of(deep.SerializeAsString()) == "E0208");

  FileDescriptorSet chain;
  for (int i = 0; i < 499; ++i) {
    auto* one = chain.add_file();
    one->set_name(i == 0 ? "api.proto" : fmt::format("c{}.proto", i));
    one->set_syntax("proto3");
    if (i < 498) one->add_dependency(fmt::format("c{}.proto", i + 1));
  }
  CHECK(error_of(chain.SerializeAsString()) == "E0116");  // read to its end; it has no service
  chain.mutable_file(498)->add_dependency("api.proto");
  CHECK(error_of(chain.SerializeAsString()) == "E0208");
  for (int i = 0; i < 10; ++i) chain.add_file()->set_name(fmt::format("d{}.proto", i));
  CHECK(error_of(chain.SerializeAsString()) == "E0204");
}

TEST_CASE("altered bytes of a set never do more than fail") {
  Workspace space;
  std::string good = set_of(space);
  std::uint32_t random = 12345;
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string bad = good;
    for (int j = 0; j < 3; ++j) {
      random = random * 1664525u + 1013904223u;
      bad[(random >> 8) % bad.size()] = static_cast<char>(random >> 24);
    }
    Diagnostics diagnostics;
    refused += load(Workspace::policy, "pushed", bad, diagnostics).has_value() ? 0 : 1;
    CHECK((refused == 0 || diagnostics.error_count() <= 1000));
  }
  CHECK(refused > 30);
}
