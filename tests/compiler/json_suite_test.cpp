// SPDX-License-Identifier: Apache-2.0
// JSONTestSuite against the table: each text stands as the body, and as a value inside the body, of
// a request that is right otherwise. No n_ text passes, whatever its place; engine and judge agree
// on every text; what the canonicalizer makes of a valid one is accepted in the same place.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "canonical/canonicalizer.hpp"
#include "compiler/compiler.hpp"
#include "engine/engine.hpp"
#include "judge/judge.hpp"
#include "load/load.hpp"
#include "support/feeding.hpp"
#include "support/json_suite.hpp"

using namespace sluice;
using layout::Pipeline;
using layout::Reason;

namespace {

std::span<const std::uint8_t> bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A policy as table, judge and canonicalizer.
struct Filter {
  explicit Filter(const std::string& file) {
    load::Diagnostics diagnostics;
    auto read = load::load(std::string(SLUICE_SOURCE_DIR) + "/" + file, diagnostics);
    if (!read) throw std::runtime_error(diagnostics.text());
    const auto loaded = std::make_shared<const load::Loaded>(std::move(*read));
    auto compiled = compiler::compile(loaded, diagnostics);
    judge = judge::Judge::create(loaded, diagnostics);
    if (!compiled || !judge) throw std::runtime_error(diagnostics.text());
    image = std::get<engine::Image>(engine::Image::load(compiled->image));
    limit = loaded->policy.limits().max_record_bytes();
    host = loaded->policy.host();
    canonicalizer = std::make_unique<canonical::Canonicalizer>(
        std::make_shared<const compiler::Schema>(std::move(compiled->schema)));
  }
  std::optional<engine::Image> image;
  std::unique_ptr<judge::Judge> judge;
  std::unique_ptr<canonical::Canonicalizer> canonicalizer;
  std::size_t limit = 0;
  std::string host;
};

// Where a text is put. `kind` names what stands there in a right request.
struct Slot {
  const char* kind;
  const Filter* filter;
  const char* method;
  const char* target;
  const char* headers;  // behind host
  std::string before, after;
  std::string right;  // a value that is accepted here

  std::string record(const std::string& text) const {
    const std::string body = before + text + after;
    return std::string(method) + " " + target +
           " HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) +
           "\r\ncontent-type: application/json\r\nhost: " + filter->host + "\r\n" + headers +
           "\r\n" + body;
  }
};

struct Tally {
  unsigned refused = 0, accepted = 0, valid_there = 0, mended = 0;
};

const char* const kWholeValue = "body: Value";
const char* const kMemberValue = "member: Value";

class Suite {
 public:
  Suite() {
    const char* const id = "x-request-id: 0123abcd\r\n";
    const auto shelf = [&](const char* kind, std::string before, std::string after,
                           std::string right) {
      slots_.push_back({kind, &library_, "POST", "/v1/shelves", id, before, after, right});
    };
    shelf("library: body", "", "", R"({"theme":"a","capacity":9})");
    shelf("library: string", R"({"theme":)", R"(,"capacity":9})", R"("a")");
    shelf("library: integer", R"({"theme":"a","capacity":)", "}", "9");
    slots_.push_back({"library: list of strings", &library_, "POST",
                      "/v1/shelves/abc/books?bookId=b", id, R"({"title":"a","authors":)",
                      R"(,"genre":"NOVEL","pages":1})", R"(["a"])"});
    slots_.push_back({"library: nested list", &library_, "POST", "/v1/shelves/abc/books/b/reviews",
                      id, R"({"author":"a","replies":[{"author":"b","replies":)", "}]}",
                      R"([{"author":"c"}])"});
    const auto readings = [&](const char* kind, std::string before, std::string after,
                              std::string right) {
      const std::string series = R"({"series":[{"sensor":"T01","unit":"BAR","readings":[)"
                                 R"({"time":"2024-01-01T00:00:00Z")";
      slots_.push_back(
          {kind, &plant_, "POST", "/v1/stations/st-1/readings", id, series + before, after, right});
    };
    readings("plant: double", R"(,"value":)", "}]}]}", "0.5");
    readings("plant: list of integers", R"(}],"thresholds":)", "}]}", "[1]");
    const auto value = [&](const char* kind, const char* target, std::string right,
                           std::string before = "", std::string after = "") {
      slots_.push_back({kind, &values_, "PUT", target, "", before, after, right});
    };
    value("body: message", "/v1/all", "{}");
    value("body: list of doubles", "/v1/numbers", "[1]");
    value("body: list of strings", "/v1/texts", R"(["a"])");
    value("body: list of booleans", "/v1/flags", "[true]");
    value("body: recursive message", "/v1/item", R"({"a":"b"})");
    value("body: list of messages", "/v1/items", "[{}]");
    value("member: double", "/v1/all", "1e+22", R"({"number":)", "}");
    value("member: string", "/v1/all", R"("a")", R"({"text":)", "}");
    value("member: boolean", "/v1/all", "false", R"({"flag":)", "}");
    value("member: integer", "/v1/all", "-1", R"({"integer":)", "}");
    value("member: message", "/v1/all", "{}", R"({"item":)", "}");
    value("element: double", "/v1/numbers", "1.5", "[1,", ",2]");
    value("element: string", "/v1/texts", R"("")", R"(["",)", R"(,""])");
    value("element: message", "/v1/items", R"({"id":1})", "[{},", ",{}]");
    value(kWholeValue, "/v1/value", "[null]");
    value(kMemberValue, "/v1/in-message", R"({"":1})", R"({"value":)", "}");
    value("nested message", "/v1/item", "{}", R"({"item":{"item":{"item":)", "}}}");
  }

