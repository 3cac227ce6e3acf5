// SPDX-License-Identifier: Apache-2.0
// The kit passes good devices, and every procedure finds a device that is wrong in what the procedure is about. The level is
// that of SLUICE_TEST_LEVEL ("lt" without it).
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "altered_session.hpp"
#include "conformance/faults.hpp"
#include "conformance/report.hpp"
#include "conformance/runner.hpp"

using namespace sluice;
using conformance::Result;
using fabric::SeededFault;
using simulator::DeviceSession;
using simulator::Frame;
using simulator::Port;

namespace {

const conformance::Reference& reference() {
  static const conformance::Reference one;
  return one;
}

simulator::Level level() {
  const char* name = std::getenv("SLUICE_TEST_LEVEL");
  return simulator::level_from_name(name != nullptr ? name : "lt").value();
}

conformance::MakeSession device(SeededFault fault = SeededFault::none) {
  return [fault] {
    return DeviceSession::create({.level = level(), .geometry = layout::Geometry::SMALL, .trace_file = {}, .fault = fault});
  };
}

conformance::MakeSession altered(test::AlteredSession::Alterations alterations) {
  return [alterations] { return std::make_unique<test::AlteredSession>(device()(), alterations); };
}

std::vector<Result> run(const conformance::MakeSession& make, const std::vector<std::string>& ids = {}) {
  std::vector<const conformance::Procedure*> wanted;
  for (const auto& procedure : conformance::procedures()) {
    if (ids.empty() || std::find(ids.begin(), ids.end(), procedure.id) != ids.end()) wanted.push_back(&procedure);
  }
  return conformance::run(wanted, reference(), make, {});
}

std::string text_of(const Result& result) {
  std::string text = std::string(result.procedure->id) + " " + result.error;
  for (const auto& failure : result.failures) text += "\n  " + failure;
  return text;
}

std::set<std::string> found_by(const std::vector<Result>& results) {
  std::set<std::string> out;
  for (const Result& result : results) {
    if (result.status == Result::Status::failed) out.emplace(result.procedure->id);
    INFO(text_of(result));
    CHECK(result.status != Result::Status::error);
  }
  return out;
}

// Changes the events that leave the management port.
test::AlteredSession::Alter events(std::function<void(layout::Event&)> change) {
  return [change](Port port, Frame& frame) {
    constexpr std::size_t header = layout::ManagementHeader::bytes;
    if (port != Port::management || frame.size() < header + layout::Event::bytes ||
        frame[0] != static_cast<std::uint8_t>(layout::ManagementOp::EVENT)) {
      return true;
    }
    const auto bytes = std::span<std::uint8_t>(frame).subspan<header, layout::Event::bytes>();
    layout::Event event = layout::Event::decode(bytes);
    change(event);
    event.encode(bytes);
    return true;
  };
}

struct Shell {
  int status = -1;
  std::string out;
};

Shell shell(const std::string& command) {
  Shell result;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) result.out.append(buffer, n);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  return result;
}

}  // namespace

TEST_CASE("a good device passes every procedure", "[device]") {
  const auto results = run(device());
  CHECK(results.size() == 10);
  for (const Result& result : results) {
    INFO(text_of(result));
    CHECK(result.status == Result::Status::passed);
    CHECK(result.checks > 10);
    if (level() == simulator::Level::rtl) CHECK(result.cycles > 0);
  }
}

TEST_CASE("each seeded fault is found by its procedure", "[device]") {
  REQUIRE(conformance::faults().size() == 3);
  for (const auto& fault : conformance::faults()) {
    INFO(fault.name);
    CHECK(found_by(run(device(fault.fault), {std::string(fault.procedure)})).size() == 1);
  }
}

TEST_CASE("what has nothing to do with a seeded fault passes all the same") {
  CHECK(found_by(run(device(SeededFault::orphan_response), {"SLC-02", "SLC-03", "SLC-06"})).empty());
}

TEST_CASE("SLC-03 finds a header bit that leaks across") {
  auto leak = std::make_shared<std::uint8_t>(0);
  const std::uint8_t usual = layout::MAC_DEVICE_LOW >> 40;
  test::AlteredSession::Alterations alterations;
  alterations.in = [=](Port port, Frame& frame) {
    if (port == Port::low) *leak = frame[0] ^ usual;
    return true;
  };
  alterations.out = [=](Port port, Frame& frame) {
    if (port == Port::high) frame[6] ^= *leak & 1;
    return true;
  };
  CHECK(found_by(run(altered(alterations))) == std::set<std::string>{"SLC-03"});
}

