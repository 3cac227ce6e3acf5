// SPDX-License-Identifier: Apache-2.0
// The campaign of invariants 8 and 10: generated records of one policy through the engine, the
// independent judge and the device levels. All levels must agree on verdict, reason and offset;
// engine and judge on what belongs to the language. Every level runs in a process of its own (a
// SystemC kernel cannot be restarted) and makes the same records again from the same seed.
//
//   level_campaign --policy P [--records N] [--seed S] [--levels lt,rtl] [--markdown FILE]
//
// Exit status: 0 all agree, 1 a disagreement, 2 it could not run.
#include <fmt/format.h>
#include <sys/wait.h>
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
  std::string policy;
  std::uint64_t records = 2000;
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

// What a level's process sends for every record.
struct Answer {
  std::uint32_t reason;
  std::uint32_t offset;
};

// Starts the process of a level; the answers come through the returned pipe.
FILE* start_level(const Options& options, const std::string& name, pid_t& pid) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  pid = fork();
  if (pid < 0) throw std::runtime_error("no process");
  if (pid > 0) {
    close(ends[1]);
    return fdopen(ends[0], "rb");
  }
  close(ends[0]);
  int status = 2;
  try {
    const Policy policy = compile_policy(options.policy);
    auto judge = level_judge(name == "lt" ? simulator::Level::lt : simulator::Level::rtl, policy);
    test::RecordSource source(policy.compiled, options.seed);
    FILE* out = fdopen(ends[1], "wb");
    for (std::uint64_t done = 0; done < options.records;) {
      std::vector<test::Case> cases;
      while (cases.size() < kBatch && done + cases.size() < options.records)
        cases.push_back(source.next());
      for (const auto& verdict : judge_batch(*judge, cases)) {
        const Answer answer{static_cast<std::uint32_t>(verdict.reason), verdict.offset};
        if (fwrite(&answer, sizeof answer, 1, out) != 1) _exit(2);
      }
      done += cases.size();
    }
    fclose(out);
    status = 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "level {}: {}\n", name, e.what());
  }
  _exit(status);
}

struct Totals {
  std::uint64_t accepted = 0, float_spelling = 0, disagreements = 0, depth_apart = 0;
  std::map<std::pair<Pipeline, Reason>, std::uint64_t> reasons;
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
      std::filesystem::path(options.policy).parent_path().filename().string(), options.records,
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

int run(const Options& options) {
  std::map<std::string, std::pair<FILE*, pid_t>> levels;
  for (const auto& name : options.levels) {
    pid_t pid = 0;
    FILE* pipe_end = start_level(options, name, pid);
    levels[name] = {pipe_end, pid};
  }
  const Policy policy = compile_policy(options.policy);
  load::Diagnostics diagnostics;
  const auto judge = judge::Judge::create(policy.loaded, diagnostics);
  if (!judge) throw std::runtime_error(diagnostics.text());
  auto engine = level_judge(simulator::Level::engine, policy);
  test::RecordSource source(policy.compiled, options.seed);
  Totals totals;
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
      totals.reasons[{c.pipeline, v.reason}]++;
      if (!v.accepted() && !c.record.empty())
        totals.places.push_back(static_cast<double>(v.offset) /
                                static_cast<double>(c.record.size()));
      if (c.valid && !v.accepted())
        disagree(
            c, fmt::format("made as valid, engine {} at {}", layout::name_of(v.reason), v.offset));
      if (v.reason == Reason::DEPTH) {
        ++totals.depth_apart;
      } else if (v.accepted() != second.accepted) {
        disagree(c, fmt::format("engine {} at {}, judge {} {} {}: {}", layout::name_of(v.reason),
                                v.offset, second.accepted ? "accepts" : "rejects", second.path,
                                second.rule, second.message));
      }
      for (auto& [name, level] : levels) {
        Answer answer{};
        if (fread(&answer, sizeof answer, 1, level.first) != 1)
          throw std::runtime_error("level " + name + " ended early");
        if (answer.reason != static_cast<std::uint32_t>(v.reason) || answer.offset != v.offset) {
          disagree(c, fmt::format(
                          "engine {} at {}, {} {} at {}", layout::name_of(v.reason), v.offset, name,
                          layout::name_of(static_cast<Reason>(answer.reason)), answer.offset));
        }
      }
    }
    done += cases.size();
    if (isatty(2))
      fmt::print(stderr, "\r{} of {} records, {} disagreements ", done, options.records,
                 totals.disagreements);
  }
  if (isatty(2)) fmt::print(stderr, "\n");
  for (auto& [name, level] : levels) {
    int status = 0;
    waitpid(level.second, &status, 0);
    if (status != 0) throw std::runtime_error("level " + name + " failed");
  }
  const bool enough = report(options, policy.compiled, totals);
  return totals.disagreements == 0 && enough ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Generated records through every level and the independent judge"};
  app.add_option("--policy", options.policy, "policy.yaml")->required();
  app.add_option("--records", options.records, "how many");
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
    return run(options);
  } catch (const std::exception& e) {
    fmt::print(stderr, "level_campaign: {}\n", e.what());
    return 2;
  }
}
