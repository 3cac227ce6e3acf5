// SPDX-License-Identifier: Apache-2.0
#include "daemon/audit_decoder.hpp"

#include <algorithm>

#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

namespace sluice::daemon {
namespace {

constexpr std::size_t kCached = 4;

// A number without a name stays a number.
template <class E>
std::string name(E value) {
  return layout::is_defined(value) ? std::string(layout::name_of(value))
                                   : std::to_string(static_cast<unsigned>(value));
}

}  // namespace

v1::AuditEvent AuditDecoder::decode(const StoredEvent& stored) {
  const layout::Event& event = stored.event;
  v1::AuditEvent out;
  out.set_id(stored.id);
  *out.mutable_time() = google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(stored.time_us);
  out.set_kind(name(event.kind));
  out.set_epoch(event.epoch);
  out.set_digest(stored.digest);
  out.set_tick(event.tick);
  out.set_cycle(event.cycle);
  out.set_sequence(event.sequence);
  out.set_run(stored.run);
  out.set_unsigned_image((event.flags & layout::EVENT_FLAG_UNSIGNED) != 0);
  if (event.kind == layout::EventKind::IMAGE) return out;

  out.set_pipeline(event.pipeline == layout::Pipeline::REQUEST ? "request" : "response");
  out.set_reason(name(event.reason));
  out.set_endpoint_tag(event.endpoint);
  out.set_length(event.length);
  out.set_offset(event.offset);
  out.set_tag(event.tag);
  out.set_transaction(event.transaction);
  const auto map = symbols(stored.digest);
  if (map) out.set_endpoint(map->endpoint_name(event.endpoint));
  if (event.reason == layout::Reason::ACCEPTED) return out;
  if (map) {
    const compiler::Explanation explanation = map->explain(event);
    if (!explanation.endpoint.empty()) out.set_endpoint(explanation.endpoint);
    out.set_path(explanation.path);
    out.set_rule(explanation.rule);
    out.set_text(explanation.text);
  }
  if (out.text().empty()) out.set_text(std::string(layout::text_of(event.reason)));
  return out;
}

std::shared_ptr<const compiler::SymbolMap> AuditDecoder::symbols(const std::string& digest) {
  if (digest.empty()) return nullptr;
  const auto found = std::find_if(cache_.begin(), cache_.end(), [&](const Cached& c) { return c.digest == digest; });
  if (found != cache_.end()) {
    cache_.splice(cache_.begin(), cache_, found);
    return cache_.front().symbols;
  }
  std::shared_ptr<const compiler::SymbolMap> map;
  const std::string text = store_.symbols(digest);
  // Without a map nothing is cached: one may still be pushed.
  if (text.empty()) return nullptr;
  try {
    map = std::make_shared<compiler::SymbolMap>(compiler::SymbolMap::parse(text));
  } catch (const std::exception& error) {
    spdlog::error("audit: symbol map of {}: {}", digest, error.what());
  }
  cache_.push_front({digest, map});
  if (cache_.size() > kCached) cache_.pop_back();
  return map;
}

}  // namespace sluice::daemon
