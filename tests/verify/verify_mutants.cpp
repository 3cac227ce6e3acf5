// SPDX-License-Identifier: Apache-2.0
// Single random changes to an image, parity and digest made right again: verify-image must find each by the dump. How many it would also find without one, by words,
// by a valid record that is rejected or by a record that the judge refuses, or which change shows to be without effect, is counted.
//
//   verify_mutants --policy P [--mutants N] [--seed S] [--list]
//
// Exit status: 0 the dump finds every change, 1 it misses one, 2 it could not run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "judge/judge.hpp"
#include "levels/image_change.hpp"
#include "load/load.hpp"
#include "verify/dump_compare.hpp"
#include "verify/ratio.hpp"
#include "verify/verify.hpp"

namespace {

// "library/policy.yaml"
std::string policy_name(const std::filesystem::path& file) { return (file.parent_path().filename() / file.filename()).string(); }

using namespace sluice;
using layout::Pipeline;

struct Options {
  std::string policy;
  std::size_t mutants = 1000;
  std::uint64_t seed = 1;
  bool list = false;
};

const std::vector<std::string> kOutcomes = {
    "the words contradict each other or the policy", "more steps than the image claims", "a valid record is rejected",
    "an accepted record is refused by the judge",    "a transition without an accepted record",
    "no effect: no reachable state reads the word",  "no effect: every reachable step is the same",
    "not told apart without the dump"};

class Mutants {
 public:
  Mutants(const compiler::CompileResult& policy, std::shared_ptr<const load::Loaded> loaded, const judge::Judge& judge)
      : policy_(policy), loaded_(std::move(loaded)), judge_(judge), words_(policy) {
    verify::Findings findings;
    original_ = *verify::read_image(policy.image, findings);
    if (!findings.empty()) throw std::runtime_error("the unchanged image has findings");
    for (Pipeline p : {Pipeline::REQUEST, Pipeline::RESPONSE}) {
      const auto starts = original_.starts(p);
      graphs_[index(p)] = std::make_unique<verify::Graph>(original_.table(p), starts, true);
      walk(original_, p, *graphs_[index(p)], nullptr, [&](std::uint16_t start, const std::string& record) {
        if (allowed(p, original_, start, record)) records_[index(p)].emplace_back(start, record);
      });
    }
    dump_ = "# request pipeline\n" + compiler::dump(policy.request_table) + "\n# response pipeline\n" + compiler::dump(policy.response_table);
  }

  test::ImageChange next(std::mt19937_64& rng) const { return words_.random(rng); }

  bool dump_finds(const test::ImageChange& change) const {
    verify::Findings findings;
    const auto image = verify::read_image(change.image, findings);
    if (image) verify::compare_with_dump(*image, dump_, findings);
    return !findings.empty();
  }

  // Index into kOutcomes.
  std::size_t check(const test::ImageChange& change) const {
    verify::Findings findings;
    const auto image = verify::read_image(change.image, findings);
    if (!findings.empty() || !image) return 0;
    verify::compare_with_policy(*image, *loaded_, findings);
    if (!findings.empty()) return 0;
    const Pipeline p = change.pipeline;
    const verify::Table& table = image->table(p);
    const auto starts = image->starts(p);
    if (!verify::holds(verify::Graph(table, starts, false), table.ratio)) return 1;
    for (const auto& [start, record] : records_[index(p)]) {
      if (!verify::run(table, start, record, {image->head3.max_depth}).accepted()) return 2;
    }
    try {
      return walked(*image, p);
    } catch (const std::length_error&) {
      return 4;  // more configurations than any table of a policy has: verify-image says so as a finding
    }
  }

 private:
  static std::size_t index(Pipeline p) { return static_cast<std::size_t>(p); }

  bool allowed(Pipeline p, const verify::ImageFile& image, std::uint16_t start, const std::string& record) const {
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(record.data()), record.size());
    if (p == Pipeline::REQUEST) {
      const auto verdict = judge_.request(bytes);
      const auto own = verify::run(image.table(p), start, record, {image.head3.max_depth});
      const std::size_t named = std::size_t{own.tag} - 1;
      return verdict.accepted && named < loaded_->endpoints.size() && loaded_->endpoints[named].name == verdict.endpoint;
    }
    for (std::size_t i = 0; i < loaded_->endpoints.size(); ++i) {
      if (image.endpoints[i + 1].response_base == start && !judge_.response(loaded_->endpoints[i].name, bytes).accepted) return false;
    }
    return true;
  }

  verify::Walk walk(const verify::ImageFile& image, Pipeline p, const verify::Graph& graph, const std::set<verify::Walk::Transition>* wanted,
                    const verify::Walk::Sink& sink) const {
    const verify::Speller speller(graph, std::min<std::uint32_t>(image.head2.max_record_bytes, 4096), 1);
    verify::Walk out(image.table(p), speller, image.head3.max_depth, image.head2.max_record_bytes, 60);
    out.cover(sink, [](std::size_t, std::size_t) {}, wanted);
    return out;
  }

  static std::string reading(const verify::Table& table, std::uint16_t base, int symbol) {
    const layout::Entry* e = table.entry(base, table.class_of(base, symbol));
    if (e == nullptr) return {};
    layout::Action a = table.actions[e->action];
    a.parity = 0;
    const auto packed = a.pack();
    return fmt::format("{} {} {} {}", static_cast<int>(e->control), e->next, packed[0], packed[1]);
  }

