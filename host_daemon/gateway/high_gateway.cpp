// SPDX-License-Identifier: Apache-2.0
#include "gateway/high_gateway.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "canonical/text.hpp"
#include "gateway/problem.hpp"

namespace sluice::gateway {

using canonical::excerpt;
using canonical::HttpRequest;
using canonical::HttpResponse;

std::optional<std::string> bad_gateway_record(const canonical::Canonicalizer& canonicalizer,
                                              int endpoint, const HttpRequest& request) {
  constexpr int kBadGateway = 502;
  const auto& responses = canonicalizer.endpoint(endpoint).responses;
  const auto listed = std::find_if(responses.begin(), responses.end(),
                                   [](const auto& r) { return r.code == kBadGateway; });
  if (listed == responses.end()) return std::nullopt;
  HttpResponse response;
  response.status = kBadGateway;
  for (const auto& rule : canonicalizer.schema().response_headers) {
    if (!rule.required) continue;
    if (rule.constant) response.headers.push_back({rule.name, *rule.constant});
    for (const auto& header : request.headers) {
      if (!rule.constant && header.name == rule.name) response.headers.push_back(header);
    }
  }
  if (listed->body.kind == compiler::Body::Kind::none) {
    const auto record = canonicalizer.canonicalize_response(endpoint, response);
    return record ? std::optional(record->bytes) : std::nullopt;
  }
  const bool protobuf = listed->body.protobuf;
  response.headers.push_back(
      {"content-type", protobuf ? "application/protobuf" : "application/json"});
  // 14 is google.rpc.Code.UNAVAILABLE: google.rpc.Status in either encoding (code = 1, message = 2).
  const std::string text = "the backend did not answer as it should";
  const std::string full =
      protobuf ? "\x08\x0E\x12" + std::string(1, static_cast<char>(text.size())) + text
               : R"({"code":14,"message":")" + text + "\"}";
  for (const std::string& body : {full, std::string(protobuf ? "" : "{}")}) {
    response.body = body;
    const auto record = canonicalizer.canonicalize_response(endpoint, response);
    if (record) return record->bytes;
  }
  return std::nullopt;
}

std::shared_ptr<HighGateway> HighGateway::create(asio::io_context& io, Options options,
                                                 std::shared_ptr<const PolicyState> policy) {
  const std::string device = options.device;
  std::shared_ptr<HighGateway> gateway(new HighGateway(io, std::move(options), std::move(policy)));
  const std::weak_ptr<HighGateway> weak = gateway;
  gateway->link_ = DeviceLink::create(io, {.path = device, .port = link::Port::high},
                                      {.on_record =
                                           [weak](link::Record record) {
                                             if (auto self = weak.lock())
                                               self->on_record(std::move(record));
                                           },
                                       .on_down = [] {}});
  return gateway;
}

HighGateway::HighGateway(asio::io_context& io, Options options,
                         std::shared_ptr<const PolicyState> policy)
    : io_(io),
      policy_(std::move(policy)),
      backend_(
          std::make_shared<Backend>(io, Backend::Options{.address = std::move(options.backend)})) {}

void HighGateway::stop() {
  stopped_ = true;
  if (active_ == 0) link_->stop();
}

void HighGateway::on_record(link::Record record) {
  if (stopped_) return;
  // The device lets no more requests through than that; a policy that was reloaded here only may
  // differ.
  const std::size_t limit =
      std::max<std::size_t>(policy_->policy().limits().max_outstanding(), 1) * 2;
  if (active_ >= limit) {
    spdlog::warn("request {:08x} dropped: {} are under way", record.tag, active_);
    return;
  }
  ++active_;
  asio::co_spawn(
      io_,
      [self = shared_from_this(), state = policy_, record = std::move(record)]() mutable {
        return self->serve(std::move(state), std::move(record));
      },
      asio::detached);
}

awaitable<void> HighGateway::serve(std::shared_ptr<const PolicyState> state, link::Record record) {
  const auto self = shared_from_this();
  try {
    co_await forward(std::move(state), record.tag,
                     std::string(record.bytes.begin(), record.bytes.end()));
  } catch (const std::exception& bug) {
    // Out of memory, or a mistake of ours: this request fails, the gateway goes on.
    spdlog::error("internal error: {}", bug.what());
  }
  --active_;
  if (stopped_ && active_ == 0) link_->stop();
}

awaitable<void> HighGateway::forward(std::shared_ptr<const PolicyState> state, std::uint32_t id,
                                     std::string record) {
  const auto start = Clock::now();
  const auto verdict =
      state->judge->request({reinterpret_cast<const std::uint8_t*>(record.data()), record.size()});
  const auto parsed = state->canonicalizer->parse_request_record(record);
  if (!verdict.accepted || !parsed ||
      state->canonicalizer->endpoint(parsed->endpoint).name != verdict.endpoint) {
    // Names of field and rule only: content stays out of the log.
    spdlog::error(
        "the device passed a request that the second check refuses (id {:08x}): {}; it is not sent "
        "on",
        id,
        !verdict.accepted ? verdict.rule + " " + verdict.path
        : !parsed         ? parsed.refusal().code
                          : "the checks disagree about the endpoint");
    co_return;
  }
  const HttpRequest& request = parsed->http;
  const auto log = [&](int status, const std::string& what) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
    spdlog::info("{} {} {} {:.1f} ms{}", request.method,
                 excerpt(request.target.substr(0, request.target.find('?')), 120), status,
                 static_cast<double>(took.count()) / 1000, what);
  };
  const auto answer =
      co_await backend_->call(request, state->max_body_bytes(), start + state->response_timeout());
  if (const auto* failure = std::get_if<BackendFailure>(&answer)) {
    // After a time-out the device takes no answer any more.
    log(failure->timed_out() ? 504 : 502,
        " backend failed: " + failure->code + ": " + failure->message);
    if (!failure->timed_out()) send_bad_gateway(*state, id, parsed->endpoint, request);
    co_return;
  }
  const auto& response = std::get<HttpResponse>(answer);
  const auto canonical = state->canonicalizer->canonicalize_response(parsed->endpoint, response);
  if (!canonical) {
    log(502, " response refused: " + in_words(canonical.refusal()));
    send_bad_gateway(*state, id, parsed->endpoint, request);
    co_return;
  }
  if (const auto refusal = state->refused_by_tables(layout::Pipeline::RESPONSE, parsed->endpoint,
                                                    canonical->bytes)) {
    log(502, " response refused: " + in_words(*refusal));
    send_bad_gateway(*state, id, parsed->endpoint, request);
    co_return;
  }
  log(response.status, "");
  if (!link_->send(id, canonical->bytes))
    spdlog::warn("response {:08x} dropped: no device, or its queue is full", id);
}

void HighGateway::send_bad_gateway(const PolicyState& state, std::uint32_t id, int endpoint,
                                   const HttpRequest& request) {
  if (const auto record = bad_gateway_record(*state.canonicalizer, endpoint, request)) {
    link_->send(id, *record);
  } else {
    spdlog::warn(
        "{:08x} stays without an answer: no 502 can cross; list {{code: 502, message: "
        "google.rpc.Status}} in the policy",
        id);
  }
}

}  // namespace sluice::gateway
