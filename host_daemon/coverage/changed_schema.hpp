// SPDX-License-Identifier: Apache-2.0
// A policy's schema files with other rules on some fields: their texts, the compiled result, the patch. It writes no file.
#pragma once

#include <google/protobuf/descriptor.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "buf/validate/validate.pb.h"
#include "compiler/compiler.hpp"
#include "load/load.hpp"

namespace sluice::coverage {

class ChangedSchema {
 public:
  struct Change {
    const google::protobuf::FieldDescriptor* field;
    buf::validate::FieldRules rules;  ///< all of the field's rules, the old ones too
  };
  using Texts = std::map<std::string, std::string>;  ///< of the changed files, by import name

  /// `loaded`, which must outlive it, was read from the file `policy`.
  ChangedSchema(const load::Loaded& loaded, std::filesystem::path policy);

  /// Why the field's file cannot be patched; empty if it can.
  [[nodiscard]] std::string obstacle(const google::protobuf::FieldDescriptor* field) const;
  /// Throws std::runtime_error where a file cannot be read or changed.
  [[nodiscard]] Texts changed(const std::vector<Change>& changes) const;
  /// Compiles with these texts; empty after an error, which `why` gets.
  std::optional<compiler::CompileResult> compile(const Texts& texts, std::string& why) const;
  /// A unified diff for `patch -p1` in the policy's folder.
  [[nodiscard]] std::string patch(const Texts& texts) const;

 private:
  [[nodiscard]] std::string relative(const std::filesystem::path& file) const;

  const load::Loaded& loaded_;
  std::filesystem::path policy_, folder_;
  std::string set_;  ///< the schemas, a serialized google.protobuf.FileDescriptorSet
};

}  // namespace sluice::coverage
