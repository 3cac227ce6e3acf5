// SPDX-License-Identifier: Apache-2.0
// Hand-written records of the example APIs: what their authors mean to pass, and close misses.
#include <catch2/catch.hpp>

#include "bench.hpp"

namespace sluice::judge::test {
namespace {

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

class Example {
 public:
  Example(const std::string& name, std::string host, std::string service)
      : host_(std::move(host)), service_(std::move(service)) {
    load::Diagnostics diagnostics;
    auto loaded = load::load(
        std::string(SLUICE_SOURCE_DIR "/schemas/examples/") + name + "/policy.yaml", diagnostics);
    INFO(diagnostics.text());
    REQUIRE(loaded.has_value());
    judge_ = Judge::create(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
    INFO(diagnostics.text());
    REQUIRE(judge_ != nullptr);
  }
  std::string request(const std::string& line, const std::string& body = "") const {
    return shown(judge_->request(bytes_of(record(line, body, "host: " + host_ + "\r\n"))));
  }
  std::string response(const std::string& method, const std::string& status,
                       const std::string& body = "") const {
    return shown(judge_->response(service_ + "." + method,
                                  bytes_of(record("HTTP/1.1 " + status, body, ""))));
  }

 private:
  static std::string record(const std::string& line, const std::string& body,
                            const std::string& host) {
    std::string text = line.starts_with("HTTP") ? line : line + " HTTP/1.1";
    text += "\r\n";
    if (!body.empty()) {
      text += "content-length: " + std::to_string(body.size()) +
              "\r\ncontent-type: application/json\r\n";
    }
    return text + host + "x-request-id: 0123abcd\r\n\r\n" + body;
  }

  std::string host_;
  std::string service_;
  std::unique_ptr<Judge> judge_;
};

TEST_CASE("the library") {
  const Example library("library", "library.example", "example.library.v1.Library");
  CHECK(library.request("POST /v1/shelves", R"({"theme":"Sea","capacity":20})") == "accepted");
  CHECK(library.request("POST /v1/shelves") == "required at shelf");
  CHECK(library.request("POST /v1/shelves", R"({"theme":"Sea","capacity":100000})") ==
        "uint32.lte at shelf.capacity");
  CHECK(library.request("GET /v1/shelves/sea") == "accepted");
  CHECK(library.request("GET /v1/shelves/Sea") == "string.pattern at name");
  CHECK(library.request("GET "
                        "/v1/shelves/sea/"
                        "books?pageSize=5&filter.genre=NOVEL&filter.minPages=0&newestFirst=true") ==
        "accepted");
  CHECK(library.request("GET /v1/shelves/sea/books?pageSize=51") == "int32.lte at page_size");
  CHECK(library.request("GET /v1/shelves/sea/books?filter.title=%C3%A9%20t%C3%A9") == "accepted");
  CHECK(library.request("DELETE /v1/shelves/sea/books/b1?force=true") == "accepted");
  CHECK(library.request(
            "POST /v1/shelves/sea/books/b1:checkout",
            R"({"reader":{"card":"123456","displayName":"Ann"},"days":14,"deposit":2.5})") ==
        "accepted");
  CHECK(library.request("PUT /v1/shelves/sea/books/b1/loan",
                        R"({"reader":{"card":"123456","displayName":"Ann"},"days":15})") ==
        "uint32.in at days");
  CHECK(library.request("POST /v1/shelves/sea/books?bookId=b2",
                        R"({"title":"T","authors":["A"],"genre":"NOVEL","pages":1,"words":"0"})") ==
        "canonical");
  CHECK(
      library.request(
          "POST /v1/shelves/sea/books?bookId=b2",
          R"({"title":"T","authors":["A"],"genre":"NOVEL","pages":1,"reader":{"card":"100000","displayName":"B"}})") ==
      "accepted");
  CHECK(library.request("POST /v1/shelves/sea/books?bookId=b2",
                        R"({"title":"T","authors":["A"],"genre":"PULP","pages":1})") ==
        "enum.not_in at book.genre");
  CHECK(library.request(
            "POST /v1/shelves/sea/books/b1/reviews",
            R"({"author":"A","stars":5,"replies":[{"author":"B","replies":[{"author":"C"}]}]})") ==
        "accepted");
  CHECK(library.response("DeleteBook", "200 OK", "{}") == "accepted");
  CHECK(library.response("AddReview", "200 OK", R"({"author":"A"})") == "accepted");
  CHECK(library.response("AddReview", "200 OK") == "accepted");
  CHECK(library.response("AddReview", "200 OK", "{}") == "string.min_len at review.author");
  CHECK(library.response("GetBook", "404 Not Found", R"({"code":5,"message":"no such book"})") ==
        "accepted");
  CHECK(library.response("CheckoutBook#1", "200 OK",
                         R"({"book":"shelves/sea/books/b1","due":"2024-05-01T12:00:00Z"})") ==
        "accepted");
}

TEST_CASE("the plant") {
  const Example plant("plant", "plant.example:8443", "example.plant.v1.Plant");
  const std::string run =
      R"({"sequence":"1","run":{"direction":"FORWARD","speedRpm":50},"operator":"a.b"})";
  CHECK(plant.request("POST /v1/lines/3/drives/AB123/commands", run) == "accepted");
  CHECK(plant.request("POST /v1/lines/03/drives/AB123/commands", run) == "canonical");
  CHECK(plant.request("POST /v1/lines/13/drives/AB123/commands", run) == "uint32.lte at line");
  CHECK(plant.request("POST /v1/lines/3/drives/AB123/commands",
                      R"({"sequence":"1","moveTo":-18000,"operator":"a.b"})") == "accepted");
  CHECK(plant.request("POST /v1/lines/3/drives/AB123/commands",
                      R"({"sequence":"1","operator":"a.b"})") == "required at command.action");
  CHECK(
      plant.request(
          "POST /v1/stations/st-1/readings",
          R"({"series":[{"sensor":"T01","unit":"BAR","readings":[{"time":"2024-05-01T12:00:00.250Z",)"
          R"("value":-0.5}],"thresholds":[0,65535]}]})") == "accepted");
  CHECK(plant.request("POST /v1/stations/st-1/readings",
                      R"({"series":[{"sensor":"T01","unit":"BAR","readings":[{"value":1}]}]})") ==
        "required at series[0].readings[0].time");
  CHECK(plant.request("GET /v1/lines/12/status?withDrives=true&since=9223372036854775807") ==
        "accepted");
  CHECK(plant.request("GET /v1/lines/12/alarms?atLeast=TRIP&window.from=1&window.to=2") ==
        "accepted");
  CHECK(plant.request("POST /v1/alarms/7:acknowledge", R"({"operator":"a.b","confirm":"SEEN"})") ==
        "accepted");
  CHECK(plant.request("PUT /v1/recipes/9",
                      R"({"product":"cola","steps":[{"kind":"FILL","amount":998}]})") ==
        "accepted");
  CHECK(plant.request("PUT /v1/recipes/9",
                      R"({"product":"cola","steps":[{"kind":"FILL","amount":999}]})") ==
        "int32.not_in at recipe.steps[0].amount");
  CHECK(plant.request("PUT /v1/recipes/9",
                      R"({"number":9,"product":"cola","steps":[{"kind":"FILL"}]})") == "canonical");
  CHECK(plant.response(
            "ListAlarms", "200 OK",
            R"([{"number":1,"severity":"INFO","raised":"2024-05-01T12:00:00Z","text":"x"}])") ==
        "accepted");
  CHECK(plant.response("ListAlarms", "200 OK") == "accepted");
  CHECK(plant.response("GetLineStatus", "200 OK",
                       R"({"line":3,"drives":[{"drive":"AB123","position":"-5"}]})") == "accepted");
}

}  // namespace
}  // namespace sluice::judge::test
