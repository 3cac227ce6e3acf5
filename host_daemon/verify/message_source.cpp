// SPDX-License-Identifier: Apache-2.0
#include "verify/message_source.hpp"

#include <algorithm>
#include <cmath>

#include "load/options.hpp"

namespace sluice::verify {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

namespace {

// Numbers and texts that stand anywhere in the rules of a field: bounds, constants, members of lists.
void collect(const google::protobuf::Message& rules, std::vector<double>& numbers, std::vector<std::string>& texts, int depth) {
  if (depth > 6) return;
  const Reflection* reflection = rules.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(rules, &fields);
  for (const FieldDescriptor* f : fields) {
    const int count = f->is_repeated() ? reflection->FieldSize(rules, f) : 1;
    for (int i = 0; i < count; ++i) {
      const bool r = f->is_repeated();
      switch (f->cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32: numbers.push_back(r ? reflection->GetRepeatedInt32(rules, f, i) : reflection->GetInt32(rules, f)); break;
        case FieldDescriptor::CPPTYPE_INT64: numbers.push_back(static_cast<double>(r ? reflection->GetRepeatedInt64(rules, f, i) : reflection->GetInt64(rules, f))); break;
        case FieldDescriptor::CPPTYPE_UINT32: numbers.push_back(r ? reflection->GetRepeatedUInt32(rules, f, i) : reflection->GetUInt32(rules, f)); break;
        case FieldDescriptor::CPPTYPE_UINT64: numbers.push_back(static_cast<double>(r ? reflection->GetRepeatedUInt64(rules, f, i) : reflection->GetUInt64(rules, f))); break;
        case FieldDescriptor::CPPTYPE_DOUBLE: numbers.push_back(r ? reflection->GetRepeatedDouble(rules, f, i) : reflection->GetDouble(rules, f)); break;
        case FieldDescriptor::CPPTYPE_FLOAT: numbers.push_back(static_cast<double>(r ? reflection->GetRepeatedFloat(rules, f, i) : reflection->GetFloat(rules, f))); break;
        case FieldDescriptor::CPPTYPE_STRING: texts.push_back(r ? reflection->GetRepeatedString(rules, f, i) : reflection->GetString(rules, f)); break;
        case FieldDescriptor::CPPTYPE_MESSAGE: collect(r ? reflection->GetRepeatedMessage(rules, f, i) : reflection->GetMessage(rules, f), numbers, texts, depth + 1); break;
        default: break;
      }
    }
  }
}

// Every message that a body or an Any can hold.
std::set<const Descriptor*> messages_of(const load::Loaded& loaded) {
  std::vector<const Descriptor*> roots = loaded.any_types;
  for (const load::SelectedMethod& selected : loaded.methods) {
    roots.push_back(selected.method->input_type());
    roots.push_back(selected.method->output_type());
  }
  for (const load::SelectedStatus& status : loaded.statuses) {
    if (status.message != nullptr) roots.push_back(status.message);
  }
  return judge::reachable_messages(roots);
}

template <typename Integer>
Integer clipped(double value) {
  const double low = static_cast<double>(std::numeric_limits<Integer>::min()), high = static_cast<double>(std::numeric_limits<Integer>::max());
  if (!(value > low)) return std::numeric_limits<Integer>::min();
  if (!(value < high)) return std::numeric_limits<Integer>::max();
  return static_cast<Integer>(value);
}

}  // namespace

MessageSource::MessageSource(const load::Loaded& loaded, std::uint64_t seed)
    : loaded_(loaded),
      rng_(seed),
      plans_(judge::plan_endpoints(loaded, ignored_)),
      spelling_(loaded.policy.json()),
      reader_(loaded.pool, messages_of(loaded), loaded.any_types),
      writer_(spelling_, [this](const Message& any) { return reader_.open(any); }),
      binary_([this](const Message& any) { return reader_.open(any); }) {
  for (const Descriptor* type : messages_of(loaded)) {
    writer_.prepare(type);
    binary_.prepare(type);
  }
}

MessageSource::~MessageSource() = default;

std::optional<MessageSource::Parts> MessageSource::split(const std::string& record) {
  const std::size_t end = record.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  Parts parts;
  std::size_t from = 0;
  while (from < end) {
    const std::size_t to = std::min(record.find("\r\n", from), end);
    (from == 0 ? parts.line : parts.headers.emplace_back()) = record.substr(from, to - from);
    from = to + 2;
  }
  parts.body = record.substr(end + 4);
  return parts;
}

std::string MessageSource::join(Parts parts) {
  for (std::string& header : parts.headers) {
    if (header.starts_with("content-length: ")) header = "content-length: " + std::to_string(parts.body.size());
  }
  std::sort(parts.headers.begin(), parts.headers.end());
  std::string out = parts.line + "\r\n";
  for (const std::string& header : parts.headers) out += header + "\r\n";
  return out + "\r\n" + parts.body;
}

judge::BodyPlan MessageSource::body_of(bool request, std::size_t endpoint, const Parts& parts) const {
  const judge::EndpointPlan& plan = plans_[endpoint];
  if (request) return plan.request;
  for (const load::SelectedStatus& status : loaded_.statuses) {
    if (status.message != nullptr && parts.line.substr(0, 12) == "HTTP/1.1 " + std::to_string(status.code)) {
      return {judge::BodyPlan::Kind::kMessage, status.message, nullptr, plan.response.binary};
    }
  }
  return plan.response;
}

std::unique_ptr<MessageSource::Message> MessageSource::parse(const judge::BodyPlan& body, const std::string& text) const {
  using Kind = judge::BodyPlan::Kind;
  if (body.kind == Kind::kNone || (text.empty() && !body.binary)) return nullptr;
  auto message = reader_.make(body.message);
  judge::MaybeRejection problem;
  if (body.binary) {
    Message* into = body.kind == Kind::kField ? message->GetReflection()->MutableMessage(message.get(), body.field) : message.get();
    problem = judge::read_binary(text, *into);
  } else {
    problem = reader_.read(body.kind == Kind::kField ? "{\"" + spelling_.name(body.field) + "\":" + text + "}" : text, *message);
  }
  return problem ? nullptr : std::move(message);
}

std::optional<std::string> MessageSource::write(const judge::BodyPlan& body, const std::set<std::string>& elsewhere, const Message& message) const {
  const bool field = body.kind == judge::BodyPlan::Kind::kField;
  judge::CanonicalText text;
  std::string bytes;
  judge::MaybeRejection problem;
  if (body.binary) {
    problem = field ? binary_.field(message, body.field, elsewhere, bytes) : binary_.message(message, elsewhere, bytes);
  } else {
    problem = field ? writer_.field(message, body.field, elsewhere, text) : writer_.message(message, elsewhere, text);
    bytes = text.bytes();
  }
  return problem ? std::nullopt : std::optional(bytes);
}

void MessageSource::learn(bool request, std::size_t endpoint, const std::string& record) {
  auto& records = records_[{request, endpoint}];
  if (records.size() < kKept) {
    records.push_back(record);
  } else {
    records[below(kKept)] = record;
  }
  const auto parts = split(record);
  if (!parts) return;
  for (const std::string& header : parts->headers) {
    if (headers_[request ? 0 : 1].size() < kKept && !header.starts_with("content-")) headers_[request ? 0 : 1].insert(header);
  }
  if (request) {
    const std::string target = parts->line.substr(0, parts->line.rfind(' '));
    auto& known = parameters_[endpoint];
    for (std::size_t at = target.find('?'); at != std::string::npos && known.size() < kKept; at = target.find('&', at + 1)) {
      known.push_back(target.substr(at + 1, target.find('&', at + 1) - at - 1));
    }
  }
  const judge::BodyPlan body = body_of(request, endpoint, *parts);
  if (const auto message = parse(body, parts->body)) learn_values(*message, 0);
}

void MessageSource::learn_values(const Message& message, int depth) {
  if (depth > kNesting) return;
  auto& known = messages_[message.GetDescriptor()];
  if (known.size() < kKept) known.push_back(message.SerializeAsString());
  const Reflection* reflection = message.GetReflection();
  std::vector<const Field*> fields;
  reflection->ListFields(message, &fields);
  for (const Field* f : fields) {
    const int count = f->is_repeated() ? reflection->FieldSize(message, f) : 1;
    for (int i = 0; i < count; ++i) {
      if (f->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        learn_values(f->is_repeated() ? reflection->GetRepeatedMessage(message, f, i) : reflection->GetMessage(message, f), depth + 1);
      } else if (f->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        auto& texts = texts_[f];
        const std::string text = f->is_repeated() ? reflection->GetRepeatedString(message, f, i) : reflection->GetString(message, f);
        if (texts.size() < kKept) {
          texts.push_back(text);
        } else {
          texts[below(kKept)] = text;
        }
      }
    }
  }
}

std::string MessageSource::edited(std::string text, bool encoded) {
  static const std::vector<std::string> plain = {"a", "z", "A", "Z", "0", "9", "-", "_", ".", " ", "/", ":", "@", "\"", "\\", "\n", "\x01", "\x7F", "\xC3\xA9", "\xE2\x82\xAC",
                                                 "\xF0\x9F\x98\x80", "\xEF\xBF\xBF"};
  static const std::vector<std::string> percent = {"a", "z", "A", "Z", "0", "9", "-", "_", ".", "%20", "%2F", "%3A", "%40", "%22", "%C3%A9", "%E2%82%AC", "%F0%9F%98%80"};
  const auto& pieces = encoded ? percent : plain;
  for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
    const std::string& piece = pieces[below(pieces.size())];
    const std::size_t at = below(text.size() + 1);
    switch (below(4)) {
      case 0: text.insert(at, piece); break;
      case 1: text.erase(at, 1 + below(3)); break;
      case 2:
        if (!text.empty()) text.replace(std::min(at, text.size() - 1), 1, piece);
        break;
      default:
        for (std::size_t n = below(40); n > 0; --n) text += piece;
    }
  }
  return text;
}

