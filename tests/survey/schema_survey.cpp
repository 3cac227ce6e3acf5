// SPDX-License-Identifier: Apache-2.0
// Compiles the packages of a folder of .proto files that others wrote, unchanged, and writes a table: compiles, or refused with which
// diagnostics, at what cost. Each package is compiled in a process of its own, so that its time and memory are its own, and a limit stops it.
#include <google/protobuf/compiler/importer.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "compiler/compiler.hpp"
#include "google/api/annotations.pb.h"
#include "load/load.hpp"
#include "plot.hpp"

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using namespace sluice;

struct Service {
  std::string name;
  std::vector<std::string> methods;  // with an HTTP binding and without streams
};

struct Package {
  std::string folder;
  std::vector<std::string> files;  // that declare services
  std::vector<Service> services;
  int left_out = 0;  // methods without HTTP binding, or streaming
};

// Folders below `root` with files that mention both a service and an HTTP binding, by name.
std::map<std::string, std::vector<std::string>> candidates(const fs::path& root) {
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".proto") continue;
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    if (text.str().find("google.api.http)") == std::string::npos || text.str().find("\nservice ") == std::string::npos) continue;
    const std::string file = fs::relative(entry.path(), root).string();
    out[fs::path(file).parent_path().string()].push_back(file);
  }
  for (auto& [folder, files] : out) std::sort(files.begin(), files.end());
  return out;
}

class Silence : public google::protobuf::compiler::MultiFileErrorCollector {
 public:
  void AddError(const std::string&, int, int, const std::string&) override {}
};

bool has_binding(const google::protobuf::MethodDescriptor* method) {
  google::protobuf::MethodOptions options;
  return options.ParseFromString(method->options().SerializeAsString()) && options.HasExtension(google::api::http);
}

Package read_package(const fs::path& root, const std::string& folder, const std::vector<std::string>& files) {
  google::protobuf::compiler::DiskSourceTree tree;
  tree.MapPath("", root.string());
  tree.MapPath("", "/usr/include");  // google/protobuf, as libprotobuf-dev installs it
  Silence silence;
  google::protobuf::compiler::Importer importer(&tree, &silence);
  Package out{folder, {}, {}, 0};
  for (const std::string& name : files) {
    const auto* file = importer.Import(name);
    if (file == nullptr) continue;
    const std::size_t before = out.services.size();
    for (int s = 0; s < file->service_count(); ++s) {
      Service service{file->service(s)->full_name(), {}};
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto* method = file->service(s)->method(m);
        if (!has_binding(method) || method->client_streaming() || method->server_streaming()) {
          ++out.left_out;
        } else {
          service.methods.push_back(method->name());
        }
      }
      if (!service.methods.empty()) out.services.push_back(std::move(service));
    }
    if (out.services.size() > before) out.files.push_back(name);
  }
  return out;
}

