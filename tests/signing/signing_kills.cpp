// SPDX-License-Identifier: Apache-2.0
// Kills a signer with SIGKILL: at random times, and before and after each of its system calls,
// since between them nothing outside it changes. Then looks at every signature that exists, whole
// or in part, under its own name or a temporary one: no one-time key may be in two of them. After
// each kill the key must go on. Power cuts are not its business (one_time_keys_test).
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include "signing/image_signing.hpp"
#include "support/random_image.hpp"
#include "support/table_builder.hpp"

using namespace sluice;
using namespace std::chrono;
namespace fs = std::filesystem;

namespace {

struct Options {
  std::string signer;
  unsigned kills = 40;
  unsigned pairs = 10;
  std::uint64_t seed = 1;
  fs::path report;
  bool expect_reuse = false;
};

// How far the signer came before it was killed.
enum class Stage { before, recorded, written };

struct Tally {
  unsigned runs = 0, finished = 0, refused = 0;
  std::map<Stage, unsigned> killed;
};

class Desk {
 public:
  explicit Desk(const std::string& signer) : signer_(signer), disk_(signing::real_disk()) {
    std::string name = (fs::temp_directory_path() / "sluice-kills-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder_ = name;
    fs::create_directory(folder_ / "signatures");
    marks_ = folder_ / "marks";
    ::setenv("SLUICE_SIGNER_MARKS", marks_.c_str(), 1);
    files_ = signing::KeyFiles::of(folder_ / "a.key");
    const signing::Parameters parameters{*signing::lms_set(24, 10), *signing::lmots_set(24, 4)};
    signing::make_key(*disk_, files_, marks_, parameters, 1, {});
  }
  ~Desk() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  // A signer of an image that nobody has signed, stopped before its first instruction if `traced`.
  pid_t start(bool traced) {
    auto image = support::letters_image();
    image.serial = ++serial_;
    const fs::path file = folder_ / "policy.img";
    signing::write_whole(*disk_, file, image.bytes(), signing::Access::everyone,
                         signing::Replace::yes);
    output_ = folder_ / "signatures" / (std::to_string(serial_) + ".sig");
    return fork_signer(file, output_, traced);
  }

  pid_t fork_signer(const fs::path& image, const fs::path& output, bool traced) {
    std::vector<std::string> words{
        signer_, "sign", image.string(), "--key", files_.key.string(), "--output", output.string()};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error("fork failed");
    if (pid == 0) {
      if (traced) ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      const int log =
          ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
      ::dup2(log, STDOUT_FILENO);
      ::dup2(log, STDERR_FILENO);
      ::execv(signer_.c_str(), arguments.data());
      ::_exit(127);
    }
    return pid;
  }

  // Numbers that the mark says are used.
  std::uint32_t used() const {
    for (const auto& entry : fs::directory_iterator(marks_)) {
      if (entry.path().extension() != ".mark") continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        if (line.starts_with("next "))
          return static_cast<std::uint32_t>(std::stoul(line.substr(5)));
      }
    }
    throw std::runtime_error("the mark is gone");
  }

  // Enters how a run of the signer ended.
  void enter(Tally& tally, int status, std::uint32_t used_before) const {
    ++tally.runs;
    if (WIFSIGNALED(status)) {
      const bool written = fs::exists(output_);
      ++tally.killed[written                ? Stage::written
                     : used() > used_before ? Stage::recorded
                                            : Stage::before];
    } else if (WEXITSTATUS(status) == 0) {
      ++tally.finished;
    } else {
      ++tally.refused;
    }
  }

  // How many signatures there are of each number, by the files of the folder. A part of a signature
  // counts from its number on.
  std::map<std::uint32_t, unsigned> numbers() const {
    std::map<std::uint32_t, unsigned> found;
    constexpr std::size_t kNumberAt = layout::SignatureBlock::bytes + layout::SignatureSlot::bytes;
    for (const auto& entry : fs::directory_iterator(folder_ / "signatures")) {
      const auto content = disk_->read(entry.path());
      if (content->bytes.size() >= kNumberAt + 4)
        ++found[*signing::one_time_key_of(signing::View(content->bytes).subspan(kNumberAt))];
    }
    return found;
  }

