// SPDX-License-Identifier: Apache-2.0
// The table of every standard rule on every type: records that keep it and records that break it, in JSON and in Protobuf bodies, judged by
// the engine, the independent judge and the device levels, which must agree; or the diagnostic that refuses the rule.
//
//   rule_table [--records N] [--levels lt,rtl] [--edges FILE] [--only PART] [--markdown FILE] [--seed-fault]
//   rule_table --write-edges FILE
//
// A rule's records come from two compiled schemas: its own, and one whose values mostly break it. Exit status: 0 all agree and every rule that
// is not refused has records on both sides, and an edge if edges are given, 1 it is not so, 2 it could not run.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <tuple>

#include "cli/record_judge.hpp"
#include "compiler/compiler.hpp"
#include "compiler/sampler.hpp"
#include "judge/judge.hpp"
#include "levels/edge_file.hpp"
#include "levels/edge_walk.hpp"
#include "levels/level_process.hpp"
#include "levels/record_text.hpp"
#include "levels/rule_samples.hpp"
#include "load/load.hpp"

namespace {

using namespace sluice;
using test::RuleSample;

struct Options {
  std::size_t records = 40;  // wanted on each side of a rule
  std::vector<std::string> levels;
  std::string only, markdown, edges, write_edges;
  bool seed_fault = false;
};

// A row of the table, for one encoding.
struct Side {
  std::string refused;  // code and message of the diagnostic
  std::size_t kept = 0, broken = 0;
  std::vector<test::Edge> edges;  // committed ones, or those found
};
struct Row {
  RuleSample sample;
  Side json, protobuf;
};

struct Policy {
  std::shared_ptr<const load::Loaded> loaded;
  compiler::CompileResult compiled;
};

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "rule_table_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Method and message of the row at `index` have its number; its path is /v1/NUMBER.
std::string schema_text(const std::vector<Row*>& rows, bool opposite) {
  std::string out = "syntax = \"proto3\";\npackage t;\n";
  for (const char* import : {"buf/validate/validate", "google/api/annotations", "google/protobuf/any", "google/protobuf/duration", "google/protobuf/empty",
                             "google/protobuf/field_mask", "google/protobuf/timestamp"}) {
    out += fmt::format("import \"{}.proto\";\n", import);
  }
  out += test::kSampleTypes;
  std::string methods;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out += fmt::format("message M{} {{ {} }}\n", i, opposite ? rows[i]->sample.opposite : rows[i]->sample.body);
    methods += fmt::format("  rpc Do{0}(M{0}) returns (google.protobuf.Empty) {{ option (google.api.http) = {{post: \"/v1/{0}\" body: \"*\"}}; }}\n", i);
  }
  return out + "service Api {\n" + methods + "}\n";
}

std::optional<Policy> compile_policy(const std::vector<Row*>& rows, bool opposite, bool protobuf, load::Diagnostics& diagnostics) {
  const Folder folder;
  std::ofstream(folder / "api.proto") << schema_text(rows, opposite);
  std::ofstream(folder / "policy.yaml") << "name: rules\nserial: 1\nmode: TWO_WAY\ngeometry: SIMULATION\nprotoFiles: [api.proto]\nhost: rules.example\n"
                                        << "services: [{service: t.Api, methods: [\"*\"], body: " << (protobuf ? "PROTOBUF" : "JSON") << "}]\n"
                                        << "statuses: [{code: 200}]\nlimits: {maxRecordBytes: 2048}\nanyTypes: [t.Listed, google.protobuf.Empty]\n";
  auto loaded = load::load((folder / "policy.yaml").string(), diagnostics);
  if (!loaded) return std::nullopt;
  auto shared = std::make_shared<const load::Loaded>(std::move(*loaded));
  auto compiled = compiler::compile(shared, diagnostics);
  if (!compiled) return std::nullopt;
  return Policy{shared, std::move(*compiled)};
}

std::span<const std::uint8_t> bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