  // Every place is one where a right value passes: what is refused there is refused for itself.
  void judge_right_values() const {
    for (const Slot& slot : slots_) {
      const std::string whole = slot.record(slot.right);
      const auto verdict = engine::judge_request(*slot.filter->image, bytes(whole));
      INFO(slot.kind << ": " << layout::name_of(verdict.reason) << " at " << verdict.offset << "; "
                     << whole);
      CHECK(verdict.accepted());
    }
  }

  // Judges the text in every place, and its inside too, where it is an array.
  void judge(const std::string& name, const std::string& text) {
    INFO(name);
    std::size_t deepest = 0;
    for (const Slot& slot : slots_) {
      INFO(slot.kind);
      deepest = std::max(deepest, judge_in(slot, name, text));
      if (text.size() >= 2 && text.front() == '[' && text.back() == ']')
        judge_in(slot, name, text.substr(1, text.size() - 2));
    }
    if (name.starts_with("n_") && deepest > 0) ++inside_;
  }

  std::map<std::string, Tally> tallies_;
  std::map<Reason, unsigned> reasons_;
  unsigned inside_ = 0;

 private:
  // How far into the text the engine came.
  std::size_t judge_in(const Slot& slot, const std::string& name, std::string text) {
    const Filter& filter = *slot.filter;
    Tally& tally = tallies_[slot.kind];
    const std::string whole = slot.record(text);
    const auto verdict = engine::judge_request(*filter.image, bytes(whole));
    const auto by_byte = support::judge_in_pieces(*filter.image, Pipeline::REQUEST, 0, bytes(whole),
                                                  [] { return 1U; });
    CHECK(verdict == by_byte);
    ++reasons_[verdict.reason];
    const bool valid = nlohmann::json::accept(slot.before + text + slot.after);
    if (name.starts_with("n_") && !valid) CHECK_FALSE(verdict.accepted());
    ++(verdict.accepted() ? tally.accepted : tally.refused);
    if (valid) ++tally.valid_there;
    const auto second = filter.judge->request(bytes(whole));
    INFO(layout::name_of(verdict.reason) << " at " << verdict.offset << "; judge: " << second.rule
                                         << " " << second.message << "; " << whole.substr(0, 500));
    if (verdict.reason != Reason::DEPTH && verdict.reason != Reason::TOO_LONG)
      CHECK(verdict.accepted() == second.accepted);
    if (name.starts_with("y_") && valid) transform(slot, name, text, tally);
    if (verdict.reason == Reason::TOO_LONG) {  // see its beginning at least
      text.resize(filter.limit - 500);
      return judge_in(slot, name, text);
    }
    const std::size_t start = whole.size() - slot.after.size() - text.size();
    return verdict.offset > start ? verdict.offset - start : 0;
  }

  // The canonical spelling of a valid text passes where the text stands.
  void transform(const Slot& slot, const std::string& name, const std::string& text, Tally& tally) {
    std::vector<canonical::HttpHeader> headers{{"host", "a"}, {"content-type", "application/json"}};
    if (*slot.headers != 0) headers.push_back({"x-request-id", "0123abcd"});
    const auto record = slot.filter->canonicalizer->canonicalize_request(
        {slot.method, slot.target, headers, slot.before + text + slot.after});
    if (slot.kind == kWholeValue || slot.kind == kMemberValue) {
      // Any JSON that libprotobuf takes, but two members of one name: which of them holds is what readers disagree on.
      google::protobuf::Value value;
      const bool taken = google::protobuf::util::JsonStringToMessage(text, &value).ok();
      INFO((record ? std::string("taken") : record.refusal().code + ": " + record.refusal().message));
      CHECK((record ? true : false) == (taken && !name.starts_with("y_object_duplicated_key")));
    }
    if (!record) return;
    INFO(record->bytes);
    CHECK(engine::judge_request(*slot.filter->image, bytes(record->bytes)).accepted());
    ++tally.mended;
  }

  Filter library_{"schemas/examples/library/policy.yaml"};
  Filter plant_{"schemas/examples/plant/policy.yaml"};
  Filter values_{"tests/compiler/data/values.yaml"};
  std::vector<Slot> slots_;
};

}  // namespace

TEST_CASE("JSONTestSuite through the tables", "[corpus]") {
  const auto suite_texts = support::json_suite();
  if (suite_texts.empty()) return;
  Suite suite;
  suite.judge_right_values();
  std::map<char, unsigned> texts;
  for (const auto& [name, text] : suite_texts) {
    ++texts[name.front()];
    suite.judge(name, text);
  }
  std::cout << "JSONTestSuite through the tables: " << texts['n'] << " n_, " << texts['y']
            << " y_, " << texts['i'] << " i_ texts; " << suite.inside_
            << " n_ texts are refused behind their first byte somewhere\n";
  for (const auto& [kind, tally] : suite.tallies_) {
    std::cout << "  " << kind << ": " << tally.refused << " refused, " << tally.accepted
              << " accepted as they are, " << tally.mended << " y_ accepted once canonical\n";
  }
  for (const auto& [reason, count] : suite.reasons_)
    std::cout << "  " << layout::name_of(reason) << " " << count << "\n";
  CHECK(texts['n'] > 150);
  CHECK(suite.inside_ > 100);
  CHECK(suite.tallies_["body: list of strings"].accepted >= 10);
  CHECK(suite.tallies_["body: list of doubles"].accepted >= 3);
  CHECK(suite.tallies_["member: double"].accepted >= 3);
  CHECK(suite.tallies_["member: boolean"].accepted >= 1);
  CHECK(suite.tallies_[kWholeValue].mended >= 80);
  CHECK(suite.tallies_[kMemberValue].mended >= 80);
}
