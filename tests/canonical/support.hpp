// SPDX-License-Identifier: Apache-2.0
// Loads the test policies and puts messages together with few words. No assertions of its own.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "canonical/canonicalizer.hpp"
#include "compiler/schema.hpp"
#include "load/load.hpp"

namespace sluice::canonical::test {

inline std::shared_ptr<const compiler::Schema> load_schema(const std::string& file) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(std::string(SLUICE_SOURCE_DIR) + "/" + file, diagnostics);
  if (!loaded) throw std::runtime_error(diagnostics.text());
  auto schema = compiler::resolve_schema(std::make_shared<const load::Loaded>(std::move(*loaded)),
                                         diagnostics);
  if (!schema) throw std::runtime_error(diagnostics.text());
  return std::make_shared<const compiler::Schema>(std::move(*schema));
}

inline const Canonicalizer& types() {
  static const Canonicalizer canonicalizer(load_schema("tests/canonical/data/policy.yaml"));
  return canonicalizer;
}

inline const Canonicalizer& print() {
  static const Canonicalizer canonicalizer(load_schema("tests/canonical/data/print.yaml"));
  return canonicalizer;
}

inline int tag(const std::string& method) {
  return find_endpoint(types().schema(), "test.types.v1.Types." + method);
}

inline HttpRequest post_echo(std::string body) {
  return {
      "POST", "/v1/echo", {{"Host", "a"}, {"Content-Type", "application/json"}}, std::move(body)};
}

inline HttpRequest get(std::string target) {
  return {"GET", std::move(target), {{"Host", "a"}}, ""};
}

inline std::string body_of(const std::string& record) {
  return record.substr(record.find("\r\n\r\n") + 4);
}

/// The canonical body of an Echo request, or "code field rule" of its refusal; a rule "type ..." is in the code.
inline std::string echo(const std::string& body, const Canonicalizer& canonicalizer = types()) {
  const auto result = canonicalizer.canonicalize_request(post_echo(body));
  if (result) return body_of(result->bytes);
  const Refusal& refusal = result.refusal();
  std::string out = refusal.code;
  for (const std::string& part : {refusal.field, refusal.rule})
    out += part.empty() || part.starts_with("type ") ? "" : " " + part;
  return out;
}

/// The canonical target of a GET, or the code of its refusal.
inline std::string target(const std::string& text) {
  const auto result = types().canonicalize_request(get(text));
  if (!result) return result.refusal().code;
  return result->bytes.substr(4, result->bytes.find(" HTTP") - 4);
}

}  // namespace sluice::canonical::test
