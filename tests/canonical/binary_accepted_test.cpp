// SPDX-License-Identifier: Apache-2.0
// Protobuf bodies through three programs that share nothing but the policy: what the canonicalizer writes the table and the judge accept, and
// libprotobuf reads as the same message; of changed bodies table and judge say the same. A table with one weakened check is found out.
#include <google/protobuf/dynamic_message.h>

#include <iostream>
#include <random>

#include "canonical/support.hpp"
#include "compiler/compiler.hpp"
#include "compiler/image.hpp"
#include "engine/engine.hpp"
#include "judge/judge.hpp"
#include "levels/binary_mutation.hpp"
#include "levels/record_source.hpp"
#include "levels/record_text.hpp"
#include "support/binary_messages.hpp"

using namespace sluice;
using namespace sluice::canonical;
using namespace sluice::canonical::test;

namespace {

std::span<const std::uint8_t> bytes(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

engine::Image load_image(const std::vector<std::uint8_t>& image) {
  auto read = engine::Image::load(image);
  if (const auto* error = std::get_if<engine::LoadError>(&read)) throw std::runtime_error(error->text);
  return std::get<engine::Image>(std::move(read));
}

struct Filters {
  explicit Filters(const std::string& policy) : canonicalizer(load_schema(policy)), compiled(compile()) {
    load::Diagnostics diagnostics;
    judge = judge::Judge::create(canonicalizer.schema().loaded, diagnostics);
    if (!judge) throw std::runtime_error(diagnostics.text());
  }
  compiler::CompileResult compile() const {
    load::Diagnostics diagnostics;
    auto out = compiler::compile(canonicalizer.schema().loaded, diagnostics);
    if (!out) throw std::runtime_error(diagnostics.text());
    return std::move(*out);
  }
  Canonicalizer canonicalizer;
  compiler::CompileResult compiled;
  std::unique_ptr<judge::Judge> judge;
};

struct Counts {
  int accepted = 0, rejected = 0, disagreements = 0;
};

// Random messages of `All` and changes of their records, against an image.
Counts compare(const Filters& filters, const engine::Image& image, int rounds, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  google::protobuf::DynamicMessageFactory factory(filters.canonicalizer.schema().loaded->pool);
  const auto* type = filters.canonicalizer.schema().endpoints[0].method->input_type();
  const auto* prototype = factory.GetPrototype(type);
  Counts counts;
  for (int i = 0; i < rounds; ++i) {
    std::unique_ptr<google::protobuf::Message> message(prototype->New());
    sluice::test::fill(*message, random, 3 + static_cast<unsigned>(random() % 20), filters.canonicalizer.schema().loaded->any_types);
    const auto record = filters.canonicalizer.canonicalize_request(
        {"POST", "/v1/echo", {{"Host", "a"}, {"Content-Type", "application/protobuf"}}, message->SerializeAsString()});
    if (!record) continue;
    INFO(i);
    REQUIRE(filters.judge->request(bytes(record->bytes)).accepted);
    std::unique_ptr<google::protobuf::Message> read(prototype->New());
    REQUIRE(read->ParseFromString(body_of(record->bytes)));
    REQUIRE(filters.judge->evaluate(*read).empty());
    const auto verdict = engine::judge_request(image, bytes(record->bytes));
    counts.disagreements += !verdict.accepted();
    CHECK(verdict.steps <= record->bytes.size() * 5 / 2 + 1);  // invariant 11
    for (int n = 0; n < 4; ++n) {
      std::string changed = record->bytes;
      const std::size_t body = changed.find("\r\n\r\n") + 4;
      changed.replace(body, std::string::npos, sluice::test::mutate_binary(changed.substr(body), random));
      sluice::test::mend_length(changed);
      const auto engine = engine::judge_request(image, bytes(changed));
      if (engine.reason == layout::Reason::DEPTH) continue;
      const bool accepted = filters.judge->request(bytes(changed)).accepted;
      ++(accepted ? counts.accepted : counts.rejected);
      counts.disagreements += engine.accepted() != accepted;
    }
  }
  return counts;
}

}  // namespace

TEST_CASE("binary: table, judge, canonicalizer and libprotobuf agree", "[binary][accepted]") {
  const Filters filters(GENERATE("tests/canonical/data/binary.yaml", "tests/canonical/data/wide.yaml"));
  const Counts counts = compare(filters, load_image(filters.compiled.image), 3000, 1);
  std::cout << counts.accepted << " changed records accepted, " << counts.rejected << " rejected\n";
  CHECK(counts.disagreements == 0);
  CHECK(counts.accepted > 1000);
  CHECK(counts.rejected > 1000);
}

TEST_CASE("binary: a weakened check in the table is found", "[binary][accepted]") {
  const Filters filters("tests/canonical/data/binary.yaml");
  compiler::PackedTable table = filters.compiled.request_table;
  int changed = 0;
  for (std::size_t i = 0; i < table.actions.size(); ++i) {
    // max_items: 3 becomes 4
    if (table.actions[i].register_op != layout::RegisterOp::INC || table.actions[i].register_arg != 3) continue;
    table.actions[i].register_arg = 4;
    table.actions[i] = table.actions[i].with_parity(static_cast<std::uint32_t>(i));
    ++changed;
  }
  REQUIRE(changed > 0);
  const auto image = compiler::write_image(filters.compiled.schema, table, filters.compiled.response_table);
  CHECK(compare(filters, load_image(image), 1500, 2).disagreements > 0);
}

// Without the order of keys that the table asks for two entries may change places.
TEST_CASE("binary: a table that forgets the order of keys is found", "[binary][accepted]") {
  const Filters filters("tests/canonical/data/wide.yaml");
  compiler::PackedTable table = filters.compiled.request_table;
  int changed = 0;
  for (std::size_t i = 0; i < table.actions.size(); ++i) {
    // The key unit is left as it was: no key begins, none ends.
    if (table.actions[i].key_op == layout::KeyOp::NONE || table.actions[i].key_op == layout::KeyOp::NEW_MAP) continue;
    table.actions[i].key_op = layout::KeyOp::NONE;
    table.actions[i] = table.actions[i].with_parity(static_cast<std::uint32_t>(i));
    ++changed;
  }
  REQUIRE(changed > 1);
  const auto image = compiler::write_image(filters.compiled.schema, table, filters.compiled.response_table);
  CHECK(compare(filters, load_image(image), 1500, 2).disagreements > 0);
}

TEST_CASE("binary: every record of the table is a message that keeps the rules", "[binary][accepted]") {
  const Filters filters(GENERATE("tests/canonical/data/binary.yaml", "tests/canonical/data/wide.yaml"));
  sluice::test::RecordSource source(filters.compiled, 3);
  int valid = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto one = source.next();
    if (!one.valid || one.pipeline != layout::Pipeline::REQUEST) continue;
    ++valid;
    const auto again = filters.canonicalizer.canonicalize_http(layout::Pipeline::REQUEST, one.record);
    INFO(one.record);
    REQUIRE(again);
    REQUIRE(again->bytes == one.record);
  }
  CHECK(valid > 500);
}
