// SPDX-License-Identifier: Apache-2.0
// `sluice` as a process: what it prints where, its exit status, and that a failure leaves nothing half-done.
#include <catch2/catch.hpp>

#include <filesystem>
#include <sstream>

#include <nlohmann/json.hpp>

#include "compiler/base64.hpp"
#include "daemon/fixture.hpp"

using namespace sluice;
using nlohmann::json;
using testing::Finished;
using testing::program;
using testing::TemporaryFolder;

namespace {

const std::string kExample = std::string(SLUICE_SOURCE_DIR) + "/schemas/examples/library/policy.yaml";

Finished sluice_(std::vector<std::string> arguments, const std::string& input = {}) {
  arguments.insert(arguments.begin(), program("sluice"));
  return testing::run(arguments, input);
}

// The example, compiled once.
const TemporaryFolder& compiled() {
  static const TemporaryFolder folder;
  static const Finished result = sluice_({"compile", kExample, "-o", folder.path().string()});
  if (result.status != 0) throw std::runtime_error(result.errors);
  return folder;
}

std::vector<std::string> check(const std::string& pipeline, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"check", "--image", compiled() / "policy.img", "--symbols", compiled() / "policy.sym",
                                     "--pipeline", pipeline};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

compiler::SymbolMap symbols() { return compiler::SymbolMap::parse(testing::read_file(compiled() / "policy.sym")); }

std::string sample() { return symbols().sample_request(1); }

std::vector<json> lines(const std::string& text) {
  std::vector<json> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) out.push_back(json::parse(line));
  return out;
}

std::string line(const json& id, const std::string& record, const std::string& endpoint = {}) {
  json out{{"id", id}, {"record", compiler::to_base64(record)}};
  if (!endpoint.empty()) out["endpoint"] = endpoint;
  return out.dump() + "\n";
}

}  // namespace

TEST_CASE("help and version go to the standard output, mistakes to the other") {
  CHECK(sluice_({"--version"}).output.find("sluice ") == 0);
  for (const char* command : {"compile", "check", "explain", "canonicalize", "push", "status", "audit"}) {
    const Finished help = sluice_({command, "--help"});
    CHECK(help.status == 0);
    CHECK_THAT(help.output, Catch::Contains("Example"));
    CHECK(help.errors.empty());
  }
  const Finished nothing = sluice_({});
  CHECK(nothing.status == 2);
  CHECK(nothing.output.empty());
  const Finished slip = sluice_({"chek"});
  CHECK(slip.status == 2);
  CHECK_THAT(slip.errors, Catch::StartsWith("sluice: no command `chek` (did you mean `check`?)\n"));
  CHECK_THAT(sluice_({"compile", "--help"}).output, Catch::Contains("Usage: sluice compile "));
  CHECK(sluice_({"compile"}).status == 2);
}

TEST_CASE("diagnostics as JSON: every line of the standard error output is an object") {
  const TemporaryFolder folder;
  testing::write_file(folder / "bad.yaml", "name: a\nserial: 0\nhots: a\n");
  for (const std::vector<std::string>& command : {std::vector<std::string>{"compile", folder / "bad.yaml", "-o", folder / "out"},
                                                  {"canonicalize", "--policy", folder / "bad.yaml", "--pipeline", "request", "--input", "-"},
                                                  {"push", folder / "bad.yaml"}}) {
    std::vector<std::string> arguments = command;
    arguments.push_back("--message-format=json");
    const Finished bad = sluice_(arguments);
    CHECK(bad.status == 1);
    CHECK(bad.output.empty());
    const auto found = lines(bad.errors);
    REQUIRE_FALSE(found.empty());
    CHECK(found[0]["code"] == "E0104");
    CHECK(found[0]["line"] == 3);
    CHECK(found[0]["end"] == json({{"line", 3}, {"column", 5}}));
    CHECK(found[0]["excerpt"] == "hots: a");
    for (const json& one : found) CHECK((one.contains("severity") && one.contains("message") && one.contains("notes") && one.contains("help")));
  }
}

