// SPDX-License-Identifier: Apache-2.0
// SLC-06 and SLC-07: the device against the independent judge, which shares nothing with the compiler, and against the engine.
#include <fmt/format.h>

#include <map>
#include <optional>

#include "conformance/generator.hpp"
#include "conformance/procedure.hpp"
#include "engine/engine.hpp"

namespace sluice::conformance::procedure {
namespace {

constexpr unsigned records_per_procedure = 400;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A request of that endpoint, to go ahead of a response.
std::string opener(const Reference& reference, std::uint16_t endpoint) {
  if (endpoint == Reference::write_note) return reference.write(Reference::note(1, 'o', 2));
  return endpoint == Reference::read_note ? reference.read(1) : reference.count();
}

// Puts one record through the device; transactions are free again afterwards.
Outcome judged(Bench& bench, const Sample& sample) {
  if (sample.pipeline == Pipeline::RESPONSE) {
    return bench.response(bench.pass(opener(bench.reference(), sample.endpoint)), sample.record);
  }
  Outcome outcome = bench.request(sample.record);
  if (outcome.accepted()) bench.free(outcome.event->transaction);
  return outcome;
}

std::string described(const Sample& sample) {
  return fmt::format("{} {}", layout::name_of(sample.pipeline), shown(sample.record));
}

}  // namespace

void schema_language(Bench& bench) {
  const Reference& reference = bench.reference();
  bench.activate(reference.first().compiled.image);
  const judge::Judge& judge = reference.judge();
  unsigned accepted = 0, rejected = 0, deep = 0;
  const auto compare = [&](const Sample& sample) {
    const Outcome outcome = judged(bench, sample);
    if (!outcome.event) return;
    if (outcome.event->reason == Reason::DEPTH) {  // a limit of the image, not of the schema
      ++deep;
      return;
    }
    const judge::Verdict second = sample.pipeline == Pipeline::REQUEST
                                      ? judge.request(bytes_of(sample.record))
                                      : judge.response(reference.symbols().endpoint_name(sample.endpoint), bytes_of(sample.record));
    ++(second.accepted ? accepted : rejected);
    bench.expect(outcome.accepted() == second.accepted,
                 fmt::format("the device says {} at {}, the schema {}{}: {}", layout::name_of(outcome.event->reason), outcome.event->offset,
                             second.accepted ? "allows it" : "does not allow it: ", second.message, described(sample)));
    bench.expect(outcome.left.size() == (second.accepted ? 1U : 0U), "what the schema allows passes, and nothing else: " + described(sample));
  };
  for (const auto& [name, record] : reference.bad_requests()) compare({Pipeline::REQUEST, 0, record});
  for (const auto& [name, record] : reference.bad_answers()) compare({Pipeline::RESPONSE, Reference::write_note, record});
  Generator generator(reference, 0x534C4306);
  for (unsigned i = 0; i < records_per_procedure; ++i) compare(generator.next());
  bench.expect(accepted >= records_per_procedure / 4 && rejected >= records_per_procedure / 4,
               fmt::format("both kinds of records are tried: {} allowed, {} not", accepted, rejected));
  bench.note(fmt::format("{} records allowed by the schema, {} not, {} too deep for the image", accepted, rejected, deep));
}

void same_verdict(Bench& bench) {
  const Reference& reference = bench.reference();
  const engine::Image& image = reference.first().image;
  bench.activate(reference.first().compiled.image);
  std::map<Reason, unsigned> met;
  const auto compare = [&](const Sample& sample) {
    const engine::Verdict wanted = engine::judge(image, sample.pipeline, sample.endpoint, bytes_of(sample.record));
    const Outcome outcome = judged(bench, sample);
    if (!outcome.event) return;
    const Event& event = *outcome.event;
    ++met[wanted.reason];
    bench.expect(event.reason == wanted.reason && event.offset == wanted.offset,
                 fmt::format("the device says {} at {}, the engine {} at {}: {}", layout::name_of(event.reason), event.offset,
                             layout::name_of(wanted.reason), wanted.offset, described(sample)));
    if (event.reason != wanted.reason || wanted.reason == Reason::TOO_LONG) return;
    bench.expect(event.endpoint == wanted.endpoint && event.length == sample.record.size(), "the event names endpoint and length: " + described(sample));
    bench.expect(event.depth == wanted.depth && event.base == wanted.base && event.symbol_class == wanted.symbol_class &&
                     event.frames == wanted.frames && event.return_bases == wanted.return_bases && event.registers == wanted.registers,
                 "the event reports the engine's state: " + described(sample));
  };
  for (const auto& [name, record] : reference.bad_requests()) compare({Pipeline::REQUEST, 0, record});
  for (const auto& [name, record] : reference.bad_answers()) compare({Pipeline::RESPONSE, Reference::write_note, record});
  compare({Pipeline::REQUEST, 0, std::string(image.max_record_bytes() + 1, 'L')});
  Generator generator(reference, 0x534C4307);
  for (unsigned i = 0; i < records_per_procedure; ++i) compare(generator.next());
  std::string list;
  for (const auto& [reason, times] : met) list += fmt::format("{}{} {}", list.empty() ? "" : ", ", layout::name_of(reason), times);
  bench.note(list);
  // Reasons that JSON records of this policy can meet: a run without one of them says little.
  for (const Reason reason : {Reason::ACCEPTED, Reason::NO_TRANSITION, Reason::ORDER, Reason::TOO_FEW, Reason::TOO_MANY, Reason::LENGTH,
                              Reason::DEPTH, Reason::TOO_LONG}) {
    bench.expect(met[reason] != 0, fmt::format("{} is met", layout::name_of(reason)));
  }
}

}  // namespace sluice::conformance::procedure
