// SPDX-License-Identifier: Apache-2.0
// One image into the device, by explicit stages that are left forwards only:
//
//   staging -> verify -> commit -> confirm -> done
//        \________\________\_________\______-> failed (the active image stays as it is, unless commit had begun)
//
// It does not decide whether an image may be loaded; see control_service.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/device_link.hpp"
#include "daemon/device_registers.hpp"
#include "sluice/v1/control.pb.h"

namespace sluice::daemon {

// The device refused, or its account differs from ours.
class LoadRefused : public std::runtime_error {
 public:
  LoadRefused(const std::string& what, layout::LoadStatus status) : std::runtime_error(what), status_(status) {}
  layout::LoadStatus status() const { return status_; }

 private:
  layout::LoadStatus status_;
};

struct ImageToLoad {
  std::vector<std::uint8_t> bytes;
  std::uint64_t serial = 0;
  std::string digest;
};

class ImageLoad {
 public:
  using StageChange = std::function<void(v1::Load::Stage)>;
  // Called with the epoch that the image is going to get, just before COMMIT.
  using BeforeCommit = std::function<void(std::uint32_t epoch)>;

  ImageLoad(DeviceLink& link, StageChange stage_change, BeforeCommit before_commit)
      : link_(link), stage_change_(std::move(stage_change)), before_commit_(std::move(before_commit)) {}

  // Returns the registers that confirm the load. Throws LoadRefused, DeviceGone.
  DeviceLink::Awaitable<DeviceRegisters> run(const ImageToLoad& image);

 private:
  DeviceLink& link_;
  StageChange stage_change_;
  BeforeCommit before_commit_;
};

}  // namespace sluice::daemon
