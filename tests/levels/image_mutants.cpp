// SPDX-License-Identifier: Apache-2.0
// Would the campaign notice a wrong table? Single random changes to a packed image (one field of one word, parity made right again), each run over
// the campaign's records. A change is noticed when a verdict, reason, offset or endpoint differs, or the image is refused; or it is shown to be
// without effect: a word that no state can reach, a field that its control does not use, a register check that no reachable r tells apart.
//
//   image_mutants --policy P [--mutants N] [--records N] [--seed S] [--markdown FILE]
//
// Exit status: 0 every change is accounted for, 1 one is not, 2 it could not run.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "compiler/compiler.hpp"
#include "engine/engine.hpp"
#include "levels/record_source.hpp"
#include "load/load.hpp"

namespace {

using namespace sluice;
using layout::Control;
using layout::Pipeline;
using layout::RegisterOp;

constexpr std::size_t kHeadWords = layout::IMAGE_HEADER_WORDS;

struct Options {
  std::string policy;
  std::size_t mutants = 1000, records = 20000;
  std::uint64_t seed = 1;
  std::string markdown;
};

// Where the sections of an image stand, in words.
struct Sections {
  struct Table {
    std::size_t maps, entries, entry_count, actions, action_count;
  };
  Table table[2];
  std::size_t endpoints, endpoint_count;
};

std::uint64_t word_at(const std::vector<std::uint8_t>& image, std::size_t index) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) word |= std::uint64_t{image[index * 8 + i]} << (8 * i);
  return word;
}

void put_word(std::vector<std::uint8_t>& image, std::size_t index, std::uint64_t word) {
  for (std::size_t i = 0; i < 8; ++i) image[index * 8 + i] = static_cast<std::uint8_t>(word >> (8 * i));
}

void mend_digest(std::vector<std::uint8_t>& image) {
  SHA256(image.data(), image.size() - layout::IMAGE_DIGEST_BYTES, image.data() + image.size() - layout::IMAGE_DIGEST_BYTES);
}

Sections sections_of(const compiler::CompileResult& policy) {
  Sections out{};
  std::size_t at = kHeadWords;
  for (int p = 0; p < 2; ++p) {
    const auto& table = p == 0 ? policy.request_table : policy.response_table;
    out.table[p] = {at, at + layout::CLASS_MAP_WORDS, table.entries.size(), 0, table.actions.size()};
    out.table[p].actions = out.table[p].entries + table.entries.size();
    at = out.table[p].actions + 2 * table.actions.size();
  }
  out.endpoints = at;
  out.endpoint_count = policy.schema.endpoints.size() + 1;
  return out;
}

// Which states a record passes, and where: a plain walk over the automaton.
std::vector<std::pair<int, std::size_t>> trace(const compiler::Automaton& automaton, int start, const std::string& record) {
  struct Frame {
    int ret, r;
  };
  std::vector<Frame> stack{{-1, 0}};
  std::vector<std::pair<int, std::size_t>> out;
  int state = start;
  for (std::size_t at = 0; out.size() < 4 * record.size() + 4;) {
    out.emplace_back(state, at);
    const int symbol = at < record.size() ? static_cast<std::uint8_t>(record[at]) : compiler::kEnd;
    const compiler::Transition* found = nullptr;
    for (const auto& t : automaton.states[static_cast<std::size_t>(state)].transitions) {
      if (t.low <= symbol && symbol <= t.high) found = &t;
    }
    if (!found || found->control == Control::ACCEPT) return out;
    if (found->control == Control::RET || found->control == Control::REDO) {
      if (stack.size() == 1) return out;
      state = stack.back().ret;
      stack.pop_back();
      if (found->control == Control::RET && symbol != compiler::kEnd) ++at;
      continue;
    }
    if (found->callee >= 0) stack.push_back({found->target, 0});
    state = found->callee >= 0 ? found->callee : found->target;
    ++at;
  }
  return out;
}

