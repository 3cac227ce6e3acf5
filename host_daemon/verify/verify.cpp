// SPDX-License-Identifier: Apache-2.0
#include "verify/verify.hpp"

#include <algorithm>
#include <stdexcept>

#include "judge/judge.hpp"
#include "verify/dump_compare.hpp"
#include "verify/message_source.hpp"
#include "verify/ratio.hpp"

namespace sluice::verify {
namespace {

// A record's first line and some of the rest, printable.
std::string shown(const std::string& record) {
  std::string out;
  for (char c : record.substr(0, 600)) {
    if (c == '\r') continue;
    if (c == '\n') {
      out += "\\n";
    } else if (c >= 0x20 && c < 0x7F) {
      out += c;
    } else {
      static constexpr char digits[] = "0123456789abcdef";
      out += std::string("\\x") + digits[static_cast<std::uint8_t>(c) >> 4] + digits[static_cast<std::uint8_t>(c) & 15];
    }
  }
  return out + (record.size() > 600 ? "..." : "");
}

std::span<const std::uint8_t> bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

class Checker {
 public:
  Checker(const ImageFile& image, const load::Loaded& policy, const judge::Judge& judge, const Options& options, const Progress& progress, Findings& findings)
      : image_(image), policy_(policy), judge_(judge), options_(options), progress_(progress), findings_(findings), source_(policy, options.seed) {}

  PipelineReport check(layout::Pipeline pipeline) {
    pipeline_ = pipeline;
    request_ = pipeline == layout::Pipeline::REQUEST;
    name_ = request_ ? "request" : "response";
    const Table& table = image_.table(pipeline);
    PipelineReport report;
    report.slots = table.entries.size();
    report.actions = table.actions.size();
    for (const layout::Entry& e : table.entries) {
      report.used += e.control != layout::Control::RESERVED ? 1 : 0;
      report.calls_by_length = report.calls_by_length || e.control == layout::Control::CALL_LEN;
    }
    const auto starts = image_.starts(pipeline);
    check_work(table, starts, report);
    progress_(name_ + ": configurations", 0, 0);
    const Graph graph(table, starts, true);
    progress_(name_ + ": lengths", 0, graph.nodes().size());
    report.walked_bytes = std::min({image_.head2.max_record_bytes, options_.max_lengths, Lengths::affordable(graph)});
    const Speller speller(graph, report.walked_bytes, options_.seed);
    Walk walk(table, speller, image_.head3.max_depth, image_.head2.max_record_bytes, options_.tries);
    for (std::size_t slot : walk.ownerless()) findings_.add("unused", name_ + " entry " + std::to_string(slot) + " is used, but no state reads it");
    walk.cover([&](std::uint16_t start, const std::string& record) { judge_record(start, record, report); },
               [&](std::size_t done, std::size_t all) { progress_(name_ + ": transitions", done, all); });
    report.walk = walk.counts();
    report.unused = walk.unused();
    for (const Unused& u : report.unused) {
      if (!u.proved) findings_.add("walk", name_ + " state " + std::to_string(u.base) + " class " + std::to_string(u.symbol_class) + ": " + u.why);
    }
    check_endpoints(walk, starts, report);
    check_changed(report);
    return report;
  }

 private:
  void check_work(const Table& table, const std::vector<std::uint16_t>& starts, PipelineReport& report) {
    progress_(name_ + ": steps per byte", 0, 0);
    // Invariant 11: 2.5 with CALL_LEN, 2 without.
    const std::uint32_t most = report.calls_by_length ? 640 : 512;
    report.claimed_ratio = table.ratio;
    report.ratio = worst_ratio(Graph(table, starts, false), most);
    if (report.ratio == 0) report.ratio = worst_ratio(Graph(table, starts, true), most);
    if (report.ratio == 0) {
      findings_.add("work", name_ + ": a record can take more than " + std::to_string(most) + "/256 steps per byte, and one");
    } else if (report.ratio > report.claimed_ratio) {
      findings_.add("work", name_ + ": the worst is " + std::to_string(report.ratio) + "/256 steps per byte, the image claims " +
                                std::to_string(report.claimed_ratio) + "/256");
    }
    if (report.claimed_ratio > most) findings_.add("work", name_ + ": the image claims " + std::to_string(report.claimed_ratio) + "/256 steps per byte, above invariant 11");
  }

  std::vector<std::size_t> endpoints_of(std::uint16_t start) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < policy_.endpoints.size() && i + 1 < image_.endpoints.size(); ++i) {
      if (request_ || image_.endpoints[i + 1].response_base == start) out.push_back(i);
    }
    return out;
  }

  judge::Verdict ask(std::size_t endpoint, const std::string& record) const {
    return request_ ? judge_.request(bytes_of(record)) : judge_.response(policy_.endpoints[endpoint].name, bytes_of(record));
  }

  // A record that the table accepts: the judge must, and as the same endpoint.
  void judge_record(std::uint16_t start, const std::string& record, PipelineReport& report) {
    const auto candidates = endpoints_of(start);
    if (candidates.empty()) return;
    judge_for(candidates[request_ ? 0 : report.judged % candidates.size()], start, record, report);
  }

