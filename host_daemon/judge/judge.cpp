// SPDX-License-Identifier: Apache-2.0
// One record, step by step.
#include "judge/judge.hpp"

#include <algorithm>
#include <set>

#include "judge/binary_body.hpp"
#include "judge/canonical_text.hpp"
#include "judge/envelope.hpp"
#include "judge/header_check.hpp"
#include "judge/json_writer.hpp"
#include "judge/message_reader.hpp"
#include "judge/plan.hpp"
#include "judge/rule_support.hpp"
#include "judge/target.hpp"
#include "judge/text.hpp"
#include "judge/well_known.hpp"
#include "load/http_status.hpp"
#include "load/spans.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;

// A few bytes of a text from an offset on, for people.
std::string excerpt(std::string_view text, std::size_t offset) {
  std::string shown;
  for (char c : text.substr(std::min(offset, text.size()), 16)) {
    shown += c >= 0x20 && c < 0x7F ? c : '?';
  }
  return shown.empty() ? "the end" : "'" + shown + "'";
}

MaybeRejection compare(std::string_view record, const CanonicalText& canonical, Verdict& verdict) {
  const auto result = canonical.compare(record);
  verdict.float_not_shortest = result.float_not_shortest;
  if (result.equal) return std::nullopt;
  return Rejection{"", "canonical",
                   "not the canonical spelling: at byte " + std::to_string(result.record_offset) +
                       " stands " + excerpt(record, result.record_offset) + ", canonical is " +
                       excerpt(canonical.bytes(), result.canonical_offset)};
}

std::string_view media_type(const BodyPlan& plan) {
  return plan.binary ? "application/protobuf" : "application/json";
}

// Reports types that have no object of their own as a body; collects the others.
std::vector<const Descriptor*> root_messages(const load::Loaded& loaded,
                                             load::Diagnostics& diagnostics) {
  std::vector<const Descriptor*> roots;
  const auto add = [&](const Descriptor* type, const std::string& user, const load::Span& span) {
    roots.push_back(type);
    if (is_plain_message(type)) return;
    diagnostics.error(load::Code::kTypeUnsupported, span,
                      user + ": the judge cannot judge " + type->full_name() + " as a whole body");
  };
  for (const auto& selected : loaded.methods) {
    const auto* method = selected.method;
    add(method->input_type(), method->full_name(), load::span_of(loaded, method));
    add(method->output_type(), method->full_name(), load::span_of(loaded, method));
  }
  for (const auto& status : loaded.statuses) {
    if (status.message == nullptr) continue;
    add(status.message, "status " + std::to_string(status.code), status.policy_span);
  }
  return roots;
}

}  // namespace

class Judge::Implementation {
 public:
  Implementation(std::shared_ptr<const load::Loaded> loaded, load::Diagnostics& diagnostics)
      : loaded_(std::move(loaded)),
        plans_(plan_endpoints(*loaded_, diagnostics)),
        messages_(reachable_messages(root_messages(*loaded_, diagnostics))),
        rules_(*loaded_, messages_, diagnostics),
        packed_(reachable_messages(loaded_->any_types)),
        reader_(loaded_->pool, all_messages(), loaded_->any_types),
        writer_(JsonSpelling(loaded_->policy.json()),
                [this](const Message& any) { return reader_.open(any); }),
        binary_([this](const Message& any) { return reader_.open(any); }),
        request_headers_(loaded_->policy.request_headers(), loaded_->policy.host(), *loaded_,
                         "requestHeaders", diagnostics),
        response_headers_(loaded_->policy.response_headers(), "", *loaded_, "responseHeaders",
                          diagnostics) {
    for (const Descriptor* type : loaded_->any_types) {
      if (well_known(type) != WellKnown::kValue && well_known(type) != WellKnown::kListValue) {
        continue;
      }
      diagnostics.error(load::Code::kTypeUnsupported, loaded_->policy_spans.at("anyTypes"),
                        "anyTypes: the judge cannot judge " + type->full_name() +
                            ": libprotobuf reads no list as the value of an Any");
    }
    for (const Descriptor* message : all_messages()) {
      refuse_unsupported_types(*loaded_, message, diagnostics);
      writer_.prepare(message);
      binary_.prepare(message);
    }
  }

  MaybeRejection request(std::string_view record, Verdict& verdict, const Seen& seen) const;
  MaybeRejection response(std::string_view endpoint, std::string_view record, Verdict& verdict,
                          const Seen& seen) const;
  std::vector<RuleViolation> evaluate(const Message& message) const {
    return rules_.evaluate(message);
  }

 private:
  std::set<const Descriptor*> all_messages() const {
    std::set<const Descriptor*> all = messages_;
    all.insert(packed_.begin(), packed_.end());
    return all;
  }
  MaybeRejection check_length(std::string_view record) const;
  MaybeRejection find_endpoint(const Envelope& envelope, const EndpointPlan*& plan,
                               PathTemplate::Match& match) const;
  MaybeRejection read_body(const BodyPlan& plan, bool has_body, std::string_view body,
                           Message& message) const;
  MaybeRejection write_body(const BodyPlan& plan, const Message& message,
                            const std::set<std::string>& elsewhere, CanonicalText& out) const;
  // `soft` is set when only rules fail that are left to software.
  MaybeRejection check_rules(const Message& message, MaybeRejection& soft) const;

