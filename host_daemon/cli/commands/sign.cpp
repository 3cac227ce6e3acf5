// SPDX-License-Identifier: Apache-2.0
// sluice sign: one signature for one image, by a one-time key whose use is recorded before there is
// a signature.
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/commands/signing.hpp"
#include "cli/hexadecimal.hpp"
#include "cli/terminal.hpp"

namespace sluice::cli {
namespace {

struct Options {
  std::filesystem::path image, key, output;
  std::string digest;
  bool replace = false;
};

// "Few": a tenth of all, at least three.
bool few(std::uint32_t left, std::uint32_t capacity) { return left <= std::max(capacity / 10, 3U); }

int run(const Options& options) {
  const auto disk = signing::real_disk();
  const engine::Image image = signing::read_image(*disk, options.image);
  const std::string digest = hexadecimal(image.digest());
  if (!options.digest.empty() && from_hexadecimal(options.digest) != from_hexadecimal(digest)) {
    throw Refused("'" + options.image.string() + "' has digest " + digest +
                  ", not the one that was asked for; nothing was signed");
  }
  const auto files = signing::KeyFiles::of(options.key);
  const signing::PrivateKey key = signing::read_private_key(*disk, files.key);
  signing::OneTimeKeys numbers(*disk, key, files.state, signing::marks_of_user());
  const auto output = options.output.empty() ? signatures_beside(options.image) : options.output;
  const auto result = signing::sign_image(*disk, key, numbers, image, output, options.replace);
  const std::uint32_t capacity = key.parameters().lms.capacity();
  const std::uint32_t left = capacity - result.one_time_key - 1;
  std::cout << coloured("signed", Colour::kGreen) << "  " << image_line(image) << '\n'
            << "key " << signing::key_name(key.id()) << "  one-time key " << result.one_time_key
            << ", " << left << " of " << capacity << " left\n"
            << output.string() << "  " << result.signatures
            << (result.signatures == 1 ? " signature\n" : " signatures\n");
  if (result.replaced)
    std::cerr << "sluice: the signatures of another image in '" << output.string()
              << "' were replaced\n";
  if (few(left, capacity)) {
    std::cerr << "sluice: warning: key " << signing::key_name(key.id()) << " can sign " << left
              << " more images; make its successor with `sluice keygen` and have the public key "
                 "put into the bitstream\n";
  }
  return kDone;
}

}  // namespace

std::string image_line(const engine::Image& image) {
  return printable(image.name()) + " serial " + std::to_string(image.serial()) + "  " +
         std::string(layout::name_of(image.geometry())) + "  " +
         std::string(layout::name_of(image.mode())) + "  digest " + hexadecimal(image.digest());
}

void register_sign(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command = cli.add("sign", "sign an image",
                              "  sluice sign out/policy.img --key alice.key      # writes "
                              "out/policy.img.sig, or adds to it\n"
                              "  sluice sign out/policy.img --key bob.key --digest 9c3e...    # "
                              "only if the image has this digest\n\n"
                              "Every signature uses up one of the key's one-time keys, also when "
                              "it fails behind that point. Exit status: 0 signed, "
                              "1 refused (the key is used up, copied, or has signed this image; a "
                              "bad image), 2 could not work.");
  command.add_option("image", options->image, "image made by `sluice compile`")->required();
  command.add_option("--key", options->key, "private key made by `sluice keygen`")->required();
  command.add_option("-o,--output", options->output,
                     "file of the signatures (default: the image's name and .sig)");
  command.add_option("--digest", options->digest,
                     "digest (hexadecimal) that the image must have: 64 digits, as `sluice "
                     "verify-image` or another signer says");
  command.add_flag("--replace", options->replace, "replace signatures of another image");
  cli.runs(command, [options] { return refusing([&] { return run(*options); }); });
}

}  // namespace sluice::cli
