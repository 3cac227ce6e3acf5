// SPDX-License-Identifier: Apache-2.0
#include "levels/record_source.hpp"

#include <algorithm>
#include <array>

#include "levels/binary_mutation.hpp"
#include "levels/record_text.hpp"

namespace sluice::test {

using layout::Reason;

RecordSource::RecordSource(const compiler::CompileResult& policy, std::uint64_t seed)
    : policy_(policy),
      image_(std::get<engine::Image>(engine::Image::load(policy.image))),
      rng_(seed),
      request_(policy.request),
      response_(policy.response) {
  for (const auto pipeline : {layout::Pipeline::REQUEST, layout::Pipeline::RESPONSE}) {
    for (const auto reason : {Reason::ORDER, Reason::TOO_FEW, Reason::TOO_MANY, Reason::LENGTH,
                              Reason::DEPTH, Reason::TOO_LONG}) {
      aims_[{pipeline, reason}];
    }
  }
}

Reason RecordSource::reason_of(const Case& c) const {
  return engine::judge(image_, c.pipeline, c.endpoint,
                       {reinterpret_cast<const std::uint8_t*>(c.record.data()), c.record.size()})
      .reason;
}

std::string RecordSource::valid(layout::Pipeline pipeline, std::uint16_t endpoint) {
  for (;;) {
    const std::size_t bytes = 100 + below(limit() / 2);
    auto& sampler = pipeline == layout::Pipeline::REQUEST ? request_ : response_;
    auto record = sampler.random(endpoint, rng_, {bytes, 6 + below(40)});
    if (record && record->size() <= limit()) return *record;
  }
}

// A record for the reason that is rarest so far, of those that were ever reached or are not yet
// tried out.
std::optional<Case> RecordSource::next_aimed() {
  constexpr std::size_t kGiveUp = 40;
  const std::pair<const std::pair<layout::Pipeline, Reason>, Aim>* rarest = nullptr;
  for (const auto& entry : aims_) {
    if (entry.second.failures < kGiveUp && (!rarest || entry.second.made < rarest->second.made))
      rarest = &entry;
  }
  if (!rarest) return std::nullopt;
  Aim& aim = aims_.at(rarest->first);
  auto out = try_aim(rarest->first.first, rarest->first.second, aim);
  aim.failures = out ? 0 : aim.failures + 1;
  return out;
}

std::optional<Case> RecordSource::try_aim(layout::Pipeline pipeline, Reason reason, Aim& aim) {
  const int bases = reason == Reason::DEPTH ? 200 : 40;  // few records nest at all
  for (int base = 0; base < bases; ++base) {
    Case out;
    out.pipeline = pipeline;
    out.endpoint = static_cast<std::uint16_t>(1 + below(policy_.schema.endpoints.size()));
    if (!aim.endpoints.empty() && below(4) != 0)
      out.endpoint = aim.endpoints[below(aim.endpoints.size())];
    out.valid = false;
    // What is to be put into itself many times over must be short.
    std::string record;
    if (reason == Reason::DEPTH) {
      auto& sampler = pipeline == layout::Pipeline::REQUEST ? request_ : response_;
      record = sampler.random(out.endpoint, rng_, {100 + below(300), 8 + below(8)}).value_or("");
    } else {
      record = valid(pipeline, out.endpoint);
    }
    for (int change = 0; change < 6; ++change) {
      out.record = record;
      change_towards(reason, out.record);
      if (out.record == record || reason_of(out) != reason) continue;
      if (std::find(aim.endpoints.begin(), aim.endpoints.end(), out.endpoint) ==
          aim.endpoints.end())
        aim.endpoints.push_back(out.endpoint);
      return out;
    }
  }
  return std::nullopt;
}

void RecordSource::change_towards(Reason reason, std::string& record) {
  if (is_binary(record) && reason != Reason::TOO_LONG && below(4) != 0) {
    // Nothing here knows the schema: any change of structure may do.
    const std::size_t body = body_of(record);
    record.replace(body, std::string::npos, mutate_binary(record.substr(body), rng_));
    if (reason != Reason::LENGTH || below(2) == 0) mend_length(record);
    return;
  }
  switch (reason) {
    case Reason::LENGTH:
      return falsify_length(record);
    case Reason::TOO_MANY:
      below(2) ? lengthen_list(record) : lengthen_string(record);
      break;
    case Reason::TOO_FEW:
      shorten(record);
      break;
    case Reason::DEPTH:
      if (below(4) != 0) shrink_strings(record);
      nest(record);
      break;
    case Reason::TOO_LONG:
      overfill(record);
      break;
    default:
      reorder(record);
      break;
  }
  mend_length(record);
}

std::optional<Case> RecordSource::next_covering() {
  const std::size_t requests = policy_.request.states.size();
  while (cover_state_ < requests + policy_.response.states.size()) {
    const bool request = cover_state_ < requests;
    const std::size_t state = request ? cover_state_ : cover_state_ - requests;
    const auto& automaton = request ? policy_.request : policy_.response;
    if (cover_transition_ == automaton.states[state].transitions.size()) {
      ++cover_state_;
      cover_transition_ = 0;
      continue;
    }
    const auto found =
        (request ? request_ : response_).through(static_cast<int>(state), cover_transition_++);
    if (!found || found->record.size() > limit()) continue;
    Case out;
    out.pipeline = request ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE;
    out.endpoint = static_cast<std::uint16_t>(found->tag);
    out.record = found->record;
    out.valid = true;
    return out;
  }
  return std::nullopt;
}

Case RecordSource::next() {
  if (auto covering = next_covering()) return std::move(*covering);
  Case out = next_unaimed();
  if (below(7) == 0) {
    if (auto aimed = next_aimed()) out = std::move(*aimed);
  }
  const auto aim = aims_.find({out.pipeline, reason_of(out)});
  if (aim != aims_.end()) ++aim->second.made;
  return out;
}

Case RecordSource::next_unaimed() {
  Case out;
  out.pipeline = below(2) ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE;
  out.endpoint = static_cast<std::uint16_t>(1 + below(policy_.schema.endpoints.size()));
  out.record = valid(out.pipeline, out.endpoint);
  out.valid = below(2) == 0;
  if (!out.valid) out.record = mutate(std::move(out.record));
  return out;
}

std::string RecordSource::mutate(std::string record) {
  const std::string original = record;
  do {
    record = original;
    const int rounds = below(8) == 0 ? 2 : 1;
    if (is_binary(record) && below(4) != 0) {
      const std::size_t body = body_of(record);
      for (int i = 0; i < rounds; ++i) record.replace(body, std::string::npos, mutate_binary(record.substr(body), rng_));
      if (below(16) != 0) mend_length(record);
      continue;
    }
    for (int i = 0; i < rounds; ++i) {
      const std::size_t kind = below(40);
      if (kind < 10) {
        mutate_bytes(record);
      } else if (kind < 32) {
        mutate_structure(record);
      } else if (kind < 36) {
        lengthen_list(record);
      } else {
        lengthen_string(record);
      }
    }
    if (below(16) != 0) mend_length(record);
    // Beyond the limit there is only one reason; a few of those are enough.
  } while (record == original || (record.size() > limit() && below(3) != 0));
  return record;
}

void RecordSource::mutate_bytes(std::string& record) {
  if (record.empty()) {
    record = "x";
    return;
  }
  // Two thirds in the second half.
  std::size_t at = below(record.size());
  if (at < record.size() / 2 && below(3) == 0) at += record.size() / 2;
  at = std::min(at, record.size() - 1);
  static constexpr std::string_view kInteresting =
      "\"\\{}[]:,0129-+.eEntf \r\n%/?&=\x7f\x80\xbf\xc0\xc2\xe0\xed\xf4\xff";
  auto random_byte = [&] {
    return below(2) ? kInteresting[below(kInteresting.size())] : static_cast<char>(below(256));
  };
  switch (below(6)) {
    case 0:
      record[at] = static_cast<char>(record[at] ^ (1 << below(8)));
      break;
    case 1:
      record[at] = random_byte();
      break;
    case 2:
      record.insert(at, 1, random_byte());
      break;
    case 3:
      record.erase(at, 1 + below(3));
      break;
    case 4:
      record.insert(at, record.substr(at, 1 + below(20)));
      break;
    default:
      record.resize(at);
      break;
  }
}

void RecordSource::mutate_structure(std::string& record) {
  const std::size_t header_end = record.find("\r\n\r\n");
  const std::size_t body = header_end == std::string::npos ? 0 : header_end + 4;
  const bool has_body = body < record.size();
  if (!has_body || below(6) == 0) {
    // Header lines and the target.
    std::vector<std::size_t> lines;
    for (std::size_t at = record.find("\r\n"); at != std::string::npos && at + 2 < body;
         at = record.find("\r\n", at + 2))
      lines.push_back(at + 2);
    if (!lines.empty() && below(2)) {
      const std::size_t from = lines[below(lines.size())];
      const std::size_t end = record.find("\r\n", from) + 2;
      const std::string line = record.substr(from, end - from);
      switch (below(3)) {
        case 0:
          record.erase(from, line.size());
          break;
        case 1:
          record.insert(from, line);
          break;
        default:
          record.insert(lines[below(lines.size())], "x-extra: 1\r\n");
          break;
      }
      return;
    }
    const auto tokens = tokens_of(record.substr(0, record.find('\r')), 0);
    if (tokens.empty()) return mutate_bytes(record);
    const Token t = tokens[below(tokens.size())];
    const std::string text = record.substr(t.begin, t.end - t.begin);
    if (below(2)) {
      record.erase(t.begin, text.size());
    } else {
      record.insert(t.begin, text);
    }
    return;
  }
  const auto members = members_of(record, body);
  if (!members.empty() && below(2)) {
    const Token a = members[below(members.size())];
    const std::string text = record.substr(a.begin, a.end - a.begin);
    switch (below(5)) {
      case 0:  // leave out
        record.erase(a.begin, text.size() + (record[a.end] == ',' ? 1 : 0));
        break;
      case 1:  // twice
        record.insert(a.begin, text + ",");
        break;
      case 2: {  // many times: too many items
        std::string many;
        const std::size_t n = 2 + below(60);
        for (std::size_t i = 0; i < n; ++i) many += text + ",";
        record.insert(a.begin, many);
        break;
      }
      case 3: {  // change places
        const Token b = members[below(members.size())];
        const Token first = a.begin < b.begin ? a : b, second = a.begin < b.begin ? b : a;
        if (first.end > second.begin) break;
        const std::string x = record.substr(first.begin, first.end - first.begin),
                          y = record.substr(second.begin, second.end - second.begin);
        record.replace(second.begin, y.size(), x);
        record.replace(first.begin, x.size(), y);
        break;
      }
      default:
        record.insert(a.begin, "\"unknownMember\":1,");
        break;
    }
    return;
  }
  const auto tokens = tokens_of(record, body);
  if (tokens.empty()) return mutate_bytes(record);
  const Token t = tokens[below(tokens.size())];
  std::string text = record.substr(t.begin, t.end - t.begin);
  static const std::array<std::string, 16> kValues = {"null",       "true",
                                                      "false",      "0",
                                                      "-1",         "1",
                                                      "\"\"",       "\"x\"",
                                                      "[]",         "{}",
                                                      "1e3",        "-0",
                                                      "2147483648", "\"9223372036854775808\"",
                                                      "1.50",       "\"0001-01-01T00:00:00Z\""};
  const bool string = text.size() > 2 && text[0] == '"';
  switch (below(6)) {
    case 0:
      text = kValues[below(kValues.size())];
      break;
    case 1:
      if (string)
        text.insert(1 + below(text.size() - 2),
                    std::string(1 + below(300), below(2) ? 'a' : text[1]));
      break;
    case 2:
      if (string) text = "\"" + text.substr(1, below(3)) + "\"";
      break;
    case 3:
      if (string) text.insert(1 + below(text.size() - 2), "\\u0041");
      break;
    case 4:
      text += text;
      break;
    default:
      text = " " + text;
      break;
  }
  record.replace(t.begin, t.end - t.begin, text);
}

// Puts an object into itself many times over, with all that stands around its inner object of the
// same first key: recursion beyond the depth limit, where the schema allows any. False when the
// record has no such object.
bool RecordSource::nest(std::string& record) {
  const auto objects = objects_of(record, body_of(record));
  const auto first_key = [&](const Token& t) {
    return record.substr(t.begin, record.find(':', t.begin) - t.begin);
  };
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const Token inner = objects[i];
    for (std::size_t o = i + 1; o < objects.size(); ++o) {
      const Token outer = objects[o];
      if (outer.begin > inner.begin) continue;
      if (first_key(outer) != first_key(inner)) break;
      const std::string open = record.substr(outer.begin, inner.begin - outer.begin),
                        close = record.substr(inner.end, outer.end - inner.end);
      const std::size_t room = record.size() < limit() ? limit() - record.size() : 0;
      const std::size_t levels = std::min<std::size_t>(50, room / (open.size() + close.size()));
      std::string before, after;
      for (std::size_t n = 0; n < levels; ++n) {
        before += open;
        after += close;
      }
      record.insert(outer.end, after);
      record.insert(outer.begin, before);
      return levels > 0;
    }
  }
  return false;
}

