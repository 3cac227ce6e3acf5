// SPDX-License-Identifier: Apache-2.0
// What `sluice keygen`, `sign` and `verify` share: their refusals are exit status 1, failures to
// work stay 2.
#pragma once

#include <filesystem>
#include <string>

#include "cli/command.hpp"
#include "engine/image.hpp"
#include "signing/image_signing.hpp"

namespace sluice::cli {

// Where the signatures of an image stand unless told otherwise: policy.img.sig beside policy.img.
inline std::filesystem::path signatures_beside(std::filesystem::path image) {
  return image += ".sig";
}

// Name, serial, geometry and digest, by which people know what they sign.
std::string image_line(const engine::Image& image);

// Runs `work`; what signing refuses is Refused.
template <class Work>
auto refusing(Work work) {
  try {
    return work();
  } catch (const signing::KeyRefused& error) {
    throw Refused(error.what());
  } catch (const signing::Malformed& error) {
    throw Refused(error.what());
  }
}

}  // namespace sluice::cli
