// SPDX-License-Identifier: Apache-2.0
// Time as this thread has had it: what else runs on the machine stretches wall time, but hardly
// this.
#pragma once

#include <ctime>

namespace sluice::bench {

/// Processor time of the calling thread, seconds.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace sluice::bench