// An item of a list many times over.
void RecordSource::lengthen_list(std::string& record) {
  std::vector<Token> items;
  for (const Token& m : members_of(record, body_of(record))) {
    if (record[m.begin - 1] == '[') items.push_back(m);
  }
  if (items.empty()) return lengthen_string(record);
  const Token item = items[below(items.size())];
  const std::string text = record.substr(item.begin, item.end - item.begin) + ",";
  const std::size_t room = record.size() < limit() ? (limit() - record.size()) / text.size() : 0;
  std::string many;
  for (std::size_t n = 1 + below(std::min<std::size_t>(room, 80) + 1); n > 0; --n) many += text;
  record.insert(item.begin, many);
}

// A character of a string many times over.
void RecordSource::lengthen_string(std::string& record) {
  const auto strings = string_values_of(record);
  if (strings.empty()) return mutate_bytes(record);
  const Token t = strings[below(strings.size())];
  const char c = record[t.begin + 1];
  record.insert(t.begin + 1,
                std::string(1 + below(250), c > 0x20 && c < 0x7F && c != '\\' ? c : 'a'));
}

// All strings of the body but names of enum values to one character, so that more levels have room.
void RecordSource::shrink_strings(std::string& record) {
  const auto strings = string_values_of(record);
  for (auto t = strings.rbegin(); t != strings.rend(); ++t) {
    const bool name = std::all_of(record.begin() + static_cast<std::ptrdiff_t>(t->begin) + 1,
                                  record.begin() + static_cast<std::ptrdiff_t>(t->end) - 1,
                                  [](char c) { return c == '_' || (c >= 'A' && c <= 'Z'); });
    if (!name)
      record.replace(t->begin + 1, t->end - t->begin - 2, 1, static_cast<char>('a' + below(26)));
  }
}

