// SPDX-License-Identifier: Apache-2.0
#include "signing/one_time_keys.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>

namespace sluice::signing {
namespace {

constexpr std::string_view kTitle = "sluice one-time keys 1";

std::string hexadecimal(View bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) out += {digits[byte >> 4], digits[byte & 15]};
  return out;
}

std::string adopt_help() {
  return "; if the key was moved or restored on purpose, and you know how far it was used: `sluice "
         "keygen --adopt KEY --first-unused NUMBER`";
}

// The value of line "name value", in this order; nothing if another line stands there.
std::optional<std::string> field(std::istream& in, std::string_view name) {
  std::string line;
  if (!std::getline(in, line) || line.size() <= name.size() || !line.starts_with(name) ||
      line[name.size()] != ' ')
    return std::nullopt;
  return line.substr(name.size() + 1);
}

// Tells apart the states that a key had one after the other, by `begin` and `adopt`.
std::string new_binding() {
  Bytes binding(8);
  random_secret(binding);
  return hexadecimal(binding);
}

Path canonical_path(const Path& file) {
  return std::filesystem::weakly_canonical(std::filesystem::absolute(file));
}

}  // namespace

struct OneTimeKeys::Record {
  std::uint32_t next = 0;
  std::string binding, machine, file, path;  // as the record has them
  FileIdentity identity;                     // of the file that it stands in
  unsigned links = 1;
};

std::string key_name(View id) { return hexadecimal(id.first(std::min<std::size_t>(id.size(), 8))); }

Path marks_of_user() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return Path(value == nullptr ? "" : value);
  };
  if (const Path marks = variable("SLUICE_SIGNER_MARKS"); !marks.empty()) return marks;
  if (const Path state = variable("XDG_STATE_HOME"); !state.empty()) return state / "sluice/signer";
  if (const Path home = variable("HOME"); !home.empty()) return home / ".local/state/sluice/signer";
  throw DiskError(
      "there is no place for the second record of used keys: set HOME, or SLUICE_SIGNER_MARKS to a "
      "folder of this machine");
}

OneTimeKeys::OneTimeKeys(Disk& disk, const PrivateKey& key, const Path& state, const Path& marks)
    : disk_(disk), key_(key), state_(canonical_path(state)), machine_(disk.machine()) {
  const Path folder = canonical_path(marks);
  for (const Path& path : {state_, folder}) {
    if (path.string().find('\n') != std::string::npos)
      throw DiskError("a line break in '" + path.string() + "': choose another name");
  }
  disk_.make_folders(folder);
  mark_ = folder / (hexadecimal(key.id()) + ".mark");
  lock_ = folder / (hexadecimal(key.id()) + ".lock");
}

std::string OneTimeKeys::text(std::uint32_t next, const std::string& binding,
                              const FileIdentity& identity, const Path& file) const {
  std::ostringstream out;
  out << kTitle << "\nkey " << hexadecimal(key_.id()) << "\nnext " << next << "\nbinding "
      << binding << "\nmachine " << (machine_.empty() ? "none" : machine_) << "\nfile "
      << identity.number << ' ' << identity.born_s << ' ' << identity.born_ns << "\npath "
      << file.string() << '\n';
  return out.str();
}

std::string OneTimeKeys::mac_line(const std::string& guarded) const {
  const Digest mac =
      hmac_sha256(key_.record_key(),
                  View(reinterpret_cast<const std::uint8_t*>(guarded.data()), guarded.size()));
  return "mac " + hexadecimal(mac) + "\n";
}

std::optional<OneTimeKeys::Record> OneTimeKeys::read(const Path& file, const char* what) {
  const auto content = disk_.read(file);
  if (!content) return std::nullopt;
  const std::string all(content->bytes.begin(), content->bytes.end());
  const std::string place = "the " + std::string(what) + " '" + file.string() + "' ";
  const auto damaged = [&](const char* why) { return KeyRefused(place + why + adopt_help()); };
  const std::size_t end = all.rfind("mac ");
  if (end == std::string::npos) throw damaged("is no record of one-time keys, or was cut");
  const std::string guarded = all.substr(0, end);
  Record record;
  std::istringstream in(guarded);
  std::string title;
  std::getline(in, title);
  const auto id = field(in, "key");
  if (title != kTitle || !id) throw damaged("is no record of one-time keys");
  if (*id != hexadecimal(key_.id())) {
    throw KeyRefused(place + "belongs to key " + id->substr(0, 16) + ", not to this one (" +
                     key_name(key_.id()) + ")");
  }
  if (all.substr(end) != mac_line(guarded)) throw damaged("was altered, or is damaged");
  const auto next = field(in, "next");
  const auto binding = field(in, "binding");
  const auto machine = field(in, "machine");
  const auto identity = field(in, "file");
  const auto path = field(in, "path");
  if (!next || !binding || !machine || !identity || !path ||
      std::from_chars(next->data(), next->data() + next->size(), record.next).ptr !=
          next->data() + next->size() ||
      record.next > key_.parameters().lms.capacity()) {
    throw damaged("is of a kind that this program does not read");
  }
  record.binding = *binding;
  record.machine = *machine;
  record.file = *identity;
  record.path = *path;
  record.identity = content->identity;
  record.links = content->links;
  return record;
}

