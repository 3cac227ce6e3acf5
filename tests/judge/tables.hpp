// SPDX-License-Identifier: Apache-2.0
// Texts that a predicate must take and texts that it must not.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace sluice::judge::test {

// Texts as std::string, so that one may hold NUL.
using Texts = std::vector<std::string>;

template <typename Predicate>
void check_texts(Predicate holds, const Texts& accepted, const Texts& refused) {
  for (const std::string& text : accepted) {
    INFO("must be accepted: '" << text << "'");
    CHECK(holds(text));
  }
  for (const std::string& text : refused) {
    INFO("must be refused: '" << text << "'");
    CHECK_FALSE(holds(text));
  }
}

}  // namespace sluice::judge::test