  std::size_t walked(const verify::ImageFile& image, Pipeline p) const {
    const verify::Table& table = image.table(p);
    const verify::Graph& before = *graphs_[index(p)];
    const verify::Graph graph(table, image.starts(p), true);
    std::set<std::uint16_t> bases, known;
    for (const auto& node : graph.nodes()) bases.insert(node.base);
    for (const auto& node : before.nodes()) known.insert(node.base);
    std::set<verify::Walk::Transition> wanted;
    bool read = bases != known;
    for (std::uint16_t base : bases) {
      for (int symbol = 0; symbol <= verify::kEnd; ++symbol) {
        if (known.contains(base) && reading(table, base, symbol) == reading(original_.table(p), base, symbol)) continue;
        read = true;
        wanted.emplace(base, table.class_of(base, symbol));
      }
    }
    for (std::size_t slot = 0; slot < table.entries.size(); ++slot) {
      const auto& e = table.entries[slot];
      if (e.control != layout::Control::RESERVED && !bases.contains(table.base(static_cast<std::uint32_t>(slot) ^ e.label))) return 0;
    }
    if (!read) return 5;
    if (same_steps(before, graph, original_.table(p), table)) return 6;
    // Configurations that only the change can come into.
    std::set<std::pair<std::uint16_t, std::uint16_t>> old;
    for (const auto& node : before.nodes()) old.emplace(node.base, node.r);
    for (const auto& node : graph.nodes()) {
      if (old.contains({node.base, node.r})) continue;
      for (const auto& edge : node.edges) wanted.emplace(node.base, edge.symbol_class);
    }
    bool refused = false;
    const auto done = walk(image, p, graph, &wanted, [&](std::uint16_t start, const std::string& record) { refused = refused || !allowed(p, image, start, record); });
    if (refused) return 3;
    for (const auto& unused : done.unused()) {
      if (!unused.proved) return 4;
    }
    return 7;
  }

  // Equal graphs, whose edges also do the same where the graph does not look: accumulator, key unit, tag.
  static bool same_steps(const verify::Graph& a, const verify::Graph& b, const verify::Table& ta, const verify::Table& tb) {
    if (a.nodes().size() != b.nodes().size() || a.parts().size() != b.parts().size()) return false;
    for (std::size_t n = 0; n < a.nodes().size(); ++n) {
      const auto &x = a.nodes()[n], &y = b.nodes()[n];
      if (x.part != y.part || x.base != y.base || x.r != y.r || x.accumulator != y.accumulator || x.pending != y.pending || x.edges.size() != y.edges.size()) return false;
      for (std::size_t e = 0; e < x.edges.size(); ++e) {
        const auto &f = x.edges[e], &g = y.edges[e];
        const auto &p = ta.actions[ta.entry(x.base, f.symbol_class)->action], &q = tb.actions[tb.entry(y.base, g.symbol_class)->action];
        if (f.kind != g.kind || f.consumes != g.consumes || f.bytes != g.bytes || f.to != g.to || f.part != g.part || f.length != g.length || f.exit != g.exit ||
            f.returns != g.returns || p.accumulator_op != q.accumulator_op || p.accumulator_group != q.accumulator_group || p.key_op != q.key_op || p.tag != q.tag) {
          return false;
        }
      }
    }
    for (std::size_t i = 0; i < a.parts().size(); ++i) {
      if (a.parts()[i].exits != b.parts()[i].exits) return false;
    }
    return true;
  }

  const compiler::CompileResult& policy_;
  std::shared_ptr<const load::Loaded> loaded_;
  const judge::Judge& judge_;
  test::ImageWords words_;
  verify::ImageFile original_;
  std::unique_ptr<verify::Graph> graphs_[2];
  std::vector<std::pair<std::uint16_t, std::string>> records_[2];
  std::string dump_;
};

int run(const Options& options) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(options.policy, diagnostics);
  if (!loaded) throw std::runtime_error(diagnostics.text());
  const auto shared = std::make_shared<const load::Loaded>(std::move(*loaded));
  const auto policy = compiler::compile(shared, diagnostics);
  const auto judge = judge::Judge::create(shared, diagnostics);
  if (!policy || !judge) throw std::runtime_error(diagnostics.text());
  const auto begin = std::chrono::steady_clock::now();
  const Mutants mutants(*policy, shared, *judge);
  std::mt19937_64 rng(options.seed);
  std::vector<std::size_t> counts(kOutcomes.size());
  std::size_t by_dump = 0;
  for (std::size_t m = 0; m < options.mutants; ++m) {
    const auto change = mutants.next(rng);
    if (mutants.dump_finds(change)) {
      ++by_dump;
    } else {
      fmt::print(stderr, "the dump does not show: {}\n", change.text);
    }
    const std::size_t outcome = mutants.check(change);
    ++counts[outcome];
    if (options.list || outcome + 1 == kOutcomes.size()) fmt::print(stderr, "{}: {}\n", kOutcomes[outcome], change.text);
  }
  fmt::print("| single changes to the image of {} | {} (seed {}) |\n|---|---|\n", policy_name(options.policy), options.mutants, options.seed);
  fmt::print("| **found by the dump** | {} |\n", by_dump);
  for (std::size_t i = 0; i < counts.size(); ++i) fmt::print("| without it: {} | {} |\n", kOutcomes[i], counts[i]);
  fmt::print(stderr, "{:.1f} s\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return by_dump == options.mutants ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Single changes to an image, and whether verify-image finds them"};
  app.add_option("--policy", options.policy, "policy.yaml")->required();
  app.add_option("--mutants", options.mutants, "how many changes");
  app.add_option("--seed", options.seed, "of the changes");
  app.add_flag("--list", options.list, "every change with its outcome");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& e) {
    fmt::print(stderr, "verify_mutants: {}\n", e.what());
    return 2;
  }
}
