// SPDX-License-Identifier: Apache-2.0
// No one-time key twice: power cuts at every step of a disk that forgets, copies and old contents
// on the real one, two takers at once.
#include "signing/one_time_keys.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "daemon/process.hpp"
#include "signing/forgetful_disk.hpp"
#include "signing/image_signing.hpp"

using namespace sluice;
using namespace sluice::signing;
using Catch::Contains;
using test::ForgetfulDisk;
using testing::TemporaryFolder;

namespace {

const Parameters kSmall{*lms_set(24, 5), *lmots_set(24, 4)};

const PrivateKey& a_key() {
  static const PrivateKey key = PrivateKey::generate(kSmall, Bytes(16, 7), Bytes(24, 9), 1, {});
  return key;
}

struct Crashes {
  unsigned twice = 0;    // numbers that came again
  unsigned refused = 0;  // restarts after which the key was refused
  unsigned cuts = 0;
};

// Takers whose power fails somewhere, and what came of it. A number counts as given when take()
// returned it.
Crashes crash(ForgetfulDisk::Lie lie, unsigned trials) {
  Crashes crashes;
  support::Random random(4711);
  for (unsigned trial = 0; trial < trials; ++trial) {
    ForgetfulDisk disk(lie);
    OneTimeKeys numbers(disk, a_key(), "/sim/a.state", "/sim/marks");
    numbers.begin();
    std::set<std::uint32_t> given;
    const auto take = [&] {
      if (!given.insert(numbers.take()).second) ++crashes.twice;
    };
    for (unsigned round = 0; round < 6; ++round) {
      disk.cut_after(1 + random.below(30));
      try {
        for (unsigned i = 0; i < 3; ++i) take();
      } catch (const test::PowerCut&) {
        ++crashes.cuts;
        disk.restart(random);
      } catch (const KeyRefused&) {
        ++crashes.refused;
        break;
      }
      disk.no_cut();
    }
  }
  return crashes;
}

// A key on the real disk.
struct OnDisk {
  TemporaryFolder folder;
  std::unique_ptr<Disk> disk = real_disk();
  KeyFiles files = KeyFiles::of(folder / "a.key");
  PrivateKey key = make_key(*disk, files, marks(), kSmall, 1, {});

  Path marks() const { return folder / "marks"; }
  OneTimeKeys numbers() { return numbers_at(files.state); }
  OneTimeKeys numbers_at(const Path& state) { return {*disk, key, state, marks()}; }
  Path mark() const {
    for (const auto& entry : std::filesystem::directory_iterator(marks())) {
      if (entry.path().extension() == ".mark") return entry.path();
    }
    return {};
  }
};

std::string why(OneTimeKeys numbers) {
  try {
    return "took " + std::to_string(numbers.take());
  } catch (const KeyRefused& error) {
    return error.what();
  }
}

// Old content back into the same file, as `cp` and rsync --inplace do.
void put_back(const Path& file, const std::string& content) {
  testing::write_file(file.string(), content);
}

}  // namespace

TEST_CASE("power cuts at any step: no number twice, and the key goes on") {
  const Crashes crashes = crash(ForgetfulDisk::Lie::none, 3000);
  CHECK(crashes.twice == 0);
  CHECK(crashes.refused == 0);
  CHECK(crashes.cuts > 5000);
}

TEST_CASE("the test above finds a disk whose syncs do nothing") {
  const auto lie = GENERATE(ForgetfulDisk::Lie::file_sync, ForgetfulDisk::Lie::folder_sync);
  const Crashes crashes = crash(lie, 3000);
  CHECK(crashes.twice + crashes.refused > 50);
  if (lie == ForgetfulDisk::Lie::folder_sync) CHECK(crashes.twice > 0);
}

TEST_CASE("numbers come in order, each once, and then the key is used up") {
  OnDisk on;
  for (std::uint32_t q = 0; q < 32; ++q) {
    CHECK(on.numbers().left() == 32 - q);
    CHECK(on.numbers().take() == q);
  }
  CHECK(on.numbers().left() == 0);
  CHECK_THAT(why(on.numbers()), Contains("used up") && Contains("32") && Contains("sluice keygen"));
}

