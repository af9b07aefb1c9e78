#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "lpaemu/emu/cli/run_options.h"
#include "lpaemu/emu/cli/size.h"
#include "lpaemu/emu/engine/guest_ram.h"

namespace {

using namespace lpaemu::emu;
using Words = std::vector<std::string>;

struct Parsed {
  RunOptions options;
  std::string error;  // empty: parsed
};

/// What `lpaemu run WORDS...` makes of its words.
Parsed parse(Words words) {
  Parsed parsed;
  CLI::App app;
  CLI::App* command = app.add_subcommand("run", "");
  declare_run_options(*command, parsed.options);
  command->callback([&] { finish_run_options(parsed.options); });
  words.insert(words.begin(), "run");
  try {
    words = end_options_at_program(*command, words);
    std::ranges::reverse(words);
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    parsed.error = error.what();
  }
  return parsed;
}

struct SizeRow {
  const char* text;
  std::optional<std::uint64_t> size;
};

TEST_CASE("Sizes take powers of 1024 and hex, and nothing else", "[emu][cli]") {
  const auto row = GENERATE(values<SizeRow>({{"0", 0},
                                             {"4096", 4096},
                                             {"1K", 1024},
                                             {"64M", std::uint64_t{64} << 20},
                                             {"2g", std::uint64_t{2} << 30},
                                             {"1T", std::uint64_t{1} << 40},
                                             {"0x880000000", 0x880000000},
                                             {"0x10M", std::uint64_t{16} << 20},
                                             {"18446744073709551615", ~std::uint64_t{0}},
                                             {"18446744073709551616", {}},
                                             {"17179869184G", {}},
                                             {"", {}},
                                             {"G", {}},
                                             {"-1", {}},
                                             {"1.5G", {}},
                                             {"1GB", {}},
                                             {"1 G", {}},
                                             {"0x", {}}}));
  CAPTURE(row.text);
  CHECK(parse_size(row.text) == row.size);
}

TEST_CASE("Options end at PROGRAM", "[emu][cli]") {
  const auto parsed = parse({"--faults", "--env", "A=1", "--env", "B=", "prog", "--strace", "-h", "--stats:x"});
  REQUIRE(parsed.error.empty());
  CHECK(parsed.options.faults);
  CHECK_FALSE(parsed.options.strace);
  CHECK_FALSE(parsed.options.stats);
  CHECK(parsed.options.env == Words{"A=1", "B="});
  CHECK(parsed.options.tree.program == "prog");
  CHECK(parsed.options.args == Words{"prog", "--strace", "-h", "--stats:x"});
}

TEST_CASE("A double dash ends the options, too", "[emu][cli]") {
  const auto parsed = parse({"--rw", "--", "-odd-name", "x"});
  REQUIRE(parsed.error.empty());
  CHECK(parsed.options.tree.program == "-odd-name");
  CHECK(parsed.options.tree.writable);
}

TEST_CASE("Defaults: 1 GiB of RAM above 4 GiB, root, documented soft-dirty", "[emu][cli]") {
  const auto parsed = parse({"prog"});
  CHECK(parsed.options.mem == std::uint64_t{1} << 30);
  CHECK(parsed.options.ram_base == GuestRam::default_base.raw());
  CHECK(parsed.options.uid == 0);
  CHECK(parsed.options.soft_dirty == lpaemu::kernel::SoftDirtyMode::documented);
  CHECK_FALSE(parsed.options.timeout_seconds);
}

struct StatsRow {
  Words words;
  StatsFormat format;
  const char* file;
};

TEST_CASE("Option --stats takes a format and a file, together or alone", "[emu][cli]") {
  const auto row = GENERATE(values<StatsRow>({{{"--stats"}, StatsFormat::text, ""},
                                              {{"--stats=text"}, StatsFormat::text, ""},
                                              {{"--stats=json"}, StatsFormat::json, ""},
                                              {{"--stats=json:out"}, StatsFormat::json, "out"},
                                              {{"--stats:out"}, StatsFormat::text, "out"},
                                              {{"--mem", "64M", "--stats:out"}, StatsFormat::text, "out"}}));
  Words words = row.words;
  words.emplace_back("prog");
  const auto parsed = parse(words);
  REQUIRE(parsed.error.empty());
  REQUIRE(parsed.options.stats);
  CHECK(parsed.options.stats->format == row.format);
  CHECK(parsed.options.stats->file == row.file);
  CHECK(parsed.options.tree.program == "prog");
}

struct BindRow {
  const char* text;
  const char* host;
  const char* guest;
  bool writable;
};

TEST_CASE("Option --bind names a host path, a guest path and rw", "[emu][cli]") {
  const auto row = GENERATE(values<BindRow>({{"/a", "/a", "", false},
                                             {"/a:/b", "/a", "/b", false},
                                             {"/a:rw", "/a", "", true},
                                             {"/a:/b:rw", "/a", "/b", true},
                                             {"rel", "rel", "", false}}));
  const auto parsed = parse({"--bind", row.text, "prog"});
  REQUIRE(parsed.error.empty());
  REQUIRE(parsed.options.tree.binds.size() == 1);
  CHECK(parsed.options.tree.binds[0].host == row.host);
  CHECK(parsed.options.tree.binds[0].guest == row.guest);
  CHECK(parsed.options.tree.binds[0].writable == row.writable);
}

TEST_CASE("Bad options are refused with words that name them", "[emu][cli]") {
  struct Row {
    Words words;
    const char* part;
  };
  const auto row = GENERATE(values<Row>({{{}, "PROGRAM"},
                                         {{"--bogus", "p"}, "--bogus"},
                                         {{"--mem", "1", "p"}, "--mem"},
                                         {{"--mem", "1T", "p"}, "--mem"},
                                         {{"--mem", "lots", "p"}, "lots"},
                                         {{"--ram-base", "1", "p"}, "--ram-base"},
                                         {{"--ram-base", "0xffffffff00000000", "p"}, "--ram-base"},
                                         {{"--env", "A", "p"}, "--env"},
                                         {{"--env", "=A", "p"}, "--env"},
                                         {{"--bind", ":/b", "p"}, "--bind"},
                                         {{"--bind", "/a:b", "p"}, "not absolute"},
                                         {{"--stats=xml", "p"}, "xml"},
                                         {{"--stats=json:", "p"}, "no file name"},
                                         {{"--soft-dirty", "maybe", "p"}, "--soft-dirty"},
                                         {{"--timeout", "0", "p"}, "--timeout"},
                                         {{"--timeout", "-1", "p"}, "--timeout"},
                                         {{"--timeout", "nan", "p"}, "--timeout"},
                                         {{"--uid", "-1", "p"}, "--uid"}}));
  const auto parsed = parse(row.words);
  CAPTURE(row.words, parsed.error);
  CHECK(parsed.error.find(row.part) != std::string::npos);
}

}  // namespace
