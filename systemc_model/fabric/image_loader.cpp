// SPDX-License-Identifier: Apache-2.0
#include "fabric/image_loader.hpp"

#include <algorithm>

namespace sluice::fabric {

using layout::Command;
using layout::LoadStatus;

ImageLoader::ImageLoader(const sc_core::sc_module_name& name, layout::Geometry geometry)
    : sc_module(name),
      banks("banks"),
      transactions("transactions"),
      audit("audit"),
      drains("drains"),
      geometry_(geometry),
      answered_("answered") {}

std::optional<LoadStatus> ImageLoader::command(Command command) {
  switch (command) {
    case Command::NONE:
      return LoadStatus::OK;
    case Command::BEGIN: {
      banks->clear_inactive();
      const engine::Image* active = banks->active();
      reader_.emplace(geometry_, active != nullptr ? active->serial() : 0);
      state_ = State::open;
      status_ = LoadStatus::OK;
      words_ = 0;
      return LoadStatus::OK;
    }
    case Command::ABORT:
      banks->clear_inactive();
      reader_.reset();
      state_ = State::none;
      status_ = LoadStatus::IDLE;
      return LoadStatus::OK;
    case Command::ACTIVATE:
      break;
  }
  switch (state_) {
    case State::none:
      return LoadStatus::IDLE;
    case State::open:
      return LoadStatus::INCOMPLETE;
    case State::failed:
      return status_;
    case State::complete:
      break;
  }
  waiting_ = true;
  waiting_since_ = audit->now();
  if (!drained()) return std::nullopt;
  swap();
  return LoadStatus::OK;
}

LoadStatus ImageLoader::fail(LoadStatus status) {
  state_ = State::failed;
  status_ = status;
  reader_.reset();
  banks->clear_inactive();
  return status;
}

LoadStatus ImageLoader::block(std::uint32_t first_word, std::span<const std::uint8_t> bytes) {
  if (state_ == State::none) return LoadStatus::IDLE;
  if (state_ == State::failed) return status_;
  if (state_ == State::complete) return fail(LoadStatus::BAD_LENGTH);
  if (bytes.empty() || first_word != words_) return fail(LoadStatus::SEQUENCE);
  // The words are worked off as they come, as on a byte stream; a wrong size shows behind them.
  constexpr std::size_t most = 8 * layout::MANAGEMENT_BLOCK_WORDS_MAX;
  const std::size_t whole = std::min(bytes.size() - bytes.size() % 8, most);
  for (std::size_t i = 0; i < whole; i += 8) {
    std::uint64_t word = 0;
    for (std::size_t j = 0; j < 8; ++j) word |= std::uint64_t{bytes[i + j]} << (8 * j);
    if (state_ == State::complete) return fail(LoadStatus::BAD_LENGTH);
    const LoadStatus status = reader_->take(word);
    if (status != LoadStatus::OK) return fail(status);
    ++words_;
    if (reader_->complete()) {
      state_ = State::complete;
      banks->fill_inactive(*reader_->release());
      reader_.reset();
    }
  }
  if (whole != bytes.size()) return fail(LoadStatus::SEQUENCE);
  return LoadStatus::OK;
}

bool ImageLoader::drained() const {
  for (int i = 0; i < drains.size(); ++i) {
    if (!drains[i]->drained()) return false;
  }
  return true;
}

void ImageLoader::swap() {
  banks->swap();
  banks->clear_inactive();
  layout::Event event;
  event.kind = layout::EventKind::IMAGE;
  audit->write(event);
  transactions->void_all();
  waiting_ = false;
  state_ = State::none;
  status_ = LoadStatus::OK;
  answered_.notify(sc_core::SC_ZERO_TIME);
}

void ImageLoader::poll() {
  if (waiting_ && drained()) swap();
}

void ImageLoader::tick() {
  if (waiting_ && audit->now() - waiting_since_ >= layout::RECORD_TIMEOUT_TICKS) {
    for (int i = 0; i < drains.size(); ++i) drains[i]->abort_swapped();
  }
  poll();
}

}  // namespace sluice::fabric
