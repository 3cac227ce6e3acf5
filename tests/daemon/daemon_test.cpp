// SPDX-License-Identifier: Apache-2.0
// sluiced with a simulated device in a process of its own: what an operator does, and what goes wrong.
#include <catch2/catch.hpp>

#include <signal.h>

#include <string>

#include "daemon/fixture.hpp"
#include "link/link_codec.hpp"

using namespace sluice;
using testing::PortClient;
using testing::Setup;

namespace {

std::vector<std::uint8_t> bytes(const std::string& text) { return {text.begin(), text.end()}; }

void send_request(const PortClient& low, std::uint32_t tag, const std::string& record) {
  for (const auto& frame : link::to_frames(link::to_device(link::Port::low), tag, bytes(record))) low.send(frame);
}

template <class Call>
v1::Problem problem_of(Call call) {
  try {
    call();
  } catch (const cli::ControlRefused& refused) {
    return refused.problem();
  }
  FAIL("the call was not refused");
  return {};
}

}  // namespace

TEST_CASE("a policy is compiled, loaded and confirmed; the same again changes nothing; older ones are refused") {
  Setup setup;
  setup.start_daemon();  // before the device: any order works
  CHECK(setup.status().state() == v1::DeviceStatus::DISCONNECTED);
  CHECK(problem_of([&] { setup.push(testing::policy_text(7)); }).status() == 503);
  setup.start_device();
  REQUIRE(setup.reaches(v1::DeviceStatus::INACTIVE));

  const auto first = setup.push(testing::policy_text(7));
  CHECK(first.outcome() == v1::PushResult::ACTIVATED);
  CHECK(first.epoch() == 1);
  const auto compiled = testing::compile(testing::policy_text(7));
  CHECK(first.image().digest() == compiled.digest);
  const auto status = setup.status();
  CHECK(status.state() == v1::DeviceStatus::ACTIVE);
  CHECK(status.image().serial() == 7);
  CHECK(status.image().digest() == compiled.digest);
  CHECK(status.image().name() == "library");
  CHECK(status.image().symbols());
  CHECK(status.unsigned_image());
  CHECK(status.load().stage() == v1::Load::DONE);

  const auto again = setup.push(testing::policy_text(7));
  CHECK(again.outcome() == v1::PushResult::UNCHANGED);
  CHECK(again.epoch() == 1);

  const auto same_serial = problem_of([&] { setup.push(testing::policy_text(7, 63)); });
  CHECK(same_serial.status() == 409);
  CHECK_THAT(same_serial.detail(), Catch::Contains("serial 7") && Catch::Contains("another digest"));
  const auto lower = problem_of([&] { setup.push(testing::policy_text(6)); });
  CHECK(lower.status() == 409);
  CHECK_THAT(lower.detail(), Catch::Contains("lower than 7"));
  CHECK(setup.status().epoch() == 1);

  CHECK(setup.push(testing::policy_text(8)).epoch() == 2);
  CHECK(setup.status().image().serial() == 8);
}

