// SPDX-License-Identifier: Apache-2.0
#include "simulation/device_run.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <stdexcept>
#include <utility>

#include "link/link_codec.hpp"
#include "link/management_client.hpp"

namespace sluice::simulation {
namespace {

using layout::Event;
using layout::Pipeline;
using layout::Reason;
using link::Port;

// Never given out: generations start at 1.
constexpr std::uint32_t no_id = 0;
// Accepted records of each pipeline that the throughput is measured with: at most so many different ones, by turns until there
// are enough for a lane to run full.
constexpr std::size_t records_measured = 400, records_enough = 64;
// A request whose answer may take longer is not waited for in the end.
constexpr std::uint32_t longest_wait_ticks = 60'000;

class Runner {
 public:
  Runner(simulator::DeviceSession& session, const engine::Image& image, std::span<const Passage> passages)
      : session_(session), image_(image), passages_(passages), has_clock_(session.cycles() != 0) {
    run_.arrivals.resize(passages.size());
  }

  DeviceRun run() {
    for (std::size_t at = 0; at < passages_.size();) {
      advance(passages_[at].t_us / 1000);
      std::size_t end = at + 1;
      while (end < passages_.size() && passages_[end].t_us == passages_[at].t_us && passages_[end].pipeline == passages_[at].pipeline) ++end;
      burst(at, end);
      at = end;
    }
    if (!open_.empty() && image_.response_timeout_ticks() <= longest_wait_ticks) {
      session_.tick(image_.response_timeout_ticks() + 1);
      take_all();
    }
    if (has_clock_) {
      run_.timing = Timing{throughput(Pipeline::REQUEST), throughput(Pipeline::RESPONSE)};
    }
    return std::move(run_);
  }

 private:
  struct Open {
    std::uint32_t id;
    std::uint16_t endpoint;
    std::size_t passage;  // its request
  };
  using Key = std::pair<Pipeline, std::uint32_t>;

  void advance(std::uint64_t tick) {
    if (tick <= tick_) return;
    session_.tick(static_cast<unsigned>(tick - tick_));
    tick_ = tick;
    take_all();
  }

  std::uint64_t send(Pipeline pipeline, std::uint32_t tag, std::span<const std::uint8_t> record) {
    const Port port = pipeline == Pipeline::REQUEST ? Port::low : Port::high;
    std::uint64_t bytes = 0;
    for (const link::Frame& frame : link::to_frames(link::to_device(port), tag, record)) {
      session_.send(port, frame);
      bytes += frame.size();
    }
    return bytes;
  }

  // The oldest open request of that endpoint, which is open no longer.
  std::uint32_t answered(std::uint16_t endpoint) {
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& one) { return one.endpoint == endpoint; });
    if (found == open_.end()) return no_id;
    const std::uint32_t id = found->id;
    open_.erase(found);
    return id;
  }

  // Passages [from, to) back to back.
  void burst(std::size_t from, std::size_t to) {
    const std::uint64_t start = session_.cycles();
    std::uint64_t offset = 0;
    std::map<std::size_t, std::uint64_t> arrived;
    for (std::size_t i = from; i < to; ++i) {
      const Passage& passage = passages_[i];
      const std::uint32_t tag = passage.pipeline == Pipeline::REQUEST ? ++last_tag_ : answered(passage.endpoint);
      waiting_[{passage.pipeline, tag}].push_back(i);
      arrived[i] = start + offset;  // one byte a cycle at the port
      offset += send(passage.pipeline, tag, passage.record);
    }
    take_all();
    if (!waiting_.empty()) throw std::runtime_error("the device gave no verdict on a record");
    if (!has_clock_) return;
    std::vector<std::pair<std::uint64_t, int>> held;  // a buffer is taken, or free again
    for (const auto& [i, cycle] : arrived) {
      Arrival& arrival = run_.arrivals[i];
      const std::uint64_t verdict = std::max(arrival.event.cycle, cycle);
      arrival.latency_cycles = verdict - cycle;
      if (!takes_buffer(arrival.event.reason)) continue;
      held.emplace_back(cycle, 1);
      held.emplace_back(verdict + (arrival.event.reason == Reason::ACCEPTED ? passages_[i].record.size() : 0) + 1, -1);
    }
    std::sort(held.begin(), held.end());
    int now = 0, most = 0;
    for (const auto& [cycle, change] : held) most = std::max(most, now += change);
    // Both ends are reckoned generously, by a few cycles; more than there are was never held.
    most = std::min(most, static_cast<int>(buffers()));
    run_.buffers_peak = std::max(run_.buffers_peak.value_or(0), static_cast<std::uint32_t>(most));
  }

  static bool takes_buffer(Reason reason) {
    return reason != Reason::TOO_LONG && reason != Reason::NO_IMAGE && reason != Reason::SWAPPED && reason != Reason::BAD_FRAME &&
           reason != Reason::OVERLOAD;
  }

  std::vector<Event> events() {
    session_.settle();
    while (session_.receive(Port::low)) {
    }
    while (session_.receive(Port::high)) {
    }
    std::vector<Event> out;
    while (const auto frame = session_.receive(Port::management)) {
      const link::ManagementMessage message = link::parse_management(*frame);
      if (const auto* event = std::get_if<Event>(&message)) out.push_back(*event);
    }
    return out;
  }

