// SPDX-License-Identifier: Apache-2.0
// The page draws itself from its data with text nodes only, so no text of the traffic can become markup. What remains to be
// done here: data and scripts must not end their own element.
#include "simulation/html.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace sluice::simulation {
namespace {

// JSON inside a script element: '<' only occurs in strings, where it has another spelling.
std::string embeddable(const nlohmann::ordered_json& json) {
  std::string out;
  for (const char c : json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

bool ends_script(std::string_view script) {
  constexpr std::string_view end = "</script";
  return std::search(script.begin(), script.end(), end.begin(), end.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         }) != script.end();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::filesystem::path chart_library() { return SLUICE_CHART_JS; }

std::string page_of(const nlohmann::ordered_json& result, std::string_view chart_script) {
  if (chart_script.find("Chart") == std::string_view::npos || ends_script(chart_script)) {
    throw std::invalid_argument("not a Chart.js that can stand in a page");
  }
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
  out += escaped(result.value("policy", "")) + " at " + escaped(result.value("level", "")) + " - sluice simulate</title>\n<style>\n";
  out += page_style();
  out += "</style>\n</head>\n<body>\n<main id=\"page\"><noscript>This page draws itself with JavaScript.</noscript></main>\n<script>\n";
  out += chart_script;
  out += "\n</script>\n<script type=\"application/json\" id=\"result\">";
  out += embeddable(result);
  out += "</script>\n<script>\n";
  out += page_script();
  out += "</script>\n</body>\n</html>\n";
  return out;
}

}  // namespace sluice::simulation
