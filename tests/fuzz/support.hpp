// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share: taking an input apart, the examples' policies with every program
// that can judge a record of theirs, and the report of a finding. A target is one function
// LLVMFuzzerTestOneInput; libFuzzer or replay_main.cpp calls it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "canonical/canonicalizer.hpp"
#include "compiler/compiler.hpp"
#include "engine/engine.hpp"
#include "judge/judge.hpp"
#include "support/naive_engine.hpp"

/// libFuzzer's entry; every target defines it. Always 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace sluice::fuzz {

/// Set by the replay program's --seeded-fault: the target then spoils one of the two answers that
/// it compares, so that a test can see the comparison fail.
extern bool seeded_fault;

/// Says what is wrong on stderr and aborts, which libFuzzer records with the input.
[[noreturn]] void finding(const std::string& what);

/// Takes an input apart from the front. Behind its end everything is zero or empty.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : left_(data, size) {}
  [[nodiscard]] bool empty() const { return left_.empty(); }
  std::uint8_t u8();
  std::uint16_t u16();  ///< little endian, as the wider ones
  std::uint32_t u32();
  std::uint64_t u64();
  std::span<const std::uint8_t> bytes(std::size_t count);  ///< at most what is left
  std::span<const std::uint8_t> rest() { return bytes(left_.size()); }
  std::string_view line();  ///< up to a line feed, which is dropped

 private:
  std::span<const std::uint8_t> left_;
};

std::string_view text_of(std::span<const std::uint8_t> bytes);
std::span<const std::uint8_t> bytes_of(std::string_view text);

/// 64-bit words of an image, as NaiveEngine takes them.
std::vector<std::uint64_t> words_of(std::span<const std::uint8_t> image);

/// A verdict for people.
std::string show(const engine::Verdict& verdict);

/// One policy and everything that judges its records.
struct Policy {
  std::shared_ptr<const load::Loaded> loaded;
  engine::Image image;
  engine::Image spoiled;  ///< the same, with one class changed: what --seeded-fault judges with
  support::NaiveEngine naive;
  std::unique_ptr<const judge::Judge> judge;
  std::unique_ptr<const canonical::Canonicalizer> canonicalizer;
};

/// Number of policies in policies.txt: 0 library, 1 plant, then ever wider ones, bodies in
/// Protobuf among them.
constexpr unsigned kPolicies = 8;

/// A policy of policies.txt (modulo kPolicies), compiled at the first call; ends the program when
/// that fails.
const Policy& policy(unsigned number);

/// A finding unless engine and judge accept what the canonicalizer wrote, for the endpoint that it
/// named, and the canonicalizer reads it back as itself. A table has a bounded stack; what goes
/// beyond it is no finding.
void require_record(const Policy& policy, layout::Pipeline pipeline,
                    const canonical::CanonicalRecord& record);

/// The judge's part of it, for what the engine accepted.
judge::Verdict require_judged(const Policy& policy, layout::Pipeline pipeline, int endpoint,
                              std::string_view record);

}  // namespace sluice::fuzz
