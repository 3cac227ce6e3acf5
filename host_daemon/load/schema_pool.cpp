// SPDX-License-Identifier: Apache-2.0
// Two ways to fill a pool: .proto texts through libprotobuf's parser, or a descriptor set. Both
// look files up one by one as imports need them, so errors name the file that is really used.
#include "load/schema_pool.hpp"

#include <fmt/format.h>
#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <map>
#include <set>

#include "load/nearest.hpp"
#include "load/source_tree.hpp"
#include "load/unknown_option.hpp"

namespace sluice::load {
namespace {

using google::protobuf::DescriptorDatabase;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::Message;
using google::protobuf::compiler::SourceTreeDescriptorDatabase;

// libprotobuf's own well-known files, by name only: a pool over this database asks for nothing
// else.
class WellKnownDatabase : public DescriptorDatabase {
 public:
  bool FindFileByName(const std::string& name, FileDescriptorProto* output) override {
    if (!is_well_known_file(name)) return false;
    const FileDescriptor* file = DescriptorPool::generated_pool()->FindFileByName(name);
    file->CopyTo(output);
    return true;
  }
  bool FindFileContainingSymbol(const std::string&, FileDescriptorProto*) override { return false; }
  bool FindFileContainingExtension(const std::string&, int, FileDescriptorProto*) override {
    return false;
  }
};

// The part of a text before the first statement that is neither comment nor space begins with
// `word`.
bool begins_with_word(std::string_view text, std::string_view word) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (std::isspace(static_cast<unsigned char>(text[at]))) {
      ++at;
    } else if (text.substr(at).starts_with("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (text.substr(at).starts_with("/*")) {
      at = text.find("*/", at);
      if (at == text.npos) return false;
      at += 2;
    } else {
      return text.substr(at).starts_with(word);
    }
  }
  return false;
}

// What helps against a message of libprotobuf, and the code it deserves.
struct Advice {
  std::string_view part;  // of the message
  Code code;
  std::string_view help;
};
constexpr Advice kAdvice[] = {
    {"Reached maximum recursion limit", Code::kProtoTooLarge, "declare inner messages side by side: they nest at most 32 deep"},
    {"recursively imports itself", Code::kProtoInvalid, "move what both files need into a file of its own, which both import"},
    {"The JSON camel-case name of field", Code::kNameCollision, "rename one of the fields: in JSON both would have one name"},
    {"is not defined", Code::kProtoInvalid, "declare it, import the file that does, or correct its name"},
    {"seems to be defined in", Code::kProtoInvalid, "import the file that declares it"},
    {"is already defined in", Code::kProtoInvalid, "rename one of the two"},
    {"has already been used in", Code::kProtoInvalid, "give each field a number of its own"},
    {"are reserved for the protocol buffer library", Code::kProtoInvalid, "choose numbers below 19000 or above 19999"},
    {"The first enum value must be zero", Code::kProtoInvalid, "begin the enum with a value for 'unspecified', number 0"},
};
const Advice* advice_for(std::string_view message) {
  for (const Advice& one : kAdvice) {
    if (message.find(one.part) != message.npos) return &one;
  }
  return nullptr;
}

// Turns libprotobuf's messages into diagnostics, and leaves out those that only follow from a
// missing import.
class Collector : public google::protobuf::compiler::MultiFileErrorCollector,
                  public DescriptorPool::ErrorCollector {
 public:
  Collector(SchemaSourceTree& tree) : tree_(tree) {}

  // While null, messages are dropped: after the load nobody listens any more.
  void listen(Diagnostics* diagnostics) { diagnostics_ = diagnostics; }
  const std::map<std::string, std::string>& missing() const { return missing_; }
  // Why a file could not be opened, as a code.
  Code code_of_missing(const std::string& filename) const {
    return too_large_.contains(filename) ? Code::kProtoTooLarge : Code::kImportNotFound;
  }

  // From the parser and, with places, from the pool over .proto texts. Line and column count from
  // 0.
  void AddError(const std::string& filename, int line, int column,
                const std::string& message) override {
    if (line < 0 && tree_.text_of(filename) == nullptr) {
      missing_.insert_or_assign(filename, message);
      if (tree_.refused_for_size()) too_large_.insert(filename);
      return;
    }
    const Span span = line < 0 ? Span{tree_.shown_name(filename), 0, 0}
                               : tree_.span_in(filename, line, column);
    // Each byte of such a character would be an error, and what follows it on the line.
    if (message.starts_with("Interpreting non ascii codepoint")) {
      if (diagnostics_ == nullptr || !not_ascii_.emplace(filename, line).second) return;
      diagnostics_->error(Code::kProtoSyntax, span, "outside texts and comments only ASCII is read")
          .mend("names consist of letters a-z and A-Z, digits and `_`");
      return;
    }
    if (not_ascii_.contains({filename, line})) return;
    report(filename, span, message, Code::kProtoSyntax);
  }

  // From the pool over a descriptor set: no places.
  void AddError(const std::string& filename, const std::string& element, const Message*,
                ErrorLocation, const std::string& message) override {
    report(filename, Span{tree_.shown_name(filename), 0, 0}, element + ": " + message,
           Code::kBadDescriptorSet);
  }

  void AddWarning(const std::string&, int, int, const std::string&) override {}
  void AddWarning(const std::string&, const std::string&, const Message*, ErrorLocation,
                  const std::string&) override {}

 private:
  void report(const std::string& filename, const Span& span, const std::string& message,
              Code code) {
    if (diagnostics_ == nullptr) return;
    const std::string* text = tree_.text_of(filename);
    if (auto import = import_of(message)) {
      broken_imports_.insert(filename);
      auto found = missing_.find(*import);
      if (found == missing_.end()) return;  // its own errors are reported already
      const Code why = code_of_missing(*import);
      auto names = tree_.names_nearby();
      auto& made = diagnostics_->error(
          why, span,
          fmt::format("cannot import `{}`{}", *import,
                      why == Code::kImportNotFound ? did_you_mean(*import, names) : ""));
      if (!found->second.empty()) made.note(found->second);
      return;
    }
    bool follows = message.find("is not defined") != message.npos ||
                   message.find("seems to be defined in") != message.npos;
    if (follows && broken_imports_.contains(filename)) return;
    bool edition = text != nullptr && begins_with_word(*text, "edition");
    // Only proto2 wants a label before every field; so does a file that does not say its syntax.
    bool proto2 = message.starts_with("Expected \"required\", \"optional\", or \"repeated\"");
    if (edition || proto2) {
      if (!not_proto3_.insert(filename).second) return;
      diagnostics_
          ->error(Code::kNotProto3, span,
                  edition ? "files with `edition` are not read"
                          : "only proto3 is read; without a `syntax` line a file is proto2")
          .mend("write the schema in proto3: syntax = \"proto3\";");
      return;
    }
    if (auto option = unknown_option(message)) {
      report_unknown_option(*diagnostics_, span, *option, text == nullptr ? "" : *text);
      return;
    }
    const Advice* advice = advice_for(message);
    auto& made = diagnostics_->error(advice != nullptr && code == Code::kProtoSyntax ? advice->code : code, span, message);
    if (advice != nullptr) made.mend(std::string(advice->help));
    // What the parser gave up on is then not defined.
    if (advice != nullptr && advice->code == Code::kProtoTooLarge) broken_imports_.insert(filename);
  }

  // The import that a message of libprotobuf says was not found or had errors.
  static std::optional<std::string> import_of(const std::string& message) {
    std::size_t at = message.find("Import \"");
    std::size_t end = message.find("\" was not found or had errors");
    if (at == message.npos || end == message.npos || end < at + 8) return std::nullopt;
    return message.substr(at + 8, end - at - 8);
  }

  SchemaSourceTree& tree_;
  Diagnostics* diagnostics_ = nullptr;
  std::map<std::string, std::string> missing_;
  std::set<std::string> too_large_;
  std::set<std::string> broken_imports_;
  std::set<std::pair<std::string, int>> not_ascii_;  // lines
  std::set<std::string> not_proto3_;  // said once for each file
};

class FilesPool : public SchemaPool {
 public:
  explicit FilesPool(const std::vector<std::filesystem::path>& import_paths)
      : tree_(import_paths), collector_(tree_), database_(&tree_, &well_known_) {
    database_.RecordErrorsTo(&collector_);
    pool_ = std::make_unique<DescriptorPool>(&database_, database_.GetValidationErrorCollector());
  }

