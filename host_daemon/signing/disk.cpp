// SPDX-License-Identifier: Apache-2.0
#include "signing/disk.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <utility>

namespace sluice::signing {
namespace {

constexpr std::size_t kFileMax = 64U << 20;

[[noreturn]] void fail(const Path& file, const std::string& what) {
  throw DiskError("'" + file.string() + "': " + what + ": " +
                  std::generic_category().message(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int operator*() const { return number_; }

 private:
  int number_;
};

struct statx look(int descriptor, const Path& file) {
  struct statx found {};
  if (::statx(descriptor, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &found) != 0)
    fail(file, "cannot look at it");
  return found;
}

FileIdentity identity_of(const struct statx& found, const Path& file) {
  if ((found.stx_mask & STATX_BTIME) == 0) {
    throw DiskError("'" + file.string() +
                    "': this file system does not say when a file was born, so a copied key could "
                    "not be told from the original; keep keys on "
                    "ext4, xfs, btrfs or tmpfs");
  }
  return {found.stx_ino, found.stx_btime.tv_sec, found.stx_btime.tv_nsec};
}

class RealFile : public NewFile {
 public:
  RealFile(Descriptor descriptor, Path file)
      : descriptor_(std::move(descriptor)), file_(std::move(file)) {}

  FileIdentity identity() override { return identity_of(look(*descriptor_, file_), file_); }

  void write(View bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(*descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail(file_, "cannot write");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void sync() override {
    if (::fsync(*descriptor_) != 0) fail(file_, "cannot sync");
  }

 private:
  Descriptor descriptor_;
  Path file_;
};

class HeldLock : public Lock {
 public:
  explicit HeldLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;
};

class RealDisk : public Disk {
 public:
  std::optional<FileContent> read(const Path& file) override {
    const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (*in < 0 && errno == ENOENT) return std::nullopt;
    if (*in < 0) fail(file, "cannot open");
    const struct statx found = look(*in, file);
    if (!S_ISREG(found.stx_mode)) throw DiskError("'" + file.string() + "': not a regular file");
    if (found.stx_size > kFileMax) throw DiskError("'" + file.string() + "': more than 64 MiB");
    FileContent out{Bytes(found.stx_size),
                    {found.stx_ino, found.stx_btime.tv_sec, found.stx_btime.tv_nsec},
                    found.stx_nlink,
                    (found.stx_mode & 077) == 0};
    std::size_t have = 0;
    while (have < out.bytes.size()) {
      const ssize_t got = ::read(*in, out.bytes.data() + have, out.bytes.size() - have);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(file, "cannot read");
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    out.bytes.resize(have);
    return out;
  }

  std::unique_ptr<NewFile> create(const Path& file, Access access) override {
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) fail(file, "cannot remove");
    const mode_t mode = access == Access::owner ? 0600 : 0666;
    Descriptor out(
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (*out < 0) fail(file, "cannot create");
    return std::make_unique<RealFile>(std::move(out), file);
  }

  void rename(const Path& from, const Path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) fail(to, "cannot take its name");
  }

  void rename_new(const Path& from, const Path& to) override {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
    const int error = errno;
    ::unlink(from.c_str());
    errno = error;
    if (errno == EEXIST)
      throw DiskError("'" + to.string() + "' exists, and is not replaced; choose another name");
    fail(to, "cannot take its name");
  }

  void sync_folder(const Path& folder) override {
    const Descriptor in(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (*in < 0) fail(folder, "cannot open");
    if (::fsync(*in) != 0) fail(folder, "cannot sync");
  }

  void make_folders(const Path& folder) override {
    if (folder.empty()) return;
    if (::mkdir(folder.c_str(), 0700) == 0) return sync_folder(folder_of(folder));
    if (errno == EEXIST) return;
    if (errno != ENOENT || folder.parent_path() == folder) fail(folder, "cannot make the folder");
    make_folders(folder.parent_path());
    if (::mkdir(folder.c_str(), 0700) != 0) fail(folder, "cannot make the folder");
    sync_folder(folder_of(folder));
  }

  std::unique_ptr<Lock> lock(const Path& file) override {
    Descriptor held(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (*held < 0) fail(file, "cannot open");
    if (::flock(*held, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) fail(file, "cannot lock");
      throw Locked("another process is at work with this key (it holds '" + file.string() +
                   "'); nothing was done, try again");
    }
    return std::make_unique<HeldLock>(std::move(held));
  }

  std::string machine() override {
    std::ifstream in("/etc/machine-id");
    std::string id;
    if (!(in >> id)) return {};
    // The identifier itself is to be kept confidential (machine-id(5)).
    const std::string words = "sluice: machine of one-time keys " + id;
    const Digest digest =
        sha256({View(reinterpret_cast<const std::uint8_t*>(words.data()), words.size())});
    std::string out;
    for (const std::uint8_t byte : View(digest).first(16)) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", byte);
      out += digits;
    }
    return out;
  }
};

}  // namespace

std::unique_ptr<Disk> real_disk() { return std::make_unique<RealDisk>(); }

Path folder_of(const Path& file) {
  const Path folder = file.parent_path();
  return folder.empty() ? Path(".") : folder;
}

void write_whole(Disk& disk, const Path& file,
                 const std::function<Bytes(const FileIdentity&)>& content, Access access,
                 Replace replace) {
  Path temporary = file;
  temporary += ".new";
  const auto out = disk.create(temporary, access);
  out->write(content(out->identity()));
  out->sync();
  if (replace == Replace::yes) {
    disk.rename(temporary, file);
  } else {
    disk.rename_new(temporary, file);
  }
  disk.sync_folder(folder_of(file));
}

void write_whole(Disk& disk, const Path& file, View bytes, Access access, Replace replace) {
  write_whole(
      disk, file, [&](const FileIdentity&) { return Bytes(bytes.begin(), bytes.end()); }, access,
      replace);
}

}  // namespace sluice::signing