// Up to `wanted` different records of each row, out of the requests of a compiled policy.
std::vector<std::set<std::string>> sample(const compiler::CompileResult& compiled, std::size_t rows, std::size_t wanted, std::uint64_t seed) {
  compiler::Sampler sampler(compiled.request);
  std::mt19937_64 rng(seed);
  std::vector<std::set<std::string>> out(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const int tag = static_cast<int>(row) + 1;  // as the methods are declared
    if (const auto shortest = sampler.shortest(tag)) out[row].insert(*shortest);
    for (std::size_t tries = 0; tries < wanted * 4 && out[row].size() < wanted; ++tries) {
      const auto record = sampler.random(tag, rng, {150 + tries, 8});
      if (record && record->size() <= 2048) out[row].insert(*record);
    }
  }
  return out;
}

class Table {
 public:
  explicit Table(const Options& options) : options_(options) {
    test::Edges edges;
    if (!options_.edges.empty()) edges = test::read_edges(options_.edges);
    for (RuleSample& one : test::rule_samples()) {
      if ((one.name + " " + one.type).find(options_.only) == std::string::npos) continue;
      Row row{std::move(one), {}, {}};
      for (const bool protobuf : {false, true}) side(row, protobuf).edges = edges[{row.sample.name + " on " + row.sample.type, protobuf}];
      rows_.push_back(std::move(row));
    }
  }

  int run() {
    for (const bool protobuf : {false, true}) {
      constexpr std::size_t kTogether = 12;
      for (std::size_t from = 0; from < rows_.size(); from += kTogether) {
        std::vector<Row*> some;
        for (std::size_t i = from; i < std::min(rows_.size(), from + kTogether); ++i) some.push_back(&rows_[i]);
        rules(some, protobuf);
        if (isatty(2)) fmt::print(stderr, "\r{}: {} of {} rules ", protobuf ? "Protobuf" : "JSON", from + some.size(), rows_.size());
      }
    }
    if (isatty(2)) fmt::print(stderr, "\n");
    if (!options_.write_edges.empty()) return write_edges();
    const bool complete = report();
    fmt::print("{} records at each of engine, judge{}{}: {} disagreements\n", records_, options_.levels.empty() ? "" : ", ", fmt::join(options_.levels, ", "),
               disagreements_);
    if (!options_.edges.empty()) fmt::print("{} of them edges of {}\n", edges_, options_.edges);
    return disagreements_ == 0 && complete ? 0 : 1;
  }

 private:
  static Side& side(Row& row, bool protobuf) { return protobuf ? row.protobuf : row.json; }

  // Rules that do not compile together are halved, until one stands alone with its diagnostic.
  void rules(const std::vector<Row*>& rows, bool protobuf) {
    load::Diagnostics diagnostics;
    const auto own = compile_policy(rows, false, protobuf, diagnostics);
    if (!own && rows.size() == 1) {
      const auto& all = diagnostics.all();
      const auto first = std::find_if(all.begin(), all.end(), [](const load::Diagnostic& one) { return one.severity == load::Severity::kError; });
      side(*rows.front(), protobuf).refused = first->code + ": " + first->message;
      return;
    }
    const auto other = own ? compile_policy(rows, true, protobuf, diagnostics) : std::nullopt;
    if (!other && rows.size() == 1) throw std::runtime_error("the opposite of " + rows.front()->sample.name + ":\n" + diagnostics.text());
    if (!other) {
      const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
      rules({rows.begin(), middle}, protobuf);
      return rules({middle, rows.end()}, protobuf);
    }
    judge(rows, *own, *other, protobuf);
  }