  std::shared_ptr<const load::Loaded> loaded_;
  std::vector<EndpointPlan> plans_;
  std::set<const Descriptor*> messages_;
  RuleBook rules_;
  std::set<const Descriptor*> packed_;  // in an Any, where rules mean nothing
  MessageReader reader_;
  JsonWriter writer_;
  BinaryWriter binary_;
  HeaderCheck request_headers_;
  HeaderCheck response_headers_;
};

MaybeRejection Judge::Implementation::check_length(std::string_view record) const {
  const auto limit = loaded_->policy.limits().max_record_bytes();
  if (record.size() <= limit) return std::nullopt;
  return Rejection{"", "record.too_long",
                   "the record has " + std::to_string(record.size()) + " bytes, the limit is " +
                       std::to_string(limit)};
}

// Every template is tried; of those that match, the one wins that is more literal than all others.
MaybeRejection Judge::Implementation::find_endpoint(const Envelope& envelope,
                                                    const EndpointPlan*& plan,
                                                    PathTemplate::Match& match) const {
  const auto path = envelope.second.substr(0, envelope.second.find('?'));
  std::vector<std::pair<const EndpointPlan*, PathTemplate::Match>> found;
  for (const EndpointPlan& candidate : plans_) {
    if (candidate.http_method != envelope.first) continue;
    if (auto one = candidate.path->match(path)) found.emplace_back(&candidate, std::move(*one));
  }
  if (found.empty()) return Rejection{"", "http.path", "no endpoint has this method and path"};
  for (const auto& one : found) {
    const bool wins = std::all_of(found.begin(), found.end(), [&](const auto& other) {
      return &other == &one || more_literal(one.second, other.second) < 0;
    });
    if (!wins) continue;
    plan = one.first;
    match = one.second;
    return std::nullopt;
  }
  return Rejection{"", "judge.ambiguous", "no endpoint wins this path by a literal"};
}

MaybeRejection Judge::Implementation::read_body(const BodyPlan& plan, bool has_body,
                                                std::string_view body, Message& message) const {
  if (!has_body) {
    if (plan.kind != BodyPlan::Kind::kMessage) return std::nullopt;
    return Rejection{"", "http.body", "the body is missing"};
  }
  if (plan.binary && plan.kind == BodyPlan::Kind::kField) {
    if (body.empty()) return Rejection{"", "http.body", "an empty message is no body of its own"};
    return read_binary(body, *message.GetReflection()->MutableMessage(&message, plan.field));
  }
  switch (plan.kind) {
    case BodyPlan::Kind::kMessage:
      return plan.binary ? read_binary(body, message) : reader_.read(body, message);
    case BodyPlan::Kind::kField:
      // Whatever else a text might smuggle in here is missed when the body is written again.
      return reader_.read("{" + json_quote(plan.field->json_name()) + ":" + std::string(body) + "}",
                          message);
    case BodyPlan::Kind::kNone:
      break;
  }
  return Rejection{"", "http.body", "this endpoint has no body"};
}

MaybeRejection Judge::Implementation::write_body(const BodyPlan& plan, const Message& message,
                                                 const std::set<std::string>& elsewhere,
                                                 CanonicalText& out) const {
  if (plan.binary && plan.kind != BodyPlan::Kind::kNone) {
    std::string bytes;
    auto no = plan.kind == BodyPlan::Kind::kMessage
                  ? binary_.message(message, elsewhere, bytes)
                  : binary_.field(message, plan.field, elsewhere, bytes);
    out.add(bytes);
    return no;
  }
  switch (plan.kind) {
    case BodyPlan::Kind::kMessage:
      return writer_.message(message, elsewhere, out);
    case BodyPlan::Kind::kField:
      return writer_.field(message, plan.field, elsewhere, out);
    case BodyPlan::Kind::kNone:
      break;
  }
  return std::nullopt;
}

MaybeRejection Judge::Implementation::check_rules(const Message& message,
                                                  MaybeRejection& soft) const {
  for (const RuleViolation& violation : rules_.evaluate(message)) {
    const Rejection rejection{violation.path, violation.rule, violation.message};
    if (!violation.software_only) return rejection;
    if (!soft) soft = rejection;
  }
  return std::nullopt;
}

