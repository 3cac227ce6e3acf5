// SPDX-License-Identifier: Apache-2.0
// The descriptors of one policy: a pool of its own, filled from .proto files or from a descriptor
// set, and the names under which people know its files. It does not judge what the schemas say.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/diagnostic.hpp"

namespace sluice::load {

inline constexpr std::size_t kMaxDescriptorSetBytes = 64u << 20;

class SchemaPool {
 public:
  // From .proto files below `import_paths`. Null after an error. `roots` are import names;
  // `root_spans` say where the policy names them.
  static std::unique_ptr<SchemaPool> from_files(
      const std::vector<std::filesystem::path>& import_paths, const std::vector<std::string>& roots,
      const std::vector<Span>& root_spans, Diagnostics& diagnostics);

  // From a serialized google.protobuf.FileDescriptorSet, `shown` in diagnostics. Roots: as above,
  // or with an empty list every file of the set. Files of google/protobuf come from libprotobuf,
  // whatever the set has.
  static std::unique_ptr<SchemaPool> from_set(std::string_view set, const std::string& shown,
                                              const std::vector<std::string>& roots,
                                              const std::vector<Span>& root_spans,
                                              Diagnostics& diagnostics);

  virtual ~SchemaPool() = default;
  SchemaPool(const SchemaPool&) = delete;
  SchemaPool& operator=(const SchemaPool&) = delete;

  const google::protobuf::DescriptorPool& pool() const { return *pool_; }
  // The root files, in the order given.
  const std::vector<const google::protobuf::FileDescriptor*>& roots() const { return roots_; }
  // Makes a shipped file part of the pool, if it is not yet; null if that fails.
  const google::protobuf::FileDescriptor* add_shipped(const std::string& name) const;
  // The name of a file for people: its path where it came from disk.
  virtual std::string shown_name(const std::string& filename) const = 0;
  // A place of libprotobuf's, from 0, for people: from 1, columns in bytes.
  virtual Span span_in(const std::string& filename, int line, int column) const = 0;

 protected:
  SchemaPool() = default;

  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  std::vector<const google::protobuf::FileDescriptor*> roots_;
};

}  // namespace sluice::load
