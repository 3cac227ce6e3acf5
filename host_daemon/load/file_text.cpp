// SPDX-License-Identifier: Apache-2.0
// Bounded file reading; see the header.
#include "load/file_text.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace sluice::load {

FileText read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  std::error_code failure;
  auto status = std::filesystem::status(path, failure);
  if (status.type() == std::filesystem::file_type::not_found) {
    return {std::nullopt, "no such file", true, false};
  }
  if (failure) return {std::nullopt, failure.message(), false, false};
  if (status.type() == std::filesystem::file_type::directory) {
    return {std::nullopt, "it is a folder", false, false};
  }
  if (status.type() != std::filesystem::file_type::regular) {
    return {std::nullopt, "it is not a regular file", false, false};
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return {std::nullopt, std::strerror(errno != 0 ? errno : EIO), false, false};
  std::string text;
  char block[16384];
  while (in.read(block, sizeof(block)) || in.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes) {
      return {std::nullopt, fmt::format("it is larger than {} bytes", max_bytes), false, true};
    }
  }
  if (in.bad()) return {std::nullopt, "reading it failed", false, false};
  return {std::move(text), {}, false, false};
}

}  // namespace sluice::load
