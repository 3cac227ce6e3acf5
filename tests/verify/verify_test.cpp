// SPDX-License-Identifier: Apache-2.0
// The checker finds nothing in what the compiler made, and each seeded fault in what somebody changed; its machine and the engine agree.
#include <openssl/sha.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

#include "compiler/compiler.hpp"
#include "engine/engine.hpp"
#include "levels/image_change.hpp"
#include "levels/record_source.hpp"
#include "verify/dump_compare.hpp"
#include "verify/key_order.hpp"
#include "verify/ratio.hpp"
#include "verify/verify.hpp"

namespace {

using namespace sluice;
using layout::Pipeline;

struct Compiled {
  std::shared_ptr<const load::Loaded> loaded;
  compiler::CompileResult result;
  std::string dump;
};

Compiled compile(const std::string& policy) {
  load::Diagnostics diagnostics;
  auto loaded = std::make_shared<const load::Loaded>(load::load(policy, diagnostics).value());
  auto result = compiler::compile(loaded, diagnostics).value();
  std::string dump = "# request pipeline\n" + compiler::dump(result.request_table) + "\n# response pipeline\n" + compiler::dump(result.response_table);
  return Compiled{loaded, std::move(result), std::move(dump)};
}

const Compiled& library() {
  static const Compiled compiled = compile(SLUICE_SOURCE_DIR "/schemas/examples/library/policy.yaml");
  return compiled;
}

verify::Report verified(const Compiled& policy, const std::vector<std::uint8_t>& image, std::optional<std::string_view> dump = std::nullopt,
                        std::uint32_t lengths = 256) {
  verify::Options options;
  options.records = 600;
  options.max_lengths = lengths;
  return verify::verify(image, policy.loaded, dump, options, [](const std::string&, std::size_t, std::size_t) {});
}

verify::Report verified(const std::vector<std::uint8_t>& image, std::optional<std::string_view> dump = std::nullopt) { return verified(library(), image, dump, 4096); }

void sign(std::vector<std::uint8_t>& image) { SHA256(image.data(), image.size() - layout::IMAGE_DIGEST_BYTES, image.data() + image.size() - layout::IMAGE_DIGEST_BYTES); }

// The checks that complain about an image, without a walk.
std::set<std::string> complaints(const std::vector<std::uint8_t>& bytes) {
  verify::Findings findings;
  if (const auto image = verify::read_image(bytes, findings)) {
    verify::compare_with_policy(*image, *library().loaded, findings);
    verify::compare_with_dump(*image, library().dump, findings);
  }
  std::set<std::string> out;
  for (const auto& [check, group] : findings.groups()) out.insert(check);
  return out;
}

}  // namespace

TEST_CASE("the compiler's image is good, and every transition is covered or argued away") {
  const auto report = verified(library().result.image, library().dump);
  INFO(verify::to_text(report));
  CHECK(report.good());
  for (const auto& pipeline : report.pipelines) {
    REQUIRE(pipeline);
    CHECK(pipeline->walk.covered + pipeline->unused.size() == pipeline->walk.transitions);
    CHECK(pipeline->walk.covered * 10 > pipeline->walk.transitions * 9);
    CHECK(pipeline->valid > 50);
    CHECK(pipeline->ratio <= pipeline->claimed_ratio);
  }
  CHECK(verify::to_json(report).find("\"good\": true") != std::string::npos);
}

TEST_CASE("images with Protobuf bodies, with maps, and with bodies of one length only, are good") {
  // empty.yaml has answers of no body or `{}`: lengths of two digits lead nowhere.
  for (const std::string policy : {"schemas/examples/plant/policy-protobuf.yaml", "tests/verify/data/empty.yaml", "tests/levels/rules/maps.yaml"}) {
    const Compiled compiled = compile(SLUICE_SOURCE_DIR "/" + policy);
    const auto report = verified(compiled, compiled.result.image, compiled.dump);
    INFO(policy << "\n" << verify::to_text(report));
    CHECK(report.good());
  }
}

TEST_CASE("what map keys cannot do is argued away, and only that") {
  for (const std::string policy : {"maps.yaml", "maps-protobuf.yaml"}) {
    const Compiled compiled = compile(SLUICE_SOURCE_DIR "/tests/verify/data/" + policy);
    const auto report = verified(compiled, compiled.result.image, compiled.dump);
    INFO(verify::to_text(report));
    CHECK(report.good());
    // Behind the one entry of `yes` another may begin in the table: no key is above "true".
    const auto& unused = report.pipelines[0].value().unused;
    CHECK(std::count_if(unused.begin(), unused.end(), [](const verify::Unused& u) { return u.why.find("would not ascend") != std::string::npos; }) == 1);
  }
}

