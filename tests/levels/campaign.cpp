// SPDX-License-Identifier: Apache-2.0
// The campaign of invariants 8 and 10: generated records of one policy through the engine, the
// independent judge and the device levels. All levels must agree on verdict, reason and offset;
// engine and judge on what belongs to the language. Every level runs in a process of its own (a
// SystemC kernel cannot be restarted) and makes the same records again from the same seed.
//
//   level_campaign --policy P... [--records N] [--seed S] [--levels lt,rtl] [--markdown FILE]
//
// Of one policy it reports reasons and places of rejections; of several, which run one after the other, a line each and what the judge rejected for.
// Exit status: 0 all agree, 1 a disagreement, 2 it could not run.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "cli/record_judge.hpp"
#include "compiler/compiler.hpp"
#include "compiler/symbols.hpp"
#include "judge/judge.hpp"
#include "levels/level_process.hpp"
#include "levels/record_source.hpp"
#include "levels/unreachable_reasons.hpp"
#include "load/load.hpp"

namespace {

using namespace sluice;
using layout::Pipeline;
using layout::Reason;

constexpr std::size_t kBatch = 256;
// What a record alone can get: the engine's reasons and the limit of its length.
constexpr Reason kReasons[] = {
    Reason::ACCEPTED, Reason::TABLE_PARITY, Reason::NO_TRANSITION, Reason::ORDER, Reason::TOO_FEW,
    Reason::TOO_MANY, Reason::LENGTH,       Reason::KEY_ORDER,     Reason::DEPTH, Reason::TOO_LONG};

struct Options {
  std::vector<std::string> policies;
  std::uint64_t records = 2000;  // of each policy
  std::uint64_t seed = 1;
  std::vector<std::string> levels;
  std::string markdown;
  std::uint64_t least_per_reason = 0;
};

struct Policy {
  std::shared_ptr<const load::Loaded> loaded;
  compiler::CompileResult compiled;
  compiler::SymbolMap symbols;
};

Policy compile_policy(const std::string& path) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(path, diagnostics);
  if (!loaded) throw std::runtime_error(diagnostics.text());
  auto shared = std::make_shared<const load::Loaded>(std::move(*loaded));
  auto compiled = compiler::compile(shared, diagnostics);
  if (!compiled) throw std::runtime_error(diagnostics.text());
  auto symbols = compiler::SymbolMap::parse(compiled->symbols);
  return {shared, std::move(*compiled), std::move(symbols)};
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::vector<engine::Verdict> judge_batch(cli::RecordJudge& judge,
                                         const std::vector<test::Case>& cases) {
  std::vector<cli::RecordJudge::Case> batch;
  for (const auto& c : cases) {
    batch.push_back({c.pipeline, c.pipeline == Pipeline::REQUEST ? std::uint16_t{0} : c.endpoint,
                     bytes_of(c.record)});
  }
  return judge.judge(batch);
}

std::unique_ptr<cli::RecordJudge> level_judge(simulator::Level level, const Policy& policy) {
  return cli::RecordJudge::create(
      level, policy.compiled.image,
      [&policy](std::uint16_t tag) -> std::optional<std::vector<std::uint8_t>> {
        const std::string sample = policy.symbols.sample_request(tag);
        if (sample.empty()) return std::nullopt;
        return std::vector<std::uint8_t>(sample.begin(), sample.end());
      });
}

// The level makes the same records again, from the same seed.
test::LevelProcess start_level(const Options& options, const std::string& path, const std::string& name) {
  return {name, [&options, &path](simulator::Level level, const test::LevelProcess::Send& send) {
            const Policy policy = compile_policy(path);
            auto judge = level_judge(level, policy);
            test::RecordSource source(policy.compiled, options.seed);
            for (std::uint64_t done = 0; done < options.records;) {
              std::vector<test::Case> cases;
              while (cases.size() < kBatch && done + cases.size() < options.records) cases.push_back(source.next());
              send(judge_batch(*judge, cases));
              done += cases.size();
            }
          }};
}

struct Totals {
  std::uint64_t accepted = 0, float_spelling = 0, disagreements = 0, depth_apart = 0;
  std::map<std::pair<Pipeline, Reason>, std::uint64_t> reasons;
  std::map<std::string, std::uint64_t> rules;  // that the judge rejected for
  std::vector<double> places;  // of rejections: offset / length

