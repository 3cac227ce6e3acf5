// SPDX-License-Identifier: Apache-2.0
// Random messages in random spellings through the canonicalizer, against libprotobuf: what both read is the same message, and a canonical
// record is its own canonical form. Messages that break a rule are refused for that rule only; the others reach the record whole.
//
//   canonical_campaign --policy P... [--records N] [--seed S] [--markdown FILE] [--seed-fault]
//
// Only methods whose whole request is the body take part. Exit status: 0 all agree, 1 a difference, 2 it could not run.
#include <fmt/format.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <optional>

#include "canonical/canonicalizer.hpp"
#include "load/load.hpp"
#include "support/binary_messages.hpp"
#include "support/hex.hpp"
#include "support/json_spelling.hpp"

namespace {

using namespace sluice;
using google::protobuf::Message;
namespace util = google::protobuf::util;

struct Options {
  std::vector<std::string> policies;
  std::uint64_t records = 2000, seed = 1;  // records of each policy
  std::string markdown;
  bool seed_fault = false;
};

struct Totals {
  std::uint64_t same = 0, refused_by_rule = 0, too_long = 0, differences = 0;
};

std::shared_ptr<const compiler::Schema> resolve(const std::string& path) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(path, diagnostics);
  if (!loaded) throw std::runtime_error(diagnostics.text());
  auto schema = compiler::resolve_schema(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  if (!schema) throw std::runtime_error(diagnostics.text());
  return std::make_shared<const compiler::Schema>(std::move(*schema));
}

class Campaign {
 public:
  Campaign(const Options& options, const std::string& path) : options_(options), canonicalizer_(resolve(path)), factory_(pool()), random_(options.seed) {
    for (const auto& endpoint : schema().endpoints) {
      const bool whole = endpoint.body.kind == compiler::Body::Kind::message && endpoint.body.excluded.empty() && endpoint.body.reached.empty();
      if (whole && target(endpoint)) endpoints_.push_back(&endpoint);
    }
    if (endpoints_.empty()) throw std::runtime_error(path + " has no method whose whole request is the body");
    resolver_.reset(util::NewTypeResolverForDescriptorPool("type.googleapis.com", pool()));
  }

  Totals run() {
    for (std::uint64_t done = 0; done < options_.records; ++done) {
      one(*endpoints_[done % endpoints_.size()]);
      if (done % 4096 == 0 && isatty(2)) fmt::print(stderr, "\r{}: {} of {} messages, {} differences ", name(), done, options_.records, totals_.differences);
    }
    if (isatty(2)) fmt::print(stderr, "\n");
    return totals_;
  }

  const std::string& name() const { return schema().loaded->policy.name(); }

 private:
  const compiler::Schema& schema() const { return canonicalizer_.schema(); }
  const google::protobuf::DescriptorPool* pool() const { return schema().loaded->pool; }

  void one(const compiler::Endpoint& endpoint) {
    const auto* type = endpoint.method->input_type();
    std::unique_ptr<Message> message(factory_.GetPrototype(type)->New());
    test::fill(*message, random_, 3 + static_cast<unsigned>(random_() % 20), schema().loaded->any_types);
    const bool binary = endpoint.body.protobuf;
    const std::string sent = binary ? test::messy_spelling(*message, random_) : json_of(*message);
    const canonical::HttpRequest http{endpoint.http_method, *target(endpoint), {{"Host", "x"}, {"Content-Type", binary ? "application/protobuf" : "application/json"}}, sent};
    const auto record = canonicalizer_.canonicalize_request(http);
    if (!record) {
      const auto& refusal = record.refusal();
      if (refusal.code == "rule" || refusal.code == "any_type") ++totals_.refused_by_rule;
      else if (refusal.code == "record_too_long") ++totals_.too_long;
      else differs(binary, sent, "refused: " + refusal.code + " " + refusal.field + " " + refusal.message);
      return;
    }
    const auto again = canonicalizer_.canonicalize_http(layout::Pipeline::REQUEST, record->bytes);
    if (!again || again->bytes != record->bytes) return differs(binary, sent, "is not its own canonical form: " + record->bytes);
    std::string body = record->bytes.substr(record->bytes.find("\r\n\r\n") + 4);
    // The fault: a digit less.
    if (options_.seed_fault && !body.empty()) body.erase(body.find_first_of("123456789") % body.size(), 1);
    std::unique_ptr<Message> before(message->New()), after(message->New());
    if (!read(*before, sent, binary)) return differs(binary, sent, "libprotobuf does not read what was sent");
    if (!read(*after, body, binary)) return differs(binary, sent, "libprotobuf does not read " + body);
    if (!test::same_message(*before, *after)) return differs(binary, sent, "another message: " + (binary ? test::to_hex(body) : body));
    ++totals_.same;
  }

