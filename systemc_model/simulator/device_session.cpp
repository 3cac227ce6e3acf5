// SPDX-License-Identifier: Apache-2.0
// The session at levels lt and rtl: they differ only in the device that they create.
#include "simulator/device_session.hpp"

#include <array>
#include <stdexcept>

#include "fabric/fabric.hpp"
#include "link/management_client.hpp"
#include "simulator/session_bench.hpp"
#ifdef SLUICE_HAVE_RTL
#include "rtl_cosim/make_device.hpp"
#endif

// libsystemc refers to sc_main. A program with a main() of its own never comes here; one with its
// own sc_main overrides it.
__attribute__((weak)) int sc_main(int, char**) {
  SC_REPORT_ERROR("/sluice/session", "this program has no sc_main");
  return 2;
}

namespace sluice::simulator {

namespace {

constexpr std::array<std::string_view, 3> level_names{"engine", "lt", "rtl"};

std::unique_ptr<fabric::Device> make_device(const DeviceSession::Options& options) {
  if (!options.trace_file.empty() && options.level != Level::rtl) {
    throw std::runtime_error("a trace needs level rtl; level " +
                             std::string(name_of(options.level)) + " has no signals");
  }
  if (layout::limits_of(options.geometry).request_entries == 0)
    throw std::runtime_error("there is no such geometry");
  switch (options.level) {
    case Level::lt:
      return std::make_unique<fabric::Fabric>("device", options.geometry, options.fault);
    case Level::rtl:
#ifdef SLUICE_HAVE_RTL
      return rtl_cosim::make_device(options.geometry, options.trace_file, options.fault);
#else
      throw std::runtime_error(
          "this build has no level rtl: the Verilated HDL (target sluice_rtl_cosim) was not built");
#endif
    case Level::engine:
      break;
  }
  throw std::runtime_error("level engine has no frames and no device; use lt or rtl");
}

class KernelSession : public DeviceSession {
 public:
  explicit KernelSession(const Options& options)
      : device_(make_device(options)), bench_("bench", *device_) {}

  void send(Port port, std::span<const std::uint8_t> frame) override {
    if (frame.empty() || frame.size() > link::max_frame_bytes) {
      throw std::invalid_argument("a frame of " + std::to_string(frame.size()) + " bytes; 1 to " +
                                  std::to_string(link::max_frame_bytes) + " can be sent");
    }
    bench_.push(port, Frame(frame.begin(), frame.end()));
  }

  void tick(unsigned count) override {
    settle();
    for (unsigned i = 0; i < count; ++i) {
      bench_.push_tick();
      settle();
    }
  }

  void settle() override { bench_.run(); }

  std::optional<Frame> receive(Port port) override { return bench_.pop(port); }

  void set_ready(Port port, bool ready) override {
    settle();
    device_->set_ready(port, ready);
    settle();
  }

  [[nodiscard]] std::uint64_t cycles() const override { return device_->cycles(); }

 private:
  std::unique_ptr<fabric::Device> device_;
  SessionBench bench_;
};

}  // namespace

std::optional<Level> level_from_name(std::string_view name) {
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (level_names[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

std::string_view name_of(Level level) { return level_names[static_cast<std::size_t>(level)]; }

bool level_available(Level level) {
#ifdef SLUICE_HAVE_RTL
  return level == Level::lt || level == Level::rtl;
#else
  return level == Level::lt;
#endif
}

std::unique_ptr<DeviceSession> DeviceSession::create(const Options& options) {
  static bool created = false;
  if (created)
    throw std::runtime_error(
        "a process can have one device session: a SystemC kernel cannot be restarted");
  // A warning of the kernel is a fault of ours: never print it and go on.
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW);
  auto session = std::make_unique<KernelSession>(options);
  created = true;
  return session;
}

std::string load_image(DeviceSession& session, std::span<const std::uint8_t> image,
                       const std::function<void(const layout::Event&)>& on_event) {
  link::ManagementClient client(on_event);
  std::optional<link::ManagementResult> result;
  client.load_image({image.begin(), image.end()}, true,
                    [&](const link::ManagementResult& r) { result = r; });
  std::string protocol_error;
  const auto exchange = [&] {
    for (;;) {
      const auto out = client.next_frame();
      if (out) session.send(Port::management, *out);
      session.settle();
      bool any = out.has_value();
      while (const auto in = session.receive(Port::management)) {
        any = true;
        if (const auto error = client.take(*in)) protocol_error = *error;
      }
      if (!any) return;
    }
  };
  exchange();
  // ACTIVATE may wait for records that are open.
  for (unsigned i = 0; i <= layout::RECORD_TIMEOUT_TICKS && client.busy(); ++i) {
    session.tick();
    exchange();
  }
  if (!result)
    return "the device did not answer" + (protocol_error.empty() ? "" : ": " + protocol_error);
  return result->ok ? protocol_error : result->error;
}

}  // namespace sluice::simulator