// The values of r with which each state can be entered, exactly.
std::map<int, std::set<int>> reachable_registers(const compiler::Automaton& automaton) {
  std::map<int, std::set<int>> out;
  std::vector<std::pair<int, int>> work;
  auto reach = [&](int state, int r) {
    if (out[state].insert(r).second) work.emplace_back(state, r);
  };
  for (int start : automaton.starts) reach(start, 0);
  while (!work.empty()) {
    const auto [state, r] = work.back();
    work.pop_back();
    for (const auto& t : automaton.states[static_cast<std::size_t>(state)].transitions) {
      int next = r;
      const int arg = t.effect.register_arg, min = t.effect.register_min;
      if (t.effect.register_op == RegisterOp::SET || t.effect.register_op == RegisterOp::SET_AGAIN) {
        const bool again = t.effect.register_op == RegisterOp::SET_AGAIN;
        if (r < min || (again ? r > arg : r >= arg)) continue;
        next = arg;
      } else if (t.effect.register_op == RegisterOp::INC) {
        if (arg != static_cast<int>(layout::INC_UNBOUNDED) && r >= arg) continue;
        next = std::min<int>(r + 1, layout::INC_UNBOUNDED);
      }
      if (t.callee >= 0) reach(t.callee, 0);
      if (t.target >= 0) reach(t.target, next);
    }
  }
  return out;
}

// What a state still looks at: r of its frame, the accumulator. Calls and returns are followed without regard to who called.
struct Liveness {
  std::vector<char> r, accumulator;

  explicit Liveness(const compiler::Automaton& automaton) : r(automaton.states.size(), 0), accumulator(automaton.states.size(), 0) {
    // Frames: from the first state of a callee to the states that its callers go on at.
    std::map<int, std::set<int>> returns;   // by any state of the frame
    std::vector<std::pair<int, int>> work;  // state, where its frame returns to
    auto reach = [&](int state, int back) {
      if (returns[state].insert(back).second) work.emplace_back(state, back);
    };
    for (int start : automaton.starts) reach(start, -1);
    while (!work.empty()) {
      const auto [state, back] = work.back();
      work.pop_back();
      for (const auto& t : automaton.states[static_cast<std::size_t>(state)].transitions) {
        if (t.target >= 0) reach(t.target, back);
        if (t.callee >= 0) reach(t.callee, t.target);
      }
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t s = 0; s < automaton.states.size(); ++s) {
        for (const auto& t : automaton.states[s].transitions) {
          const auto target = static_cast<std::size_t>(t.target);
          const bool reads_r = t.effect.register_op != RegisterOp::NONE || t.min > 0 || (t.target >= 0 && r[target]);
          bool reads = t.effect.accumulator_op == layout::AccumulatorOp::CHECK_END || t.effect.accumulator_op == layout::AccumulatorOp::DIGIT;
          if (t.effect.accumulator_op == layout::AccumulatorOp::NONE) {
            if (t.callee >= 0) {
              reads = reads || accumulator[static_cast<std::size_t>(t.callee)];
            } else if (t.target >= 0) {
              reads = reads || accumulator[target];
            } else {
              for (int back : returns[static_cast<int>(s)]) reads = reads || (back >= 0 && accumulator[static_cast<std::size_t>(back)]);
            }
          }
          if ((reads_r && !r[s]) || (reads && !accumulator[s])) changed = true;
          if (reads_r) r[s] = 1;
          if (reads) accumulator[s] = 1;
        }
      }
    }
    returns_ = std::move(returns);
  }

  // Whether anything reads the accumulator behind a transition with this control.
  bool accumulator_behind(Control control, int state, int next, int back) const {
    const auto live = [&](int s) { return s >= 0 && accumulator[static_cast<std::size_t>(s)]; };
    if (control == Control::NEXT) return live(next);
    if (control == Control::CALL) return live(next) || live(back);
    const auto found = returns_.find(state);
    if (found == returns_.end()) return true;
    return std::any_of(found->second.begin(), found->second.end(), live);
  }
  bool r_behind(Control control, int next, int back) const {
    const auto live = [&](int s) { return s < 0 || r[static_cast<std::size_t>(s)]; };
    if (control == Control::NEXT) return live(next);
    if (control == Control::CALL) return live(back);
    return false;
  }

 private:
  std::map<int, std::set<int>> returns_;
};

