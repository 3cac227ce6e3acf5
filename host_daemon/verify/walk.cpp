// SPDX-License-Identifier: Apache-2.0
#include "verify/walk.hpp"

#include <algorithm>

#include "verify/order_proof.hpp"

namespace sluice::verify {

using layout::AccumulatorOp;

Walk::Walk(const Table& table, const Speller& speller, std::uint32_t max_depth, std::uint32_t max_bytes, std::size_t tries)
    : table_(table), speller_(speller), max_depth_(max_depth), max_bytes_(max_bytes), tries_(tries) {
  find_places();
}

void Walk::find_places() {
  const auto& nodes = speller_.graph().nodes();
  std::map<std::uint16_t, std::set<std::uint16_t>> registers;
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    bases_.insert(nodes[n].base);
    registers[nodes[n].base].insert(nodes[n].r);
    for (std::size_t e = 0; e < nodes[n].edges.size(); ++e) {
      const Place place{static_cast<int>(n), static_cast<int>(e), speller_.cost(static_cast<int>(n), static_cast<int>(e))};
      if (place.cost >= Speller::kNever) continue;
      const std::uint8_t symbol_class = nodes[n].edges[e].symbol_class;
      places_[{nodes[n].base, symbol_class}].push_back(place);
      const auto [it, fresh] = configurations_.try_emplace({nodes[n].base, symbol_class, nodes[n].r}, place);
      if (!fresh && place.cost < it->second.cost) it->second = place;
    }
  }
  for (auto& [transition, places] : places_) {
    std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.cost < b.cost; });
  }
  // Where r counts far, its lowest and its highest values.
  for (const auto& [base, values] : registers) {
    if (values.size() <= kRegisters) continue;
    std::vector<std::uint16_t> sorted(values.begin(), values.end());
    const std::uint16_t low = sorted[kRegisters / 2 - 1], high = sorted[sorted.size() - kRegisters / 2];
    std::erase_if(configurations_, [&, b = base](const auto& item) {
      return std::get<0>(item.first) == b && std::get<2>(item.first) > low && std::get<2>(item.first) < high;
    });
  }
  counts_.states = bases_.size();
  counts_.configurations = configurations_.size();
  for (std::uint16_t base : bases_) {
    for (int c = 0; c <= static_cast<int>(layout::CLASS_END); ++c) {
      if (table_.entry(base, static_cast<std::uint8_t>(c)) != nullptr) ++counts_.transitions;
    }
    for (int b = 0; b < 256; ++b) {
      if (table_.entry(base, table_.class_of(base, b)) != nullptr) ++counts_.byte_pairs;
    }
  }
}

std::vector<std::size_t> Walk::ownerless() const {
  std::vector<std::size_t> out;
  for (std::size_t slot = 0; slot < table_.entries.size(); ++slot) {
    const layout::Entry& e = table_.entries[slot];
    if (e.control != layout::Control::RESERVED && !bases_.contains(table_.base(static_cast<std::uint32_t>(slot) ^ e.label))) out.push_back(slot);
  }
  return out;
}

void Walk::with_numbers(std::string& record, const Trace& trace) const {
  for (auto it = trace.numbers.rbegin(); it != trace.numbers.rend(); ++it) {
    if (it->last < it->first || it->last >= record.size()) continue;
    record.replace(it->first, it->last - it->first + 1, std::to_string(it->left));
  }
}

// The record with its map keys in order and with the numbers that CHECK_END wants, if the machine then accepts it.
std::optional<std::string> Walk::accepted(std::uint16_t start, std::string record, const std::optional<Wanted>& wanted, Trace& trace) {
  RunOptions options{max_depth_, true, false, &trace};
  Verdict verdict = run(table_, start, record, options);
  if (verdict.reason == layout::Reason::KEY_ORDER) {
    trace = {};
    options.ignore_key_order = true;
    run(table_, start, record, options);
    auto ordered = order_keys(table_, record, trace, wanted);
    if (!ordered) {
      last_failure_ = std::string(layout::name_of(verdict.reason)) + " at offset " + std::to_string(verdict.offset);
      return std::nullopt;
    }
    record = std::move(*ordered);
    trace = {};
    options.ignore_key_order = false;
    run(table_, start, record, options);
  }
  with_numbers(record, trace);
  trace = {};
  options.ignore_check_end = false;
  verdict = run(table_, start, record, options);
  if (verdict.accepted() && record.size() <= max_bytes_) return record;
  last_failure_ = verdict.accepted() ? std::string("TOO_LONG") : std::string(layout::name_of(verdict.reason)) + " at offset " + std::to_string(verdict.offset);
  return std::nullopt;
}

// What the key unit must reject, the table may not accept: whoever judges the record sees it.
void Walk::try_disorder(std::uint16_t start, const std::string& record, const Trace& trace, const Sink& sink) {
  for (std::string& wrong : disorder_keys(record, trace, kDisorders)) {
    Trace numbers;
    RunOptions options{max_depth_, true, true, &numbers};
    run(table_, start, wrong, options);
    with_numbers(wrong, numbers);
    if (run(table_, start, wrong, {max_depth_}).accepted()) sink(start, wrong);
  }
}

