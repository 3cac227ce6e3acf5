// SPDX-License-Identifier: Apache-2.0
#include "daemon/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace sluice::daemon {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr int kImagesKept = 32;
// Trimming takes away this part of the limit at once, so that not every batch of events pays for it.
constexpr std::uint64_t kTrimParts = 64;

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// SQLite's integers are signed; a serial keeps all its 64 bits on the way in and out.
std::int64_t to_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t to_unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string string_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

struct Store::Statements {
  explicit Statements(Database& db)
      : put_image(db,
                  "INSERT INTO image(digest, name, serial, geometry, max_record_bytes, image, symbols, report,"
                  " manifest, descriptor_set) VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT(digest) DO UPDATE SET"
                  " symbols = iif(excluded.symbols = '', symbols, excluded.symbols),"
                  " report = iif(excluded.report = '', report, excluded.report),"
                  " descriptor_set = iif(excluded.manifest = '', descriptor_set, excluded.descriptor_set),"
                  " manifest = iif(excluded.manifest = '', manifest, excluded.manifest)"),
        prune_images(db,
                     "DELETE FROM image WHERE number <= (SELECT max(number) FROM image) - ? AND digest NOT IN"
                     " (SELECT value FROM meta WHERE key = 'last_active')"),
        image(db,
              "SELECT digest, name, serial, geometry, max_record_bytes, image, symbols, report, manifest,"
              " descriptor_set FROM image WHERE digest = ?"),
        image_head(db,
                   "SELECT digest, name, serial, geometry, max_record_bytes, symbols != '' FROM image"
                   " WHERE digest = ?"),
        symbols(db, "SELECT symbols FROM image WHERE digest = ?"),
        put_activation(db, "INSERT OR REPLACE INTO activation(run, epoch, digest) VALUES(?,?,?)"),
        forget_activation(db, "DELETE FROM activation WHERE run = ? AND epoch = ?"),
        digest_of(db, "SELECT digest FROM activation WHERE run = ? AND epoch = ?"),
        meta(db, "SELECT value FROM meta WHERE key = ?"),
        set_meta(db, "INSERT OR REPLACE INTO meta(key, value) VALUES(?,?)"),
        put_event(db, "INSERT INTO event(time_us, run, event) VALUES(?,?,?)"),
        events_after(db,
                     "SELECT id, time_us, run, event FROM event WHERE id > ? ORDER BY id LIMIT ?"),
        newest_events(db,
                      "SELECT * FROM (SELECT id, time_us, run, event FROM event ORDER BY id DESC LIMIT ?)"
                      " ORDER BY id"),
        bounds(db, "SELECT coalesce((SELECT min(id) FROM event), 0), coalesce((SELECT max(id) FROM event), 0)"),
        trim(db, "DELETE FROM event WHERE id <= ?") {}

  Statement put_image, prune_images, image, image_head, symbols;
  Statement put_activation, forget_activation, digest_of;
  Statement meta, set_meta;
  Statement put_event, events_after, newest_events, bounds, trim;
};

