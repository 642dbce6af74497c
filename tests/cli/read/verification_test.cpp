// Each byte of a small spool damaged in turn: verify names the place, cat prints what is behind it.
#include "cli/read/verification.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/cli/small_spool.h"

namespace crawlspool::cli {
namespace {

class VerificationTest : public SmallSpoolTest {
 protected:
  Ran verify() { return on_spool({"verify"}); }

  // Calls `check` with each version of the file: every byte flipped, and cut at every byte.
  using Check = std::function<void(std::size_t at, bool is_cut)>;
  void damage_each_byte(const std::string& file, const Check& check) {
    const std::string sound = read(file);
    for (std::size_t at = 0; at < sound.size() && !HasFailure(); ++at) {
      SCOPED_TRACE(file + " at " + std::to_string(at));
      std::string damaged = sound;
      damaged[at] = static_cast<char>(damaged[at] ^ (at % 2 == 0 ? '\x01' : '\x80'));
      put(file, damaged);
      check(at, false);
      put(file, sound.substr(0, at));
      check(at, true);
    }
    put(file, sound);
  }
  void expect_named(const std::string& name) {
    const Ran ran = verify();
    EXPECT_EQ(ran.exit_code, kExitDamaged) << ran.out << ran.err;
    EXPECT_NE(ran.out.find(name), std::string::npos) << ran.out;
  }
  void expect_lines(const Ran& ran, std::size_t begin, std::size_t end) {
    for (std::size_t at = begin; at < end; at += line_bytes)
      EXPECT_TRUE(prints(ran, content.substr(at, line_bytes))) << at;
  }
};

TEST_F(VerificationTest, ASoundSpoolIsSoundWithoutANote) {
  const Ran ran = verify();
  EXPECT_EQ(ran.exit_code, kExitOk) << ran.out;
  EXPECT_EQ(ran.out.find("note"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("segments  3, 1 compressed\nlines     9\n"), std::string::npos) << ran.out;
  EXPECT_EQ(on_spool({"cat"}).out, content);
}

TEST_F(VerificationTest, EachByteOfAPlainSegmentIsWatched) {
  for (const Part& part : {plain, active})
    damage_each_byte(part.file, [&](std::size_t at, bool is_cut) {
      const std::size_t line = line_start(part.begin + at);
      expect_named("position " + std::to_string(line) + ": ");
      const Ran cat = on_spool({"cat"});
      expect_lines(cat, 0, line);
      // A damaged line end takes the line behind it along.
      if (!is_cut) expect_lines(cat, line + (at % line_bytes == line_bytes - 1 ? 2 : 1) * line_bytes, part.end);
      expect_lines(cat, part.end, content.size());
    });
}

TEST_F(VerificationTest, EachByteOfAPackedSegmentIsWatched) {
  damage_each_byte(compressed.file, [&](std::size_t, bool) {
    const Ran cat = on_spool({"cat"});
    // A bit that means nothing to the decoder damages nothing.
    if (cat.out != content || verify().exit_code != kExitOk) expect_named("position ");
    expect_lines(cat, compressed.end, content.size());
    for (std::size_t at = 0; at < cat.out.size(); at += line_bytes)
      EXPECT_NE(content.find(cat.out.substr(at, line_bytes)), std::string::npos);
  });
}

TEST_F(VerificationTest, EachByteOfAFileBesideTheSegmentsIsWatched) {
  for (const std::string& file : {index, std::string("sessions.ndjson"), std::string("sessions.previous.ndjson"),
                                  std::string("cursors/reader.json")}) {
    damage_each_byte(file, [&](std::size_t, bool) { expect_named(file + ": "); });
    EXPECT_EQ(on_spool({"cat"}).out, content);
  }
}

TEST_F(VerificationTest, ADurableFileThatIsNoneOrNoLinesEndIsTold) {
  damage_each_byte("durable", [&](std::size_t, bool is_cut) {
    const std::string text = read("durable");
    const auto position = spool::parse_position_digits(text);
    if (is_cut || !position)
      expect_named("durable: is not 20 digits");
    else if (*position > content.size())
      expect_named("position " + std::to_string(content.size()) + ": ");
    else if (*position % line_bytes != 0)
      expect_named("durable: position " + std::to_string(*position));
  });
  put("durable", "000000000000000000000");
  expect_named("durable: is not 20 digits");
}

TEST_F(VerificationTest, ADamagedIdentityIsTold) {
  const std::string sound = read("spool.json");
  damage_each_byte("spool.json", [&](std::size_t at, bool is_cut) {
    if (is_cut && at + 1 == sound.size()) return;  // without its line end it still reads
    const Ran ran = verify();
    EXPECT_NE(ran.exit_code, kExitOk) << read("spool.json");
    EXPECT_NE((ran.out + ran.err).find("spool"), std::string::npos);
  });
  std::filesystem::remove(temp.path() / "spool.json");
  expect_named("spool.json: is missing");
}

TEST_F(VerificationTest, AFileOfAnotherKindCannotBeRead) {
  for (const char* name : {"durable", "sessions.ndjson", "spool.json", "cursors/reader.json"}) {
    const std::string sound = read(name);
    std::filesystem::remove(temp.path() / name);
    std::filesystem::create_symlink("/dev/null", temp.path() / name);
    const Ran ran = verify();
    EXPECT_EQ(ran.exit_code, kExitFailed) << ran.out;
    EXPECT_NE(ran.out.find(std::string("skipped ") + name), std::string::npos) << ran.out;
    const Ran repair = on_spool({"repair", "--apply"});
    EXPECT_EQ(repair.exit_code, kExitDamaged);
    EXPECT_NE(repair.out.find(std::string("cannot  ") + name), std::string::npos) << repair.out;
    std::filesystem::remove(temp.path() / name);
    put(name, sound);
  }
}

TEST_F(VerificationTest, AMissingIndexIsTold) {
  std::filesystem::remove(temp.path() / index);
  expect_named(index + ": is missing");
}

TEST_F(VerificationTest, AnIndexOfAnotherSegmentIsTold) {
  std::string other = read(index);
  put(index, "");
  const auto frames = spool::parse_index(other);
  ASSERT_TRUE(frames);
  spool::Frames wrong = *frames;
  wrong.front().timestamps = spool::TimestampRange{"2027-01-01T00:00:00.000000Z", "2027-01-01T00:00:00.000000Z"};
  put(index, spool::render_index(wrong));
  expect_named(index + ": does not fit");
}

TEST_F(VerificationTest, ALostSegmentAndADoubledOneAreTold) {
  const std::string bytes = read(plain.file);
  std::filesystem::remove(temp.path() / plain.file);
  expect_named("position " + std::to_string(plain.begin) + ": " + std::to_string(bytes.size()) + " bytes missing");
  put(plain.file, bytes + bytes);
  expect_named("in two segments");
}

TEST_F(VerificationTest, ANumberThatDoesNotRiseWithinItsSessionIsTold) {
  const auto line = [](const char* session, unsigned seq) { return make_line({.session = session, .seq = seq}); };
  const std::string front = line("00000000000000aa", 5) + line("00000000000000bb", 1) + make_line({.seq = 1}) +
                            make_line({.seq = 1}) + line("00000000000000aa", 7);
  put(active.file, front + line("00000000000000aa", 7) + line("00000000000000aa", 6) + line("00000000000000aa", 8));
  const Ran ran = verify();
  EXPECT_EQ(ran.exit_code, kExitDamaged);
  const std::string first = std::to_string(active.begin + front.size());
  EXPECT_NE(ran.out.find("position " + first + ": record 7 of session 00000000000000aa comes after record 7\n"),
            std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("record 6 of session 00000000000000aa comes after record 7\n"), std::string::npos);
  EXPECT_EQ(ran.out.find("record 8 of"), std::string::npos);
  EXPECT_EQ(ran.out.find("record 1 of"), std::string::npos);
}

TEST_F(VerificationTest, ACursorThatPointsNowhereIsToldAndOneThatLostLinesIsNoted) {
  auto cursor = spool::read_cursor(*directory, "reader").value();
  cursor.position -= 1;
  ASSERT_TRUE(spool::store_cursor(*directory, "reader", cursor));
  expect_named("cursors/reader.json: position " + std::to_string(cursor.position));
  cursor.position = content.size() + 1;
  ASSERT_TRUE(spool::store_cursor(*directory, "reader", cursor));
  expect_named("cursors/reader.json: position " + std::to_string(cursor.position) + " is 1 byte beyond");
  cursor.spool_id = "another";
  ASSERT_TRUE(spool::store_cursor(*directory, "reader", cursor));
  const Ran noted = verify();
  EXPECT_EQ(noted.exit_code, kExitOk);
  EXPECT_NE(noted.out.find("note      cursors/reader.json: "), std::string::npos);
}

TEST_F(VerificationTest, StrangersAndLeftoversAreNotes) {
  put("README", "x");
  put("00000000000000000500.ndjson.zst.tmp", "x");
  std::filesystem::remove(temp.path() / "durable");
  const Ran ran = verify();
  EXPECT_EQ(ran.exit_code, kExitOk);
  for (const char* name : {"README", "00000000000000000500.ndjson.zst.tmp", "durable"})
    EXPECT_NE(ran.out.find("note      " + std::string(name) + ": "), std::string::npos) << ran.out;
  // A daemon that runs may be making it.
  ASSERT_TRUE(directory->lock("LOCK", "me"));
  EXPECT_EQ(verify().out.find(".tmp"), std::string::npos);
}

}  // namespace
}  // namespace crawlspool::cli