class Mutator {
 public:
  Mutator(const compiler::CompileResult& policy, std::uint64_t seed) : policy_(policy), rng_(seed), sections_(sections_of(policy)), live_{Liveness(policy.request), Liveness(policy.response)} {
    for (int p = 0; p < 2; ++p) {
      const auto& automaton = p == 0 ? policy.request : policy.response;
      const auto& table = p == 0 ? policy.request_table : policy.response_table;
      registers_[p] = reachable_registers(automaton);
      for (std::size_t s = 0; s < automaton.states.size(); ++s) state_at_[p][table.bases[s]] = static_cast<int>(s);
    }
  }

  // The states that look at what was changed last; empty for actions.
  const std::vector<int>& concerned() const { return concerned_; }
  int pipeline() const { return pipeline_; }
  int only_byte() const { return only_byte_; }  // the one symbol that the change is about, or -1

  // One change. `why` is set when it is without effect, and says why.
  std::vector<std::uint8_t> next(std::string& what, std::string& why) {
    for (;;) {
      std::vector<std::uint8_t> image = policy_.image;
      why.clear();
      const int p = static_cast<int>(rng_() % 2);
      pipeline_ = p;
      concerned_.clear();
      only_byte_ = -1;
      const auto& section = sections_.table[p];
      switch (rng_() % 10) {
        case 0: {
          const std::size_t byte = rng_() % 256;
          auto word = layout::ClassMap::unpack(word_at(image, section.maps + byte));
          const bool odd = rng_() % 2;
          auto& value = odd ? word.map1 : word.map0;
          const std::uint8_t old = value;
          value = static_cast<std::uint8_t>(rng_());
          what = fmt::format("{} class map {} byte {}: {} -> {}", p == 0 ? "request" : "response", odd ? 1 : 0, byte, old, value);
          if (!put(image, section.maps + byte, word, byte)) continue;
          // States of this map that have an entry for one of the two classes.
          for (const auto& [base, state] : state_at_[p]) {
            if ((base & 1) != (odd ? 1 : 0)) continue;
            const auto has = [&](std::uint8_t label) {
              const std::size_t slot = base ^ label;
              if (slot >= section.entry_count) return false;
              const auto entry = layout::Entry::unpack(word_at(image, section.entries + slot));
              return entry.label == label && entry.control != Control::RESERVED;
            };
            if (has(old) || has(value)) concerned_.push_back(state);
          }
          if (concerned_.empty()) why = "no state of this map has an entry for either class";
          only_byte_ = static_cast<int>(byte);
          break;
        }
        case 1: case 2: {
          if (!change_action(image, p, what, why)) continue;
          break;
        }
        default:
          if (!change_entry(image, p, what, why)) continue;  // most words of an image are entries
      }
      mend_digest(image);
      return image;
    }
  }

 private:
  template <typename Word>
  bool put(std::vector<std::uint8_t>& image, std::size_t index, Word word, std::size_t number) {
    const std::uint64_t packed = word.with_parity(static_cast<std::uint32_t>(number)).pack();
    if (packed == word_at(image, index)) return false;
    put_word(image, index, packed);
    return true;
  }

