// SPDX-License-Identifier: Apache-2.0
// Any bytes from the network as HTTP. Requests go through a real LOW gateway over a real loopback
// connection, without a device behind it, and through canonicalize_http: both must come to the same
// answer. Responses, as a backend may send them, go through canonicalize_http. What becomes a
// record is accepted by table and judge and reads back as itself.
//
//   input: options, endpoint, bytes.  options: 0 policy, 1 pipeline
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <charconv>
#include <optional>

#include "fuzz/support.hpp"
#include "gateway/low_gateway.hpp"

using namespace sluice;
using fuzz::finding;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// A gateway that runs whenever its client waits; everything is in this thread.
class Gateway {
 public:
  explicit Gateway(const std::string& policy) {
    spdlog::set_level(spdlog::level::off);
    auto loaded = gateway::load_policy(std::string(SLUICE_SOURCE_DIR) + "/" + policy);
    gateway_ = gateway::LowGateway::create(
        io_, {.device = "/nonexistent/low", .listen = {asio::ip::address_v4::loopback(), 0}},
        std::get<std::shared_ptr<const gateway::PolicyState>>(std::move(loaded)));
    gateway_->start();
  }

  /// Everything that the gateway answers to a client that sends these bytes and no more.
  std::string exchange(std::string_view bytes) {
    tcp::socket client(io_);
    client.connect(gateway_->local_endpoint());
    client.non_blocking(true);
    client.set_option(asio::socket_base::linger(true, 0));  // no TIME_WAIT for each input
    std::string answer;
    std::size_t sent = 0;
    bool done_sending = false;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (true) {
      boost::system::error_code error;
      if (sent < bytes.size()) {
        sent += client.write_some(asio::buffer(bytes.data() + sent, bytes.size() - sent), error);
        if (error && error != asio::error::would_block) sent = bytes.size();
      } else if (!done_sending) {
        client.shutdown(tcp::socket::shutdown_send, error);
        done_sending = true;
      }
      char piece[4096];
      const std::size_t count = client.read_some(asio::buffer(piece), error);
      answer.append(piece, count);
      if (error && error != asio::error::would_block) return answer;
      if (io_.poll() == 0 && error) {
        if (std::chrono::steady_clock::now() > deadline)
          finding("the gateway neither answers nor closes");
        io_.run_one_for(std::chrono::milliseconds(1));
      }
    }
  }

 private:
  asio::io_context io_;
  std::shared_ptr<gateway::LowGateway> gateway_;
};

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    finding("the gateway answers with the number '" + std::string(text) + "'");
  return value;
}

/// The status codes of the final responses in `answer`, which must hold whole responses only. An
/// answer to HEAD has the length of a body and none; which answer that is, among several, shows by
/// what follows: every body of the gateway is a JSON object.
std::vector<std::size_t> statuses_of(std::string_view answer, bool may_have_heads) {
  std::vector<std::size_t> out;
  while (!answer.empty()) {
    const auto end = answer.find("\r\n\r\n");
    if (!answer.starts_with("HTTP/1.1 ") || end == std::string_view::npos)
      finding("the gateway's answer is not HTTP: " + std::string(answer));
    const std::string_view head = answer.substr(0, end + 2);
    const std::size_t status = number(head.substr(9, 3));
    answer.remove_prefix(end + 4);
    if (status == 100) continue;
    constexpr std::string_view name = "\r\ncontent-length: ";
    const auto at = head.find(name);
    if (at == std::string_view::npos)
      finding("the gateway's answer has no length: " + std::string(head));
    const auto from = at + name.size();
    std::size_t length = number(head.substr(from, head.find('\r', from) - from));
    if (may_have_heads && !answer.starts_with('{')) length = 0;
    if (length > answer.size()) finding("the gateway's answer ends early");
    answer.remove_prefix(length);
    out.push_back(status);
  }
  return out;
}

void check_request(Gateway& gateway, const fuzz::Policy& policy, std::string_view bytes) {
  const auto record = policy.canonicalizer->canonicalize_http(layout::Pipeline::REQUEST, bytes);
  if (record) fuzz::require_record(policy, layout::Pipeline::REQUEST, *record);
  const auto statuses = statuses_of(gateway.exchange(bytes), bytes.find("HEAD ") != bytes.npos);
  for (const std::size_t status : statuses) {
    if (status < 400 || status == 500 || status > 505)
      finding("the gateway answers " + std::to_string(status) + " without a device");
  }
  // Without a device a good request gets 503. Unfinished messages may end without an answer, and
  // behind a message there may be another.
  std::optional<std::size_t> expected;
  if (record) {
    expected = 503;
  } else if (record.refusal().code != "incomplete" && record.refusal().code != "trailing_bytes") {
    expected = static_cast<std::size_t>(record.refusal().http_status);
  }
  if (fuzz::seeded_fault && expected) ++*expected;
  if (!expected) return;
  if (statuses.size() != 1 || statuses.front() != *expected) {
    finding("the gateway gives " + std::to_string(statuses.size()) + " answers, first " +
            (statuses.empty() ? "none" : std::to_string(statuses.front())) +
            "; canonicalize_http says " + std::to_string(*expected) + " " +
            (record ? "" : record.refusal().code + ": " + record.refusal().message));
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Gateway library("schemas/examples/library/policy.yaml");
  static Gateway plant("schemas/examples/plant/policy.yaml");
  fuzz::Input input(data, size);
  const unsigned options = input.u8();
  const unsigned chosen = input.u8();
  const fuzz::Policy& policy = fuzz::policy(options & 1);
  const std::string_view bytes = fuzz::text_of(input.rest());
  if ((options & 2) == 0) {
    check_request((options & 1) == 0 ? library : plant, policy, bytes);
    return 0;
  }
  const auto endpoints = static_cast<unsigned>(policy.canonicalizer->schema().endpoints.size());
  const auto record = policy.canonicalizer->canonicalize_http(
      layout::Pipeline::RESPONSE, bytes, static_cast<int>(1 + chosen % endpoints));
  if (record) fuzz::require_record(policy, layout::Pipeline::RESPONSE, *record);
  return 0;
}
