// SPDX-License-Identifier: Apache-2.0
#include "cli/event_text.hpp"

#include <google/protobuf/util/time_util.h>

#include "cli/terminal.hpp"
#include "sluice/layout.hpp"

namespace sluice::cli {
namespace {

// Tags are written by the networks; a name comes from the policy. Both may be unknown.
std::string endpoint_text(const v1::AuditEvent& event) {
  if (!event.endpoint().empty()) return printable(event.endpoint());
  if (event.endpoint_tag() != 0) return "endpoint " + std::to_string(event.endpoint_tag());
  return "-";
}

}  // namespace

std::string event_line(const v1::AuditEvent& event) {
  const std::string time = google::protobuf::util::TimeUtil::ToString(event.time());
  const std::string head = time + "  ";
  if (event.kind() == layout::name_of(layout::EventKind::IMAGE)) {
    return head + coloured("IMAGE ", Colour::kBold) + "  epoch " + std::to_string(event.epoch()) +
           (event.digest().empty() ? "" : "  digest " + event.digest()) + (event.unsigned_image() ? "  unsigned" : "");
  }
  const std::string where = event.pipeline() + "  " + endpoint_text(event);
  if (event.kind() == layout::name_of(layout::EventKind::TRANSACTION)) {
    return head + coloured(event.reason(), Colour::kYellow) + "  " + where + "  no response in time";
  }
  if (event.reason() == layout::name_of(layout::Reason::ACCEPTED)) {
    return head + coloured("ACCEPT", Colour::kGreen) + "  " + where + "  " + std::to_string(event.length()) + " bytes";
  }
  std::string line = head + coloured("REJECT", Colour::kRed) + "  " + where + "  " + event.reason() + " at " +
                     std::to_string(event.offset()) + " of " + std::to_string(event.length());
  if (!event.path().empty()) line += "  " + printable(event.path());
  if (!event.rule().empty()) line += "  (" + printable(event.rule()) + ")";
  if (!event.text().empty()) line += "  " + printable(event.text());
  return line;
}

}  // namespace sluice::cli
