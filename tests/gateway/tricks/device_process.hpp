// SPDX-License-Identifier: Apache-2.0
// The simulated device as the process that users run, with an image loaded over its management
// port.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace sluice::tricks {

class DeviceProcess {
 public:
  /// Starts `program` at level lt with its ports at the given paths, and loads `image`. Throws
  /// std::runtime_error.
  DeviceProcess(const std::string& program, const std::string& low, const std::string& high,
                const std::string& management, std::vector<std::uint8_t> image);
  ~DeviceProcess();
  DeviceProcess(const DeviceProcess&) = delete;
  DeviceProcess& operator=(const DeviceProcess&) = delete;

 private:
  void load(std::vector<std::uint8_t> image);
  pid_t pid_ = -1;
  int management_ = -1;
  std::thread reader_;  // takes the events: without room for one the device releases nothing
};

}  // namespace sluice::tricks
