// SPDX-License-Identifier: Apache-2.0
#include "levels/mutant_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "levels/record_text.hpp"
#include "levels/spell.hpp"

namespace sluice::test {

using layout::Control;
using layout::Pipeline;

namespace {

constexpr std::size_t kPlaces = 12;     // by base
constexpr std::size_t kPartings = 400;  // tried

const compiler::PackedTable& table_of(const compiler::CompileResult& policy, Pipeline pipeline) {
  return pipeline == Pipeline::REQUEST ? policy.request_table : policy.response_table;
}

const auto& limits(const compiler::CompileResult& policy) {
  return policy.schema.loaded->policy.limits();
}

bool same(const engine::Verdict& a, const engine::Verdict& b) {
  return a.reason == b.reason && a.offset == b.offset && a.endpoint == b.endpoint;
}

}  // namespace

std::string_view text_of(Finding finding) {
  static constexpr std::array<std::string_view, kFindings> kTexts = {
      "noticed by a record of the campaign",
      "noticed by such a record with one symbol replaced where the changed word is read",
      "noticed by a record made for the place where original and change part",
      "refused at load",
      "without effect: no reachable state reads the changed word",
      "without effect: what reads the changed word needs more than the longest record",
      "without effect: every first step that reads it ends or goes on alike",
      "without effect: original and change step alike for ever after",
      "not accounted for",
  };
  return kTexts[static_cast<std::size_t>(finding)];
}

MutantCheck::Side::Side(const ImageWords& words, const compiler::CompileResult& policy,
                        Pipeline pipeline)
    : view(words.view(policy.image, pipeline)),
      reach(view, table_of(policy, pipeline).starts, limits(policy).max_record_bytes(),
            limits(policy).max_depth()),
      product(reach, view) {}

MutantCheck::MutantCheck(const compiler::CompileResult& policy, std::size_t records,
                         std::uint64_t seed)
    : policy_(policy),
      words_(policy),
      original_(std::get<engine::Image>(engine::Image::load(policy.image))),
      sides_{Side(words_, policy, Pipeline::REQUEST), Side(words_, policy, Pipeline::RESPONSE)} {
  RecordSource source(policy, seed);
  for (std::size_t i = 0; i < records; ++i) {
    Case c = source.next();
    const auto verdict = judge(original_, c);
    tried_.push_back({std::move(c), verdict});
    if (!verdict.accepted()) continue;
    note_places(i);
    const std::string& record = tried_.back().record.record;
    auto& block = header_block_[static_cast<std::size_t>(tried_.back().record.pipeline)];
    const std::size_t line = record.find("\r\n"), body = record.find("\r\n\r\n");
    if (block.empty() && body + 4 < record.size()) block = record.substr(line, body + 4 - line);
  }
}

engine::Verdict MutantCheck::judge(const engine::Image& image, const Case& c) {
  return engine::judge(image, c.pipeline,
                       c.pipeline == Pipeline::REQUEST ? std::uint16_t{0} : c.endpoint,
                       {reinterpret_cast<const std::uint8_t*>(c.record.data()), c.record.size()});
}

bool MutantCheck::differs(const engine::Image& changed, const Case& c) const {
  return !same(judge(original_, c), judge(changed, c));
}

// Which bases the original passes on a record, and where: a plain walk over the table, to the last
// symbol that it can read.
std::vector<std::pair<std::uint16_t, std::size_t>> MutantCheck::places(const Case& c) const {
  const TableView& view = sides_[static_cast<std::size_t>(c.pipeline)].view;
  std::vector<std::pair<std::uint16_t, std::size_t>> out;
  std::vector<std::uint16_t> returns;
  std::uint16_t base =
      table_of(policy_, c.pipeline).starts[c.pipeline == Pipeline::REQUEST ? 0 : c.endpoint - 1u];
  for (std::size_t at = 0;;) {
    out.emplace_back(base, at);
    const bool end = at == c.record.size();
    const layout::Entry* entry =
        view.find(base, end ? kEndSymbol : static_cast<std::uint8_t>(c.record[at]));
    if (entry == nullptr || entry->control == Control::ACCEPT) return out;
    if (entry->control == Control::RET || entry->control == Control::REDO) {
      if (returns.empty()) return out;
      base = returns.back();
      returns.pop_back();
      if (entry->control == Control::RET && !end) ++at;
      continue;
    }
    if (end) return out;
    if (entry->control == Control::CALL) returns.push_back(view.actions[entry->action].operand);
    base = entry->next;
    ++at;
  }
}

void MutantCheck::note_places(std::size_t index) {
  const Case& c = tried_[index].record;
  for (const auto& [base, at] : places(c)) {
    auto& list = sides_[static_cast<std::size_t>(c.pipeline)].passing[base];
    if (list.size() < kPlaces && (list.empty() || list.back().first != index))
      list.emplace_back(index, at);
  }
}

// Every symbol that is read otherwise, at places of accepted records.
bool MutantCheck::by_symbol(const Side& side, const TableView& view,
                            const engine::Image& changed) const {
  for (const auto& [base, places] : side.passing) {
    for (int symbol : readings(side.view, view, base)) {
      for (const auto& [index, at] : places) {
        Case c = tried_[index].record;
        if (symbol == kEndSymbol) {
          c.record.resize(at);
        } else if (at < c.record.size()) {
          c.record[at] = static_cast<char>(symbol);
        } else {
          c.record.push_back(static_cast<char>(symbol));
        }
        if (differs(changed, c)) return true;
        if (symbol == kEndSymbol) mend_length(c.record);
        if (differs(changed, c)) return true;
      }
    }
  }
  return false;
}

// The way to a parting as a record, with what may follow.
bool MutantCheck::by_directed(const Side& side, const Product::Parting& parting, Pipeline pipeline,
                              const engine::Image& changed) const {
  auto text = spell(side.reach, side.view, parting);
  if (!text) return false;
  // The shortest header block has no content-length, and then CHECK_END allows no body: a way into
  // a body gets the block of a record that has one.
  const std::size_t line = text->find("\r\n"), body = text->find("\r\n\r\n");
  if (body != std::string::npos && body + 4 < text->size()) {
    text->replace(line, body + 4 - line, header_block_[static_cast<std::size_t>(pipeline)]);
  }
  const auto& starts = table_of(policy_, pipeline).starts;
  const auto endpoint = std::find(starts.begin(), starts.end(), parting.start) - starts.begin() + 1;
  if (parting.symbol < kEndSymbol) text->push_back(static_cast<char>(parting.symbol));
  std::vector<std::string> tails = {"", "}", "\r\n\r\n", std::string(32, 'a')};
  // Ends of numbers and strings, so that the original leaves its frame.
  for (const std::string end : {"", "0", "1", "21", "+21", "-7", "\"", "0\"", "\"5", "0\"5"}) {
    for (const std::string behind : {",\"", "}", "}]}]}", " HTTP/1.1\r\nh", "&z"})
      tails.push_back(end + behind);
  }
  // What followed in accepted records that came to the same place.
  const auto came_by = places({pipeline, static_cast<std::uint16_t>(endpoint), *text, false});
  for (std::size_t i = came_by.size(); i-- > 0 && came_by[i].second == text->size();) {
    const auto found = side.passing.find(came_by[i].first);
    if (found == side.passing.end()) continue;
    for (const auto& [index, at] : found->second)
      tails.push_back(tried_[index].record.record.substr(at));
  }
  for (const std::string& tail : tails) {
    for (bool mend : {true, false}) {
      Case c{pipeline, static_cast<std::uint16_t>(endpoint), *text + tail, false};
      if (mend) mend_length(c.record);
      if (differs(changed, c)) return true;
    }
  }
  return false;
}

Finding MutantCheck::check(const ImageChange& change, std::string& hint) const {
  const auto loaded = engine::Image::load(change.image);
  if (!std::holds_alternative<engine::Image>(loaded)) return Finding::refused;
  const auto& changed = std::get<engine::Image>(loaded);
  const Side& side = sides_[static_cast<std::size_t>(change.pipeline)];
  const TableView view = words_.view(change.image, change.pipeline);
  const Product::Result result = side.product.explore(view, kPartings);

  Finding found = Finding::unexplained;
  if (std::any_of(tried_.begin(), tried_.end(), [&](const Tried& t) {
        return t.record.pipeline == change.pipeline && !same(judge(changed, t.record), t.verdict);
      })) {
    found = Finding::noticed_by_record;
  } else if (by_symbol(side, view, changed)) {
    found = Finding::noticed_by_symbol;
  } else if (std::any_of(result.partings.begin(), result.partings.end(), [&](const auto& p) {
               return by_directed(side, p, change.pipeline, changed);
             })) {
    found = Finding::noticed_by_directed;
  }
  if (result.proof == Product::Proof::none) {
    if (found == Finding::unexplained) {
      hint = fmt::format("{} partings", result.partings.size());
      if (!result.partings.empty()) {
        const auto text = spell(side.reach, side.view, result.partings.front());
        hint += fmt::format(", the first on symbol {} after: {}", result.partings.front().symbol,
                            text.value_or("(no spelling)"));
      }
    }
    return found;
  }
  if (found != Finding::unexplained) {
    throw std::logic_error("proved to be without effect and yet noticed: " + change.text);
  }
  switch (result.proof) {
    case Product::Proof::unread:
      return Finding::unread;
    case Product::Proof::too_far:
      return Finding::too_far;
    case Product::Proof::alike:
      return Finding::alike;
    default:
      return Finding::equivalent;
  }
}

}  // namespace sluice::test
