// SPDX-License-Identifier: Apache-2.0
// Traffic files: what is taken, in which order, and what is refused with its line.
#include <catch2/catch.hpp>
#include <sstream>

#include "simulation/traffic.hpp"

using namespace sluice;
using simulation::read_traffic;

namespace {
simulation::Traffic of(const std::string& text) {
  std::istringstream in(text);
  return read_traffic(in);
}
std::string error_of(const std::string& line) {
  const auto traffic = of(line + "\n");
  return traffic.errors.size() == 1 ? traffic.errors.front() : std::to_string(traffic.errors.size()) + " errors";
}
}  // namespace

TEST_CASE("messages are sorted by time, equal times keep their order") {
  const auto traffic = of(
      R"({"id":"b","pipeline":"request","t_us":20,"http":"QQ=="})"
      "\n\n"
      R"({"id":1,"pipeline":"response","t_us":5,"http":"QUI=","endpoint":"a.B.C"})"
      "\r\n"
      R"({"id":"c","pipeline":"request","t_us":20,"record":"QUJD"})");
  REQUIRE(traffic.errors.empty());
  REQUIRE(traffic.messages.size() == 3);
  CHECK(traffic.messages[0].id == "1");
  CHECK(traffic.messages[0].pipeline == layout::Pipeline::RESPONSE);
  CHECK(traffic.messages[0].endpoint == "a.B.C");
  CHECK(traffic.messages[0].content == "AB");
  CHECK(traffic.messages[1].id == "b");
  CHECK_FALSE(traffic.messages[1].canonical);
  CHECK(traffic.messages[2].id == "c");
  CHECK(traffic.messages[2].canonical);
}

TEST_CASE("lines that cannot be used are named") {
  CHECK_THAT(error_of("# a text\n\n>>> a request 0\nGET / HTTP/1.1"), Catch::StartsWith("line 3: this is the text that tools/make_traffic reads"));
  CHECK_THAT(error_of("{"), Catch::Contains("line 1: not JSON"));
  CHECK_THAT(error_of("[]"), Catch::Contains("not a JSON object"));
  CHECK_THAT(error_of(R"({"pipeline":"request","t_us":0,"http":""})"), Catch::Contains("`id`"));
  CHECK_THAT(error_of(R"({"id":"a","pipeline":"up","t_us":0,"http":""})"), Catch::Contains("`pipeline`"));
  CHECK_THAT(error_of(R"({"id":"a","pipeline":"request","t_us":-1,"http":""})"), Catch::Contains("`t_us`"));
  CHECK_THAT(error_of(R"({"id":"a","pipeline":"request","t_us":1.5,"http":""})"), Catch::Contains("`t_us`"));
  CHECK_THAT(error_of(R"({"id":"a","pipeline":"request","t_us":99999999999999,"http":""})"), Catch::Contains("ten minutes"));
  CHECK_THAT(error_of(R"({"id":"a","pipeline":"request","t_us":0})"), Catch::Contains("either `http`"));
  CHECK_THAT(error_of(R"({"id":"a","pipeline":"request","t_us":0,"http":"","record":""})"), Catch::Contains("either `http`"));
  CHECK_THAT(error_of(R"({"id":"a","pipeline":"request","t_us":0,"http":"Q"})"), Catch::Contains("base64"));
  CHECK_THAT(error_of(R"({"id":"a","pipeline":"response","t_us":0,"http":""})"), Catch::Contains("`endpoint`"));
  CHECK_THAT(error_of(R"({"id":"a","pipeline":"request","t_us":0,"http":7})"), Catch::Contains("must be a string"));
  const std::string good = R"({"id":"a","pipeline":"request","t_us":0,"http":""})";
  CHECK_THAT(error_of(good + "\n" + good), Catch::Contains("line 2") && Catch::Contains("earlier line"));
  // Deep nesting is only bad JSON of ours, never a deep stack.
  CHECK_THAT(error_of(std::string(200000, '[')), Catch::Contains("not JSON"));
  CHECK(of("x\nx\nx\n").errors.size() == 3);
}
