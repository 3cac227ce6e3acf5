// SPDX-License-Identifier: Apache-2.0
// Comparison by name and by number, both ways; enum value names may differ (old copies use older
// names).
#include "load/declarations.hpp"

#include <fmt/format.h>

#include "buf/validate/validate.pb.h"
#include "google/api/annotations.pb.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/http.pb.h"
#include "google/rpc/status.pb.h"
#include "load/spans.hpp"

namespace sluice::load {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

// Files whose declarations change what is enforced or how a message travels.
std::vector<const FileDescriptor*> our_files() {
  return {buf::validate::FieldRules::descriptor()->file(),
          google::api::HttpRule::descriptor()->file(), google::rpc::Status::descriptor()->file(),
          google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
              "google/api/annotations.proto"),
          google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
              "google/api/field_behavior.proto")};
}

bool same_type(const FieldDescriptor* ours, const FieldDescriptor* theirs) {
  return ours->type() == theirs->type() && ours->is_repeated() == theirs->is_repeated();
}

class Comparison {
 public:
  Comparison(const Loaded& loaded, Diagnostics& diagnostics)
      : loaded_(loaded), diagnostics_(diagnostics) {}

  void message(const Descriptor* ours) {
    const Descriptor* theirs = loaded_.pool->FindMessageTypeByName(ours->full_name());
    if (theirs == nullptr) return;
    for (int i = 0; i < ours->field_count(); ++i) {
      const FieldDescriptor* field = ours->field(i);
      const FieldDescriptor* named = theirs->FindFieldByName(field->name());
      const FieldDescriptor* numbered = theirs->FindFieldByNumber(field->number());
      if (named != nullptr && named->number() != field->number()) {
        refuse(named, fmt::format("number {}", field->number()));
      } else if (numbered != nullptr && numbered->name() != field->name()) {
        refuse(numbered, fmt::format("the name `{}`", field->name()));
      } else if (numbered != nullptr && !same_type(field, numbered)) {
        refuse(numbered, fmt::format("type {}{}", field->is_repeated() ? "repeated " : "",
                                     field->type_name()));
      }
    }
  }

  void extension(const FieldDescriptor* ours) {
    const FieldDescriptor* named = loaded_.pool->FindExtensionByName(ours->full_name());
    if (named != nullptr &&
        (named->number() != ours->number() || !same_type(ours, named) ||
         named->containing_type()->full_name() != ours->containing_type()->full_name())) {
      refuse(named,
             fmt::format("number {} on {}", ours->number(), ours->containing_type()->full_name()));
    }
    const Descriptor* extendee =
        loaded_.pool->FindMessageTypeByName(ours->containing_type()->full_name());
    if (extendee == nullptr) return;
    const FieldDescriptor* numbered = loaded_.pool->FindExtensionByNumber(extendee, ours->number());
    if (numbered != nullptr && numbered->full_name() != ours->full_name()) {
      diagnostics_.error(
          Code::kForeignDeclaration, span_of(loaded_, numbered),
          fmt::format("the extension `{}` has the number {} on {}, which belongs to `{}`",
                      numbered->full_name(), ours->number(), extendee->full_name(),
                      ours->full_name()));
    }
  }

 private:
  void refuse(const FieldDescriptor* theirs, const std::string& original) {
    diagnostics_
        .error(Code::kForeignDeclaration, span_of(loaded_, theirs),
               fmt::format("`{}` differs from the public declaration, where it has {}",
                           theirs->full_name(), original))
        .mend("use the public file, or remove this copy: Sluice brings its own");
  }

  const Loaded& loaded_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool check_declarations(const Loaded& loaded, Diagnostics& diagnostics) {
  std::size_t before = diagnostics.error_count();
  Comparison comparison(loaded, diagnostics);
  for (const FileDescriptor* file : our_files()) {
    for (int i = 0; i < file->message_type_count(); ++i) comparison.message(file->message_type(i));
    for (int i = 0; i < file->extension_count(); ++i) comparison.extension(file->extension(i));
  }
  return diagnostics.error_count() == before;
}

}  // namespace sluice::load
