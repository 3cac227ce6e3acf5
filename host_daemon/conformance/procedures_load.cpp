// SPDX-License-Identifier: Apache-2.0
// SLC-05: which images a device takes, and that a swap leaves no record between two of them. Signatures are not part of it yet.
#include <fmt/format.h>

#include <functional>

#include "conformance/procedure.hpp"
#include "link/management_client.hpp"

namespace sluice::conformance::procedure {
namespace {

using layout::LoadStatus;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t word = 8;

// An image is little-endian words: bits `from`.. of word `index`.
void put(Bytes& image, std::size_t index, unsigned from, unsigned bits, std::uint64_t value) {
  for (unsigned i = 0; i < bits; i += 8) image[index * word + (from + i) / 8] = static_cast<std::uint8_t>(value >> i);
}

struct BadImage {
  std::string name;
  LoadStatus status;
  Bytes image;
};

std::vector<BadImage> bad_images(const Reference& reference) {
  const Bytes& good = reference.second().compiled.image;
  std::vector<BadImage> out;
  const auto add = [&](std::string name, LoadStatus status, const std::function<void(Bytes&)>& change) {
    Bytes image = good;
    change(image);
    out.push_back({std::move(name), status, std::move(image)});
  };
  const std::uint64_t serial = reference.first().image.serial();
  const auto limits = layout::limits_of(reference.first().image.geometry());
  add("a foreign magic", LoadStatus::BAD_MAGIC, [](Bytes& b) { put(b, 0, 0, 8, 0x00); });
  add("a later format", LoadStatus::BAD_VERSION, [](Bytes& b) { put(b, 0, 32, 16, layout::IMAGE_FORMAT_VERSION + 1); });
  add("another geometry", LoadStatus::BAD_GEOMETRY, [](Bytes& b) { put(b, 0, 48, 8, static_cast<unsigned>(layout::Geometry::TINY)); });
  add("an undefined mode", LoadStatus::BAD_MODE, [](Bytes& b) { put(b, 0, 56, 8, 0xFF); });
  add("the active serial again", LoadStatus::BAD_SERIAL, [&](Bytes& b) { put(b, 1, 0, 64, serial); });
  add("an older serial", LoadStatus::BAD_SERIAL, [&](Bytes& b) { put(b, 1, 0, 64, serial - 1); });
  add("records of no bytes", LoadStatus::BAD_LIMIT, [](Bytes& b) { put(b, 2, 32, 32, 0); });
  add("records longer than a buffer", LoadStatus::BAD_LIMIT, [&](Bytes& b) { put(b, 2, 32, 32, limits.record_bytes + 1); });
  add("a stack deeper than the device's", LoadStatus::BAD_LIMIT, [&](Bytes& b) { put(b, 3, 0, 16, limits.depth + 1); });
  add("more transactions than the device has", LoadStatus::BAD_LIMIT, [&](Bytes& b) { put(b, 3, 16, 16, limits.transactions + 1); });
  add("more entries than the device has", LoadStatus::BAD_LENGTH, [](Bytes& b) { put(b, 4, 0, 16, 0xFFFF); });
  add("contradicting lengths", LoadStatus::BAD_LENGTH, [](Bytes& b) { b[2 * word] ^= 1; });
  add("a changed bit in a class map", LoadStatus::BAD_PARITY, [](Bytes& b) { b[(layout::IMAGE_HEADER_WORDS + 'a') * word] ^= 0x04; });
  add("a changed bit in an entry", LoadStatus::BAD_PARITY,
      [](Bytes& b) { b[(layout::IMAGE_HEADER_WORDS + layout::CLASS_MAP_WORDS + 3) * word] ^= 0x10; });
  add("a reserved bit in an entry", LoadStatus::BAD_WORD,
      [](Bytes& b) {  // with the parity made right again
        const std::size_t entry = (layout::IMAGE_HEADER_WORDS + layout::CLASS_MAP_WORDS + 3) * word;
        b[entry + 7] ^= 0x80;
        b[entry + (layout::Entry::used_bits - 1) / 8] ^= static_cast<std::uint8_t>(1U << (layout::Entry::used_bits - 1) % 8);
      });
  add("words behind the last", LoadStatus::BAD_LENGTH, [](Bytes& b) { b.resize(b.size() + word); });
  return out;
}

void expect_active(Bench& bench, const Release& release, std::uint32_t epoch, std::string_view when) {
  const std::uint64_t serial = std::uint64_t{bench.read(layout::reg::SERIAL_HIGH)} << 32 | bench.read(layout::reg::SERIAL_LOW);
  bench.expect(serial == release.image.serial() && bench.read(layout::reg::EPOCH) == epoch,
               fmt::format("serial {} of epoch {} is active {}", release.image.serial(), epoch, when));
  bool digest = true;
  for (std::uint16_t i = 0; i < 8; ++i) {
    const std::uint32_t value = bench.read(static_cast<std::uint16_t>(layout::reg::DIGEST + i));
    for (unsigned j = 0; j < 4; ++j) digest = digest && static_cast<std::uint8_t>(value >> 8 * j) == release.image.digest()[4U * i + j];
  }
  bench.expect(digest, fmt::format("the digest of the active image is shown {}", when));
  const Outcome outcome = bench.request(bench.reference().read(1, release.host));
  bench.expect(outcome.accepted() && outcome.left.size() == 1, fmt::format("requests of the active image pass {}", when));
  if (outcome.accepted()) bench.free(outcome.event->transaction);
}

// Requests that are good under one release alone.
void expect_language(Bench& bench, const Release& active, const Release& other, std::string_view when) {
  const Reference& reference = bench.reference();
  Outcome outcome = bench.request(reference.count(active.host));
  bench.expect(outcome.accepted(), fmt::format("the active image judges {}", when));
  if (outcome.accepted()) bench.free(outcome.event->transaction);
  outcome = bench.request(reference.count(other.host));
  bench.expect(!outcome.accepted() && outcome.left.empty(), fmt::format("the other image does not judge {}", when));
}

void swap_under_way(Bench& bench) {
  const Reference& reference = bench.reference();
  const Release& first = reference.first();
  const Release& second = reference.second();
  // A transaction and an open record of the old image.
  const std::uint32_t old_id = bench.pass(reference.read(1, first.host));
  const std::string open = reference.write(Reference::note(2, 's', 1600), first.host);
  const std::uint32_t open_tag = bench.next_tag();
  const auto frames = Bench::frames_of(Port::low, open_tag, open);
  bench.send(Port::low, frames[0]);
  bench.require(bench.upload(second.compiled.image) == LoadStatus::OK, "the second release loads beside the active one");
  bench.expect(bench.take_answer() == std::nullopt, "no answer is left over");
  bench.send_management(link::make_write(0xEE, layout::reg::COMMAND, static_cast<std::uint32_t>(layout::Command::ACTIVATE)));
  bench.expect(!bench.take_answer(), "ACTIVATE waits for the record that is open");
  // What starts now belongs to no image. (At HIGH: the open record is LOW's.)
  bench.send_record(Port::high, old_id, reference.good_answer(Reference::read_note));
  auto event = bench.event("a record that starts while a swap waits");
  bench.expect(event && event->reason == Reason::SWAPPED, "a record that starts while a swap waits is SWAPPED");
  bench.expect_silence(Port::low, "while a swap waited");
  // The open one finishes under the image that it began with.
  bench.send(Port::low, frames[1]);
  const auto left = bench.records(Port::high);
  bench.expect(left.size() == 1 && left.front().text == open, "the open record finishes under the image that it began with");
  const auto events = bench.events();
  bench.expect(events.size() == 2 && events.front().reason == Reason::ACCEPTED && events.back().kind == layout::EventKind::IMAGE,
               "the record's verdict, then the activation");
  if (events.size() == 2) {
    bench.expect(events.back().epoch == events.front().epoch + 1, "the record is audited under the old epoch, the activation under the new one");
  }
  const auto answer = bench.take_answer();
  bench.expect(answer && answer->sequence == 0xEE && static_cast<LoadStatus>(answer->value) == LoadStatus::OK, "then ACTIVATE is done");
  // Transactions of the old image are void.
  bench.expect(bench.read(layout::reg::OUTSTANDING) == 0, "a swap voids the outstanding transactions");
  if (!left.empty()) {
    const Outcome outcome = bench.response(left.front().tag, reference.good_answer(Reference::write_note));
    bench.expect(outcome.event && outcome.event->reason == Reason::NO_REQUEST && outcome.left.empty(), "an answer of before the swap is NO_REQUEST");
  }
}

}  // namespace

void image_acceptance(Bench& bench) {
  const Reference& reference = bench.reference();
  const Release& first = reference.first();
  const Release& second = reference.second();

  bench.require(bench.read(layout::reg::IDENTITY) == layout::DEVICE_IDENTITY, "IDENTITY is a Sluice device's");
  bench.expect((bench.read(layout::reg::STATUS) & 1U) == 0, "out of reset no image is active");
  Outcome outcome = bench.request(reference.read(1));
  bench.expect(outcome.event && outcome.event->reason == Reason::NO_IMAGE && outcome.left.empty(), "out of reset nothing passes: NO_IMAGE");
  bench.expect(bench.command(layout::Command::ACTIVATE) == LoadStatus::IDLE, "ACTIVATE without a load is IDLE");

  bench.activate(first.compiled.image);
  bench.expect((bench.read(layout::reg::STATUS) & 0x11U) == 0x11U, "an active image without a signature is shown as such");
  expect_active(bench, first, 1, "after the first load");

  for (const auto& [name, status, image] : bad_images(reference)) {
    const LoadStatus got = bench.upload(image);
    bench.expect(got == status, fmt::format("an image with {} is {}, it got {}", name, layout::name_of(status), layout::name_of(got)));
    bench.expect(bench.command(layout::Command::ACTIVATE) != LoadStatus::OK, fmt::format("an image with {} does not become active", name));
    expect_active(bench, first, 1, "after an image with " + name);
  }
  // Half an image, and one given up.
  Bytes half(second.compiled.image.begin(), second.compiled.image.begin() + static_cast<std::ptrdiff_t>(second.compiled.image.size() / 16 * word));
  bench.expect(bench.upload(half) == LoadStatus::OK, "half an image may come");
  bench.expect(bench.command(layout::Command::ACTIVATE) == LoadStatus::INCOMPLETE, "half an image is INCOMPLETE");
  bench.command(layout::Command::ABORT);
  expect_active(bench, first, 1, "after a load that was given up");
  expect_language(bench, first, second, "before the swap");

  swap_under_way(bench);
  expect_active(bench, second, 2, "after the swap");
  expect_language(bench, second, first, "after the swap");
  const LoadStatus back = bench.upload(first.compiled.image);
  bench.expect(back == LoadStatus::BAD_SERIAL, fmt::format("the older release does not come back: BAD_SERIAL, it got {}", layout::name_of(back)));
}

}  // namespace sluice::conformance::procedure
