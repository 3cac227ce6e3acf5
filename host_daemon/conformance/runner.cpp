// SPDX-License-Identifier: Apache-2.0
// The child writes one JSON object into a pipe; the parent reads until its end, the child's death, or the time-out.
#include "conformance/runner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <system_error>

#include <nlohmann/json.hpp>

namespace sluice::conformance {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

std::string report_of(const Procedure& procedure, const Reference& reference, const MakeSession& make_session) {
  Json out;
  try {
    const auto session = make_session();
    Bench bench(*session, reference);
    try {
      procedure.run(bench);
    } catch (const Stop&) {
    } catch (const std::exception& error) {
      out["error"] = error.what();
    }
    out["checks"] = bench.checks();
    out["failures"] = bench.failures();
    out["notes"] = bench.notes();
    out["cycles"] = session->cycles();
  } catch (const std::exception& error) {
    out["error"] = error.what();
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

[[noreturn]] void be_child(int descriptor, const Procedure& procedure, const Reference& reference, const MakeSession& make_session) {
  const std::string report = report_of(procedure, reference, make_session);
  std::size_t written = 0;
  while (written < report.size()) {
    const ssize_t n = ::write(descriptor, report.data() + written, report.size() - written);
    if (n < 0 && errno != EINTR) ::_exit(2);
    if (n > 0) written += static_cast<std::size_t>(n);
  }
  // The kernel's objects are not torn down in a defined order at exit.
  ::_exit(0);
}

// What the child wrote; `timed_out` when it did not end in time.
std::string read_all(int descriptor, Clock::time_point deadline, bool& timed_out) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{descriptor, POLLIN, 0};
    const int ready = rest > 0 ? ::poll(&waiting, 1, static_cast<int>(rest)) : 0;
    if (ready < 0 && errno == EINTR) continue;
    timed_out = ready == 0;
    if (ready <= 0) return text;
    const ssize_t n = ::read(descriptor, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

void fill(Result& result, const std::string& text, int status, bool timed_out, std::chrono::seconds timeout) {
  if (timed_out) {
    result.error = "did not end within " + std::to_string(timeout.count()) + " s";
    return;
  }
  const Json report = Json::parse(text, nullptr, false);
  if (!report.is_object()) {
    result.error = WIFSIGNALED(status) ? "the process died by signal " + std::to_string(WTERMSIG(status))
                                       : "the process ended without a report";
    return;
  }
  result.checks = report.value("checks", std::size_t{0});
  result.failures = report.value("failures", std::vector<std::string>{});
  result.notes = report.value("notes", std::vector<std::string>{});
  result.cycles = report.value("cycles", std::uint64_t{0});
  result.error = report.value("error", std::string{});
  if (!result.error.empty()) return;
  if (result.checks == 0) {
    result.error = "made no check";
    return;
  }
  result.status = result.failures.empty() ? Result::Status::passed : Result::Status::failed;
}

Result run_one(const Procedure& procedure, const Reference& reference, const MakeSession& make_session, std::chrono::seconds timeout) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "no pipe");
  std::cout.flush();
  const auto start = Clock::now();
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "no process");
  if (child == 0) {
    ::close(ends[0]);
    be_child(ends[1], procedure, reference, make_session);
  }
  ::close(ends[1]);
  bool timed_out = false;
  const std::string text = read_all(ends[0], start + timeout, timed_out);
  ::close(ends[0]);
  if (timed_out) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  Result result;
  result.procedure = &procedure;
  fill(result, text, status, timed_out, timeout);
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

}  // namespace

std::vector<Result> run(std::span<const Procedure* const> wanted, const Reference& reference, const MakeSession& make_session,
                        const RunOptions& options) {
  std::vector<Result> results;
  for (const Procedure* procedure : wanted) {
    results.push_back(run_one(*procedure, reference, make_session, options.timeout));
    if (options.on_result) options.on_result(results.back());
  }
  return results;
}

}  // namespace sluice::conformance
