// SPDX-License-Identifier: Apache-2.0
// What the daemon keeps: survives a restart, stays bounded, belongs to one daemon.
#include <catch2/catch.hpp>

#include <filesystem>
#include <memory>
#include <vector>

#include "daemon/control_address.hpp"
#include "daemon/process.hpp"
#include "daemon/store.hpp"

using namespace sluice;
using daemon::Store;
using daemon::StoredImage;
using testing::TemporaryFolder;

namespace {

StoredImage image(const std::string& digest) {
  StoredImage out;
  out.digest = digest;
  out.name = "library";
  out.serial = 0xFFFFFFFFFFFFFFFFULL;
  out.geometry = "SMALL";
  out.max_record_bytes = 2048;
  out.image = {0, 1, 2, 0};
  return out;
}

std::vector<layout::Event> events(std::uint32_t first, std::uint32_t count) {
  std::vector<layout::Event> out;
  for (std::uint32_t i = 0; i < count; ++i) {
    layout::Event event;
    event.kind = layout::EventKind::RECORD;
    event.sequence = first + i;
    event.epoch = 3;
    out.push_back(event);
  }
  return out;
}

}  // namespace

TEST_CASE("images are kept by digest, and what comes later adds to them") {
  TemporaryFolder folder;
  {
    Store store(folder.path(), 1000);
    StoredImage with_policy = image("aa");
    with_policy.symbols = "{}";
    with_policy.manifest = "name: library";
    with_policy.descriptor_set = std::string("\0x", 2);
    store.put_image(with_policy);
    store.put_image(image("aa"));  // the same, pushed as a bare image: nothing is lost
    store.put_image(image("bb"));
  }
  Store store(folder.path(), 1000);
  const auto found = store.image("aa");
  REQUIRE(found);
  CHECK(found->serial == 0xFFFFFFFFFFFFFFFFULL);
  CHECK(found->image == std::vector<std::uint8_t>{0, 1, 2, 0});
  CHECK(found->symbols == "{}");
  CHECK(found->manifest == "name: library");
  CHECK(found->descriptor_set == std::string("\0x", 2));
  CHECK(store.image_head("bb")->symbols.empty());
  CHECK_FALSE(store.image("cc"));
}

TEST_CASE("old images make room, never the last active one") {
  TemporaryFolder folder;
  Store store(folder.path(), 1000);
  store.put_image(image("first"));
  store.put_image(image("active"));
  store.set_last_active("active");
  for (int i = 0; i < 100; ++i) store.put_image(image(std::to_string(i)));
  CHECK_FALSE(store.image_head("first"));
  CHECK(store.image_head("active"));
  CHECK(store.image_head("99"));
}

TEST_CASE("events keep their order, name their image, and are bounded") {
  TemporaryFolder folder;
  {
    Store store(folder.path(), 1000);
    store.record_activation(0, 3, "aa");
    for (std::uint32_t i = 0; i < 50; ++i) store.append({.run = i < 25 ? 0U : 1U}, 1'000'000 + i, events(i * 100 + 1, 100));
    CHECK(store.event_count() <= 1000);
    CHECK(store.event_count() > 900);
    CHECK(store.last_event_id() == 5000);
  }
  Store store(folder.path(), 1000);
  const auto newest = store.newest_events(3);
  REQUIRE(newest.size() == 3);
  CHECK(newest[0].event.sequence == 4998);
  CHECK(newest[2].id == 5000);
  CHECK(newest[2].time_us == 1'000'049);
  CHECK(newest[2].digest.empty());  // run 1 had no activation
  const auto after = store.events_after(4990, 4);
  REQUIRE(after.size() == 4);
  CHECK(after[0].id == 4991);
  CHECK(store.digest_of(0, 3) == "aa");
}

TEST_CASE("one folder, one daemon; foreign formats and bad folders are refused") {
  TemporaryFolder folder;
  {
    Store store(folder.path(), 1000);
    CHECK_THROWS_WITH(Store(folder.path(), 1000), Catch::Contains("in use"));
  }
  {
    daemon::Database database((folder.path() / "sluiced.sqlite").string());
    database.execute("PRAGMA user_version = 99");
  }
  CHECK_THROWS_WITH(Store(folder.path(), 1000), Catch::Contains("another version"));
  testing::write_file(folder / "file", "");
  CHECK_THROWS_AS(Store(folder.path() / "file", 1000), daemon::StoreError);
  std::filesystem::create_directory(folder.path() / "bad");
  testing::write_file(folder / "bad/sluiced.sqlite", std::string(5000, 'x'));
  CHECK_THROWS_WITH(Store(folder.path() / "bad", 1000), Catch::Contains("not a database"));
}

TEST_CASE("the device's numbering survives a restart of the daemon") {
  TemporaryFolder folder;
  {
    Store store(folder.path(), 1000);
    store.set_device_run({.run = 4, .epoch = 2, .ticks = 77, .sequence = 12, .missed = 5});
  }
  const auto run = Store(folder.path(), 1000).device_run();
  CHECK(run.run == 4);
  CHECK(run.epoch == 2);
  CHECK(run.ticks == 77);
  CHECK(run.sequence == 12);
  CHECK(run.missed == 5);
}

TEST_CASE("control addresses are local, or refused with the reason") {
  using daemon::parse_control_address;
  CHECK(parse_control_address("unix:/run/x.sock").unix_path == "/run/x.sock");
  CHECK(parse_control_address("127.0.0.1:7480").port == 7480);
  CHECK(parse_control_address("localhost:0").host == "127.0.0.1");
  CHECK(to_string(parse_control_address("[::1]:80")) == "[::1]:80");
  CHECK_THROWS_WITH(parse_control_address("0.0.0.0:7480"), Catch::Contains("not a local address"));
  CHECK_THROWS_WITH(parse_control_address("192.0.2.1:7480"), Catch::Contains("Mutual TLS"));
  for (const char* bad : {"", "7480", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "unix:", "example.com:80"}) {
    CHECK_THROWS_AS(parse_control_address(bad), daemon::AddressError);
  }
}