  void take_all() {
    for (const Event& event : events()) {
      if (event.kind == layout::EventKind::TRANSACTION) {
        std::erase_if(open_, [&](const Open& one) { return one.id == event.transaction; });
        ++run_.unanswered;
      }
      if (event.kind != layout::EventKind::RECORD) continue;
      const auto found = waiting_.find({event.pipeline, event.tag});
      if (found == waiting_.end()) throw std::runtime_error("the device gave a verdict on a record that was not sent");
      const std::size_t passage = found->second.front();
      found->second.pop_front();
      if (found->second.empty()) waiting_.erase(found);
      run_.arrivals[passage].event = event;
      if (event.pipeline == Pipeline::REQUEST && event.reason == Reason::ACCEPTED) {
        open_.push_back({event.transaction, event.endpoint, passage});
        openers_.emplace(event.endpoint, passage);
        run_.outstanding_peak = std::max(run_.outstanding_peak, static_cast<std::uint32_t>(open_.size()));
      }
    }
  }

  // Empty responses use the transactions up. Never more at once than there are buffers.
  void free(std::span<const std::uint32_t> ids) {
    for (std::size_t at = 0; at < ids.size(); at += buffers()) {
      for (const std::uint32_t id : ids.subspan(at, std::min(buffers(), ids.size() - at))) send(Pipeline::RESPONSE, id, {});
      events();
    }
  }

  std::size_t buffers() const { return layout::limits_of(image_.geometry()).record_buffers; }

  std::vector<std::uint32_t> issued(const std::vector<Event>& all) {
    std::vector<std::uint32_t> ids;
    for (const Event& event : all) {
      if (event.kind == layout::EventKind::RECORD && event.pipeline == Pipeline::REQUEST && event.reason == Reason::ACCEPTED) ids.push_back(event.transaction);
    }
    return ids;
  }

  // As many as may be open at once, whatever their endpoints.
  std::size_t burst_size() const {
    std::size_t size = image_.max_outstanding();
    for (const layout::Endpoint& endpoint : image_.endpoints().subspan(1)) size = std::min<std::size_t>(size, endpoint.outstanding_cap);
    return std::max<std::size_t>(size, 1);
  }

  Throughput throughput(Pipeline pipeline) {
    std::vector<std::size_t> accepted;
    for (std::size_t i = 0; i < passages_.size() && accepted.size() < records_measured; ++i) {
      if (passages_[i].pipeline == pipeline && run_.arrivals[i].event.reason == Reason::ACCEPTED) accepted.push_back(i);
    }
    // Whatever the traffic left open would stand in the way.
    std::vector<std::uint32_t> left;
    for (const Open& one : open_) left.push_back(one.id);
    open_.clear();
    free(left);
    for (std::size_t i = 0; !accepted.empty() && accepted.size() < records_enough; ++i) accepted.push_back(accepted[i]);
    Throughput out;
    const std::size_t size = burst_size();
    for (std::size_t at = 0; at < accepted.size(); at += size) {
      const std::span<const std::size_t> part = std::span(accepted).subspan(at, std::min(size, accepted.size() - at));
      measure(pipeline, part, out);
    }
    return out;
  }

  void measure(Pipeline pipeline, std::span<const std::size_t> part, Throughput& out) {
    std::vector<std::uint32_t> ids;
    for (std::size_t at = 0; pipeline == Pipeline::RESPONSE && at < part.size(); at += buffers()) {
      for (const std::size_t i : part.subspan(at, std::min(buffers(), part.size() - at))) {
        send(Pipeline::REQUEST, ++last_tag_, passages_[openers_.at(passages_[i].endpoint)].record);
      }
      const auto more = issued(events());
      ids.insert(ids.end(), more.begin(), more.end());
    }
    if (pipeline == Pipeline::RESPONSE && ids.size() != part.size()) {
      throw std::runtime_error("the device does not accept again what it accepted before");
    }
    const std::uint64_t start = session_.cycles();
    for (std::size_t i = 0; i < part.size(); ++i) {
      send(pipeline, pipeline == Pipeline::REQUEST ? ++last_tag_ : ids[i], passages_[part[i]].record);
    }
    const std::vector<Event> all = events();
    std::uint64_t last = start;
    for (const Event& event : all) {
      if (event.kind != layout::EventKind::RECORD || event.pipeline != pipeline) continue;
      if (event.reason == Reason::OVERLOAD) continue;  // more than the lane can take at this rate
      if (event.reason != Reason::ACCEPTED) throw std::runtime_error("the device does not accept again what it accepted before");
      ++out.records;
      out.bytes += event.length;
      last = std::max(last, event.cycle);
    }
    out.cycles += last - start;
    if (pipeline == Pipeline::REQUEST) {
      free(issued(all));
    } else {
      free(ids);  // of responses that were overload; the others are gone
    }
  }

  simulator::DeviceSession& session_;
  const engine::Image& image_;
  std::span<const Passage> passages_;
  bool has_clock_;
  DeviceRun run_;
  std::uint64_t tick_ = 0;
  std::uint32_t last_tag_ = 0;
  std::deque<Open> open_;
  std::map<Key, std::deque<std::size_t>> waiting_;
  std::map<std::uint16_t, std::size_t> openers_;  // by endpoint: an accepted request
};

}  // namespace

DeviceRun run_device(simulator::DeviceSession& session, const engine::Image& image, std::span<const Passage> passages) {
  return Runner(session, image, passages).run();
}

}  // namespace sluice::simulation