  bool change_entry(std::vector<std::uint8_t>& image, int p, std::string& what, std::string& why) {
    const auto& section = sections_.table[p];
    const std::size_t slot = rng_() % section.entry_count;
    const auto old = layout::Entry::unpack(word_at(image, section.entries + slot));
    auto entry = old;
    switch (rng_() % 4) {
      case 0: entry.label = static_cast<std::uint8_t>(rng_()); break;
      case 1: entry.control = static_cast<Control>(rng_() % 8); break;
      case 2: entry.next = static_cast<std::uint16_t>(rng_() % section.entry_count); break;
      default: entry.action = static_cast<std::uint16_t>(rng_() % section.action_count);
    }
    if (!put(image, section.entries + slot, entry, slot)) return false;
    what = fmt::format("{} entry {}: label {} {} next {} action {} -> label {} {} next {} action {}", p == 0 ? "request" : "response", slot, old.label,
                       layout::name_of(old.control), old.next, old.action, entry.label, layout::name_of(entry.control), entry.next, entry.action);
    // Which states look at this slot under the old and the new label?
    const auto looks = [&](const layout::Entry& e) { return e.control != Control::RESERVED && state_at_[p].count(static_cast<std::uint16_t>(slot ^ e.label)) != 0; };
    if (!looks(old) && !looks(entry)) why = "no state looks at this slot under this label";
    for (std::uint8_t label : {old.label, entry.label}) {
      const auto found = state_at_[p].find(static_cast<std::uint16_t>(slot ^ label));
      if (found != state_at_[p].end()) concerned_.push_back(found->second);
    }
    const bool uses_next = entry.control == Control::NEXT || entry.control == Control::CALL || entry.control == Control::CALL_LEN || entry.control == Control::REDO_TO;
    auto same = entry;
    same.next = old.next;
    same.parity = old.parity;
    if (same == old && !uses_next) why = "the control does not use the next base";
    if (looks(entry) && entry.label == old.label && entry.control == old.control && entry.next == old.next) {
      const auto a = action(image, p, old.action), b = action(image, p, entry.action);
      if (indistinct(p, a, b, old, static_cast<std::uint16_t>(slot ^ entry.label))) why = "no reachable r tells the actions apart";
    }
    // A label that the looking state's map never gives.
    if (why.empty() && !looks(old) && looks(entry)) {
      const auto base = static_cast<std::uint16_t>(slot ^ entry.label);
      bool given = entry.label == layout::CLASS_END;
      for (std::size_t b = 0; b < 256; ++b) {
        const auto map = layout::ClassMap::unpack(word_at(image, section.maps + b));
        given = given || (base & 1 ? map.map1 : map.map0) == entry.label;
      }
      if (!given) why = "no byte has this class in this map";
    }
    return true;
  }

  layout::Action action(const std::vector<std::uint8_t>& image, int p, std::size_t number) const {
    const std::size_t at = sections_.table[p].actions + 2 * number;
    return layout::Action::unpack({word_at(image, at), word_at(image, at + 1)});
  }

  const std::set<int>& reach(int p, std::uint16_t base) const {
    static const std::set<int> none;
    const auto state = state_at_[p].find(base);
    if (state == state_at_[p].end()) return none;
    const auto found = registers_[p].find(state->second);
    return found == registers_[p].end() ? none : found->second;
  }

  // True when both actions judge every reachable r alike at this entry of the state at `base`, and what they leave behind differs in nothing that
  // is looked at later. Return bases must be equal; tags, too, where they mean something: the response pipeline knows its endpoint.
  bool indistinct(int p, const layout::Action& a, const layout::Action& b, const layout::Entry& entry, std::uint16_t base) const {
    const Control control = entry.control;
    const auto state_of = [&](std::uint16_t other) {
      const auto found = state_at_[p].find(other);
      return found == state_at_[p].end() ? -1 : found->second;
    };
    const bool pushes = control == Control::CALL || control == Control::CALL_LEN;
    const int next = state_of(entry.next), back = pushes ? state_of(a.operand) : -1;
    const Liveness& live = live_[p];
    const bool same_accumulator = a.accumulator_op == b.accumulator_op &&
                                  (a.accumulator_op != layout::AccumulatorOp::GROUP || a.accumulator_group == b.accumulator_group);
    const auto checks_now = [](const layout::Action& x) { return x.accumulator_op == layout::AccumulatorOp::CHECK_END; };
    if (!same_accumulator && (checks_now(a) || checks_now(b) || live.accumulator_behind(control, state_of(base), next, back))) return false;
    if (a.key_op != b.key_op || (p == 0 && a.tag != b.tag)) return false;
    const bool r_matters = live.r_behind(control, next, back);
    const std::set<int>& registers = reach(p, base);
    const bool calls = control == Control::CALL || control == Control::CALL_LEN;
    const bool checks = control != Control::NEXT && !calls;
    if (calls && a.operand != b.operand) return false;
    const auto run = [&](const layout::Action& x, int r) {  // -1 ORDER, -2 TOO_FEW, -3 TOO_MANY, else r
      if (x.register_op == RegisterOp::SET || x.register_op == RegisterOp::SET_AGAIN) {
        if (x.register_op == RegisterOp::SET ? r >= x.register_arg : r > x.register_arg) return -1;
        if (r < x.register_min) return -2;
        r = x.register_arg;
      } else if (x.register_op == RegisterOp::INC) {
        if (x.register_arg != layout::INC_UNBOUNDED && r >= x.register_arg) return -3;
        r = std::min<int>(r + 1, layout::INC_UNBOUNDED);
      }
      if (checks && r < x.operand) return -2;
      return checks || !r_matters ? 0 : r;  // behind a pop nobody sees r
    };
    for (int r : registers) {
      if (run(a, r) != run(b, r)) return false;
    }
    return true;
  }