// A member, an item or most of a string less. Later ones are preferred: what is missing shows where
// the object ends.
void RecordSource::shorten(std::string& record) {
  const auto members = members_of(record, body_of(record));
  if (!members.empty() && below(4) != 0) {
    const Token m = members[std::max(below(members.size()), below(members.size()))];
    const bool comma_before = record[m.begin - 1] == ',';
    if (comma_before) {
      record.erase(m.begin - 1, m.end - m.begin + 1);
    } else {
      record.erase(m.begin, m.end - m.begin + (record[m.end] == ',' ? 1 : 0));
    }
    return;
  }
  const auto strings = string_values_of(record);
  if (!strings.empty()) {
    const Token t = strings[below(strings.size())];
    const std::size_t keep = below(std::min<std::size_t>(t.end - t.begin - 2, 3));
    record.erase(t.begin + 1 + keep, t.end - t.begin - 2 - keep);
    return;
  }
  // A header line or a query parameter less.
  mutate_structure(record);
}

// Two neighbours change places, or one stands twice: members, header lines, query parameters.
void RecordSource::reorder(std::string& record) {
  const auto members = members_of(record, body_of(record));
  if (members.empty()) return mutate_structure(record);
  const Token m = members[std::max(below(members.size()), below(members.size()))];
  const std::string text = record.substr(m.begin, m.end - m.begin);
  const auto follower = std::find_if(members.begin(), members.end(),
                                     [&](const Token& other) { return other.begin == m.end + 1; });
  if (record[m.end] == ',' && follower != members.end() && below(2)) {
    record = record.substr(0, m.begin) +
             record.substr(follower->begin, follower->end - follower->begin) + "," + text +
             record.substr(follower->end);
  } else {
    record.insert(m.begin, text + ",");
  }
}

