// SPDX-License-Identifier: Apache-2.0
#include "fuzz/support.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <variant>

#include "compiler/schema.hpp"
#include "load/load.hpp"

namespace sluice::fuzz {

using layout::Pipeline;
using layout::Reason;

bool seeded_fault = false;

void finding(const std::string& what) {
  std::fprintf(stderr, "finding: %s\n", what.c_str());
  std::fflush(stderr);
  if (seeded_fault) std::_Exit(1);  // expected: no core dump, and a test may pass
  std::abort();
}

std::uint8_t Input::u8() {
  if (left_.empty()) return 0;
  const std::uint8_t byte = left_.front();
  left_ = left_.subspan(1);
  return byte;
}

std::uint16_t Input::u16() {
  const unsigned low = u8();
  return static_cast<std::uint16_t>(low | (unsigned{u8()} << 8));
}

std::uint32_t Input::u32() {
  const std::uint32_t low = u16();
  return low | (std::uint32_t{u16()} << 16);
}

std::uint64_t Input::u64() {
  const std::uint64_t low = u32();
  return low | (std::uint64_t{u32()} << 32);
}

std::span<const std::uint8_t> Input::bytes(std::size_t count) {
  const auto taken = left_.first(std::min(count, left_.size()));
  left_ = left_.subspan(taken.size());
  return taken;
}

std::string_view Input::line() {
  const auto end = std::find(left_.begin(), left_.end(), '\n');
  const auto taken = bytes(static_cast<std::size_t>(end - left_.begin()));
  (void)u8();
  return text_of(taken);
}

std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::vector<std::uint64_t> words_of(std::span<const std::uint8_t> image) {
  std::vector<std::uint64_t> words(image.size() / 8);
  for (std::size_t i = 0; i < 8 * words.size(); ++i)
    words[i / 8] |= std::uint64_t{image[i]} << (8 * (i % 8));
  return words;
}

std::string show(const engine::Verdict& v) {
  return std::string(name_of(v.reason)) + " at " + std::to_string(v.offset) + " endpoint " +
         std::to_string(v.endpoint) + " base " + std::to_string(v.base) + " class " +
         std::to_string(v.symbol_class) + " depth " + std::to_string(v.depth) + " steps " +
         std::to_string(v.steps);
}

namespace {

[[noreturn]] void give_up(const std::string& file, const std::string& why) {
  std::fprintf(stderr, "the fuzz target cannot start: %s: %s\n", file.c_str(), why.c_str());
  std::exit(2);
}

// '1' gets another class: every record has that byte, in "HTTP/1.1".
void spoil(engine::Image& image, const std::vector<std::uint64_t>& words) {
  auto classes = layout::ClassMap::unpack(words[layout::IMAGE_HEADER_WORDS + '1']);
  classes.map0 ^= 1;
  classes.map1 ^= 1;
  for (const Pipeline pipeline : {Pipeline::REQUEST, Pipeline::RESPONSE})
    image.table(pipeline).set_class_map('1', classes.with_parity('1').pack());
}

struct Compiled {
  std::vector<std::uint8_t> image;
  compiler::Schema schema;
};

// Compiles; or, with SLUICE_FUZZ_IMAGES, takes the image from <name>.img in that folder: the
// compiler is slow under sanitizers, and none of the targets' business.
Compiled compile(const std::string& path, const std::shared_ptr<const load::Loaded>& loaded) {
  load::Diagnostics diagnostics;
  const char* const folder = std::getenv("SLUICE_FUZZ_IMAGES");
  if (folder == nullptr) {
    auto compiled = compiler::compile(loaded, diagnostics);
    if (!compiled) give_up(path, diagnostics.text());
    return {std::move(compiled->image), std::move(compiled->schema)};
  }
  auto schema = compiler::resolve_schema(loaded, diagnostics);
  if (!schema) give_up(path, diagnostics.text());
  const std::string file = std::string(folder) + "/" + loaded->policy.name() + ".img";
  std::ifstream in(file, std::ios::binary);
  std::vector<std::uint8_t> image((std::istreambuf_iterator<char>(in)), {});
  if (image.empty()) give_up(file, "cannot be read");
  return {std::move(image), std::move(*schema)};
}

Policy make_policy(const std::string& file) {
  const std::string path = std::string(SLUICE_SOURCE_DIR) + "/" + file;
  load::Diagnostics diagnostics;
  auto read = load::load(path, diagnostics);
  if (!read) give_up(path, diagnostics.text());
  const auto loaded = std::make_shared<const load::Loaded>(std::move(*read));
  Compiled compiled = compile(path, loaded);
  auto judge = judge::Judge::create(loaded, diagnostics);
  if (!judge) give_up(path, diagnostics.text());
  auto image = engine::Image::load(compiled.image);
  if (const auto* error = std::get_if<engine::LoadError>(&image)) give_up(path, error->text);
  const auto words = words_of(compiled.image);
  Policy policy{loaded,
                std::get<engine::Image>(image),
                std::get<engine::Image>(image),
                support::NaiveEngine(words),
                std::move(judge),
                std::make_unique<const canonical::Canonicalizer>(
                    std::make_shared<const compiler::Schema>(std::move(compiled.schema)))};
  spoil(policy.spoiled, words);
  return policy;
}

}  // namespace

const Policy& policy(unsigned number) {
  static std::map<unsigned, const Policy> policies;
  const auto found = policies.find(number % kPolicies);
  if (found != policies.end()) return found->second;
  const std::string list = "tests/fuzz/policies.txt";
  std::ifstream in(std::string(SLUICE_SOURCE_DIR) + "/" + list);
  std::vector<std::string> files;
  for (std::string line; std::getline(in, line);) files.push_back(line);
  if (files.size() != kPolicies) give_up(list, "does not have one policy a line for each number");
  return policies.emplace(number % kPolicies, make_policy(files[number % kPolicies])).first->second;
}

judge::Verdict require_judged(const Policy& policy, Pipeline pipeline, int endpoint,
                              std::string_view record) {
  const std::string& name = policy.canonicalizer->endpoint(endpoint).name;
  auto verdict = pipeline == Pipeline::REQUEST ? policy.judge->request(bytes_of(record))
                                               : policy.judge->response(name, bytes_of(record));
  if (!verdict.accepted)
    finding("the judge refuses (" + verdict.rule + " " + verdict.path + " " + verdict.message +
            "): " + std::string(record));
  if (pipeline == Pipeline::REQUEST && verdict.endpoint != name)
    finding("the judge sees endpoint " + verdict.endpoint + " instead of " + name + ": " +
            std::string(record));
  return verdict;
}

void require_record(const Policy& policy, Pipeline pipeline,
                    const canonical::CanonicalRecord& record) {
  const auto tag = static_cast<std::uint16_t>(record.endpoint);
  const auto verdict = engine::judge(seeded_fault ? policy.spoiled : policy.image, pipeline, tag,
                                     bytes_of(record.bytes));
  if (!verdict.accepted() && verdict.reason != Reason::DEPTH)
    finding("the engine refuses (" + show(verdict) + "): " + record.bytes);
  if (verdict.accepted() && verdict.endpoint != tag)
    finding("the engine sees another endpoint than " + std::to_string(tag) + " (" + show(verdict) +
            "): " + record.bytes);
  if (require_judged(policy, pipeline, record.endpoint, record.bytes).float_not_shortest)
    finding("a float is not in its shortest form: " + record.bytes);
  if (pipeline == Pipeline::REQUEST) {
    const auto again = policy.canonicalizer->parse_request_record(record.bytes);
    if (!again || again->endpoint != record.endpoint)
      finding("the request record does not read back: " + record.bytes);
  } else if (!policy.canonicalizer->parse_response_record(record.endpoint, record.bytes)) {
    finding("the response record does not read back: " + record.bytes);
  }
}

}  // namespace sluice::fuzz
