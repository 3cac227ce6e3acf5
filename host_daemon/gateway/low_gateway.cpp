// SPDX-License-Identifier: Apache-2.0
#include "gateway/low_gateway.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/version.hpp>

#include "canonical/text.hpp"
#include "gateway/head_reader.hpp"
#include "gateway/problem.hpp"

namespace sluice::gateway {

namespace http = beast::http;
using canonical::excerpt;
using canonical::HttpHead;
using canonical::HttpKind;
using canonical::Refusal;

namespace {

using BodyParser = http::request_parser<http::string_body>;

// Reads the message until it is whole. At the deadline the read is cancelled: the stream's own
// expiry would close the connection, and the client would not be told why.
awaitable<error_code> read_body(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                BodyParser& parser, Clock::time_point deadline) {
  stream.expires_never();
  parser.eager(true);
  const auto reading = std::make_shared<bool>(true);
  // The timer's handler may outlive this, and the stream, also when a read throws.
  struct Ending {
    bool& reading;
    ~Ending() { reading = false; }
  } const ending{*reading};
  asio::steady_timer timer(stream.get_executor(), deadline);
  timer.async_wait([&stream, reading](error_code cancelled) {
    if (!cancelled && *reading) stream.cancel();
  });
  error_code error;
  while (!error && !parser.is_done()) {
    std::tie(error, std::ignore) = co_await http::async_read_some(stream, buffer, parser, by_value);
    // Not only when cancelled: the timer may go off between two reads, and find none to cancel.
    if (!parser.is_done() && Clock::now() >= deadline) error = beast::error::timeout;
  }
  co_return error;
}

}  // namespace

struct LowGateway::Session {
  Session(tcp::socket socket, std::shared_ptr<LowGateway> owner)
      : stream(std::move(socket)), gateway(std::move(owner)) {
    gateway->sessions_.insert(this);
  }
  ~Session() {
    gateway->sessions_.erase(this);
    gateway->room_.cancel();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  beast::tcp_stream stream;
  std::shared_ptr<LowGateway> gateway;
  beast::flat_buffer buffer{kBufferBytes};
  Clock::time_point since = Clock::now();  // it waits for its client; meaningless while answering
  bool answering = false;                  // it waits for the filter, not for its client
  bool closing = false;                    // closed to make room
  bool head_only = false;                  // the request is a HEAD
  bool busy = false;                       // a request is under way
  bool keep_alive = true;                  // of the request under way
  int status = 0;                          // of the last response, for the log
  std::string said;                        // code and field of the last refusal, for the log
};

std::shared_ptr<LowGateway> LowGateway::create(asio::io_context& io, Options options,
                                               std::shared_ptr<const PolicyState> policy) {
  std::shared_ptr<LowGateway> gateway(new LowGateway(io, std::move(options), std::move(policy)));
  const std::weak_ptr<LowGateway> weak = gateway;
  gateway->link_ =
      DeviceLink::create(io, {.path = gateway->options_.device, .port = link::Port::low},
                         {.on_record =
                              [weak](link::Record record) {
                                if (auto self = weak.lock())
                                  self->transactions_.on_record(std::move(record));
                              },
                          .on_down =
                              [weak] {
                                if (auto self = weak.lock()) self->transactions_.on_down();
                              }});
  return gateway;
}

LowGateway::LowGateway(asio::io_context& io, Options options,
                       std::shared_ptr<const PolicyState> policy)
    : io_(io),
      options_(std::move(options)),
      policy_(std::move(policy)),
      transactions_(
          io, [this] { return link_->connected(); },
          [this](std::uint32_t tag, std::string_view record) { return link_->send(tag, record); }),
      acceptor_(io),
      room_(io) {
  acceptor_.open(options_.listen.protocol());
  acceptor_.set_option(asio::socket_base::reuse_address(true));
  acceptor_.bind(options_.listen);
  acceptor_.listen();
  local_ = acceptor_.local_endpoint();
}

void LowGateway::start() {
  link_->start();
  asio::co_spawn(
      io_, [self = shared_from_this()] { return self->accept(); }, asio::detached);
}

void LowGateway::stop() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  room_.cancel();
  for (Session* session : sessions_) {
    if (!session->busy) session->stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
  }
  if (active_ == 0) link_->stop();
}

awaitable<void> LowGateway::accept() {
  const auto self = shared_from_this();
  while (!stopped_) {
    auto [error, socket] = co_await acceptor_.async_accept(by_value);
    if (error) {
      if (stopped_) break;
      spdlog::warn("accept: {}", error.message());
      close_slowest();
      room_.expires_after(std::chrono::milliseconds(100));  // out of descriptors, say
      co_await room_.async_wait(by_value);
      continue;
    }
    // Where all are answering, the kernel's backlog holds further clients until one has ended.
    while (sessions_.size() >= options_.max_connections && !stopped_) {
      close_slowest();
      room_.expires_at(Clock::time_point::max());
      co_await room_.async_wait(by_value);
    }
    if (stopped_) break;
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto session = std::make_shared<Session>(std::move(socket), self);
    asio::co_spawn(
        io_, [self, session] { return self->serve(session); }, asio::detached);
  }
}

// Clients that keep a connection and send nothing, or little, or read nothing, must not keep others
// out: the one that has been waited for longest makes room.
void LowGateway::close_slowest() {
  Session* slowest = nullptr;
  for (Session* session : sessions_) {
    if (session->answering || session->closing) continue;
    if (!slowest || session->since < slowest->since) slowest = session;
  }
  if (!slowest) return;
  slowest->closing = true;
  slowest->stream.close();
  // At powers of two only: whoever opens connections does not get to fill the log.
  if (++closed_for_room_; (closed_for_room_ & (closed_for_room_ - 1)) == 0) {
    spdlog::warn("all {} connections are taken; the slowest client is disconnected ({} so far)",
                 sessions_.size(), closed_for_room_);
  }
}

awaitable<void> LowGateway::serve(std::shared_ptr<Session> session) {
  const auto self = shared_from_this();
  while (!stopped_ && co_await serve_one(*session)) {
  }
  error_code ignored;
  session->stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  // What the client still sends is read for a moment: closing on unread bytes would reset the
  // connection and could destroy our last answer before the client has read it.
  session->stream.expires_after(std::chrono::milliseconds(500));
  char sink[4096];
  for (std::size_t drained = 0; drained < 256 * 1024;) {
    auto [error, count] = co_await session->stream.async_read_some(asio::buffer(sink), by_value);
    if (error) break;
    drained += count;
  }
}

// One request and its response; false when the connection is to be closed.
awaitable<bool> LowGateway::serve_one(Session& session) {
  session.busy = false;
  session.keep_alive = false;
  session.head_only = false;
  session.said.clear();
  session.since = Clock::now();
  HeadReading reading =
      co_await read_head(session.stream, session.buffer, HttpKind::request,
                         session.since + options_.idle_timeout, options_.head_timeout);
  if (stopped_ && !reading.head) co_return false;
  session.busy = true;
  if (reading.refusal) co_return co_await refuse(session, std::move(*reading.refusal));
  if (!reading.head) co_return false;
  const HttpHead head = std::move(*reading.head);
  session.head_only = head.method == "HEAD";
  session.since = Clock::now();

  const std::size_t limit = policy_->max_body_bytes();
  const Refusal too_long =
      problem(413, "body_too_long", "The body has more than " + std::to_string(limit) + " bytes.");
  if (head.content_length.value_or(0) > limit) co_return co_await refuse(session, too_long);
  const auto deadline = Clock::now() + options_.body_timeout;
  session.stream.expires_at(deadline);
  if (head.expects_continue && (head.chunked || head.content_length.value_or(0) > 0)) {
    static const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    auto [error, count] =
        co_await asio::async_write(session.stream, asio::buffer(kContinue), by_value);
    if (error) co_return false;
  }
  BodyParser parser;
  parser.header_limit(canonical::kMaxHeadBytes);
  parser.body_limit(limit);
  const error_code error = co_await read_body(session.stream, session.buffer, parser, deadline);
  if (error == beast::error::timeout) {
    co_return co_await refuse(session, problem(408, "timeout", "The body did not come in time."));
  }
  if (error == http::error::body_limit) co_return co_await refuse(session, too_long);
  if (error.category() == http::make_error_code(http::error::bad_chunk).category() &&
      error != http::error::partial_message && error != http::error::end_of_stream) {
    co_return co_await refuse(
        session, problem(400, "bad_http", "The message is not HTTP/1.1: " + error.message() + "."));
  }
  if (error) co_return false;

  session.keep_alive = head.keep_alive && !stopped_;
  const auto start = Clock::now();
  ++active_;
  session.answering = true;
  std::string response;
  try {
    response = co_await answer(session, head, std::move(parser.get().body()));
  } catch (const std::exception& bug) {
    // Out of memory, or a mistake of ours: this request fails, the gateway goes on.
    spdlog::error("internal error: {}", bug.what());
    session.status = 500;
    response = problem_response(problem(500, "internal", "The gateway failed; its log says why."),
                                session.keep_alive);
  }
  session.answering = false;
  session.since = Clock::now();
  --active_;
  if (stopped_ && active_ == 0) link_->stop();
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  spdlog::info("{} {} {} {:.1f} ms{}", excerpt(head.method, 20),
               excerpt(head.target.substr(0, head.target.find('?')), 120), session.status,
               static_cast<double>(took.count()) / 1000, session.said);
  co_return co_await write(session, std::move(response)) && session.keep_alive;
}

// The bytes of the response to one request.
awaitable<std::string> LowGateway::answer(Session& session, const HttpHead& head,
                                          std::string body) {
  const auto state = policy_;
  const bool keep_alive = session.keep_alive;
  const auto say = [&](const Refusal& refusal) {
    session.status = refusal.http_status;
    session.said = " refused: " + in_words(refusal);
    return problem_response(refusal, keep_alive);
  };
  const auto record = state->canonicalizer->canonicalize_request(
      {head.method, head.target, head.headers, std::move(body)});
  if (!record) co_return say(record.refusal());
  if (const auto refusal =
          state->refused_by_tables(layout::Pipeline::REQUEST, record->endpoint, record->bytes))
    co_return say(*refusal);
  const Outcome outcome = co_await transactions_.exchange(state, record->endpoint, record->bytes);
  switch (outcome.kind) {
    case Outcome::Kind::response:
      co_return rebuild(session, *state, record->endpoint, outcome.record, keep_alive);
    case Outcome::Kind::no_device:
      co_return say(problem(503, "no_device",
                            "The filter device is not connected; the request did not cross, or its "
                            "answer was lost."));
    case Outcome::Kind::overloaded:
      co_return say(problem(503, "overloaded",
                            "Too many requests wait for their answer; the request was not sent."));
    case Outcome::Kind::timeout:
      break;
  }
  co_return say(problem(504, "timeout",
                        "No answer came back in time: the device or the other side dropped the "
                        "request or its response. The "
                        "device's audit log and the HIGH gateway's log say which."));
}

std::string LowGateway::rebuild(Session& session, const PolicyState& state, int endpoint,
                                const std::string& record, bool keep_alive) {
  const std::string& name = state.canonicalizer->endpoint(endpoint).name;
  const judge::Verdict verdict = state.judge->response(
      name, {reinterpret_cast<const std::uint8_t*>(record.data()), record.size()});
  const auto http = state.canonicalizer->parse_response_record(endpoint, record);
  if (!verdict.accepted || !http) {
    // Names of field and rule only: content stays out of the log.
    spdlog::error("the device passed a response that the second check refuses ({}): {}", name,
                  verdict.accepted ? http.refusal().code : verdict.rule + " " + verdict.path);
    session.status = 502;
    return problem_response(
        problem(502, "second_check", "The response did not pass the gateway's own check."),
        keep_alive);
  }
  session.status = http->status;
  // A record is a complete HTTP/1.1 response; only what concerns this connection is added.
  const auto body = record.find("\r\n\r\n") + 2;
  std::string out = record.substr(0, body);
  if (http->body.empty() && out.find("\r\ncontent-length: ") == std::string::npos)
    out += "content-length: 0\r\n";
  if (!keep_alive) out += "connection: close\r\n";
  return out + record.substr(body);
}

awaitable<bool> LowGateway::write(Session& session, std::string response) {
  // Whatever would follow the head, a client that sent HEAD takes for its next response (RFC 9110
  // section 9.3.2).
  if (session.head_only) response.resize(response.find("\r\n\r\n") + 4);
  session.stream.expires_after(options_.body_timeout);
  auto [error, count] =
      co_await asio::async_write(session.stream, asio::buffer(response), by_value);
  co_return !error;
}

// A refusal of the message as HTTP: where it ends is not sure, so the connection ends.
awaitable<bool> LowGateway::refuse(Session& session, Refusal refusal) {
  session.status = refusal.http_status;
  spdlog::info("- - {} refused: {}", refusal.http_status, refusal.code);
  co_await write(session, problem_response(refusal, false));
  co_return false;
}

}  // namespace sluice::gateway