MaybeRejection Judge::Implementation::request(std::string_view record, Verdict& verdict,
                                              const Seen& seen) const {
  if (auto no = check_length(record)) return no;
  Envelope envelope;
  if (auto no = parse_envelope(record, envelope)) return no;
  if (envelope.third != "HTTP/1.1") {
    return Rejection{"", "http.line", "the version is not HTTP/1.1"};
  }
  const EndpointPlan* plan = nullptr;
  PathTemplate::Match match;
  if (auto no = find_endpoint(envelope, plan, match)) return no;
  verdict.endpoint = plan->name;
  bool has_body = false;
  if (auto no = request_headers_.check(envelope, media_type(plan->request), has_body)) return no;

  // The body first, because reading it replaces the message; then query and path. Where two of them
  // set one field, or members of one oneof, one is lost, and the record written again differs.
  const auto message = reader_.make(plan->request.message);
  if (auto no = read_body(plan->request, has_body, envelope.body, *message)) return no;
  if (const auto mark = envelope.second.find('?'); mark != std::string_view::npos) {
    if (auto no = read_query(*plan, envelope.second.substr(mark + 1), *message)) return no;
  }
  if (auto no = read_path(*plan, match, *message)) return no;

  MaybeRejection soft;
  if (auto no = check_rules(*message, soft)) return no;

  CanonicalText canonical;
  canonical.add(plan->http_method + " ");
  if (auto no = write_target(*plan, *message, canonical)) return no;
  canonical.add(" HTTP/1.1\r\n" + write_headers(envelope.headers));
  if (auto no = write_body(plan->request, *message, plan->in_path, canonical)) return no;
  if (auto no = compare(record, canonical, verdict)) return no;
  verdict.software_only = soft.has_value();
  if (!soft && seen) seen(*message);
  return soft;
}

MaybeRejection Judge::Implementation::response(std::string_view endpoint, std::string_view record,
                                               Verdict& verdict, const Seen& seen) const {
  const auto plan = std::find_if(plans_.begin(), plans_.end(),
                                 [&](const EndpointPlan& one) { return one.name == endpoint; });
  if (plan == plans_.end()) {
    return Rejection{"", "judge.endpoint", "the policy has no such endpoint"};
  }
  verdict.endpoint = plan->name;
  if (auto no = check_length(record)) return no;
  Envelope envelope;
  if (auto no = parse_envelope(record, envelope)) return no;
  if (envelope.first != "HTTP/1.1") {
    return Rejection{"", "http.line", "the version is not HTTP/1.1"};
  }
  const auto status =
      std::find_if(loaded_->statuses.begin(), loaded_->statuses.end(),
                   [&](const auto& one) { return std::to_string(one.code) == envelope.second; });
  if (status == loaded_->statuses.end()) {
    return Rejection{"", "http.status", "the policy lists no such status"};
  }
  BodyPlan body = plan->response;
  if (status->message != nullptr) {
    body = {BodyPlan::Kind::kMessage, status->message, nullptr, body.binary};
  }
  bool has_body = false;
  if (auto no = response_headers_.check(envelope, media_type(body), has_body)) return no;

  const auto message = reader_.make(body.message);
  if (auto no = read_body(body, has_body, envelope.body, *message)) return no;
  MaybeRejection soft;
  if (auto no = check_rules(*message, soft)) return no;

  CanonicalText canonical;
  canonical.add("HTTP/1.1 " + std::to_string(status->code) + " ");
  canonical.add(load::reason_phrase(status->code));
  canonical.add("\r\n" + write_headers(envelope.headers));
  if (auto no = write_body(body, *message, {}, canonical)) return no;
  if (auto no = compare(record, canonical, verdict)) return no;
  verdict.software_only = soft.has_value();
  if (!soft && seen) seen(*message);
  return soft;
}

namespace {

std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Verdict finish(Verdict verdict, MaybeRejection rejection) {
  verdict.accepted = !rejection;
  if (rejection) {
    verdict.path = std::move(rejection->path);
    verdict.rule = std::move(rejection->rule);
    verdict.message = std::move(rejection->message);
    verdict.float_not_shortest = false;
  }
  return verdict;
}

}  // namespace

Judge::Judge(std::unique_ptr<const Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Judge::~Judge() = default;

std::unique_ptr<Judge> Judge::create(std::shared_ptr<const load::Loaded> loaded,
                                     load::Diagnostics& diagnostics) {
  const auto errors = diagnostics.error_count();
  auto implementation = std::make_unique<const Implementation>(std::move(loaded), diagnostics);
  if (diagnostics.error_count() != errors) return nullptr;
  return std::unique_ptr<Judge>(new Judge(std::move(implementation)));
}

Verdict Judge::request(std::span<const std::uint8_t> record, const Seen& seen) const {
  Verdict verdict;
  auto rejection = implementation_->request(text_of(record), verdict, seen);
  return finish(std::move(verdict), std::move(rejection));
}

Verdict Judge::response(std::string_view endpoint, std::span<const std::uint8_t> record,
                        const Seen& seen) const {
  Verdict verdict;
  auto rejection = implementation_->response(endpoint, text_of(record), verdict, seen);
  return finish(std::move(verdict), std::move(rejection));
}

std::vector<RuleViolation> Judge::evaluate(const Message& message) const {
  return implementation_->evaluate(message);
}

}  // namespace sluice::judge
