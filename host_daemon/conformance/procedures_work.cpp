// SPDX-License-Identifier: Apache-2.0
// SLC-08: whatever comes in, the next good record passes, and the work on a record is bounded by its length.
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "conformance/procedure.hpp"

namespace sluice::conformance::procedure {
namespace {

// Clock cycles that an engine may spend on one step, and that a device may spend on a record beside its steps and its frames.
constexpr std::uint64_t cycles_per_step = 16, cycles_beside = 2000;

// What a port still holds of broken records ends with the next good one, with events of its own: only the good one is looked for.
bool passes(Bench& bench, Port in, Port out, std::uint32_t tag, const std::string& record, std::uint32_t& transaction) {
  bench.send_record(in, tag, record);
  const auto left = bench.records(out);
  const Pipeline pipeline = in == Port::low ? Pipeline::REQUEST : Pipeline::RESPONSE;
  bool accepted = false;
  for (const Event& event : bench.events()) {
    if (event.pipeline != pipeline || event.tag != tag || event.reason != Reason::ACCEPTED) continue;
    accepted = true;
    transaction = event.transaction;
  }
  return accepted && left.size() == 1 && left.front().text == record;
}

// After whatever came before, a call passes both ways at once, without a tick.
void expect_alive(Bench& bench, std::string_view after) {
  const Reference& reference = bench.reference();
  for (const Left& one : bench.records(Port::high)) bench.free(one.tag);
  bench.records(Port::low);
  bench.events();
  std::uint32_t id = 0;
  const bool passed = passes(bench, Port::low, Port::high, bench.next_tag(), reference.read(1), id);
  if (!bench.expect(passed, fmt::format("a good request passes after {}", after))) return;
  bench.expect(passes(bench, Port::high, Port::low, id, reference.good_answer(Reference::read_note), id),
               fmt::format("a good response passes after {}", after));
}

Frame changed(Frame frame, std::mt19937_64& rng) {
  switch (rng() % 5) {
    case 0:  // a header byte
      frame[layout::ETHERNET_HEADER_BYTES - 2 + rng() % (layout::LINK_HEADER_BYTES + 2)] ^= static_cast<std::uint8_t>(1U << rng() % 8);
      break;
    case 1:  // cut
      frame.resize(1 + rng() % frame.size());
      break;
    case 2:  // longer than any frame
      frame.resize(1 + rng() % link::max_frame_bytes, static_cast<std::uint8_t>(rng()));
      break;
    case 3:  // noise
      for (auto& byte : frame) byte = static_cast<std::uint8_t>(rng());
      break;
    default:  // any byte
      frame[rng() % frame.size()] ^= static_cast<std::uint8_t>(1U << rng() % 8);
  }
  return frame;
}

void measured(Bench& bench, const std::string& name, const std::string& record) {
  const std::uint32_t tag = bench.next_tag();
  const auto frames = Bench::frames_of(Port::low, tag, record);
  std::uint64_t bytes = 0;
  for (const Frame& frame : frames) bytes += frame.size();
  bench.session().settle();
  const std::uint64_t start = bench.session().cycles();
  for (const Frame& frame : frames) bench.send(Port::low, frame);
  const auto event = bench.event(name);
  const auto left = bench.frames(Port::high);
  if (!event) return;
  if (event->reason == Reason::ACCEPTED) bench.free(event->transaction);
  if (bench.session().cycles() == 0) return;  // no clock at this level
  const std::uint64_t spent = event->cycle > start ? event->cycle - start : 0;
  const std::uint64_t most = bytes + cycles_per_step * (3 * record.size() + 1) + cycles_beside;
  bench.expect(spent <= most, fmt::format("{}: {} bytes took {} cycles to their verdict, at most {} are allowed", name, record.size(), spent, most));
  if (!record.empty()) {
    bench.note(fmt::format("{}: {} bytes, {} cycles ({:.2f} a byte)", name, record.size(), spent,
                           static_cast<double>(spent) / static_cast<double>(record.size())));
  }
}

}  // namespace

void bounded_work(Bench& bench) {
  const Reference& reference = bench.reference();
  bench.activate(reference.first().compiled.image);
  std::mt19937_64 rng(0x534C4308);

  // Records that make the most of an engine: long runs, many items, deep nesting, an early and a late end.
  std::string deep = R"({"number":1)";
  for (int i = 0; i < 28; ++i) deep += R"(,"reply":{"number":1)";
  deep += std::string(29, '}');
  measured(bench, "a long text", reference.write(Reference::note(1, 'x', 1850)));
  measured(bench, "deep nesting", reference.write(deep));
  measured(bench, "rejected at the first byte", std::string(2000, '\0'));
  measured(bench, "rejected at the last byte", reference.write(R"({"number":1,"text":")" + std::string(1850, 'x') + "\"]"));
  measured(bench, "numbers without end", reference.write(R"({"number":)" + std::string(1850, '1') + "}"));
  expect_alive(bench, "the longest records");

  // Frames that no gateway would send, at both ports.
  const std::string two_frames = reference.write(Reference::note(3, 'h', 1600));
  for (unsigned round = 0; round < 40; ++round) {
    for (const Port port : {Port::low, Port::high}) {
      for (const Frame& frame : Bench::frames_of(port, static_cast<std::uint32_t>(rng()), two_frames)) {
        bench.send(port, changed(frame, rng));
      }
    }
    if (round % 8 == 7) expect_alive(bench, fmt::format("{} rounds of broken frames", round + 1));
  }
  // Records opened and never finished, each instead of the one before.
  for (unsigned i = 0; i < 20; ++i) {
    for (const Port port : {Port::low, Port::high}) bench.send(port, Bench::frames_of(port, i, two_frames).front());
  }
  expect_alive(bench, "records that were never finished");
  // Fragments without a beginning, in the wrong order, twice.
  const auto frames = Bench::frames_of(Port::low, bench.next_tag(), two_frames);
  for (const std::size_t i : {1U, 1U, 0U, 0U, 1U, 1U}) bench.send(Port::low, frames[i]);
  bench.session().settle();
  for (const Left& one : bench.records(Port::high)) {
    bench.expect(one.text == two_frames, "only whole records pass, whatever the order of fragments was");
    bench.free(one.tag);
  }
  expect_alive(bench, "fragments in a wrong order");
  // The management port: nonsense is answered, and disturbs nothing.
  for (unsigned i = 0; i < 20; ++i) {
    Frame frame(1 + rng() % 200);
    for (auto& byte : frame) byte = static_cast<std::uint8_t>(rng());
    frame[0] = 0xF0;  // no operation: nothing that could be a command
    bench.send_management(frame);
    const auto answer = bench.take_answer();
    bench.expect(answer && answer->op == layout::ManagementOp::ERROR, "a management frame that is none is answered by ERROR");
  }
  expect_alive(bench, "nonsense at the management port");
}

}  // namespace sluice::conformance::procedure
