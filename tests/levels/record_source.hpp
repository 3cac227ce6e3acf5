// SPDX-License-Identifier: Apache-2.0
// Records for campaigns: accepted ones out of the automaton, and mutated ones - by byte and by
// structure, most of them with a mended content-length, so that they are rejected deep inside and
// not at the first line. Some are aimed at the reason that was rarest so far: the engine says
// whether a change has hit it. That only chooses records; it is no check of anything. Deterministic
// for a seed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "compiler/compiler.hpp"
#include "compiler/sampler.hpp"
#include "engine/engine.hpp"

namespace sluice::test {

struct Case {
  layout::Pipeline pipeline;
  std::uint16_t endpoint;  // response: the endpoint asked; request: the endpoint that the valid
                           // record was made for
  std::string record;
  bool valid;  // unmutated
};

class RecordSource {
 public:
  RecordSource(const compiler::CompileResult& policy, std::uint64_t seed);

  // First one record through every transition of both tables, then random ones, about half of them
  // unmutated.
  Case next();

 private:
  // A reason of one direction that records are aimed at.
  struct Aim {
    std::size_t made = 0;                  // records so far that had it, aimed or not
    std::size_t failures = 0;              // tries in a row without success
    std::vector<std::uint16_t> endpoints;  // that it was reached with
  };

  Case next_unaimed();
  std::optional<Case> next_aimed();
  std::optional<Case> try_aim(layout::Pipeline pipeline, layout::Reason reason, Aim& aim);
  void change_towards(layout::Reason reason, std::string& record);
  layout::Reason reason_of(const Case& c) const;
  std::size_t limit() const { return image_.max_record_bytes(); }
  std::string valid(layout::Pipeline pipeline, std::uint16_t endpoint);
  std::string mutate(std::string record);
  void mutate_bytes(std::string& record);
  void mutate_structure(std::string& record);
  bool nest(std::string& record);
  void lengthen_list(std::string& record);
  void lengthen_string(std::string& record);
  void shrink_strings(std::string& record);
  void shorten(std::string& record);
  void reorder(std::string& record);
  void falsify_length(std::string& record);
  void overfill(std::string& record);
  std::size_t below(std::size_t n) { return n ? rng_() % n : 0; }

  std::optional<Case> next_covering();

  const compiler::CompileResult& policy_;
  engine::Image image_;
  std::map<std::pair<layout::Pipeline, layout::Reason>, Aim> aims_;
  std::size_t cover_state_ = 0,
              cover_transition_ =
                  0;  // where the coverage goes on; states of both pipelines in a row
  std::mt19937_64 rng_;
  compiler::Sampler request_, response_;
};

}  // namespace sluice::test
