// SPDX-License-Identifier: Apache-2.0
#include "daemon/sqlite.hpp"

#include <sqlite3.h>

namespace sluice::daemon {

Database::Database(const std::string& file) : file_(file) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
    const std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory";
    sqlite3_close(handle_);
    throw StoreError("state '" + file + "': cannot open: " + why);
  }
  sqlite3_busy_timeout(handle_, 2000);  // ms; somebody may be reading the log with another program
}

Database::~Database() { sqlite3_close(handle_); }

void Database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
}

std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(handle_); }

void Database::fail(const std::string& doing) const {
  throw StoreError("state '" + file_ + "': " + sqlite3_errmsg(handle_) + " (" + doing + ")");
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  if (sqlite3_prepare_v2(database.handle(), sql, -1, &handle_, nullptr) != SQLITE_OK) database.fail(sql);
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::begin() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  next_ = 1;
  return *this;
}

Statement& Statement::bind(std::int64_t value) {
  if (sqlite3_bind_int64(handle_, next_++, value) != SQLITE_OK) database_.fail("bind");
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // A null pointer would bind NULL: an empty text stays a text.
  const char* data = text.data() != nullptr ? text.data() : "";
  if (sqlite3_bind_text64(handle_, next_++, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK) {
    database_.fail("bind");
  }
  return *this;
}

Statement& Statement::bind(std::span<const std::uint8_t> blob) {
  const int code = blob.empty()
                       ? sqlite3_bind_zeroblob(handle_, next_++, 0)
                       : sqlite3_bind_blob64(handle_, next_++, blob.data(), blob.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) database_.fail("bind");
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle_);
    return false;
  }
  sqlite3_reset(handle_);
  database_.fail(sqlite3_sql(handle_));
}

void Statement::run() {
  while (step()) {
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return data == nullptr ? std::string()
                         : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)));
}

std::vector<std::uint8_t> Statement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return data == nullptr ? std::vector<std::uint8_t>() : std::vector<std::uint8_t>(data, data + size);
}

Transaction::~Transaction() {
  if (!done_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  done_ = true;
}

}  // namespace sluice::daemon