TEST_CASE("copies and old contents are refused, by what gives them away") {
  OnDisk on;
  REQUIRE(on.numbers().take() == 0);
  const std::string state = testing::read_file(on.files.state.string());
  const std::string mark = testing::read_file(on.mark().string());

  SECTION("a copied state under another name") {
    std::filesystem::copy_file(on.files.state, on.folder / "b.state");
    CHECK_THAT(why(on.numbers_at(on.folder / "b.state")), Contains("moved or copied"));
  }
  SECTION("a moved state") {
    std::filesystem::rename(on.files.state, on.folder / "b.state");
    CHECK_THAT(why(on.numbers_at(on.folder / "b.state")), Contains("moved or copied"));
    CHECK_THAT(why(on.numbers()), Contains("there is no state"));
  }
  SECTION("a copy in the place of the original") {
    std::filesystem::copy_file(on.files.state, on.folder / "backup");
    std::filesystem::remove(on.files.state);
    std::filesystem::rename(on.folder / "backup", on.files.state);
    CHECK_THAT(why(on.numbers()), Contains("is a copy"));
  }
  SECTION("old content in the present file") {
    CHECK(on.numbers().take() == 1);
    put_back(on.files.state, state);
    CHECK_THAT(why(on.numbers()), Contains("is a copy"));
  }
  SECTION("old content of state and mark") {
    CHECK(on.numbers().take() == 1);
    put_back(on.files.state, state);
    put_back(on.mark(), mark);
    CHECK_THAT(why(on.numbers()), Contains("is a copy"));
  }
  SECTION("a hard link that kept the old file alive") {
    std::filesystem::create_hard_link(on.files.state, on.folder / "kept");
    CHECK_THAT(why(on.numbers()), Contains("2 names"));
    std::filesystem::remove(on.folder / "kept");
    CHECK(on.numbers().take() == 1);
  }
  SECTION("an old file itself, kept alive by a rename: only the mark knows") {
    // The state is brought out of the way, another is adopted in its place, and then the old one
    // comes back.
    std::filesystem::rename(on.files.state, on.folder / "kept");
    on.numbers().adopt(5);
    CHECK(on.numbers().take() == 5);
    std::filesystem::rename(on.folder / "kept", on.files.state);
    CHECK_THAT(why(on.numbers()), Contains("adopted since"));
  }
  SECTION("no mark: another user, or another machine") {
    CHECK_THAT(why(OneTimeKeys(*on.disk, on.key, on.files.state, on.folder / "other-marks")),
               Contains("no mark"));
  }
  SECTION("a mark that went back alone") {
    CHECK(on.numbers().take() == 1);
    put_back(on.mark(), mark);
    CHECK_THAT(why(on.numbers()), Contains("is a copy"));
  }
  SECTION("a number changed by hand, or any other byte") {
    std::string changed = state;
    changed.replace(changed.find("next 1"), 6, "next 0");
    put_back(on.files.state, changed);
    CHECK_THAT(why(on.numbers()), Contains("altered"));
    for (std::size_t i = 0; i < state.size(); ++i) {
      changed = state;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      put_back(on.files.state, changed);
      CHECK_THAT(why(on.numbers()), !Contains("took"));
      put_back(on.files.state, state.substr(0, i));
      CHECK_THAT(why(on.numbers()), !Contains("took"));
    }
    put_back(on.files.state, state);  // the same file: nothing was lost by all this
    CHECK(on.numbers().take() == 1);
  }
  SECTION("the state of another key") {
    const KeyFiles other = KeyFiles::of(on.folder / "b.key");
    const PrivateKey key = make_key(*on.disk, other, on.marks(), kSmall, 1, {});
    CHECK_THAT(why(OneTimeKeys(*on.disk, key, on.files.state, on.marks())),
               Contains("belongs to key"));
  }
}

TEST_CASE("another machine is refused") {
  class Elsewhere : public ForgetfulDisk {
   public:
    std::string machine() override { return name; }
    std::string name = "a machine";
  } disk;
  OneTimeKeys(disk, a_key(), "/sim/a.state", "/sim/marks").begin();
  CHECK(why(OneTimeKeys(disk, a_key(), "/sim/a.state", "/sim/marks")) == "took 0");
  disk.name = "its clone";
  CHECK_THAT(why(OneTimeKeys(disk, a_key(), "/sim/a.state", "/sim/marks")),
             Contains("another machine"));
}

TEST_CASE("a moved key goes on where it is told to, never below what is known") {
  OnDisk on;
  for (int i = 0; i < 4; ++i) on.numbers().take();
  std::filesystem::create_directory(on.folder / "new");
  for (const Path& file : {on.files.key, on.files.state})
    std::filesystem::copy_file(file, Path(on.folder / "new") / file.filename());
  const Path state = on.folder / "new/a.state";
  CHECK_THAT(why(on.numbers_at(state)), Contains("--adopt"));
  CHECK_THROWS_WITH(on.numbers_at(state).adopt(3), Contains("4 one-time keys are used"));
  CHECK_THROWS_WITH(on.numbers_at(state).adopt(33), Contains("only 32"));
  on.numbers_at(state).adopt(4);
  CHECK(on.numbers_at(state).take() == 4);
  CHECK_THAT(why(on.numbers()), Contains("adopted since"));  // the original is now the copy
  testing::write_file(state.string(), "nonsense");
  CHECK_THROWS_WITH(on.numbers_at(state).adopt(4),
                    Contains("5 one-time keys are used"));  // the mark remembers
  on.numbers_at(state).adopt(32);
  CHECK_THAT(why(on.numbers_at(state)), Contains("used up"));
}

TEST_CASE("who comes second is told so, and takes nothing") {
  OnDisk on;
  Path lock = on.mark();
  lock.replace_extension(".lock");
  {
    const auto held = on.disk->lock(lock);
    CHECK_THROWS_AS(on.numbers().take(), Locked);
  }
  CHECK(on.numbers().take() == 0);
}

TEST_CASE("keys are made for their owner alone, and never over other files") {
  OnDisk on;
  struct stat found {};
  for (const Path& file : {on.files.key, on.files.state, on.mark()}) {
    REQUIRE(::stat(file.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
  }
  const std::string before = testing::read_file(on.files.key.string());
  CHECK_THROWS_WITH(make_key(*on.disk, on.files, on.marks(), kSmall, 1, {}), Contains("exists"));
  std::filesystem::remove(on.files.key);
  CHECK_THROWS_WITH(make_key(*on.disk, on.files, on.marks(), kSmall, 1, {}),
                    Contains("a.pub' exists"));
  testing::write_file(on.files.key.string(), before);
  CHECK_THROWS_WITH(read_private_key(*on.disk, on.files.key), Contains("chmod 600"));
  ::chmod(on.files.key.c_str(), 0600);
  CHECK(read_private_key(*on.disk, on.files.key).public_key() ==
        read_public_key(*on.disk, on.files.pub));
}