  double place(double quantile) {
    if (places.empty()) return 0;
    std::sort(places.begin(), places.end());
    return places[std::min(places.size() - 1, static_cast<std::size_t>(
                                                  quantile * static_cast<double>(places.size())))];
  }
};

// True when every reason is either shown to be out of reach or was met often enough.
bool report(const Options& options, const compiler::CompileResult& policy, Totals& totals) {
  std::string out = fmt::format(
      "| | |\n|---|---|\n| policy | {} |\n| records | {} (seed {}) |\n| levels | engine, judge{}{} "
      "|\n",
      policy.schema.loaded->policy.name(), options.records,
      options.seed, options.levels.empty() ? "" : ", ", fmt::join(options.levels, ", "));
  out += fmt::format(
      "| accepted | {} ({:.1f} %) |\n| disagreements | {} |\n| accepted, float not in shortest "
      "spelling | {} |\n",
      totals.accepted,
      100.0 * static_cast<double>(totals.accepted) / static_cast<double>(options.records),
      totals.disagreements, totals.float_spelling);
  out += fmt::format("| rejected for depth, which the judge does not model | {} |\n",
                     totals.depth_apart);
  out += fmt::format(
      "| place of the rejection (offset / length), quartiles | {:.2f} {:.2f} {:.2f} |\n",
      totals.place(0.25), totals.place(0.5), totals.place(0.75));
  bool enough = true;
  for (const Pipeline pipeline : {Pipeline::REQUEST, Pipeline::RESPONSE}) {
    const auto unreachable = test::unreachable_reasons(
        pipeline == Pipeline::REQUEST ? policy.request_table : policy.response_table,
        policy.schema.loaded->policy.limits().max_depth());
    for (const Reason reason : kReasons) {
      const std::uint64_t count = totals.reasons[{pipeline, reason}];
      const auto why = unreachable.find(reason);
      const std::string name =
          fmt::format("{} {}", layout::name_of(pipeline), layout::name_of(reason));
      if (why != unreachable.end()) {
        if (count > 0)
          throw std::runtime_error(name + " is called unreachable (" + why->second +
                                   ") and was met");
        out += fmt::format("| {} | unreachable: {} |\n", name, why->second);
        continue;
      }
      out += fmt::format("| {} | {} |\n", name, count);
      if (count >= options.least_per_reason) continue;
      fmt::print(stderr, "only {} records of {}, wanted {}\n", count, name,
                 options.least_per_reason);
      enough = false;
    }
  }
  fmt::print("{}", out);
  if (!options.markdown.empty()) std::ofstream(options.markdown, std::ios::app) << out << "\n";
  return enough;
}

// Runs one policy. True when all agree and, of a single policy, every reason was met often enough.
bool run(const Options& options, const std::string& path, Totals& totals) {
  std::vector<test::LevelProcess> levels;
  for (const auto& name : options.levels) levels.push_back(start_level(options, path, name));
  const Policy policy = compile_policy(path);
  load::Diagnostics diagnostics;
  const auto judge = judge::Judge::create(policy.loaded, diagnostics);
  if (!judge) throw std::runtime_error(diagnostics.text());
  auto engine = level_judge(simulator::Level::engine, policy);
  test::RecordSource source(policy.compiled, options.seed);
  auto disagree = [&](const test::Case& c, const std::string& what) {
    if (++totals.disagreements > 20) return;
    fmt::print(stderr, "DISAGREE {} {}{}\n--- {}\n{}\n---\n",
               c.pipeline == Pipeline::REQUEST ? "request" : "response", c.valid ? "(valid) " : "",
               policy.symbols.endpoint_name(c.endpoint), what, c.record);
  };
  for (std::uint64_t done = 0; done < options.records;) {
    std::vector<test::Case> cases;
    while (cases.size() < kBatch && done + cases.size() < options.records)
      cases.push_back(source.next());
    const auto verdicts = judge_batch(*engine, cases);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const test::Case& c = cases[i];
      const engine::Verdict& v = verdicts[i];
      const auto second =
          c.pipeline == Pipeline::REQUEST
              ? judge->request(bytes_of(c.record))
              : judge->response(policy.symbols.endpoint_name(c.endpoint), bytes_of(c.record));
      if (v.accepted()) ++totals.accepted;
      if (second.accepted && second.float_not_shortest) ++totals.float_spelling;
      if (!second.accepted) ++totals.rules[second.rule];
      totals.reasons[{c.pipeline, v.reason}]++;
      if (!v.accepted() && !c.record.empty())
        totals.places.push_back(static_cast<double>(v.offset) /
                                static_cast<double>(c.record.size()));
      // Neither sampler nor judge model the depth limit.
      if (c.valid && !v.accepted() && v.reason != Reason::DEPTH)
        disagree(
            c, fmt::format("made as valid, engine {} at {}", layout::name_of(v.reason), v.offset));
      if (v.reason == Reason::DEPTH) {
        ++totals.depth_apart;
      } else if (v.accepted() != second.accepted) {
        disagree(c, fmt::format("engine {} at {}, judge {} {} {}: {}", layout::name_of(v.reason),
                                v.offset, second.accepted ? "accepts" : "rejects", second.path,
                                second.rule, second.message));
      }
      for (test::LevelProcess& level : levels) {
        const auto answer = level.next();
        if (answer == test::LevelProcess::Answer{static_cast<std::uint32_t>(v.reason), v.offset}) continue;
        disagree(c, fmt::format("engine {} at {}, {} {} at {}", layout::name_of(v.reason), v.offset, level.name(),
                                layout::name_of(static_cast<Reason>(answer.reason)), answer.offset));
      }
    }
    done += cases.size();
    if (isatty(2))
      fmt::print(stderr, "\r{}: {} of {} records, {} disagreements ", policy.loaded->policy.name(), done, options.records,
                 totals.disagreements);
  }
  if (isatty(2)) fmt::print(stderr, "\n");
  for (test::LevelProcess& level : levels) level.finish();
  const bool enough = options.policies.size() > 1 || report(options, policy.compiled, totals);
  return totals.disagreements == 0 && enough;
}

