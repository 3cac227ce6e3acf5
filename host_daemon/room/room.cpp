// SPDX-License-Identifier: Apache-2.0
// Both pipelines through one counter each; then the endpoints' sums and fields.
#include "room/room.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "room/fields.hpp"
#include "room/number.hpp"

namespace sluice::room {

using layout::Pipeline;

namespace {

const char* name_of(Pipeline pipeline) { return pipeline == Pipeline::REQUEST ? "request" : "response"; }

bool has_protobuf_body(const compiler::EndpointFacts& endpoint, Pipeline pipeline) {
  if (pipeline == Pipeline::REQUEST) return endpoint.body.protobuf;
  return std::any_of(endpoint.responses.begin(), endpoint.responses.end(), [](const auto& response) { return response.second.protobuf; });
}

template <class Number>
void measure_pipeline(std::span<const std::uint8_t> image, Pipeline pipeline,
                      const compiler::SymbolMap& symbols, const RoomOptions& options, Room& room) {
  const Machine machine = read_machine(image, pipeline);
  Counter<Number> counter(machine, room.limit, options.progress);
  FieldWalk<Number> walk(counter, symbols);
  for (std::uint16_t tag = 1; tag <= symbols.endpoints(); ++tag) {
    const bool request = pipeline == Pipeline::REQUEST;
    const auto& by_tag = counter.records(machine.starts.at(request ? 0 : tag - 1U));
    EndpointRoom out;
    out.pipeline = pipeline;
    out.tag = tag;
    out.endpoint = symbols.endpoint_name(tag);
    Number sum;
    if (const auto it = by_tag.find(request ? tag : std::uint16_t{0}); it != by_tag.end()) {
      for (const Number& records : it->second) sum.add(records);
    }
    out.log2_records = sum.log2();
    out.records = sum.decimal();
    if (options.fields && !sum.zero()) {
      const bool protobuf = has_protobuf_body(symbols.facts().endpoints.at(tag - 1U), pipeline);
      for (const auto& [path, spellings] : walk.fields(machine.starts[request ? 0 : tag - 1U], request ? tag : std::uint16_t{0}, protobuf)) {
        if (spellings.log2() > 0) out.fields.push_back({path, spellings.log2()});
      }
      std::stable_sort(out.fields.begin(), out.fields.end(), [](const auto& a, const auto& b) { return a.log2 > b.log2; });
    }
    room.endpoints.push_back(std::move(out));
  }
  // d log2(x) = dx / (x ln 2); the sum over lengths and the last rounding are small beside it.
  const double error = counter.relative_error() * 1.45 + 1e-12;
  room.log2_error = std::max(room.log2_error, counter.relative_error() == 0 ? 0 : error);
}

}  // namespace

Room measure(std::span<const std::uint8_t> image, const compiler::SymbolMap& symbols,
             const RoomOptions& options) {
  Room room;
  room.limit = layout::ImageHead2::unpack([&] {
                 std::uint64_t word = 0;
                 for (std::size_t j = 0; j < 8; ++j) word |= std::uint64_t{image[16 + j]} << (8 * j);
                 return word;
               }()).max_record_bytes;
  if (options.max_bytes != 0) room.limit = std::min(room.limit, options.max_bytes);
  for (Pipeline pipeline : {Pipeline::REQUEST, Pipeline::RESPONSE}) {
    if (room.limit <= kExactLimit) {
      measure_pipeline<Exact>(image, pipeline, symbols, options, room);
    } else {
      measure_pipeline<Scaled>(image, pipeline, symbols, options, room);
    }
  }
  if (room.log2_error > 1e-6) {
    throw std::runtime_error("the error bound of the counts is " + std::to_string(room.log2_error) +
                             ", above 1e-6; count shorter records (--max-bytes)");
  }
  return room;
}

std::string to_json(const Room& room) {
  using Json = nlohmann::ordered_json;
  const auto number = [](double bits) { return bits == kNoRecord ? Json(nullptr) : Json(bits); };
  Json out = Json::array();
  for (const EndpointRoom& endpoint : room.endpoints) {
    Json fields = Json::array();
    for (const FieldRoom& field : endpoint.fields) {
      fields.push_back({{"path", field.path}, {"log2", number(field.log2)}});
    }
    out.push_back({{"pipeline", name_of(endpoint.pipeline)},
                   {"endpoint", endpoint.endpoint},
                   {"log2_records", number(endpoint.log2_records)},
                   {"fields", std::move(fields)}});
  }
  return out.dump();
}

std::string to_text(const Room& room, double rate) {
  std::string out = fmt::format("records up to {} bytes; counts {}\n", room.limit,
                                room.log2_error == 0 ? "exact" : fmt::format("within {:.0e} bit", room.log2_error));
  for (const EndpointRoom& endpoint : room.endpoints) {
    out += fmt::format("\n{} {}\n", name_of(endpoint.pipeline), endpoint.endpoint);
    if (endpoint.log2_records == kNoRecord) {
      out += "  no record of this length\n";
      continue;
    }
    out += fmt::format("{:>12.2f}  bits a message", endpoint.log2_records);
    if (rate > 0) out += fmt::format(", {:.0f} bit/s at {:g} messages a second", rate * endpoint.log2_records, rate);
    out += "\n";
    for (const FieldRoom& field : endpoint.fields) out += fmt::format("{:>12.2f}    {}\n", field.log2, field.path);
  }
  return out;
}

namespace {

struct Difference {
  std::string path{};  // empty: the endpoint's records
  double here = kNoRecord, there = kNoRecord;
  bool differs() const { return here == kNoRecord || there == kNoRecord ? here != there : std::abs(here - there) >= 1e-3; }
};

struct EndpointDifference {
  Pipeline pipeline = Pipeline::REQUEST;
  std::string endpoint;
  Difference records;
  std::vector<Difference> fields;
};

// A field without a row has one spelling, 0 bits; so has one that only the other image knows.
std::vector<Difference> fields_of(const EndpointRoom* here, const EndpointRoom* there) {
  std::vector<Difference> out;
  const auto row = [&](const std::string& path) -> Difference& {
    for (Difference& known : out) {
      if (known.path == path) return known;
    }
    out.push_back({path, 0, 0});
    return out.back();
  };
  if (here != nullptr) {
    for (const FieldRoom& field : here->fields) row(field.path).here = field.log2;
  }
  if (there != nullptr) {
    for (const FieldRoom& field : there->fields) row(field.path).there = field.log2;
  }
  return out;
}

std::vector<EndpointDifference> compare(const Room& here, const Room& there) {
  const auto find = [](const Room& room, const EndpointRoom& wanted) -> const EndpointRoom* {
    for (const EndpointRoom& endpoint : room.endpoints) {
      if (endpoint.pipeline == wanted.pipeline && endpoint.endpoint == wanted.endpoint) return &endpoint;
    }
    return nullptr;
  };
  std::vector<EndpointDifference> out;
  const auto add = [&](const EndpointRoom& named, const EndpointRoom* one, const EndpointRoom* other) {
    EndpointDifference& made = out.emplace_back();
    made.pipeline = named.pipeline;
    made.endpoint = named.endpoint;
    if (one != nullptr) made.records.here = one->log2_records;
    if (other != nullptr) made.records.there = other->log2_records;
    made.fields = fields_of(one, other);
  };
  for (const EndpointRoom& endpoint : here.endpoints) add(endpoint, &endpoint, find(there, endpoint));
  for (const EndpointRoom& endpoint : there.endpoints) {
    if (find(here, endpoint) == nullptr) add(endpoint, nullptr, &endpoint);
  }
  return out;
}

}  // namespace

std::string difference_json(const Room& here, const Room& there) {
  using Json = nlohmann::ordered_json;
  const auto number = [](double bits) { return bits == kNoRecord ? Json(nullptr) : Json(bits); };
  Json out = Json::array();
  for (const EndpointDifference& endpoint : compare(here, there)) {
    Json fields = Json::array();
    for (const Difference& field : endpoint.fields) {
      fields.push_back({{"path", field.path}, {"log2", number(field.here)}, {"against_log2", number(field.there)}});
    }
    out.push_back({{"pipeline", name_of(endpoint.pipeline)},
                   {"endpoint", endpoint.endpoint},
                   {"log2_records", number(endpoint.records.here)},
                   {"against_log2_records", number(endpoint.records.there)},
                   {"fields", std::move(fields)}});
  }
  return out.dump();
}

std::string difference_text(const Room& here, const Room& there) {
  std::string out;
  const auto line = [](const Difference& d, const std::string& what) {
    const auto bits = [](double value) { return value == kNoRecord ? std::string("no record") : fmt::format("{:.2f}", value); };
    const std::string change = d.here == kNoRecord || d.there == kNoRecord ? "" : fmt::format("{:+.2f}", d.there - d.here);
    return fmt::format("{:>12}  {}  ({} -> {} bits)\n", change, what, bits(d.here), bits(d.there));
  };
  for (const EndpointDifference& endpoint : compare(here, there)) {
    std::string rows;
    if (endpoint.records.differs()) rows += line(endpoint.records, "a message");
    for (const Difference& field : endpoint.fields) {
      if (field.differs()) rows += line(field, "  " + field.path);
    }
    if (!rows.empty()) out += fmt::format("{} {}\n", name_of(endpoint.pipeline), endpoint.endpoint) + rows + "\n";
  }
  return out.empty() ? "no difference\n" : out;
}

}  // namespace sluice::room
