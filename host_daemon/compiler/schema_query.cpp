// SPDX-License-Identifier: Apache-2.0
// The query of a binding: the request's remaining fields as a flat list of parameters, messages
// dotted. One register checks a query (rank and requiredness), so what one rank per parameter
// cannot say is refused here. The walk keeps its own stack and a budget: messages may nest deeply
// and widely.
#include <algorithm>

#include "compiler/query_choice.hpp"
#include "compiler/schema_internal.hpp"

namespace sluice::compiler {
namespace {

constexpr std::size_t kMaxParameters = 4096;
constexpr std::size_t kMaxParameterName = 1024;  // bytes
constexpr std::size_t kMaxMessages = 65536;

class QueryWalk {
 public:
  QueryWalk(Resolution& resolution, const Endpoint& endpoint, const std::set<std::string>& excluded,
            const std::set<std::string>& reached, const FieldDescriptor* body_field)
      : resolution_(resolution),
        endpoint_(endpoint),
        excluded_(excluded),
        reached_(reached),
        body_field_(body_field) {}

  void run(Endpoint& result) {
    push(endpoint_.request, FieldPath{}, true, nullptr);
    while (!stack_.empty() && !failed_) {
      Frame& top = stack_.back();
      const auto& fields = message(top).fields;
      if (top.next == fields.size()) {
        pop();
      } else {
        visit(fields[top.next++]);
      }
    }
    result.query = std::move(parameters_);
    result.default_only_query = std::move(default_only_);
  }

 private:
  struct Frame {
    int message;
    std::size_t next = 0;            // field to visit
    FieldPath base;                  // path of this message
    bool certain;                    // is set in every valid request
    const Field* must_show;          // set: required, so one of its parameters must be
    bool shown = false;              // one of them is
    std::vector<bool> checked;       // oneofs that were looked at
    std::vector<bool> one_required;  // oneofs: one member is needed and can be asked for by rank
    int last_oneof = -1;             // oneof of the previous parameter of this very message
  };

  const Message& message(const Frame& frame) const {
    return resolution_.schema.message(frame.message);
  }

  load::Diagnostic& error(const Field& field, const std::string& text) {
    return resolution_.diagnostics
        .error(Code::kBadQuery, field.span,
               "field " + field.descriptor->full_name() + " cannot travel in the query of " +
                   endpoint_.name + ": " + text)
        .note("the binding: " + load::to_string(endpoint_.span))
        .mend("give the binding a body, or bind the field in the path");
  }

  static std::string join(const std::string& prefix, const std::string& name) {
    return prefix.empty() ? name : prefix + "." + name;
  }

  void push(int index, FieldPath base, bool certain, const Field* must_show) {
    if (++visited_ > kMaxMessages) return give_up();
    const std::size_t oneofs = resolution_.schema.message(index).oneofs.size();
    stack_.push_back({.message = index,
                      .base = std::move(base),
                      .certain = certain,
                      .must_show = must_show,
                      .checked = std::vector<bool>(oneofs),
                      .one_required = std::vector<bool>(oneofs)});
  }

  void pop() {
    const Frame done = std::move(stack_.back());
    stack_.pop_back();
    if (done.must_show != nullptr && !done.shown) {
      error(*done.must_show,
            "it is required, but a query shows a message only by its members, and none of them is "
            "required");
    }
    if (!stack_.empty() && done.certain && done.shown) stack_.back().shown = true;
  }

  void give_up() {
    failed_ = true;
    resolution_.diagnostics
        .error(Code::kBadQuery, endpoint_.span,
               endpoint_.name + ": its query would have more than " +
                   std::to_string(kMaxParameters) + " parameters")
        .mend("give the binding a body");
  }

  void visit(const Field& field) {
    Frame& frame = stack_.back();
    const std::string proto_path = join(frame.base.proto_path, field.name);
    if (excluded_.contains(proto_path) || field.descriptor == body_field_top(frame)) return;
    if (field.oneof >= 0 && !check_oneof(frame, field)) return;
    for (const ExclusiveGroup& group : message(frame).groups) {
      const int index = static_cast<int>(&field - message(frame).fields.data());
      if (group.bit < 0 || std::find(group.fields.begin(), group.fields.end(), index) == group.fields.end()) continue;
      error(field, "the rule " + group.rule.text + " is on fields that do not stand side by side");
      return;
    }
    const bool oneof_needed =
        field.oneof >= 0 && frame.one_required[static_cast<std::size_t>(field.oneof)];

    FieldPath path = frame.base;
    path.indexes.push_back(static_cast<int>(&field - message(frame).fields.data()));
    path.proto_path = proto_path;
    path.json_path = join(frame.base.json_path, field.json_name);

    if (field.map) {
      error(field, "it is a map");
    } else if (field.value.kind == ValueKind::any || is_dynamic(field.value.kind) || field.value.kind == ValueKind::null) {
      error(field, "it is a " + (field.descriptor->message_type() ? field.descriptor->message_type()->full_name() : std::string("google.protobuf.NullValue")));
    } else if (field.value.kind == ValueKind::message) {
      visit_message(field, std::move(path), oneof_needed);
    } else {
      add(field, std::move(path), oneof_needed);
    }
  }

  // The body's field is one of the request itself, not of a message of its type further down.
  const FieldDescriptor* body_field_top(const Frame&) const {
    return stack_.size() == 1 ? body_field_ : nullptr;
  }