  bool change_action(std::vector<std::uint8_t>& image, int p, std::string& what, std::string& why) {
    const auto& section = sections_.table[p];
    const std::size_t number = rng_() % section.action_count;
    const auto old = action(image, p, number);
    auto changed = old;
    const auto near = [&](std::uint16_t value) { return static_cast<std::uint16_t>(rng_() % 2 ? value + 1 : rng_() % 80); };
    switch (rng_() % 7) {
      case 0: changed.register_op = static_cast<RegisterOp>(rng_() % 4); break;
      case 1: changed.register_arg = near(old.register_arg); break;
      case 2: changed.register_min = near(old.register_min); break;
      case 3: changed.accumulator_op = static_cast<layout::AccumulatorOp>(rng_() % 5); break;
      case 4: changed.tag = static_cast<std::uint16_t>(rng_() % sections_.endpoint_count); break;
      default: changed.operand = static_cast<std::uint16_t>(rng_() % 2 ? old.operand ^ (1u << (rng_() % 11)) : near(old.operand));
    }
    const auto packed = changed.with_parity(static_cast<std::uint32_t>(number)).pack();
    const std::size_t at = section.actions + 2 * number;
    if (packed[0] == word_at(image, at) && packed[1] == word_at(image, at + 1)) return false;
    put_word(image, at, packed[0]);
    put_word(image, at + 1, packed[1]);
    what = fmt::format("{} action {}: {} {} {} {} tag {} operand {} -> {} {} {} {} tag {} operand {}", p == 0 ? "request" : "response", number,
                       layout::name_of(old.register_op), old.register_arg, old.register_min, layout::name_of(old.accumulator_op), old.tag, old.operand,
                       layout::name_of(changed.register_op), changed.register_arg, changed.register_min, layout::name_of(changed.accumulator_op), changed.tag,
                       changed.operand);
    bool alike = true;
    for (std::size_t slot = 0; slot < section.entry_count && alike; ++slot) {
      const auto entry = layout::Entry::unpack(word_at(image, section.entries + slot));
      if (entry.control == Control::RESERVED || entry.action != number) continue;
      alike = indistinct(p, old, changed, entry, static_cast<std::uint16_t>(slot ^ entry.label));
    }
    if (alike) why = "no state and no reachable r tells the actions apart";
    return true;
  }

  const compiler::CompileResult& policy_;
  std::mt19937_64 rng_;
  Sections sections_;
  std::map<int, std::set<int>> registers_[2];
  std::map<std::uint16_t, int> state_at_[2];
  Liveness live_[2];
  std::vector<int> concerned_;
  int pipeline_ = 0, only_byte_ = -1;
};

