// SPDX-License-Identifier: Apache-2.0
// Compiles a small schema and a policy from their texts, through files in a temporary folder.
#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "compiler/compiler.hpp"
#include "compiler/symbols.hpp"
#include "load/load.hpp"

namespace sluice::room::test {

struct Compiled {
  std::vector<std::uint8_t> image;
  compiler::SymbolMap symbols;
};

/// `schema` and `policy` stand behind the lines that all of them have.
inline Compiled compile(const std::string& schema, const std::string& policy) {
  std::string name = (std::filesystem::temp_directory_path() / "room_test_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  const std::filesystem::path folder(name);
  std::ofstream(folder / "api.proto") << "syntax = \"proto3\";\npackage t;\nimport \"google/api/annotations.proto\";\n"
                                         "import \"buf/validate/validate.proto\";\n"
                                      << schema;
  std::ofstream(folder / "policy.yaml") << "name: test\nserial: 1\nmode: TWO_WAY\ngeometry: SMALL\nprotoFiles: [api.proto]\nhost: h\n"
                                        << policy;
  load::Diagnostics diagnostics;
  auto loaded = load::load(folder / "policy.yaml", diagnostics);
  std::filesystem::remove_all(folder);
  if (!loaded) FAIL(diagnostics.text());
  const auto result = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  if (!result) FAIL(diagnostics.text());
  return {result->image, compiler::SymbolMap::parse(result->symbols)};
}

}  // namespace sluice::room::test