  std::string log() const {
    std::ifstream in(folder_ / "log");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  const fs::path& folder() const { return folder_; }
  void begin_pair() { ++serial_; }
  fs::path pair_output(char which) const {
    return folder_ / "signatures" / (std::to_string(serial_) + which + ".sig");
  }

 private:
  std::string signer_;
  std::unique_ptr<signing::Disk> disk_;
  fs::path folder_, marks_, output_;
  signing::KeyFiles files_;
  std::uint64_t serial_ = 0;
};

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

microseconds since(steady_clock::time_point start) {
  return duration_cast<microseconds>(steady_clock::now() - start);
}

// Goes on to the next stop of a traced signer; false when it ended.
bool next_stop(pid_t pid, int& status) {
  if (::ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr) != 0)
    throw std::runtime_error("ptrace is not permitted here");
  status = wait_for(pid);
  return WIFSTOPPED(status);
}

// A signer that is about to lock its key.
pid_t start_to_lock(Desk& desk) {
  const pid_t pid = desk.start(true);
  int status = wait_for(pid);  // at the exec
  ::ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  while (next_stop(pid, status)) {
    __ptrace_syscall_info info{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_flock) return pid;
  }
  throw std::runtime_error("the signer ended without a lock:\n" + desk.log());
}

// A signer that runs freely: from its start, or from the lock on.
pid_t start(Desk& desk, bool from_lock) {
  if (!from_lock) return desk.start(false);
  const pid_t pid = start_to_lock(desk);
  ::ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
  return pid;
}

// How long an undisturbed run takes: the middle one of five.
microseconds time_of_run(Desk& desk, bool from_lock) {
  std::vector<microseconds> times;
  for (int i = 0; i < 5; ++i) {
    const auto begin = steady_clock::now();
    const pid_t pid = start(desk, from_lock);
    const auto freed = from_lock ? steady_clock::now() : begin;
    if (wait_for(pid) != 0) throw std::runtime_error("the signer does not sign:\n" + desk.log());
    times.push_back(since(freed));
  }
  std::sort(times.begin(), times.end());
  return times[2];
}

// Until so many were killed; who ends before does not count.
Tally kill_at_random_times(Desk& desk, unsigned kills, support::Random& random, bool from_lock) {
  const microseconds run = time_of_run(desk, from_lock);
  Tally tally;
  while (tally.runs - tally.finished < kills && tally.runs < 4 * kills) {
    const std::uint32_t before = desk.used();
    const pid_t pid = start(desk, from_lock);
    std::this_thread::sleep_for(
        microseconds(random.below(static_cast<std::uint32_t>(run.count()))));
    ::kill(pid, SIGKILL);
    desk.enter(tally, wait_for(pid), before);
  }
  return tally;
}

// Kills the signer at stop number `stop` from its lock on (each system call stops twice). False
// when it ended before.
bool kill_at_system_call(Desk& desk, Tally& tally, unsigned stop) {
  const std::uint32_t before = desk.used();
  const pid_t pid = start_to_lock(desk);
  int status = 0;
  bool there = true;
  for (unsigned i = 0; there && i < stop; ++i) there = next_stop(pid, status);
  if (there) {
    ::kill(pid, SIGKILL);
    status = wait_for(pid);
  }
  desk.enter(tally, status, before);
  return there;
}

// Two signers at once, with one key: each signs or says that the other is at work.
Tally pairs(Desk& desk, unsigned count) {
  Tally tally;
  for (unsigned i = 0; i < count; ++i) {
    desk.begin_pair();
    const fs::path image = desk.folder() / "policy.img";
    const pid_t one = desk.fork_signer(image, desk.pair_output('a'), false);
    const pid_t two = desk.fork_signer(image, desk.pair_output('b'), false);
    for (const pid_t pid : {one, two}) {
      const int status = wait_for(pid);
      ++tally.runs;
      ++(status == 0 ? tally.finished : tally.refused);
    }
  }
  return tally;
}

unsigned reused(const std::map<std::uint32_t, unsigned>& numbers) {
  unsigned out = 0;
  for (const auto& [number, count] : numbers) out += count > 1 ? 1 : 0;
  return out;
}

std::string row(const std::string& name, Tally& tally) {
  std::ostringstream out;
  out << "| " << name << " | " << tally.runs << " | " << tally.killed[Stage::before] << " | "
      << tally.killed[Stage::recorded] << " | " << tally.killed[Stage::written] << " | "
      << tally.finished << " | " << tally.refused << " |\n";
  return out.str();
}

int run(const Options& options) {
  Desk desk(options.signer);
  support::Random random(options.seed);
  Tally by_time = kill_at_random_times(desk, options.kills - options.kills / 2, random, false);
  Tally by_time_locked = kill_at_random_times(desk, options.kills / 2, random, true);
  Tally by_call;
  unsigned stops = 0;
  while (kill_at_system_call(desk, by_call, stops)) ++stops;
  Tally by_two = pairs(desk, options.pairs);
  // The key goes on after all this.
  const bool goes_on = wait_for(desk.start(false)) == 0;
  const auto numbers = desk.numbers();
  unsigned signatures = 0;
  for (const auto& [number, count] : numbers) signatures += count;

  std::ostringstream out;
  out << "| | runs | killed before a number was recorded | killed with a number, no signature | "
         "killed with the signature written | finished | refused |\n"
      << "|---|---|---|---|---|---|---|\n"
      << row("SIGKILL at random times of the whole run", by_time)
      << row("SIGKILL at random times from the lock on", by_time_locked)
      << row("SIGKILL at each stop of a system call", by_call) << row("two signers at once", by_two)
      << '\n'
      << signatures << " signatures exist (whole or in part), of " << numbers.size()
      << " one-time keys; **" << reused(numbers) << " one-time keys in more than one signature**. "
      << desk.used() << " numbers are recorded as used. Afterwards the key "
      << (goes_on ? "signs" : "does NOT sign") << ".\n";
  std::cout << out.str();
  if (!options.report.empty()) {
    std::ofstream file(options.report);
    file << "# Signers that are killed\n\nWritten by `signing_kills` (target "
            "`signing_kills_table`, seed "
         << options.seed
         << "). A signer process (`sluice sign`) is killed with SIGKILL: at random\ntimes of its "
            "run, half of them after it locked its key, and once before and once behind each "
            "system call "
            "from the lock of the key on; between system calls nothing outside a process changes, "
            "so\nthe third row is every state in which a kill can leave "
            "the files. Every signature in the output folder is then looked at, temporary files "
            "too.\nPower cuts, with what was not synced lost: "
            "`signing_one_time_keys_test`. That a signer which records too late is found: "
            "`signing_kills_find_late`.\n\n"
         << out.str();
    if (!file.flush()) throw std::runtime_error("cannot write " + options.report.string());
  }
  // Who was killed may be refused once only by a lock; kills leave none.
  const bool sound = reused(numbers) == 0 && goes_on && by_time.refused == 0 &&
                     by_time_locked.refused == 0 && by_call.refused == 0 &&
                     by_two.finished >= options.pairs;
  const bool reached = by_call.killed[Stage::before] > 0 && by_call.killed[Stage::recorded] > 0 &&
                       by_call.killed[Stage::written] > 0;
  if (options.expect_reuse) return reused(numbers) > 0 ? 0 : 1;
  if (!sound || !reached) std::cerr << desk.log();
  return sound && reached ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("kills a signer and looks for one-time keys that were used twice");
  app.add_option("--signer", options.signer,
                 "program that understands `sign IMAGE --key KEY --output FILE`")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--kills", options.kills, "at random times")->capture_default_str();
  app.add_option("--pairs", options.pairs, "of signers at once")->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--report", options.report, "page to write");
  app.add_flag("--expect-reuse", options.expect_reuse,
               "the signer is known to be bad: succeed if that is found");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
