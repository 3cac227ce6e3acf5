// SPDX-License-Identifier: Apache-2.0
#include "daemon/image_source.hpp"

#include <memory>
#include <variant>

#include "compiler/compiler.hpp"
#include "compiler/symbols.hpp"
#include "daemon/device_registers.hpp"
#include "daemon/problem.hpp"
#include "engine/image.hpp"
#include "load/load.hpp"

namespace sluice::daemon {
namespace {

constexpr int kUnprocessable = 422;

// Every word and the digest, as the engine checks them.
engine::Image check_image(std::span<const std::uint8_t> bytes) {
  auto checked = engine::Image::load(bytes);
  if (const auto* error = std::get_if<engine::LoadError>(&checked)) {
    throw ProblemError(kUnprocessable, "Damaged image", error->text);
  }
  return std::get<engine::Image>(std::move(checked));
}

StoredImage describe(const engine::Image& image, std::vector<std::uint8_t> bytes) {
  StoredImage out;
  out.digest = hexadecimal(image.digest());
  out.name = image.name();
  out.serial = image.serial();
  out.geometry = std::string(layout::name_of(image.geometry()));
  out.max_record_bytes = image.max_record_bytes();
  out.image = std::move(bytes);
  return out;
}

[[noreturn]] void refuse_policy(const load::Diagnostics& diagnostics) {
  throw ProblemError(kUnprocessable, "Policy refused",
                     std::to_string(diagnostics.error_count()) + " error" +
                         (diagnostics.error_count() == 1 ? "" : "s") + "; nothing was changed",
                     diagnostics);
}

}  // namespace

ReadyImage compile_policy(const v1::PushPolicyRequest& request) {
  if (request.manifest().empty())
    throw ProblemError(400, "Bad request", "manifest is missing: the policy's YAML text");
  if (request.descriptor_set().empty()) {
    throw ProblemError(
        400, "Bad request",
        "descriptorSet is missing: a FileDescriptorSet with the schemas and all their imports");
  }
  const std::string name =
      request.manifest_name().empty() ? "policy.yaml" : request.manifest_name();
  load::Diagnostics diagnostics;
  diagnostics.add_source(name, request.manifest());
  std::optional<load::Loaded> loaded =
      load::load(request.manifest(), name, request.descriptor_set(), diagnostics);
  if (!loaded) refuse_policy(diagnostics);
  auto compiled =
      compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  if (!compiled) refuse_policy(diagnostics);
  const engine::Image image = check_image(compiled->image);
  ReadyImage ready;
  ready.image = describe(image, std::move(compiled->image));
  ready.image.symbols = std::move(compiled->symbols);
  ready.image.report = std::move(compiled->report);
  ready.image.manifest = request.manifest();
  ready.image.descriptor_set = request.descriptor_set();
  for (const load::Diagnostic& diagnostic : diagnostics.all()) {
    copy_diagnostic(diagnostic, ready.warnings.emplace_back());
  }
  return ready;
}

ReadyImage examine_image(const v1::PushImageRequest& request) {
  if (request.image().empty()) throw ProblemError(400, "Bad request", "image is missing");
  std::vector<std::uint8_t> bytes(request.image().begin(), request.image().end());
  const engine::Image image = check_image(bytes);
  ReadyImage ready;
  ready.image = describe(image, std::move(bytes));
  if (!request.symbols().empty()) {
    std::string digest;
    try {
      digest = compiler::SymbolMap::parse(request.symbols()).digest();
    } catch (const std::exception& error) {
      throw ProblemError(kUnprocessable, "Unreadable symbol map", error.what());
    }
    if (digest != ready.image.digest) {
      throw ProblemError(
          kUnprocessable, "Another symbol map",
          "the symbol map belongs to the image " + digest + ", this one is " + ready.image.digest);
    }
    ready.image.symbols = request.symbols();
  }
  return ready;
}

}  // namespace sluice::daemon
