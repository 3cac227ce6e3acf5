// SPDX-License-Identifier: Apache-2.0
#include "daemon/image_load.hpp"

namespace sluice::daemon {
namespace {

[[noreturn]] void refuse(const char* stage, const std::string& why, layout::LoadStatus status) {
  throw LoadRefused(std::string(stage) + ": " + why, status);
}

}  // namespace

DeviceLink::Awaitable<DeviceRegisters> ImageLoad::run(const ImageToLoad& image) {
  stage_change_(v1::Load::STAGING);
  const DeviceRegisters before = co_await read_registers(link_, false);
  const link::ManagementResult staged = co_await link_.stage(image.bytes);
  if (!staged.ok) refuse("staging", "the device refused the image: " + staged.error, staged.status);

  stage_change_(v1::Load::VERIFY);
  const DeviceRegisters loaded = co_await read_registers(link_, false);
  std::string difference;
  if (!loaded.load_complete || loaded.load_status != layout::LoadStatus::OK) {
    difference = "the device does not call the load complete (" +
                 std::string(layout::name_of(loaded.load_status)) + ")";
  } else if (loaded.load_words != image.bytes.size() / 8) {
    difference = "the device counts " + std::to_string(loaded.load_words) + " words, the image has " +
                 std::to_string(image.bytes.size() / 8);
  } else if (loaded.epoch != before.epoch) {
    difference = "the active image changed meanwhile";
  }
  if (!difference.empty()) {
    co_await link_.command(layout::Command::ABORT);
    refuse("verify", difference, loaded.load_status);
  }

  stage_change_(v1::Load::COMMIT);
  before_commit_(before.epoch + 1);
  const link::ManagementResult committed = co_await link_.command(layout::Command::ACTIVATE);
  if (!committed.ok) {
    co_await link_.command(layout::Command::ABORT);
    refuse("commit", "the device refused to activate: " + committed.error, committed.status);
  }

  stage_change_(v1::Load::CONFIRM);
  DeviceRegisters after = co_await read_registers(link_, false);
  if (!after.active || after.epoch != before.epoch + 1 || after.serial != image.serial ||
      after.digest != image.digest) {
    refuse("confirm",
           "the device reports serial " + std::to_string(after.serial) + ", digest " + after.digest + ", epoch " +
               std::to_string(after.epoch) + (after.active ? "" : ", inactive"),
           layout::LoadStatus::OK);
  }
  stage_change_(v1::Load::DONE);
  co_return after;
}

}  // namespace sluice::daemon
