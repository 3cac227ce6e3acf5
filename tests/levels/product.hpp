// SPDX-License-Identifier: Apache-2.0
// Original and changed table side by side. Either nothing that a record can do tells them apart - a
// proof - or there are ways on which they part, which a caller makes into records and tries.
//
// The argument. Both start alike and stay alike up to the first step that reads a changed word;
// such steps are the roots, at every configuration that the original can reach (Reach, an upper
// bound). A *pair* holds the top frames of both runs: base and r of each, over frames below that
// are equal or are a pair of this search themselves. From a pair every symbol is tried on both. The
// pair is closed when both reject with the same reason, both accept, or both go on to a pair that
// is closed, too; a pop returns to every caller that the frame can have. Both runs then take steps
// of equal length on all records and end with the same reason, offset and endpoint. The accumulator
// is not followed by value: it is equal, or it is not known to be, and then whatever uses it is a
// parting; only while nothing has set it is its value known, 0, and what one byte makes of that.
// One run may have left a frame that the other leaves with its next symbol (`deep`). The changed
// run may go on in a frame that it alone has pushed, over a frame that takes the place of the
// original's (`below`); there neither calls, and the depth of the original's frame must leave room
// for one more, so that the changed call cannot fail. Alike configurations that only a changed word
// leads to are no roots: there the runs have become a pair, or are alike again and then listed.
// Anything this argument does not cover counts as a parting: it errs to that side only. What needs
// more bytes than the longest record is left out. Calls are made at equal depth, but for that one,
// so DEPTH strikes both or none.
#pragma once

#include <optional>

#include "levels/reach.hpp"

namespace sluice::test {

// Symbols, one of every class on both sides, for which this base's entry says something else after
// the change.
std::vector<int> readings(const TableView& original, const TableView& changed, std::uint16_t base);

class Product {
 public:
  // One step of the original on a way to a parting.
  enum class Move { over, enter, leave, stay };
  struct Turn {
    std::uint16_t base;
    int symbol;
    Move move;
  };
  // Where the runs part: the way there, from a start base, and the symbol (kEndSymbol: the record
  // ends).
  struct Parting {
    std::uint16_t start;
    std::vector<Turn> way;
    int symbol;
  };
  enum class Proof {
    unread,      // no state of the table reads a changed word
    too_far,     // only what needs a longer record, or an r that does not occur
    alike,       // each first step that reads it does the same
    equivalent,  // closed after more steps
    none,
  };
  struct Result {
    Proof proof = Proof::none;
    std::vector<Parting> partings;
  };

  Product(const Reach& reach, const TableView& original) : reach_(reach), original_(original) {}

  // At most `most` partings, those with the shortest ways first.
  Result explore(const TableView& changed, std::size_t most) const;

 private:
  struct Pair {
    int frame;
    std::uint16_t base[2], r[2];
    bool unequal;  // the accumulators may differ
    int symbol;    // that is to be read here, or -1: any
    int dead;      // -1, or the side that has rejected with `reason`
    layout::Reason reason;
    int deep;  // -1, or the side that is still in `frame` while the other is back in caller.frame
    std::uint32_t bytes;
    int from;  // pair
    int read;  // symbol that led here
    Move move;
    Reach::Caller caller;     // of a leave, or of `deep`
    std::int64_t below = -1;  // -1, or Reach::key of where the change goes on once its top frame,
                              // one more than the original's, has popped
  };
  class Search;

  const Reach& reach_;
  const TableView& original_;
};

}  // namespace sluice::test
