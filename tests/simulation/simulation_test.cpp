// SPDX-License-Identifier: Apache-2.0
// The examples' traffic at every level, what the result says about it, and the page. Tests of devices run at the level of
// SLUICE_TEST_LEVEL ("lt" without it).
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "load/load.hpp"
#include "simulation/html.hpp"
#include "simulation/simulation.hpp"
#include "support/device_bench.hpp"

using namespace sluice;
using Json = nlohmann::ordered_json;
using simulation::Place;
using simulation::SimulationResult;
using simulation::Verdict;
using simulator::Level;

namespace {

const std::string examples = SLUICE_SOURCE_DIR "/schemas/examples/";

compiler::CompileResult compile(const std::string& example) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(examples + example + "/policy.yaml", diagnostics);
  std::optional<compiler::CompileResult> result;
  if (loaded) result = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  INFO(diagnostics.text());
  REQUIRE(result);
  return std::move(*result);
}

simulation::Traffic traffic_of(const std::string& example) {
  std::ifstream in(examples + example + "/traffic.jsonl");
  auto traffic = simulation::read_traffic(in);
  REQUIRE(traffic.errors.empty());
  REQUIRE(traffic.messages.size() > 20);
  return traffic;
}

std::map<std::string, Verdict> by_id(const SimulationResult& result) {
  std::map<std::string, Verdict> out;
  for (const Verdict& verdict : result.verdicts) out[verdict.id] = verdict;
  return out;
}

SimulationResult run(const std::string& example, Level level) { return simulation::simulate(compile(example), traffic_of(example), level); }

void check_library(const std::map<std::string, Verdict>& all) {
  for (const auto& [id, verdict] : all) {
    INFO(id << ": " << verdict.reason << " " << verdict.path << " " << verdict.text);
    const bool hostile = id.starts_with("hostile-") || id == "backend-leaks";
    const bool mistake = verdict.t_us >= 10000 && verdict.t_us < 20000;
    if (hostile) CHECK(verdict.stopped_by == Place::device);
    if (mistake) CHECK(verdict.stopped_by == Place::gateway);
    if (!hostile && !mistake && id != "orphan-response") CHECK(verdict.stopped_by == Place::none);
  }
  CHECK(all.at("hostile-duplicate-member").reason == "ORDER");
  CHECK(all.at("hostile-missing-member").reason == "TOO_FEW");
  CHECK(all.at("hostile-too-many-authors").reason == "TOO_MANY");
  CHECK(all.at("hostile-length").reason == "LENGTH");
  CHECK_THAT(all.at("hostile-out-of-range").path, Catch::Contains("capacity"));
  CHECK_THAT(all.at("hostile-out-of-range").rule, Catch::Contains("uint32"));
  CHECK_THAT(all.at("capacity-too-large").path, Catch::Contains("capacity"));
  CHECK(all.at("hostile-enum").endpoint == "example.library.v1.Library.CreateBook");
}

}  // namespace

TEST_CASE("library at engine: who is stopped, by whom, why") {
  const auto result = run("library", Level::engine);
  check_library(by_id(result));
  // The engine has no transactions: an orphan is judged by its endpoint's grammar.
  CHECK(by_id(result).at("orphan-response").stopped_by == Place::none);
  CHECK_FALSE(result.timing);
  CHECK_FALSE(result.buffers.outstanding_peak);
  const Json json = simulation::to_json(result);
  CHECK(json["summary"]["messages"] == result.verdicts.size());
  CHECK(json["summary"]["reasons"]["device ORDER"] == 1);
  CHECK(json["table"]["request"]["entries"] <= json["table"]["request"]["entries_limit"]);
  CHECK(json["table"]["fits"].dump().find("SMALL") != std::string::npos);
  CHECK(json["timing"].is_null());
}

TEST_CASE("library at a device: transactions count too", "[device]") {
  const auto result = run("library", support::level_under_test());
  const auto all = by_id(result);
  check_library(all);
  CHECK(all.at("orphan-response").reason == "NO_REQUEST");
  CHECK(result.buffers.unanswered == 1U);
  CHECK(result.buffers.outstanding_peak == 3U);
  if (support::level_under_test() == Level::rtl) {
    REQUIRE(result.timing);
    CHECK(result.timing->request.records >= 32);
    CHECK(result.timing->request.cycles > result.timing->request.bytes);
    CHECK(result.timing->response.records >= 32);
    CHECK(result.buffers.buffers_peak.value_or(0) >= 2);
    CHECK(all.at("create-book").latency_cycles.value_or(0) > all.at("create-book").length);
    CHECK(simulation::to_json(result)["timing"]["latency"]["histogram"].size() >= 1);
  } else {
    CHECK_FALSE(result.timing);
    CHECK_FALSE(all.at("create-book").latency_cycles);
  }
}

TEST_CASE("plant at a device: a flood of commands is overload", "[device]") {
  const auto all = by_id(run("plant", support::level_under_test()));
  for (const auto& [id, verdict] : all) {
    INFO(id << ": " << verdict.reason << " " << verdict.path << " " << verdict.text);
    if (id.starts_with("hostile-")) CHECK(verdict.stopped_by == Place::device);
    if (verdict.t_us < 10000) CHECK(verdict.stopped_by == Place::none);
  }
  CHECK(all.at("flood-4").stopped_by == Place::none);
  CHECK(all.at("flood-5").reason == "OVERLOAD");
}