TEST_CASE("SLC-05 finds a device that goes back to an older image") {
  test::AlteredSession::Alterations alterations;
  auto loads = std::make_shared<unsigned>(0);
  alterations.in = [=](Port port, Frame& frame) {
    constexpr std::size_t serial = layout::ManagementHeader::bytes + 8;
    const bool first_block = port == Port::management && frame.size() >= serial + 8 &&
                             frame[0] == static_cast<std::uint8_t>(layout::ManagementOp::BLOCK) && frame[4] == 0 && frame[5] == 0 &&
                             frame[6] == 0 && frame[7] == 0;
    // Every load but the first has a serial that nothing is newer than.
    if (first_block && ++*loads > 1) frame[serial + 4] = static_cast<std::uint8_t>(*loads);
    return true;
  };
  CHECK(found_by(run(altered(alterations))) == std::set<std::string>{"SLC-05"});
}

TEST_CASE("SLC-06 finds a language that is wider than the schema's") {
  test::AlteredSession::Alterations alterations;
  alterations.in = [](Port port, Frame& frame) {
    constexpr std::string_view bad = R"({"number":0})";
    const auto at = std::search(frame.begin(), frame.end(), bad.begin(), bad.end());
    if (port == Port::low && at != frame.end()) *(at + 10) = '1';
    return true;
  };
  CHECK(found_by(run(altered(alterations), {"SLC-06", "SLC-07"})) == std::set<std::string>{"SLC-06", "SLC-07"});
}

TEST_CASE("SLC-06 finds a language that is narrower than the schema's") {
  test::AlteredSession::Alterations alterations;
  alterations.in = [](Port port, Frame& frame) {
    constexpr std::string_view good = R"("kind":"SECRET")";
    const auto at = std::search(frame.begin(), frame.end(), good.begin(), good.end());
    if (port == Port::high && at != frame.end()) *(at + 8) = 'X';
    return true;
  };
  CHECK(found_by(run(altered(alterations), {"SLC-06"})) == std::set<std::string>{"SLC-06"});
}

TEST_CASE("SLC-07 finds an offset that is off by one") {
  test::AlteredSession::Alterations alterations;
  alterations.out = events([](layout::Event& event) {
    if (event.reason == layout::Reason::ORDER) ++event.offset;
  });
  CHECK(found_by(run(altered(alterations))) == std::set<std::string>{"SLC-07"});
}

TEST_CASE("SLC-08 finds a lane that an oversized frame stalls") {
  test::AlteredSession::Alterations alterations;
  auto stalled = std::make_shared<bool>(false);
  alterations.in = [=](Port port, Frame& frame) {
    if (port == Port::low && frame.size() > 2000) *stalled = true;
    return port != Port::low || !*stalled;
  };
  CHECK(found_by(run(altered(alterations))) == std::set<std::string>{"SLC-08"});
}

TEST_CASE("SLC-09 finds a counter that loses verdicts") {
  test::AlteredSession::Alterations alterations;
  alterations.out = [](Port port, Frame& frame) {
    constexpr auto address = layout::reg::REQUEST_COUNT + static_cast<unsigned>(layout::Reason::NO_TRANSITION);
    if (port == Port::management && frame[0] == static_cast<std::uint8_t>(layout::ManagementOp::VALUE) &&
        (frame[2] << 8 | frame[3]) == static_cast<int>(address)) {
      frame[7] &= 0xFE;
      frame[7] = static_cast<std::uint8_t>(frame[7] / 2);
    }
    return true;
  };
  CHECK(found_by(run(altered(alterations))) == std::set<std::string>{"SLC-09"});
}

TEST_CASE("SLC-09 finds a sequence number that is used twice") {
  test::AlteredSession::Alterations alterations;
  alterations.out = events([](layout::Event& event) { event.sequence -= event.sequence % 2; });
  CHECK(found_by(run(altered(alterations))) == std::set<std::string>{"SLC-09"});
}

TEST_CASE("SLC-10 finds a clock that is slow") {
  test::AlteredSession::Alterations alterations;
  auto ticks = std::make_shared<unsigned>(0);
  alterations.tick = [=] { return ++*ticks % 8 != 0; };
  CHECK(found_by(run(altered(alterations), {"SLC-10"})) == std::set<std::string>{"SLC-10"});
}

