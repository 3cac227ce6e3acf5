// SPDX-License-Identifier: Apache-2.0
// An image file taken apart, by docs/layouts.md alone, and everything said about it that needs no run: header, lengths, digest,
// limits against the policy, parity and reserved bits of every word, unused slots.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "load/load.hpp"
#include "verify/finding.hpp"
#include "verify/table.hpp"

namespace sluice::verify {

struct ImageFile {
  layout::ImageHead0 head0;
  layout::ImageHead1 head1;
  layout::ImageHead2 head2;
  layout::ImageHead3 head3;
  layout::ImageHead4 head4;
  layout::ImageHead5 head5;
  std::string name;    // without its padding
  std::string digest;  // as stored, lower-case hex
  layout::GeometryLimits limits;
  Table tables[2];  // by Pipeline
  std::vector<layout::Endpoint> endpoints;

  const Table& table(layout::Pipeline pipeline) const { return tables[static_cast<std::size_t>(pipeline)]; }
  // First bases of a pipeline, ascending, each once.
  std::vector<std::uint16_t> starts(layout::Pipeline pipeline) const;
};

// Takes the bytes apart and checks every word. Nothing when the lengths contradict each other so that there are no tables.
std::optional<ImageFile> read_image(std::span<const std::uint8_t> bytes, Findings& findings);

// Header and endpoint words against what the policy says.
void compare_with_policy(const ImageFile& image, const load::Loaded& policy, Findings& findings);

}  // namespace sluice::verify
