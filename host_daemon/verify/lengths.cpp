// SPDX-License-Identifier: Apache-2.0
#include "verify/lengths.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

namespace sluice::verify {

namespace {

// A call edge seen from what it needs: the callee's set for one exit, and the sets behind it.
struct Call {
  int caller, callee_entry, exit, back;
  std::int32_t length;
};

}  // namespace

void Lengths::set(std::size_t pair, std::uint32_t length) {
  if (length <= bound_) words_[pair * width_ + length / 64] |= std::uint64_t{1} << (length % 64);
}

void Lengths::add_shifted(std::size_t into, std::size_t from, std::uint32_t shift) {
  const std::size_t skip = shift / 64, bits = shift % 64;
  std::uint64_t* to = &words_[into * width_];
  const std::uint64_t* source = &words_[from * width_];
  for (std::size_t w = width_; w-- > skip;) {
    std::uint64_t part = source[w - skip] << bits;
    if (bits != 0 && w > skip) part |= source[w - skip - 1] >> (64 - bits);
    to[w] |= part;
  }
}

std::uint32_t Lengths::affordable(const Graph& graph) {
  std::size_t pairs = 1;
  for (const Part& part : graph.parts()) pairs += part.nodes.size() * part.exits.size();
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(100'000'000 / pairs, 512, 0xFFFF));
}

Lengths::Lengths(const Graph& graph, std::uint32_t bound) : bound_(bound), width_(bound / 64 + 1) {
  const auto& nodes = graph.nodes();
  const auto& parts = graph.parts();
  std::size_t pairs = 0;
  for (const Node& n : nodes) {
    first_.push_back(pairs);
    pairs += parts[static_cast<std::size_t>(n.part)].exits.size();
  }
  if (pairs * width_ * 8 > kMaxBytes) {
    throw std::length_error("the length sets of " + std::to_string(pairs) + " configurations up to " + std::to_string(bound) +
                             " bytes take more than " + std::to_string(kMaxBytes >> 20) + " MiB: lower --lengths");
  }
  words_.assign(pairs * width_, 0);
  least_.assign(pairs, kNever);

  std::vector<std::vector<int>> before(nodes.size());        // by node: who has a NEXT edge to it
  std::vector<std::vector<Call>> behind(nodes.size());       // by return node
  std::vector<std::vector<Call>> callers(nodes.size());      // by callee's entry
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    for (const Edge& e : nodes[n].edges) {
      if (e.kind == Edge::Kind::next) {
        before[static_cast<std::size_t>(e.to)].push_back(static_cast<int>(n));
      } else if (e.kind == Edge::Kind::leave) {
        set(pair(static_cast<int>(n), e.exit), e.consumes ? 1 : 0);
      } else {
        const int entry = parts[static_cast<std::size_t>(e.part)].entry;
        for (auto [exit, back] : e.returns) {
          const Call call{static_cast<int>(n), entry, exit, back, e.length};
          behind[static_cast<std::size_t>(back)].push_back(call);
          callers[static_cast<std::size_t>(entry)].push_back(call);
        }
      }
    }
  }
  for (std::uint32_t n = 0; n <= bound_; ++n) {
    for (std::size_t node = 0; node < nodes.size(); ++node) {
      const int exits = static_cast<int>(parts[static_cast<std::size_t>(nodes[node].part)].exits.size());
      for (int x = 0; x < exits; ++x) {
        const std::size_t here = pair(static_cast<int>(node), x);
        if ((words_[here * width_ + n / 64] >> (n % 64) & 1) == 0) continue;
        if (least_[here] == kNever) least_[here] = n;
        for (int from : before[node]) set(pair(from, x), n + 1);
        for (const Call& call : behind[node]) {
          const std::size_t callee = pair(call.callee_entry, call.exit), into = pair(call.caller, x);
          if (call.length < 0) {
            add_shifted(into, callee, n + 1);
          } else if (can(call.callee_entry, call.exit, static_cast<std::uint32_t>(call.length))) {
            set(into, n + 1 + static_cast<std::uint32_t>(call.length));
          }
        }
        for (const Call& call : callers[node]) {
          if (call.exit != x || (call.length >= 0 && call.length != static_cast<std::int32_t>(n))) continue;
          const Node& back = nodes[static_cast<std::size_t>(call.back)];
          const int outs = static_cast<int>(parts[static_cast<std::size_t>(back.part)].exits.size());
          for (int y = 0; y < outs; ++y) add_shifted(pair(call.caller, y), pair(call.back, y), n + 1);
        }
      }
    }
  }
}

std::uint32_t Lengths::next(int node, int exit, std::uint32_t from) const {
  const std::size_t start = at(node, exit);
  for (std::size_t w = from / 64; w < width_; ++w) {
    std::uint64_t word = words_[start + w];
    if (w == from / 64) word &= ~std::uint64_t{0} << (from % 64);
    if (word != 0) {
      const auto length = static_cast<std::uint32_t>(w * 64) + static_cast<std::uint32_t>(std::countr_zero(word));
      return length <= bound_ ? length : kNever;
    }
  }
  return kNever;
}

}  // namespace sluice::verify
