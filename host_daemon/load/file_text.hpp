// SPDX-License-Identifier: Apache-2.0
// Reading a whole, bounded, regular file. Devices, pipes and folders are refused, so that reading
// always ends.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace sluice::load {

struct FileText {
  std::optional<std::string> text;
  std::string error;       // why there is no text, in words
  bool missing = false;    // there is no such file
  bool too_large = false;  // it has more bytes than asked for
};

// Reads `path` if it is a regular file of at most `max_bytes` bytes.
FileText read_file(const std::filesystem::path& path, std::size_t max_bytes = 16u << 20);

}  // namespace sluice::load
