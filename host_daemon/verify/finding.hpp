// SPDX-License-Identifier: Apache-2.0
// What the checker has to complain about, and what it only wants people to know. A finding makes an image bad.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace sluice::verify {

// Collects findings by check. Of each check the first few are kept in words, the others are counted.
class Findings {
 public:
  static constexpr std::size_t kKept = 20;  // by check

  struct Group {
    std::size_t count = 0;
    std::vector<std::string> texts;
  };

  // `check`: "header", "parity", "dump", "walk", ...
  void add(const std::string& check, const std::string& text) {
    Group& group = groups_[check];
    ++group.count;
    ++total_;
    if (group.texts.size() < kKept) group.texts.push_back(text);
  }
  bool empty() const { return total_ == 0; }
  std::size_t total() const { return total_; }
  const std::map<std::string, Group>& groups() const { return groups_; }

 private:
  std::map<std::string, Group> groups_;
  std::size_t total_ = 0;
};

}  // namespace sluice::verify
