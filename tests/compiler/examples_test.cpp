// SPDX-License-Identifier: Apache-2.0
// The shipped examples, compiled and judged: what the automaton calls accepted is accepted by the packed image and by the independent
// judge, and single changes are judged alike.
#include <catch2/catch.hpp>

#include "compiler/compiler.hpp"
#include "compiler/symbols.hpp"
#include "engine/engine.hpp"
#include "judge/judge.hpp"
#include "levels/record_source.hpp"

using namespace sluice;

namespace {

struct Example {
  std::shared_ptr<const load::Loaded> loaded;
  std::optional<compiler::CompileResult> compiled;
  std::string diagnostics;
};

Example compile_example(const std::string& name) {
  load::Diagnostics diagnostics;
  Example out;
  auto loaded = load::load(std::string(SLUICE_SOURCE_DIR "/schemas/examples/") + name + "/policy.yaml", diagnostics);
  if (loaded) {
    out.loaded = std::make_shared<const load::Loaded>(std::move(*loaded));
    out.compiled = compiler::compile(out.loaded, diagnostics);
  }
  out.diagnostics = diagnostics.text();
  return out;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("examples compile, fit, and agree with the judge") {
  const std::string name = GENERATE("library", "plant");
  const Example example = compile_example(name);
  INFO(example.diagnostics);
  REQUIRE(example.compiled);
  const auto& compiled = *example.compiled;
  WARN(name << ": request " << compiled.request.states.size() << " states, " << compiled.request_table.used << " transitions, "
            << compiled.request_table.actions.size() << " actions, density " << compiled.request_table.density() << "; response "
            << compiled.response.states.size() << ", " << compiled.response_table.used << ", " << compiled.response_table.actions.size()
            << ", " << compiled.response_table.density());

  const auto image = engine::Image::load(compiled.image);
  if (const auto* error = std::get_if<engine::LoadError>(&image)) FAIL(error->text);
  const auto& program = std::get<engine::Image>(image);
  const auto symbols = compiler::SymbolMap::parse(compiled.symbols);
  load::Diagnostics diagnostics;
  const auto judge = judge::Judge::create(example.loaded, diagnostics);
  REQUIRE(judge);

  test::RecordSource source(compiled, 7);
  int shown = 0;
  for (int i = 0; i < 4000; ++i) {
    const test::Case c = source.next();
    const auto verdict = engine::judge(program, c.pipeline, c.endpoint, bytes_of(c.record));
    const std::string endpoint = symbols.endpoint_name(c.endpoint);
    const auto second = c.pipeline == layout::Pipeline::REQUEST ? judge->request(bytes_of(c.record)) : judge->response(endpoint, bytes_of(c.record));
    const bool agree = (!c.valid || verdict.accepted()) && (verdict.accepted() == second.accepted || verdict.reason == layout::Reason::DEPTH);
    if (!agree && shown++ < 12) {
      UNSCOPED_INFO("DISAGREE " << (c.valid ? "valid " : "") << endpoint << " engine " << layout::name_of(verdict.reason) << " at "
                                << verdict.offset << " judge " << second.accepted << " " << second.path << " " << second.rule << " "
                                << second.message << "\n" << c.record);
    }
    if (!agree) ++shown;
  }
  CHECK(shown == 0);
}