TEST_CASE("a key unit that is told less is found without a dump") {
  for (const std::string policy : {"maps.yaml", "maps-protobuf.yaml"}) {
    const Compiled compiled = compile(SLUICE_SOURCE_DIR "/tests/verify/data/" + policy);
    const auto& actions = compiled.result.request_table.actions;
    for (const bool every : {false, true}) {
      for (const auto op : {layout::KeyOp::NEW_MAP, layout::KeyOp::BEGIN, layout::KeyOp::END_KEY, layout::KeyOp::NONE}) {  // NONE: all of them
        compiler::CompileResult without = compiled.result;
        std::size_t changes = 0;
        for (std::size_t i = 0; i < actions.size(); ++i) {
          if (actions[i].key_op == layout::KeyOp::NONE || (op != layout::KeyOp::NONE && actions[i].key_op != op)) continue;
          if (!every && changes > 0) continue;
          layout::Action action = actions[i];
          action.key_op = layout::KeyOp::NONE;
          without.image = test::ImageWords(without).change_action(Pipeline::REQUEST, i, action).image;
          ++changes;
        }
        REQUIRE(changes > 0);
        // Of maps of one message a single NEW_MAP may be missing without effect: the others clear and restore what was before.
        if (!every && (op == layout::KeyOp::NEW_MAP || op == layout::KeyOp::NONE)) continue;
        if (every && op != layout::KeyOp::NONE) continue;  // as the single ones
        const auto report = verified(compiled, without.image);
        INFO(policy << " " << layout::name_of(op) << "\n" << verify::to_text(report));
        CHECK_FALSE(report.good());
        // No key operation at all: keys in any order are accepted.
        if (op == layout::KeyOp::NONE) CHECK(report.findings.groups().contains("too much"));
      }
    }
  }
}

TEST_CASE("keys are put in order and out of it, and the lengths around them follow") {
  const Compiled compiled = compile(SLUICE_SOURCE_DIR "/tests/verify/data/maps-protobuf.yaml");
  verify::Findings findings;
  const auto image = verify::read_image(compiled.result.image, findings);
  REQUIRE(image);
  const verify::Table& table = image->table(Pipeline::REQUEST);
  const auto record_of = [](const std::string& body) {
    return "POST /v1/outer HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) + "\r\ncontent-type: application/protobuf\r\nhost: maps.example\r\n\r\n" + body;
  };
  // Two entries of `inner`, "b" and "b"; then `both`.
  const std::string both("\x12\x04\x08\x00\x10\x00\x12\x04\x08\x01\x10\x00", 12);
  const std::string twice = record_of(std::string("\x0A\x05\x0A\x01" "b\x12\x00\x0A\x05\x0A\x01" "b\x12\x00", 14) + both);
  CHECK(verify::run(table, image->head4.request_start, twice, {64}).reason == layout::Reason::KEY_ORDER);
  verify::Trace trace;
  verify::RunOptions options;
  options.ignore_key_order = true;
  options.trace = &trace;
  REQUIRE(verify::run(table, image->head4.request_start, twice, options).accepted());
  REQUIRE(trace.keys.size() == 4);
  const auto ordered = verify::order_keys(table, twice, trace, std::nullopt);
  REQUIRE(ordered);
  CHECK(*ordered == record_of(std::string("\x0A\x05\x0A\x01" "b\x12\x00\x0A\x05\x0A\x01" "c\x12\x00", 14) + both));
  // Keys of other lengths, exchanged.
  const std::string good = record_of(std::string("\x0A\x05\x0A\x01" "b\x12\x00\x0A\x06\x0A\x02" "ba\x12\x00", 15) + both);
  trace = {};
  REQUIRE(verify::run(table, image->head4.request_start, good, options).accepted());
  const auto wrong = verify::disorder_keys(good, trace, 2);
  REQUIRE(wrong.size() == 2);
  CHECK(wrong[1] == record_of(std::string("\x0A\x06\x0A\x02" "ba\x12\x00\x0A\x05\x0A\x01" "b\x12\x00", 15) + both));
  for (const std::string& record : wrong) CHECK_FALSE(verify::run(table, image->head4.request_start, record, {64}).accepted());
}

