// SPDX-License-Identifier: Apache-2.0
#include "daemon/control_service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <limits>

#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include "daemon/image_load.hpp"
#include "daemon/problem.hpp"

namespace sluice::daemon {
namespace asio = boost::asio;
namespace {

constexpr unsigned kPushesMax = 4;         // running and waiting
constexpr std::uint32_t kEventsMax = 1000;  // in one answer
constexpr std::uint32_t kEventsDefault = 100;
constexpr std::uint32_t kWaitMax = 30'000;  // ms

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

[[noreturn]] void no_device(const std::string& detail) { throw ProblemError(503, "No device", detail); }

void add_counters(std::string_view pipeline, std::span<const std::uint32_t> counts, v1::DeviceStatus& status) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    v1::Counter& counter = *status.add_counters();
    counter.set_pipeline(std::string(pipeline));
    const auto reason = static_cast<layout::Reason>(i);
    counter.set_reason(layout::is_defined(reason) ? std::string(layout::name_of(reason)) : std::to_string(i));
    counter.set_count(counts[i]);
  }
}

}  // namespace

// One push at a time; a few wait in line. Held for as long as a push works with the device.
class ControlService::PushTurn {
 public:
  static Awaitable<std::unique_ptr<PushTurn>> wait(ControlService& service) {
    if (service.pushes_ >= kPushesMax) {
      throw ProblemError(503, "Busy", "other pushes are running; try again when they are done");
    }
    auto turn = std::unique_ptr<PushTurn>(new PushTurn(service));
    while (service.pushing_) {
      boost::system::error_code cancelled;
      service.push_done_.expires_at(asio::steady_timer::time_point::max());
      co_await service.push_done_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    service.pushing_ = true;
    turn->held_ = true;
    co_return turn;
  }
  ~PushTurn() {
    --service_.pushes_;
    if (!held_) return;
    service_.pushing_ = false;
    service_.push_done_.cancel();
  }
  PushTurn(const PushTurn&) = delete;
  PushTurn& operator=(const PushTurn&) = delete;

 private:
  explicit PushTurn(ControlService& service) : service_(service) { ++service_.pushes_; }
  ControlService& service_;
  bool held_ = false;
};

ControlService::ControlService(asio::any_io_executor executor, Store& store, Options options)
    : executor_(executor),
      store_(store),
      options_(std::move(options)),
      link_(executor, options_.device_socket,
            DeviceLink::Handlers{.connected = [this] { return on_connected(); },
                                 .disconnected = [this] { seen_.reset(); },
                                 .events = [this](std::span<const layout::Event> events) { on_events(events); }}),
      decoder_(store),
      push_done_(executor),
      run_(store.device_run()) {}

void ControlService::stop_compiler() {
  compiler_.stop();
  compiler_.join();
}

// --- the device ------------------------------------------------------------------------------------------------

ControlService::Awaitable<void> ControlService::on_connected() {
  const DeviceRegisters device = co_await read_registers(link_, true);
  if (device.identity != layout::DEVICE_IDENTITY) {
    throw std::runtime_error("what answers there is no Sluice device (identity " + std::to_string(device.identity) +
                             ")");
  }
  // A device that kept its memory has at least the epoch that we saw, and the same image under the same epoch.
  const std::string known = store_.digest_of(run_.run, device.epoch);
  const bool restarted = device.epoch < run_.epoch || (!known.empty() && known != device.digest) ||
                         (device.epoch == 0 && device.ticks < run_.ticks);
  if (restarted) {
    run_ = DeviceRun{.run = run_.run + 1};
    spdlog::info("device: restarted; run {} begins", run_.run);
  }
  remember(device);
  if (device.active) {
    store_.record_activation(run_.run, device.epoch, device.digest);
    store_.set_last_active(device.digest);
  }
  spdlog::info("device: connected, {} {}", layout::name_of(device.geometry),
               device.active ? "active: " + device.name + " serial " + std::to_string(device.serial) + " digest " +
                                   device.digest
                             : "inactive");
  if (!device.active && options_.restore) {
    asio::co_spawn(executor_, restore(), asio::detached);
  }
}

ControlService::Awaitable<void> ControlService::restore() {
  // The link becomes ready after on_connected; a turn of the executor later.
  co_await asio::post(executor_, asio::use_awaitable);
  const std::string digest = store_.last_active();
  std::optional<StoredImage> stored = digest.empty() ? std::nullopt : store_.image(digest);
  if (!stored) {
    spdlog::info("restore: no earlier image is stored");
    co_return;
  }
  try {
    ReadyImage image;
    image.image = std::move(*stored);
    const auto turn = co_await PushTurn::wait(*this);
    const v1::PushResult result = co_await activate(std::move(image), true);
    spdlog::info("restore: {} serial {} is {}", result.image().name(), result.image().serial(),
                 result.outcome() == v1::PushResult::ACTIVATED ? "active again" : "active");
  } catch (const std::exception& error) {
    spdlog::error("restore: {}", error.what());
  }
}

void ControlService::on_events(std::span<const layout::Event> events) {
  for (const layout::Event& event : events) {
    if (event.sequence <= run_.sequence) {
      spdlog::warn("device: event numbers went back; run {} begins", run_.run + 1);
      run_ = DeviceRun{.run = run_.run + 1, .epoch = event.epoch};
    }
    run_.missed += event.sequence - run_.sequence - 1;
    run_.sequence = event.sequence;
    run_.ticks = event.tick;
    run_.epoch = std::max(run_.epoch, event.epoch);
  }
  try {
    store_.append(run_, now_us(), events);
  } catch (const StoreError& error) {
    // The events are lost, and it is said: a full disk must not stop the daemon's other work.
    run_.missed += events.size();
    spdlog::error("audit: {} events lost: {}", events.size(), error.what());
  }
  for (asio::steady_timer* waiting : waiting_) waiting->cancel();
}

void ControlService::remember(const DeviceRegisters& device) {
  seen_ = device;
  run_.epoch = device.epoch;
  run_.ticks = device.ticks;
  store_.set_device_run(run_);
}

// --- push ------------------------------------------------------------------------------------------------------

ControlService::Awaitable<v1::PushResult> ControlService::push_policy(v1::PushPolicyRequest request) {
  const auto turn = co_await PushTurn::wait(*this);
  ReadyImage image = co_await asio::co_spawn(
      compiler_, [&request]() -> Awaitable<ReadyImage> { co_return compile_policy(request); }, asio::use_awaitable);
  co_return co_await activate(std::move(image), false);
}

ControlService::Awaitable<v1::PushResult> ControlService::push_image(v1::PushImageRequest request) {
  const auto turn = co_await PushTurn::wait(*this);
  ReadyImage image = co_await asio::co_spawn(
      compiler_, [&request]() -> Awaitable<ReadyImage> { co_return examine_image(request); }, asio::use_awaitable);
  co_return co_await activate(std::move(image), false);
}

ControlService::Awaitable<v1::PushResult> ControlService::activate(ReadyImage ready, bool restoring) {
  const StoredImage& image = ready.image;
  if (!link_.ready()) no_device("no device answers at '" + link_.socket_path() + "'; nothing was changed");
  v1::PushResult result;
  for (v1::Diagnostic& warning : ready.warnings) *result.add_diagnostics() = std::move(warning);
  try {
    DeviceRegisters device = co_await read_registers(link_, true);
    if (std::string(layout::name_of(device.geometry)) != image.geometry) {
      throw ProblemError(409, "Another geometry",
                         "the image is made for geometry " + image.geometry + ", the device has " +
                             std::string(layout::name_of(device.geometry)));
    }
    const bool unchanged = device.active && device.serial == image.serial && device.digest == image.digest;
    if (!unchanged && !restoring) refuse_old_serial(image, device);
    store_.put_image(image);
    if (unchanged) {
      result.set_outcome(v1::PushResult::UNCHANGED);
    } else {
      device = co_await load(image);
      result.set_outcome(v1::PushResult::ACTIVATED);
    }
    result.set_epoch(device.epoch);
    *result.mutable_image() = summary(*store_.image_head(image.digest));
  } catch (const DeviceGone& gone) {
    no_device(gone.what());
  }
  co_return result;
}

// The device compares with its active image only. Without one, the last image that it had counts.
void ControlService::refuse_old_serial(const StoredImage& image, const DeviceRegisters& device) {
  std::uint64_t serial = device.serial;
  std::string digest = device.digest;
  if (!device.active) {
    const auto last = store_.image_head(store_.last_active());
    if (!last) return;
    serial = last->serial;
    digest = last->digest;
    if (serial == image.serial && digest == image.digest) return;
  }
  if (image.serial > serial) return;
  const char* which = device.active ? "the active image" : "the last active image";
  const std::string need = "raise `serial` in the policy above " + std::to_string(serial) + " and push again";
  if (image.serial == serial) {
    throw ProblemError(409, "Serial in use",
                       std::string(which) + " has serial " + std::to_string(serial) +
                           " too, but another digest (" + digest.substr(0, 16) + ".., this one " +
                           image.digest.substr(0, 16) + "..); " + need);
  }
  throw ProblemError(409, "Old serial",
                     "serial " + std::to_string(image.serial) + " is lower than " + std::to_string(serial) + ", which " +
                         which + " has; " + need);
}

ControlService::Awaitable<DeviceRegisters> ControlService::load(const StoredImage& image) {
  last_load_.Clear();
  *last_load_.mutable_image() = summary(image);
  loading_ = true;
  std::optional<std::uint32_t> committing;
  ImageLoad image_load(
      link_, [this](v1::Load::Stage stage) { set_stage(stage); },
      [&](std::uint32_t epoch) {
        // Events of the new epoch may come before ACTIVATE is answered.
        committing = epoch;
        store_.record_activation(run_.run, epoch, image.digest);
      });
  try {
    // A name of its own: GCC 12 destroys a braced temporary in an awaited call twice.
    const ImageToLoad what{image.image, image.serial, image.digest};
    const DeviceRegisters device = co_await image_load.run(what);
    loading_ = false;
    remember(device);
    store_.set_last_active(image.digest);
    spdlog::info("load: {} serial {} digest {} is active, epoch {}", image.name, image.serial, image.digest,
                 device.epoch);
    co_return device;
  } catch (const LoadRefused& refused) {
    loading_ = false;
    if (committing) store_.forget_activation(run_.run, *committing);
    set_stage(v1::Load::FAILED, refused.what());
    spdlog::error("load: {}", refused.what());
    throw ProblemError(refused.status() == layout::LoadStatus::BAD_SERIAL ? 409 : 502, "Refused by the device",
                       refused.what());
  } catch (const std::exception& error) {
    // What the device has now is found out when it is connected again.
    loading_ = false;
    set_stage(v1::Load::FAILED, error.what());
    spdlog::error("load: {}", error.what());
    throw;
  }
}

void ControlService::set_stage(v1::Load::Stage stage, const std::string& detail) {
  last_load_.set_stage(stage);
  last_load_.set_detail(detail);
  *last_load_.mutable_time() = google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(now_us());
}

v1::ImageSummary ControlService::summary(const StoredImage& image) const {
  v1::ImageSummary out;
  out.set_name(image.name);
  out.set_serial(image.serial);
  out.set_digest(image.digest);
  out.set_geometry(image.geometry);
  out.set_max_record_bytes(image.max_record_bytes);
  out.set_symbols(!image.symbols.empty());
  return out;
}

// --- status and events -----------------------------------------------------------------------------------------

ControlService::Awaitable<v1::DeviceStatus> ControlService::get_status(v1::GetStatusRequest) {
  // While words go into the device it is not asked on the side: the last look counts, and `load` tells the stage.
  if (link_.ready() && !loading_) {
    try {
      remember(co_await read_registers(link_, true));
    } catch (const DeviceGone& gone) {
      spdlog::debug("status: {}", gone.what());
    }
  }
  v1::DeviceStatus status;
  status.set_device(link_.socket_path());
  status.set_state(v1::DeviceStatus::DISCONNECTED);
  if (link_.ready() && seen_) {
    const DeviceRegisters& device = *seen_;
    status.set_state(device.active ? v1::DeviceStatus::ACTIVE : v1::DeviceStatus::INACTIVE);
    status.set_hardware_version(device.hardware_version);
    status.set_geometry(std::string(layout::name_of(device.geometry)));
    status.set_epoch(device.epoch);
    status.set_outstanding(device.outstanding);
    status.set_ticks(device.ticks);
    status.set_events_lost(device.events_lost);
    status.set_frames_ignored(device.frames_ignored);
    status.set_unsigned_image(device.unsigned_image);
    if (device.active) {
      v1::ImageSummary& image = *status.mutable_image();
      image.set_name(device.name);
      image.set_serial(device.serial);
      image.set_digest(device.digest);
      image.set_geometry(std::string(layout::name_of(device.geometry)));
      image.set_max_record_bytes(device.max_record_bytes);
      const auto stored = store_.image_head(device.digest);
      image.set_symbols(stored && !stored->symbols.empty());
    }
    add_counters("request", device.request_count, status);
    add_counters("response", device.response_count, status);
  }
  if (last_load_.stage() != v1::Load::STAGE_UNSPECIFIED) *status.mutable_load() = last_load_;
  status.mutable_audit()->set_events(store_.event_count());
  status.mutable_audit()->set_limit(store_.event_limit());
  status.mutable_audit()->set_missed(run_.missed);
  co_return status;
}

ControlService::Awaitable<v1::ListEventsResponse> ControlService::list_events(v1::ListEventsRequest request) {
  const std::uint32_t limit = request.limit() == 0 ? kEventsDefault : request.limit();
  if (limit > kEventsMax) {
    throw ProblemError(400, "Bad request", "limit is " + std::to_string(limit) + "; at most " +
                                               std::to_string(kEventsMax) + " events fit one answer");
  }
  if (request.wait_ms() > kWaitMax) {
    throw ProblemError(400, "Bad request", "waitMs is " + std::to_string(request.wait_ms()) + "; at most " +
                                               std::to_string(kWaitMax));
  }
  if (request.newest() && request.after() != 0) {
    throw ProblemError(400, "Bad request", "newest and after contradict each other; give one of them");
  }
  if (request.after() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw ProblemError(400, "Bad request", "after is no id of an event");
  }
  const auto deadline = asio::steady_timer::clock_type::now() + std::chrono::milliseconds(request.wait_ms());
  std::vector<StoredEvent> events;
  for (;;) {
    events = request.newest() ? store_.newest_events(limit) : store_.events_after(request.after(), limit);
    if (!events.empty() || asio::steady_timer::clock_type::now() >= deadline) break;
    boost::system::error_code cancelled;
    asio::steady_timer own(executor_);
    own.expires_at(deadline);
    waiting_.push_back(&own);
    co_await own.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    std::erase(waiting_, &own);
  }
  v1::ListEventsResponse response;
  response.set_last_id(events.empty() ? (request.newest() ? store_.last_event_id() : request.after())
                                      : events.back().id);
  for (const StoredEvent& event : events) *response.add_events() = decoder_.decode(event);
  co_return response;
}

}  // namespace sluice::daemon
