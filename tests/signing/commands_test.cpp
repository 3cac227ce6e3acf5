// SPDX-License-Identifier: Apache-2.0
// `sluice keygen`, `sign` and `verify` as processes: what they print, their exit status, and what
// they leave.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "daemon/process.hpp"
#include "support/table_builder.hpp"

using namespace sluice;
using Catch::Contains;
using testing::Finished;

namespace {

// A folder with an image, and its own marks.
struct Desk {
  testing::TemporaryFolder folder;
  std::string image = folder / "policy.img";

  Desk() {
    ::setenv("SLUICE_SIGNER_MARKS", (folder / "marks").c_str(), 1);
    write_image(1);
  }
  void write_image(std::uint64_t serial) const {
    auto made = support::letters_image();
    made.serial = serial;
    const auto bytes = made.bytes();
    testing::write_file(image, std::string(bytes.begin(), bytes.end()));
  }
  Finished run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), testing::program("sluice"));
    return testing::run(arguments);
  }
  Finished keygen(const std::string& name) const {
    return run({"keygen", folder / name, "--height", "5", "--winternitz", "4"});
  }
  Finished sign(const std::string& name, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"sign", image, "--key", folder / (name + ".key")});
    return run(more);
  }
  Finished verify(std::vector<std::string> signers, std::vector<std::string> more = {}) const {
    for (const std::string& signer : signers) more.insert(more.end(), {"--signer", signer});
    more.insert(more.begin(), {"verify", image});
    return run(more);
  }
  std::string pub(const std::string& name) const { return folder / (name + ".pub"); }
};

}  // namespace

TEST_CASE("two people sign, and both are verified") {
  const Desk desk;
  const Finished made = desk.keygen("alice");
  CHECK(made.status == 0);
  CHECK_THAT(
      made.output,
      Contains(
          "LMS_SHA256_M24_H5 / LMOTS_SHA256_N24_W4, 32 one-time keys, signatures of 1380 bytes"));
  REQUIRE(desk.keygen("bob").status == 0);
  CHECK_THAT(desk.verify({desk.pub("alice")}).errors, Contains("is not signed"));
  const Finished first = desk.sign("alice");
  CHECK(first.status == 0);
  CHECK_THAT(first.output, Contains("one-time key 0, 31 of 32 left") && Contains("test serial 1"));
  CHECK(desk.verify({desk.pub("alice")}).status == 0);
  const Finished missing = desk.verify({desk.pub("alice"), desk.pub("bob")});
  CHECK(missing.status == 1);
  CHECK_THAT(missing.output,
             Contains("no good signature of") && Contains("bob.pub") && Contains("refused"));
  CHECK(desk.sign("bob").status == 0);
  const Finished both = desk.verify({desk.pub("alice"), desk.pub("bob")}, {"--format", "json"});
  CHECK(both.status == 0);
  const auto json = nlohmann::json::parse(both.output);
  CHECK(json["good"] == true);
  CHECK(json["serial"] == 1);
  CHECK(json["signatures"].size() == 2);
  CHECK(json["signatures"][1]["signer"] == desk.pub("bob"));
  CHECK_THAT(desk.sign("alice").errors, Contains("already"));
  CHECK_THAT(desk.run({"keygen", "--inspect", desk.folder / "alice.key"}).output,
             Contains("left 31 of 32"));
}

TEST_CASE("signers are told apart by their keys, not by what they are called") {
  const Desk desk;
  REQUIRE(desk.keygen("alice").status == 0);
  REQUIRE(desk.keygen("bob").status == 0);
  REQUIRE(desk.sign("alice").status == 0);
  CHECK(desk.verify({desk.pub("bob")}).status == 1);
  CHECK(desk.verify({desk.pub("bob") + "," + desk.pub("alice")}).status == 0);
  const Finished same = desk.verify({desk.pub("alice"), desk.pub("alice")});
  CHECK(same.status == 2);
  CHECK_THAT(same.errors, Contains("a key of two signers"));
  CHECK(desk.verify({desk.pub("alice") + "," + desk.pub("bob") + "," + desk.pub("bob")}).status ==
        2);
}