  bool fill(const std::vector<std::string>& roots, const std::vector<Span>& root_spans,
            Diagnostics& diagnostics) {
    collector_.listen(&diagnostics);
    std::size_t before = diagnostics.error_count();
    for (std::size_t i = 0; i < roots.size(); ++i) {
      const FileDescriptor* file = pool_->FindFileByName(roots[i]);
      if (file != nullptr) {
        roots_.push_back(file);
      } else if (auto found = collector_.missing().find(roots[i]);
                 found != collector_.missing().end()) {
        const Code why = collector_.code_of_missing(roots[i]);
        auto names = tree_.names_nearby();
        auto& made = diagnostics.error(
            why, root_spans[i],
            fmt::format("cannot open the schema file `{}`{}", roots[i],
                        why == Code::kImportNotFound ? did_you_mean(roots[i], names) : ""));
        made.note(found->second);
        if (why == Code::kImportNotFound) {
          made.mend(
              "schema files are named relative to one of `importPaths`, and these relative to "
              "the policy's folder");
        }
      } else if (diagnostics.error_count() == before) {
        diagnostics.error(Code::kProtoInvalid, root_spans[i],
                          fmt::format("cannot read the schema file `{}`", roots[i]));
      }
    }
    tree_.add_sources(diagnostics);
    collector_.listen(nullptr);
    return diagnostics.error_count() == before;
  }