std::string MessageSource::text_for(const Field* field) {
  const auto& known = texts_[field];
  std::vector<double> numbers;
  std::vector<std::string> texts;
  collect(load::field_rules(field), numbers, texts, 0);
  std::string text;
  if (!texts.empty() && below(3) == 0) {
    text = texts[below(texts.size())];
  } else if (!known.empty()) {
    text = known[below(known.size())];
    if (known.size() > 1 && below(4) == 0) {
      const std::string& other = known[below(known.size())];
      text = text.substr(0, below(text.size() + 1)) + other.substr(below(other.size() + 1));
    }
  }
  return below(2) == 0 ? edited(text, false) : text;
}

std::vector<double> MessageSource::numbers_for(const Field* field) {
  std::vector<double> numbers = {0, 1, -1, 127, 128, 16383, 16384, 2147483647, -2147483648.0, 4294967295.0, 9007199254740991.0, 1.8e19, -9.3e18, 0.5, 1e-7, 1e21};
  std::vector<std::string> texts;
  std::vector<double> ruled;
  collect(load::field_rules(field), ruled, texts, 0);
  for (double n : ruled) {
    for (double more : {-1.0, 0.0, 1.0}) numbers.insert(numbers.end(), 4, n + more);  // oftener than the others
  }
  if (ruled.size() > 1) numbers.insert(numbers.end(), 8, std::floor(ruled[0] + (ruled[1] - ruled[0]) * static_cast<double>(below(1000)) / 1000));
  numbers.push_back(static_cast<double>(below(100)));
  numbers.push_back(static_cast<double>(static_cast<std::int64_t>(rng_() >> below(63))));
  return numbers;
}

