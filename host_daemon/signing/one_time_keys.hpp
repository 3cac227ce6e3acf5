// SPDX-License-Identifier: Apache-2.0
// Which one-time keys of a private key are used up. `take` records the use of the next one on the
// medium and only then says its number, so that a crash at any point loses at most a number and
// never gives one twice.
//
// The record stands in two places, the *state* beside the key and the *mark* in a folder of this
// user on this machine. Each says: key, next number, machine, its own path, and the inode number
// and birth time of the very file that it stands in; a MAC under the key guards it against changes
// by hand. Every use writes both anew - temporary file, fsync, rename, fsync of the folder -, the
// mark first. An append-only log would do for crashes, but its file stays the same file: an old
// copy of the content, written back into it, would pass. A file that is replaced at every use has a
// new number and birth each time, so that whatever brings back old content is seen.
//
//   mark = state        as it should be
//   mark = state + 1    a crash between the two: the number is given up
//   anything else       one of them is older than the other: refused
//
// Both have a random *binding*, too, made when the key was made or adopted: a state from before an
// adoption is refused.
//
// It cannot see a whole machine put back in time (a snapshot, a clone of the disk that runs in its
// place): docs/signing.md says so.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "signing/disk.hpp"
#include "signing/lms.hpp"

namespace sluice::signing {

// A record that is missing, copied, moved, older than it should be or altered; or no number is
// left. The text says how to go on.
class KeyRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Where numbers of one-time keys come from.
class NumberSource {
 public:
  virtual ~NumberSource() = default;
  // A number that nobody had before and nobody gets again, whatever happens after this call.
  virtual std::uint32_t take() = 0;
};

class OneTimeKeys : public NumberSource {
 public:
  // `key` must outlive the object. `state`: the file beside the key; `marks`: the folder of marks.
  OneTimeKeys(Disk& disk, const PrivateKey& key, const Path& state, const Path& marks);

  // The record of a new key: every number unused. Throws DiskError when a state of that name
  // exists.
  void begin();

  // Locks, checks, records, and says the number. Throws KeyRefused, Locked, DiskError; then nothing
  // was given out.
  std::uint32_t take() override;

  // How many numbers are left, after the same checks.
  std::uint32_t left();

  // Binds the record anew to the files where they are now, for a key that was moved or restored on
  // purpose: numbers below `first_unused` are given up. KeyRefused if a record that is there, bound
  // or not, knows of a greater one, or if the key has not that many.
  void adopt(std::uint32_t first_unused);

 private:
  struct Record;
  struct Next {
    std::uint32_t number;
    std::string binding;
  };
  std::optional<Record> read(const Path& file, const char* what);
  void bound(const Record& record, const Path& file, const char* what);
  void write(const Path& file, std::uint32_t next, const std::string& binding, Replace replace);
  Next next_checked();
  std::string mac_line(const std::string& guarded) const;
  std::string text(std::uint32_t next, const std::string& binding, const FileIdentity& identity,
                   const Path& file) const;

  Disk& disk_;
  const PrivateKey& key_;
  Path state_, mark_, lock_;
  std::string machine_;
};

// The folder of marks of this user: $SLUICE_SIGNER_MARKS, else $XDG_STATE_HOME/sluice/signer, else
// ~/.local/state/sluice/signer. Throws DiskError when none of the three is set.
Path marks_of_user();

// First 16 digits of the key's identifier: its name in messages.
std::string key_name(View id);

}  // namespace sluice::signing