  std::string shown_name(const std::string& filename) const override {
    return tree_.shown_name(filename);
  }
  Span span_in(const std::string& filename, int line, int column) const override {
    return tree_.span_in(filename, line, column);
  }

 private:
  SchemaSourceTree tree_;
  Collector collector_;
  WellKnownDatabase well_known_;
  SourceTreeDescriptorDatabase database_;
};

// True if a message below has options that no compiler has interpreted. The nesting is bounded by
// the wire parser.
bool has_uninterpreted(const Message& message) {
  if (message.GetDescriptor() == google::protobuf::UninterpretedOption::descriptor()) return true;
  std::vector<const FieldDescriptor*> fields;
  const auto* reflection = message.GetReflection();
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (has_uninterpreted(reflection->GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      if (has_uninterpreted(reflection->GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

class SetPool : public SchemaPool {
 public:
  SetPool() : tree_({}), collector_(tree_), shipped_(&tree_, &well_known_), database_(*this) {
    shipped_.RecordErrorsTo(&collector_);
    pool_ = std::make_unique<DescriptorPool>(&database_, &collector_);
  }

  bool fill(std::string_view bytes, const std::string& shown, std::vector<std::string> roots,
            std::vector<Span> root_spans, Diagnostics& diagnostics) {
    Span whole{shown, 0, 0};
    google::protobuf::io::ArrayInputStream array(bytes.data(), static_cast<int>(bytes.size()));
    google::protobuf::io::CodedInputStream coded(&array);
    FileDescriptorSet set;
    if (!set.ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage()) {
      diagnostics
          .error(Code::kBadDescriptorSet, whole, "this is not a serialized FileDescriptorSet")
          .mend(
              "write one with protoc --include_imports --include_source_info "
              "--descriptor_set_out=FILE");
      return false;
    }
    if (static_cast<std::size_t>(set.file_size()) > kMaxSchemaFiles) {
      diagnostics.error(Code::kProtoTooLarge, whole,
                        fmt::format("the set has {} files; {} are read at most", set.file_size(),
                                    kMaxSchemaFiles));
      return false;
    }
    bool all = roots.empty();
    std::vector<std::string> names;
    for (FileDescriptorProto& file : *set.mutable_file()) {
      std::string name = file.name();
      if (has_uninterpreted(file)) {
        diagnostics.error(Code::kBadDescriptorSet, whole,
                          fmt::format("`{}` has options that no compiler has interpreted", name));
        return false;
      }
      if (is_well_known_file(name)) continue;
      names.push_back(name);
      if (!files_.emplace(name, std::move(file)).second) {
        diagnostics.error(Code::kBadDescriptorSet, whole,
                          fmt::format("`{}` stands twice in the set", name));
        return false;
      }
    }
    if (all) {
      roots = names;
      root_spans.assign(names.size(), whole);
    }
    std::size_t before = diagnostics.error_count();
    collector_.listen(&diagnostics);
    for (std::size_t i = 0; i < roots.size(); ++i) {
      if (!files_.contains(roots[i])) {
        diagnostics.error(Code::kImportNotFound, root_spans[i],
                          fmt::format("the descriptor set has no file `{}`{}", roots[i],
                                      did_you_mean(roots[i], names)));
        continue;
      }
      const FileDescriptor* file = pool_->FindFileByName(roots[i]);
      if (file != nullptr) {
        roots_.push_back(file);
      } else if (diagnostics.error_count() == before) {
        diagnostics.error(Code::kBadDescriptorSet, root_spans[i],
                          fmt::format("cannot use the file `{}` of the set", roots[i]));
      }
    }
    collector_.listen(nullptr);
    return diagnostics.error_count() == before;
  }

  std::string shown_name(const std::string& filename) const override {
    return tree_.shown_name(filename);
  }
  Span span_in(const std::string& filename, int line, int column) const override {
    return tree_.span_in(filename, line, column);
  }

 private:
  // The set's files behind libprotobuf's own and before the shipped ones.
  class Database : public DescriptorDatabase {
   public:
    explicit Database(SetPool& owner) : owner_(owner) {}
    bool FindFileByName(const std::string& name, FileDescriptorProto* output) override {
      auto found = owner_.files_.find(name);
      if (found == owner_.files_.end()) return owner_.shipped_.FindFileByName(name, output);
      *output = found->second;
      return true;
    }
    bool FindFileContainingSymbol(const std::string&, FileDescriptorProto*) override {
      return false;
    }
    bool FindFileContainingExtension(const std::string&, int, FileDescriptorProto*) override {
      return false;
    }

   private:
    SetPool& owner_;
  };

  SchemaSourceTree tree_;
  Collector collector_;
  WellKnownDatabase well_known_;
  SourceTreeDescriptorDatabase shipped_;
  std::map<std::string, FileDescriptorProto> files_;
  Database database_;
};

}  // namespace

std::unique_ptr<SchemaPool> SchemaPool::from_files(
    const std::vector<std::filesystem::path>& import_paths, const std::vector<std::string>& roots,
    const std::vector<Span>& root_spans, Diagnostics& diagnostics) {
  google::protobuf::LogSilencer silence;
  auto made = std::make_unique<FilesPool>(import_paths);
  if (!made->fill(roots, root_spans, diagnostics)) return nullptr;
  return made;
}

std::unique_ptr<SchemaPool> SchemaPool::from_set(std::string_view set, const std::string& shown,
                                                 const std::vector<std::string>& roots,
                                                 const std::vector<Span>& root_spans,
                                                 Diagnostics& diagnostics) {
  google::protobuf::LogSilencer silence;
  if (set.size() > kMaxDescriptorSetBytes) {
    diagnostics.error(Code::kProtoTooLarge, Span{shown, 0, 0},
                      fmt::format("the descriptor set has {} bytes; {} are read at most",
                                  set.size(), kMaxDescriptorSetBytes));
    return nullptr;
  }
  auto made = std::make_unique<SetPool>();
  if (!made->fill(set, shown, roots, root_spans, diagnostics)) return nullptr;
  return made;
}

const google::protobuf::FileDescriptor* SchemaPool::add_shipped(const std::string& name) const {
  google::protobuf::LogSilencer silence;
  return shipped_file(name) ? pool_->FindFileByName(name) : nullptr;
}

}  // namespace sluice::load
