// SPDX-License-Identifier: Apache-2.0
// Builds the tree from yaml-cpp's events, so that limits hold while the text is read and not
// afterwards.
#include "load/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <optional>
#include <set>
#include <sstream>

#include "load/utf8.hpp"

namespace sluice::load {
namespace {

// Ends the parse; the diagnostic is already made.
struct Stop {};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, Diagnostics& diagnostics)
      : file_(file), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_extras(mark, "", anchor);
    YamlNode node;
    node.kind = YamlNode::Kind::kNull;
    add(mark, std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    stop(Code::kYamlUnsupported, mark, "aliases are not read in policies")
        .mend("write the value out where it is meant");
    throw Stop{};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_extras(mark, tag, anchor);
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.quoted = tag == "!";
    node.text = value;
    add(mark, std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_extras(mark, tag, anchor);
    open(mark, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_extras(mark, tag, anchor);
    open(mark, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

  bool complete() const { return root_ != nullptr; }
  std::unique_ptr<YamlNode> take() { return std::move(root_); }

 private:
  // A list or map that is still open. It is moved into its parent when it closes.
  struct Open {
    YamlNode node;
    std::optional<YamlMember> key;  // of a map: the key that waits for its value
    std::set<std::string> keys;
  };

  Diagnostic& stop(Code code, const YAML::Mark& mark, std::string message) {
    return diagnostics_.error(code, Span{file_, mark.line + 1, mark.column + 1},
                              std::move(message));
  }

  void refuse_extras(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) {
      stop(Code::kYamlUnsupported, mark, "anchors are not read in policies");
      throw Stop{};
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      stop(Code::kYamlUnsupported, mark, fmt::format("the tag `{}` is not read in policies", tag));
      throw Stop{};
    }
    if (++nodes_ > kYamlMaxNodes) {
      stop(Code::kPolicyTooLarge, mark,
           fmt::format("the policy has more than {} values", kYamlMaxNodes));
      throw Stop{};
    }
  }

  void open(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (!stack_.empty() && stack_.back().node.kind == YamlNode::Kind::kMap && !stack_.back().key) {
      stop(Code::kYamlUnsupported, mark, "a key must be a simple name");
      throw Stop{};
    }
    if (stack_.size() >= kYamlMaxDepth) {
      stop(Code::kPolicyTooLarge, mark,
           fmt::format("the policy is nested deeper than {} levels", kYamlMaxDepth));
      throw Stop{};
    }
    Open made;
    made.node.kind = kind;
    made.node.line = mark.line + 1;
    made.node.column = mark.column + 1;
    stack_.push_back(std::move(made));
  }

  void close() {
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    place(std::move(node));
  }

  void add(const YAML::Mark& mark, YamlNode node) {
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    if (!stack_.empty() && stack_.back().node.kind == YamlNode::Kind::kMap && !stack_.back().key) {
      Open& map = stack_.back();
      if (node.kind != YamlNode::Kind::kScalar) {
        stop(Code::kYamlUnsupported, mark, "a key must be a simple name");
        throw Stop{};
      }
      map.key.emplace();
      map.key->key = node.text;
      map.key->line = node.line;
      map.key->column = node.column;
      return;
    }
    place(std::move(node));
  }

  // Hands a finished value to whatever is open around it.
  void place(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::make_unique<YamlNode>(std::move(node));
      return;
    }
    Open& top = stack_.back();
    if (top.node.kind == YamlNode::Kind::kList) {
      top.node.items.push_back(std::move(node));
      return;
    }
    YamlMember member = std::move(*top.key);
    top.key.reset();
    if (!top.keys.insert(member.key).second) {
      diagnostics_.error(Code::kDuplicateKey, Span{file_, member.line, member.column},
                         fmt::format("the key `{}` stands twice in this place", member.key));
      return;
    }
    member.value = std::move(node);
    top.node.members.push_back(std::move(member));
  }

  const std::string& file_;
  Diagnostics& diagnostics_;
  std::vector<Open> stack_;
  std::unique_ptr<YamlNode> root_;
  std::size_t nodes_ = 0;
};

}  // namespace

std::unique_ptr<YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                     Diagnostics& diagnostics) {
  if (text.size() > kYamlMaxBytes) {
    diagnostics.error(
        Code::kPolicyTooLarge, Span{file, 0, 0},
        fmt::format("the policy has {} bytes; {} are read at most", text.size(), kYamlMaxBytes));
    return nullptr;
  }
  if (auto bad = first_invalid_utf8(text); bad != std::string_view::npos) {
    diagnostics.error(Code::kYamlSyntax, place_in(text, bad, file),
                      "the policy is not UTF-8 text here");
    return nullptr;
  }
  TreeBuilder builder(file, diagnostics);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder) || !builder.complete()) {
      diagnostics.error(Code::kYamlSyntax, Span{file, 0, 0}, "the policy is empty");
      return nullptr;
    }
    auto root = builder.take();
    TreeBuilder second(file, diagnostics);
    if (parser.HandleNextDocument(second)) {
      diagnostics.error(Code::kYamlUnsupported, Span{file, 0, 0},
                        "a policy is one YAML document; this file has more");
      return nullptr;
    }
    return root;
  } catch (const Stop&) {
    return nullptr;
  } catch (const YAML::Exception& failure) {
    Span span{file, 0, 0};
    if (!failure.mark.is_null()) {
      span.line = failure.mark.line + 1;
      span.column = failure.mark.column + 1;
    }
    diagnostics.error(Code::kYamlSyntax, span,
                      fmt::format("not well-formed YAML: {}", failure.msg));
    return nullptr;
  }
}

}  // namespace sluice::load