  void visit_message(const Field& field, FieldPath path, bool oneof_needed) {
    Frame& frame = stack_.back();
    if (field.repeated) {
      error(field, "it is a list of messages");
      return;
    }
    const int index = field.value.message;
    if (std::any_of(stack_.begin(), stack_.end(),
                    [&](const Frame& f) { return f.message == index; })) {
      error(field,
            "its message " + field.descriptor->message_type()->full_name() + " contains itself");
      return;
    }
    const bool reached = reached_.contains(path.proto_path);
    const bool needed = field.required || oneof_needed;
    if (needed && !frame.certain) {
      refuse_nested(field);
      return;
    }
    push(index, std::move(path), reached || needed, needed && !reached ? &field : nullptr);
  }

  void refuse_nested(const Field& field) {
    error(field, "it is required within an optional message (" + stack_.back().base.proto_path +
                     "), which one rank per parameter cannot check");
  }

  void add(const Field& field, FieldPath path, bool oneof_needed) {
    Frame& frame = stack_.back();
    if (field.unique) {
      error(field, "repeated.unique cannot be checked there");
      return;
    }
    if (field.repeated && (field.min_items > 1 || field.max_items)) {
      error(field, field.max_items ? "repeated.max_items cannot be counted there"
                                   : "repeated.min_items above 1 cannot be counted there");
      return;
    }
    // A default is absent in a query whatever `json.defaults` says, so a printed one is not
    // required here.
    bool required = field.implicit ? !field.default_allowed : field.required;
    if (required && !frame.certain) {
      refuse_nested(field);
      return;
    }
    required = required || oneof_needed;
    if (parameters_.size() + default_only_.size() == kMaxParameters) return give_up();
    if (allows_nothing(value_without_default(field))) {
      if (field.implicit) name(field, {.path = std::move(path), .name = {}, .rank = 0, .repeated = field.repeated, .required = false}, default_only_);
      return;
    }
    const bool shares = field.oneof >= 0 && field.oneof == frame.last_oneof &&
                        !has_message_choice(message(frame), field.oneof);
    if (!shares) ++rank_;
    frame.last_oneof = field.oneof;
    frame.shown = frame.shown || required;
    name(field, {.path = std::move(path), .name = {}, .rank = rank_, .repeated = field.repeated, .required = required}, parameters_);
  }

  // Gives a parameter its name and puts it into a list, if its name is short enough and its own.
  void name(const Field& field, QueryParameter parameter, std::vector<QueryParameter>& list) {
    parameter.name = parameter.path.json_path;
    if (parameter.name.size() > kMaxParameterName) {
      error(field, "its name there would have " + std::to_string(parameter.name.size()) + " bytes, and " + std::to_string(kMaxParameterName) + " is the most");
      failed_ = true;
      return;
    }
    const auto [other, fresh] = names_.emplace(parameter.name, &field);
    if (!fresh) {
      error(field, "its name \"" + parameter.name + "\" is also that of " +
                       other->second->descriptor->full_name());
      return;
    }
    list.push_back(std::move(parameter));
  }

  // Looks once at the oneof of a field: its members share a rank where none is a message
  // (query_choice.hpp).
  bool check_oneof(Frame& frame, const Field& field) {
    const auto index = static_cast<std::size_t>(field.oneof);
    const Oneof& oneof = message(frame).oneofs[index];
    if (frame.checked[index]) return !frame.one_required[index] || frame.certain;
    frame.checked[index] = true;
    std::vector<const Field*> members;
    for (const Field& member : message(frame).fields) {
      if (member.oneof != field.oneof ||
          excluded_.contains(join(frame.base.proto_path, member.name)))
        continue;
      const bool empty = member.value.kind == ValueKind::message &&
                         resolution_.schema.message(member.value.message).fields.empty();
      if (!empty) members.push_back(&member);
    }
    const bool path_sets_it = std::any_of(
        message(frame).fields.begin(), message(frame).fields.end(), [&](const Field& member) {
          return member.oneof == field.oneof &&
                 reached_.contains(join(frame.base.proto_path, member.name));
        });
    if (oneof.required && !path_sets_it && has_message_choice(message(frame), field.oneof)) {
      error(field, "oneof " + oneof.name +
                       " is required and has a message among its members, which several parameters "
                       "show: that one of them is there, one rank per parameter cannot check");
    }
    if (oneof.required && !path_sets_it) {
      frame.one_required[index] = true;
      if (!frame.certain) {
        error(field, "oneof " + oneof.name + " is required within an optional message (" +
                         frame.base.proto_path + ")");
        return false;
      }
      if (members.empty())
        error(field,
              "oneof " + oneof.name + " is required, but none of its members has parameters");
    }
    return true;
  }

  Resolution& resolution_;
  const Endpoint& endpoint_;
  const std::set<std::string>& excluded_;
  const std::set<std::string>& reached_;
  const FieldDescriptor* body_field_;
  std::vector<Frame> stack_;
  std::vector<QueryParameter> parameters_;
  std::vector<QueryParameter> default_only_;
  std::map<std::string, const Field*> names_;
  std::size_t visited_ = 0;
  int rank_ = 0;
  bool failed_ = false;
};

}  // namespace

void resolve_query(Resolution& resolution, Endpoint& endpoint, const std::set<std::string>& excluded,
                   const std::set<std::string>& reached, const FieldDescriptor* body_field) {
  QueryWalk(resolution, endpoint, excluded, reached, body_field).run(endpoint);
}

}  // namespace sluice::compiler
