// SPDX-License-Identifier: Apache-2.0
// A listening socket in the file system that belongs to exactly one live process: a file that a dead process left
// behind is replaced, one that somebody listens on is never taken away, and the file goes with its owner.
// It does not accept or read; it knows nothing of frames.
#pragma once

#include <stdexcept>
#include <string>

namespace sluice::device {

// The address cannot be used; `what()` names the path, the cause and the way out.
class SocketError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ListeningSocket {
 public:
  // Binds and listens. `type` is SOCK_SEQPACKET or SOCK_STREAM; the descriptor is non-blocking and closed on exec.
  // Throws SocketError: the path is too long, is in use, is another kind of file, or the folder refuses it.
  ListeningSocket(std::string path, int type);
  ~ListeningSocket();  // closes, and removes the file unless another process has replaced it

  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  int descriptor() const { return descriptor_; }
  const std::string& path() const { return path_; }

  // Gives the descriptor to the caller; the file stays this object's to remove.
  int release_descriptor();

 private:
  std::string path_;
  int descriptor_ = -1;
  unsigned long long device_ = 0;  // of the socket file, so that only our own file is removed
  unsigned long long inode_ = 0;
};

}  // namespace sluice::device
