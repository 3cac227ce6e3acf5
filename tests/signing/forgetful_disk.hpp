// SPDX-License-Identifier: Apache-2.0
// A disk whose power can fail at any step. What was not synced is then there, not there, or there
// in part, as chance has it: contents without sync of the file, names without sync of the folder.
// It can be told to lie about syncs. Paths are not looked up in the real file system.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "signing/disk.hpp"
#include "support/random_image.hpp"

namespace sluice::test {

struct PowerCut {};

class ForgetfulDisk : public signing::Disk {
 public:
  enum class Lie { none, file_sync, folder_sync };

  explicit ForgetfulDisk(Lie lie = Lie::none) : lie_(lie) {}

  // The power fails when so many more steps were begun; never by default.
  void cut_after(unsigned steps) { cut_at_ = steps_ + steps; }
  void no_cut() { cut_at_ = 0; }
  unsigned steps() const { return steps_; }

  // What a restart finds.
  void restart(support::Random& random) {
    names_ = durable_names_;
    for (const auto& change :
         pending_) {  // any of the changes may have come to the medium; in their order
      if (random.one_in(2)) change.apply(names_);
    }
    for (auto& [number, file] : files_) {
      if (!file.synced) {
        const std::uint32_t kept = random.below(static_cast<std::uint32_t>(file.bytes.size() + 1));
        if (random.one_in(2)) file.bytes.resize(kept);
      }
      file.synced = true;
    }
    durable_names_ = names_;
    pending_.clear();
    no_cut();
  }

  std::optional<signing::FileContent> read(const signing::Path& file) override {
    step();
    const auto found = names_.find(file.string());
    if (found == names_.end()) return std::nullopt;
    return signing::FileContent{files_.at(found->second).bytes, identity_of(found->second)};
  }

  std::unique_ptr<signing::NewFile> create(const signing::Path& file, signing::Access) override {
    step();
    const std::uint64_t number = next_number_++;
    files_[number] = {};
    change({"", file.string(), number});
    return std::make_unique<Writing>(*this, number);
  }

  void rename(const signing::Path& from, const signing::Path& to) override {
    step();
    change({from.string(), to.string(), names_.at(from.string())});
  }

  void rename_new(const signing::Path& from, const signing::Path& to) override {
    if (names_.contains(to.string())) throw signing::DiskError("exists");
    rename(from, to);
  }

  void sync_folder(const signing::Path& folder) override {
    step();
    if (lie_ == Lie::folder_sync) return;
    std::vector<Change> others;
    for (const auto& change : pending_) {
      if (signing::folder_of(change.to) == folder) {
        change.apply(durable_names_);
      } else {
        others.push_back(change);
      }
    }
    pending_ = std::move(others);
  }

  void make_folders(const signing::Path&) override {}
  std::unique_ptr<signing::Lock> lock(const signing::Path&) override {
    return std::make_unique<signing::Lock>();
  }
  std::string machine() override { return "a machine"; }

 private:
  struct File {
    signing::Bytes bytes;
    bool synced = false;
  };
  struct Change {
    std::string from, to;
    std::uint64_t number;
    void apply(std::map<std::string, std::uint64_t>& names) const {
      if (!from.empty()) names.erase(from);
      names[to] = number;
    }
  };
  class Writing : public signing::NewFile {
   public:
    Writing(ForgetfulDisk& disk, std::uint64_t number) : disk_(disk), number_(number) {}
    signing::FileIdentity identity() override { return identity_of(number_); }
    void write(signing::View bytes) override {
      disk_.step();
      disk_.files_[number_].bytes.assign(bytes.begin(), bytes.end());
    }
    void sync() override {
      disk_.step();
      if (disk_.lie_ != Lie::file_sync) disk_.files_[number_].synced = true;
    }

   private:
    ForgetfulDisk& disk_;
    std::uint64_t number_;
  };

  static signing::FileIdentity identity_of(std::uint64_t number) { return {number, 1, 0}; }

  void step() {
    ++steps_;
    if (steps_ == cut_at_) throw PowerCut();
  }
  void change(const Change& change) {
    change.apply(names_);
    pending_.push_back(change);
  }

  Lie lie_;
  unsigned steps_ = 0, cut_at_ = 0;
  std::uint64_t next_number_ = 1;
  std::map<std::uint64_t, File> files_;
  std::map<std::string, std::uint64_t> names_, durable_names_;
  std::vector<Change> pending_;
};

}  // namespace sluice::test