void MessageSource::set(Message& message, const Field* f, bool add, int depth) {
  const Reflection* reflection = message.GetReflection();
  const std::vector<double> numbers = numbers_for(f);
  const double number = numbers[below(numbers.size())];
  Message* m = &message;
  switch (f->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: add ? reflection->AddInt32(m, f, clipped<std::int32_t>(number)) : reflection->SetInt32(m, f, clipped<std::int32_t>(number)); break;
    case FieldDescriptor::CPPTYPE_INT64: add ? reflection->AddInt64(m, f, clipped<std::int64_t>(number)) : reflection->SetInt64(m, f, clipped<std::int64_t>(number)); break;
    case FieldDescriptor::CPPTYPE_UINT32: add ? reflection->AddUInt32(m, f, clipped<std::uint32_t>(number)) : reflection->SetUInt32(m, f, clipped<std::uint32_t>(number)); break;
    case FieldDescriptor::CPPTYPE_UINT64: add ? reflection->AddUInt64(m, f, clipped<std::uint64_t>(number)) : reflection->SetUInt64(m, f, clipped<std::uint64_t>(number)); break;
    case FieldDescriptor::CPPTYPE_DOUBLE: add ? reflection->AddDouble(m, f, number) : reflection->SetDouble(m, f, number); break;
    case FieldDescriptor::CPPTYPE_FLOAT: add ? reflection->AddFloat(m, f, static_cast<float>(number)) : reflection->SetFloat(m, f, static_cast<float>(number)); break;
    case FieldDescriptor::CPPTYPE_BOOL: add ? reflection->AddBool(m, f, below(2) == 0) : reflection->SetBool(m, f, below(2) == 0); break;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value = f->enum_type()->value(static_cast<int>(below(static_cast<std::size_t>(f->enum_type()->value_count()))))->number();
      add ? reflection->AddEnumValue(m, f, value) : reflection->SetEnumValue(m, f, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = text_for(f);
      add ? reflection->AddString(m, f, text) : reflection->SetString(m, f, text);
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message* inner = add ? reflection->AddMessage(m, f) : reflection->MutableMessage(m, f);
      const auto& known = messages_[f->message_type()];
      if (!known.empty() && below(4) != 0) {
        if (!inner->ParseFromString(known[below(known.size())])) inner->Clear();
      }
      if (below(2) == 0) change(*inner, depth + 1);
      break;
    }
  }
}

