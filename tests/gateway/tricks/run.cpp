// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "canonical/text.hpp"
#include "compiler/compiler.hpp"
#include "engine/image.hpp"

namespace sluice::tricks {
namespace {

using gateway::test::raw_call;
using layout::Pipeline;
using layout::Reason;

constexpr std::string_view kProblem = "application/problem+json";

// What the HIGH gateway said since the last call. Its thread writes a line before its record
// leaves, so who has the answer finds the line.
std::ostringstream& log_text() {
  static std::ostringstream text;
  return text;
}

void log_to_memory() {
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text());
  auto logger = std::make_shared<spdlog::logger>("http_tricks", std::move(sink));
  logger->set_pattern("%v");
  spdlog::set_default_logger(std::move(logger));
}

std::span<const std::uint8_t> octets(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// The seeded fault: what lenient software takes for a message, made into a good one.
std::string mended(std::string text) {
  const std::size_t end = std::min(text.find("\r\n\r\n"), text.size());
  std::string head = text.substr(0, end), rest = text.substr(end);
  replace_all(head, "\r\n", "\n");
  replace_all(head, "\n ", " ");
  replace_all(head, "\n\t", " ");
  replace_all(head, " :", ":");
  replace_all(head, "\r", "");
  replace_all(head, std::string(1, '\0'), "");
  replace_all(head, "\n", "\r\n");
  return head + rest;
}

// Code and field in the HIGH gateway's line about a response that did not cross.
std::string reason_in(const std::string& log) {
  for (const std::string mark : {"backend failed: ", "response refused: "}) {
    const auto at = log.find(mark);
    if (at == std::string::npos) continue;
    std::string reason = log.substr(at + mark.size(), log.find('\n', at) - at - mark.size());
    for (const std::string end : {": ", " (", " at line "})
      reason.resize(std::min(reason.find(end), reason.size()));
    return reason;
  }
  return "";
}

// "STATUS code field" for a problem document, "STATUS body" for everything else.
std::string in_short(const std::string& status, const std::string& head, const std::string& body) {
  if (head.find(kProblem) == std::string::npos || body.empty())
    return body.empty() ? status : status + " " + body;
  const auto document = nlohmann::json::parse(body);
  const std::string field = document.value("field", "");
  return status + " " + document.value("code", "") + (field.empty() ? "" : " " + field);
}

// The responses in what a client got. A response to HEAD has a length and no body: the next one
// follows.
std::vector<std::string> answers_in(const std::string& bytes) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto end = bytes.find("\r\n\r\n", at);
    if (!bytes.substr(at).starts_with("HTTP/1.1 ") || end == std::string::npos) {
      out.push_back("not HTTP: " + canonical::excerpt(bytes.substr(at), 200));
      break;
    }
    const std::string head = bytes.substr(at, end + 2 - at);
    at = end + 4;
    const std::string field = "\r\ncontent-length: ";
    const auto length = head.find(field);
    std::string body;
    if (length != std::string::npos && !bytes.substr(at).starts_with("HTTP/1.1 "))
      body = bytes.substr(at, std::strtoull(head.c_str() + length + field.size(), nullptr, 10));
    at += body.size();
    out.push_back(in_short(head.substr(9, 3), head, body));
  }
  return out;
}

// The bytes of a response that the list names as "200 [header] body".
std::string response_of(const std::string& text) {
  if (text == "502")
    return response_of(R"(502 {"code":14,"message":"the backend did not answer as it should"})");
  // The same short form as a request's, so the same writer: its first line and host are replaced.
  std::string record = record_of("GET /" + text.substr(3));
  record.erase(0, record.find("\r\n") + 2);
  const std::string host = "host: notes.example\r\n";
  record.erase(record.find(host), host.size());
  const std::string reason = text.starts_with("200")   ? "OK"
                             : text.starts_with("404") ? "Not Found"
                                                       : "Bad Gateway";
  return "HTTP/1.1 " + text.substr(0, 3) + " " + reason + "\r\n" + record;
}

template <class T>
std::string joined(const std::vector<T>& list) {
  std::string out;
  for (const auto& element : list)
    out += (out.empty() ? "" : " | ") + canonical::excerpt(element, 300);
  return "[" + out + "]";
}

}  // namespace

