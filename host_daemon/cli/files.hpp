// SPDX-License-Identifier: Apache-2.0
// Files in and out: reads are bounded and name what failed, writes are whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::cli {

// A whole regular file. Throws std::runtime_error that names the file and the cause.
std::string read_text(const std::filesystem::path& file);
std::vector<std::uint8_t> read_bytes(const std::filesystem::path& file);

// Writes all files, or none: each goes to a temporary name beside its own first, is synced, and only when all are there
// do they take their names. Throws std::runtime_error; nothing is left behind then.
void write_files(const std::vector<std::pair<std::filesystem::path, std::string_view>>& files);

}  // namespace sluice::cli