// One change somewhere in the message.
void MessageSource::change(Message& message, int depth) {
  const Descriptor* type = message.GetDescriptor();
  if (type->field_count() == 0 || depth > kNesting) return;
  const Reflection* reflection = message.GetReflection();
  std::vector<const Field*> present;
  reflection->ListFields(message, &present);
  // Often into a message that is there.
  std::vector<const Field*> inner;
  for (const Field* f : present) {
    if (f->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) inner.push_back(f);
  }
  if (!inner.empty() && below(2) == 0) {
    const Field* f = inner[below(inner.size())];
    if (!f->is_repeated()) return change(*reflection->MutableMessage(&message, f), depth + 1);
    const int count = reflection->FieldSize(message, f);
    return change(*reflection->MutableRepeatedMessage(&message, f, static_cast<int>(below(static_cast<std::size_t>(count)))), depth + 1);
  }
  const Field* f = type->field(static_cast<int>(below(static_cast<std::size_t>(type->field_count()))));
  if (!present.empty() && below(3) == 0) f = present[below(present.size())];
  if (below(4) == 0) {
    reflection->ClearField(&message, f);
  } else if (!f->is_repeated()) {
    set(message, f, false, depth);
  } else if (below(4) == 0 && reflection->FieldSize(message, f) > 0) {
    reflection->RemoveLast(&message, f);
  } else {
    for (std::size_t n = 1 + (below(4) == 0 ? below(12) : 0); n > 0; --n) set(message, f, true, depth);
  }
}

