// SPDX-License-Identifier: Apache-2.0
// The language as a whole: a policy that allows exactly one request must refuse every neighbour of
// it, and no bytes may do harm.
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "bench.hpp"

namespace sluice::judge::test {
namespace {

// Every field has one allowed value, every field must be there.
const std::string kOne = R"(
enum Kind { NONE = 0; BIG = 1; HUGE = 2; }
message Part {
  sint64 x = 1 [(buf.validate.field).sint64.const = -12];
  repeated string tags = 2 [(buf.validate.field).repeated = {min_items: 2, max_items: 2,
    items: {string: {const: "a\"\n"}}}];
}
message Req {
  string name = 1 [(buf.validate.field).string.const = "shelves/s 1"];
  uint32 size = 2 [(buf.validate.field).uint32.const = 10];
  repeated bool flags = 3 [(buf.validate.field).repeated = {min_items: 2, max_items: 2,
    items: {bool: {const: true}}}];
  Whole whole = 4 [(buf.validate.field).required = true];
}
message Whole {
  Part part = 1 [(buf.validate.field).required = true];
  Kind kind = 2 [(buf.validate.field).enum.const = 1];
  bytes blob = 3 [(buf.validate.field).bytes.const = "\001"];
  oneof pick {
    option (buf.validate.oneof).required = true;
    string text = 7 [(buf.validate.field).string.const = "\303\251"];
  }
  bool yes = 5 [(buf.validate.field).bool.const = true];
  double half = 6 [(buf.validate.field).double.const = 0.5];
}
service Api {
  rpc Do(Req) returns (Whole) { option (google.api.http) = {post: "/v1/{name=shelves/*}:do" body: "whole"}; }
}
)";
const std::string kBody =
    "{\"part\":{\"x\":\"-12\",\"tags\":[\"a\\\"\\n\",\"a\\\"\\n\"]},\"kind\":\"BIG\",\"blob\":\"AQ="
    "=\","
    "\"yes\":true,\"half\":0.5,\"text\":\"\xC3\xA9\"}";
const std::string kRecord =
    "POST /v1/shelves/s%201:do?size=10&flags=true&flags=true HTTP/1.1\r\ncontent-length: " +
    std::to_string(kBody.size()) +
    "\r\ncontent-type: application/json\r\nhost: api.example\r\nx-id: 7\r\n\r\n" + kBody;

const Bench& one() {
  static const Bench bench(
      kOne, {"t.Api", "requestHeaders: [{name: x-id, constant: \"7\", required: true}]\n"});
  return bench;
}

TEST_CASE("a language of one record") {
  INFO(one().raw_request(kRecord).message);
  REQUIRE(shown(one().raw_request(kRecord)) == "accepted");

  std::size_t tried = 0;
  std::vector<std::string> wrong;
  const auto must_fail = [&](const std::string& record) {
    ++tried;
    if (record != kRecord && one().raw_request(record).accepted) wrong.push_back(record);
  };
  constexpr char kBytes[] = "\0\t\n\r \"%&'+,-./0189:;=?[]{}AEaenrtuz\x7F\x80\xC3\xFF";
  const std::string interesting(kBytes, sizeof kBytes - 1);
  for (std::size_t i = 0; i <= kRecord.size(); ++i) {
    must_fail(kRecord.substr(0, i));
    for (char c : interesting) {
      must_fail(kRecord.substr(0, i) + c + kRecord.substr(i));
    }
    for (int byte = 0; byte < 256 && i < kRecord.size(); ++byte) {
      std::string record = kRecord;
      record[i] = static_cast<char>(byte);
      must_fail(record);
    }
    for (std::size_t length = 1; length <= 8 && i + length <= kRecord.size(); ++length) {
      must_fail(kRecord.substr(0, i) + kRecord.substr(i + length));  // removed
      must_fail(kRecord.substr(0, i + length) + kRecord.substr(i, length) +
                kRecord.substr(i + length));  // doubled
    }
  }
  // The same within the body, with the length put right.
  const auto with_body = [&](const std::string& body) {
    std::string record = kRecord.substr(0, kRecord.size() - kBody.size());
    const std::string length = "content-length: ";
    const auto at = record.find(length) + length.size();
    record.replace(at, record.find('\r', at) - at, std::to_string(body.size()));
    must_fail(record + body);
  };
  for (std::size_t i = 0; i <= kBody.size(); ++i) {
    for (char c : interesting) with_body(kBody.substr(0, i) + c + kBody.substr(i));
    for (std::size_t length = 1; i + length <= kBody.size(); ++length) {
      with_body(kBody.substr(0, i) + kBody.substr(i + length));
    }
  }
  CHECK(tried > 50000);
  INFO((wrong.empty() ? "" : wrong.front()));
  CHECK(wrong.empty());
}

TEST_CASE("any bytes end in a verdict") {
  std::mt19937 random(1);
  const std::string alphabet = "{}[]\",:0123456789-+.eE\\u/?&=%: \r\ntruefalsnx\x80\xC3\xFF";
  for (int i = 0; i < 20000; ++i) {
    std::string record = kRecord;
    const int changes = 1 + static_cast<int>(random() % 6);
    for (int k = 0; k < changes; ++k) {
      const std::size_t at = random() % (record.size() + 1);
      const std::size_t length = random() % 24;
      switch (random() % 4) {
        case 0:
          record.insert(at, 1, alphabet[random() % alphabet.size()]);
          break;
        case 1:
          record.erase(at, length);
          break;
        case 2:
          record.insert(at, record.substr(random() % record.size(), length));
          break;
        default:
          record.replace(at, length, record.substr(random() % record.size(), length));
          break;
      }
      if (record.empty()) record = "x";
    }
    const Verdict request = one().raw_request(record);
    CHECK(request.accepted == (record == kRecord));
    CHECK((request.accepted || !request.rule.empty()));
    one().raw_response("t.Api.Do", record);
  }
}

TEST_CASE("one judge serves many threads") {
  std::vector<std::thread> threads;
  std::vector<int> accepted(4, 0);
  for (std::size_t t = 0; t < accepted.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        accepted[t] += one().raw_request(kRecord).accepted;
        accepted[t] += one().raw_request(kRecord + "x").accepted;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(accepted == std::vector<int>(4, 200));
}

TEST_CASE("speed", "[.speed]") {
  const auto begin = std::chrono::steady_clock::now();
  int count = 0;
  while (std::chrono::steady_clock::now() - begin < std::chrono::seconds(2)) {
    REQUIRE(one().raw_request(kRecord).accepted);
    ++count;
  }
  WARN(count / 2 << " records/s");
}

}  // namespace
}  // namespace sluice::judge::test
