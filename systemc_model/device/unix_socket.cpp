// SPDX-License-Identifier: Apache-2.0
#include "device/unix_socket.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace sluice::device {
namespace {

std::string error_text(int error) { return std::generic_category().message(error); }

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  int release() {
    const int value = value_;
    value_ = -1;
    return value;
  }

 private:
  int value_;
};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path) || path.find('\0') != std::string::npos) {
    throw SocketError("socket path '" + path + "': must have 1 to " +
                      std::to_string(sizeof(address.sun_path) - 1) + " bytes; use a shorter folder");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Two processes that start at once must not both find the file stale and remove each other's: the folder is locked
// from the look until the socket listens. A lock on the folder leaves no lock file behind.
Descriptor lock_folder(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0) {
    throw SocketError("socket path '" + path + "': folder '" + folder + "': " + error_text(errno));
  }
  if (::flock(descriptor.get(), LOCK_EX) != 0) {
    throw SocketError("socket path '" + path + "': cannot lock folder '" + folder +
                      "': " + error_text(errno));
  }
  return Descriptor(descriptor.release());
}

// Removes the file of a dead process; throws when the path is alive or no socket.
void remove_stale(const std::string& path, const sockaddr_un& address, int type) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    throw SocketError("socket path '" + path + "': " + error_text(errno));
  }
  if (!S_ISSOCK(status.st_mode)) {
    throw SocketError("socket path '" + path +
                      "': a file that is not a socket stands there; remove it or choose another path");
  }
  Descriptor probe(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.get() < 0) throw SocketError("socket: " + error_text(errno));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
      errno == ECONNREFUSED) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
    throw SocketError("socket path '" + path + "': cannot replace a stale socket: " + error_text(errno));
  }
  // Connected, or refused for another cause (full backlog, another socket type, permission): somebody is there.
  throw SocketError("socket path '" + path +
                    "': in use by another process; stop it or choose another path");
}

}  // namespace

ListeningSocket::ListeningSocket(std::string path, int type) : path_(std::move(path)) {
  const sockaddr_un address = address_of(path_);
  const Descriptor lock = lock_folder(path_);
  remove_stale(path_, address, type);
  Descriptor listener(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.get() < 0) throw SocketError("socket: " + error_text(errno));
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw SocketError("socket path '" + path_ + "': " + error_text(errno));
  }
  struct stat status {};
  if (::listen(listener.get(), 16) != 0 || ::lstat(path_.c_str(), &status) != 0) {
    const int error = errno;
    ::unlink(path_.c_str());
    throw SocketError("socket path '" + path_ + "': " + error_text(error));
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  descriptor_ = listener.release();
}

ListeningSocket::~ListeningSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
}

int ListeningSocket::release_descriptor() {
  const int descriptor = descriptor_;
  descriptor_ = -1;
  return descriptor;
}

}  // namespace sluice::device
