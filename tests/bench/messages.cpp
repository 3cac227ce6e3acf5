// SPDX-License-Identifier: Apache-2.0
#include "bench/messages.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <random>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "compiler/compiler.hpp"
#include "engine/engine.hpp"
#include "load/load.hpp"

namespace sluice::bench {

namespace {

constexpr std::size_t body_bytes_least = 150;
constexpr std::size_t body_bytes_most =
    65000;  // a content-length of 65535 and more saturates the accumulator

class Writer {
 public:
  explicit Writer(std::uint64_t seed) : random_(seed) {}

  // Items as long as they fit; the note takes up what is left.
  std::string order(std::size_t bytes) {
    static constexpr std::string_view note_begin = R"(],"note":")", note_end = R"("})";
    std::string out = fmt::format(R"({{"id":"o-{:06}","customer":"{}","channel":"{}","items":[)",
                                  number(999999), pick(customers), pick(channels));
    const std::size_t least_note = note_begin.size() + note_end.size() + 1;
    std::string next = item();
    while (out.size() + next.size() + least_note > bytes)
      next = item();  // one at least: an empty list is absent
    for (; out.size() + next.size() + least_note <= bytes; next = ',' + item()) out += next;
    const std::size_t left = bytes - out.size() - note_begin.size() - note_end.size();
    out += note_begin;
    for (std::size_t i = 0; i < left; ++i) out += static_cast<char>('a' + number(25));
    return out += note_end;
  }

 private:
  static constexpr std::array<std::string_view, 4> customers{"Ada Lovelace", "Emmy Noether",
                                                             "C. F. Gauß", "祖沖之"};
  static constexpr std::array<std::string_view, 3> channels{"WEB", "SHOP", "PHONE"};
  static constexpr std::array<std::string_view, 6> titles{
      "Slide rule",   "Kaffeemühle, groß",  R"(Brush 1\")",
      "Teapot, 茶壺", "Nightingale, brass", "Logarithms to ten places"};
  static constexpr std::array<std::string_view, 4> weights{"0.75", "12.5", "3", "0.042"};
  static constexpr std::array<std::string_view, 4> tags{"sale", "new", "fragile", "heirloom"};

  std::uint64_t number(std::uint64_t most) { return random_() % (most + 1); }
  template <std::size_t N>
  std::string_view pick(const std::array<std::string_view, N>& list) {
    return list[number(N - 1)];
  }

  std::string item() {
    std::string out =
        fmt::format(R"({{"sku":"{:c}{:c}{:04}","title":"{}","quantity":{})",
                    static_cast<char>('A' + number(25)), static_cast<char>('A' + number(25)),
                    number(9999), pick(titles), 1 + number(998));
    if (number(7) != 0) out += fmt::format(R"(,"cents":"{}")", 1 + number(99998));
    if (number(1) != 0) out += fmt::format(R"(,"weightKg":{})", pick(weights));
    if (number(3) == 0) out += R"(,"gift":true)";
    if (number(2) == 0) out += fmt::format(R"(,"tags":["{}","{}"])", pick(tags), pick(tags));
    return out + '}';
  }

  std::mt19937_64 random_;
};

std::vector<std::uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace

std::vector<Message> make_messages(std::size_t body_bytes, std::size_t count) {
  if (body_bytes < body_bytes_least || body_bytes > body_bytes_most) {
    throw std::invalid_argument(fmt::format("messages of {} bytes; {} to {} can be made",
                                            body_bytes, body_bytes_least, body_bytes_most));
  }
  std::vector<Message> out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string body = Writer(i).order(body_bytes);
    const std::string headers =
        fmt::format("content-length: {}\r\ncontent-type: application/json\r\n", body.size());
    out.push_back({.body = body,
                   .request = bytes_of("POST /v1/orders HTTP/1.1\r\n" + headers +
                                       "host: bench.example\r\n\r\n" + body),
                   .response = bytes_of("HTTP/1.1 200 OK\r\n" + headers + "\r\n" + body)});
  }
  return out;
}

CompiledPolicy compile_policy(const std::filesystem::path& policy_yaml) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(policy_yaml, diagnostics);
  if (!loaded) throw std::runtime_error(diagnostics.text());
  auto compiled =
      compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  if (!compiled) throw std::runtime_error(diagnostics.text());
  auto image = engine::Image::load(compiled->image);
  if (const auto* error = std::get_if<engine::LoadError>(&image))
    throw std::runtime_error(error->text);
  return {std::move(compiled->image), std::get<engine::Image>(std::move(image))};
}

void require_accepted(const engine::Image& image, const std::vector<Message>& messages) {
  for (const Message& message : messages) {
    const engine::Verdict request = engine::judge_request(image, message.request);
    const engine::Verdict response =
        engine::judge_response(image, request.endpoint, message.response);
    for (const engine::Verdict& verdict : {request, response}) {
      if (!verdict.accepted()) {
        throw std::runtime_error(fmt::format("the bench's own record is rejected: {} at {}: {}",
                                             name_of(verdict.reason), verdict.offset,
                                             message.body.substr(0, 200)));
      }
    }
  }
}

}  // namespace sluice::bench
