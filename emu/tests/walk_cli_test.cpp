// Runs the built program, as a shell would. docs/WALK.md shows whole outputs, which the test docs.console compares;
// here is the rest: exit statuses, JSON, each fault, each register, wrong usage.
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdlib>
#include <iterator>
#include <nlohmann/json.hpp>

#include "image_files.h"

namespace {

using namespace lpaemu::emu::testing;
using nlohmann::json;

struct Ran {
  int status;
  std::string out;
  std::string err;
};

/// Tables at 0x80000000: the vectors' set-up. 0x1000 is a written page, 0x2000 one that clear_refs has protected,
/// 0x3000 a PROT_NONE page, 0x200000 a read-only block, 0x400000 a table for which there is no memory.
std::string tables() {
  std::vector<std::uint64_t> words(3 * 512);
  words[0] = 0x8000'1003;
  words[512] = 0x8000'2003;
  words[513] = 0x0060'0001'2340'0fdd;
  words[514] = 0x9000'0003;
  words[1024 + 1] = 0x08e0'0001'2345'6f5f;
  words[1024 + 2] = 0x04e0'0001'2345'7fdf;
  words[1024 + 3] = 0x0660'0001'2345'8f1e;
  return bytes_of(words);
}

/// The same with another word at this index.
std::string tables_with(std::size_t index, std::uint64_t word) {
  std::string image = tables();
  return image.replace(index * sizeof word, sizeof word, bytes_of({word}));
}

constexpr std::size_t page_5 = 1024 + 5;  // the index of 0x5000's descriptor

struct Walk {
  ImageFolder folder;
  std::string ram = folder.file("ram", tables()) + "@80000000";

  /// `lpaemu walk --ram RAM WORDS`; the words go through the shell.
  [[nodiscard]] Ran run(const std::string& words) const {
    const auto out = folder.path() / "out";
    const auto err = folder.path() / "err";
    const std::string command =
        fmt::format("'{}' walk --ram '{}' {} >'{}' 2>'{}'", LPAEMU_PROGRAM, ram, words, out.string(), err.string());
    const int status = std::system(command.c_str());
    const auto text = [](const std::filesystem::path& path) {
      std::ifstream in{path, std::ios::binary};
      return std::string{std::istreambuf_iterator<char>{in}, {}};
    };
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text(out), text(err)};
  }
};

const std::string registers = "--ttbcr 0xb5003500 --ttbr0 0x80000000 ";

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an access that succeeds ends with 0 and says nothing else", "[emu][cli][walk][vector-1]") {
  const Walk walk;
  const Ran good = walk.run(registers + "--access w 1234");
  CHECK(good.err.empty());
  CHECK(good.status == 0);
  CHECK(good.out.ends_with("  PA 0x123456234  PL0 rw-  PL1 rw-  normal (MAIR 0xff)\n"));
}

TEST_CASE("each way to fail has its FSR word and its remedy", "[emu][cli][walk][vector-2][M-34]") {
  struct Row {
    const char* words;
    const char* fault;
    const char* remedy;
  };
  const auto row = GENERATE(values<Row>({
      {"40000000", "(DFSR 0x205)", "level 1 entry is invalid: make it a table or block"},
      {"600000", "(DFSR 0x206)", "level 2 entry is invalid: make it a table or block"},
      {"4000", "(DFSR 0x207)", "level 3 entry is invalid: make it a page"},
      {"3000", "(DFSR 0x207)", "level 3 entry is PROT_NONE (NONE=1, VALID=0): set VALID and clear NONE"},
      {"--access w 0x2000", "(DFSR 0xa0f)", "AP[2]=1: clear it, or clear RDONLY"},
      {"--access x 1000", "(IFSR 0x20f)", "XN=1: clear it"},
      {"--access w --pl 1 200000", "(DFSR 0xa0e)", "AP[2]=1"},
      {"400000", "(DFSR 0x217)", "no memory at 0x90000000 for the level 3 table: give the memory that holds it (--ram"},
  }));
  const Walk walk;
  CAPTURE(row.words);
  const Ran ran = walk.run(registers + row.words);
  CHECK(ran.status == 1);
  CHECK(contains(ran.out, row.fault));
  CHECK(contains(ran.out, row.remedy));
}