int run(const Options& options) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(options.policy, diagnostics);
  if (!loaded) throw std::runtime_error(diagnostics.text());
  const auto policy = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  if (!policy) throw std::runtime_error(diagnostics.text());
  const auto original = std::get<engine::Image>(engine::Image::load(policy->image));

  std::vector<test::Case> cases;
  std::vector<engine::Verdict> verdicts;
  test::RecordSource source(*policy, options.seed);
  const auto judge = [](const engine::Image& image, const test::Case& c) {
    return engine::judge(image, c.pipeline, c.pipeline == Pipeline::REQUEST ? std::uint16_t{0} : c.endpoint,
                         {reinterpret_cast<const std::uint8_t*>(c.record.data()), c.record.size()});
  };
  for (std::size_t i = 0; i < options.records; ++i) {
    cases.push_back(source.next());
    verdicts.push_back(judge(original, cases.back()));
  }
  // For every state a few records that pass it, with the place.
  std::map<int, std::vector<std::pair<std::size_t, std::size_t>>> passing[2];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!verdicts[i].accepted()) continue;
    const bool request = cases[i].pipeline == Pipeline::REQUEST;
    const auto& automaton = request ? policy->request : policy->response;
    for (const auto& [state, at] : trace(automaton, automaton.starts[request ? 0 : cases[i].endpoint - 1u], cases[i].record)) {
      auto& list = passing[request ? 0 : 1][state];
      if (list.size() < 12 && (list.empty() || list.back().first != i)) list.emplace_back(i, at);
    }
  }
  // A case with one byte replaced, or cut off at that place (256).
  const auto probe = [&](std::size_t index, std::size_t at, int byte) {
    test::Case c = cases[index];
    if (byte == compiler::kEnd) {
      c.record.resize(at);
    } else if (at < c.record.size()) {
      c.record[at] = static_cast<char>(byte);
    } else {
      c.record.push_back(static_cast<char>(byte));
    }
    return c;
  };
  std::size_t noticed = 0, refused = 0, unaccounted = 0;
  std::map<std::string, std::size_t> without_effect;
  Mutator mutator(*policy, options.seed);
  for (std::size_t m = 0; m < options.mutants; ++m) {
    std::string what, why;
    const auto bytes = mutator.next(what, why);
    const auto mutant = engine::Image::load(bytes);
    if (!std::holds_alternative<engine::Image>(mutant)) {
      ++refused;
      continue;
    }
    const auto& image = std::get<engine::Image>(mutant);
    bool differs = false;
    for (std::size_t i = 0; i < cases.size() && !differs; ++i) {
      const auto v = judge(image, cases[i]);
      differs = v.reason != verdicts[i].reason || v.offset != verdicts[i].offset || v.endpoint != verdicts[i].endpoint;
    }
    // Besides, every symbol at the states that look at the changed entry.
    for (int state : mutator.concerned()) {
      for (const auto& [index, at] : passing[mutator.pipeline()][state]) {
        for (int byte = 0; byte <= compiler::kEnd && !differs; ++byte) {
          if (mutator.only_byte() >= 0 && byte != mutator.only_byte()) continue;
          const test::Case c = probe(index, at, byte);
          const auto a = judge(original, c), b = judge(image, c);
          differs = a.reason != b.reason || a.offset != b.offset || a.endpoint != b.endpoint;
        }
      }
    }
    if (differs && !why.empty()) throw std::runtime_error("called without effect (" + why + ") and yet noticed: " + what);
    if (differs) {
      ++noticed;
    } else if (!why.empty()) {
      ++without_effect[why];
    } else {
      ++unaccounted;
      fmt::print(stderr, "not noticed: {}\n", what);
    }
  }
  std::string out = fmt::format("| single changes to the image of {} | {} (seed {}, {} records) |\n|---|---|\n| noticed by a verdict | {} |\n| refused at load | {} |\n",
                                std::filesystem::path(options.policy).parent_path().filename().string(), options.mutants, options.seed, options.records, noticed,
                                refused);
  for (const auto& [why, count] : without_effect) out += fmt::format("| without effect: {} | {} |\n", why, count);
  out += fmt::format("| not accounted for | {} |\n", unaccounted);
  fmt::print("{}", out);
  if (!options.markdown.empty()) std::ofstream(options.markdown, std::ios::app) << out << "\n";
  return unaccounted == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Single changes to an image, and whether the campaign's records notice them"};
  app.add_option("--policy", options.policy, "policy.yaml")->required();
  app.add_option("--mutants", options.mutants, "how many changes");
  app.add_option("--records", options.records, "how many records each");
  app.add_option("--seed", options.seed, "of both generators");
  app.add_option("--markdown", options.markdown, "append the table to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& e) {
    fmt::print(stderr, "image_mutants: {}\n", e.what());
    return 2;
  }
}
