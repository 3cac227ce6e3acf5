// SPDX-License-Identifier: Apache-2.0
// The coarsest partition of states in which equal states lead to equal states: what every minimization here is. After a group splits, only
// states that lead into its smaller parts are looked at again, so the work is O(m log n), also on long chains. It knows no automaton.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace sluice::compiler {

// Refines `group` (numbers from 0, states of different groups stay apart) until it is stable and returns it; groups then have any numbers.
// `signature(s, group)` says what state s does, with its successors named by their groups: any ordered type.
// `before[s]` lists states that have s among their successors.
template <typename Signature>
std::vector<int> refine(std::vector<int> group, const std::vector<std::vector<int>>& before, Signature signature) {
  const std::size_t n = group.size();
  if (n == 0) return group;
  const auto at = [](int i) { return static_cast<std::size_t>(i); };
  std::vector<std::vector<int>> members(at(*std::max_element(group.begin(), group.end())) + 1);
  std::vector<std::size_t> place(n);  // in members[group[s]]
  const auto enter = [&](int s) {
    std::vector<int>& list = members[at(group[at(s)])];
    place[at(s)] = list.size();
    list.push_back(s);
  };
  const auto leave = [&](int s) {
    std::vector<int>& list = members[at(group[at(s)])];
    list[place[at(s)]] = list.back();
    place[at(list.back())] = place[at(s)];
    list.pop_back();
  };
  for (std::size_t s = 0; s < n; ++s) enter(static_cast<int>(s));
  // States whose signature may have changed since their group was last found to agree.
  std::vector<int> dirty(n);
  for (std::size_t s = 0; s < n; ++s) dirty[s] = static_cast<int>(s);
  std::vector<char> is_dirty(n, 1);
  using Key = decltype(signature(std::size_t{0}, group));
  while (!dirty.empty()) {
    std::map<int, std::vector<int>> touched;
    for (const int s : dirty) touched[group[at(s)]].push_back(s);
    std::vector<std::vector<int>> moved;  // into groups of their own; all signatures of a round see the old ones
    for (auto& [g, changed] : touched) {
      const std::vector<int>& all = members[at(g)];
      std::map<Key, std::vector<int>> parts;
      for (const int s : changed) parts[signature(at(s), group)].push_back(s);
      // The others still agree with each other: one speaks for all.
      const std::size_t others = all.size() - changed.size();
      auto stays = parts.end();
      std::size_t staying = 0;
      if (others > 0) {
        const int one = *std::find_if(all.begin(), all.end(), [&](int s) { return !is_dirty[at(s)]; });
        stays = parts.try_emplace(signature(at(one), group)).first;
        staying = stays->second.size() + others;
      }
      const auto home = stays;
      for (auto it = parts.begin(); it != parts.end(); ++it) {
        if (it != home && it->second.size() > staying) {
          stays = it;
          staying = it->second.size();
        }
      }
      if (home != parts.end() && stays != home) {
        for (const int s : all) {
          if (!is_dirty[at(s)]) home->second.push_back(s);
        }
      }
      for (auto it = parts.begin(); it != parts.end(); ++it) {
        if (it != stays) moved.push_back(std::move(it->second));
      }
    }
    for (const int s : dirty) is_dirty[at(s)] = 0;
    dirty.clear();
    for (const auto& part : moved) {
      members.emplace_back();
      for (const int s : part) {
        leave(s);
        group[at(s)] = static_cast<int>(members.size()) - 1;
        enter(s);
      }
    }
    for (const auto& part : moved) {
      for (const int s : part) {
        for (const int p : before[at(s)]) {
          if (is_dirty[at(p)]) continue;
          is_dirty[at(p)] = 1;
          dirty.push_back(p);
        }
      }
    }
  }
  return group;
}

}  // namespace sluice::compiler