TEST_CASE("words that are not as they should be") {
  const auto& good = library().result.image;
  CHECK(complaints(good).empty());
  auto image = good;
  SECTION("a bit of the content: digest") {
    image[8] ^= 1;
    CHECK(complaints(image) == std::set<std::string>{"digest", "policy"});
  }
  SECTION("a parity bit") {
    image[(10 + 256 + 3) * 8 + 4] ^= 1U << 5;  // bit 37 of a request entry
    sign(image);
    CHECK(complaints(image).contains("parity"));
  }
  SECTION("reserved bits") {
    image[(10 + 7) * 8 + 7] ^= 0xC0;  // two: parity holds
    sign(image);
    CHECK(complaints(image) == std::set<std::string>{"words"});
  }
  SECTION("a limit") {
    image[2 * 8 + 5] ^= 1;  // max_record_bytes
    sign(image);
    CHECK(complaints(image).contains("policy"));
  }
  SECTION("a name that goes on behind its end") {
    image[9 * 8 + 7] = 'x';
    sign(image);
    CHECK(complaints(image).contains("header"));
  }
  SECTION("too short, too long, another file") {
    image.resize(image.size() - 8);
    CHECK(complaints(image).contains("header"));
    image = good;
    image.insert(image.end(), 8, 0);
    CHECK(complaints(image).contains("header"));
    CHECK(complaints({}).contains("header"));
    image = good;
    image[0] = 0;
    CHECK(complaints(image).contains("header"));
  }
  SECTION("an unused slot that is not empty") {
    const test::ImageWords words(library().result);
    const auto& entries = library().result.request_table.entries;
    const auto slot = static_cast<std::size_t>(
        std::find_if(entries.begin(), entries.end(), [](const auto& e) { return e.control == layout::Control::RESERVED; }) - entries.begin());
    layout::Entry entry;
    entry.next = 4;
    CHECK(complaints(words.change_entry(Pipeline::REQUEST, slot, entry).image) == std::set<std::string>{"dump", "unused"});
  }
}

TEST_CASE("a text that is no dump is said to be none") {
  verify::Findings findings;
  const auto image = verify::read_image(library().result.image, findings);
  REQUIRE(image);
  CHECK_THROWS_WITH(verify::compare_with_dump(*image, "", findings), Catch::Contains("--emit=packed"));
  CHECK_THROWS_WITH(verify::compare_with_dump(*image, "entry 1", findings), Catch::Contains("line 1"));
  CHECK_THROWS_WITH(verify::compare_with_dump(*image, "# request pipeline\nentry x label 1", findings), Catch::Contains("line 2"));
}

TEST_CASE("an over-wide table is found without a dump: by the language") {
  const test::ImageWords words(library().result);
  const auto& table = library().result.request_table;
  SECTION("a range that is one too wide, a member that may come twice") {
    // The first SET becomes SET_AGAIN: a member of that rank may stand twice.
    for (std::size_t i = 0; i < table.actions.size(); ++i) {
      if (table.actions[i].register_op != layout::RegisterOp::INC || table.actions[i].register_arg == layout::INC_UNBOUNDED) continue;
      layout::Action action = table.actions[i];
      ++action.register_arg;
      const auto report = verified(words.change_action(Pipeline::REQUEST, i, action).image);
      INFO(verify::to_text(report));
      CHECK(report.findings.groups().contains("too much"));
      break;
    }
  }
  SECTION("a tag that names another endpoint") {
    for (std::size_t i = 0; i < table.actions.size(); ++i) {
      if (table.actions[i].tag == 0) continue;
      layout::Action action = table.actions[i];
      action.tag = action.tag == 1 ? 2 : 1;
      const auto report = verified(words.change_action(Pipeline::REQUEST, i, action).image);
      CHECK(report.findings.groups().contains("endpoint"));
      break;
    }
  }
}

TEST_CASE("the checker's machine and the engine agree, on verdict, reason, offset and endpoint") {
  verify::Findings findings;
  const auto image = verify::read_image(library().result.image, findings);
  REQUIRE(image);
  const auto engine_image = std::get<engine::Image>(engine::Image::load(library().result.image));
  test::RecordSource source(library().result, 7);
  std::size_t accepted = 0;
  for (int i = 0; i < 6000; ++i) {
    const test::Case c = source.next();
    if (c.record.size() > image->head2.max_record_bytes) continue;
    const std::uint16_t start = c.pipeline == Pipeline::REQUEST ? image->head4.request_start : image->endpoints.at(c.endpoint).response_base;
    const auto own = verify::run(image->table(c.pipeline), start, c.record, {image->head3.max_depth});
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(c.record.data()), c.record.size());
    const auto theirs = c.pipeline == Pipeline::REQUEST ? engine::judge_request(engine_image, bytes) : engine::judge_response(engine_image, c.endpoint, bytes);
    INFO(c.record);
    REQUIRE(own.reason == theirs.reason);
    REQUIRE(own.offset == theirs.offset);
    accepted += own.accepted() ? 1 : 0;
  }
  CHECK(accepted > 1000);
}

TEST_CASE("the worst ratio is exact on small tables") {
  // Calls that each byte makes and each next symbol leaves again: two steps a byte.
  verify::Table table;
  table.slots = 512;
  for (auto& map : table.maps) map = {};
  table.entries.resize(16);
  table.actions.resize(2);
  table.actions[1].operand = 0;
  table.entries[0] = {0, layout::Control::CALL, 2, 1, 0};
  table.entries[2] = {0, layout::Control::REDO, 0, 0, 0};
  const verify::Graph graph(table, {0}, false);
  CHECK(verify::worst_ratio(graph, 640) == 512);
  CHECK_FALSE(verify::holds(graph, 511));
  table.entries[2].control = layout::Control::RET;
  CHECK(verify::worst_ratio(verify::Graph(table, {0}, false), 640) == 256);
}
