// SPDX-License-Identifier: Apache-2.0
// Records for campaigns: accepted ones out of the automaton, and mutated ones - by byte and by structure, most of them with a mended
// content-length, so that they are rejected deep inside and not at the first line. Deterministic for a seed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "compiler/compiler.hpp"
#include "compiler/sampler.hpp"

namespace sluice::test {

struct Case {
  layout::Pipeline pipeline;
  std::uint16_t endpoint;  // response: the endpoint asked; request: the endpoint that the valid record was made for
  std::string record;
  bool valid;              // unmutated
};

class RecordSource {
 public:
  RecordSource(const compiler::CompileResult& policy, std::uint64_t seed);

  // First one record through every transition of both tables, then random ones, about half of them unmutated.
  Case next();

 private:
  std::string valid(layout::Pipeline pipeline, std::uint16_t endpoint);
  std::string mutate(std::string record);
  void mutate_bytes(std::string& record);
  void mutate_structure(std::string& record);
  bool nest(std::string& record);
  void lengthen_list(std::string& record);
  void lengthen_string(std::string& record);
  std::optional<Case> too_deep();
  std::size_t below(std::size_t n) { return n ? rng_() % n : 0; }

  std::optional<Case> next_covering();

  const compiler::CompileResult& policy_;
  std::size_t cover_state_ = 0, cover_transition_ = 0;  // where the coverage goes on; states of both pipelines in a row
  std::mt19937_64 rng_;
  compiler::Sampler request_, response_;
};

// Sets content-length to the body's true length, if the record has that header; keeps the record's own idea of where the body starts.
void mend_length(std::string& record);

}  // namespace sluice::test
