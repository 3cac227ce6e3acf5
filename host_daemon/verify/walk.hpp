// SPDX-License-Identifier: Apache-2.0
// Every transition of one pipeline's table in an accepted record, found from the table alone: the shortest way from a start to the transition and on to
// acceptance, through the calls, with the lengths that CALL_LEN and CHECK_END want. Records are tried on the machine; what nothing covers is listed with the argument.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "verify/key_order.hpp"
#include "verify/machine.hpp"
#include "verify/speller.hpp"

namespace sluice::verify {

struct WalkCounts {
  std::size_t states = 0, transitions = 0, configurations = 0;  // reachable: bases, (base, class), (base, class, r)
  std::size_t covered = 0, covered_configurations = 0;
  std::size_t byte_pairs = 0, covered_byte_pairs = 0;  // (base, byte)
  std::size_t records = 0;
};

// A transition that no accepted record was found for.
struct Unused {
  std::uint16_t base;
  std::uint8_t symbol_class;
  std::string why;
  bool proved;  // the argument shows that there is none
};

class Walk {
 public:
  using Transition = std::pair<std::uint16_t, std::uint8_t>;  // base, class
  // Called with every record that the machine accepts: the start that it was made for, and the bytes.
  using Sink = std::function<void(std::uint16_t start, const std::string& record)>;
  using Progress = std::function<void(std::size_t done, std::size_t all)>;

  static constexpr std::size_t kRegisters = 64;  // values of r tried at one state, half of them the lowest
  static constexpr std::size_t kDisorders = 6;   // wrong records made of a right one

  // `max_depth`: frames; `max_bytes`: of a record; `tries`: records for one transition before it counts as unused.
  Walk(const Table& table, const Speller& speller, std::uint32_t max_depth, std::uint32_t max_bytes, std::size_t tries);

  // Covers what can be covered; only `wanted`, if it is given, and that several times.
  void cover(const Sink& sink, const Progress& progress, const std::set<Transition>* wanted = nullptr);
  // A random record that the table accepts from a first base; nothing if the try failed.
  std::optional<std::string> random_record(std::uint16_t start);

  const WalkCounts& counts() const { return counts_; }
  const std::vector<Unused>& unused() const { return unused_; }
  // Slots of used entries that no reachable state owns.
  std::vector<std::size_t> ownerless() const;

 private:
  struct Place {
    int node, edge;
    std::uint32_t cost;
  };
  using Configuration = std::tuple<std::uint16_t, std::uint8_t, std::uint16_t>;

  void find_places();
  bool attempt(const Place& place, int byte, std::size_t tries, const Sink& sink, const std::function<bool()>& done);
  bool try_record(const Spelled& spelled, const std::optional<Wanted>& wanted, const Sink& sink);
  std::optional<std::string> accepted(std::uint16_t start, std::string record, const std::optional<Wanted>& wanted, Trace& trace);
  void with_numbers(std::string& record, const Trace& trace) const;
  void try_disorder(std::uint16_t start, const std::string& record, const Trace& trace, const Sink& sink);
  void note(const Trace& trace);
  void sweep_numbers(const Sink& sink, const std::set<Transition>* wanted);
  bool is_digit(Transition transition) const;
  bool only_behind_unused_digits(std::uint16_t base) const;
  Unused explain(Transition transition);

  const Table& table_;
  const Speller& speller_;
  std::uint32_t max_depth_, max_bytes_;
  std::size_t tries_;
  std::map<Transition, std::vector<Place>> places_;  // cheapest first
  std::map<Configuration, Place> configurations_;
  std::set<std::uint16_t> bases_, number_starts_;
  std::set<Configuration> used_configurations_;
  std::set<Transition> used_, used_bytes_;
  std::map<Transition, std::string> failures_;
  std::string last_failure_;
  std::size_t order_budget_ = 200'000;  // states for arguments from the order of keys
  std::vector<Unused> unused_;
  WalkCounts counts_;
};

}  // namespace sluice::verify
