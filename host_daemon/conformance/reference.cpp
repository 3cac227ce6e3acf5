// SPDX-License-Identifier: Apache-2.0
#include "conformance/reference.hpp"

#include <stdexcept>
#include <variant>

#include "conformance/embedded.hpp"
#include "load/load.hpp"

namespace sluice::conformance {
namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("the kit's policy has no '" + std::string(from) + "'");
  return text.replace(at, from.size(), to);
}

struct Compiled {
  std::shared_ptr<const load::Loaded> loaded;
  std::unique_ptr<Release> release;
};

Compiled compile(const std::string& policy, const std::string& host) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(policy, "conformance/policy.yaml", embedded_schemas(), diagnostics);
  if (!loaded) throw std::runtime_error("the kit's policy does not load:\n" + diagnostics.text());
  Compiled out;
  out.loaded = std::make_shared<const load::Loaded>(std::move(*loaded));
  auto compiled = compiler::compile(out.loaded, diagnostics);
  if (!compiled) throw std::runtime_error("the kit's policy does not compile:\n" + diagnostics.text());
  auto image = engine::Image::load(compiled->image);
  if (const auto* error = std::get_if<engine::LoadError>(&image)) {
    throw std::runtime_error("the kit's image is refused: " + error->text);
  }
  out.release = std::make_unique<Release>(
      Release{host, std::move(*compiled), std::move(std::get<engine::Image>(image))});
  return out;
}

// Notes in notes, `levels` of them below the first.
std::string nested(unsigned levels) {
  std::string text = R"({"number":1)";
  for (unsigned i = 0; i < levels; ++i) text += R"(,"reply":{"number":1)";
  return text + std::string(levels + 1, '}');
}

std::vector<NamedRecord> bad_notes() {
  const std::string late(1500, 'x');  // what follows it stands in the second frame
  return {
      {"unknown member", R"({"number":1,"colour":"red"})"},
      {"duplicate member", R"({"number":1,"number":2})"},
      {"members out of order", R"({"text":"a","number":1})"},
      {"required member missing", R"({"text":"a"})"},
      {"number above its range", R"({"number":1000})"},
      {"number below its range", R"({"number":0})"},
      {"wrong type", R"({"number":"1"})"},
      {"white space", R"({"number": 1})"},
      {"unknown enum name", R"({"number":1,"kind":"LOUD"})"},
      {"default spelled out", R"({"number":1,"kind":"PLAIN"})"},
      {"too many items", R"({"number":1,"marks":[1,2,3,4,5,6]})"},
      {"item out of range", R"({"number":1,"marks":[1,11]})"},
      {"leading zero", R"({"number":01})"},
      {"control character", std::string("{\"number\":1,\"text\":\"a\tb\"}")},
      {"invalid UTF-8", std::string("{\"number\":1,\"text\":\"\xC3\x28\"}")},
      {"overlong UTF-8", std::string("{\"number\":1,\"text\":\"\xC0\xAF\"}")},
      {"text too long", R"({"number":1,"text":")" + std::string(1901, 'y') + "\"}"},
      {"something after the end", R"({"number":1}})"},
      {"truncated", R"({"number":1,"text":"a")"},
      {"nested too deep", nested(40)},
      {"wrong late in the record", R"({"number":1,"text":")" + late + R"(","marks":[11]})"},
      {"wrong in the last byte", R"({"number":1,"text":")" + late + R"("])"},
  };
}

}  // namespace

Reference::Reference() {
  const std::string policy(embedded_policy());
  Compiled first = compile(policy, "first.example");
  Compiled second =
      compile(replaced(replaced(policy, "serial: 10", "serial: 11"), "first.example", "second.example"), "second.example");
  first_ = std::move(first.release);
  second_ = std::move(second.release);
  load::Diagnostics diagnostics;
  judge_ = judge::Judge::create(first.loaded, diagnostics);
  if (!judge_) throw std::runtime_error("the kit's policy cannot be judged:\n" + diagnostics.text());
  symbols_ = std::make_unique<compiler::SymbolMap>(compiler::SymbolMap::parse(first_->compiled.symbols));
}

std::string Reference::write(std::string_view body, std::string_view host) const {
  return "POST /v1/notes HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) +
         "\r\ncontent-type: application/json\r\nhost: " + std::string(host) + "\r\n\r\n" + std::string(body);
}

std::string Reference::read(unsigned number, std::string_view host) const {
  return "GET /v1/notes/" + std::to_string(number) + " HTTP/1.1\r\nhost: " + std::string(host) + "\r\n\r\n";
}

std::string Reference::count(std::string_view host) const {
  return "GET /v1/count HTTP/1.1\r\nhost: " + std::string(host) + "\r\n\r\n";
}

std::string Reference::answer(std::string_view body) const {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) +
         "\r\ncontent-type: application/json\r\n\r\n" + std::string(body);
}

std::string Reference::good_answer(std::uint16_t endpoint) const {
  return answer(endpoint == count_notes ? R"({"notes":"12","complete":true})" : note(7, 'w', 12));
}

std::string Reference::note(unsigned number, char fill, std::size_t length) {
  std::string text = R"({"number":)" + std::to_string(number);
  if (length != 0) text += R"(,"text":")" + std::string(length, fill) + '"';
  return text + '}';
}

std::vector<NamedRecord> Reference::bad_requests() const {
  std::vector<NamedRecord> out;
  for (const NamedRecord& bad : bad_notes()) out.push_back({bad.name, write(bad.record)});
  const std::string body = note(1, 'x', 3);
  const std::string good = write(body);
  const std::string length = "content-length: ";
  const std::string right = length + std::to_string(body.size());
  out.push_back({"unknown method", "PATCH" + good.substr(4)});
  out.push_back({"unknown path", replaced(good, "/v1/notes", "/v1/nodes")});
  out.push_back({"path traversal", replaced(read(5), "/v1/notes/5", "/v1/notes/../count")});
  out.push_back({"unlisted header", replaced(good, "host: first.example", "forwarded: x\r\nhost: first.example")});
  out.push_back({"foreign host", replaced(good, "first.example", "other.example")});
  out.push_back({"transfer-encoding", replaced(good, right, "transfer-encoding: chunked")});
  out.push_back({"content-length too small", replaced(good, right, length + std::to_string(body.size() - 1))});
  out.push_back({"content-length too large", replaced(good, right, length + std::to_string(body.size() + 1))});
  out.push_back({"two content-lengths", replaced(good, right, right + "\r\n" + right)});
  out.push_back({"bare LF", replaced(good, "\r\n", "\n")});
  out.push_back({"a second request behind the first", good + read(3)});
  out.push_back({"empty record", ""});
  return out;
}

std::vector<NamedRecord> Reference::bad_answers() const {
  std::vector<NamedRecord> out;
  for (const NamedRecord& bad : bad_notes()) out.push_back({bad.name, answer(bad.record)});
  const std::string good = answer(note(1, 'x', 3));
  out.push_back({"unlisted status", replaced(good, "200 OK", "302 Found")});
  out.push_back({"foreign reason phrase", replaced(good, "200 OK", "200 Fine")});
  out.push_back({"unlisted header", replaced(good, "\r\n\r\n", "\r\nset-cookie: a=b\r\n\r\n")});
  out.push_back({"a request", read(3)});
  out.push_back({"answer of another endpoint", good_answer(count_notes)});
  out.push_back({"a second answer behind the first", good + good});
  return out;
}

}  // namespace sluice::conformance
