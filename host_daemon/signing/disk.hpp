// SPDX-License-Identifier: Apache-2.0
// The few things that signing does to files, each one a step at which the power can fail. Tests put
// a disk in its place that forgets what was not synced. It decides nothing about keys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "signing/sha256.hpp"

namespace sluice::signing {

using Path = std::filesystem::path;

// A file could not be read, written or synced; the text names it.
class DiskError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Another process holds the lock.
class Locked : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Which file this is, whatever its name and content: its number and when it was born. No copy has
// both.
struct FileIdentity {
  std::uint64_t number = 0;   // inode
  std::int64_t born_s = 0;    // seconds since 1970
  std::uint32_t born_ns = 0;  // and nanoseconds
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

struct FileContent {
  Bytes bytes;
  FileIdentity identity;
  unsigned links = 1;      // names that the file has
  bool only_owner = true;  // nobody else may read or write it
};

// A file that is being written under a temporary name.
class NewFile {
 public:
  virtual ~NewFile() = default;
  virtual FileIdentity identity() = 0;
  virtual void write(View bytes) = 0;  // the whole content
  virtual void sync() = 0;             // returns when the content is on the medium
};

// Held until the object goes, also when the process is killed.
class Lock {
 public:
  virtual ~Lock() = default;
};

enum class Access { owner, everyone };  // mode 0600; 0666 less the umask

class Disk {
 public:
  virtual ~Disk() = default;
  // A whole regular file of at most 64 MiB; nothing when there is none.
  virtual std::optional<FileContent> read(const Path& file) = 0;
  // An empty file; one of that name that is there is removed first.
  virtual std::unique_ptr<NewFile> create(const Path& file, Access access) = 0;
  virtual void rename(const Path& from, const Path& to) = 0;
  // As rename, but DiskError when `to` exists.
  virtual void rename_new(const Path& from, const Path& to) = 0;
  // Returns when the names in `folder` are on the medium.
  virtual void sync_folder(const Path& folder) = 0;
  virtual void make_folders(const Path& folder) = 0;  // mode 0700
  // Makes the file if need be. Throws Locked.
  virtual std::unique_ptr<Lock> lock(const Path& file) = 0;
  // Something that this machine has and no other; empty when it has nothing of the kind.
  virtual std::string machine() = 0;
};

// The real one. `machine()` is a hash of /etc/machine-id.
std::unique_ptr<Disk> real_disk();

enum class Replace { yes, no };

// Writes a file whole or not at all: under a temporary name, synced, renamed, and the folder
// synced. After return it is there, whatever happens. `content` gets the identity that the file is
// going to have. With Replace::no a file of that name is a DiskError.
void write_whole(Disk& disk, const Path& file,
                 const std::function<Bytes(const FileIdentity&)>& content, Access access,
                 Replace replace);
void write_whole(Disk& disk, const Path& file, View bytes, Access access, Replace replace);

// The folder that holds `file`; "." for a bare name.
Path folder_of(const Path& file);

}  // namespace sluice::signing