TEST_CASE("SLC-10 finds a length limit that is not where the image has it") {
  test::AlteredSession::Alterations alterations;
  alterations.out = events([](layout::Event& event) {
    if (event.reason == layout::Reason::TOO_LONG) event.offset = 0;
  });
  CHECK(found_by(run(altered(alterations), {"SLC-10"})) == std::set<std::string>{"SLC-10"});
}

TEST_CASE("a device that is silent fails, one that crashes, hangs or cannot be made is an error") {
  const std::vector<const conformance::Procedure*> one{conformance::find_procedure("SLC-02")};
  REQUIRE(one.front() != nullptr);
  test::AlteredSession::Alterations mute;
  mute.out = [](Port, Frame&) { return false; };
  CHECK(conformance::run(one, reference(), altered(mute), {}).front().status == Result::Status::failed);

  test::AlteredSession::Alterations crash;
  crash.in = [](Port port, Frame&) -> bool {
    if (port == Port::low) ::kill(::getpid(), SIGKILL);
    return true;
  };
  auto result = conformance::run(one, reference(), altered(crash), {}).front();
  CHECK(result.status == Result::Status::error);
  CHECK_THAT(result.error, Catch::Contains("signal"));

  test::AlteredSession::Alterations hang;
  hang.in = [](Port port, Frame&) {
    while (port == Port::low) ::sleep(1);
    return true;
  };
  result = conformance::run(one, reference(), altered(hang), {std::chrono::seconds(2), {}}).front();
  CHECK(result.status == Result::Status::error);
  CHECK_THAT(result.error, Catch::Contains("did not end"));

  result = conformance::run(one, reference(), [] { return DeviceSession::create({.level = simulator::Level::engine}); }, {}).front();
  CHECK(result.status == Result::Status::error);
  CHECK_THAT(result.error, Catch::Contains("level engine"));
}

TEST_CASE("JUnit XML says what failed, and survives hostile text") {
  Result failed;
  failed.procedure = conformance::find_procedure("SLC-01");
  failed.status = Result::Status::failed;
  failed.checks = 3;
  failed.failures = {"a < b & \"c\" \x01\xFF", "second"};
  Result error;
  error.procedure = conformance::find_procedure("SLC-02");
  error.error = "no device";
  const std::vector<Result> results{failed, error};
  const std::string xml = conformance::junit({"lt", "stale-byte", "00ff"}, results);
  CHECK_THAT(xml, Catch::Contains("tests=\"2\" failures=\"1\" errors=\"1\""));
  CHECK_THAT(xml, Catch::Contains("a &lt; b &amp; &quot;c&quot; \xEF\xBF\xBD\xEF\xBF\xBD"));
  CHECK_THAT(xml, Catch::Contains("<error message=\"no device\">"));
  const auto file = std::filesystem::temp_directory_path() / ("sluice_junit_" + std::to_string(::getpid()) + ".xml");
  std::ofstream(file) << xml;
  const Shell parsed = shell("python3 -c 'import sys,xml.etree.ElementTree as t; print(len(t.parse(sys.argv[1]).findall(\".//testcase\")))' " + file.string());
  std::filesystem::remove(file);
  INFO(parsed.out);
  CHECK(parsed.out == "2\n");
}

#ifdef SLUICE_HAVE_COMMAND
TEST_CASE("the command's exit status: 0 passed, 1 failed, 2 could not run") {
  const std::string sluice = SLUICE_BINARY_DIR "/bin/sluice conform ";
  const auto xml = std::filesystem::temp_directory_path() / ("sluice_conform_" + std::to_string(::getpid()) + ".xml");
  Shell result = shell(sluice + "--dut lt --procedure SLC-04 --junit " + xml.string());
  INFO(result.out);
  CHECK(result.status == 0);
  CHECK(std::filesystem::exists(xml));
  std::filesystem::remove(xml);
  result = shell(sluice + "--dut lt --procedure SLC-04 --fault orphan-response");
  CHECK(result.status == 1);
  CHECK_THAT(result.out, Catch::Contains("SLC-04") && Catch::Contains("nobody asked for"));
  CHECK(shell(sluice + "--dut lt --fault none-such").status == 2);
  CHECK(shell(sluice + "--dut lt --procedure SLC-99").status == 2);
  CHECK(shell(sluice + "--dut lt --procedure SLC-03 --junit /nowhere/x.xml").status == 2);
  CHECK(shell(sluice).status == 2);
  result = shell(sluice + "--list");
  CHECK(result.status == 0);
  for (const auto& procedure : conformance::procedures()) CHECK_THAT(result.out, Catch::Contains(std::string(procedure.id)));
}
#endif
