// SPDX-License-Identifier: Apache-2.0
// Single changes to a packed image: one field of one word, parity and digest made right again. It
// does not judge what a change does.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "compiler/compiler.hpp"
#include "levels/table_view.hpp"

namespace sluice::test {

struct ImageChange {
  layout::Pipeline pipeline;  // whose table
  std::string text;           // what was changed
  std::vector<std::uint8_t> image;
};

// A field of an entry, an action or a class map of an image that the compiler made.
class ImageWords {
 public:
  explicit ImageWords(const compiler::CompileResult& policy);

  TableView view(const std::vector<std::uint8_t>& image, layout::Pipeline pipeline) const;
  ImageChange random(std::mt19937_64& rng) const;
  ImageChange change_entry(layout::Pipeline pipeline, std::size_t slot, layout::Entry entry) const;
  ImageChange change_action(layout::Pipeline pipeline, std::size_t number,
                            layout::Action action) const;
  ImageChange change_class(layout::Pipeline pipeline, std::size_t byte, layout::ClassMap map) const;

 private:
  struct Section {
    std::size_t maps, entries, entry_count, actions, action_count;  // in words
  };
  const Section& section(layout::Pipeline pipeline) const {
    return sections_[static_cast<std::size_t>(pipeline)];
  }
  layout::Entry entry(layout::Pipeline pipeline, std::size_t slot) const;
  layout::Action action(layout::Pipeline pipeline, std::size_t number) const;

  const compiler::CompileResult& policy_;
  layout::GeometryLimits limits_;
  Section sections_[2];
  std::size_t endpoints_;
};

}  // namespace sluice::test