void Walk::note(const Trace& trace) {
  for (const Trace::Use& use : trace.uses) {
    const std::uint8_t symbol_class = table_.class_of(use.base, use.symbol);
    used_.emplace(use.base, symbol_class);
    used_configurations_.emplace(use.base, symbol_class, use.r);
    if (use.symbol != kEnd) used_bytes_.emplace(use.base, static_cast<std::uint8_t>(use.symbol));
    const layout::Entry* entry = table_.entry(use.base, symbol_class);
    if (table_.actions[entry->action].accumulator_op == AccumulatorOp::DIGIT_FIRST) number_starts_.insert(use.base);
  }
}

bool Walk::try_record(const Spelled& spelled, const std::optional<Wanted>& wanted, const Sink& sink) {
  Trace trace;
  const auto record = accepted(spelled.start, spelled.record, wanted, trace);
  if (!record) return false;
  ++counts_.records;
  note(trace);
  sink(spelled.start, *record);
  try_disorder(spelled.start, *record, trace, sink);
  return true;
}

bool Walk::attempt(const Place& place, int byte, std::size_t tries, const Sink& sink, const std::function<bool()>& done) {
  const Node& node = speller_.graph().nodes()[static_cast<std::size_t>(place.node)];
  const Wanted wanted{node.base, node.edges[static_cast<std::size_t>(place.edge)].symbol_class, byte};
  for (std::size_t i = 0; i < tries && !done(); ++i) {
    const auto spelled = speller_.through(place.node, place.edge, byte, i);
    if (spelled) {
      try_record(*spelled, wanted, sink);
    } else {
      last_failure_ = "no length fits";
    }
  }
  return done();
}

void Walk::cover(const Sink& sink, const Progress& progress, const std::set<Transition>* wanted) {
  const auto skipped = [&](std::uint16_t base, std::uint8_t symbol_class) { return wanted != nullptr && !wanted->contains({base, symbol_class}); };
  const std::size_t all = places_.size() + configurations_.size() + counts_.byte_pairs;
  std::size_t done = 0;
  for (const auto& [transition, places] : places_) {
    progress(done++, all);
    if (skipped(transition.first, transition.second)) continue;
    const auto covered = [&, t = transition] { return used_.contains(t); };
    for (std::size_t p = 0; p < places.size() && p < 8 && !covered(); ++p) attempt(places[p], -1, p == 0 ? tries_ : 4, sink, covered);
    if (!covered()) failures_[transition] = last_failure_;
  }
  sweep_numbers(sink, wanted);
  if (wanted != nullptr) {
    // What was asked for is worth more than one way on.
    for (const Transition& transition : *wanted) {
      const auto found = places_.find(transition);
      if (found == places_.end()) continue;
      const auto never = [] { return false; };
      for (std::size_t p = 0; p < found->second.size() && p < 4; ++p) attempt(found->second[p], -1, 8, sink, never);
    }
  }
  for (const auto& [configuration, place] : configurations_) {
    progress(done++, all);
    if (skipped(std::get<0>(configuration), std::get<1>(configuration))) continue;
    attempt(place, -1, 4, sink, [&, c = configuration] { return used_configurations_.contains(c); });
  }
  for (const auto& [transition, places] : places_) {
    const auto [base, symbol_class] = transition;
    if (symbol_class == layout::CLASS_END || skipped(base, symbol_class) || !used_.contains(transition)) continue;
    for (int b = 0; b < 256; ++b) {
      if (table_.class_of(base, b) != symbol_class) continue;
      progress(done++, all);
      attempt(places[0], b, 6, sink, [&, t = Transition(base, static_cast<std::uint8_t>(b))] { return used_bytes_.contains(t); });
    }
  }
  for (std::uint16_t base : bases_) {
    for (int c = 0; c <= static_cast<int>(layout::CLASS_END); ++c) {
      const Transition transition(base, static_cast<std::uint8_t>(c));
      if (table_.entry(base, transition.second) == nullptr || skipped(base, transition.second)) continue;
      if (used_.contains(transition)) {
        ++counts_.covered;
      } else {
        unused_.push_back(explain(transition));
      }
    }
  }
  for (const Configuration& c : used_configurations_) counts_.covered_configurations += configurations_.contains(c) ? 1 : 0;
  counts_.covered_byte_pairs = used_bytes_.size();
}