TEST_CASE("a descriptor that stops the walk is shown as Linux reads it", "[emu][cli][walk][P-15][P-35][P-38]") {
  struct Row {
    std::size_t index;
    std::uint64_t word;
    const char* fields;
    const char* linux;
    const char* json;
  };
  const auto row = GENERATE(values<Row>({
      {page_5, 0, "invalid", "none: nothing is mapped", "{}"},
      {page_5, 0x0800'0000'0012'3484, "invalid  TYPE=0x1 EXCLUSIVE OFFSET=0x1234 SOFT_DIRTY",
       "swap entry: type 1, offset 0x1234, exclusive, soft-dirty",
       R"({"TYPE": 1, "EXCLUSIVE": 1, "OFFSET": 4660, "SOFT_DIRTY": 1})"},
      {page_5, 0x0660'0001'2345'8f1e, "invalid  TYPE AttrIndx=0x7 SH=inner AF nG OA=0x123458 PXN XN NONE RDONLY",
       "kernel r--, clean, young, WRITEALLOC, pfn 0x123458, PROT_NONE: hidden from the hardware",
       R"({"TYPE": 1, "AttrIndx": 7, "SH": 3, "AF": 1, "nG": 1, "OA": 1193048, "PXN": 1, "XN": 1, "NONE": 1,
           "RDONLY": 1})"},
      {512, 0x0200'0001'2340'0004, "invalid  AttrIndx=0x1 OA=0x123400 NONE",
       "section, kernel rwx, clean, old, BUFFERABLE, pfn 0x123400, PROT_NONE: hidden from the hardware; pmd_present is "
       "false, pmd_trans_huge is true",
       R"({"AttrIndx": 1, "OA": 1192960, "NONE": 1})"},
      {0, 0x2, "invalid  TYPE", "bad entry: neither none, a table nor a section", R"({"TYPE": 1})"},
  }));
  Walk walk;
  walk.ram = walk.folder.file("stopped", tables_with(row.index, row.word)) + "@80000000";
  CHECK(contains(walk.run(registers + "5000").out,
                 fmt::format("{}  [armv7 B3.6.1]\n  linux: {}\n  fault: ", row.fields, row.linux)));
  const json found = json::parse(walk.run(registers + "--format json 5000").out);
  const json& last = found["walks"][0]["steps"].back();
  CHECK(last["fields"] == json::parse(row.json));
  CHECK(last["linux"] == row.linux);
}

TEST_CASE("TTBCR decides: EPD0, the gap, TTBR1", "[emu][cli][walk][M-7][M-8]") {
  const Walk walk;
  CHECK(contains(walk.run("--ttbcr 0 --ttbr0 0 --sctlr 0 1234").out, "PA 0x1234: the MMU is off"));  // EAE may be 0
  CHECK(contains(walk.run("--ttbcr 80000080 --ttbr0 80000000 1234").out, "TTBCR.EPD0=1"));
  CHECK(contains(walk.run("--ttbcr 80020002 --ttbr0 80001000 50000000").out, "T0SZ=1 or T1SZ=0 covers it"));
  CHECK(contains(walk.run("--ttbcr 80020000 --ttbr0 80000000 --ttbr1 80001000 c0001234").out, "PA 0x123456234"));
}

