// SPDX-License-Identifier: Apache-2.0
// SLC-04, SLC-09 and SLC-10: transactions, the audit account, and the limits of length, load and time.
#include <fmt/format.h>

#include <array>
#include <map>

#include "conformance/procedure.hpp"

namespace sluice::conformance::procedure {
namespace {

constexpr std::uint32_t one_generation = 1;
constexpr std::uint32_t one_slot = 1U << layout::TRANSACTION_GENERATION_BITS;

// Answers that somebody could take for good ones, under an id that is not open.
void refuse(Bench& bench, std::uint32_t id, std::string_view why) {
  for (const std::uint16_t endpoint : {Reference::write_note, Reference::read_note, Reference::count_notes}) {
    const Outcome outcome = bench.response(id, bench.reference().good_answer(endpoint));
    bench.expect(outcome.event && outcome.event->reason == Reason::NO_REQUEST,
                 fmt::format("{} (id {:#010x}) is NO_REQUEST", why, id));
    bench.expect(outcome.left.empty(), fmt::format("{} (id {:#010x}) does not pass", why, id));
  }
}

using Account = std::map<std::pair<Pipeline, Reason>, std::uint32_t>;

Account counters(Bench& bench) {
  Account account;
  for (const Pipeline pipeline : {Pipeline::REQUEST, Pipeline::RESPONSE}) {
    for (std::size_t i = 0; i < layout::count_of<Reason>; ++i) {
      account[{pipeline, static_cast<Reason>(i)}] = bench.count(pipeline, static_cast<Reason>(i));
    }
  }
  return account;
}

void expect_account(Bench& bench, const Account& before, const Account& due) {
  for (const auto& [key, count] : counters(bench)) {
    const auto found = due.find(key);
    const std::uint32_t grown = count - before.at(key);
    const std::uint32_t wanted = found == due.end() ? 0 : found->second;
    bench.expect(grown == wanted, fmt::format("the counter of {} {} grew by {}, {} verdicts were sought", layout::name_of(key.first),
                                              layout::name_of(key.second), grown, wanted));
  }
}

void overload(Bench& bench);
void timeouts(Bench& bench);

}  // namespace

void one_response_per_request(Bench& bench) {
  const Reference& reference = bench.reference();
  bench.activate(reference.first().compiled.image);

  for (const std::uint32_t id : {0U, 1U, one_slot, one_slot + 1, 0xFF000001U, 0xFFFFFFFFU}) refuse(bench, id, "a response nobody asked for");

  // Ids beside an open one.
  const std::uint32_t open = bench.pass(reference.read(1));
  for (const std::uint32_t id : {open + one_generation, open - one_generation, open + one_slot, open | 0x800000U}) {
    refuse(bench, id, "a response beside the open request");
  }
  bench.expect(bench.read(layout::reg::OUTSTANDING) == 1, "a foreign response uses nothing up");
  Outcome outcome = bench.response(open, reference.good_answer(Reference::read_note));
  bench.expect(outcome.accepted() && outcome.left.size() == 1, "the answer of an open request passes");
  bench.expect(outcome.left.empty() || outcome.left.front().tag == bench.last_tag(), "the answer carries the tag that LOW chose");
  refuse(bench, open, "a second response");

  // Another endpoint's answer is rejected, and the request is used up by it.
  const std::uint32_t counted = bench.pass(reference.count());
  outcome = bench.response(counted, reference.good_answer(Reference::write_note));
  bench.expect(outcome.event && !outcome.accepted() && outcome.left.empty(), "another endpoint's answer is rejected");
  refuse(bench, counted, "a response after a rejected one");

  // Two open requests of two endpoints, answered crosswise.
  const std::uint32_t first = bench.pass(reference.read(2));
  const std::uint32_t first_tag = bench.last_tag();
  const std::uint32_t second = bench.pass(reference.count());
  outcome = bench.response(second, reference.good_answer(Reference::count_notes));
  bench.expect(outcome.accepted() && !outcome.left.empty() && outcome.left.front().tag == bench.last_tag(), "answers may overtake");
  outcome = bench.response(first, reference.good_answer(Reference::read_note));
  bench.expect(outcome.accepted() && !outcome.left.empty() && outcome.left.front().tag == first_tag, "each answer gets its own request's tag");

  // After its time is out.
  const std::uint32_t late = bench.pass(reference.read(3));
  bench.session().tick(reference.first().image.response_timeout_ticks() + 1);
  bench.event("a request without an answer");
  refuse(bench, late, "a response after the time-out");
  bench.expect(bench.read(layout::reg::OUTSTANDING) == 0, "nothing is outstanding in the end");
}

void audit_account(Bench& bench) {
  const Reference& reference = bench.reference();
  bench.activate(reference.first().compiled.image);
  const std::uint32_t slots = layout::limits_of(reference.first().image.geometry()).audit_events;

  // Every verdict: one event and one count; sequence numbers without a gap.
  Account before = counters(bench);
  Account due;
  std::optional<std::uint32_t> sequence;
  const auto account = [&](Pipeline pipeline, const Outcome& outcome) {
    if (!outcome.event) return;
    ++due[{pipeline, outcome.event->reason}];
    if (sequence) bench.expect(outcome.event->sequence == *sequence + 1, "the sequence numbers of events have no gap");
    sequence = outcome.event->sequence;
  };
  for (const auto& bad : reference.bad_requests()) account(Pipeline::REQUEST, bench.request(bad.record));
  for (const auto& bad : reference.bad_answers()) {
    const Outcome request = bench.request(reference.write(Reference::note(1, 'x', 3)));
    account(Pipeline::REQUEST, request);
    if (request.accepted()) account(Pipeline::RESPONSE, bench.response(request.event->transaction, bad.record));
  }
  account(Pipeline::RESPONSE, bench.response(0x00ABCDEF, reference.good_answer(Reference::read_note)));
  expect_account(bench, before, due);

  // The management port takes nothing: slots fill, then rejections are counted as lost, and nothing is released.
  before = counters(bench);
  const std::uint32_t lost_before = bench.read(layout::reg::EVENTS_LOST);
  bench.events();
  bench.session().set_ready(Port::management, false);
  constexpr std::uint32_t too_many = 5;
  for (std::uint32_t i = 0; i < slots + too_many; ++i) {
    bench.send_record(Port::low, bench.next_tag(), "X");
    bench.session().settle();
  }
  bench.send_record(Port::low, bench.next_tag(), reference.read(1));
  bench.expect_silence(Port::high, "although no audit slot was left for it");
  bench.session().set_ready(Port::management, true);
  const auto held = bench.events();
  bench.expect(held.size() == slots, fmt::format("{} events are held while nobody takes them, {} came", slots, held.size()));
  for (std::size_t i = 1; i < held.size(); ++i) {
    if (!bench.expect(held[i].sequence == held[i - 1].sequence + 1, "held events come in order, lost ones take no number")) break;
  }
  bench.expect(bench.read(layout::reg::EVENTS_LOST) - lost_before == too_many + 1, "every lost event is counted");
  expect_account(bench, before, {{{Pipeline::REQUEST, Reason::NO_TRANSITION}, slots + too_many}, {{Pipeline::REQUEST, Reason::OVERLOAD}, 1}});
  bench.expect(bench.read(layout::reg::OUTSTANDING) == 0, "a request without an audit slot opens no transaction");
  bench.pass(reference.read(1));
}

void limits(Bench& bench) {
  const Reference& reference = bench.reference();
  bench.activate(reference.first().compiled.image);

  // Length: judged at the first fragment, the rest is passed over in silence.
  const std::uint32_t limit = reference.first().image.max_record_bytes();
  for (const std::uint32_t length : {limit + 1, limit + 2000, 0xFFFFFFFFU}) {
    auto frames = Bench::frames_of(Port::low, bench.next_tag(), std::string(limit + 2000, 'L'));
    for (Frame& frame : frames) {  // the header's length, with the fragments of a shorter one
      for (int i = 0; i < 4; ++i) frame[layout::ETHERNET_HEADER_BYTES + 8 + static_cast<unsigned>(i)] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
    }
    bench.send(Port::low, frames[0]);
    const auto event = bench.event("a record above the limit");
    bench.expect(event && event->reason == Reason::TOO_LONG && event->offset == limit && event->length == length,
                 fmt::format("a record of {} bytes is TOO_LONG at {}", length, limit));
    if (length == limit + 2000) {
      bench.send(Port::low, frames[1]);
      bench.expect(bench.events().empty(), "the rest of a record with a verdict is passed over");
    }
  }
  // The text fills what the rest leaves; the content-length of an empty one has two digits less.
  const auto filled = [&](std::size_t text) {
    return reference.write(R"({"number":5,"text":")" + std::string(text, 'm') + R"(","kind":"URGENT","reply":{"number":1}})");
  };
  const std::string longest = filled(limit - filled(0).size() - 2);
  bench.require(longest.size() == limit, fmt::format("the kit's longest record has {} bytes, not {}", longest.size(), limit));
  bench.free(bench.pass(longest));
  overload(bench);
  timeouts(bench);
}

namespace {

void overload(Bench& bench) {
  const Reference& reference = bench.reference();
  const std::uint32_t buffers = layout::limits_of(reference.first().image.geometry()).record_buffers;

  // Buffers: HIGH takes nothing.
  bench.session().set_ready(Port::high, false);
  for (std::uint32_t i = 0; i < buffers; ++i) {
    bench.send_record(Port::low, bench.next_tag(), i % 2 == 0 ? reference.read(i + 1) : reference.count());
    bench.session().settle();
  }
  bench.events();  // of the first, which was handed to the port
  bench.send_record(Port::low, bench.next_tag(), reference.read(9));
  const auto event = bench.event("a record without a buffer");
  bench.expect(event && event->reason == Reason::OVERLOAD && event->tag == bench.last_tag() && event->offset == 0,
               fmt::format("with {} records held the next is OVERLOAD", buffers));
  bench.session().set_ready(Port::high, true);
  const auto left = bench.records(Port::high);
  bench.expect(left.size() == buffers, fmt::format("the {} held records leave when the port takes them, {} left", buffers, left.size()));
  bench.events();
  for (const Left& one : left) bench.free(one.tag);

  // Caps: of an endpoint, and of all together.
  const auto cap = reference.first().image.endpoints()[Reference::read_note].outstanding_cap;
  const auto all = reference.first().image.max_outstanding();
  std::vector<std::uint32_t> open;
  for (unsigned i = 0; i < cap; ++i) open.push_back(bench.pass(reference.read(i + 1)));
  Outcome outcome = bench.request(reference.read(100));
  bench.expect(outcome.event && outcome.event->reason == Reason::OVERLOAD && outcome.event->endpoint == Reference::read_note && outcome.left.empty(),
               fmt::format("a {}th open request of one endpoint is OVERLOAD and names the endpoint", cap + 1));
  while (open.size() < all) open.push_back(bench.pass(reference.count()));
  outcome = bench.request(reference.count());
  bench.expect(outcome.event && outcome.event->reason == Reason::OVERLOAD && outcome.left.empty(),
               fmt::format("a {}th open request of all is OVERLOAD", all + 1));
  bench.expect(bench.read(layout::reg::OUTSTANDING) == all, "OUTSTANDING counts the open requests");
  for (const std::uint32_t id : open) bench.free(id);
  bench.free(bench.pass(reference.read(101)));
}

void timeouts(Bench& bench) {
  const Reference& reference = bench.reference();
  // Of an open record.
  const std::string two_frames = reference.write(Reference::note(8, 't', 1600));
  auto frames = Bench::frames_of(Port::low, bench.next_tag(), two_frames);
  bench.send(Port::low, frames[0]);
  bench.session().tick(layout::RECORD_TIMEOUT_TICKS);
  bench.expect(bench.events().empty(), "an open record may take ten ticks");
  bench.send(Port::low, frames[1]);
  auto left = bench.records(Port::high);
  bench.expect(left.size() == 1, "a record that is complete at the tenth tick passes");
  for (const Left& one : left) bench.free(one.tag);
  bench.events();

  frames = Bench::frames_of(Port::low, bench.next_tag(), two_frames);
  bench.send(Port::low, frames[0]);
  bench.session().tick(layout::RECORD_TIMEOUT_TICKS + 1);
  const auto dropped = bench.event("a record open for eleven ticks");
  bench.expect(dropped && dropped->reason == Reason::TIMEOUT && dropped->length == two_frames.size(), "at the eleventh tick an open record is TIMEOUT");
  bench.send(Port::low, frames[1]);
  bench.expect_silence(Port::high, "of a record that timed out");
  bench.expect(bench.events().empty(), "the rest of a record that timed out is passed over");

  // Of an outstanding request.
  const std::uint32_t ticks = reference.first().image.response_timeout_ticks();
  const std::uint32_t id = bench.pass(reference.read(1));
  const std::uint32_t tag = bench.last_tag();
  bench.session().tick(ticks);
  bench.expect(bench.events().empty(), "a request may wait for its answer as long as the image says");
  bench.session().tick();
  const auto expired = bench.event("a request without an answer");
  bench.expect(expired && expired->kind == layout::EventKind::TRANSACTION && expired->reason == Reason::TIMEOUT && expired->tag == tag &&
                   expired->transaction == id && expired->endpoint == Reference::read_note,
               "a tick later it is TIMEOUT, with tag, id and endpoint");
  bench.expect(bench.read(layout::reg::OUTSTANDING) == 0, "a request that timed out is no longer outstanding");
}

}  // namespace

}  // namespace sluice::conformance::procedure