Runner::Runner(const Options& options) : lenient_(options.lenient) {
  log_to_memory();
  const std::string file = options.folder + "/policy.yaml";
  auto state = gateway::load_policy(file);
  if (const auto* text = std::get_if<std::string>(&state)) throw std::runtime_error(*text);
  policy_ = std::get<0>(state);
  load::Diagnostics diagnostics;
  auto compiled = compiler::compile(policy_->loaded, diagnostics);
  if (!compiled) throw std::runtime_error(diagnostics.text());
  auto image = engine::Image::load(compiled->image);
  if (auto* error = std::get_if<engine::LoadError>(&image)) throw std::runtime_error(error->text);
  image_ = std::move(std::get<engine::Image>(image));
  endpoint_ = canonical::find_endpoint(policy_->canonicalizer->schema(), "test.desk.v1.Desk.Get");
  chain_ = std::make_unique<gateway::test::Chain>(
      backend_.port(), gateway::test::Chain::Options{.policy = policy_, .device = false});
  device_ =
      std::make_unique<DeviceProcess>(options.device, chain_->file("low"), chain_->file("high"),
                                      chain_->file("management"), compiled->image);
  if (!chain_->wait_connected()) throw std::runtime_error("the gateways find no device");
}

Runner::~Runner() = default;

Outcome Runner::run(const Trick& trick) {
  Outcome outcome;
  log_text().str("");
  (void)backend_.take();
  if (trick.response) {
    run_response(trick, outcome);
  } else {
    run_request(trick, outcome);
  }
  check_record(trick, outcome);
  return outcome;
}

void Runner::run_request(const Trick& trick, Outcome& outcome) {
  outcome.answers =
      answers_in(raw_call(chain_->port(), lenient_ ? mended(trick.bytes) : trick.bytes));
  outcome.reached = backend_.take();
  if (outcome.answers != trick.answers) {
    outcome.findings.push_back("the client got " + joined(outcome.answers) + ", expected " +
                               joined(trick.answers));
  }
  if (outcome.reached != trick.reaches) {
    outcome.findings.push_back("the backend got " + joined(outcome.reached) + ", expected " +
                               joined(trick.reaches));
  }
  check_crossed(outcome.reached, outcome);
}

// Two requests on one connection: the answer of the first one is the trick, and the second one must
// get its own.
void Runner::run_response(const Trick& trick, Outcome& outcome) {
  backend_.script(lenient_ ? mended(trick.bytes) : trick.bytes, trick.closes);
  const auto request = [](const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nhost: notes.example\r\n\r\n";
  };
  const std::string got = raw_call(chain_->port(), request(kScripted) + request(kAfter));
  outcome.answers = answers_in(got);
  outcome.logged = reason_in(log_text().str());
  outcome.reached = backend_.take();
  const std::string expected =
      response_of(trick.answers.at(0)) + response_of(std::string("200 ") + kAfterBody);
  if (got != expected) {
    outcome.findings.push_back("the client got " + canonical::excerpt(got, 600) + ", expected " +
                               canonical::excerpt(expected, 600));
  }
  if (outcome.logged != trick.logged)
    outcome.findings.push_back("the gateway's reason is '" + outcome.logged + "', expected '" +
                               trick.logged + "'");
  if (outcome.reached != std::vector{request(kScripted), request(kAfter)})
    outcome.findings.push_back("the backend got " + joined(outcome.reached));
}

// The trick as one record, as a gateway that an attacker owns would send it.
void Runner::check_record(const Trick& trick, Outcome& outcome) const {
  const auto pipeline = trick.response ? Pipeline::RESPONSE : Pipeline::REQUEST;
  outcome.device =
      engine::judge(*image_, pipeline, static_cast<std::uint16_t>(endpoint_), octets(trick.bytes));
  const auto& got = outcome.device;
  const auto names = [](Reason reason) { return std::string(layout::name_of(reason)); };
  if (got.reason != trick.device) {
    outcome.findings.push_back("the tables say " + names(got.reason) + ", expected " +
                               names(trick.device));
  } else if (!got.accepted() && got.reason != Reason::TOO_LONG && trick.rejected_at != got.offset) {
    outcome.findings.push_back("the tables stop at byte " + std::to_string(got.offset));
  }
  const auto judged =
      trick.response ? policy_->judge->response(policy_->canonicalizer->endpoint(endpoint_).name,
                                                octets(trick.bytes))
                     : policy_->judge->request(octets(trick.bytes));
  // The judge models no stack: what is too deep for the device alone is no disagreement.
  if (judged.accepted != got.accepted() && got.reason != Reason::DEPTH)
    outcome.findings.push_back("the judge disagrees with the tables: " + judged.rule + " " +
                               judged.message);
}

// Whatever was expected: what reaches a backend is a canonical record.
void Runner::check_crossed(const std::vector<std::string>& records, Outcome& outcome) const {
  for (const std::string& record : records) {
    if (!policy_->judge->request(octets(record)).accepted ||
        !engine::judge_request(*image_, octets(record)).accepted())
      outcome.findings.push_back("not canonical, and it crossed: " +
                                 canonical::excerpt(record, 300));
  }
}

}  // namespace sluice::tricks