TEST_CASE("another image under the signatures is refused") {
  const Desk desk;
  REQUIRE(desk.keygen("alice").status == 0);
  REQUIRE(desk.sign("alice").status == 0);
  desk.write_image(2);
  const Finished moved = desk.verify({desk.pub("alice")});
  CHECK(moved.status == 1);
  CHECK_THAT(moved.output, Contains("another image"));
  CHECK(desk.sign("alice").status == 1);
  CHECK(desk.sign("alice", {"--replace"}).status == 0);
  CHECK(desk.verify({desk.pub("alice")}).status == 0);
  const Finished other =
      desk.sign("alice", {"--output", desk.folder / "other.sig", "--digest", std::string(64, '0')});
  CHECK(other.status == 1);
  CHECK_THAT(other.errors, Contains("not the one that was asked for"));
  CHECK_FALSE(std::filesystem::exists(desk.folder / "other.sig"));
}

TEST_CASE("a key of 32 signs 32 times, warns, and says when it is used up") {
  const Desk desk;
  REQUIRE(desk.keygen("alice").status == 0);
  for (unsigned i = 0; i < 32; ++i) {
    const Finished one =
        desk.sign("alice", {"--output", desk.folder / (std::to_string(i) + ".sig")});
    REQUIRE(one.status == 0);
    CHECK_THAT(one.output, Contains(std::to_string(31 - i) + " of 32 left"));
    CHECK((one.errors.find("warning") != std::string::npos) == (31 - i <= 3));
  }
  const Finished last = desk.sign("alice", {"--output", desk.folder / "32.sig"});
  CHECK(last.status == 1);
  CHECK_THAT(last.errors, Contains("used up"));
  CHECK_FALSE(std::filesystem::exists(desk.folder / "32.sig"));
  CHECK_THAT(desk.run({"keygen", "--inspect", desk.folder / "alice.key"}).output,
             Contains("left 0 of 32"));
}

TEST_CASE("a copied key signs nothing until somebody answers for it") {
  const Desk desk;
  REQUIRE(desk.keygen("alice").status == 0);
  REQUIRE(desk.sign("alice").status == 0);
  for (const char* file : {".key", ".pub", ".state"}) {
    std::filesystem::copy_file(desk.folder / ("alice" + std::string(file)),
                               desk.folder / ("copy" + std::string(file)));
  }
  const Finished copied = desk.sign("copy", {"--output", desk.folder / "copy.sig"});
  CHECK(copied.status == 1);
  CHECK_THAT(copied.errors, Contains("--adopt"));
  CHECK_FALSE(std::filesystem::exists(desk.folder / "copy.sig"));
  CHECK(desk.run({"keygen", "--adopt", desk.folder / "copy.key"}).status == 2);
  CHECK(desk.run({"keygen", "--adopt", desk.folder / "copy.key", "--first-unused", "0"}).status ==
        1);
  CHECK(desk.run({"keygen", "--adopt", desk.folder / "copy.key", "--first-unused", "4"}).status ==
        0);
  CHECK_THAT(desk.sign("copy", {"--output", desk.folder / "copy.sig"}).output,
             Contains("one-time key 4, "));
  CHECK_THAT(desk.sign("alice", {"--output", desk.folder / "more.sig"}).errors,
             Contains("adopted since"));
}

TEST_CASE("bad files: clear words and the right exit status") {
  const Desk desk;
  REQUIRE(desk.keygen("alice").status == 0);
  CHECK(desk.keygen("alice").status == 2);
  CHECK_THAT(desk.keygen("alice").errors, Contains("exists, and is not replaced"));
  CHECK(desk.run({"keygen"}).status == 2);
  CHECK(desk.run({"keygen", desk.folder / "x", "--height", "6"}).status == 2);
  CHECK(desk.sign("nobody").status == 2);
  testing::write_file(desk.folder / "policy.img.sig", "SLSG");
  CHECK_THAT(desk.sign("alice").errors,
             Contains("policy.img.sig") && Contains("less than their header"));
  CHECK_THAT(desk.verify({desk.pub("alice")}).output, Contains("less than their header"));
  testing::write_file(desk.pub("bad"), "no key");
  CHECK_THAT(desk.verify({desk.pub("bad")}).errors, Contains("bad.pub") && Contains("too short"));
  testing::write_file(desk.image, testing::read_file(desk.image) + "12345678");
  const Finished longer = desk.sign("alice");
  CHECK(longer.status == 1);
  CHECK_THAT(longer.errors, Contains("policy.img") && Contains("BAD_LENGTH"));
  CHECK(desk.verify({desk.pub("alice")}).status == 1);
}
