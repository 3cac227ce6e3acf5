// SPDX-License-Identifier: Apache-2.0
#include "gateway/transactions.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace sluice::gateway {

bool Transactions::free_for(const Place& place) const {
  const auto used = in_use_.find(place.endpoint);
  return total_in_use_ < place.total_cap &&
         (used == in_use_.end() || used->second < place.endpoint_cap);
}

void Transactions::take(const std::string& endpoint) {
  ++total_in_use_;
  ++in_use_[endpoint];
}

void Transactions::release(const std::string& endpoint) {
  --total_in_use_;
  if (--in_use_[endpoint] == 0) in_use_.erase(endpoint);
  for (auto place = waiting_.begin(); place != waiting_.end(); ++place) {
    if (!free_for(*place)) continue;
    // The place is taken on its behalf here, so nobody overtakes it before it runs.
    take(place->endpoint);
    place->wait->done = true;
    place->wait->timer.cancel();
    waiting_.erase(place);
    return;
  }
}

awaitable<Outcome> Transactions::exchange(std::shared_ptr<const PolicyState> state, int endpoint,
                                          std::string record) {
  if (!connected_()) co_return Outcome{Outcome::Kind::no_device, {}};
  const compiler::Endpoint& called = state->canonicalizer->endpoint(endpoint);
  Place place{nullptr, called.name, std::max(called.outstanding_cap, 1u),
              state->policy().limits().max_outstanding()};
  if (free_for(place)) {
    take(place.endpoint);
  } else {
    if (waiting_.size() >= kMaxWaiting) co_return Outcome{Outcome::Kind::overloaded, {}};
    place.wait = std::make_shared<Wait>(io_);
    place.wait->timer.expires_after(state->response_timeout());
    waiting_.push_back(place);
    co_await place.wait->timer.async_wait(by_value);
    if (!place.wait->done) {
      std::erase_if(waiting_, [&](const Place& other) { return other.wait == place.wait; });
      co_return Outcome{Outcome::Kind::overloaded, {}};
    }
  }

  const auto wait = std::make_shared<Wait>(io_);
  while (next_tag_ == 0 || outstanding_.contains(next_tag_)) ++next_tag_;
  const std::uint32_t tag = next_tag_++;
  if (!send_(tag, record)) {
    release(place.endpoint);
    co_return Outcome{connected_() ? Outcome::Kind::overloaded : Outcome::Kind::no_device, {}};
  }
  outstanding_.emplace(tag, wait);
  wait->timer.expires_after(state->response_timeout() + state->margin());
  if (!wait->done) co_await wait->timer.async_wait(by_value);
  outstanding_.erase(tag);
  release(place.endpoint);
  co_return std::move(wait->outcome);
}

void Transactions::on_record(link::Record record) {
  const auto found = outstanding_.find(record.tag);
  if (found == outstanding_.end() || found->second->done) {
    spdlog::warn("a response came for no outstanding request (tag {}); dropped", record.tag);
    return;
  }
  Wait& wait = *found->second;
  wait.outcome = {Outcome::Kind::response, std::string(record.bytes.begin(), record.bytes.end())};
  wait.done = true;
  wait.timer.cancel();
}

void Transactions::on_down() {
  for (auto& [tag, wait] : outstanding_) {
    if (wait->done) continue;
    wait->outcome = {Outcome::Kind::no_device, {}};
    wait->done = true;
    wait->timer.cancel();
  }
}

}  // namespace sluice::gateway
