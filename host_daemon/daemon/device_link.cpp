// SPDX-License-Identifier: Apache-2.0
#include "daemon/device_link.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include <spdlog/spdlog.h>

namespace sluice::daemon {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::milliseconds kReconnect{200};
// A simulated device clears and swaps banks in its own, slower time. For a whole image: between two answers.
constexpr std::chrono::seconds kAnswer{20};
// Frames of one batch: their events are handed on, and others get their turn, however many more wait in the socket.
constexpr std::size_t kBatch = 512;
// Under traffic: events that come within this time of a batch make the next one. A batch costs a transaction of the log.
constexpr std::chrono::milliseconds kGather{4};
constexpr std::size_t kFrameMax = 2048;

}  // namespace

DeviceLink::DeviceLink(Executor executor, std::string socket_path, Handlers handlers)
    : executor_(std::move(executor)),
      path_(std::move(socket_path)),
      handlers_(std::move(handlers)),
      client_([this](const layout::Event& event) { events_.push_back(event); }) {}

DeviceLink::Awaitable<void> DeviceLink::run() {
  asio::steady_timer pause(executor_);
  for (;;) {
    boost::system::error_code error;
    socket_ = std::make_unique<Socket>(executor_);
    try {
      const asio::generic::seq_packet_protocol protocol(AF_UNIX, 0);
      const asio::local::stream_protocol::endpoint path(path_);
      const asio::generic::seq_packet_protocol::endpoint endpoint(path.data(), path.size());
      socket_->open(protocol, error);
      if (!error) {
        co_await socket_->async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
      }
    } catch (const boost::system::system_error& failure) {
      error = failure.code();  // a path that is no socket address
    }
    if (error) {
      if (last_error_ != error.message()) {
        last_error_ = error.message();
        spdlog::warn("device '{}': {}; will try again", path_, last_error_);
      }
    } else {
      co_await serve_connection();
    }
    socket_.reset();
    pause.expires_after(kReconnect);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

DeviceLink::Awaitable<void> DeviceLink::serve_connection() {
  events_.clear();
  // The introduction asks questions, whose answers this coroutine has to read meanwhile.
  asio::co_spawn(
      executor_,
      [this]() -> Awaitable<void> {
        try {
          co_await handlers_.connected();
          ready_ = true;
          last_error_.clear();
          deliver();
        } catch (const std::exception& error) {
          close(error.what());
        }
      },
      asio::detached);
  std::vector<std::uint8_t> frame(kFrameMax);
  boost::system::error_code error;
  asio::socket_base::message_flags flags = 0;
  asio::steady_timer gather(executor_);
  for (;;) {
    std::size_t got = co_await socket_->async_receive(asio::buffer(frame), flags,
                                                      asio::redirect_error(asio::use_awaitable, error));
    // What else is there already joins the batch. An introduction that failed may have closed the socket meanwhile.
    if (!error) socket_->non_blocking(true, error);
    for (std::size_t taken = 1; !error && got != 0; ++taken) {
      take({frame.data(), got});
      if (taken >= kBatch) break;
      got = socket_->receive(asio::buffer(frame), 0, flags, error);
      if (error == asio::error::would_block) {
        error.clear();
        got = frame.size();  // nothing more for now, which is not the end
        break;
      }
    }
    const bool more = events_.size() >= kBatch;
    const bool delivered = deliver();
    if (error || got == 0) break;
    // Nobody waits for an answer meanwhile; the device and the socket hold what comes.
    if (delivered && !more && !client_.busy()) {
      gather.expires_after(kGather);
      co_await gather.async_wait(asio::use_awaitable);
    }
  }
  close(error ? error.message() : "closed by the device");
}

// Fails every question; the reading coroutine ends by itself.
void DeviceLink::close(const std::string& why) {
  if (!socket_ || !socket_->is_open()) return;
  if (last_error_ != why) {
    last_error_ = why;
    spdlog::warn("device '{}': disconnected: {}", path_, why);
  }
  boost::system::error_code ignored;
  socket_->close(ignored);
  const bool was_ready = ready_;
  ready_ = false;
  events_.clear();
  client_.reset("the device at '" + path_ + "' went away: " + why);
  if (was_ready) handlers_.disconnected();
}

void DeviceLink::take(std::span<const std::uint8_t> frame) {
  ++answers_;
  if (const auto error = client_.take(frame)) spdlog::warn("device: {}; ignored", *error);
  pump();
}

// One request at a time is on its way, so there is never more than one frame to send.
void DeviceLink::pump() {
  while (auto next = client_.next_frame()) {
    auto frame = std::make_shared<link::Frame>(std::move(*next));
    socket_->async_send(asio::buffer(*frame), 0,
                        [this, frame](const boost::system::error_code& error, std::size_t) {
                          if (error && error != asio::error::operation_aborted) close(error.message());
                        });
  }
}

bool DeviceLink::deliver() {
  if (!ready_ || events_.empty()) return false;
  handlers_.events(events_);
  events_.clear();
  return true;
}

template <class Start>
DeviceLink::Awaitable<link::ManagementResult> DeviceLink::ask(Start start) {
  if (!socket_ || !socket_->is_open()) throw DeviceGone("no device at '" + path_ + "'");
  auto question = std::make_shared<Question>(executor_);
  start([question](const link::ManagementResult& answer) {
    question->answer = answer;
    question->answered = true;
    question->wake.cancel();
  });
  pump();
  while (!question->answered) {
    const std::uint64_t seen = answers_;
    boost::system::error_code cancelled;
    question->wake.expires_after(kAnswer);
    co_await question->wake.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (!question->answered && seen == answers_) {
      close("no answer within " + std::to_string(kAnswer.count()) + " s");
      question->answered = true;
    }
  }
  if (!socket_ || !socket_->is_open()) throw DeviceGone(question->answer.error);
  co_return question->answer;
}

DeviceLink::Awaitable<std::vector<std::uint32_t>> DeviceLink::read(std::vector<std::uint16_t> addresses) {
  std::vector<std::uint32_t> values;
  values.reserve(addresses.size());
  for (const std::uint16_t address : addresses) {
    const auto answer =
        co_await ask([&](link::ManagementClient::Done done) { client_.read(address, std::move(done)); });
    if (!answer.ok) throw std::runtime_error(answer.error);
    values.push_back(answer.value);
  }
  co_return values;
}

DeviceLink::Awaitable<link::ManagementResult> DeviceLink::command(layout::Command command) {
  co_return co_await ask([&](link::ManagementClient::Done done) {
    client_.write(layout::reg::COMMAND, static_cast<std::uint32_t>(command), std::move(done));
  });
}

DeviceLink::Awaitable<link::ManagementResult> DeviceLink::stage(std::vector<std::uint8_t> image) {
  co_return co_await ask([&](link::ManagementClient::Done done) {
    client_.load_image(std::move(image), false, std::move(done));
  });
}

}  // namespace sluice::daemon