TEST_CASE("compile writes three files, the same each time, and none on an error") {
  TemporaryFolder folder;
  const Finished result = sluice_({"compile", kExample, "-o", folder / "out/deep"});
  REQUIRE(result.status == 0);
  for (const char* file : {"policy.img", "policy.sym", "report.json"}) {
    CHECK(testing::read_file(folder / ("out/deep/" + std::string(file))) == testing::read_file(compiled() / file));
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "out/deep"), {}) == 3);
  const json report = json::parse(testing::read_file(folder / "out/deep/report.json"));
  CHECK(report["digest"] == symbols().digest());
  CHECK(result.output.find('\033') == std::string::npos);  // no colour into a file

  for (const char* stage : {"schema", "grammar", "automaton", "packed"}) {
    const Finished dump = sluice_({"compile", kExample, "--emit", stage});
    CHECK(dump.status == 0);
    CHECK(dump.output.size() > 500);
  }

  const std::string policy = testing::read_file(kExample);
  testing::write_file(folder / "bad.yaml", policy + "serail: 3\n");
  const Finished bad = sluice_({"compile", folder / "bad.yaml", "-o", folder / "bad"});
  CHECK(bad.status == 1);
  CHECK(bad.output.empty());
  CHECK_THAT(bad.errors, Catch::Contains("serail") && Catch::Contains("serial") && Catch::Contains("bad.yaml:"));
  CHECK_FALSE(std::filesystem::exists(folder / "bad"));

  CHECK(sluice_({"compile", folder / "none.yaml", "-o", folder / "x"}).status != 0);
  CHECK(sluice_({"compile", kExample}).status == 2);
  // A folder that cannot be made: a file stands there.
  testing::write_file(folder / "file", "");
  CHECK(sluice_({"compile", kExample, "-o", folder / "file"}).status == 2);
  CHECK(testing::read_file(folder / "file").empty());
}

TEST_CASE("check answers people about one record, with the byte under a caret") {
  const Finished good = sluice_(check("request"), sample());
  CHECK(good.status == 0);
  CHECK_THAT(good.output, Catch::StartsWith("accept") && Catch::Contains(symbols().endpoint_name(1)));

  std::string record = sample();
  const std::size_t host = record.find("host: ") + 6;
  record[host] = '!';
  const Finished bad = sluice_(check("request"), record);
  CHECK(bad.status == 1);
  CHECK_THAT(bad.output, Catch::StartsWith("reject  NO_TRANSITION at byte " + std::to_string(host)));
  // The caret stands under the byte.
  std::istringstream stream(bad.output);
  std::string verdict, shown, caret;
  std::getline(stream, verdict);
  std::getline(stream, shown);
  std::getline(stream, caret);
  REQUIRE(caret.find('^') != std::string::npos);
  CHECK(shown.at(caret.find('^')) == '!');

  const Finished cut = sluice_(check("request"), sample().substr(0, host));
  CHECK(cut.status == 1);
  CHECK_THAT(cut.output, Catch::Contains("end of the record"));
  CHECK(sluice_(check("request"), "").status == 1);
  CHECK(sluice_(check("response"), "x").status == 2);  // of which endpoint?
  CHECK(sluice_(check("response", {"--endpoint", "no.Such.Method"}), "x").status == 2);
  CHECK(sluice_(check("response", {"--endpoint", symbols().endpoint_name(1)}), "x").status == 1);
}

TEST_CASE("check answers lines in order, and every level says the same") {
  std::string long_record = sample();
  long_record.resize(3000, 'x');
  std::string broken = sample();
  broken[broken.size() / 2] = '\x01';
  std::string requests = line("good", sample());
  requests += line(7, broken) + line("empty", "") + line("long", long_record) + "\n" + line("last", sample());
  std::string responses;
  const auto map = symbols();
  for (std::uint16_t tag = 1; !map.endpoint_name(tag).empty(); ++tag) {
    responses += line(tag, "HTTP/1.1 200 OK\r\n\r\n", map.endpoint_name(tag));
    responses += line(tag, "HTTP/1.1 999 No\r\n\r\n", map.endpoint_name(tag));
    responses += line(tag, long_record, map.endpoint_name(tag));
    responses += line(tag, "", map.endpoint_name(tag));
  }
  for (const auto& [pipeline, input] : {std::pair{"request", requests}, std::pair{"response", responses}}) {
    const Finished engine = sluice_(check(pipeline, {"--input", "-"}), input);
    REQUIRE(engine.status == 0);
    const Finished lt = sluice_(check(pipeline, {"--level", "lt", "--input", "-"}), input);
    REQUIRE(lt.status == 0);
    CHECK(engine.output == lt.output);
  }
  const auto out = lines(sluice_(check("request", {"--input", "-"}), requests).output);
  REQUIRE(out.size() == 5);
  CHECK(out[0] == json{{"id", "good"}, {"verdict", "accept"}, {"reason", nullptr}, {"offset", sample().size()},
                       {"path", nullptr}, {"rule", nullptr}, {"endpoint", map.endpoint_name(1)}});
  CHECK(out[1]["id"] == 7);
  CHECK(out[1]["verdict"] == "reject");
  CHECK(out[1]["offset"] == sample().size() / 2);
  CHECK(out[3]["reason"] == "TOO_LONG");
  CHECK(out[3]["offset"] == 2048);
  CHECK(out[4]["id"] == "last");
}

