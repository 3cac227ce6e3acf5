// SPDX-License-Identifier: Apache-2.0
// sluice keygen: a key that signs images; and what is to be known of one, and how a moved one is
// taken over on purpose.
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "cli/commands/commands.hpp"
#include "cli/commands/signing.hpp"
#include "cli/hexadecimal.hpp"
#include "signing/image_signing.hpp"

namespace sluice::cli {
namespace {

struct Options {
  std::filesystem::path name, inspect, adopt;
  unsigned hash = 0, height = 0, winternitz = 0;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::optional<std::uint32_t> first_unused;
};

std::string describe(const signing::Parameters& parameters) {
  return std::string(parameters.lms.name) + " / " + std::string(parameters.lmots.name) + ", " +
         std::to_string(parameters.lms.capacity()) + " one-time keys, signatures of " +
         std::to_string(parameters.signature_bytes()) + " bytes";
}

signing::Parameters parameters_of(const Options& options) {
  const unsigned n = options.hash / 8;
  const auto* lms = signing::lms_set(n, options.height);
  const auto* lmots = signing::lmots_set(n, options.winternitz);
  if (lms == nullptr || lmots == nullptr)
    throw std::runtime_error("there is no such parameter set");
  return {*lms, *lmots};
}

// Every two seconds, with an estimate: the tallest trees take hours.
class Progress {
 public:
  void operator()(std::uint64_t done, std::uint64_t all) {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds(2);
    const auto spent = std::chrono::duration<double>(now - start_).count();
    std::cerr << "one-time key " << done << " of " << all << ", about "
              << static_cast<std::uint64_t>(spent * static_cast<double>(all - done) /
                                            static_cast<double>(done))
              << " s to go\n";
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now(), next_ = start_ + std::chrono::seconds(2);
};

int make(const Options& options, signing::Disk& disk) {
  const signing::Parameters parameters = parameters_of(options);
  std::filesystem::path file = options.name;
  if (file.extension() != ".key") file += ".key";
  const auto files = signing::KeyFiles::of(file);
  if (disk.machine().empty()) {
    std::cerr << "sluice: warning: this machine has no /etc/machine-id: the record of used "
                 "one-time keys cannot name it\n";
  }
  const auto key = signing::make_key(disk, files, signing::marks_of_user(), parameters,
                                     options.threads, Progress());
  std::cout << "key " << signing::key_name(key.id()) << "  " << describe(parameters) << '\n'
            << files.key.string() << "    private; never copy it (docs/signing.md)\n"
            << files.state.string() << "  which one-time keys are used; belongs beside it\n"
            << files.pub.string() << "    public: " << hexadecimal(key.public_key().encode())
            << '\n';
  return kDone;
}

int inspect(const Options& options, signing::Disk& disk) {
  const auto files = signing::KeyFiles::of(options.inspect);
  const auto key = signing::read_private_key(disk, files.key);
  std::cout << "key " << signing::key_name(key.id()) << "  " << describe(key.parameters()) << '\n'
            << "public " << hexadecimal(key.public_key().encode()) << '\n';
  signing::OneTimeKeys numbers(disk, key, files.state, signing::marks_of_user());
  return refusing([&] {
    std::cout << "left " << numbers.left() << " of " << key.parameters().lms.capacity() << '\n';
    return kDone;
  });
}

int adopt(const Options& options, signing::Disk& disk) {
  if (!options.first_unused)
    throw std::runtime_error(
        "--adopt needs --first-unused: the number of the first one-time key that no copy of this "
        "key has used");
  const auto files = signing::KeyFiles::of(options.adopt);
  const auto key = signing::read_private_key(disk, files.key);
  signing::OneTimeKeys numbers(disk, key, files.state, signing::marks_of_user());
  return refusing([&] {
    numbers.adopt(*options.first_unused);
    std::cout << "key " << signing::key_name(key.id()) << "  goes on here at one-time key "
              << *options.first_unused << " of " << key.parameters().lms.capacity()
              << "; no other copy may ever sign again\n";
    return kDone;
  });
}

}  // namespace

void register_keygen(Cli& cli) {
  auto options = std::make_shared<Options>();
  const auto* lms = signing::lms_set(layout::SIGNATURE_LMS_TYPE);
  const auto* lmots = signing::lmots_set(layout::SIGNATURE_LMOTS_TYPE);
  options->hash = 8 * lms->n;
  options->height = lms->height;
  options->winternitz = lmots->w;
  CLI::App& command = cli.add(
      "keygen", "make a key that signs images (LMS, RFC 8554)",
      "  sluice keygen alice                  # alice.key (private), alice.pub, alice.state\n"
      "  sluice keygen alice --height 15      # 32768 signatures instead of 1024\n"
      "  sluice keygen --inspect alice.key    # parameters, public key, how many signatures are "
      "left\n"
      "  sluice keygen --adopt alice.key --first-unused 40    # moved or restored on purpose: "
      "docs/signing.md\n\n"
      "A key can sign a limited number of images, each with a one-time key of its own.");
  auto* name = command.add_option("name", options->name, "name of the key's files");
  command.add_option("--hash", options->hash, "SHA-256 cut to so many bits")
      ->check(CLI::IsMember({192, 256}))
      ->capture_default_str();
  command.add_option("--height", options->height, "of the tree: 2^height signatures")
      ->check(CLI::IsMember({5, 10, 15, 20, 25}))
      ->capture_default_str();
  command
      .add_option("--winternitz", options->winternitz,
                  "bits to a hash chain: more make signatures shorter and slower")
      ->check(CLI::IsMember({1, 2, 4, 8}))
      ->capture_default_str();
  command.add_option("--threads", options->threads, "that compute the tree")
      ->check(CLI::Range(1U, 256U))
      ->capture_default_str();
  auto* look = command.add_option("--inspect", options->inspect, "a private key: say what it is");
  auto* take =
      command.add_option("--adopt", options->adopt,
                         "a private key that was moved or restored: bind it to where it is now");
  command
      .add_option("--first-unused", options->first_unused,
                  "with --adopt: one-time keys below this number are given up")
      ->needs(take);
  name->excludes(look)->excludes(take);
  look->excludes(take);
  cli.runs(command, [options] {
    const auto disk = signing::real_disk();
    if (!options->inspect.empty()) return inspect(*options, *disk);
    if (!options->adopt.empty()) return adopt(*options, *disk);
    if (options->name.empty())
      throw std::runtime_error("keygen needs a name for the key, or --inspect, or --adopt");
    return make(*options, *disk);
  });
}

}  // namespace sluice::cli
