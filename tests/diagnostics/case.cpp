// SPDX-License-Identifier: Apache-2.0
// Reading cases, and running the compiler on one.
#include "case.hpp"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "compiler/compiler.hpp"
#include "load/load.hpp"

namespace sluice::diagnostics_page {
namespace {

constexpr std::size_t kMaxRepeat = 200'000;

const std::vector<std::pair<std::string, std::string>> kPolicy = {
    {"name", "name: example"},
    {"serial", "serial: 1"},
    {"mode", "mode: TWO_WAY"},
    {"geometry", "geometry: SIMULATION"},
    {"protoFiles", "protoFiles: [api.proto]"},
    {"host", "host: api.example"},
    {"services", "services: [{service: t.S, methods: [\"*\"]}]"},
    {"statuses", "statuses: [{code: 200}]"},
};

bool has_line(const std::string& text, const std::string& start) { return ("\n" + text).find("\n" + start) != std::string::npos; }

std::string repeated(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("%repeat ")) {
      out += line + "\n";
      continue;
    }
    std::istringstream words(line.substr(8));
    std::size_t first = 0, last = 0;
    words >> first;
    words.ignore(2);
    words >> last;
    words.get();
    std::string what;
    std::getline(words, what);
    if (!words || first == 0 || last < first || last > kMaxRepeat) throw std::runtime_error("%repeat wants a range below 200000: " + line);
    for (std::size_t i = first; i <= last; ++i) {
      for (const char c : what) out += c == '#' ? std::to_string(i) : std::string(1, c);
      out += '\n';
    }
  }
  return out;
}

// Keys of the policy that the case says again are replaced, all others of its lines follow.
std::string policy_text(const std::string& replaced) {
  std::string text;
  for (const auto& [key, line] : kPolicy) {
    if (!has_line(replaced, key + ":")) text += line + "\n";
  }
  return text + replaced;
}

std::string proto_text(const std::string& body) {
  std::string text = shared_first_line() + "\n" + body;
  for (const char* name : {"M", "R"}) {
    if (!has_line(body, std::string("message ") + name + " ")) text += std::string("message ") + name + " {}\n";
  }
  return has_line(body, "service ") ? text : text + shared_service();
}

class Folder {
 public:
  Folder() : before_(std::filesystem::current_path()) {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-diagnostics-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
    std::filesystem::current_path(path_);
  }
  ~Folder() {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

 private:
  std::filesystem::path before_, path_;
};

}  // namespace

std::string shared_policy() {
  std::string text;
  for (const auto& [key, line] : kPolicy) text += line + "\n";
  return text;
}

std::string shared_first_line() {
  return R"(syntax = "proto3"; package t; import "google/api/annotations.proto"; import "buf/validate/validate.proto";)";
}

std::string shared_service() {
  return R"(service S { rpc Call(M) returns (R) { option (google.api.http) = {post: "/v1/call" body: "*"}; } })"
         "\n";
}

Case parse_case(const std::string& name, const std::string& text) {
  const auto fault = [&](const std::string& what) { return std::runtime_error("case " + name + ": " + what); };
  Case out;
  out.name = name;
  out.code = name.substr(0, name.find('-'));
  Part* part = nullptr;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("== ")) {
      (part == nullptr ? out.title : part->text) += line + "\n";
      continue;
    }
    std::string what = line.substr(3);
    if (what == "place file") {
      out.whole_file = true;
      continue;
    }
    const auto take = [&](const std::string& word) {
      const bool there = what.starts_with(word + " ");
      if (there) what.erase(0, word.size() + 1);
      return there;
    };
    auto& parts = take("mended") ? out.mended : out.failing;
    const bool whole = take("whole");
    part = &parts.emplace_back(Part{what, whole, {}});
  }
  if (out.title.empty()) throw fault("it does not say what it is about");
  if (out.failing.empty() || out.mended.empty()) throw fault("it wants parts that fail and mended ones");
  return out;
}

std::vector<Case> read_cases(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Case> out;
  for (const auto& file : files) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    out.push_back(parse_case(file.stem().string(), text.str()));
  }
  return out;
}

std::map<std::string, std::string> files_of(const std::vector<Part>& parts) {
  std::map<std::string, std::string> files{{"policy.yaml", shared_policy()}, {"api.proto", proto_text("")}};
  for (const Part& part : parts) {
    const std::string text = repeated(part.text);
    files[part.name] = part.whole                   ? text
                       : part.name == "policy.yaml" ? policy_text(text)
                       : part.name == "api.proto"   ? proto_text(text)
                                                    : text;
  }
  return files;
}

std::map<std::string, std::string> mended_files_of(const Case& one) {
  std::vector<Part> parts = one.failing;
  parts.insert(parts.end(), one.mended.begin(), one.mended.end());
  return files_of(parts);
}

Outcome compile_files(const std::map<std::string, std::string>& files) {
  const Folder folder;
  for (const auto& [name, text] : files) {
    const std::filesystem::path path = name;
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  Outcome outcome;
  auto loaded = load::load(std::filesystem::path("policy.yaml"), outcome.diagnostics);
  if (!loaded) return outcome;
  outcome.compiled = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), outcome.diagnostics).has_value();
  return outcome;
}

}  // namespace sluice::diagnostics_page
