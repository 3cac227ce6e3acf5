// SPDX-License-Identifier: Apache-2.0
// What sluiced keeps: images with their policies and symbol maps by digest, which image each activation of the device
// was, and the audit log. One SQLite file in the state folder (WAL), bounded: old events and images make room.
// Events are kept as the device sent them; decoding is the audit decoder's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/sqlite.hpp"
#include "sluice/layout.hpp"

namespace sluice::daemon {

struct StoredImage {
  std::string digest;  // 64 hexadecimal digits
  std::string name;
  std::uint64_t serial = 0;
  std::string geometry;
  std::uint32_t max_record_bytes = 0;
  std::vector<std::uint8_t> image;
  std::string symbols;         // JSON text; empty: none
  std::string report;          // JSON text; empty: a ready image was pushed
  std::string manifest;        // YAML; empty: a ready image was pushed
  std::string descriptor_set;  // what the manifest was compiled with
};

struct StoredEvent {
  std::uint64_t id = 0;
  std::int64_t time_us = 0;  // received, microseconds since 1970
  std::uint32_t run = 0;
  std::string digest;  // image that judged the record; empty: not known
  layout::Event event;
};

// Where the device's numbering stood when it was last seen, to tell a restarted device from a reconnected one.
struct DeviceRun {
  std::uint32_t run = 0;
  std::uint32_t epoch = 0;
  std::uint32_t ticks = 0;
  std::uint32_t sequence = 0;  // of the last event; 0: none yet
  std::uint64_t missed = 0;    // events of this run that never came
};

class Store {
 public:
  // Opens or creates the folder and the file; a second daemon on the same folder is refused. Throws StoreError.
  Store(const std::filesystem::path& folder, std::uint64_t event_limit);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Keeps an image; of the same digest the symbols and the policy are added if they were absent.
  void put_image(const StoredImage& image);
  std::optional<StoredImage> image(const std::string& digest);
  // Name, serial and the like, without the large parts.
  std::optional<StoredImage> image_head(const std::string& digest);
  std::string symbols(const std::string& digest);

  // `epoch` of `run` is the image `digest`; also makes it the image to restore.
  void record_activation(std::uint32_t run, std::uint32_t epoch, const std::string& digest);
  void forget_activation(std::uint32_t run, std::uint32_t epoch);
  std::string digest_of(std::uint32_t run, std::uint32_t epoch);
  // The image that was activated last, whether or not the device still has it.
  std::string last_active();
  void set_last_active(const std::string& digest);

  DeviceRun device_run();
  void set_device_run(const DeviceRun& run);

  // Appends events of `run`, keeps what it is now, and trims the log: one transaction.
  void append(const DeviceRun& run, std::int64_t time_us, std::span<const layout::Event> events);
  // Events with id > after, oldest first; or the newest `limit`.
  std::vector<StoredEvent> events_after(std::uint64_t after, std::uint32_t limit);
  std::vector<StoredEvent> newest_events(std::uint32_t limit);
  std::uint64_t event_count();
  std::uint64_t last_event_id();
  std::uint64_t event_limit() const { return event_limit_; }

 private:
  struct Statements;

  void create_tables();
  void trim();
  std::string meta(const std::string& key);
  void put_device_run(const DeviceRun& run);  // within a transaction
  void set_meta(const std::string& key, const std::string& value);
  std::vector<StoredEvent> read_events(Statement& statement);

  int lock_ = -1;
  std::uint64_t event_limit_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Statements> statements_;
};

}  // namespace sluice::daemon
