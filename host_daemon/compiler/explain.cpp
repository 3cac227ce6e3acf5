// SPDX-License-Identifier: Apache-2.0
// From the stack of a rejected record to a field path: in every frame the routine says what r means - the rank of the last member, the number
// of items - and the innermost state says what was expected.
#include <algorithm>

#include "compiler/symbols.hpp"

namespace sluice::compiler {

using layout::Event;
using layout::Reason;

class SymbolMap::Explainer {
 public:
  Explainer(const Pipeline_& pipeline, const Event& event) : pipeline_(pipeline), event_(event) {}

  void fill(Explanation& out) {
    const Place_* top = find(event_.base);
    if (!top) return;
    if (event_.depth > event_.frames) path_ = "…";
    // Outer frames first. Frame i goes on at the return base of frame i - 1.
    for (int i = event_.frames - 1; i >= 1; --i) {
      const Place_* place = find(event_.return_bases[static_cast<std::size_t>(i) - 1]);
      if (place) outer(*place, event_.registers[static_cast<std::size_t>(i)], i == 1 ? top : nullptr);
    }
    inner(*top, event_.registers[0]);
    out.path = path_;
    out.rule = rule_;
    out.text = text_;
  }

 private:
  const Place_* find(std::uint16_t base) const {
    const auto it = pipeline_.states.find(base);
    return it == pipeline_.states.end() ? nullptr : &it->second;
  }
  const Routine& routine(const Place_& place) const { return pipeline_.routines[static_cast<std::size_t>(place.routine)]; }

  std::string names(const std::vector<int>& subjects) const {
    std::string out;
    for (int s : subjects) {
      const std::string& name = pipeline_.subjects[static_cast<std::size_t>(s)].name;
      if (out.empty()) {
        out = name;
      } else if (("|" + out + "|").find("|" + name + "|") == std::string::npos) {
        out += "|" + name;
      }
    }
    return out;
  }

  void append(const std::string& element) {
    if (element.empty()) return;
    if (!path_.empty() && element[0] != '[') path_ += '.';
    path_ += element;
  }

  // The subjects of rank r; remembered as what an inner leaf is about.
  std::vector<int> at_rank(const Routine& r, unsigned rank) const {
    return rank < r.subjects.size() ? r.subjects[rank] : std::vector<int>{};
  }

  void enter(const std::vector<int>& subjects) {
    about_ = subjects;
    append(names(subjects));
  }

  void outer(const Place_& place, std::uint16_t r, const Place_* top) {
    const Routine& here = routine(place);
    switch (here.kind) {
      case RoutineKind::request:
      case RoutineKind::response: {
        // What the bottom frame waits for says what is being read.
        if (place.place == Place::record_end) enter(place.subjects);
        const bool leaf = top && routine(*top).kind == RoutineKind::leaf;
        if ((place.place == Place::variable || place.place == Place::target) && leaf) enter(place.subjects);
        break;
      }
      case RoutineKind::header:
        path_ = "header";
        enter(at_rank(here, r));
        break;
      case RoutineKind::query:
      case RoutineKind::object:
        enter(at_rank(here, r));
        break;
      case RoutineKind::array:
        append(here.counted ? "[" + std::to_string(r > 0 ? r - 1 : 0) + "]" : "[]");
        break;
      case RoutineKind::leaf:
        break;
    }
  }

  void say(std::string rule, std::string text) {
    rule_ = std::move(rule);
    text_ = std::move(text);
  }

  // The first rule of `subjects` that `wanted` picks.
  template <typename Wanted>
  const RuleUse* rule_of(const std::vector<int>& subjects, Wanted wanted) const {
    for (int s : subjects) {
      const Subject& subject = pipeline_.subjects[static_cast<std::size_t>(s)];
      for (const auto* list : {&subject.rules, &subject.value_rules}) {
        for (const RuleUse& rule : *list) {
          if (wanted(rule.name)) return &rule;
        }
      }
    }
    return nullptr;
  }

  static bool ends_with(const std::string& text, std::string_view end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
  }

  void say_rule(const RuleUse* rule, std::string fallback, const std::string& text) {
    say(rule ? rule->name : std::move(fallback), rule && !rule->text.empty() ? text + " (" + rule->text + ")" : text);
  }

  void missing(const Routine& here, unsigned r) {
    const auto next = std::find_if(here.required_ranks.begin(), here.required_ranks.end(), [&](int rank) { return rank > static_cast<int>(r); });
    if (next == here.required_ranks.end()) return say("required", "something required is missing");
    if (here.kind == RoutineKind::header) path_ = "header";
    const auto subjects = at_rank(here, static_cast<unsigned>(*next));
    append(names(subjects));
    const RuleUse* rule = rule_of(subjects, [](const std::string& n) { return n == "required" || ends_with(n, ".min_items"); });
    if (!rule) rule = rule_of(subjects, [](const std::string&) { return true; });
    say_rule(rule, "required", names(subjects) + " is missing");
  }