// Throws unless the record stands in the file, at the place and on the machine for which it was
// written.
void OneTimeKeys::bound(const Record& record, const Path& file, const char* what) {
  const auto refuse = [&](const std::string& why) {
    throw KeyRefused("the " + std::string(what) + " '" + file.string() + "' " + why +
                     ": two copies of a key would use the same one-time keys" + adopt_help());
  };
  if (record.machine != (machine_.empty() ? "none" : machine_))
    refuse("was written on another machine");
  if (record.path != file.string())
    refuse("was written as '" + record.path + "'; it was moved or copied");
  std::ostringstream mine;
  mine << record.identity.number << ' ' << record.identity.born_s << ' ' << record.identity.born_ns;
  if (record.file != mine.str())
    refuse("is a copy: its content was written into another file than the one that it stands in");
  if (record.links != 1) refuse("has " + std::to_string(record.links) + " names (hard links)");
}

void OneTimeKeys::write(const Path& file, std::uint32_t next, const std::string& binding,
                        Replace replace) {
  const auto content = [&](const FileIdentity& identity) {
    const std::string guarded = text(next, binding, identity, file);
    const std::string all = guarded + mac_line(guarded);
    return Bytes(all.begin(), all.end());
  };
  write_whole(disk_, file, content, Access::owner, replace);
}

void OneTimeKeys::begin() {
  const auto lock = disk_.lock(lock_);
  const std::string binding = new_binding();
  write(mark_, 0, binding, Replace::no);
  write(state_, 0, binding, Replace::no);
}

// The number that comes next, by both records; mends what a crash between them left.
OneTimeKeys::Next OneTimeKeys::next_checked() {
  const auto state = read(state_, "state");
  const auto mark = read(mark_, "mark");
  if (!state)
    throw KeyRefused("there is no state '" + state_.string() +
                     "' of used one-time keys beside the key" + adopt_help());
  if (!mark) {
    throw KeyRefused("this user on this machine has no mark of key " + key_name(key_.id()) + " ('" +
                     mark_.string() +
                     "'): the key was brought here from elsewhere, or the mark was lost" +
                     adopt_help());
  }
  bound(*state, state_, "state");
  bound(*mark, mark_, "mark");
  if (mark->binding != state->binding) {
    throw KeyRefused(
        "the state '" + state_.string() +
        "' is not the one that goes with the mark of this key: another copy was adopted since" +
        adopt_help());
  }
  if (mark->next == state->next) return {state->next, state->binding};
  if (mark->next != state->next + 1) {
    throw KeyRefused("the state says that " + std::to_string(state->next) +
                     " one-time keys are used, the mark '" + mark_.string() + "' says " +
                     std::to_string(mark->next) + ": one of them is out of date" + adopt_help());
  }
  write(state_, mark->next, mark->binding, Replace::yes);
  return {mark->next, mark->binding};
}

std::uint32_t OneTimeKeys::take() {
  const auto lock = disk_.lock(lock_);
  const auto [next, binding] = next_checked();
  if (next >= key_.parameters().lms.capacity()) {
    throw KeyRefused("key " + key_name(key_.id()) + " is used up: all " +
                     std::to_string(key_.parameters().lms.capacity()) +
                     " one-time keys have signed; make a new key with `sluice keygen` and have its "
                     "public key put into the bitstream");
  }
  write(mark_, next + 1, binding, Replace::yes);
  write(state_, next + 1, binding, Replace::yes);
  return next;
}

std::uint32_t OneTimeKeys::left() {
  const auto lock = disk_.lock(lock_);
  return key_.parameters().lms.capacity() - next_checked().number;
}

void OneTimeKeys::adopt(std::uint32_t first_unused) {
  const auto lock = disk_.lock(lock_);
  if (first_unused > key_.parameters().lms.capacity()) {
    throw KeyRefused("the key has only " + std::to_string(key_.parameters().lms.capacity()) +
                     " one-time keys");
  }
  for (const Path& file : {state_, mark_}) {
    std::optional<Record> record;
    try {
      record = read(file, "record");
    } catch (const KeyRefused&) {
      continue;  // says nothing that can be believed; it is replaced
    }
    if (record && record->next > first_unused) {
      throw KeyRefused("'" + file.string() + "' knows that " + std::to_string(record->next) +
                       " one-time keys are used: --first-unused must be at least that");
    }
  }
  const std::string binding = new_binding();
  write(mark_, first_unused, binding, Replace::yes);
  write(state_, first_unused, binding, Replace::yes);
}

}  // namespace sluice::signing
