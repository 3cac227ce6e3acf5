// SPDX-License-Identifier: Apache-2.0
#include "levels/edge_file.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/hexadecimal.hpp"

namespace sluice::test {
namespace {

std::string bytes_from(const std::string& text) {
  const auto bytes = cli::from_hexadecimal(text);
  if (!bytes) throw std::runtime_error("'" + text + "' are no hexadecimal digits");
  return {bytes->begin(), bytes->end()};
}

std::string digits(const std::string& bytes) {
  return cli::hexadecimal({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace

Edges read_edges(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file + ": cannot be read");
  Edges out;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    try {
      const auto json = nlohmann::json::parse(line);
      const bool protobuf = json.at("encoding") == "protobuf";
      Edge edge{json.at("kept"), json.at("broken")};
      if (protobuf) edge = {bytes_from(edge.kept), bytes_from(edge.broken)};
      out[{json.at("rule").get<std::string>() + " on " + json.at("type").get<std::string>(), protobuf}].push_back(std::move(edge));
    } catch (const std::exception& e) {
      throw std::runtime_error(file + ":" + std::to_string(number) + ": " + e.what());
    }
  }
  return out;
}

std::string edge_line(const std::string& rule, const std::string& type, bool protobuf, const Edge& edge) {
  nlohmann::ordered_json json{{"rule", rule}, {"type", type}, {"encoding", protobuf ? "protobuf" : "json"}};
  json["kept"] = protobuf ? digits(edge.kept) : edge.kept;
  json["broken"] = protobuf ? digits(edge.broken) : edge.broken;
  try {
    return json.dump() + "\n";
  } catch (const nlohmann::json::type_error&) {
    return "";
  }
}

}  // namespace sluice::test