TEST_CASE("ready images: with symbols, without, damaged, foreign") {
  Setup setup;
  setup.start_device();
  setup.start_daemon();
  REQUIRE(setup.reaches(v1::DeviceStatus::INACTIVE));
  const auto compiled = testing::compile(testing::policy_text(3));
  const cli::ControlClient client(setup.address());
  v1::PushImageRequest request;
  v1::PushResult result;
  const auto push = [&] { client.call("PushImage", request, result); };

  request.set_image(std::string(compiled.image.begin(), compiled.image.end()));
  request.mutable_image()->at(2000) ^= 1;
  const auto damaged = problem_of(push);
  CHECK(damaged.status() == 422);
  CHECK_THAT(damaged.title(), Catch::Contains("Damaged"));
  request.set_image(std::string(compiled.image.begin(), compiled.image.end() - 100));
  CHECK(problem_of(push).status() == 422);
  request.clear_image();
  CHECK(problem_of(push).status() == 400);
  CHECK(setup.status().state() == v1::DeviceStatus::INACTIVE);

  request.set_image(std::string(compiled.image.begin(), compiled.image.end()));
  request.set_symbols(testing::compile(testing::policy_text(4)).symbols);
  CHECK_THAT(problem_of(push).title(), Catch::Contains("Another symbol map"));
  request.set_symbols("{");
  CHECK(problem_of(push).status() == 422);
  CHECK(setup.status().state() == v1::DeviceStatus::INACTIVE);

  request.clear_symbols();
  push();
  CHECK(result.outcome() == v1::PushResult::ACTIVATED);
  CHECK_FALSE(result.image().symbols());
  request.set_symbols(compiled.symbols);  // the same image once more adds its symbols
  push();
  CHECK(result.outcome() == v1::PushResult::UNCHANGED);
  CHECK(result.image().symbols());

  const auto large = testing::compile(testing::policy_text(9, 64, "LARGE"));
  request.set_image(std::string(large.image.begin(), large.image.end()));
  request.clear_symbols();
  const auto foreign = problem_of(push);
  CHECK(foreign.status() == 409);
  CHECK_THAT(foreign.detail(), Catch::Contains("LARGE") && Catch::Contains("SMALL"));
}

TEST_CASE("audit events name endpoint, field and rule, and survive the daemon") {
  Setup setup;
  setup.start_device();
  setup.start_daemon();
  REQUIRE(setup.reaches(v1::DeviceStatus::INACTIVE));
  setup.push(testing::policy_text(1));
  const auto compiled = testing::compile(testing::policy_text(1));
  const auto symbols = compiler::SymbolMap::parse(compiled.symbols);
  const PortClient low(setup.path("low"));
  const PortClient high(setup.path("high"));

  const std::string good = symbols.sample_request(1);
  REQUIRE_FALSE(good.empty());
  send_request(low, 100, good);
  std::string bad = good;
  const std::size_t host = bad.find("host: ") + 6;
  bad[host] = '!';
  send_request(low, 101, bad);

  const auto events = setup.wait_events(0, 3);
  REQUIRE(events.size() == 3);
  CHECK(events[0].kind() == "IMAGE");
  CHECK(events[0].digest() == compiled.digest);
  CHECK(events[1].kind() == "RECORD");
  CHECK(events[1].reason() == "ACCEPTED");
  CHECK(events[1].endpoint() == symbols.endpoint_name(1));
  CHECK(events[1].pipeline() == "request");
  CHECK(events[1].tag() == 100);
  CHECK(events[1].transaction() != 0);
  CHECK(events[1].length() == good.size());
  CHECK(events[1].digest() == compiled.digest);
  CHECK(events[1].unsigned_image());
  CHECK(events[2].reason() == "NO_TRANSITION");
  CHECK(events[2].offset() == host);
  CHECK(events[2].endpoint() == symbols.endpoint_name(1));
  CHECK_THAT(events[2].path(), Catch::Contains("host"));
  CHECK_FALSE(events[2].text().empty());
  CHECK_FALSE(high.receive().empty());  // the good one came through

  const auto status = setup.status();
  std::uint32_t accepted = 0;
  std::uint32_t rejected = 0;
  for (const auto& counter : status.counters()) {
    if (counter.pipeline() == "request" && counter.reason() == "ACCEPTED") accepted = counter.count();
    if (counter.pipeline() == "request" && counter.reason() == "NO_TRANSITION") rejected = counter.count();
  }
  CHECK(accepted == 1);
  CHECK(rejected == 1);
  CHECK(status.audit().missed() == 0);

  // The log belongs to the state folder; the device goes on numbering, so nothing is missed and no new run begins.
  setup.daemon().signal(SIGTERM);
  CHECK(setup.daemon().wait() == 0);
  send_request(low, 102, bad);
  setup.start_daemon();
  REQUIRE(setup.reaches(v1::DeviceStatus::ACTIVE));
  // The request of tag 100 may have timed out meanwhile: look for ours.
  std::vector<v1::AuditEvent> after;
  CHECK(testing::eventually([&] {
    after = setup.wait_events(events[2].id(), 1);
    return std::any_of(after.begin(), after.end(), [](const auto& event) { return event.tag() == 102; });
  }));
  CHECK(after.front().run() == events[2].run());
  CHECK(after.front().sequence() == events[2].sequence() + 1);
  CHECK(setup.events().events_size() >= 4);
  CHECK(setup.status().audit().missed() == 0);
}

