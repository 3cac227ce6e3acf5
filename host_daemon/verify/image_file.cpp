// SPDX-License-Identifier: Apache-2.0
#include "verify/image_file.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <set>

namespace sluice::verify {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

// Walks over the file's words.
class Words {
 public:
  explicit Words(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint64_t next() {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 8; ++i) word |= std::uint64_t{bytes_[at_ * 8 + i]} << (8 * i);
    ++at_;
    return word;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

// One section of words: unpacked, with parity and reserved bits checked.
template <typename Word>
std::vector<Word> read_section(Words& words, std::size_t count, const std::string& what, Findings& findings) {
  std::vector<Word> out;
  for (std::size_t i = 0; i < count; ++i) {
    typename Word::Storage storage{};
    if constexpr (Word::storage_words == 1) {
      storage = words.next();
    } else {
      for (auto& part : storage) part = words.next();
    }
    if (!Word::parity_ok(storage, static_cast<std::uint32_t>(i))) findings.add("parity", what + " " + number(i) + ": wrong parity");
    if (!Word::reserved_clear(storage)) findings.add("words", what + " " + number(i) + ": reserved bits are set");
    out.push_back(Word::unpack(storage));
  }
  return out;
}

bool is_empty(const layout::Action& a) {
  return a.register_op == layout::RegisterOp::NONE && a.accumulator_op == layout::AccumulatorOp::NONE && a.accumulator_group == 0 &&
         a.key_op == layout::KeyOp::NONE && a.tag == 0 && a.operand == 0 && a.register_arg == 0 && a.register_min == 0;
}

void check_actions(const Table& table, const ImageFile& image, const std::string& what, Findings& findings) {
  using layout::AccumulatorOp;
  if (!is_empty(table.actions[0])) findings.add("words", what + " action 0 is not the empty action");
  for (std::size_t i = 0; i < table.actions.size(); ++i) {
    const layout::Action& a = table.actions[i];
    const std::string name = what + " action " + number(i);
    if (!layout::is_defined(a.accumulator_op)) findings.add("words", name + ": undefined accumulator operation");
    if (a.accumulator_op != AccumulatorOp::GROUP && a.accumulator_group != 0) findings.add("words", name + ": a group number without GROUP");
    if (a.tag >= image.endpoints.size()) findings.add("words", name + ": tag " + number(a.tag) + " names no endpoint");
    if (!table.request() && a.tag != 0) findings.add("words", name + ": a tag in the response pipeline");
    const bool sets = a.register_op == layout::RegisterOp::SET || a.register_op == layout::RegisterOp::SET_AGAIN;
    if (!sets && a.register_min != 0) findings.add("words", name + ": a register minimum without SET");
    if (a.register_op == layout::RegisterOp::NONE && a.register_arg != 0) findings.add("words", name + ": a register argument without operation");
  }
}

void check_entries(const Table& table, const std::string& what, Findings& findings) {
  using layout::Control;
  for (std::size_t slot = 0; slot < table.entries.size(); ++slot) {
    const layout::Entry& e = table.entries[slot];
    const std::string name = what + " entry " + number(slot);
    if (e.action >= table.actions.size()) {
      findings.add("words", name + ": action " + number(e.action) + " is not in the image");
      continue;
    }
    if (e.next >= table.slots) findings.add("words", name + ": next base " + number(e.next) + " is outside the geometry");
    if (e.control == Control::RESERVED) {
      if (e.label != 0 || e.next != 0 || e.action != 0) findings.add("unused", name + ": an unused slot that is not empty");
      continue;
    }
    const layout::Action& a = table.actions[e.action];
    const bool goes_on = e.control == Control::NEXT || e.control == Control::CALL || e.control == Control::CALL_LEN || e.control == Control::REDO_TO;
    if (!goes_on && e.next != 0) findings.add("words", name + ": " + std::string(layout::name_of(e.control)) + " with a next base");
    if (e.control == Control::NEXT && a.operand != 0) findings.add("words", name + ": NEXT with an operand");
    if ((e.control == Control::CALL || e.control == Control::CALL_LEN) && a.operand >= table.slots) {
      findings.add("words", name + ": return base " + number(a.operand) + " is outside the geometry");
    }
    if (e.control == Control::ACCEPT && e.label != layout::CLASS_END) findings.add("words", name + ": ACCEPT on a byte");
    if (e.label == layout::CLASS_END && (e.control == Control::NEXT || e.control == Control::CALL || e.control == Control::CALL_LEN)) {
      findings.add("words", name + ": " + std::string(layout::name_of(e.control)) + " on END");
    }
  }
  if (!table.entries.empty() && table.entries.back().control == Control::RESERVED) {
    findings.add("unused", what + " entry " + number(table.entries.size() - 1) + ": the last slot is unused, the section should end before it");
  }
}

}  // namespace

std::vector<std::uint16_t> ImageFile::starts(layout::Pipeline pipeline) const {
  std::set<std::uint16_t> out;
  if (pipeline == layout::Pipeline::REQUEST) {
    out.insert(head4.request_start);
  } else {
    for (std::size_t i = 1; i < endpoints.size(); ++i) out.insert(endpoints[i].response_base);
  }
  return {out.begin(), out.end()};
}

std::optional<ImageFile> read_image(std::span<const std::uint8_t> bytes, Findings& findings) {
  constexpr std::size_t kHeaderWords = 10, kDigestWords = layout::IMAGE_DIGEST_BYTES / 8;
  const auto broken = [&](const std::string& text) {
    findings.add("header", text);
    return std::nullopt;
  };
  if (bytes.size() % 8 != 0) return broken("the file has " + number(bytes.size()) + " bytes, not a whole number of 64-bit words");
  if (bytes.size() < (kHeaderWords + kDigestWords) * 8) return broken("the file is shorter than a header and a digest");
  Words words(bytes);
  ImageFile image;
  image.head0 = layout::ImageHead0::unpack(words.next());
  image.head1 = layout::ImageHead1::unpack(words.next());
  image.head2 = layout::ImageHead2::unpack(words.next());
  image.head3 = layout::ImageHead3::unpack(words.next());
  image.head4 = layout::ImageHead4::unpack(words.next());
  image.head5 = layout::ImageHead5::unpack(words.next());
  if (image.head0.magic != layout::IMAGE_MAGIC) return broken("the magic number is not that of an image");
  if (image.head0.format_version != layout::IMAGE_FORMAT_VERSION) {
    return broken("format version " + number(image.head0.format_version) + ", this checker reads " + number(layout::IMAGE_FORMAT_VERSION));
  }
  if (!layout::is_defined(image.head0.geometry) || image.head0.geometry == layout::Geometry::RESERVED) return broken("unknown geometry");
  if (!layout::is_defined(image.head0.mode) || image.head0.mode == layout::Mode::RESERVED) findings.add("header", "unknown mode");
  for (int i = 0; i < 4; ++i) {
    const std::uint64_t word = words.next();
    for (int b = 0; b < 8; ++b) image.name += static_cast<char>(word >> (8 * b) & 0xFF);
  }
  const std::size_t name_end = std::min(image.name.find('\0'), image.name.size());
  if (image.name.find_first_not_of('\0', name_end) != std::string::npos) findings.add("header", "the policy's name has bytes behind its end");
  image.name.resize(name_end);

  image.limits = layout::limits_of(image.head0.geometry);
  const std::size_t entries[2] = {std::size_t{image.head4.request_entries} + 1, std::size_t{image.head5.response_entries} + 1};
  const std::size_t actions[2] = {image.head4.request_actions, image.head5.response_actions};
  const std::size_t slots[2] = {image.limits.request_entries, image.limits.response_entries};
  std::size_t total = kHeaderWords + image.head5.endpoints + kDigestWords;
  for (std::size_t p = 0; p < 2; ++p) {
    if (entries[p] > slots[p]) return broken("more entries than the geometry has");
    if (actions[p] == 0 || actions[p] > image.limits.actions) return broken("no actions, or more than the geometry has");
    total += layout::CLASS_MAP_WORDS + entries[p] + 2 * actions[p];
  }
  if (image.head5.endpoints == 0 || image.head5.endpoints > image.limits.endpoints) return broken("no endpoint word, or more than the geometry has");
  if (image.head2.total_words != total) {
    return broken("the header says " + number(image.head2.total_words) + " words, its sections are " + number(total));
  }
  if (bytes.size() != total * 8) return broken("the file has " + number(bytes.size() / 8) + " words, the header says " + number(total));

  for (std::size_t p = 0; p < 2; ++p) {
    Table& table = image.tables[p];
    table.pipeline = static_cast<layout::Pipeline>(p);
    table.slots = static_cast<std::uint32_t>(slots[p]);
    table.ratio = p == 0 ? image.head4.request_ratio : image.head5.response_ratio;
    const std::string what = p == 0 ? "request" : "response";
    const auto maps = read_section<layout::ClassMap>(words, layout::CLASS_MAP_WORDS, what + " class map", findings);
    std::copy(maps.begin(), maps.end(), table.maps.begin());
    for (std::size_t b = 0; b < 256; ++b) {
      if (maps[b].map0 == layout::CLASS_END || maps[b].map1 == layout::CLASS_END) {
        findings.add("words", what + " class map " + number(b) + ": a byte has the class of END");
      }
    }
    table.entries = read_section<layout::Entry>(words, entries[p], what + " entry", findings);
    table.actions = read_section<layout::Action>(words, actions[p], what + " action", findings);
  }
  image.endpoints = read_section<layout::Endpoint>(words, image.head5.endpoints, "endpoint", findings);
  if (image.endpoints[0].response_base != 0 || image.endpoints[0].outstanding_cap != 0) findings.add("words", "endpoint 0 is not empty");
  for (std::size_t i = 1; i < image.endpoints.size(); ++i) {
    if (image.endpoints[i].response_base >= image.tables[1].slots) findings.add("words", "endpoint " + number(i) + ": base outside the geometry");
  }
  if (image.head4.request_start >= image.tables[0].slots) findings.add("header", "the request start is outside the geometry");

  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  const std::size_t covered = bytes.size() - digest.size();
  SHA256(bytes.data(), covered, digest.data());
  if (!std::equal(digest.begin(), digest.end(), bytes.begin() + static_cast<std::ptrdiff_t>(covered))) {
    findings.add("digest", "the SHA-256 at the end is not that of the content");
  }
  for (std::size_t i = covered; i < bytes.size(); ++i) {
    image.digest += "0123456789abcdef"[bytes[i] >> 4];
    image.digest += "0123456789abcdef"[bytes[i] & 15];
  }
  for (std::size_t p = 0; p < 2; ++p) {
    const bool usable = std::all_of(image.tables[p].entries.begin(), image.tables[p].entries.end(),
                                    [&](const layout::Entry& e) { return e.action < image.tables[p].actions.size(); });
    check_actions(image.tables[p], image, p == 0 ? "request" : "response", findings);
    check_entries(image.tables[p], p == 0 ? "request" : "response", findings);
    if (!usable) return std::nullopt;
  }
  return image;
}

void compare_with_policy(const ImageFile& image, const load::Loaded& loaded, Findings& findings) {
  const auto& policy = loaded.policy;
  const auto same = [&](const std::string& what, std::uint64_t in_image, std::uint64_t in_policy) {
    if (in_image != in_policy) findings.add("policy", what + ": the image says " + number(in_image) + ", the policy " + number(in_policy));
  };
  if (image.name != policy.name()) findings.add("policy", "name: the image says '" + image.name + "', the policy '" + policy.name() + "'");
  same("serial", image.head1.serial, policy.serial());
  same("geometry", static_cast<std::uint64_t>(image.head0.geometry), static_cast<std::uint64_t>(policy.geometry()));
  same("mode", static_cast<std::uint64_t>(image.head0.mode), static_cast<std::uint64_t>(policy.mode()));
  same("limits.maxRecordBytes", image.head2.max_record_bytes, policy.limits().max_record_bytes());
  same("limits.maxDepth", image.head3.max_depth, policy.limits().max_depth());
  same("limits.maxOutstanding", image.head3.max_outstanding, policy.limits().max_outstanding());
  same("limits.responseTimeoutMs (ticks)", image.head3.response_timeout_ticks,
       std::uint64_t{policy.limits().response_timeout_ms()} * layout::TICKS_PER_SECOND / 1000);
  same("endpoints", image.endpoints.size() - 1, loaded.endpoints.size());
  if (image.head2.max_record_bytes > image.limits.record_bytes || image.head3.max_depth > image.limits.depth ||
      image.head3.max_outstanding > image.limits.transactions) {
    findings.add("header", "a limit is above that of the geometry");
  }
  for (std::size_t i = 0; i < loaded.endpoints.size() && i + 1 < image.endpoints.size(); ++i) {
    same("outstanding cap of " + loaded.endpoints[i].name, image.endpoints[i + 1].outstanding_cap,
         std::min<std::uint32_t>(loaded.methods[loaded.endpoints[i].method].max_outstanding, 0xFFFF));
  }
}

}  // namespace sluice::verify
