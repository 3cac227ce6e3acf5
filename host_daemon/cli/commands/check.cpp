// SPDX-License-Identifier: Apache-2.0
// sluice check: records against an image, at any level. With --input one JSON object a line in and out, in order, as
// they come; without, one raw record on the standard input and an answer for people.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/explained.hpp"
#include "cli/files.hpp"
#include "cli/line_reader.hpp"
#include "cli/record_judge.hpp"
#include "compiler/base64.hpp"
#include "compiler/symbols.hpp"

namespace sluice::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kLineMax = 4U << 20;    // bytes
constexpr std::size_t kRecordMax = 2U << 20;  // bytes; on the standard input
constexpr std::size_t kBatch = 512;           // lines judged together when the input is that fast

struct Options {
  std::filesystem::path image;
  std::filesystem::path symbols;
  std::string pipeline;
  std::string level = "engine";
  std::string input;
  std::string endpoint;
};

// A line of the input: a record to judge, or what is wrong with it.
struct Task {
  Json id = nullptr;
  std::vector<std::uint8_t> record;
  std::uint16_t endpoint = 0;
  std::string error;
};

class Checker {
 public:
  Checker(const Options& options, const compiler::SymbolMap& symbols, RecordJudge& judge)
      : pipeline_(options.pipeline == "request" ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE),
        symbols_(symbols),
        judge_(judge) {}

  std::uint16_t endpoint_tag(const std::string& name) const {
    if (pipeline_ == layout::Pipeline::REQUEST) return 0;
    if (name.empty()) throw std::runtime_error("a response needs `endpoint`: the one whose request it answers");
    const auto tag = symbols_.endpoint_tag(name);
    if (!tag) throw std::runtime_error("the policy has no endpoint '" + name + "'");
    return *tag;
  }

  Task parse(const Line& line) const {
    Task task;
    try {
      if (line.too_long) throw std::runtime_error("the line has more than " + std::to_string(kLineMax) + " bytes");
      const Json json = Json::parse(line.text);
      if (!json.is_object()) throw std::runtime_error("not a JSON object");
      if (json.contains("id")) task.id = json["id"];
      if (!task.id.is_string() && !task.id.is_number()) {
        task.id = nullptr;
        throw std::runtime_error("`id` must be a string or a number");
      }
      if (!json.contains("record") || !json["record"].is_string()) {
        throw std::runtime_error("`record` is missing: the record's bytes in base64");
      }
      const auto bytes = compiler::from_base64(json["record"].get_ref<const std::string&>());
      if (!bytes) throw std::runtime_error("`record` is not base64 with padding");
      task.record.assign(bytes->begin(), bytes->end());
      const auto endpoint = json.find("endpoint");
      if (endpoint != json.end() && !endpoint->is_string() && !endpoint->is_null()) {
        throw std::runtime_error("`endpoint` must be a string");
      }
      task.endpoint = endpoint_tag(endpoint != json.end() && endpoint->is_string() ? endpoint->get<std::string>() : "");
    } catch (const Json::exception& error) {
      task.error = "not JSON: " + std::string(error.what());
    } catch (const std::runtime_error& error) {
      task.error = error.what();
    }
    if (!task.error.empty()) task.error = "line " + std::to_string(line.number) + ": " + task.error;
    return task;
  }

  // Prints a line for each task, in order. Returns how many could not be judged.
  std::size_t answer(const std::vector<Task>& tasks) const {
    std::vector<RecordJudge::Case> cases;
    for (const Task& task : tasks) {
      if (task.error.empty()) cases.push_back({pipeline_, task.endpoint, task.record});
    }
    const std::vector<engine::Verdict> verdicts = judge_.judge(cases);
    std::size_t bad = 0;
    std::size_t next = 0;
    for (const Task& task : tasks) {
      Json out;
      if (task.error.empty()) {
        out = to_json(task.id, explained(task.record, task.endpoint, verdicts[next++]));
      } else {
        out["id"] = task.id;
        out["error"] = task.error;
        ++bad;
      }
      std::cout << out.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    }
    std::cout.flush();
    return bad;
  }

  int stream(int descriptor) const {
    LineReader reader(descriptor, kLineMax);
    std::vector<Task> tasks;
    std::size_t bad = 0;
    while (const std::optional<Line> line = reader.next()) {
      if (line->too_long || line->text.find_first_not_of(" \t\r") != std::string::npos) tasks.push_back(parse(*line));
      if (tasks.size() >= kBatch || !reader.ready()) {
        bad += answer(tasks);
        tasks.clear();
        if (!std::cout) break;
      }
    }
    bad += answer(tasks);
    if (bad != 0) {
      std::cerr << "sluice: " << bad << (bad == 1 ? " line" : " lines") << " could not be judged\n";
      return kCouldNotWork;
    }
    return kDone;
  }

