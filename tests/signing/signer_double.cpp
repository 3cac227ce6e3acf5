// SPDX-License-Identifier: Apache-2.0
// A signer with the arguments of `sluice sign` that has one fault: it records the use of a one-time
// key only after the signature is written. The kill test must find it.
#include <cstring>
#include <iostream>

#include "signing/image_signing.hpp"

using namespace sluice::signing;

namespace {

class Late : public NumberSource {
 public:
  Late(OneTimeKeys& numbers, std::uint32_t capacity) : numbers_(numbers), capacity_(capacity) {}
  std::uint32_t take() override { return capacity_ - numbers_.left(); }

 private:
  OneTimeKeys& numbers_;
  std::uint32_t capacity_;
};

}  // namespace

// sign IMAGE --key KEY --output FILE
int main(int argc, char** argv) {
  if (argc != 7 || std::strcmp(argv[1], "sign") != 0) return 2;
  try {
    const auto disk = real_disk();
    const auto files = KeyFiles::of(argv[4]);
    const PrivateKey key = read_private_key(*disk, files.key);
    OneTimeKeys numbers(*disk, key, files.state, marks_of_user());
    Late late(numbers, key.parameters().lms.capacity());
    sign_image(*disk, key, late, read_image(*disk, argv[2]), argv[6], false);
    numbers.take();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
  return 0;
}