// Several policies: a line each, and what the judge rejected for, over all of them.
bool run_all(const Options& options) {
  std::string out = fmt::format("Levels: engine, judge{}{}; seed {}.\n\n| policy | records | accepted | rejected | of them for depth | disagreements |\n|---|---|---|---|---|---|\n",
                                options.levels.empty() ? "" : ", ", fmt::join(options.levels, ", "), options.seed);
  std::map<std::string, std::uint64_t> rules;
  std::uint64_t accepted = 0, depth = 0, disagreements = 0;
  bool agree = true;
  for (const std::string& path : options.policies) {
    Totals totals;
    agree = run(options, path, totals) && agree;
    out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", std::filesystem::path(path).lexically_normal().string(), options.records, totals.accepted,
                       options.records - totals.accepted, totals.depth_apart, totals.disagreements);
    accepted += totals.accepted, depth += totals.depth_apart, disagreements += totals.disagreements;
    for (const auto& [rule, count] : totals.rules) rules[rule] += count;
  }
  const std::uint64_t records = options.records * options.policies.size();
  out += fmt::format("| **all** | **{}** | {} | {} | {} | **{}** |\n\n| the judge rejected for | records |\n|---|---|\n", records, accepted, records - accepted, depth,
                     disagreements);
  for (const auto& [rule, count] : rules) out += fmt::format("| {} | {} |\n", rule, count);
  fmt::print("{}", out);
  if (!options.markdown.empty()) std::ofstream(options.markdown, std::ios::app) << out << "\n";
  return agree;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Generated records through every level and the independent judge"};
  app.add_option("--policy", options.policies, "policy.yaml; several: a line each")->required();
  app.add_option("--records", options.records, "how many, of each policy");
  app.add_option("--seed", options.seed, "of the generator");
  app.add_option("--levels", options.levels, "device levels besides the engine: lt, rtl")
      ->delimiter(',')
      ->check(CLI::IsMember({"lt", "rtl"}));
  app.add_option("--markdown", options.markdown, "append the table to this file");
  app.add_option(
      "--least", options.least_per_reason,
      "fail when a reason that is not shown to be unreachable has fewer records, by direction");
  CLI11_PARSE(app, argc, argv);
  try {
    Totals totals;
    const bool agree = options.policies.size() == 1 ? run(options, options.policies.front(), totals) : run_all(options);
    return agree ? 0 : 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "level_campaign: {}\n", e.what());
    return 2;
  }
}
