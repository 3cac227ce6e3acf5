// SPDX-License-Identifier: Apache-2.0
// The naive rule evaluator: buf.validate rules over dynamic messages, with the meaning that
// protovalidate gives them. Every rule is checked on every value, in plain words; nothing is
// compiled but the regular expressions. What it cannot check it refuses when it is made, by name.
#pragma once

#include <google/protobuf/message.h>
#include <re2/re2.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "buf/validate/validate.pb.h"
#include "judge/complain.hpp"
#include "load/load.hpp"

namespace sluice::judge {

struct RuleViolation {
  std::string path;            // "book.authors[2].name"
  std::string rule;            // "string.min_len", "required", "oneof.required"
  std::string message;         // for people
  bool software_only = false;  // the policy leaves this rule to software
};

// The expressions of one group of rules.
struct Patterns {
  std::unique_ptr<RE2> value;  // string.pattern or bytes.pattern
  std::unique_ptr<RE2> items;  // the same of repeated.items or map.values
  std::unique_ptr<RE2> keys;   // the same of map.keys
};

// Fields of a message of which at most one, or exactly one, is set.
struct MessageOneof {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  bool required = false;
};

class RuleBook {
 public:
  // Reads the rules of `messages` (all that can be reached). Reports what cannot be checked, and is
  // then of no use.
  RuleBook(const load::Loaded& loaded,
           const std::set<const google::protobuf::Descriptor*>& messages,
           load::Diagnostics& diagnostics);

  // All violations of a message and of the messages in it. Thread-safe.
  std::vector<RuleViolation> evaluate(const google::protobuf::Message& message) const;

 private:
  struct FieldBook {
    const google::protobuf::FieldDescriptor* field = nullptr;
    buf::validate::FieldRules rules;
    Patterns patterns;
  };
  struct MessageBook {
    std::vector<FieldBook> fields;
    std::vector<const google::protobuf::OneofDescriptor*> required_oneofs;
    std::vector<MessageOneof> groups;
  };

  void message(const google::protobuf::Message& message, const std::string& path,
               std::vector<RuleViolation>& out) const;
  void field(const google::protobuf::Message& message, const FieldBook& book,
             const std::string& path, std::vector<RuleViolation>& out) const;

  // One field without a list around it: an element of a list, or a key or a value of a map.
  struct Part {
    const google::protobuf::Message& message;
    const google::protobuf::FieldDescriptor* field;
    int index;  // of a list's element; else -1
    const buf::validate::FieldRules& rules;
    const RE2* pattern;
    std::string path, prefix;
  };
  void part(const FieldBook& book, const Part& part, std::vector<RuleViolation>& out) const;
  void map(const google::protobuf::Message& message, const FieldBook& book, const std::string& path,
           std::vector<RuleViolation>& out) const;
  Complain complain_at(const FieldBook& book, std::string path, std::string prefix,
                       std::vector<RuleViolation>& out) const;

  std::map<const google::protobuf::Descriptor*, MessageBook> books_;
  std::set<std::pair<std::string, std::string>> software_only_;  // element, rule
};

}  // namespace sluice::judge
