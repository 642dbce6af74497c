// Each byte of a small spool damaged in turn and repaired.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>

#include "daemon/spool/compressed/segment_index.h"
#include "tests/cli/small_spool.h"

namespace crawlspool::cli {
namespace {

using Files = std::map<std::string, std::string>;

class RepairTest : public SmallSpoolTest {
 protected:
  void SetUp() override {
    SmallSpoolTest::SetUp();
    sound = files();
  }
  [[nodiscard]] Files files() const {
    Files found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(temp.path()))
      if (entry.is_regular_file())
        found[std::filesystem::relative(entry.path(), temp.path()).string()] = test::read_all(entry.path().string());
    return found;
  }
  void restore() {
    std::filesystem::remove_all(temp.path() / "cut");
    for (const auto& [name, bytes] : sound) put(name, bytes);
  }
  Ran repair() { return on_spool({"repair"}); }
  Ran apply() { return on_spool({"repair", "--apply"}); }

  // What has to be done is said before anything is touched, done if asked, and done once.
  void expect_repaired(const std::string& place) {
    const Files before = files();
    const Ran said = repair();
    EXPECT_EQ(said.exit_code, kExitDamaged) << said.out << said.err;
    EXPECT_NE(said.out.find("to do   " + place), std::string::npos) << said.out;
    EXPECT_EQ(files(), before);
    const Ran done = apply();
    EXPECT_EQ(done.exit_code, kExitOk) << done.out << done.err;
    EXPECT_NE(done.out.find("done    " + place), std::string::npos) << done.out;
    const Ran verified = on_spool({"verify"});
    EXPECT_EQ(verified.exit_code, kExitOk) << done.out << verified.out << verified.err;
    EXPECT_NE(repair().out.find("nothing to repair"), std::string::npos);
  }
  // All lines but those that begin in [begin, end) are printed, and nothing else.
  void expect_lines_but(std::size_t begin, std::size_t end) {
    const Ran ran = on_spool({"cat"});
    std::string left;
    for (std::size_t at = 0; at < content.size(); at += line_bytes)
      if (at < begin || at >= end) left += content.substr(at, line_bytes);
    std::string printed;
    for (std::size_t at = 0; at < ran.out.size();) {
      const std::string line = ran.out.substr(at, ran.out.find('\n', at) + 1 - at);
      if (!spool::is_blank_line(line)) printed += line;
      at += line.size();
    }
    EXPECT_EQ(printed, left);
    EXPECT_EQ(ran.exit_code, kExitOk);
  }
  void flip(const std::string& file, std::size_t at) {
    std::string damaged = sound[file];
    damaged[at] = static_cast<char>(damaged[at] ^ (at % 2 == 0 ? '\x01' : '\x80'));
    put(file, damaged);
  }