TEST_CASE("a bad line gets an error line, and the others their verdicts") {
  const std::string input = "nonsense\n[1]\n{\"id\":true}\n{\"id\":\"a\"}\n{\"id\":\"b\",\"record\":\"!\"}\n" + line("c", sample());
  const Finished result = sluice_(check("request", {"--input", "-"}), input);
  CHECK(result.status == 2);
  const auto out = lines(result.output);
  REQUIRE(out.size() == 6);
  for (int i = 0; i < 5; ++i) CHECK(out[static_cast<std::size_t>(i)].contains("error"));
  CHECK(out[0]["id"] == nullptr);
  CHECK_THAT(out[0]["error"].get<std::string>(), Catch::Contains("line 1"));
  CHECK(out[3]["id"] == "a");
  CHECK(out[5]["verdict"] == "accept");
  CHECK_THAT(result.errors, Catch::Contains("5 lines"));

  const Finished response = sluice_(check("response", {"--input", "-"}), line("a", "x") + line("b", "x", "no.Such.Method"));
  CHECK(response.status == 2);
  CHECK_THAT(response.output, Catch::Contains("needs `endpoint`") && Catch::Contains("no.Such.Method"));

  // A line without end is refused, not collected.
  const Finished huge = sluice_(check("request", {"--input", "-"}), std::string(6 << 20, 'x') + "\n" + line("c", sample()));
  CHECK(huge.status == 2);
  const auto answers = lines(huge.output);
  REQUIRE(answers.size() == 2);
  CHECK(answers[1]["verdict"] == "accept");
}

TEST_CASE("damaged, foreign and missing files are said, with exit status 2") {
  TemporaryFolder folder;
  const std::string image = testing::read_file(compiled() / "policy.img");
  const std::string map = testing::read_file(compiled() / "policy.sym");
  const auto with = [&](const std::string& image_text, const std::string& map_text) {
    testing::write_file(folder / "i", image_text);
    testing::write_file(folder / "s", map_text);
    return sluice_({"check", "--image", folder / "i", "--symbols", folder / "s", "--pipeline", "request"}, sample());
  };
  REQUIRE(with(image, map).status == 0);
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{80}, image.size() / 2, image.size() - 8}) {
    const Finished result = with(image.substr(0, size), map);
    CHECK(result.status == 2);
    CHECK_THAT(result.errors, Catch::Contains("image refused"));
  }
  for (const std::size_t at : {std::size_t{0}, std::size_t{4}, std::size_t{6}, std::size_t{500}, image.size() - 1}) {
    std::string altered = image;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    CHECK(with(altered, map).status == 2);
  }
  CHECK(with(image, map.substr(0, map.size() / 2)).status == 2);
  CHECK(with(image, "{}").status == 2);
  const auto other = testing::compile(testing::policy_text(99));
  const Finished foreign = with(image, other.symbols);
  CHECK(foreign.status == 2);
  CHECK_THAT(foreign.errors, Catch::Contains("belongs to the image"));
  const Finished missing = sluice_({"check", "--image", folder / "none", "--symbols", folder / "s", "--pipeline", "request"});
  CHECK(missing.status == 2);
  CHECK_THAT(missing.errors, Catch::Contains("none"));
  CHECK(sluice_(check("request", {"--input", folder / "none"})).status == 2);
  CHECK(sluice_(check("request", {"--level", "at"})).status == 2);
}

TEST_CASE("explain says verdicts and events in words") {
  std::string broken = sample();
  broken[broken.find("host: ") + 6] = '!';
  const std::string verdicts = sluice_(check("request", {"--input", "-"}), line("a", sample()) + line("b", broken)).output;
  const Finished words = sluice_({"explain"}, verdicts);
  CHECK(words.status == 0);
  CHECK_THAT(words.output, Catch::Contains("a: the record of " + symbols().endpoint_name(1) + " was accepted.") &&
                               Catch::Contains("b: the record") && Catch::Contains("was rejected at byte"));
  // With the record in the line and the symbol map, field and rule are found anew.
  json with_record{{"pipeline", "request"}, {"reason", "NO_TRANSITION"}, {"offset", broken.find("host: ") + 6}, {"record", compiler::to_base64(broken)}};
  const Finished anew = sluice_({"explain", "--json", "--symbols", compiled() / "policy.sym"}, with_record.dump() + "\n");
  CHECK(anew.status == 0);
  CHECK(json::parse(anew.output)["path"] == "header.host");
  CHECK(json::parse(anew.output)["rule"] == "header.constant");
  with_record["offset"] = broken.size() + 1;
  CHECK(sluice_({"explain", "--symbols", compiled() / "policy.sym"}, with_record.dump() + "\n").status == 2);
  CHECK(sluice_({"explain"}, "nonsense\n").status == 2);
  CHECK(sluice_({"explain"}, R"({"verdict":"reject","reason":"BORED"})" "\n").status == 2);
  CHECK(sluice_({"explain", "--event", "00", "--symbols", compiled() / "policy.sym"}).status == 2);
  CHECK(sluice_({"explain", "--event", "0g", "--symbols", compiled() / "policy.sym"}).status == 2);

  layout::Event event;
  event.kind = layout::EventKind::RECORD;
  event.reason = layout::Reason::OVERLOAD;
  event.endpoint = 1;
  std::array<std::uint8_t, layout::Event::bytes> raw{};
  event.encode(raw);
  std::string digits;
  for (const std::uint8_t byte : raw) {
    constexpr char hex[] = "0123456789abcdef";
    digits += {hex[byte >> 4], hex[byte & 15]};
  }
  const Finished said = sluice_({"explain", "--event", digits, "--symbols", compiled() / "policy.sym"});
  CHECK(said.status == 0);
  CHECK_THAT(said.output, Catch::Contains("OVERLOAD") && Catch::Contains(symbols().endpoint_name(1)));
}

