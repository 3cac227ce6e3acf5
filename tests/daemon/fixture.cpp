// SPDX-License-Identifier: Apache-2.0
#include "daemon/fixture.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "load/load.hpp"

namespace sluice::testing {
namespace {

std::string example(const std::string& file) {
  return read_file(std::string(SLUICE_SOURCE_DIR) + "/schemas/examples/library/" + file);
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("the example policy has no '" + from + "'");
  text.replace(at, from.size(), to);
}

}  // namespace

std::string policy_text(int serial, int limit, const std::string& geometry) {
  std::string text = example("policy.yaml");
  replace(text, "serial: 1 ", "serial: " + std::to_string(serial) + " ");
  replace(text, "maxOutstanding: 64", "maxOutstanding: " + std::to_string(limit));
  replace(text, "geometry: SMALL", "geometry: " + geometry);
  return text;
}

const std::string& descriptor_set() {
  static const std::string set = [] {
    load::Diagnostics diagnostics;
    const auto loaded = load::load(std::string(SLUICE_SOURCE_DIR) + "/schemas/examples/library/policy.yaml", diagnostics);
    if (!loaded) throw std::runtime_error(diagnostics.text());
    return load::descriptor_set_of(*loaded);
  }();
  return set;
}

compiler::CompileResult compile(const std::string& policy) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(policy, "policy.yaml", descriptor_set(), diagnostics);
  if (!loaded) throw std::runtime_error(diagnostics.text());
  auto result = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  if (!result) throw std::runtime_error(diagnostics.text());
  return std::move(*result);
}

PortClient::PortClient(const std::string& path) : descriptor_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const bool connected = eventually([&] {
    return ::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  });
  if (!connected) throw std::runtime_error("nobody listens at " + path);
  const timeval second{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
}

PortClient::~PortClient() { ::close(descriptor_); }

void PortClient::send(const link::Frame& frame) const {
  if (::send(descriptor_, frame.data(), frame.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(frame.size())) {
    throw std::runtime_error("the device does not take frames");
  }
}

link::Frame PortClient::receive() const {
  link::Frame frame(link::max_frame_bytes);
  const ssize_t got = ::recv(descriptor_, frame.data(), frame.size(), 0);
  frame.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return frame;
}

Setup::Setup() = default;

void Setup::start_device(const std::string& geometry) {
  device_.reset();
  device_ = std::make_unique<Process>(std::vector<std::string>{
      program("sluice-device"), "--level", "lt", "--geometry", geometry, "--low", path("low"), "--high", path("high"),
      "--management", path("management")});
}

void Setup::start_daemon(const std::vector<std::string>& more) {
  daemon_.reset();
  std::vector<std::string> command{program("sluiced"), "--control", control(), "--device", path("management"),
                                   "--state", path("state")};
  command.insert(command.end(), more.begin(), more.end());
  daemon_ = std::make_unique<Process>(command);
  const bool answers = eventually([this] {
    try {
      status();
      return true;
    } catch (const cli::ControlUnreachable&) {
      return false;
    }
  });
  if (!answers) throw std::runtime_error("sluiced does not answer: " + daemon_->errors());
}

v1::PushResult Setup::push(const std::string& policy) const {
  v1::PushPolicyRequest request;
  request.set_manifest(policy);
  request.set_descriptor_set(descriptor_set());
  v1::PushResult result;
  cli::ControlClient(address()).call("PushPolicy", request, result, std::chrono::seconds(100));
  return result;
}

v1::DeviceStatus Setup::status() const {
  v1::DeviceStatus out;
  cli::ControlClient(address()).call("GetStatus", v1::GetStatusRequest(), out);
  return out;
}

v1::ListEventsResponse Setup::events(std::uint64_t after, std::uint32_t wait_ms) const {
  v1::ListEventsRequest request;
  request.set_after(after);
  request.set_limit(1000);
  request.set_wait_ms(wait_ms);
  v1::ListEventsResponse out;
  cli::ControlClient(address()).call("ListEvents", request, out);
  return out;
}

bool Setup::reaches(v1::DeviceStatus::State state) const {
  return eventually([&] { return status().state() == state; });
}

std::vector<v1::AuditEvent> Setup::wait_events(std::uint64_t after, std::size_t count) const {
  std::vector<v1::AuditEvent> out;
  eventually([&] {
    const auto response = events(after, 1000);
    out.assign(response.events().begin(), response.events().end());
    return out.size() >= count;
  });
  return out;
}

}  // namespace sluice::testing
