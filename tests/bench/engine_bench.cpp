// SPDX-License-Identifier: Apache-2.0
// The engine beside libprotobuf's JSON parser, in turns on the same messages. Ours judges the whole
// record, HTTP envelope included, and checks every rule of the schema; libprotobuf's parses the
// body into a generated message that is used again, and checks no rule. One JSON object on standard
// output.
#include <google/protobuf/util/json_util.h>
#include <orders.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/cpu_time.hpp"
#include "bench/messages.hpp"
#include "engine/engine.hpp"

namespace {

using namespace sluice;

// Messages of one size: more than a branch predictor learns by heart, less than leaves the
// second-level cache.
constexpr std::size_t bytes_of_a_set = 64 * 1024, messages_least = 2, messages_most = 64;

/// Calls `once` (which goes through all messages) for about `seconds`; nanoseconds of processor
/// time of one call.
double time_of(double seconds, const std::function<void()>& once) {
  std::uint64_t calls = 0;
  const double start = bench::cpu_seconds();
  double taken = 0;
  do {
    once();
    ++calls;
    taken = bench::cpu_seconds() - start;
  } while (taken < seconds);
  return taken * 1e9 / static_cast<double>(calls);
}

nlohmann::ordered_json measure(const engine::Image& image, std::size_t body_bytes, unsigned rounds,
                               double seconds) {
  const auto count = std::clamp(bytes_of_a_set / body_bytes, messages_least, messages_most);
  const auto messages = bench::make_messages(body_bytes, count);
  bench::require_accepted(image, messages);
  std::size_t record_bytes = 0;
  for (const auto& message : messages) record_bytes += message.request.size();

  const auto ours = [&] {
    for (const auto& message : messages) {
      if (!engine::judge_request(image, message.request).accepted())
        throw std::runtime_error("the engine rejected a record");
    }
  };
  ::orders::v1::Order order;
  const auto theirs = [&] {
    for (const auto& message : messages) {
      order.Clear();
      const auto status = google::protobuf::util::JsonStringToMessage(message.body, &order);
      if (!status.ok())
        throw std::runtime_error("libprotobuf refused a message: " + status.ToString());
    }
  };
  nlohmann::ordered_json out;
  out["message_bytes"] = body_bytes;
  out["record_bytes"] = record_bytes / count;
  time_of(seconds / 2, ours);  // warm
  time_of(seconds / 2, theirs);
  for (unsigned round = 0; round < rounds; ++round) {
    const double engine_ns = time_of(seconds, ours) / static_cast<double>(count);
    const double protobuf_ns = time_of(seconds, theirs) / static_cast<double>(count);
    out["rounds"].push_back({{"engine_ns", engine_ns}, {"protobuf_ns", protobuf_ns}});
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures the engine beside libprotobuf's JSON parser."};
  std::string policy;
  std::vector<std::size_t> sizes{150, 1500, 64000};
  unsigned rounds = 15;
  double seconds = 0.1;
  app.add_option("--policy", policy, "tests/bench/policy.yaml")->required();
  app.add_option("--sizes", sizes, "bytes of a message's JSON")->capture_default_str();
  app.add_option("--rounds", rounds, "turns of each")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", seconds, "of one turn")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    const auto compiled = bench::compile_policy(policy);
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const std::size_t size : sizes)
      out.push_back(measure(compiled.image, size, rounds, seconds));
    std::cout << out.dump() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "engine_bench: " << error.what() << '\n';
    return 2;
  }
}