std::string MessageSource::changed_target(const std::string& line, std::size_t endpoint) {
  const std::size_t from = line.find(' ') + 1, to = line.rfind(' ');
  if (from == 0 || to <= from) return line;
  std::string target = line.substr(from, to - from);
  std::size_t mark = std::min(target.find('?'), target.size());
  const auto& known = parameters_[endpoint];
  if (!known.empty() && below(2) == 0) {
    // Parameters: some of those that are there, some that were seen, in the order of their first appearance elsewhere.
    std::vector<std::string> parameters;
    for (std::size_t at = mark; at < target.size();) {
      const std::size_t end = std::min(target.find('&', at + 1), target.size());
      parameters.push_back(target.substr(at + 1, end - at - 1));
      at = end;
    }
    if (!parameters.empty() && below(3) == 0) parameters.erase(parameters.begin() + static_cast<std::ptrdiff_t>(below(parameters.size())));
    if (below(3) != 0) parameters.insert(parameters.begin() + static_cast<std::ptrdiff_t>(below(parameters.size() + 1)), known[below(known.size())]);
    if (!parameters.empty() && below(3) == 0) {
      std::string& one = parameters[below(parameters.size())];
      const std::size_t equals = std::min(one.find('='), one.size() - 1) + 1;
      one = one.substr(0, equals) + edited(one.substr(equals), true);
    }
    target.resize(mark);
    char separator = '?';
    for (const std::string& one : parameters) {
      target += separator + one;
      separator = '&';
    }
  } else {
    // One segment of the path.
    std::vector<std::size_t> slashes;
    for (std::size_t at = 0; at < mark; ++at) {
      if (target[at] == '/') slashes.push_back(at);
    }
    if (slashes.empty()) return line;
    const std::size_t begin = slashes[below(slashes.size())] + 1, end = std::min(target.find('/', begin), mark);
    target = target.substr(0, begin) + edited(target.substr(begin, end - begin), true) + target.substr(end);
  }
  return line.substr(0, from) + target + line.substr(to);
}

void MessageSource::change_headers(Parts& parts, bool request) {
  const auto& known = headers_[request ? 0 : 1];
  const std::size_t at = below(parts.headers.size() + 1);
  if (at < parts.headers.size() && below(2) == 0) {
    std::string& header = parts.headers[at];
    const std::size_t value = std::min(header.find(": "), header.size() - 2) + 2;
    if (below(2) == 0) {
      header = header.substr(0, value) + edited(header.substr(value), false);
    } else {
      parts.headers.erase(parts.headers.begin() + static_cast<std::ptrdiff_t>(at));
    }
  } else if (!known.empty()) {
    parts.headers.push_back(*std::next(known.begin(), static_cast<std::ptrdiff_t>(below(known.size()))));
  }
}

std::optional<std::string> MessageSource::next(bool request, std::size_t endpoint) {
  const auto& records = records_[{request, endpoint}];
  if (records.empty()) return std::nullopt;
  auto parts = split(records[below(records.size())]);
  if (!parts) return std::nullopt;
  const judge::BodyPlan body = body_of(request, endpoint, *parts);
  if (request && (parts->body.empty() || below(4) == 0)) parts->line = changed_target(parts->line, endpoint);
  if (below(10) == 0) change_headers(*parts, request);
  if (const auto message = parse(body, parts->body)) {
    for (std::size_t n = 1 + below(4); n > 0; --n) change(*message, 0);
    const auto text = write(body, request ? plans_[endpoint].in_path : std::set<std::string>(), *message);
    if (!text || (text->empty() && !body.binary)) return std::nullopt;
    parts->body = *text;
  }
  return join(*parts);
}

}  // namespace sluice::verify