TEST_CASE("a device that restarts is inactive, and gets its image again with --restore") {
  Setup setup;
  setup.start_device();
  setup.start_daemon();
  REQUIRE(setup.reaches(v1::DeviceStatus::INACTIVE));
  setup.push(testing::policy_text(5));
  setup.stop_device();  // killed: its socket files stay behind
  REQUIRE(setup.reaches(v1::DeviceStatus::DISCONNECTED));
  setup.start_device();
  REQUIRE(setup.reaches(v1::DeviceStatus::INACTIVE));
  // The device forgot the serial, the daemon did not.
  CHECK(problem_of([&] { setup.push(testing::policy_text(4)); }).status() == 409);
  CHECK(setup.push(testing::policy_text(5)).outcome() == v1::PushResult::ACTIVATED);
  const auto events = setup.wait_events(0, 2);
  REQUIRE(events.size() == 2);
  CHECK(events[1].run() == events[0].run() + 1);
  CHECK(events[1].sequence() == 1);

  setup.start_daemon({"--restore"});
  REQUIRE(setup.reaches(v1::DeviceStatus::ACTIVE));
  setup.stop_device();
  REQUIRE(setup.reaches(v1::DeviceStatus::DISCONNECTED));
  setup.start_device();
  REQUIRE(setup.reaches(v1::DeviceStatus::ACTIVE));
  CHECK(setup.status().image().serial() == 5);
  CHECK(setup.push(testing::policy_text(5)).outcome() == v1::PushResult::UNCHANGED);
}

TEST_CASE("policies with errors come back with every diagnostic, and change nothing") {
  Setup setup;
  setup.start_device();
  setup.start_daemon();
  REQUIRE(setup.reaches(v1::DeviceStatus::INACTIVE));
  std::string policy = testing::policy_text(1);
  policy += "hosts: x\nserail: 2\n";
  const auto problem = problem_of([&] { setup.push(policy); });
  CHECK(problem.status() == 422);
  REQUIRE(problem.diagnostics_size() >= 2);
  CHECK(problem.diagnostics(0).line() > 1);
  CHECK(problem.diagnostics(0).file() == "policy.yaml");
  CHECK_THAT(problem.text(), Catch::Contains("serail"));
  CHECK(setup.status().state() == v1::DeviceStatus::INACTIVE);
}

TEST_CASE("waiting for events ends when one comes, and when the time is over") {
  Setup setup;
  setup.start_device();
  setup.start_daemon();
  REQUIRE(setup.reaches(v1::DeviceStatus::INACTIVE));
  const auto before = std::chrono::steady_clock::now();
  CHECK(setup.events(0, 100).events_size() == 0);
  CHECK(std::chrono::steady_clock::now() - before >= std::chrono::milliseconds(100));
  setup.push(testing::policy_text(1));
  const auto first = setup.wait_events(0, 1);
  REQUIRE(first.size() == 1);
  CHECK(setup.events(first[0].id()).last_id() == first[0].id());
  v1::ListEventsRequest request;
  v1::ListEventsResponse response;
  const cli::ControlClient client(setup.address());
  request.set_limit(1001);
  CHECK(problem_of([&] { client.call("ListEvents", request, response); }).status() == 400);
  request.set_limit(0);
  request.set_wait_ms(30'001);
  CHECK(problem_of([&] { client.call("ListEvents", request, response); }).status() == 400);
}