TEST_CASE("canonicalize makes records that check accepts, or says why not") {
  const std::string http =
      "GET /v1/shelves/fiction/books/b1 HTTP/1.1\r\nHost: library.example\r\nX-Request-Id: 0123abcd\r\nUser-Agent: x\r\n\r\n";
  const json good{{"id", "a"}, {"http", compiler::to_base64(http)}};
  const json refused{{"id", "b"}, {"http", compiler::to_base64("GET /nowhere HTTP/1.1\r\nHost: library.example\r\n\r\n")}};
  const Finished result = sluice_({"canonicalize", "--policy", kExample, "--pipeline", "request", "--input", "-"},
                                  good.dump() + "\n" + refused.dump() + "\n");
  CHECK(result.status == 0);
  const auto out = lines(result.output);
  REQUIRE(out.size() == 2);
  REQUIRE(out[0].contains("record"));
  CHECK(out[1]["error"].contains("message"));
  CHECK(sluice_(check("request"), compiler::from_base64(out[0]["record"].get<std::string>()).value()).status == 0);
  CHECK(sluice_({"canonicalize", "--policy", kExample, "--pipeline", "request", "--input", "-"}, "{}\n").status == 2);
  CHECK(sluice_({"canonicalize", "--policy", "none.yaml", "--pipeline", "request", "--input", "-"}).status != 0);
}

TEST_CASE("push, status and audit speak to sluiced, and say when nobody is there") {
  testing::Setup setup;
  const Finished nobody = sluice_({"status", "--control", setup.control()});
  CHECK(nobody.status == 2);
  CHECK_THAT(nobody.errors, Catch::Contains("start sluiced"));
  CHECK(sluice_({"status", "--control", "192.0.2.1:7480"}).status == 2);

  setup.start_device();
  setup.start_daemon();
  const Finished pushed = sluice_({"push", kExample, "--control", setup.control(), "--wait", "20"});
  CHECK(pushed.status == 0);
  CHECK_THAT(pushed.output, Catch::StartsWith("activated") && Catch::Contains(symbols().digest()));
  const Finished again = sluice_({"push", compiled() / "policy.img", "--control", setup.control()});
  CHECK(again.status == 0);
  CHECK_THAT(again.output, Catch::StartsWith("unchanged"));

  TemporaryFolder folder;
  testing::write_file(folder / "old.img", testing::read_file(compiled() / "policy.img").substr(0, 4000));
  const Finished damaged = sluice_({"push", folder / "old.img", "--control", setup.control()});
  CHECK(damaged.status == 1);
  CHECK_THAT(damaged.errors, Catch::Contains("Damaged image"));
  CHECK(sluice_({"push", folder / "none.img", "--control", setup.control()}).status == 2);
  testing::write_file(folder / "bad.yaml", "name: x\n");
  CHECK(sluice_({"push", folder / "bad.yaml", "--control", setup.control()}).status == 1);

  const Finished status = sluice_({"status", "--control", setup.control()});
  CHECK(status.status == 0);
  CHECK_THAT(status.output, Catch::Contains("active") && Catch::Contains("library, serial 1") &&
                                Catch::Contains("unsigned") && Catch::Contains(symbols().digest()));
  const json parsed = json::parse(sluice_({"status", "--control", setup.control(), "--format", "json"}).output);
  CHECK(parsed["state"] == "ACTIVE");
  CHECK(parsed["epoch"] == 1);

  const Finished tail = sluice_({"audit", "tail", "-n", "5", "--control", setup.control()});
  CHECK(tail.status == 0);
  CHECK_THAT(tail.output, Catch::Contains("IMAGE") && Catch::Contains(symbols().digest()));
  const Finished events = sluice_({"audit", "tail", "--control", setup.control(), "--format", "json"});
  CHECK(lines(events.output).at(0)["kind"] == "IMAGE");
  CHECK_THAT(sluice_({"explain"}, events.output).output, Catch::Contains("became active"));
}
