// SPDX-License-Identifier: Apache-2.0
// SLC-01 to SLC-03: what leaves a device, when, and in which frames.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conformance/procedure.hpp"

namespace sluice::conformance::procedure {
namespace {

constexpr std::size_t header_bytes = layout::ETHERNET_HEADER_BYTES + layout::LINK_HEADER_BYTES;

// A request of two frames.
std::string long_request(const Reference& reference, char fill) { return reference.write(Reference::note(5, fill, 1700)); }

// One record is in, its first fragments only: nothing may leave, then all of it.
void hold_until_complete(Bench& bench, Port in, Port out, std::uint32_t tag, const std::string& record) {
  const auto frames = Bench::frames_of(in, tag, record);
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
    bench.send(in, frames[i]);
    bench.expect_silence(out, "before the record was complete");
  }
  bench.send(in, frames.back());
  const auto left = bench.records(out);
  bench.expect(left.size() == 1 && left.front().text == record, "a good record leaves when it is complete");
}

// Two lane contexts and four buffers: records of all sizes back to back, in both directions.
void burst(Bench& bench, const std::vector<std::string>& requests) {
  for (const std::string& request : requests) bench.send_record(Port::low, bench.next_tag(), request);
  const auto left = bench.records(Port::high);
  bench.expect(left.size() == requests.size(), fmt::format("{} good requests back to back leave, {} left", requests.size(), left.size()));
  for (std::size_t i = 0; i < std::min(left.size(), requests.size()); ++i) {
    bench.expect(left[i].text == requests[i], "what leaves is what came in, in order: " + shown(left[i].text));
  }
  for (const Left& one : left) bench.free(one.tag);
  bench.events();
}

// The header of a frame that left, with its tag cleared.
Frame header_without_tag(const Frame& frame) {
  Frame header(frame.begin(), frame.begin() + std::min<std::ptrdiff_t>(header_bytes, std::ssize(frame)));
  for (std::size_t i = layout::ETHERNET_HEADER_BYTES + 4; i < std::min<std::size_t>(header.size(), layout::ETHERNET_HEADER_BYTES + 8); ++i) {
    header[i] = 0;
  }
  return header;
}

std::uint32_t tag_of(const Frame& frame) {
  if (frame.size() < header_bytes) return 0;
  const std::span<const std::uint8_t> bytes(frame);
  return layout::LinkHeader::decode(bytes.subspan<layout::ETHERNET_HEADER_BYTES, layout::LINK_HEADER_BYTES>()).tag;
}

}  // namespace

void store_verify_release(Bench& bench) {
  const Reference& reference = bench.reference();
  bench.activate(reference.first().compiled.image);

  hold_until_complete(bench, Port::low, Port::high, bench.next_tag(), long_request(reference, 'a'));
  const auto opened = bench.event("a good request");
  bench.require(opened && opened->reason == Reason::ACCEPTED, "a good request of two frames is accepted");
  hold_until_complete(bench, Port::high, Port::low, opened->transaction, reference.answer(Reference::note(5, 'b', 1700)));
  bench.event("a good response");

  for (const auto& [name, record] : reference.bad_requests()) {
    const Outcome outcome = bench.request(record);
    bench.expect(!outcome.accepted(), "a bad request is rejected: " + name);
    bench.expect(outcome.left.empty(), "nothing of a rejected request leaves: " + name);
    bench.expect_silence(Port::low, "after a rejected request: its sender is told nothing");
    if (outcome.accepted()) bench.free(outcome.event->transaction);
  }
  for (const auto& [name, record] : reference.bad_answers()) {
    const std::uint32_t id = bench.pass(reference.write(Reference::note(1, 'x', 3)));
    const Outcome outcome = bench.response(id, record);
    bench.expect(!outcome.accepted(), "a bad response is rejected: " + name);
    bench.expect(outcome.left.empty(), "nothing of a rejected response leaves: " + name);
    bench.expect_silence(Port::high, "after a rejected response: its sender is told nothing");
  }

  // A record that never becomes complete.
  bench.send(Port::low, Bench::frames_of(Port::low, bench.next_tag(), long_request(reference, 'c')).front());
  bench.session().tick(layout::RECORD_TIMEOUT_TICKS + 5);
  bench.expect_silence(Port::high, "of a record that timed out");
}

