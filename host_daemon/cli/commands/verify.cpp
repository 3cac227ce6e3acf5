// SPDX-License-Identifier: Apache-2.0
// sluice verify: the signatures of an image against the public keys of its signers, by the rule
// that a device is to have. What an image means is verify-image's business.
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/signing.hpp"
#include "cli/hexadecimal.hpp"
#include "cli/terminal.hpp"

namespace sluice::cli {
namespace {

struct Options {
  std::filesystem::path image, signatures;
  std::vector<std::string> signers;
  std::string format = "text";
};

std::vector<signing::Signer> read_signers(signing::Disk& disk,
                                          const std::vector<std::string>& options) {
  std::vector<signing::Signer> signers;
  for (const std::string& option : options) {
    signing::Signer signer{option, {}};
    std::istringstream files(option);
    for (std::string file; std::getline(files, file, ',');) {
      signer.keys.push_back(signing::read_public_key(disk, file));
      for (const signing::Signer& other : signers) {
        for (const signing::PublicKey& key : other.keys) {
          if (key.id == signer.keys.back().id)
            throw std::runtime_error("'" + file +
                                     "' is a key of two signers; one person would count twice");
        }
      }
    }
    if (signer.keys.empty() || signer.keys.size() > layout::SIGNATURE_KEYS_PER_SIGNER) {
      throw std::runtime_error(
          "a signer has one public key, or two with a comma between them, not '" + option + "'");
    }
    signers.push_back(std::move(signer));
  }
  return signers;
}

int run(const Options& options) {
  const auto disk = signing::real_disk();
  const auto signers = read_signers(*disk, options.signers);
  const engine::Image image = signing::read_image(*disk, options.image);
  const auto file =
      options.signatures.empty() ? signatures_beside(options.image) : options.signatures;
  const auto content = disk->read(file);
  if (!content)
    throw Refused("'" + options.image.string() + "' is not signed: there is no '" + file.string() +
                  "'");
  const auto verdict = signing::verify_signatures(image.digest(), content->bytes, signers);
  if (options.format == "json") {
    nlohmann::ordered_json out{{"good", verdict.good},
                               {"name", image.name()},
                               {"serial", image.serial()},
                               {"digest", hexadecimal(image.digest())}};
    out["signatures"] = nlohmann::ordered_json::array();
    for (const auto& finding : verdict.findings) {
      out["signatures"].push_back({{"good", finding.good},
                                   {"key", finding.key},
                                   {finding.good ? "signer" : "why", finding.text}});
    }
    if (!verdict.text.empty()) out["why"] = verdict.text;
    std::cout << out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  } else {
    for (const auto& finding : verdict.findings) {
      std::cout << (finding.good ? "good  " : "bad   ") << "key " << finding.key << "  "
                << printable(finding.text) << '\n';
    }
    if (!verdict.text.empty()) std::cout << printable(verdict.text) << '\n';
    std::cout << (verdict.good ? coloured("verified", Colour::kGreen)
                               : coloured("refused", Colour::kRed))
              << "  " << image_line(image) << '\n';
  }
  return verdict.good ? kDone : kRefused;
}

}  // namespace

void register_verify(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command =
      cli.add("verify", "verify the signatures of an image",
              "  sluice verify out/policy.img --signer alice.pub --signer bob.pub\n"
              "  sluice verify out/policy.img --signer alice.pub,alice-next.pub    # either of her "
              "two keys\n\n"
              "Every signer given must have signed, and every signature must be one of theirs. "
              "Exit status: 0 verified, 1 refused, 2 could not "
              "work. Whether the image is the policy that it should be: `sluice verify-image`.");
  command.add_option("image", options->image, "image made by `sluice compile`")->required();
  command
      .add_option("--signer", options->signers,
                  "public key of a signer, or two with a comma between them; once for each signer")
      ->required()
      ->type_name("PUB[,PUB]")
      ->expected(1)
      ->take_all();
  command.add_option("--signatures", options->signatures,
                     "file of the signatures (default: the image's name and .sig)");
  command.add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  cli.runs(command, [options] { return refusing([&] { return run(*options); }); });
}

}  // namespace sluice::cli