  void inner(const Place_& place, std::uint16_t r) {
    const Routine& here = routine(place);
    if (here.kind == RoutineKind::header) path_ = "header";
    switch (event_.reason) {
      case Reason::ORDER:
        append(names(place.subjects));
        return say("order", names(place.subjects) + " stands out of order, twice, or beside another member of its oneof");
      case Reason::TOO_FEW:
        if (here.kind == RoutineKind::array || here.kind == RoutineKind::leaf) {
          return say_rule(rule_of(about_, [&](const std::string& n) {
                            return here.kind == RoutineKind::array ? ends_with(n, ".min_items") : ends_with(n, "min_len") || ends_with(n, ".len");
                          }),
                          "length", here.kind == RoutineKind::array ? "too few items" : "too short");
        }
        return missing(here, r);
      case Reason::TOO_MANY:
        return say_rule(rule_of(about_, [&](const std::string& n) {
                          return here.kind == RoutineKind::array ? ends_with(n, ".max_items") : ends_with(n, "max_len") || ends_with(n, ".len");
                        }),
                        "length", here.kind == RoutineKind::array ? "too many items" : "too long");
      case Reason::LENGTH:
        if (here.kind == RoutineKind::header) path_ = "header.content-length";
        return say("content-length", "content-length does not agree with the bytes that follow");
      case Reason::DEPTH:
        return say("limits.maxDepth", "the record nests deeper than the policy allows");
      case Reason::NO_TRANSITION:
        return unexpected(place, here, r);
      default:
        return;
    }
  }

  void unexpected(const Place_& place, const Routine& here, std::uint16_t r) {
    const auto not_length = [](const std::string& n) {
      return n != "required" && !ends_with(n, "_len") && !ends_with(n, ".len") && !ends_with(n, "_items");
    };
    switch (place.place) {
      case Place::method:
        path_ = ":method";
        return say("method", "no endpoint has this method");
      case Place::target:
        path_ = ":path";
        return say("path.template", "no endpoint has this path");
      case Place::variable:
        append(names(place.subjects));
        return say_rule(rule_of(place.subjects, not_length), "path.template", "the path does not go on like this");
      case Place::version:
        path_ = ":version";
        return say("version", "expected HTTP/1.1");
      case Place::status:
        path_ = ":status";
        return say("status", "the policy does not list this status, or its reason phrase is not the standard one");
      case Place::query_name:
        path_ = "query";
        return say("unknown_parameter", "the endpoint has no such query parameter");
      case Place::query_value:
        enter(at_rank(here, r));
        return say("query", "expected '&' or the end of the target");
      case Place::header_name:
        return say("header.unlisted", "the policy does not list this header here");
      case Place::header_value:
        append(names(place.subjects));
        return say_rule(rule_of(place.subjects, not_length), "header.value", "the value is not allowed");
      case Place::line_end:
        return say("header.line", "expected CR LF");
      case Place::body:
        append(names(place.subjects));
        return say("body", "expected the body's first byte, or no body");
      case Place::record_end:
        return say("body.trailing", "bytes behind the body");
      case Place::object_open:
      case Place::member_name:
        return say("unknown_field", "no member of this name may stand here");
      case Place::member_colon:
      case Place::after_member:
      case Place::after_item:
        return say("json.syntax", "canonical JSON does not go on like this");
      case Place::value:
        enter(at_rank(here, r));
        return say_rule(rule_of(about_, not_length), "type", "not a value that this field may have here (default values are left out)");
      case Place::array_open:
      case Place::item:
        append(here.counted ? "[" + std::to_string(r) + "]" : "[]");
        return say_rule(rule_of(about_, not_length), "type", "not an item that this list may have (empty lists are left out)");
      case Place::leaf:
        return say_rule(rule_of(about_, not_length), "type", "not the canonical spelling of an allowed value");
    }
  }

  const Pipeline_& pipeline_;
  const Event& event_;
  std::string path_, rule_, text_;
  std::vector<int> about_;  // what the innermost named place is
};

Explanation SymbolMap::explain(const Event& event) const {
  Explanation out;
  out.endpoint = endpoint_name(event.endpoint);
  if (event.reason == Reason::ACCEPTED) {
    out.text = "accepted";
    return out;
  }
  if (event.frames > 0 && event.frames <= layout::EVENT_FRAMES) {
    Explainer(pipelines_[event.pipeline == layout::Pipeline::REQUEST ? 0 : 1], event).fill(out);
  }
  if (event.reason == Reason::TOO_LONG) out.rule = "limits.maxRecordBytes";
  if (event.reason == Reason::TIMEOUT) out.rule = "limits.responseTimeoutMs";
  if (out.text.empty()) out.text = layout::text_of(event.reason);
  return out;
}

}  // namespace sluice::compiler