TEST_CASE("a device and the engine agree on every record that the engine alone decides", "[device]") {
  const auto engine = run("plant", Level::engine);
  const auto device = run("plant", support::level_under_test());
  REQUIRE(engine.verdicts.size() == device.verdicts.size());
  for (std::size_t i = 0; i < engine.verdicts.size(); ++i) {
    const Verdict& a = engine.verdicts[i];
    const Verdict& b = device.verdicts[i];
    if (b.reason == "OVERLOAD" || b.reason == "NO_REQUEST") continue;
    INFO(a.id);
    CHECK(a.reason == b.reason);
    CHECK(a.offset == b.offset);
    CHECK(a.path == b.path);
    CHECK(a.rule == b.rule);
  }
}

TEST_CASE("records of equal time are a burst", "[device]") {
  auto traffic = traffic_of("library");
  simulation::Message message;
  for (const auto& one : traffic.messages) {
    if (one.id == "create-book") message = one;
  }
  REQUIRE(message.id == "create-book");
  traffic.messages.clear();
  for (int i = 0; i < 16; ++i) {
    message.id = std::to_string(i);
    traffic.messages.push_back(message);
  }
  const auto result = simulation::simulate(compile("library"), traffic, support::level_under_test());
  unsigned passed = 0, overload = 0;
  for (const Verdict& verdict : result.verdicts) {
    if (verdict.stopped_by == Place::none) ++passed;
    if (verdict.reason == "OVERLOAD") ++overload;
  }
  CHECK(passed + overload == 16);
  CHECK(result.buffers.outstanding_peak == passed);
  CHECK(result.buffers.unanswered == passed);
  if (support::level_under_test() == Level::rtl) {
    CHECK(passed >= result.buffers.buffers);
    REQUIRE(result.buffers.buffers_peak);
    CHECK(*result.buffers.buffers_peak >= 2);  // a record is judged while the next one comes in
    CHECK(*result.buffers.buffers_peak <= result.buffers.buffers);
    // The first waits for nobody, a later one for those in front of it.
    CHECK(result.verdicts.back().latency_cycles.value_or(0) >= result.verdicts.front().latency_cycles.value_or(1));
  } else {
    CHECK(overload == 0);  // no clock: every record is worked off when it comes
  }
}

TEST_CASE("an endpoint that the policy does not have is an error") {
  simulation::Traffic traffic;
  traffic.messages.push_back({.id = "x", .pipeline = layout::Pipeline::RESPONSE, .t_us = 0, .endpoint = "no.Such", .canonical = true, .content = "x"});
  CHECK_THROWS_WITH(simulation::simulate(compile("library"), traffic, Level::engine), Catch::Contains("no.Such"));
}

TEST_CASE("the page is whole and holds no markup of the traffic's") {
  simulation::Traffic traffic;
  traffic.messages.push_back({.id = "</script><img src=x onerror=alert(1)>", .pipeline = layout::Pipeline::REQUEST, .t_us = 0, .endpoint = "", .canonical = true,
                              .content = "GET <script> \xFF"});
  const Json json = simulation::to_json(simulation::simulate(compile("library"), traffic, Level::engine));
  std::ifstream in(simulation::chart_library());
  std::stringstream chart;
  chart << in.rdbuf();
  REQUIRE(chart.str().size() > 100000);
  const std::string page = simulation::page_of(json, chart.str());
  CHECK(page.find("<img src=x") == std::string::npos);
  CHECK(page.find("\\u003c/script>") != std::string::npos);
  CHECK(page.find("src=\"") == std::string::npos);
  CHECK(page.find("<link") == std::string::npos);
  CHECK(page.find(chart.str()) != std::string::npos);
  CHECK_THROWS_AS(simulation::page_of(json, "not it"), std::invalid_argument);
  CHECK_THROWS_AS(simulation::page_of(json, "Chart </SCRIPT>"), std::invalid_argument);
}

#ifdef SLUICE_HAVE_COMMAND
namespace {
int status_of(const std::string& command) {
  const int status = std::system((command + " >/dev/null 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
}  // namespace

TEST_CASE("the command: files are written whole, and the exit status tells") {
  const std::string sluice = SLUICE_BINARY_DIR "/bin/sluice simulate ";
  const std::string library = "--policy " + examples + "library/policy.yaml --traffic " + examples + "library/traffic.jsonl ";
  const auto folder = std::filesystem::temp_directory_path() / ("sluice_simulate_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string json = (folder / "r.json").string(), html = (folder / "r.html").string(), bad = (folder / "bad.jsonl").string();
  CHECK(status_of(sluice + library + "--level lt --json " + json + " --html " + html) == 0);
  std::ifstream in(json);
  CHECK(Json::parse(in)["level"] == "lt");
  CHECK(std::filesystem::file_size(html) > 200000);
  std::filesystem::remove(html);
  CHECK(status_of(sluice + library + "--html " + html + " --chart-js /nowhere/chart.js") == 2);
  CHECK_FALSE(std::filesystem::exists(html));
  std::ofstream(bad) << "{}\n";
  CHECK(status_of(sluice + "--policy " + examples + "library/policy.yaml --traffic " + bad) == 2);
  CHECK(status_of(sluice + "--policy " + bad + " --traffic " + examples + "library/traffic.jsonl") == 1);
  CHECK(status_of(sluice + "--policy " + examples + "library/policy.yaml --traffic /nowhere") == 2);
  std::filesystem::remove_all(folder);
}
#endif
