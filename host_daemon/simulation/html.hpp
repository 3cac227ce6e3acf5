// SPDX-License-Identifier: Apache-2.0
// One self-contained page out of a result: style, Chart.js and data stand in it, nothing is fetched when it is opened.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace sluice::simulation {

/// Where Debian's libjs-chart.js was when this program was built.
std::filesystem::path chart_library();

/// `result` is the JSON of to_json(); `chart_script` the text of chart.min.js. Throws std::invalid_argument for a script that
/// cannot stand in a page.
std::string page_of(const nlohmann::ordered_json& result, std::string_view chart_script);

/// page/page.css and page/page.js.
std::string_view page_style();
std::string_view page_script();

}  // namespace sluice::simulation
