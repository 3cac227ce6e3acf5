// SPDX-License-Identifier: Apache-2.0
#include "daemon/problem.hpp"

namespace sluice::daemon {

ProblemError::ProblemError(int status, std::string title, std::string detail)
    : std::runtime_error(title + ": " + detail) {
  problem_.set_type("about:blank");
  problem_.set_status(status);
  problem_.set_title(std::move(title));
  problem_.set_detail(std::move(detail));
}

ProblemError::ProblemError(int status, std::string title, std::string detail,
                           const load::Diagnostics& diagnostics)
    : ProblemError(status, std::move(title), std::move(detail)) {
  for (const load::Diagnostic& diagnostic : diagnostics.all()) {
    copy_diagnostic(diagnostic, *problem_.add_diagnostics());
  }
  problem_.set_text(diagnostics.text());
}

void copy_diagnostic(const load::Diagnostic& from, v1::Diagnostic& to) {
  to.set_severity(from.severity == load::Severity::kError     ? "error"
                  : from.severity == load::Severity::kWarning ? "warning"
                                                              : "note");
  to.set_code(from.code);
  to.set_message(from.message);
  to.set_file(from.span.file);
  to.set_line(from.span.line);
  to.set_column(from.span.column);
  for (const std::string& note : from.notes) to.add_notes(note);
  to.set_help(from.help);
}

}  // namespace sluice::daemon
