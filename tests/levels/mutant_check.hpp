// SPDX-License-Identifier: Apache-2.0
// Would the campaign notice a wrong table? A changed image runs over the campaign's records, over
// every symbol at the places that read the changed word, and over records made for the places where
// original and change can part; or a Product proves that no record tells them apart. A change that
// was proved harmless and is noticed all the same is an error of this code, and thrown.
#pragma once

#include <map>

#include "engine/engine.hpp"
#include "levels/image_change.hpp"
#include "levels/product.hpp"
#include "levels/record_source.hpp"

namespace sluice::test {

enum class Finding {
  noticed_by_record,    // a record of the campaign
  noticed_by_symbol,    // one of them with one symbol replaced where the changed word is read
  noticed_by_directed,  // a record made for the place where the runs part
  refused,              // the image does not load
  unread,
  too_far,
  alike,
  equivalent,  // proofs: as Product::Proof
  unexplained,
};
inline constexpr std::size_t kFindings = 9;
std::string_view text_of(Finding finding);

class MutantCheck {
 public:
  MutantCheck(const compiler::CompileResult& policy, std::size_t records, std::uint64_t seed);

  const ImageWords& words() const { return words_; }
  // `hint`: where the runs may part, when nothing explains the change.
  Finding check(const ImageChange& change, std::string& hint) const;

 private:
  struct Side {
    TableView view;
    Reach reach;
    Product product;
    std::map<std::uint16_t, std::vector<std::pair<std::size_t, std::size_t>>>
        passing;  // by base: case, offset
    Side(const ImageWords& words, const compiler::CompileResult& policy, layout::Pipeline pipeline);
  };
  struct Tried {
    Case record;
    engine::Verdict verdict;
  };

  static engine::Verdict judge(const engine::Image& image, const Case& c);
  bool differs(const engine::Image& changed, const Case& c) const;
  bool by_symbol(const Side& side, const TableView& view, const engine::Image& changed) const;
  bool by_directed(const Side& side, const Product::Parting& parting, layout::Pipeline pipeline,
                   const engine::Image& changed) const;
  std::vector<std::pair<std::uint16_t, std::size_t>> places(const Case& c) const;
  void note_places(std::size_t index);

  const compiler::CompileResult& policy_;
  ImageWords words_;
  engine::Image original_;
  Side sides_[2];
  std::vector<Tried> tried_;
  std::string
      header_block_[2];  // of an accepted record with a body, from the end of its first line on
};

}  // namespace sluice::test