std::string policy_of(const Package& package, const fs::path& root) {
  const auto limits = layout::limits_of(layout::Geometry::SIMULATION);
  Json services = Json::array();
  for (const Service& service : package.services) services.push_back({{"service", service.name}, {"methods", service.methods}, {"body", "JSON"}});
  Json policy = {{"name", "survey"}, {"serial", 1}, {"mode", "TWO_WAY"}, {"geometry", "SIMULATION"}, {"protoFiles", package.files},
                 {"importPaths", {root.string()}}, {"host", "api.example"}, {"services", services}, {"statuses", {{{"code", 200}}}},
                 {"limits", {{"maxRecordBytes", limits.record_bytes}, {"maxDepth", limits.depth}, {"maxOutstanding", limits.transactions}, {"responseTimeoutMs", 1000}}},
                 {"json", {{"defaults", "OMIT"}, {"int64", "QUOTED"}}}};
  return policy.dump(1) + "\n";  // JSON is YAML
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// In the child: compiles and tells.
Json compile_package(const fs::path& policy) {
  load::Diagnostics diagnostics;
  Json out;
  auto loaded = load::load(policy, diagnostics);
  std::optional<compiler::CompileResult> result;
  if (loaded) result = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  std::map<std::string, int> codes;
  for (const auto& d : diagnostics.all()) {
    if (d.severity != load::Severity::kError) continue;
    if (codes[d.code]++ == 0) out["first"][d.code] = first_line(d.message);
  }
  out["codes"] = codes;
  if (!result) return out;
  std::size_t fields = 0;
  for (const auto& message : result->schema.messages) fields += message.fields.size();
  out["endpoints"] = result->schema.endpoints.size();
  out["messages"] = result->schema.messages.size();
  out["fields"] = fields;
  const auto table = [](const compiler::PackedTable& t) { return Json{{"used", t.used}, {"density", t.density()}, {"actions", t.actions.size()}}; };
  out["request"] = table(result->request_table);
  out["response"] = table(result->response_table);
  return out;
}

Json run(const fs::path& policy, unsigned seconds, std::size_t mebibytes) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe");
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    close(ends[0]);
    const rlimit cpu{seconds, seconds}, memory{mebibytes << 20, mebibytes << 20};
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_AS, &memory);
    std::string text;
    try {
      text = compile_package(policy).dump();
    } catch (const std::exception& e) {
      text = Json{{"failed", e.what()}}.dump();
    }
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t n = write(ends[1], text.data() + at, text.size() - at);
      if (n <= 0) _exit(1);
      at += static_cast<std::size_t>(n);
    }
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char block[65536];
  for (ssize_t n; (n = read(ends[0], block, sizeof block)) > 0;) text.append(block, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  rusage used{};
  wait4(child, &status, 0, &used);
  Json out = Json::accept(text) ? Json::parse(text) : Json::object();
  if (!WIFEXITED(status) || text.empty()) out["failed"] = "stopped at the limit of " + std::to_string(seconds) + " s or " + std::to_string(mebibytes) + " MiB, or crashed";
  out["wall_s"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  out["cpu_s"] = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  out["mib"] = static_cast<double>(used.ru_maxrss) / 1024;
  return out;
}

std::string fixed(double value, int digits) {
  std::ostringstream out;
  out.setf(std::ios::fixed);
  out.precision(digits);
  out << value;
  return out.str();
}

constexpr double kLarge = 2000;  // transitions

std::string density_text(double all, std::vector<double> large) {
  std::sort(large.begin(), large.end());
  const auto sparse = std::lower_bound(large.begin(), large.end(), 0.85) - large.begin();
  return "Density, transitions over slots: " + fixed(all, 3) + " of all tables together. Of the " + std::to_string(large.size()) + " tables with " + fixed(kLarge, 0) +
         " transitions or more " + std::to_string(sparse) + " are below 0.85" + (large.empty() ? "" : ", the sparsest " + fixed(large.front(), 2)) + ".";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Compiles packages of .proto files that others wrote, and tells what became of them");
  std::string root, markdown, json, svg;
  std::size_t count = 100, memory = 4096;
  unsigned seconds = 120;
  std::vector<std::string> also, only;
  app.add_option("--root", root, "folder that imports are relative to")->required()->check(CLI::ExistingDirectory);
  app.add_option("--count", count, "take as many packages, evenly spread over the sorted list of those with HTTP bindings");
  app.add_option("--also", also, "packages (folders) to take besides");
  app.add_option("--only", only, "just these packages");
  app.add_option("--seconds", seconds, "CPU time limit of one package");
  app.add_option("--mebibytes", memory, "memory limit of one package");
  app.add_option("--markdown", markdown, "write the table to this file");
  app.add_option("--plot", svg, "draw time and memory against size into this file, SVG");
  app.add_option("--json", json, "write everything to this file");
  CLI11_PARSE(app, argc, argv);

  const auto all = candidates(root);
  std::vector<std::string> names;
  for (const auto& [folder, files] : all) names.push_back(folder);
  std::set<std::string> taken(also.begin(), also.end());
  if (only.empty()) {
    for (std::size_t i = 0; i < count && i < names.size(); ++i) taken.insert(names[i * names.size() / std::min(count, names.size())]);
  } else {
    taken = {only.begin(), only.end()};
  }
  for (const std::string& folder : taken) {
    if (all.contains(folder)) continue;
    std::cerr << "schema_survey: below " << root << " no file of " << folder << " has a service with HTTP bindings\n";
    return 1;
  }
  const fs::path work = fs::temp_directory_path() / ("schema_survey_" + std::to_string(getpid()));
  fs::create_directories(work);

  std::ostringstream table;
  table << "| package | methods (left out) | messages | fields | result | transitions | density | s | MiB |\n|---|---|---|---|---|---|---|---|---|\n";
  std::map<std::string, std::pair<int, std::string>> reasons;  // code: packages, an example
  Json everything = Json::array();
  std::vector<std::pair<double, double>> times, memories;  // against transitions
  double slots = 0, used = 0;  // of all tables
  std::vector<double> large;   // densities of tables from kLarge transitions on
  std::size_t done = 0, compiled = 0;
  for (const std::string& folder : taken) {
    const auto files = all.find(folder);
    const Package package = read_package(root, folder, files->second);
    std::size_t methods = 0;
    for (const Service& service : package.services) methods += service.methods.size();
    std::ofstream(work / "policy.yaml") << policy_of(package, fs::absolute(root));
    Json got = run(work / "policy.yaml", seconds, memory);
    got["package"] = folder;
    got["methods"] = methods;
    got["left_out"] = package.left_out;
    std::string result = "compiles";
    if (got.contains("failed")) {
      result = "**" + got["failed"].get<std::string>() + "**";
    } else if (!got.contains("fields")) {
      result = "refused:";
      for (const auto& [code, number] : got["codes"].items()) {
        result += " " + code + "×" + std::to_string(number.get<int>());
        auto& reason = reasons[code];
        ++reason.first;
        if (reason.second.empty()) reason.second = got["first"][code].get<std::string>();
      }
    } else {
      ++compiled;
    }
    const bool good = got.contains("fields");
    table << "| " << folder << " | " << methods << " (" << package.left_out << ") | " << (good ? got["messages"].dump() : "") << " | " << (good ? got["fields"].dump() : "") << " | "
          << result << " | ";
    if (good) {
      table << got["request"]["used"] << " + " << got["response"]["used"];
      const double size = got["request"]["used"].get<double>() + got["response"]["used"].get<double>();
      for (const char* pipeline : {"request", "response"}) {
        const double transitions = got[pipeline]["used"], density = got[pipeline]["density"];
        used += transitions;
        slots += transitions / density;
        if (transitions >= kLarge) large.push_back(density);
      }
      times.emplace_back(size, got["cpu_s"].get<double>());
      memories.emplace_back(size, got["mib"].get<double>());
    }
    table << " | ";
    if (good) table << fixed(got["request"]["density"], 2) << " " << fixed(got["response"]["density"], 2);
    table << " | " << fixed(got["cpu_s"], 2) << " | " << fixed(got["mib"], 0) << " |\n";
    std::cerr << ++done << "/" << taken.size() << " " << folder << ": " << result << " " << fixed(got["cpu_s"], 2) << " s\n";
    everything.push_back(std::move(got));
  }
  fs::remove_all(work);
  std::ostringstream page;
  page << compiled << " of " << taken.size() << " packages compile. Against the number of transitions, time grows as the " << fixed(sluice::survey::exponent(times), 2)
       << "th power, memory as the " << fixed(sluice::survey::exponent(memories), 2) << "th.\n\n" << density_text(used / slots, large) << "\n\n" << table.str() << "\n| refused with | packages | for example |\n|---|---|---|\n";
  for (const auto& [code, reason] : reasons) page << "| " << code << " | " << reason.first << " | " << reason.second << " |\n";
  std::cout << page.str();
  if (!markdown.empty()) std::ofstream(markdown) << page.str();
  if (!svg.empty()) {
    std::ofstream(svg) << sluice::survey::plot({{"CPU seconds to compile", "transitions, request and response", times}, {"MiB at most", "transitions, request and response", memories}});
  }
  if (!json.empty()) std::ofstream(json) << everything.dump(1) << "\n";
  return 0;
}