  void judge(const std::vector<Row*>& rows, const Policy& own, const Policy& other, bool protobuf) {
    if (!options_.write_edges.empty()) return find_edges(rows, own, other, protobuf);
    const auto keeping = sample(own.compiled, rows.size(), options_.records, 1);
    const auto breaking = sample(other.compiled, rows.size(), options_.records, 2);
    std::vector<std::pair<std::size_t, std::string>> records;  // with the row
    for (std::size_t row = 0; row < rows.size(); ++row) {
      for (const auto* from : {&keeping[row], &breaking[row]}) {
        for (const std::string& record : *from) records.emplace_back(row, record);
      }
    }
    // Edges come last, the kept and the broken one of each in turn.
    const std::size_t first_edge = records.size();
    for (std::size_t row = 0; row < rows.size(); ++row) {
      for (const test::Edge& edge : side(*rows[row], protobuf).edges) {
        for (const std::string* body : {&edge.kept, &edge.broken}) records.emplace_back(row, with_body(*keeping[row].begin(), *body));
      }
    }
    std::vector<cli::RecordJudge::Case> cases;
    for (const auto& record : records) cases.push_back({layout::Pipeline::REQUEST, 0, bytes_of(record.second)});
    // The fault: a table that lacks the rules.
    const auto& image = (options_.seed_fault ? other : own).compiled.image;
    std::vector<test::LevelProcess> levels;
    const auto no_sample = [](std::uint16_t) { return std::nullopt; };
    for (const std::string& name : options_.levels) {
      levels.emplace_back(name, [&](simulator::Level level, const test::LevelProcess::Send& send) {
        auto device = cli::RecordJudge::create(level, image, no_sample);
        constexpr std::size_t kBatch = 256;
        for (std::size_t i = 0; i < cases.size(); i += kBatch) send(device->judge({cases.data() + i, std::min(kBatch, cases.size() - i)}));
      });
    }
    const auto verdicts = cli::RecordJudge::create(simulator::Level::engine, image, no_sample)->judge(cases);
    load::Diagnostics diagnostics;
    const auto second = judge::Judge::create(own.loaded, diagnostics);
    if (!second) throw std::runtime_error(diagnostics.text());
    for (std::size_t i = 0; i < records.size(); ++i) {
      const RuleSample& rule = rows[records[i].first]->sample;
      Side& counts = side(*rows[records[i].first], protobuf);
      bool has_value = false;
      const auto verdict = second->request(cases[i].record, [&](const google::protobuf::Message& message) {
        std::vector<const google::protobuf::FieldDescriptor*> set;
        message.GetReflection()->ListFields(message, &set);
        for (const auto* field : set) has_value = has_value || field->name() == "value";
      });
      ++records_;
      bool agree = verdict.accepted == verdicts[i].accepted();
      if (i >= first_edge) {
        ++edges_;
        agree = agree && verdict.accepted == ((i - first_edge) % 2 == 0);
      }
      for (test::LevelProcess& level : levels) {
        agree = level.next() == test::LevelProcess::Answer{static_cast<std::uint32_t>(verdicts[i].reason), verdicts[i].offset} && agree;
      }
      if (!agree) {
        if (++disagreements_ <= 10) fmt::print(stderr, "DISAGREE on {} ({}), judge: {} {} {}\n{}\n", rule.name, rule.type, verdict.accepted, verdict.rule, verdict.message, records[i].second);
        continue;
      }
      if (verdict.accepted && has_value) ++counts.kept;
      if (!verdict.accepted) ++counts.broken;
    }
    for (test::LevelProcess& level : levels) level.finish();
  }

  static std::string with_body(const std::string& record, const std::string& body) {
    std::string out = record.substr(0, test::body_of(record)) + body;
    test::mend_length(out);
    return out;
  }