  Files sound;
};

TEST_F(RepairTest, ASoundSpoolIsLeftAlone) {
  EXPECT_EQ(repair().exit_code, kExitOk);
  EXPECT_EQ(apply().exit_code, kExitOk);
  Files now = files();
  now.erase("LOCK");
  EXPECT_EQ(now, sound);
}

TEST_F(RepairTest, EachByteOfAPlainSegmentBecomesABlankLineAndIsKept) {
  for (const Part& part : {plain, active})
    for (std::size_t at = 0; at < sound[part.file].size() && !HasFailure(); at += 3) {
      SCOPED_TRACE(part.file + " at " + std::to_string(at));
      flip(part.file, at);
      const std::string damaged = read(part.file);
      const std::size_t line = line_start(part.begin + at);
      const bool takes_next = at % line_bytes == line_bytes - 1 && part.begin + at + 1 < part.end;
      const std::size_t bytes = (takes_next ? 2 : 1) * line_bytes;
      expect_repaired("position " + std::to_string(line) + ": " + std::to_string(bytes) + " bytes damaged");
      expect_lines_but(line, line + bytes);
      EXPECT_EQ(read(part.file).size(), damaged.size());
      EXPECT_EQ(read("cut/repair-" + spool::position_digits(line)), damaged.substr(line - part.begin, bytes));
      restore();
    }
}

TEST_F(RepairTest, EachByteOfACompressedSegmentIsRepairedByItsBlock) {
  for (std::size_t at = 0; at < sound[compressed.file].size() && !HasFailure(); ++at) {
    SCOPED_TRACE(at);
    flip(compressed.file, at);
    if (on_spool({"verify"}).exit_code == kExitOk) continue;  // a bit that means nothing to the decoder
    expect_repaired("position ");
    const Ran cat = on_spool({"cat"});
    EXPECT_EQ(cat.exit_code, kExitOk);
    EXPECT_TRUE(cat.out.ends_with(content.substr(compressed.end)));
    EXPECT_EQ(cat.out.size(), content.size());
    EXPECT_TRUE(std::filesystem::exists(temp.path() / "cut"));
    restore();
  }
}

TEST_F(RepairTest, ACompressedSegmentIsRepairedWithoutItsIndexToo) {
  for (std::size_t at = 0; at < sound[compressed.file].size() && !HasFailure(); ++at) {
    SCOPED_TRACE(at);
    std::filesystem::remove(temp.path() / index);
    flip(compressed.file, at);
    const Ran done = apply();
    EXPECT_EQ(done.exit_code, kExitOk) << done.out;
    EXPECT_EQ(on_spool({"verify"}).exit_code, kExitOk);
    EXPECT_EQ(on_spool({"cat"}).out.size(), content.size());
    restore();
  }
}

TEST_F(RepairTest, ACompressedSegmentThatWasCutIsFilledUpWithBlanks) {
  const auto blocks = spool::parse_index(sound[index]).value();
  for (std::size_t bytes = 0; bytes < sound[compressed.file].size() && !HasFailure(); ++bytes) {
    SCOPED_TRACE(bytes);
    put(compressed.file, sound[compressed.file].substr(0, bytes));
    // Nothing is damaged then: it is missing.
    if (std::any_of(blocks.begin(), blocks.end(), [bytes](const spool::Block& f) { return f.offset == bytes; })) {
      EXPECT_EQ(apply().exit_code, kExitDamaged);
      restore();
      continue;
    }
    expect_repaired("position ");
    EXPECT_EQ(on_spool({"cat"}).out.size(), content.size());
    restore();
  }
}

TEST_F(RepairTest, EachByteOfAFileBesideTheSegmentsIsRepaired) {
  for (const std::string& file : {index, std::string("sessions.ndjson"), std::string("sessions.previous.ndjson"),
                                  std::string("cursors/reader.json")})
    for (std::size_t at = 0; at < sound[file].size() && !HasFailure(); at += 3) {
      SCOPED_TRACE(file + " at " + std::to_string(at));
      flip(file, at);
      const std::string damaged = read(file);
      if (file == "sessions.ndjson" && on_spool({"verify"}).out.find("is of spool") != std::string::npos) continue;
      expect_repaired(file + ": ");
      expect_lines_but(0, 0);
      const bool is_cursor = file.starts_with("cursors/");
      EXPECT_EQ(read("cut/repair-" + (is_cursor ? std::string("cursor-reader.json") : file)), damaged);
      restore();
    }
}

TEST_F(RepairTest, ADurableFileThatIsNoneOrNoLinesEndIsMadeAnew) {
  for (const char* text : {"", "garbage", "0000000000000000000x", "00000000000000000001", "99999999999999999999",
                           "10000000000000000000", "000000000000000000000"}) {
    SCOPED_TRACE(text);
    put("durable", text);
    expect_repaired("durable: ");
    EXPECT_EQ(read("durable"), spool::position_digits(content.size()));  // as the snapshot says
    EXPECT_EQ(read("cut/repair-durable"), text);
    restore();
  }
}

TEST_F(RepairTest, ADamagedIdentityIsMadeAnewFromWhatNamesIt) {
  for (const char* text : {"", "{}", R"({"format":0,"id":"x"})"}) {
    put("spool.json", text);
    expect_repaired("spool.json: ");
    EXPECT_NE(read("spool.json").find(kSpoolId), std::string::npos);
    restore();
  }
  std::filesystem::remove(temp.path() / "spool.json");
  expect_repaired("spool.json: ");
  EXPECT_NE(read("spool.json").find(kSpoolId), std::string::npos);
}

TEST_F(RepairTest, SnapshotsOfAnotherSpoolAreNotTouched) {
  put("spool.json", R"({"format":1,"id":"0123456789abcdef0123456789abcdee"})");
  const Files before = files();
  const Ran ran = apply();
  EXPECT_EQ(ran.exit_code, kExitDamaged);
  EXPECT_NE(ran.out.find("cannot  sessions.ndjson: is of spool " + std::string(kSpoolId)), std::string::npos)
      << ran.out;
  Files now = files();
  now.erase("LOCK");
  EXPECT_EQ(now, before);
}

TEST_F(RepairTest, WhatIsMissingCannotBeRepaired) {
  put(plain.file, content.substr(plain.begin, line_bytes));
  const Ran ran = apply();
  EXPECT_EQ(ran.exit_code, kExitDamaged);
  EXPECT_NE(ran.out.find("cannot  position " + std::to_string(plain.begin + line_bytes) + ": " +
                         std::to_string(2 * line_bytes) + " bytes are missing"),
            std::string::npos)
      << ran.out;
  restore();
  for (std::size_t bytes = 0; bytes < sound[active.file].size() && !HasFailure(); ++bytes) {
    put(active.file, sound[active.file].substr(0, bytes));
    EXPECT_EQ(apply().exit_code, kExitDamaged) << bytes;
    EXPECT_EQ(read(active.file).size(), bytes);
    restore();
  }
}

TEST_F(RepairTest, WhatIsNotKnownToBeSyncedIsLeftToTheNextStart) {
  std::filesystem::remove(temp.path() / "sessions.ndjson");
  put("durable", spool::position_digits(active.begin + line_bytes));
  std::string damaged = content.substr(active.begin);
  damaged[line_bytes + 5] = 'X';
  put(active.file, damaged);
  const Ran ran = apply();
  EXPECT_EQ(ran.exit_code, kExitOk);
  EXPECT_NE(ran.out.find("note    position " + std::to_string(active.begin + line_bytes) + ": "), std::string::npos)
      << ran.out;
  EXPECT_EQ(read(active.file), damaged);
  damaged[5] = 'X';
  put(active.file, damaged);
  EXPECT_EQ(apply().exit_code, kExitOk);
  EXPECT_TRUE(spool::is_blank_line(read(active.file).substr(0, line_bytes)));
  EXPECT_EQ(read(active.file).substr(line_bytes), damaged.substr(line_bytes));
}

TEST_F(RepairTest, ADamagedCopyOfAPlainSegmentIsSetAside) {
  put("00000000000000000000.ndjson", content.substr(0, compressed.end));
  EXPECT_EQ(repair().exit_code, kExitOk);
  flip(compressed.file, 30);
  expect_repaired(compressed.file + ": is damaged; set aside");
  EXPECT_FALSE(std::filesystem::exists(temp.path() / compressed.file));
  expect_lines_but(0, 0);
}

TEST_F(RepairTest, ARunningDaemonIsNamedAndNothingTouched) {
  put("durable", "x");
  ASSERT_TRUE(directory->lock("LOCK", "crawlspoold, pid 7"));
  const Ran ran = apply();
  EXPECT_EQ(ran.exit_code, kExitFailed);
  EXPECT_NE(ran.err.find("crawlspoold, pid 7"), std::string::npos) << ran.err;
  EXPECT_EQ(read("durable"), "x");
  EXPECT_EQ(repair().exit_code, kExitDamaged);
}

}  // namespace
}  // namespace crawlspool::cli