// The body and its declared length no longer agree.
void RecordSource::falsify_length(std::string& record) {
  const std::size_t body = body_of(record);
  const std::string name = "\r\ncontent-length: ";
  const std::size_t header = record.find(name);
  if (header == std::string::npos || header > body) return;
  switch (below(4)) {
    case 0: {
      const std::size_t first = header + name.size(), last = record.find('\r', first);
      const std::size_t length = record.size() - body;
      const std::size_t other =
          below(2) ? length + 1 + below(30) : length - std::min(length - 1, 1 + below(30));
      record.replace(first, last - first, std::to_string(other));
      break;
    }
    case 1:
      record.resize(body + below(record.size() - body));
      break;
    case 2:
      record += record.substr(record.size() - 1 - below(20));
      break;
    default:
      record.insert(body + below(record.size() - body), 1 + below(3), 'a');
      break;
  }
}

// Beyond the longest record, often by a single byte: items of a list, characters of a string, or
// bytes of the target.
void RecordSource::overfill(std::string& record) {
  if (record.size() > limit()) return;
  const auto members = members_of(record, body_of(record));
  const auto strings = string_values_of(record);
  std::size_t at = 1 + below(std::max<std::size_t>(record.find('\r'), 2) - 1);
  std::string text(1, 'a');
  if (!members.empty() && below(2)) {
    at = members[below(members.size())].begin;
    text = record.substr(at, record.find_first_of(",]}", at) - at) + ",";
  } else if (!strings.empty() && below(8) != 0) {
    at = strings[below(strings.size())].begin + 1;
  }
  const std::size_t want = limit() + 1 + (below(3) ? below(limit() / 4) : 0) - record.size();
  std::string more;
  while (more.size() < want) more += text;
  record.insert(at, more);
}

}  // namespace sluice::test
