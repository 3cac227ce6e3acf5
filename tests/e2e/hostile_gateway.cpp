// SPDX-License-Identifier: Apache-2.0
// A gateway in the attacker's hands: it takes the real one's place at a data port and puts whatever it is told straight
// on the link. It parses, transforms and checks nothing, so that what stops its bytes is the device alone.
//
//   standard input   record TAG HEX     sends a record in well-formed link frames; TAG is decimal
//                    frame HEX          sends one message on the link, as it is
//                    frames TAG HEX     tells the well-formed frames of a record and sends nothing
//   standard output  ready | frame HEX | done | received TAG HEX | lost
//
// It ends with its standard input. Exit status: 0 done, 2 could not work.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstring>
#include <iostream>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "link/link_codec.hpp"

namespace {

using sluice::link::Port;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kLargestRecord = 1U << 20;  // bytes; what comes out of a device is never longer
constexpr std::chrono::milliseconds kSettle{150};  // a port that is taken closes a second peer within this time
constexpr std::chrono::seconds kPatience{10};

std::string error_text() { return std::generic_category().message(errno); }

std::string to_hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

Bytes from_hex(std::string_view text) {
  Bytes out(text.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char* const at = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, out[i], 16);
    if (error != std::errc() || end != at + 2) throw std::runtime_error("not hexadecimal: " + std::string(text.substr(2 * i, 2)));
  }
  if (text.size() % 2 != 0) throw std::runtime_error("an odd number of hexadecimal digits");
  return out;
}

// The data port of a device, taken as soon as it is free.
class Link {
 public:
  Link(const std::string& path, Port port)
      : to_(sluice::link::to_device(port)), reassembler_(sluice::link::from_device(port).kind, kLargestRecord) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) throw std::runtime_error("'" + path + "' cannot name a socket");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!try_connect(address)) {
      if (std::chrono::steady_clock::now() >= deadline) throw std::runtime_error("no free device port at " + path + ": " + error_text());
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  ~Link() { close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  int descriptor() const { return descriptor_; }

  std::vector<sluice::link::Frame> frames(std::uint32_t tag, std::span<const std::uint8_t> record) const {
    return sluice::link::to_frames(to_, tag, record);
  }

  void send_frame(std::span<const std::uint8_t> frame) {
    if (::send(descriptor_, frame.data(), frame.size(), MSG_NOSIGNAL) < 0) throw std::runtime_error("send: " + error_text());
  }

  // Tells what came; false at the end of the connection.
  bool receive() {
    Bytes frame(sluice::link::max_frame_bytes);
    const ssize_t got = ::recv(descriptor_, frame.data(), frame.size(), 0);
    if (got <= 0) return false;
    const auto result = reassembler_.feed(std::span(frame).first(static_cast<std::size_t>(got)));
    if (result.record) std::cout << "received " << result.record->tag << ' ' << to_hex(result.record->bytes) << std::endl;
    return true;
  }

 private:
  bool try_connect(const sockaddr_un& address) {
    close();
    descriptor_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0) throw std::runtime_error("socket: " + error_text());
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return false;
    pollfd closed{descriptor_, POLLRDHUP, 0};
    errno = EBUSY;
    return ::poll(&closed, 1, static_cast<int>(kSettle.count())) == 0;
  }

  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

  int descriptor_ = -1;
  sluice::link::Direction to_;
  sluice::link::Reassembler reassembler_;
};

void obey(std::string_view line, Link& link) {
  const auto word = [&line] {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view out = line.substr(0, end);
    line.remove_prefix(std::min(line.size(), end + 1));
    return out;
  };
  const std::string_view command = word();
  if (command == "record" || command == "frames") {
    const std::string_view tag_text = word();
    std::uint32_t tag = 0;
    const auto [end, error] = std::from_chars(tag_text.data(), tag_text.data() + tag_text.size(), tag);
    if (error != std::errc() || end != tag_text.data() + tag_text.size()) throw std::runtime_error("TAG is not a number of 32 bits");
    for (const auto& frame : link.frames(tag, from_hex(word()))) {
      if (command == "record") {
        link.send_frame(frame);
      } else {
        std::cout << "frame " << to_hex(frame) << std::endl;
      }
    }
  } else if (command == "frame") {
    link.send_frame(from_hex(word()));
  } else {
    throw std::runtime_error("unknown command '" + std::string(command) + "'");
  }
  std::cout << "done" << std::endl;
}

int run(const std::string& path, Port port) {
  Link link(path, port);
  std::cout << "ready" << std::endl;
  std::string pending;
  for (;;) {
    pollfd wanted[] = {{STDIN_FILENO, POLLIN, 0}, {link.descriptor(), POLLIN, 0}};
    if (::poll(wanted, 2, -1) < 0 && errno != EINTR) throw std::runtime_error("poll: " + error_text());
    if (wanted[1].revents != 0 && !link.receive()) {
      std::cout << "lost" << std::endl;
      return 0;
    }
    if (wanted[0].revents == 0) continue;
    char buffer[8192];
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof(buffer));
    if (got <= 0) return 0;
    pending.append(buffer, static_cast<std::size_t>(got));
    for (std::size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
      obey(std::string_view(pending).substr(0, end), link);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("hostile_gateway: puts bytes on a device's link without any check, for tests");
  std::string side, path;
  app.add_option("--side", side, "the gateway whose place it takes")->required()->check(CLI::IsMember({"low", "high"}));
  app.add_option("--device", path, "socket of the device's port on this side")->required();
  app.footer("Standard input: 'record TAG HEX', 'frame HEX' or 'frames TAG HEX' a line.\n"
      "Standard output: 'ready', 'frame HEX', 'done', 'received TAG HEX', 'lost'.");
  try {
    app.parse(argc, argv);
    return run(path, side == "low" ? Port::low : Port::high);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "hostile_gateway: " << error.what() << '\n';
    return 2;
  }
}