  void judge_for(std::size_t endpoint, std::uint16_t start, const std::string& record, PipelineReport& report) {
    ++report.judged;
    const judge::Verdict verdict = ask(endpoint, record);
    const Verdict own = run(image_.table(pipeline_), start, record, {image_.head3.max_depth});
    if (verdict.accepted || verdict.software_only) {
      if (verdict.software_only) ++report.software_only;
      const std::size_t named = request_ ? std::size_t{own.tag} - 1 : endpoint;
      if (named >= policy_.endpoints.size() || policy_.endpoints[named].name != verdict.endpoint) {
        findings_.add("endpoint", name_ + ": the table says endpoint " + std::to_string(own.tag) + ", the judge " + verdict.endpoint + ": " + shown(record));
      }
      source_.learn(request_, request_ ? named : endpoint, record);
    } else if (verdict.rule == "judge.depth") {
      ++report.beyond_judge;
    } else {
      findings_.add("too much", name_ + ": the table accepts what the judge refuses (" + verdict.rule + " " + verdict.path + ": " + verdict.message + "): " + shown(record));
    }
    const std::uint64_t most = std::uint64_t{image_.table(pipeline_).ratio} * record.size() / 256 + 1;
    if (own.steps > most) findings_.add("work", name_ + ": " + std::to_string(own.steps) + " steps on " + std::to_string(record.size()) + " bytes: " + shown(record));
  }

  // Random records for every endpoint, those that share a table start too.
  void check_endpoints(Walk& walk, const std::vector<std::uint16_t>& starts, PipelineReport& report) {
    for (std::uint16_t start : starts) {
      for (std::size_t endpoint : endpoints_of(start)) {
        for (int i = 0; i < 20; ++i) {
          if (const auto record = walk.random_record(start)) judge_for(endpoint, start, *record, report);
        }
      }
    }
  }

  // Changed records: table and judge must agree on each.
  void check_changed(PipelineReport& report) {
    const std::size_t wanted = options_.records / 2;
    const std::size_t endpoints = policy_.endpoints.size();
    for (std::size_t i = 0; i < wanted && endpoints > 0; ++i) {
      progress_(name_ + ": changed records", i, wanted);
      const std::size_t endpoint = i % endpoints;
      const auto record = source_.next(request_, endpoint);
      if (!record || record->size() > image_.head2.max_record_bytes) continue;
      ++report.changed;
      const judge::Verdict verdict = ask(endpoint, *record);
      const std::uint16_t start = request_ ? image_.head4.request_start : image_.endpoints[endpoint + 1].response_base;
      const Verdict own = run(image_.table(pipeline_), start, *record, {image_.head3.max_depth});
      const bool valid = verdict.accepted || verdict.software_only;
      report.valid += valid ? 1 : 0;
      if (valid && !request_) source_.learn(request_, endpoint, *record);
      if (own.accepted() == valid) continue;
      if (own.reason == layout::Reason::DEPTH || verdict.rule == "judge.depth") {
        ++report.beyond_judge;  // frames, which the judge does not model
      } else if (valid) {
        findings_.add("too little", name_ + ": a valid record of " + verdict.endpoint + " is rejected, " + std::string(layout::name_of(own.reason)) + " at offset " +
                                        std::to_string(own.offset) + ": " + shown(*record));
      } else {
        findings_.add("too much", name_ + ": the table accepts what the judge refuses (" + verdict.rule + " " + verdict.path + ": " + verdict.message + "): " + shown(*record));
      }
    }
  }

  const ImageFile& image_;
  const load::Loaded& policy_;
  const judge::Judge& judge_;
  const Options& options_;
  const Progress& progress_;
  Findings& findings_;
  MessageSource source_;
  layout::Pipeline pipeline_ = layout::Pipeline::REQUEST;
  bool request_ = true;
  std::string name_;
};

}  // namespace

Report verify(std::span<const std::uint8_t> bytes, const std::shared_ptr<const load::Loaded>& policy, std::optional<std::string_view> dump, const Options& options,
              const Progress& progress) {
  Report report;
  progress("words", 0, 0);
  const auto image = read_image(bytes, report.findings);
  if (!image) return report;
  report.policy = image->name;
  report.digest = image->digest;
  report.serial = image->head1.serial;
  report.geometry = layout::name_of(image->head0.geometry);
  report.endpoints = image->endpoints.size() - 1;
  report.max_record_bytes = image->head2.max_record_bytes;
  compare_with_policy(*image, *policy, report.findings);
  if (dump) {
    report.compared_with_dump = true;
    compare_with_dump(*image, *dump, report.findings);
  }
  load::Diagnostics diagnostics;
  const auto judge = judge::Judge::create(policy, diagnostics);
  if (!judge) throw std::runtime_error("the judge cannot judge this policy, so its language cannot be checked:\n" + diagnostics.text());
  Checker checker(*image, *policy, *judge, options, progress, report.findings);
  for (const auto pipeline : {layout::Pipeline::REQUEST, layout::Pipeline::RESPONSE}) {
    try {
      report.pipelines[static_cast<std::size_t>(pipeline)] = checker.check(pipeline);
    } catch (const std::length_error& error) {
      report.findings.add("walk", error.what());  // a table that no policy of this size needs
    }
  }
  return report;
}

}  // namespace sluice::verify
