// SPDX-License-Identifier: Apache-2.0
// The checker of image mutants is itself checked: changes of the library example whose effect is
// known.
#include "levels/mutant_check.hpp"

#include <catch2/catch.hpp>

#include "load/load.hpp"

using namespace sluice;
using layout::Control;
using layout::Pipeline;
using test::Finding;

namespace {

struct Fixture {
  load::Diagnostics diagnostics;
  std::optional<compiler::CompileResult> policy;
  Fixture() {
    auto loaded = load::load(SLUICE_EXAMPLES "/library/policy.yaml", diagnostics);
    REQUIRE(loaded);
    policy =
        compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
    REQUIRE(policy);
  }
};

template <typename Words, typename Wanted>
std::size_t find(const Words& words, Wanted&& wanted) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (wanted(words[i])) return i;
  }
  FAIL("the example has no such word any more");
  return 0;
}

}  // namespace

TEST_CASE("known changes are told apart") {
  const Fixture fixture;
  const auto& table = fixture.policy->request_table;
  const test::MutantCheck check(*fixture.policy, 400, 1);
  std::string hint;

  SECTION("one reply more than the schema allows") {
    const std::size_t number = find(table.actions, [](const auto& a) {
      return a.register_op == layout::RegisterOp::INC && a.register_arg == 8;
    });
    auto action = table.actions[number];
    action.register_arg = 9;
    CHECK(check.check(check.words().change_action(Pipeline::REQUEST, number, action), hint) <=
          Finding::noticed_by_directed);
  }
  SECTION("a record that ends one state early") {
    const std::size_t slot =
        find(table.entries, [](const auto& e) { return e.control == Control::ACCEPT; });
    auto entry = table.entries[slot];
    entry.control = Control::NEXT;
    CHECK(check.check(check.words().change_entry(Pipeline::REQUEST, slot, entry), hint) <=
          Finding::noticed_by_directed);
  }
  SECTION("the next base of an entry that pops") {
    const std::size_t slot =
        find(table.entries, [](const auto& e) { return e.control == Control::RET; });
    auto entry = table.entries[slot];
    entry.next = 5;
    CHECK(check.check(check.words().change_entry(Pipeline::REQUEST, slot, entry), hint) ==
          Finding::unread);
  }
  SECTION("an action beyond the image") {
    auto entry = table.entries[0];
    entry.action = static_cast<std::uint16_t>(table.actions.size());
    CHECK(check.check(check.words().change_entry(Pipeline::REQUEST, 0, entry), hint) ==
          Finding::refused);
  }
}