Store::Store(const std::filesystem::path& folder, std::uint64_t event_limit)
    : event_limit_(std::max<std::uint64_t>(event_limit, 1)) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw StoreError("state folder '" + folder.string() + "': " + error.message());
  lock_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0) {
    throw StoreError("state folder '" + folder.string() + "': " + std::generic_category().message(errno));
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw StoreError("state folder '" + folder.string() + "': in use by another sluiced");
  }
  try {
    database_ = std::make_unique<Database>((folder / "sluiced.sqlite").string());
    create_tables();
    statements_ = std::make_unique<Statements>(*database_);
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

Store::~Store() {
  statements_.reset();
  database_.reset();
  if (lock_ >= 0) ::close(lock_);
}

void Store::create_tables() {
  std::int64_t format = 0;
  {
    Statement version(*database_, "PRAGMA user_version");
    if (version.step()) format = version.integer(0);
  }
  if (format != 0 && format != kFormat) {
    throw StoreError("state: format " + std::to_string(format) + " was written by another version; this one reads " +
                     std::to_string(kFormat));
  }
  database_->execute("PRAGMA journal_mode = WAL");
  // An audit event may be lost with the machine's power, never with the process.
  database_->execute("PRAGMA synchronous = NORMAL");
  database_->execute("PRAGMA journal_size_limit = 16777216");
  database_->execute("PRAGMA user_version = 1");
  database_->execute(
      "CREATE TABLE IF NOT EXISTS image(number INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE,"
      " name TEXT NOT NULL, serial INTEGER NOT NULL, geometry TEXT NOT NULL, max_record_bytes INTEGER NOT NULL,"
      " image BLOB NOT NULL, symbols TEXT NOT NULL, report TEXT NOT NULL, manifest TEXT NOT NULL,"
      " descriptor_set BLOB NOT NULL);"
      "CREATE TABLE IF NOT EXISTS activation(run INTEGER NOT NULL, epoch INTEGER NOT NULL, digest TEXT NOT NULL,"
      " PRIMARY KEY(run, epoch)) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS event(id INTEGER PRIMARY KEY AUTOINCREMENT, time_us INTEGER NOT NULL,"
      " run INTEGER NOT NULL, event BLOB NOT NULL);");
}

void Store::put_image(const StoredImage& image) {
  Transaction transaction(*database_);
  statements_->put_image.begin()
      .bind(image.digest)
      .bind(image.name)
      .bind(to_signed(image.serial))
      .bind(image.geometry)
      .bind(std::int64_t{image.max_record_bytes})
      .bind(std::span<const std::uint8_t>(image.image))
      .bind(image.symbols)
      .bind(image.report)
      .bind(image.manifest)
      .bind(bytes_of(image.descriptor_set))
      .run();
  statements_->prune_images.begin().bind(std::int64_t{kImagesKept}).run();
  transaction.commit();
}

std::optional<StoredImage> Store::image(const std::string& digest) {
  Statement& row = statements_->image.begin().bind(digest);
  if (!row.step()) return std::nullopt;
  StoredImage image;
  image.digest = row.text(0);
  image.name = row.text(1);
  image.serial = to_unsigned(row.integer(2));
  image.geometry = row.text(3);
  image.max_record_bytes = static_cast<std::uint32_t>(row.integer(4));
  image.image = row.blob(5);
  image.symbols = row.text(6);
  image.report = row.text(7);
  image.manifest = row.text(8);
  image.descriptor_set = string_of(row.blob(9));
  row.begin();
  return image;
}

std::optional<StoredImage> Store::image_head(const std::string& digest) {
  Statement& row = statements_->image_head.begin().bind(digest);
  if (!row.step()) return std::nullopt;
  StoredImage image;
  image.digest = row.text(0);
  image.name = row.text(1);
  image.serial = to_unsigned(row.integer(2));
  image.geometry = row.text(3);
  image.max_record_bytes = static_cast<std::uint32_t>(row.integer(4));
  if (row.integer(5) != 0) image.symbols = "stored";
  row.begin();
  return image;
}

std::string Store::symbols(const std::string& digest) {
  Statement& row = statements_->symbols.begin().bind(digest);
  std::string text;
  if (row.step()) text = row.text(0);
  row.begin();
  return text;
}

void Store::record_activation(std::uint32_t run, std::uint32_t epoch, const std::string& digest) {
  statements_->put_activation.begin()
      .bind(std::int64_t{run})
      .bind(std::int64_t{epoch})
      .bind(digest)
      .run();
}

void Store::forget_activation(std::uint32_t run, std::uint32_t epoch) {
  statements_->forget_activation.begin().bind(std::int64_t{run}).bind(std::int64_t{epoch}).run();
}

std::string Store::digest_of(std::uint32_t run, std::uint32_t epoch) {
  Statement& row = statements_->digest_of.begin().bind(std::int64_t{run}).bind(std::int64_t{epoch});
  std::string digest;
  if (row.step()) digest = row.text(0);
  row.begin();
  return digest;
}

std::string Store::last_active() { return meta("last_active"); }
void Store::set_last_active(const std::string& digest) { set_meta("last_active", digest); }

DeviceRun Store::device_run() {
  DeviceRun run;
  run.run = static_cast<std::uint32_t>(number(meta("run")));
  run.epoch = static_cast<std::uint32_t>(number(meta("epoch")));
  run.ticks = static_cast<std::uint32_t>(number(meta("ticks")));
  run.sequence = static_cast<std::uint32_t>(number(meta("sequence")));
  run.missed = number(meta("missed"));
  return run;
}

void Store::set_device_run(const DeviceRun& run) {
  Transaction transaction(*database_);
  put_device_run(run);
  transaction.commit();
}

void Store::put_device_run(const DeviceRun& run) {
  set_meta("run", std::to_string(run.run));
  set_meta("epoch", std::to_string(run.epoch));
  set_meta("ticks", std::to_string(run.ticks));
  set_meta("sequence", std::to_string(run.sequence));
  set_meta("missed", std::to_string(run.missed));
}

std::string Store::meta(const std::string& key) {
  Statement& row = statements_->meta.begin().bind(key);
  std::string value;
  if (row.step()) value = row.text(0);
  row.begin();
  return value;
}

void Store::set_meta(const std::string& key, const std::string& value) {
  statements_->set_meta.begin().bind(key).bind(value).run();
}

void Store::append(const DeviceRun& run, std::int64_t time_us, std::span<const layout::Event> events) {
  Transaction transaction(*database_);
  std::array<std::uint8_t, layout::Event::bytes> raw{};
  for (const layout::Event& event : events) {
    event.encode(raw);
    statements_->put_event.begin()
        .bind(time_us)
        .bind(std::int64_t{run.run})
        .bind(std::span<const std::uint8_t>(raw))
        .run();
  }
  put_device_run(run);
  trim();
  transaction.commit();
}

void Store::trim() {
  Statement& row = statements_->bounds.begin();
  if (!row.step()) return;
  const std::uint64_t first = to_unsigned(row.integer(0));
  const std::uint64_t last = to_unsigned(row.integer(1));
  row.begin();
  // Ids have no gaps: events are only ever taken from the front.
  if (last - first + 1 <= event_limit_ || last == 0) return;
  const std::uint64_t keep = event_limit_ - event_limit_ / kTrimParts;
  statements_->trim.begin().bind(to_signed(last - keep)).run();
}

std::vector<StoredEvent> Store::events_after(std::uint64_t after, std::uint32_t limit) {
  return read_events(statements_->events_after.begin().bind(to_signed(after)).bind(std::int64_t{limit}));
}

std::vector<StoredEvent> Store::newest_events(std::uint32_t limit) {
  return read_events(statements_->newest_events.begin().bind(std::int64_t{limit}));
}

std::vector<StoredEvent> Store::read_events(Statement& statement) {
  std::vector<StoredEvent> events;
  while (statement.step()) {
    const std::vector<std::uint8_t> raw = statement.blob(3);
    if (raw.size() != layout::Event::bytes) throw StoreError("state: an event has a wrong size");
    StoredEvent event;
    event.id = to_unsigned(statement.integer(0));
    event.time_us = statement.integer(1);
    event.run = static_cast<std::uint32_t>(statement.integer(2));
    event.event = layout::Event::decode(std::span<const std::uint8_t, layout::Event::bytes>(raw));
    events.push_back(std::move(event));
  }
  for (StoredEvent& event : events) event.digest = digest_of(event.run, event.event.epoch);
  return events;
}

std::uint64_t Store::event_count() {
  Statement& row = statements_->bounds.begin();
  std::uint64_t count = 0;
  if (row.step() && row.integer(1) != 0) count = to_unsigned(row.integer(1) - row.integer(0) + 1);
  row.begin();
  return count;
}

std::uint64_t Store::last_event_id() {
  Statement& row = statements_->bounds.begin();
  std::uint64_t last = 0;
  if (row.step()) last = to_unsigned(row.integer(1));
  row.begin();
  return last;
}

}  // namespace sluice::daemon