void exact_bytes(Bench& bench) {
  const Reference& reference = bench.reference();
  bench.activate(reference.first().compiled.image);

  // Long and short, other fillings, and records that end in a brace and in a newline by turns: a byte of an earlier record,
  // wherever it were, would show.
  const std::array<std::size_t, 9> lengths{1800, 0, 1, 1700, 40, 1370, 1371, 7, 900};
  char fill = 'a';
  for (const std::size_t length : lengths) {
    for (const std::string& record : {reference.write(Reference::note(42, fill, length)), reference.read(99)}) {
      const Outcome outcome = bench.request(record);
      if (!bench.expect(outcome.accepted() && outcome.left.size() == 1, "a good request passes: " + shown(record))) continue;
      bench.expect(outcome.left.front().text == record,
                   fmt::format("a request of {} bytes leaves as it came in: {}", record.size(), shown(outcome.left.front().text)));
      const std::string answer = reference.answer(Reference::note(43, static_cast<char>(fill - 'a' + 'A'), length));
      const Outcome back = bench.response(outcome.left.front().tag, answer);
      bench.expect(back.left.size() == 1 && back.left.front().text == answer,
                   fmt::format("a response of {} bytes leaves as it came in", answer.size()));
    }
    // What is rejected or given up must leave no trace in the next record either.
    bench.request(reference.write(R"({"number":1,"text":")" + std::string(1400, '#') + R"(","marks":[11]})"));
    bench.send(Port::low, Bench::frames_of(Port::low, bench.next_tag(), long_request(reference, '%')).front());
    bench.session().tick(layout::RECORD_TIMEOUT_TICKS + 1);
    bench.events();
    ++fill;
  }
  burst(bench, {long_request(reference, 'p'), reference.count(), reference.write(Reference::note(3, 'q', 20)), reference.read(4)});
  burst(bench, {reference.read(7), long_request(reference, 'r'), reference.count(), reference.write(Reference::note(9, 's', 1))});
}

void outgoing_headers(Bench& bench) {
  const Reference& reference = bench.reference();
  bench.activate(reference.first().compiled.image);

  const std::string request = reference.read(12);
  const std::string answer = reference.good_answer(Reference::read_note);
  Frame to_high, to_low;
  std::uint32_t generation = 0;
  for (unsigned i = 0; i < 12; ++i) {
    // Everything that a sender can choose: both addresses and the tag.
    const std::uint32_t tag = i == 0 ? 0 : 0x9E3779B9U * i;
    Frame frame = Bench::frames_of(Port::low, tag, request).front();
    std::fill_n(frame.begin(), 12, static_cast<std::uint8_t>(0x5B * i));
    bench.send(Port::low, frame);
    const auto left = bench.frames(Port::high);
    bench.require(left.size() == 1, "a good request leaves in one frame");
    const Frame header = header_without_tag(left.front());
    if (i == 0) to_high = header;
    bench.expect(header == to_high, fmt::format("the header toward HIGH is the same whatever the sender's was (tag {:#010x})", tag));
    const std::uint32_t id = tag_of(left.front());
    bench.expect(id >> layout::TRANSACTION_GENERATION_BITS == 0, "the device id names the lowest free slot");
    bench.expect((id & ((1U << layout::TRANSACTION_GENERATION_BITS) - 1)) == ++generation,
                 "the device id's generation grows by one with each use, and by nothing else");

    frame = Bench::frames_of(Port::high, id, answer).front();
    std::fill_n(frame.begin(), 12, static_cast<std::uint8_t>(0xA7 * i));
    bench.send(Port::high, frame);
    const auto back = bench.frames(Port::low);
    bench.require(back.size() == 1, "a good response leaves in one frame");
    const Frame back_header = header_without_tag(back.front());
    if (i == 0) to_low = back_header;
    bench.expect(back_header == to_low, "the header toward LOW is the same whatever the sender's was");
    bench.expect(tag_of(back.front()) == tag, "LOW gets back its own tag");
    bench.events();
  }
  // The headers' constants, and what follows a second fragment.
  const auto expected = link::to_frames(link::from_device(Port::high), 0, std::span<const std::uint8_t>(
      reinterpret_cast<const std::uint8_t*>(request.data()), request.size()));
  bench.expect(to_high == header_without_tag(expected.front()), "the header toward HIGH is the one of docs/fabric.md");
  bench.send_record(Port::low, 0xFFFFFFFF, long_request(reference, 'z'));
  const auto left = bench.frames(Port::high);
  bench.require(left.size() == 2, "a request of 1484 to 2968 bytes leaves in two frames");
  bench.expect(tag_of(left[0]) == tag_of(left[1]), "all fragments of a record carry its device id");
}

}  // namespace sluice::conformance::procedure
