// SPDX-License-Identifier: Apache-2.0
// sluice compile: a policy and its schemas -> image, symbol map and report; or one intermediate form as text.
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/diagnostics_output.hpp"
#include "cli/files.hpp"
#include "cli/terminal.hpp"
#include "compiler/compiler.hpp"
#include "compiler/dot.hpp"
#include "load/load.hpp"

namespace sluice::cli {
namespace {

struct Options {
  std::filesystem::path policy;
  std::filesystem::path descriptor_set;
  std::filesystem::path folder;
  std::string emit;
  std::string routine;
  MessageFormat message_format = MessageFormat::text;
};

std::optional<load::Loaded> load_policy(const Options& options, load::Diagnostics& diagnostics) {
  if (options.descriptor_set.empty()) return load::load(options.policy, diagnostics);
  const std::string text = read_text(options.policy);
  diagnostics.add_source(options.policy.string(), text);
  return load::load(text, options.policy.string(), read_text(options.descriptor_set), diagnostics);
}

// Pictures of a routine, in whichever pipelines it stands.
std::string picture(const std::string& routine, const compiler::CompileResult& result) {
  std::string out;
  for (const compiler::Automaton* automaton : {&result.request, &result.response}) {
    if (const auto dot = compiler::dot(*automaton, routine)) out += *dot;
  }
  if (!out.empty()) return out;
  std::string names;
  for (const compiler::Automaton* automaton : {&result.request, &result.response}) {
    names += automaton == &result.request ? "request:\n" : "response:\n";
    for (const std::string& name : compiler::routine_names(*automaton)) names += "  " + name + "\n";
  }
  throw std::runtime_error("compile: " + (routine.empty() ? std::string("--emit=dot needs --routine NAME") : "there is no routine '" + routine + "'") +
                           "; there are\n" + names);
}

std::string emitted(const Options& options, const compiler::CompileResult& result) {
  using compiler::dump;
  const std::string& what = options.emit;
  if (what == "dot") return picture(options.routine, result);
  const auto both = [](const std::string& request, const std::string& response) {
    return "# request pipeline\n" + request + "\n# response pipeline\n" + response;
  };
  if (what == "schema") return dump(result.schema);
  if (what == "grammar") return both(dump(result.grammars.request), dump(result.grammars.response));
  if (what == "automaton") return both(dump(result.request), dump(result.response));
  return both(dump(result.request_table), dump(result.response_table));
}

void write_result(const Options& options, const compiler::CompileResult& result) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) throw std::runtime_error("'" + options.folder.string() + "': " + error.message());
  const std::string_view image(reinterpret_cast<const char*>(result.image.data()), result.image.size());
  write_files({{options.folder / "policy.img", image},
               {options.folder / "policy.sym", result.symbols},
               {options.folder / "report.json", result.report}});
  const auto& policy = result.schema.loaded->policy;
  for (const compiler::SoftwareRule& rule : result.schema.software_only) {
    std::cout << coloured("software only", Colour::kYellow) << "  " << printable(rule.element) << ": " << printable(rule.rule) << " is not in the table ("
              << printable(rule.reason) << ")\n";
  }
  std::cout << coloured("compiled", Colour::kGreen) << "  " << printable(policy.name()) << " serial " << policy.serial()
            << "  digest " << result.digest << "  " << result.image.size() << " bytes\n"
            << "  " << result.schema.endpoints.size() << " endpoints; entries: request "
            << result.request_table.entries.size() << ", response " << result.response_table.entries.size() << '\n'
            << "  " << printable((options.folder / "policy.img").string()) << ", policy.sym, report.json\n";
}

int run(const Options& options) {
  if (options.folder.empty() && options.emit.empty()) {
    throw std::runtime_error("compile: name a folder with -o, or a stage with --emit");
  }
  load::Diagnostics diagnostics;
  std::optional<load::Loaded> loaded = load_policy(options, diagnostics);
  std::optional<compiler::CompileResult> result;
  if (loaded) result = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  print_diagnostics(diagnostics, options.message_format);
  if (!result) {
    if (options.message_format == MessageFormat::json) return kRefused;
    std::cerr << "sluice: " << diagnostics.error_count() << (diagnostics.error_count() == 1 ? " error" : " errors")
              << "; nothing was written\n";
    return kRefused;
  }
  if (!options.folder.empty()) write_result(options, *result);
  if (!options.emit.empty()) std::cout << emitted(options, *result);
  return kDone;
}

}  // namespace

void register_compile(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command =
      cli.add("compile", "compile a policy into an image, a symbol map and a report",
              "  sluice compile policy.yaml -o out          # out/policy.img, out/policy.sym, out/report.json\n"
              "  sluice compile policy.yaml --emit=grammar  # what the schema became\n"
              "  sluice compile policy.yaml --emit=dot --routine 'header request headers' | dot -Tsvg > headers.svg\n\n"
              "The same input gives the same bytes. On an error nothing is written.");
  command.add_option("policy", options->policy, "the policy (YAML)")->required();
  command.add_option("-o,--output", options->folder, "folder for the results; created if absent");
  command.add_option("--descriptor-set", options->descriptor_set,
                     "schemas from this FileDescriptorSet instead of the policy's .proto files");
  command.add_option("--emit", options->emit, "print this stage's result as text")
      ->check(CLI::IsMember({"schema", "grammar", "automaton", "packed", "dot"}));
  command.add_option("--routine", options->routine, "with --emit=dot: the routine to draw (Graphviz)");
  message_format_option(command, options->message_format);
  cli.runs(command, [options] { return run(*options); });
}

}  // namespace sluice::cli