  // A path of literals; none of other templates.
  static std::optional<std::string> target(const compiler::Endpoint& endpoint) {
    std::string out;
    for (const auto& part : endpoint.path) {
      for (const auto& segment : part.segments) {
        if (segment.kind != compiler::Segment::Kind::literal) return std::nullopt;
        out += '/' + segment.text;
      }
    }
    return endpoint.verb.empty() ? out : out + ':' + endpoint.verb;
  }

  std::string json_of(const Message& message) {
    const bool enums_by_number = random_() % 4 == 0;
    util::JsonPrintOptions print;
    print.preserve_proto_field_names = random_() % 4 == 0;
    print.always_print_enums_as_ints = enums_by_number;
    print.always_print_primitive_fields = random_() % 4 == 0;
    std::string out;
    const auto status = util::BinaryToJsonString(resolver_.get(), url(message), message.SerializeAsString(), &out, print);
    if (!status.ok()) throw std::runtime_error("libprotobuf prints no JSON: " + std::string(status.message()));
    return test::messy_json(out, random_, enums_by_number ? test::Numbers::respell : test::Numbers::quote);
  }

  bool read(Message& message, const std::string& text, bool binary) {
    if (binary) return message.ParseFromString(text);
    std::string bytes;
    return util::JsonToBinaryString(resolver_.get(), url(message), text, &bytes).ok() && message.ParseFromString(bytes);
  }

  static std::string url(const Message& message) { return "type.googleapis.com/" + message.GetDescriptor()->full_name(); }

  void differs(bool binary, const std::string& sent, const std::string& what) {
    if (++totals_.differences <= 5) fmt::print(stderr, "DIFFERS {}\n--- {}\n", binary ? test::to_hex(sent) : sent, what);
  }

  const Options& options_;
  canonical::Canonicalizer canonicalizer_;
  google::protobuf::DynamicMessageFactory factory_;
  std::mt19937_64 random_;
  std::vector<const compiler::Endpoint*> endpoints_;
  std::unique_ptr<util::TypeResolver> resolver_;
  Totals totals_;
};

bool run(const Options& options) {
  std::string out = fmt::format("Seed {}.\n\n| policy | messages | the same message, and idempotent | refused by a rule | record too long | differences |\n|---|---|---|---|---|---|\n", options.seed);
  bool good = true;
  for (const std::string& path : options.policies) {
    Campaign campaign(options, path);
    const Totals totals = campaign.run();
    out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", campaign.name(), options.records, totals.same, totals.refused_by_rule, totals.too_long, totals.differences);
    good = good && totals.differences == 0 && totals.same > 0;
  }
  fmt::print("{}", out);
  if (!options.markdown.empty()) std::ofstream(options.markdown, std::ios::app) << out << "\n";
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Random messages in random spellings: canonicalizer against libprotobuf"};
  app.add_option("--policy", options.policies, "policy.yaml, one or several")->required();
  app.add_option("--records", options.records, "how many messages of each policy");
  app.add_option("--seed", options.seed, "of the generator");
  app.add_option("--markdown", options.markdown, "append the table to this file");
  app.add_flag("--seed-fault", options.seed_fault, "damage what is compared: must end with differences");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options) ? 0 : 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "canonical_campaign: {}\n", e.what());
    return 2;
  }
}