  int one(const std::vector<std::uint8_t>& record, const std::string& endpoint) const {
    const std::uint16_t tag = endpoint_tag(endpoint);
    const engine::Verdict verdict = judge_.judge({pipeline_, tag, record});
    std::cout << to_text(record, explained(record, tag, verdict));
    return verdict.accepted() ? kDone : kRefused;
  }

 private:
  Explained explained(std::span<const std::uint8_t> record, std::uint16_t endpoint,
                      const engine::Verdict& verdict) const {
    Explained out = explain(symbols_, pipeline_, record, verdict);
    // Rejected before the look-up (too long): the line said whose response it is.
    if (out.endpoint.empty() && endpoint != 0) out.endpoint = symbols_.endpoint_name(endpoint);
    return out;
  }

  layout::Pipeline pipeline_;
  const compiler::SymbolMap& symbols_;
  RecordJudge& judge_;
};

std::vector<std::uint8_t> read_record() {
  if (::isatty(STDIN_FILENO) == 1) std::cerr << "sluice: reading one record from the terminal; Ctrl-D ends it\n";
  std::vector<std::uint8_t> record(kRecordMax + 1);
  std::cin.read(reinterpret_cast<char*>(record.data()), static_cast<std::streamsize>(record.size()));
  record.resize(static_cast<std::size_t>(std::cin.gcount()));
  if (record.size() > kRecordMax) {
    throw std::runtime_error("the record has more than " + std::to_string(kRecordMax) + " bytes");
  }
  return record;
}

int run(const Options& options) {
  const std::vector<std::uint8_t> image = read_bytes(options.image);
  compiler::SymbolMap symbols;
  try {
    symbols = compiler::SymbolMap::parse(read_text(options.symbols));
  } catch (const std::exception& error) {
    throw std::runtime_error("symbol map '" + options.symbols.string() + "': " + error.what());
  }
  std::string digest;
  const auto judge = RecordJudge::create(*simulator::level_from_name(options.level), image,
                                         [&](std::uint16_t tag) -> std::optional<std::vector<std::uint8_t>> {
                                           const std::string record = symbols.sample_request(tag);
                                           if (record.empty()) return std::nullopt;
                                           return std::vector<std::uint8_t>(record.begin(), record.end());
                                         });
  if (symbols.digest() != judge->digest()) {
    throw std::runtime_error("symbol map '" + options.symbols.string() + "' belongs to the image " + symbols.digest() +
                             ", this one is " + judge->digest());
  }
  const Checker checker(options, symbols, *judge);
  if (options.input.empty()) return checker.one(read_record(), options.endpoint);
  if (!options.endpoint.empty()) throw std::runtime_error("--endpoint goes with a record on the standard input; lines have their own");
  if (options.input == "-") return checker.stream(STDIN_FILENO);
  const int descriptor = ::open(options.input.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw std::runtime_error("'" + options.input + "': " + std::generic_category().message(errno));
  const int status = checker.stream(descriptor);
  ::close(descriptor);
  return status;
}

}  // namespace

void register_check(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command = cli.add(
      "check", "judge records with an image, at any level",
      "  sluice check --image out/policy.img --symbols out/policy.sym --pipeline request < record\n"
      "  sluice check --image out/policy.img --symbols out/policy.sym --pipeline request --level rtl --input cases.jsonl\n\n"
      "Lines in:  {\"id\", \"record\" (base64), \"endpoint\" (responses: whose request they answer)}\n"
      "Lines out: {\"id\", \"verdict\", \"reason\", \"offset\", \"path\", \"rule\", \"endpoint\"} or {\"id\", \"error\"}\n"
      "Exit status: 0 accepted, or every line was judged; 1 the record was rejected; 2 could not work, or a bad line.");
  command.add_option("--image", options->image, "image (policy.img)")->required();
  command.add_option("--symbols", options->symbols, "symbol map (policy.sym)")->required();
  command.add_option("--pipeline", options->pipeline, "request or response")
      ->required()
      ->check(CLI::IsMember({"request", "response"}));
  command.add_option("--level", options->level, "engine (C++), lt (SystemC model), rtl (the HDL)")
      ->check(CLI::IsMember({"engine", "lt", "rtl"}))
      ->capture_default_str();
  command.add_option("--input", options->input, "JSON lines from this file; - is the standard input");
  command.add_option("--endpoint", options->endpoint, "for one response: pkg.Service.Method of its request");
  cli.runs(command, [options] { return run(*options); });
}

}  // namespace sluice::cli
