// SPDX-License-Identifier: Apache-2.0
#include "simulation/traffic.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "compiler/base64.hpp"

namespace sluice::simulation {
namespace {

using Json = nlohmann::json;
constexpr std::size_t line_max = 4U << 20;  // bytes

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (!found->is_string()) throw std::runtime_error("`" + std::string(key) + "` must be a string");
  return found->get<std::string>();
}

Message parse(const std::string& line) {
  if (line.size() > line_max) throw std::runtime_error("more than " + std::to_string(line_max) + " bytes");
  const Json json = Json::parse(line);
  if (!json.is_object()) throw std::runtime_error("not a JSON object");
  Message message;
  const auto id = json.find("id");
  if (id == json.end() || (!id->is_string() && !id->is_number())) throw std::runtime_error("`id` must be a string or a number");
  message.id = id->is_string() ? id->get<std::string>() : id->dump();
  const std::string pipeline = text_of(json, "pipeline");
  if (pipeline != "request" && pipeline != "response") throw std::runtime_error("`pipeline` must be \"request\" or \"response\"");
  message.pipeline = pipeline == "request" ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE;
  const auto time = json.find("t_us");
  if (time == json.end() || !time->is_number_unsigned()) throw std::runtime_error("`t_us` must be a whole number of microseconds from 0");
  message.t_us = time->get<std::uint64_t>();
  if (message.t_us > longest_us) throw std::runtime_error("`t_us` is above " + std::to_string(longest_us) + " (ten minutes): times count from the start of the traffic");
  if (json.contains("http") == json.contains("record")) throw std::runtime_error("either `http` (the message) or `record` (its canonical form), in base64");
  message.canonical = json.contains("record");
  const char* key = message.canonical ? "record" : "http";
  const auto content = compiler::from_base64(text_of(json, key));
  if (!content) throw std::runtime_error("`" + std::string(key) + "` is not base64 with padding");
  message.content = *content;
  message.endpoint = text_of(json, "endpoint");
  if (message.pipeline == layout::Pipeline::RESPONSE && message.endpoint.empty()) {
    throw std::runtime_error("a response needs `endpoint`: the one whose request it answers");
  }
  return message;
}

}  // namespace

Traffic read_traffic(std::istream& in) {
  Traffic traffic;
  std::set<std::string> ids;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.starts_with(">>> ")) {
      traffic.errors = {"line " + std::to_string(number) +
                        ": this is the text that tools/make_traffic reads; let it make JSON lines: tools/make_traffic TEXT > traffic.jsonl"};
      break;
    }
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      if (traffic.messages.size() == most_messages) throw std::runtime_error("more than " + std::to_string(most_messages) + " messages");
      Message message = parse(line);
      if (!ids.insert(message.id).second) throw std::runtime_error("`id` \"" + message.id + "\" stands on an earlier line too");
      traffic.messages.push_back(std::move(message));
    } catch (const Json::exception& error) {
      traffic.errors.push_back("line " + std::to_string(number) + ": not JSON: " + error.what());
    } catch (const std::runtime_error& error) {
      traffic.errors.push_back("line " + std::to_string(number) + ": " + error.what());
    }
    if (traffic.errors.size() >= 20) break;
  }
  std::stable_sort(traffic.messages.begin(), traffic.messages.end(), [](const Message& a, const Message& b) { return a.t_us < b.t_us; });
  return traffic;
}

}  // namespace sluice::simulation
