// SPDX-License-Identifier: Apache-2.0
#include "conformance/report.hpp"

#include <fmt/format.h>

namespace sluice::conformance {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        // Texts here are ASCII but for what a broken device may bring in.
        if (byte >= 0x20 && byte < 0x7F) {
          out += c;
        } else {
          out += "\xEF\xBF\xBD";
        }
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "\n") + line;
  return out;
}

}  // namespace

Totals totals(std::span<const Result> results) {
  Totals out;
  for (const Result& result : results) {
    ++(result.status == Result::Status::passed ? out.passed : result.status == Result::Status::failed ? out.failed : out.errors);
  }
  return out;
}

std::string junit(const Subject& subject, std::span<const Result> results) {
  const Totals sums = totals(results);
  double seconds = 0;
  for (const Result& result : results) seconds += result.seconds;
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  out += fmt::format("  <testsuite name=\"sluice.conformance.{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{:.3f}\">\n",
                     escaped(subject.dut), results.size(), sums.failed, sums.errors, seconds);
  out += fmt::format(
      "    <properties>\n      <property name=\"dut\" value=\"{}\"/>\n      <property name=\"fault\" value=\"{}\"/>\n"
      "      <property name=\"image\" value=\"{}\"/>\n    </properties>\n",
      escaped(subject.dut), escaped(subject.fault.empty() ? "none" : subject.fault), escaped(subject.digest));
  for (const Result& result : results) {
    const Procedure& procedure = *result.procedure;
    out += fmt::format("    <testcase classname=\"sluice.conformance.{}\" name=\"{} {}\" assertions=\"{}\" time=\"{:.3f}\">\n",
                       escaped(subject.dut), escaped(procedure.id), escaped(procedure.title), result.checks, result.seconds);
    if (result.status == Result::Status::failed) {
      out += fmt::format("      <failure message=\"{}\">{}</failure>\n", escaped(result.failures.front()), escaped(joined(result.failures)));
    } else if (result.status == Result::Status::error) {
      out += fmt::format("      <error message=\"{}\">{}</error>\n", escaped(result.error), escaped(joined(result.failures)));
    }
    std::vector<std::string> lines{fmt::format("invariants {}; {} checks", procedure.invariants, result.checks)};
    if (result.cycles != 0) lines.push_back(fmt::format("{} clock cycles", result.cycles));
    lines.insert(lines.end(), result.notes.begin(), result.notes.end());
    out += fmt::format("      <system-out>{}</system-out>\n    </testcase>\n", escaped(joined(lines)));
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace sluice::conformance