// Decimal numbers that CHECK_END compares: every number whose digits pass an uncovered transition, as far as a record can have it.
void Walk::sweep_numbers(const Sink& sink, const std::set<Transition>* wanted) {
  const auto& nodes = speller_.graph().nodes();
  std::vector<Place> checks;
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    for (std::size_t e = 0; e < nodes[n].edges.size(); ++e) {
      const layout::Entry* entry = table_.entry(nodes[n].base, nodes[n].edges[e].symbol_class);
      if (table_.actions[entry->action].accumulator_op == AccumulatorOp::CHECK_END) checks.push_back({static_cast<int>(n), static_cast<int>(e), 0});
    }
  }
  const std::set<std::uint16_t> starts = number_starts_;
  for (std::uint32_t value = 0; value <= speller_.bound(); ++value) {
    bool fresh = false;
    for (std::uint16_t base : starts) {
      std::uint16_t here = base;
      for (char digit : std::to_string(value)) {
        const std::uint8_t symbol_class = table_.class_of(here, static_cast<std::uint8_t>(digit));
        const layout::Entry* entry = table_.entry(here, symbol_class);
        if (entry == nullptr || entry->control != layout::Control::NEXT) break;
        const Transition transition(here, symbol_class);
        fresh = fresh || (!used_.contains(transition) && (wanted == nullptr || wanted->contains(transition))) ||
                (wanted == nullptr && !used_bytes_.contains({here, static_cast<std::uint8_t>(digit)}));
        here = table_.base(entry->next);
      }
    }
    if (!fresh) continue;
    for (const Place& check : checks) {
      const auto spelled = speller_.with_left(check.node, check.edge, value);
      if (spelled && try_record(*spelled, std::nullopt, sink)) break;
    }
  }
}

std::optional<std::string> Walk::random_record(std::uint16_t start) {
  auto& rng = speller_.rng();
  const auto length = static_cast<std::uint32_t>(rng() % (std::uint64_t{1} << (4 + rng() % 8)));
  const auto spelled = speller_.random(start, length);
  if (!spelled) return std::nullopt;
  Trace trace;
  return accepted(start, spelled->record, std::nullopt, trace);
}

bool Walk::is_digit(Transition transition) const {
  const AccumulatorOp op = table_.actions[table_.entry(transition.first, transition.second)->action].accumulator_op;
  return op == AccumulatorOp::DIGIT || op == AccumulatorOp::DIGIT_FIRST;
}

// The base is entered by digits alone, and the sweep over all numbers used none of them.
bool Walk::only_behind_unused_digits(std::uint16_t base) const {
  const auto& nodes = speller_.graph().nodes();
  bool entered = false;
  for (const Node& node : nodes) {
    for (const Edge& edge : node.edges) {
      const auto leads = [&](int to) { return to >= 0 && nodes[static_cast<std::size_t>(to)].base == base; };
      if (std::any_of(edge.returns.begin(), edge.returns.end(), [&](const auto& back) { return leads(back.second); })) return false;
      if (!leads(edge.to)) continue;
      const Transition transition{node.base, edge.symbol_class};
      if (!is_digit(transition) || used_.contains(transition)) return false;
      entered = true;
    }
  }
  const auto& parts = speller_.graph().parts();
  return entered && std::none_of(parts.begin(), parts.end(), [&](const Part& part) { return part.first == base; });
}

Unused Walk::explain(Transition transition) {
  const auto [base, symbol_class] = transition;
  Unused out{base, symbol_class, {}, true};
  if (const auto found = failures_.find(transition); found != failures_.end()) {
    if (is_digit(transition) || only_behind_unused_digits(base)) {
      out.why = "every length up to " + std::to_string(speller_.bound()) + " whose digits pass here was tried: no record has such a body";
      return out;
    }
    const auto& places = places_.at(transition);
    if (std::none_of(places.begin(), places.end(), [&](const Place& place) { return speller_.length_fits(place.node, place.edge); })) {
      out.why = "with no length up to " + std::to_string(speller_.bound()) + " that it is called with does a way through it end where its frame does";
      return out;
    }
    if (never_in_order(table_, speller_.graph(), base, symbol_class, order_budget_)) {
      out.why = "the keys of its map would not ascend: every way through it needs a key that is not above the one before";
      return out;
    }
    out.why = "a way to acceptance exists in the table, but every record tried was rejected: " + found->second;
    out.proved = false;
    return out;
  }
  bool entered = false;
  std::set<std::uint16_t> registers;
  for (const Node& node : speller_.graph().nodes()) {
    if (node.base != base) continue;
    registers.insert(node.r);
    entered = entered || std::any_of(node.edges.begin(), node.edges.end(), [&, c = symbol_class](const Edge& e) { return e.symbol_class == c; });
  }
  bool spoken = symbol_class == layout::CLASS_END;
  for (int b = 0; b < 256 && !spoken; ++b) spoken = table_.class_of(base, b) == symbol_class;
  if (!spoken) {
    out.why = "no byte has its class under the map of this base";
  } else if (!entered) {
    out.why = "its register check, or its control, never passes here; r is between " + std::to_string(*registers.begin()) + " and " +
              std::to_string(*registers.rbegin());
  } else {
    const layout::Control control = table_.entry(base, symbol_class)->control;
    const bool unread = control == layout::Control::REDO || control == layout::Control::REDO_TO;
    out.why = unread ? "no caller of this state goes on with the symbol that it leaves unread, to acceptance within "
                     : "no way through it leads to acceptance within ";
    out.why += std::to_string(speller_.bound()) + " bytes";
  }
  return out;
}

}  // namespace sluice::verify
