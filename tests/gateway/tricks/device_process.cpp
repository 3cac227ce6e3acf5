// SPDX-License-Identifier: Apache-2.0
#include "device_process.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "gateway/bench.hpp"
#include "link/management_client.hpp"

extern char** environ;

namespace sluice::tricks {

DeviceProcess::DeviceProcess(const std::string& program, const std::string& low,
                             const std::string& high, const std::string& management,
                             std::vector<std::uint8_t> image) {
  std::vector<std::string> words = {program,      "--quiet",    "--level",      "lt",
                                    "--geometry", "simulation", "--low",        low,
                                    "--high",     high,         "--management", management};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, arguments.data(), environ) != 0)
    throw std::runtime_error("cannot start " + program);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, management.c_str(), sizeof address.sun_path - 1);
  const bool connected = gateway::test::eventually([&] {
    management_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (::connect(management_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
      return true;
    ::close(management_);
    return false;
  });
  if (!connected) throw std::runtime_error("the device's management port does not open");
  load(std::move(image));
  reader_ = std::thread([this] {
    std::array<std::uint8_t, 2048> frame;
    while (::recv(management_, frame.data(), frame.size(), 0) > 0) {
    }
  });
}

void DeviceProcess::load(std::vector<std::uint8_t> image) {
  link::ManagementClient client;
  link::ManagementResult result;
  result.error = "no answer";
  client.load_image(std::move(image), true, [&](const auto& answer) { result = answer; });
  std::array<std::uint8_t, 2048> frame;
  while (client.busy()) {
    while (const auto out = client.next_frame()) ::send(management_, out->data(), out->size(), 0);
    if (!client.busy()) break;
    const auto got = ::recv(management_, frame.data(), frame.size(), 0);
    if (got <= 0) break;
    if (const auto error = client.take({frame.data(), static_cast<std::size_t>(got)}))
      throw std::runtime_error(*error);
  }
  if (!result.ok) throw std::runtime_error("the device refuses the image: " + result.error);
}

DeviceProcess::~DeviceProcess() {
  ::shutdown(management_, SHUT_RDWR);
  if (reader_.joinable()) reader_.join();
  ::close(management_);
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace sluice::tricks