TEST_CASE("MAIR0 has the memory types 0 to 3, MAIR1 4 to 7", "[emu][cli][walk][M-24]") {
  struct Row {
    const char* words;
    const char* memory;
  };
  const auto row = GENERATE(values<Row>({
      {"1000", "normal (MAIR 0xff)"},  // AttrIndx 7
      {"--mair1 04000000 1000", "device (MAIR 0x04)"},
      {"--mair0 04040404 1000", "normal (MAIR 0xff)"},
      {"5000", "normal (MAIR 0x44)"},  // AttrIndx 1
      {"--mair0 0000ff00 5000", "normal (MAIR 0xff)"},
      {"--mair0 00000400 5000", "device (MAIR 0x04)"},
      {"--mair0 ffff00ff 5000", "strongly-ordered (MAIR 0x00)"},
      {"--mair0 00000500 5000", "unpredictable (MAIR 0x05)"},
      {"--mair1 04040404 5000", "normal (MAIR 0x44)"},
  }));
  Walk walk;
  walk.ram = walk.folder.file("attr1", tables_with(page_5, 0x00e0'0001'2345'9f47)) + "@80000000";
  CAPTURE(row.words);
  CHECK(contains(walk.run(registers + row.words).out, row.memory));
}

TEST_CASE("SCTLR decides: M, WXN, UWXN", "[emu][cli][walk][sctlr][armv7-B3.7.2]") {
  struct Row {
    const char* words;
    const char* part;
  };
  const auto row = GENERATE(values<Row>({
      {"--sctlr 30c03c7c 5000", "PA 0x5000: the MMU is off"},
      {"--access x 5000", "PL0 rwx  PL1 rwx"},
      {"--sctlr 30c83c7d --access x 5000", "(IFSR 0x20f)\n  remedy: SCTLR.WXN=1"},
      {"--sctlr 30c83c7d 5000", "PL0 rw-  PL1 rw-"},
      {"--sctlr 30d03c7d --access x --pl 1 5000", "(IFSR 0x20f)\n  remedy: SCTLR.UWXN=1"},
      {"--sctlr 30d03c7d --access x 5000", "PL0 rwx  PL1 rw-"},
  }));
  Walk walk;
  walk.ram = walk.folder.file("rwx", tables_with(page_5, 0x0080'0001'2345'9f5f)) + "@80000000";
  CAPTURE(row.words);
  CHECK(contains(walk.run(registers + row.words).out, row.part));
}

TEST_CASE("SCTLR.EE says that the tables are big-endian", "[emu][cli][walk][sctlr]") {
  std::string swapped = tables();
  for (auto word = swapped.begin(); word != swapped.end(); word += sizeof(std::uint64_t))
    std::reverse(word, word + sizeof(std::uint64_t));
  Walk walk;
  const std::string ee = "--sctlr 32c03c7d ";
  const std::string little = walk.run(registers + "1234").out;
  CHECK(contains(walk.run(registers + ee + "1234").out, "(DFSR 0x205)"));
  walk.ram = walk.folder.file("swapped", swapped) + "@80000000";
  CHECK(contains(walk.run(registers + "1234").out, "(DFSR 0x205)"));
  const Ran big = walk.run(registers + ee + "1234");
  CHECK(big.status == 0);
  CHECK(big.out == little);
}

TEST_CASE("walk --diff names what only one image maps and what changed", "[emu][cli][walk]") {
  Walk walk;
  std::string other = tables();
  const auto store = [&other](std::size_t index, std::uint64_t word) { other.replace(index * 8, 8, bytes_of({word})); };
  store(514, 0);
  const std::string a = walk.folder.file("a", other);
  walk.ram = a + "@80000000";
  CHECK(walk.run(registers + "--diff " + walk.ram).status == 0);
  CHECK(walk.run(registers + "--diff " + walk.ram).out.empty());

  store(1024 + 1, 0x04e0'0001'2345'6fdf);  // what clear_refs does
  store(1024 + 2, 0);
  store(1024 + 9, 0x08e0'0001'2345'9f5f);
  const std::string b = walk.folder.file("b", other);
  const Ran ran = walk.run(registers + "--format json --diff " + b + "@80000000");
  CHECK(ran.status == 1);
  const json found = json::parse(ran.out);
  REQUIRE(found["differences"].size() == 3);
  CHECK(found["differences"][0]["in"] == "both");
  CHECK(found["differences"][0]["changes"] == "AP2 0->1, RDONLY 0->1, SOFT_DIRTY 1->0, PL0 rw- -> r--, PL1 rw- -> r--");
  CHECK(found["differences"][1]["in"] == "a");
  CHECK(found["differences"][2]["in"] == "b");
  CHECK(found["differences"][2]["b"]["leaf"] == "0x08e0000123459f5f");
}

TEST_CASE("an image with tables that cannot be read is not equal to itself", "[emu][cli][walk]") {
  const Walk walk;
  const Ran ran = walk.run(registers + "--diff " + walk.ram);
  CHECK(ran.status == 1);
  CHECK(contains(ran.out, "A: 0x00400000-0x005fffff  unknown"));
  CHECK(contains(ran.out, "B: 0x00400000-0x005fffff  unknown"));
}

TEST_CASE("the second image may be several files, the first a core file", "[emu][cli][walk][elf]") {
  Walk walk;
  const std::string words = tables();
  const auto page = [&words](std::size_t n) { return words.substr(n * 0x1000, 0x1000); };
  const auto core = core_file<Elf64_Ehdr, Elf64_Phdr>({{0x8000'0000, words}, {0x9000'0000, std::string(0x1000, '\0')}});
  walk.ram = walk.folder.file("core", core);
  const Ran ran =
      walk.run(registers + fmt::format("--diff {}@80000000 {}@80001000 {}@80002000 {}@90000000",
                                       walk.folder.file("p0", page(0)), walk.folder.file("p1", page(1)),
                                       walk.folder.file("p2", page(2)), walk.folder.file("p3", std::string(8, '\0'))));
  CHECK(ran.err.empty());
  CHECK(ran.out.empty());
  CHECK(ran.status == 0);
  CHECK(walk.run(registers + "--access w 1234").status == 0);
}

TEST_CASE("the JSON of a walk has every level, the fault and the remedies", "[emu][cli][walk]") {
  const Walk walk;
  const Ran ran = walk.run(registers + "--format json --access w 1234 2000");
  CHECK(ran.status == 1);
  const json found = json::parse(ran.out);
  REQUIRE(found["walks"].size() == 2);
  CHECK(found["walks"][0] == json::parse(R"({
    "va": "0x00001234", "access": "write", "pl": 0,
    "steps": [
      {"level": 1, "table": "0x80000000", "index": 0, "entry": "0x80000000", "descriptor": "0x0000000080001003",
       "kind": "table", "next_table": "0x80001000", "fields": {}, "citation": "armv7 B3.6.1"},
      {"level": 2, "table": "0x80001000", "index": 0, "entry": "0x80001000", "descriptor": "0x0000000080002003",
       "kind": "table", "next_table": "0x80002000", "fields": {}, "citation": "armv7 B3.6.1"},
      {"level": 3, "table": "0x80002000", "index": 1, "entry": "0x80002008", "descriptor": "0x08e0000123456f5f",
       "kind": "page", "output": "0x123456000",
       "fields": {"AttrIndx": 7, "AP1": 1, "SH": 3, "AF": 1, "nG": 1, "PXN": 1, "XN": 1, "DIRTY": 1, "SOFT_DIRTY": 1},
       "citation": "armv7 B3.6.1, B3.6.2"}],
    "translation": {"pa": "0x123456234", "level": 3, "rights": {"pl0": "rw-", "pl1": "rw-"},
                    "memory": "normal", "mair": "0xff"}})"));
  const json& fault = found["walks"][1];
  CHECK(fault["fault"]["fsr"] == "0xa0f");
  CHECK(fault["fault"]["register"] == "DFSR");
  CHECK(fault["remedies"] == json::parse(R"([{"obstacle": "AP2", "change": "descriptor", "level": 3,
    "entry": "0x80002010", "clear": "0x80", "set": "0x0",
    "text": "AP[2]=1: clear it, or clear RDONLY and store the entry again through set_pte_ext"}])"));
}

TEST_CASE("the JSON of --all has ranges with equal attributes, and what could not be read", "[emu][cli][walk]") {
  const Walk walk;
  const Ran ran = walk.run(registers + "--all --format json");
  CHECK(ran.err.empty());
  CHECK(ran.status == 1);
  const json found = json::parse(ran.out);
  REQUIRE(found["mappings"].size() == 3);
  CHECK(found["mappings"][2] == json::parse(R"({"first": "0x00200000", "last": "0x003fffff", "pa": "0x123400000",
    "level": 2, "rights": {"pl0": "r--", "pl1": "r--"}, "memory": "normal", "mair": "0xff",
    "flags": {"SH": 3, "AF": 1, "nG": 1}, "leaf": "0x0060000123400fdd"})"));
  CHECK(found["missing_tables"] ==
        json::parse(R"([{"first": "0x00400000", "last": "0x005fffff", "level": 3, "table": "0x90000000"}])"));
}

TEST_CASE("wrong usage is one line that says what to do", "[emu][cli][walk][M-3]") {
  struct Row {
    std::string words;
    const char* part;
  };
  const auto row = GENERATE(values<Row>({
      {"--ttbcr 0 --ttbr0 80000000 1234", "EAE=0"},
      {"--ttbr0 0 1234", "--ttbcr is required"},
      {"--ttbcr 80000000 1234", "--ttbr0 is required"},
      {"--ttbcr 80020000 --ttbr0 80000000 --all", "give its value"},
      {"--ttbcr 80020000 --ttbr0 80000000 c0000000", "give its value"},
      {registers, "nothing to do"},
      {registers + "--all 1234", "leave out the addresses"},
      {registers + "1234 --diff /dev/null@0", "leave out the addresses"},
      {registers + "100000000", "'100000000' is no hexadecimal number of at most 32 bits"},
      {registers + "12z4", "'12z4'"},
      {registers + "--access q 1234", "--access"},
      {registers + "--pl 2 1234", "--pl"},
      {registers + "--mair0 123456789 1234", "--mair0"},
      {registers + "--ram x@zz 1234", "'x@zz' is not of the form FILE@PA"},
      {registers + "--ram x@10000000000 1234", "40 bits"},
      {registers + "--format xml 1234", "--format"},
  }));
  const Walk walk;
  CAPTURE(row.words);
  const Ran ran = walk.run(row.words);
  CHECK(ran.status == 2);
  CHECK(ran.out.empty());
  CHECK(ran.err.starts_with("lpaemu: error: "));
  CHECK(contains(ran.err, row.part));
  CHECK(ran.err.find('\n') == ran.err.size() - 1);
}

TEST_CASE("a file that cannot be read, and output that cannot be written, end with 125", "[emu][cli][walk]") {
  Walk walk;
  CHECK(walk.run(registers + "--ram /nowhere@0 1234").status == 125);
  const Ran twice = walk.run(registers + "--ram '" + walk.ram + "' 1234");
  CHECK(twice.status == 125);
  CHECK(contains(twice.err, "two memories at 0x80000000"));
  const int status = std::system(fmt::format("'{}' walk --ram '{}' {} 1234 >/dev/full 2>'{}'", LPAEMU_PROGRAM, walk.ram,
                                             registers, (walk.folder.path() / "err").string())
                                     .c_str());
  CHECK(WEXITSTATUS(status) == 125);
}

TEST_CASE("a hostile image, a table that points to itself, is shown in seconds", "[emu][cli][walk]") {
  Walk walk;
  walk.ram = walk.folder.file("self", bytes_of(std::vector<std::uint64_t>(512, 0x8000'0f5f))) + "@80000000";
  const Ran ran = walk.run(registers + "--all | wc -l");
  CHECK(contains(ran.out, "1048577"));
}