  // Between records that keep the rule and such that break it, up to kEdges of each rule.
  void find_edges(const std::vector<Row*>& rows, const Policy& own, const Policy& other, bool protobuf) {
    constexpr std::size_t kEach = 6, kEdges = 3;
    load::Diagnostics diagnostics;
    const auto judge = judge::Judge::create(own.loaded, diagnostics);
    if (!judge) throw std::runtime_error(diagnostics.text());
    const test::EdgeWalk walk(*own.loaded, protobuf);
    const auto keeping = sample(own.compiled, rows.size(), kEach, 1), breaking = sample(other.compiled, rows.size(), kEach, 2);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const std::string& any = *keeping[row].begin();
      const auto keeps = [&](const std::string& body) { return judge->request(bytes_of(with_body(any, body))).accepted; };
      const auto breaks_rules = [&](const std::string& body) {
        const std::string rule = judge->request(bytes_of(with_body(any, body))).rule;
        return !rule.empty() && rule != "canonical" && !rule.starts_with("json.") && !rule.starts_with("http.") && !rule.starts_with("protobuf.");
      };
      // First those of one step, and those that the judge refuses for a rule, not for a spelling; short ones.
      std::map<std::tuple<bool, bool, std::size_t, std::string>, test::Edge> found;
      for (const std::string& kept : keeping[row]) {
        for (const std::string& broken : breaking[row]) {
          const std::string a = kept.substr(test::body_of(kept)), b = broken.substr(test::body_of(broken));
          if (!keeps(a) || keeps(b)) continue;
          const test::Edge edge = walk.between(row, a, b, keeps);
          if (test::edge_line("", "", protobuf, edge).empty()) continue;
          found.try_emplace({!breaks_rules(edge.broken), !edge.one_step, edge.kept.size() + edge.broken.size(), edge.kept + edge.broken}, edge);
        }
      }
      std::vector<test::Edge>& edges = side(*rows[row], protobuf).edges;
      for (const auto& [key, edge] : found) {
        // What is refused for its spelling only where nothing else is found.
        if (std::get<0>(key) && !edges.empty()) break;
        if (edges.size() < kEdges) edges.push_back(edge);
      }
    }
  }

  int write_edges() {
    std::ofstream out(options_.write_edges);
    std::size_t edges = 0, none = 0;
    for (Row& row : rows_) {
      for (const bool protobuf : {false, true}) {
        for (const test::Edge& edge : side(row, protobuf).edges) out << test::edge_line(row.sample.name, row.sample.type, protobuf, edge);
        edges += side(row, protobuf).edges.size();
        if (side(row, protobuf).refused.empty() && side(row, protobuf).edges.empty()) {
          ++none;
          fmt::print(stderr, "{} on {} ({}): no edge found\n", row.sample.name, row.sample.type, protobuf ? "Protobuf" : "JSON");
        }
      }
    }
    fmt::print("{} edges in {}; none for {} rules\n", edges, options_.write_edges, none);
    return none == 0 && out.flush() ? 0 : 1;
  }

  // False when a rule that is not refused lacks records on a side, or an edge.
  bool report() {
    std::string out = "| rule | type | JSON: kept | broken | Protobuf: kept | broken |\n|---|---|---|---|---|---|\n";
    bool complete = true;
    const auto cells = [&](const Row& row, const Side& counts) {
      if (!counts.refused.empty()) return "refused, " + counts.refused.substr(0, 5) + " | ";
      if (counts.kept == 0 || counts.broken == 0) {
        complete = false;
        fmt::print(stderr, "{} on {}: {} records keep it, {} break it\n", row.sample.name, row.sample.type, counts.kept, counts.broken);
      }
      if (!options_.edges.empty() && counts.edges.empty()) {
        complete = false;
        fmt::print(stderr, "{} on {}: {} has no edge of it\n", row.sample.name, row.sample.type, options_.edges);
      }
      return fmt::format("{} | {}", counts.kept, counts.broken);
    };
    for (const Row& row : rows_) {
      out += fmt::format("| {} | {} | {} | {} |\n", row.sample.name, row.sample.type, cells(row, row.json), cells(row, row.protobuf));
    }
    out += "\n";
    std::map<std::string, std::vector<std::string>> refusals;
    for (const Row& row : rows_) {
      for (const Side* counts : {&row.json, &row.protobuf}) {
        if (!counts->refused.empty()) refusals[row.sample.name + " on " + row.sample.type].push_back(counts->refused);
      }
    }
    if (!refusals.empty()) out += "Refused:\n";
    for (const auto& [name, texts] : refusals) out += fmt::format("- {}{}: {}\n", name, texts.size() == 1 ? " (one encoding)" : "", texts.front());
    fmt::print("{}", out);
    if (!options_.markdown.empty()) std::ofstream(options_.markdown, std::ios::app) << out << "\n";
    return complete;
  }

  const Options& options_;
  std::vector<Row> rows_;
  std::size_t records_ = 0, edges_ = 0, disagreements_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Every standard rule on every type: records that keep it and that break it, at every level"};
  app.add_option("--records", options.records, "wanted on each side of a rule");
  app.add_option("--levels", options.levels, "device levels besides the engine: lt, rtl")->delimiter(',')->check(CLI::IsMember({"lt", "rtl"}));
  app.add_option("--edges", options.edges, "committed edges of the rules, judged besides")->check(CLI::ExistingFile);
  app.add_option("--write-edges", options.write_edges, "find edges of every rule, write them to this file, and end");
  app.add_option("--only", options.only, "rules and types whose name holds this");
  app.add_option("--markdown", options.markdown, "append the table to this file");
  app.add_flag("--seed-fault", options.seed_fault, "judge with tables that lack the rules: must end with disagreements");
  CLI11_PARSE(app, argc, argv);
  try {
    return Table(options).run();
  } catch (const std::exception& e) {
    fmt::print(stderr, "rule_table: {}\n", e.what());
    return 2;
  }
}
