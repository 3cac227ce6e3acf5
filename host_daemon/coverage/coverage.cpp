// SPDX-License-Identifier: Apache-2.0
// The steps of coverage.hpp, in their order.
#include "coverage/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "canonical/canonicalizer.hpp"
#include "compiler/compiler.hpp"
#include "coverage/changed_schema.hpp"
#include "coverage/observation.hpp"
#include "engine/engine.hpp"
#include "judge/judge.hpp"
#include "load/load.hpp"

namespace sluice::coverage {

using google::protobuf::FieldDescriptor;
using layout::Pipeline;

namespace {

struct Record {
  std::string id;
  Pipeline pipeline;
  std::uint16_t endpoint;  // tag
  std::vector<std::uint8_t> bytes;
};

engine::Image load_image(const std::vector<std::uint8_t>& bytes) {
  auto image = engine::Image::load(bytes);
  if (const auto* error = std::get_if<engine::LoadError>(&image)) throw std::runtime_error("the compiled image: " + error->text);
  return std::get<engine::Image>(std::move(image));
}

// The traffic as records that the tables accept.
std::vector<Record> accepted_records(const simulation::Traffic& traffic, const compiler::CompileResult& compiled, Report& report) {
  const engine::Image image = load_image(compiled.image);
  const auto symbols = compiler::SymbolMap::parse(compiled.symbols);
  const canonical::Canonicalizer canonicalizer(std::make_shared<const compiler::Schema>(compiled.schema));
  std::vector<Record> out;
  for (const simulation::Message& message : traffic.messages) {
    ++report.messages;
    const auto tag = symbols.endpoint_tag(message.endpoint);
    if (message.pipeline == Pipeline::RESPONSE && !tag) {
      report.refused.push_back(message.id + ": the policy has no endpoint '" + message.endpoint + "'");
      continue;
    }
    std::string bytes = message.content;
    if (!message.canonical) {
      const auto record = canonicalizer.canonicalize_http(message.pipeline, message.content, tag.value_or(0));
      if (!record) {
        report.refused.push_back(message.id + ": " + record.refusal().message);
        continue;
      }
      bytes = record->bytes;
    }
    Record made{message.id, message.pipeline, tag.value_or(0), {bytes.begin(), bytes.end()}};
    const auto verdict = engine::judge(image, made.pipeline, made.endpoint, made.bytes);
    if (!verdict.accepted()) {
      report.refused.push_back(message.id + ": the tables reject it, " + std::string(layout::name_of(verdict.reason)));
      continue;
    }
    made.endpoint = verdict.endpoint;
    ++report.endpoints[(made.pipeline == Pipeline::REQUEST ? "request " : "response ") + symbols.endpoint_name(made.endpoint)];
    out.push_back(std::move(made));
  }
  report.accepted = out.size();
  return out;
}

std::vector<Usage::Row> usage_of(const compiler::CompileResult& compiled, const std::vector<Record>& records, Pipeline pipeline) {
  const room::Machine machine = room::read_machine(compiled.image, pipeline);
  Usage usage(machine);
  for (const Record& record : records) {
    if (record.pipeline != pipeline) continue;
    usage.follow(machine.starts.at(pipeline == Pipeline::REQUEST ? 0 : record.endpoint - 1U), record.bytes);
  }
  return usage.rows(compiler::SymbolMap::parse(compiled.symbols));
}

// The field that a row of the room names, from a message down; null if there is none.
const FieldDescriptor* field_at(const google::protobuf::Descriptor* message, std::string path) {
  const FieldDescriptor* field = nullptr;
  while (!path.empty()) {
    const std::string name = path.substr(0, path.find('.'));
    path.erase(0, std::min(path.size(), name.size() + 1));
    const std::string plain = name.ends_with("[]") ? name.substr(0, name.size() - 2) : name;
    if (field != nullptr) message = field->message_type();
    field = nullptr;
    for (int i = 0; message != nullptr && i < message->field_count(); ++i) {
      if (message->field(i)->json_name() == plain) field = message->field(i);
    }
    if (field == nullptr) return nullptr;
  }
  return field;
}

// Bits that the patch takes away: by endpoint, and by field where that is most.
void weigh(const load::Loaded& loaded, const room::Room& before, const room::Room& after, Report& report) {
  for (std::size_t e = 0; e < before.endpoints.size() && e < after.endpoints.size(); ++e) {
    const room::EndpointRoom &old = before.endpoints[e], &now = after.endpoints[e];
    report.worth.push_back({old.pipeline, old.endpoint, old.log2_records, now.log2_records});
    const auto* method = loaded.methods.at(loaded.endpoints.at(old.tag - 1U).method).method;
    const auto* message = old.pipeline == Pipeline::REQUEST ? method->input_type() : method->output_type();
    for (const room::FieldRoom& field : old.fields) {
      const FieldDescriptor* descriptor = field_at(message, field.path);
      if (descriptor == nullptr) continue;
      const auto it = std::find_if(report.proposals.begin(), report.proposals.end(),
                                   [&](const Tightened& t) { return t.field == descriptor->full_name(); });
      if (it == report.proposals.end()) continue;
      double left = 0;
      for (const room::FieldRoom& other : now.fields) {
        if (other.path == field.path) left = other.log2;
      }
      if (field.log2 - left <= it->bits) continue;
      it->bits = field.log2 - left;
      it->path = field.path;
      it->endpoint = (old.pipeline == Pipeline::REQUEST ? "request " : "response ") + old.endpoint;
    }
  }
}

}  // namespace

std::optional<Report> measure(const std::filesystem::path& policy, const simulation::Traffic& traffic, const Options& options,
                              load::Diagnostics& diagnostics) {
  auto read = load::load(policy, diagnostics);
  if (!read) return std::nullopt;
  const auto loaded = std::make_shared<const load::Loaded>(std::move(*read));
  const auto compiled = compiler::compile(loaded, diagnostics);
  if (!compiled) return std::nullopt;
  Report report;
  const std::vector<Record> records = accepted_records(traffic, *compiled, report);
  report.request = usage_of(*compiled, records, Pipeline::REQUEST);
  report.response = usage_of(*compiled, records, Pipeline::RESPONSE);

  // The judge reads the messages; it shares no code with the compiler.
  load::Diagnostics unjudged;
  const auto judge = judge::Judge::create(loaded, unjudged);
  if (!judge) {
    report.left_out.push_back("no proposals: a part of the policy is unknown to the judge, which reads the messages");
    return report;
  }
  Observer observer;
  const auto symbols = compiler::SymbolMap::parse(compiled->symbols);
  const auto see = [&](const google::protobuf::Message& message) { observer.see(message); };
  for (const Record& record : records) {
    if (record.pipeline == Pipeline::REQUEST) {
      judge->request(record.bytes, see);
    } else {
      judge->response(symbols.endpoint_name(record.endpoint), record.bytes, see);
    }
  }

  const ChangedSchema files(*loaded, policy);
  std::vector<Proposal> proposals;
  for (Proposal& proposal : propose(observer, options.least, options.patterns)) {
    std::string why = files.obstacle(proposal.field);
    if (why.empty() && files.compile(files.changed({{proposal.field, proposal.rules}}), why)) {
      proposals.push_back(std::move(proposal));
    } else {
      report.left_out.push_back(proposal.field->full_name() + ": " + why);
    }
  }
  if (proposals.empty()) return report;
  std::vector<ChangedSchema::Change> changes;
  for (const Proposal& proposal : proposals) changes.push_back({proposal.field, proposal.rules});
  const auto texts = files.changed(changes);
  std::string why;
  const auto tighter = files.compile(texts, why);
  if (!tighter) throw std::runtime_error("the proposals compile one by one but not together: " + why);
  const engine::Image image = load_image(tighter->image);
  for (const Record& record : records) {
    if (engine::judge(image, record.pipeline, record.endpoint, record.bytes).accepted()) continue;
    throw std::logic_error("coverage: the proposals refuse '" + record.id + "', which they were made from");
  }
  report.patch = files.patch(texts);
  for (const Proposal& proposal : proposals) report.proposals.push_back({proposal.field->full_name(), proposal.changes, {}, {}, 0});
  if (options.room) {
    room::RoomOptions what;
    what.max_bytes = options.max_bytes;
    what.progress = options.progress;
    const room::Room before = room::measure(compiled->image, symbols, what);
    const room::Room after = room::measure(tighter->image, compiler::SymbolMap::parse(tighter->symbols), what);
    weigh(*loaded, before, after, report);
    std::stable_sort(report.proposals.begin(), report.proposals.end(), [](const auto& a, const auto& b) { return a.bits > b.bits; });
  }
  return report;
}

namespace {

std::string percent(const Usage::Row& row) {
  return fmt::format("{:>5.1f} %", row.all == 0 ? 100.0 : 100.0 * static_cast<double>(row.used) / static_cast<double>(row.all));
}

std::string table(const char* pipeline, const std::vector<Usage::Row>& rows) {
  std::string out = fmt::format("\n{} pipeline: transitions used\n", pipeline);
  for (const Usage::Row& row : rows) {
    out += fmt::format("  {:>7}  {:>5} of {:<5}  {}", percent(row), row.used, row.all, row.name);
    std::string names;
    for (const std::string& name : row.unused) names += (names.empty() ? "" : ", ") + name;
    out += names.empty() ? "\n" : "  (never: " + names + ")\n";
  }
  return out;
}

}  // namespace

std::string to_text(const Report& report) {
  std::string out = fmt::format("{} messages, {} accepted\n", report.messages, report.accepted);
  for (const std::string& line : report.refused) out += "  not counted: " + line + "\n";
  for (const auto& [name, count] : report.endpoints) out += fmt::format("  {:>7}  {}\n", count, name);
  out += table("request", report.request) + table("response", report.response);
  if (!report.proposals.empty()) out += "\nproposals, from this traffic alone (bits: of the field, where it loses most)\n";
  for (const Tightened& proposal : report.proposals) {
    out += fmt::format("  {:>9}  {}", proposal.path.empty() ? "" : fmt::format("-{:.1f}", proposal.bits), proposal.field);
    for (const std::string& change : proposal.changes) out += "\n" + std::string(15, ' ') + change;
    if (!proposal.path.empty()) out += fmt::format("\n{}in {}: {}", std::string(15, ' '), proposal.endpoint, proposal.path);
    out += "\n";
  }
  if (!report.worth.empty()) out += "\nall of them, bits a message\n";
  for (const Worth& worth : report.worth) {
    out += fmt::format("  {:>9.1f} -> {:<9.1f}  {} {}\n", worth.before, worth.after,
                       worth.pipeline == Pipeline::REQUEST ? "request" : "response", worth.endpoint);
  }
  for (const std::string& line : report.left_out) out += "  left out: " + line + "\n";
  return out;
}

std::string to_json(const Report& report) {
  using Json = nlohmann::ordered_json;
  const auto rows = [](const std::vector<Usage::Row>& from) {
    Json out = Json::array();
    for (const Usage::Row& row : from) out.push_back({{"name", row.name}, {"used", row.used}, {"all", row.all}, {"never", row.unused}});
    return out;
  };
  Json out{{"messages", report.messages}, {"accepted", report.accepted}, {"not_counted", report.refused}, {"endpoints", report.endpoints}};
  out["request"] = rows(report.request);
  out["response"] = rows(report.response);
  out["proposals"] = Json::array();
  for (const Tightened& proposal : report.proposals) {
    out["proposals"].push_back({{"field", proposal.field}, {"changes", proposal.changes}, {"endpoint", proposal.endpoint},
                                {"path", proposal.path}, {"bits", proposal.bits}});
  }
  out["left_out"] = report.left_out;
  out["worth"] = Json::array();
  for (const Worth& worth : report.worth) {
    out["worth"].push_back({{"pipeline", worth.pipeline == Pipeline::REQUEST ? "request" : "response"}, {"endpoint", worth.endpoint},
                            {"log2_records", worth.before}, {"tighter_log2_records", worth.after}});
  }
  out["patch"] = report.patch;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sluice::coverage
