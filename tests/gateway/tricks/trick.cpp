// SPDX-License-Identifier: Apache-2.0
#include "trick.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

namespace sluice::tricks {
namespace {

constexpr std::string_view kLineEnd = "¶", kStop = "‸";

const std::map<std::string, std::string>& shorthands() {
  static const std::map<std::string, std::string> all = {
      {"get", "GET /v1/notes/a HTTP/1.1\r\n"},
      {"post", "POST /v1/notes HTTP/1.1\r\n"},
      {"ok", "HTTP/1.1 200 OK\r\n"},
      {"host", "host: notes.example\r\n"},
      {"json", "content-type: application/json\r\n"},
  };
  return all;
}

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  throw std::runtime_error("'\\x' needs two hexadecimal digits");
}

// The character behind a backslash at `at`, which moves behind it.
char escaped(const std::string& text, std::size_t& at) {
  switch (const char c = text.at(at++)) {
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '\\':
      return '\\';
    case '<':
      return '<';
    case 'x':
      at += 2;
      return static_cast<char>(hexadecimal(text.at(at - 2)) * 16 + hexadecimal(text.at(at - 1)));
    default:
      throw std::runtime_error(std::string("unknown escape '\\") + c + "'");
  }
}

std::string expand(const std::string& inner) {
  const auto star = inner.find('*');
  if (star == std::string::npos) {
    const auto found = shorthands().find(inner);
    if (found == shorthands().end()) throw std::runtime_error("unknown shorthand <" + inner + ">");
    return found->second;
  }
  const std::string once = bytes_of(inner.substr(star + 1));
  std::string out;
  for (int i = std::stoi(inner.substr(0, star)); i > 0; --i) out += once;
  return out;
}

std::vector<std::string> list_of(const YAML::Node& node) {
  std::vector<std::string> out;
  for (const auto& element : node) out.push_back(element.as<std::string>());
  return out;
}

Trick read_trick(const YAML::Node& node) {
  static const std::set<std::string> known = {"name",    "send",    "answer", "closes",
                                              "answers", "reaches", "logged", "device"};
  Trick out;
  out.name = node["name"].as<std::string>();
  for (const auto& member : node) {
    if (!known.contains(member.first.as<std::string>()))
      throw std::runtime_error(out.name + ": unknown key " + member.first.as<std::string>());
  }
  try {
    out.response = static_cast<bool>(node["answer"]);
    std::string text = node[out.response ? "answer" : "send"].as<std::string>();
    if (const auto stop = text.find(kStop); stop != std::string::npos) {
      text.erase(stop, kStop.size());
      out.rejected_at = bytes_of(text.substr(0, stop)).size();
    }
    out.bytes = bytes_of(text);
    out.closes = node["closes"] && node["closes"].as<bool>();
    for (const std::string& answer : list_of(node["answers"]))
      out.answers.push_back(bytes_of(answer));
    for (const std::string& record : list_of(node["reaches"]))
      out.reaches.push_back(record_of(record));
    if (node["logged"]) out.logged = node["logged"].as<std::string>();
    const auto device = layout::from_name<layout::Reason>(node["device"].as<std::string>());
    if (!device) throw std::runtime_error("unknown reason in `device`");
    out.device = *device;
  } catch (const std::exception& error) {
    throw std::runtime_error("'" + out.name + "': " + error.what());
  }
  return out;
}

}  // namespace

std::string bytes_of(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, kLineEnd.size(), kLineEnd) == 0) {
      out += "\r\n";
      at += kLineEnd.size();
    } else if (text[at] == '\\') {
      out += escaped(text, ++at);
    } else if (text[at] == '<') {
      const auto end = text.find('>', at);
      if (end == std::string::npos) throw std::runtime_error("'<' without '>'; write \\<");
      out += expand(text.substr(at + 1, end - at - 1));
      at = end + 1;
    } else {
      out += text[at++];
    }
  }
  return out;
}

std::string record_of(const std::string& written) {
  const std::string text = bytes_of(written);
  const auto first = text.find(' ');
  const auto second = std::min(text.find(' ', first + 1), text.size());
  std::map<std::string, std::string> headers = {{"host", "notes.example"}};
  std::string rest = text.substr(std::min(text.size(), second + 1));
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    const std::string header = rest.substr(1, end - 1);
    const auto colon = header.find(": ");
    if (colon == std::string::npos) throw std::runtime_error("no header in '" + written + "'");
    headers[header.substr(0, colon)] = header.substr(colon + 2);
    rest = rest.substr(std::min(rest.size(), end + 2));
  }
  if (!rest.empty()) {
    headers["content-type"] = "application/json";
    headers["content-length"] = std::to_string(rest.size());
  }
  std::string out = text.substr(0, second) + " HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
  return out + "\r\n" + rest;
}

std::vector<Trick> read_tricks(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Trick> out;
  std::set<std::string> names;
  for (const auto& file : files) {
    try {
      const YAML::Node root = YAML::LoadFile(file.string());
      for (const auto& node : root["tricks"]) {
        Trick trick = read_trick(node);
        trick.category = root["category"].as<std::string>();
        if (!names.insert(trick.category + ' ' + trick.name).second)
          throw std::runtime_error("'" + trick.name + "' stands twice");
        out.push_back(std::move(trick));
      }
    } catch (const std::exception& error) {
      throw std::runtime_error(file.filename().string() + ": " + error.what());
    }
  }
  if (out.empty()) throw std::runtime_error("no tricks in " + folder.string());
  return out;
}

}  // namespace sluice::tricks
