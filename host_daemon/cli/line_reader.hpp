// SPDX-License-Identifier: Apache-2.0
// Lines from a descriptor, bounded, with the knowledge whether another one is there without waiting: so that a filter can
// work in batches and still answer at once when its input pauses.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace sluice::cli {

struct Line {
  std::string text;         // without the newline
  std::size_t number = 0;   // from 1
  bool too_long = false;    // `text` is empty: the line had more than the limit
};

class LineReader {
 public:
  // Does not own `descriptor`.
  LineReader(int descriptor, std::size_t line_max) : descriptor_(descriptor), line_max_(line_max) {}

  // The next line; the last one may lack its newline. Nothing at the end. Throws std::runtime_error when reading fails.
  std::optional<Line> next();

  // True when next() would not wait.
  bool ready() const;

 private:
  bool fill();  // false at the end

  int descriptor_;
  std::size_t line_max_;
  std::string buffer_;
  std::size_t start_ = 0;  // of the next line in the buffer
  std::size_t number_ = 0;
  bool ended_ = false;
};

}  // namespace sluice::cli
