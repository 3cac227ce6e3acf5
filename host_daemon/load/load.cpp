// SPDX-License-Identifier: Apache-2.0
// policy text -> read -> check -> descriptors -> check declarations -> select. Each step collects
// all its errors; the next one starts only after a clean one, so that no error is reported as the
// consequence of another.
#include "load/load.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>

#include "load/declarations.hpp"
#include "load/file_text.hpp"
#include "load/policy_check.hpp"
#include "load/select.hpp"
#include "load/yaml_tree.hpp"

namespace sluice::load {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;

std::vector<std::string> root_names(const PolicyText& text, std::vector<Span>& spans) {
  std::vector<std::string> names;
  for (int i = 0; i < text.policy.proto_files_size(); ++i) {
    names.push_back(text.policy.proto_files(i));
    spans.push_back(text.spans.at(fmt::format("protoFiles[{}]", i)));
  }
  return names;
}

std::unique_ptr<SchemaPool> open_schemas(const PolicyText& text,
                                         const std::filesystem::path& folder,
                                         Diagnostics& diagnostics) {
  std::vector<Span> spans;
  std::vector<std::string> names = root_names(text, spans);
  if (text.policy.descriptor_set().empty()) {
    std::vector<std::filesystem::path> import_paths;
    for (int i = 0; i < text.policy.import_paths_size(); ++i) {
      auto path = folder / text.policy.import_paths(i);
      std::error_code failure;
      if (!std::filesystem::is_directory(path, failure)) {
        diagnostics.error(Code::kFileUnreadable, text.spans.at(fmt::format("importPaths[{}]", i)),
                          fmt::format("`{}` is not a folder", path.lexically_normal().string()));
        return nullptr;
      }
      import_paths.push_back(path);
    }
    if (import_paths.empty()) import_paths.push_back(folder.empty() ? "." : folder);
    return SchemaPool::from_files(import_paths, names, spans, diagnostics);
  }
  auto path = (folder / text.policy.descriptor_set()).lexically_normal();
  FileText set = read_file(path, kMaxDescriptorSetBytes);
  if (!set.text) {
    diagnostics.error(
        Code::kFileUnreadable, text.spans.at("descriptorSet"),
        fmt::format("cannot read the descriptor set `{}`: {}", path.string(), set.error));
    return nullptr;
  }
  return SchemaPool::from_set(*set.text, path.string(), names, spans, diagnostics);
}

std::optional<Loaded> finish(PolicyText text, std::unique_ptr<SchemaPool> schemas,
                             Diagnostics& diagnostics) {
  if (schemas == nullptr) return std::nullopt;
  Loaded loaded;
  loaded.policy = std::move(text.policy);
  loaded.policy_spans = std::move(text.spans);
  loaded.schemas = std::move(schemas);
  loaded.pool = &loaded.schemas->pool();
  if (!check_declarations(loaded, diagnostics)) return std::nullopt;
  if (!select(loaded, diagnostics)) return std::nullopt;
  return loaded;
}

// Imports before the files that need them. A work list: chains of imports may be long.
void add_with_imports(const FileDescriptor* root, std::set<const FileDescriptor*>& added,
                      FileDescriptorSet& set) {
  std::vector<std::pair<const FileDescriptor*, int>> open{{root, 0}};
  std::set<const FileDescriptor*> seen{root};
  while (!open.empty()) {
    auto& [file, next] = open.back();
    if (next < file->dependency_count()) {
      const FileDescriptor* import = file->dependency(next++);
      if (!added.contains(import) && seen.insert(import).second) open.emplace_back(import, 0);
      continue;
    }
    if (added.insert(file).second) {
      auto* made = set.add_file();
      file->CopyTo(made);
      file->CopyJsonNameTo(made);
      file->CopySourceCodeInfoTo(made);
    }
    open.pop_back();
  }
}

}  // namespace

std::optional<Loaded> load(const std::filesystem::path& policy_yaml, Diagnostics& diagnostics) {
  std::string shown = policy_yaml.string();
  FileText file = read_file(policy_yaml, kYamlMaxBytes);
  if (!file.text) {
    diagnostics.error(Code::kFileUnreadable, Span{shown, 0, 0},
                      fmt::format("cannot read the policy: {}", file.error));
    return std::nullopt;
  }
  diagnostics.add_source(shown, *file.text);
  auto text = read_policy(*file.text, shown, diagnostics);
  if (!text || !check_policy(*text, SchemaSource::kPolicy, diagnostics)) return std::nullopt;
  auto schemas = open_schemas(*text, policy_yaml.parent_path(), diagnostics);
  return finish(std::move(*text), std::move(schemas), diagnostics);
}

std::optional<Loaded> load(std::string_view policy_text, const std::string& policy_name,
                           std::string_view descriptor_set, Diagnostics& diagnostics) {
  diagnostics.add_source(policy_name, std::string(policy_text));
  auto text = read_policy(policy_text, policy_name, diagnostics);
  if (!text || !check_policy(*text, SchemaSource::kMemory, diagnostics)) return std::nullopt;
  std::vector<Span> spans;
  std::vector<std::string> names = root_names(*text, spans);
  auto schemas =
      SchemaPool::from_set(descriptor_set, "<descriptor set>", names, spans, diagnostics);
  return finish(std::move(*text), std::move(schemas), diagnostics);
}

std::string descriptor_set_of(const Loaded& loaded) {
  FileDescriptorSet set;
  std::set<const FileDescriptor*> added;
  for (const FileDescriptor* file : loaded.schemas->roots()) add_with_imports(file, added, set);
  for (const SelectedStatus& status : loaded.statuses) {
    if (status.message != nullptr) add_with_imports(status.message->file(), added, set);
  }
  return set.SerializeAsString();
}

}  // namespace sluice::load
