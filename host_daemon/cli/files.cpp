// SPDX-License-Identifier: Apache-2.0
#include "cli/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "load/file_text.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t kFileMax = 64U << 20;  // bytes

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw std::runtime_error("'" + file.string() + "': " + std::generic_category().message(errno));
}

// Temporary files that vanish unless they were renamed.
class Pending {
 public:
  ~Pending() {
    for (const auto& [temporary, name] : files_) ::unlink(temporary.c_str());
  }

  void write(const std::filesystem::path& file, std::string_view text) {
    std::string temporary = file.string() + ".XXXXXX";
    const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
    if (descriptor < 0) fail(file);
    files_.emplace_back(temporary, file.string());
    // mkstemp is for secrets; these are ordinary files.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    bool good = ::fchmod(descriptor, 0666 & ~mask) == 0;
    while (good && !text.empty()) {
      const ssize_t written = ::write(descriptor, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      good = written > 0;
      if (good) text.remove_prefix(static_cast<std::size_t>(written));
    }
    good = good && ::fsync(descriptor) == 0;
    const int error = errno;
    ::close(descriptor);
    errno = error;
    if (!good) fail(file);
  }

  void commit() {
    while (!files_.empty()) {
      const auto& [temporary, name] = files_.back();
      if (::rename(temporary.c_str(), name.c_str()) != 0) fail(name);
      files_.pop_back();
    }
  }

 private:
  std::vector<std::pair<std::string, std::string>> files_;
};

}  // namespace

std::string read_text(const std::filesystem::path& file) {
  load::FileText text = load::read_file(file, kFileMax);
  if (!text.text) throw std::runtime_error("'" + file.string() + "': " + text.error);
  return std::move(*text.text);
}

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& file) {
  const std::string text = read_text(file);
  return {text.begin(), text.end()};
}

void write_files(const std::vector<std::pair<std::filesystem::path, std::string_view>>& files) {
  Pending pending;
  for (const auto& [file, text] : files) pending.write(file, text);
  pending.commit();
}

}  // namespace sluice::cli
