// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <map>
#include <nlohmann/json.hpp>

namespace sluice::tricks {
namespace {

// For a table cell.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

bool crosses(const Trick& trick, const Outcome& outcome) {
  return trick.response ? outcome.logged.empty() : !outcome.reached.empty();
}

std::string gateway_says(const Trick& trick, const Outcome& outcome) {
  if (trick.response) return outcome.logged.empty() ? "crosses" : "502, " + outcome.logged;
  std::string refused;
  for (const std::string& answer : outcome.answers) {
    if (answer.starts_with('4') || answer.starts_with('5'))
      refused += (refused.empty() ? "" : ", ") + answer;
  }
  const std::string crossed = outcome.reached.empty() ? ""
                              : outcome.reached.size() == 1
                                  ? "crosses"
                                  : std::to_string(outcome.reached.size()) + " cross";
  if (crossed.empty() && refused.empty()) return "closed";
  return crossed + (crossed.empty() || refused.empty() ? "" : "; ") + refused;
}

std::string device_says(const Outcome& outcome) {
  const std::string reason(layout::name_of(outcome.device.reason));
  return outcome.device.accepted() ? reason
                                   : reason + " at " + std::to_string(outcome.device.offset);
}

}  // namespace

std::string table_of(const std::vector<Trick>& tricks, const std::vector<Outcome>& outcomes) {
  struct Row {
    std::size_t all = 0, crossed = 0, refused = 0, device = 0;
  };
  std::map<std::string, Row> rows;
  Row sum;
  std::string details;
  std::string category;
  for (std::size_t i = 0; i < tricks.size(); ++i) {
    const Trick& trick = tricks[i];
    for (Row* row : {&rows[trick.category], &sum}) {
      ++row->all;
      ++(crosses(trick, outcomes[i]) ? row->crossed : row->refused);
      row->device += outcomes[i].device.accepted() ? 0 : 1;
    }
    if (trick.category != category) {
      category = trick.category;
      details += "\n## " + category +
                 "\n\n| trick | gateway | device, same bytes as a record |\n|---|---|---|\n";
    }
    details += "| " + cell(trick.name) + " | " + cell(gateway_says(trick, outcomes[i])) + " | " +
               device_says(outcomes[i]) + " |\n";
  }
  std::string out =
      "# HTTP tricks\n\n"
      "Requests and responses with known smuggling, desync and normalization tricks "
      "(`tests/gateway/tricks/data`), each as bytes through both\n"
      "gateways with the simulated device between them, and the same bytes, unrepaired, as one "
      "record in the device's tables. *Crosses* means: what\n"
      "arrived on the other side is, byte for byte, the canonical record that a strict reading of "
      "the message gives, which stands beside the\n"
      "trick; everything else was refused for the reason that stands beside it, and the next "
      "message on the connection was not touched. Written by\n"
      "```\nhttp_tricks tests/gateway/tricks --device build/release/bin/sluice-device --markdown "
      "docs/results/http-tricks.md\n```\n\n"
      "| category | tricks | cross, meaning unchanged | refused by a gateway | refused by the "
      "tables | crossed changed |\n"
      "|---|--:|--:|--:|--:|--:|\n";
  const auto add = [&](const std::string& name, const Row& row) {
    out += "| " + name + " | " + std::to_string(row.all) + " | " + std::to_string(row.crossed) +
           " | " + std::to_string(row.refused) + " | " + std::to_string(row.device) + " | 0 |\n";
  };
  for (const auto& [name, row] : rows) add(name, row);
  add("**all**", sum);
  return out + details;
}

std::string line_of(const Trick& trick, const Outcome& outcome) {
  const nlohmann::json line = {{"category", trick.category},
                               {"name", trick.name},
                               {"answers", outcome.answers},
                               {"reached", outcome.reached},
                               {"logged", outcome.logged},
                               {"device", std::string(layout::name_of(outcome.device.reason))},
                               {"offset", outcome.device.offset}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace sluice::tricks
