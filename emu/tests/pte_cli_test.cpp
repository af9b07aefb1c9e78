#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "lpaemu/emu/cli/hex.h"
#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/linux_swap.h"
#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/testing/golden.h"
#include "run_lpaemu.h"

namespace {

using lpaemu::emu::append_hex16;
using lpaemu::emu::parse_hex64;
using lpaemu::emu::testing::ProgramRun;
using lpaemu::emu::testing::run_lpaemu;
using lpaemu::mmu::Descriptor;
using lpaemu::mmu::L_PTE_USER;
using lpaemu::mmu::Pte;
using lpaemu::mmu::set_pte_ext_value;
using lpaemu::mmu::testing::check_golden;
using nlohmann::json;
using Words = std::vector<std::string>;

const std::filesystem::path golden{LPAEMU_GOLDEN_DIR};

/// `lpaemu pte WORDS...`
ProgramRun pte(Words words, const std::string& input = "", int output = -1) {
  words.insert(words.begin(), "pte");
  return run_lpaemu(std::move(words), input, output);
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string hex16(std::uint64_t value) {
  std::string text;
  append_hex16(text, value);
  return text;
}

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// A file that is there as long as this object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string text) : text_{std::move(text)} {
    const int fd = ::mkstemp(path_.data());
    REQUIRE(fd >= 0);
    const ssize_t written = ::write(fd, text_.data(), text_.size());
    ::close(fd);
    REQUIRE(written == static_cast<ssize_t>(text_.size()));
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string path_ = (std::filesystem::temp_directory_path() / "lpaemu-pte-XXXXXX").string();
};

/// Pages of all kinds: written, write-protected, clean, the zero page, PROT_NONE, swap, none, reserved, odd.
const Words pages{"0x08e0000123456f5f",
                  "0x04e0000123456fdf",
                  "0x0060000123456fdf",
                  "0560000123456FDF",
                  "0x06e000012345671e",
                  "0x000000000012348c",
                  "0x0",
                  "0x00e0000123456f5d",
                  "0xf8f0ff0123456d77",
                  "0x02e000012345675f",
                  "0x80000000403"};
const Words sections{"0x0060000123400fdd", "0x80002003", "0x0800000080002003", "0x06e0000123400b9c", "0x1"};

}  // namespace

TEST_CASE("hex values: up to 16 digits, with or without 0x, in either case", "[emu][cli][pte]") {
  CHECK(parse_hex64("0") == 0U);
  CHECK(parse_hex64("0xABCdef0123456789") == 0xabcd'ef01'2345'6789U);
  CHECK(parse_hex64("0XfFfFfFfFfFfFfFfF") == ~std::uint64_t{0});
  for (const char* bad : {"", "0x", "x", "0x0x1", "12345678901234567", "-1", "+1", " 1", "1 ", "g", "1.0", "\xff"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_hex64(bad));
  }
  CHECK(hex16(0xabc) == "0000000000000abc");
  CHECK(lpaemu::emu::in_quotes("a\tb\x80") == "'a\\x09b\\x80'");
  CHECK(lpaemu::emu::in_quotes(std::string(61, 'a')) == "'" + std::string(60, 'a') + "'...");
}

TEST_CASE("decode prints fields, the hardware's and Linux's reading, and warnings", "[emu][cli][pte]") {
  const ProgramRun level3 = pte(with({"decode"}, pages));
  CHECK(level3.status == 0);
  CHECK(level3.err.empty());
  check_golden(golden / "decode_level3.txt", level3.out);
  check_golden(golden / "decode_level2.txt", pte(with({"decode", "--level", "2"}, sections)).out);
  check_golden(golden / "decode_level1.txt",
               pte({"decode", "--level=1", "0x0080000080001003", "0x0060000040000fdd"}).out);
}

TEST_CASE("decode --format json: an array of objects, or an object a line", "[emu][cli][pte]") {
  const ProgramRun array = pte(with({"decode", "--format", "json"}, pages));
  check_golden(golden / "decode_level3.json", array.out);
  const json objects = json::parse(array.out);
  REQUIRE(objects.size() == pages.size());
  CHECK(objects.at(0).at("leaf").at("soft_dirty") == true);
  CHECK(objects.at(0).at("leaf").at("pa") == "0x123456000");
  CHECK(objects.at(5).at("swap").at("offset") == 0x1234);

  std::string input;
  for (const std::string& page : pages) input += page + "\n";
  const ProgramRun lines = pte({"decode", "--format", "json", "-"}, input);
  std::istringstream in{lines.out};
  std::string line;
  for (const json& object : objects) {
    REQUIRE(std::getline(in, line));
    CHECK(json::parse(line) == object);
  }
  CHECK_FALSE(std::getline(in, line));
  CHECK(pte({"decode", "--format", "json", "-"}).out.empty());
  CHECK(json::parse(pte({"decode", "--format", "json", "xyz"}).out).empty());
}

namespace {

/// Any word; often a page or a table, or with few bits, as swap entries have.
std::uint64_t any_word(std::mt19937_64& random) {
  constexpr std::uint64_t page_or_table = 3;
  constexpr std::uint64_t swap_bits = 0xffff'fffc;
  switch (random() % 3) {
    case 0: return random() | page_or_table;
    case 1: return random() & swap_bits;
    default: return random();
  }
}

void check_leaf(const json& leaf, Pte pte) {
  CHECK(leaf.at("user") == L_PTE_USER.get(pte));
  CHECK(leaf.at("write") == pte_write(pte));
  CHECK(leaf.at("exec") == pte_exec(pte));
  CHECK(leaf.at("dirty") == pte_dirty(pte));
  CHECK(leaf.at("young") == pte_young(pte));
  CHECK(leaf.at("soft_dirty") == pte_soft_dirty(pte));
  CHECK(leaf.at("special") == pte_special(pte));
  CHECK(leaf.at("protnone") == pte_protnone(pte));
  CHECK(leaf.at("valid") == pte_valid(pte));
}

void check_swap(const json& swap, Pte pte) {
  CHECK(swap.at("type") == swp_type(pte_to_swp_entry(pte)));
  CHECK(swap.at("offset") == swp_offset(pte_to_swp_entry(pte)));
  CHECK(swap.at("exclusive") == pte_swp_exclusive(pte));
  CHECK(swap.at("soft_dirty") == pte_swp_soft_dirty(pte));
}

void check_object(const json& object, Descriptor d, unsigned level) {
  CHECK(object.at("value") == "0x" + hex16(d.raw()));
  CHECK(object.at("level") == level);
  CHECK(object.at("hardware") == describe_hardware(d, level));
  CHECK(object.at("linux") == describe_linux(d, level));
  CHECK(object.at("warnings") == json(warnings_about(d, level)));
  std::uint64_t sum = 0;
  for (const json& field : object.at("fields")) {
    CHECK(field.at("value") != 0);
    CHECK(field.at("hi").get<unsigned>() >= field.at("lo").get<unsigned>());
    CHECK(!field.at("name").get<std::string>().empty());
    CHECK(!field.at("meaning").get<std::string>().empty());
    CHECK(!field.at("citation").get<std::string>().empty());
    sum += field.at("value").get<std::uint64_t>() << field.at("lo").get<unsigned>();
  }
  CHECK(sum == d.raw());
  const bool swap = is_swap_entry(d, level);
  const bool table = kind_of(d, level) == lpaemu::mmu::Kind::table;
  CHECK(object.at("kind") == (swap ? "swap entry" : to_string(kind_of(d, level))));
  REQUIRE(object.contains("swap") == swap);
  REQUIRE(object.contains("leaf") == (!swap && !table && d.raw() != 0));
  if (swap) check_swap(object.at("swap"), Pte{d.raw()});
  if (object.contains("leaf")) check_leaf(object.at("leaf"), Pte{d.raw()});
}

}  // namespace

TEST_CASE("decode --format json: each line is JSON without spaces and has the model's values", "[emu][cli][pte]") {
  const unsigned level = GENERATE(1U, 2U, 3U);
  std::mt19937_64 random{level};
  std::vector<std::uint64_t> raw{0};
  std::string input = "0\n";
  for (int i = 0; i < 2000; ++i) input += hex16(raw.emplace_back(any_word(random))) + "\n";
  std::istringstream out{pte({"decode", "--format", "json", "--level", std::to_string(level), "-"}, input).out};
  std::string line;
  for (const std::uint64_t word : raw) {
    REQUIRE(std::getline(out, line));
    CAPTURE(line);
    const auto object = nlohmann::ordered_json::parse(line);
    CHECK(object.dump() == line);
    check_object(object, Descriptor{word}, level);
  }
  CHECK_FALSE(std::getline(out, line));
}

TEST_CASE("set-pte-ext prints IN<TAB>OUT, 16 digits each, for every kind of input", "[emu][cli][pte][P-26]") {
  const std::string wanted =
      "0060000123456f5f\t0060000123456fdf\n"
      "00e0000123456fdf\t00e0000123456f5f\n"
      "06e000012345671f\t06e000012345671e\n"
      "0000000000000000\t0000000000000000\n";
  const Words values{"0x0060000123456F5F", "e0000123456fdf", "06e000012345671f", "0"};
  const ProgramRun arguments = pte(with({"set-pte-ext"}, values));
  CHECK(arguments.status == 0);
  CHECK(arguments.out == wanted);
  CHECK(arguments.err.empty());
  // Blanks, empty lines, CR LF and a last line without an end.
  CHECK(pte({"set-pte-ext", "-"}, "0x0060000123456F5F\r\n\n  e0000123456fdf\t\n06e000012345671f\n   \n0").out ==
        wanted);
}

TEST_CASE("set-pte-ext --big-endian swaps registers, so the values are the same", "[emu][cli][pte]") {
  std::mt19937_64 random{8};
  std::string input;
  std::string wanted;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t in = random();
    input += hex16(in) + "\n";
    wanted += hex16(in) + "\t" + hex16(set_pte_ext_value(Pte{in})) + "\n";
  }
  const ProgramRun little = pte({"set-pte-ext", "-"}, input);
  const ProgramRun big = pte({"set-pte-ext", "--big-endian", "-"}, input);
  CHECK(little.status == 0);
  CHECK((little.out == wanted));  // not printed: a megabyte
  CHECK((big.out == wanted));
}

TEST_CASE("bad input is reported with its place; the good is still printed", "[emu][cli][pte]") {
  const ProgramRun lines = pte({"set-pte-ext", "-"}, "1\n\nxyz\n12345678901234567\n2\n");
  CHECK(lines.status == 2);
  CHECK(lines.out == "0000000000000001\t0000000000000081\n0000000000000002\t0000000000000002\n");
  CHECK(contains(lines.err, "lpaemu: error: line 3: 'xyz' is not a 64-bit hex value; "));
  CHECK(contains(lines.err, "lpaemu: error: line 4: '12345678901234567' is not a 64-bit hex value; "));

  const ProgramRun arguments = pte({"set-pte-ext", "0", "q", "2"});
  CHECK(arguments.status == 2);
  CHECK(arguments.out == "0000000000000000\t0000000000000000\n0000000000000002\t0000000000000002\n");
  CHECK(contains(arguments.err, "lpaemu: error: argument 2: 'q' is not"));

  // A line longer than any buffer is one bad line, and the next one keeps its number.
  const ProgramRun longer = pte({"set-pte-ext", "-"}, std::string(200000, 'a') + "\n2\nx\n");
  CHECK(longer.status == 2);
  CHECK(longer.out == "0000000000000002\t0000000000000002\n");
  CHECK(contains(longer.err, "line 1: 'aaaa"));
  CHECK(contains(longer.err, "line 3: 'x'"));
}

TEST_CASE("a line that is cut is bad input, whatever its beginning says", "[emu][cli][pte]") {
  const std::string blanks(70000, ' ');
  for (const std::string& end : {std::string{}, std::string{"garbage"}, std::string{"\r"}}) {
    const ProgramRun value = pte({"set-pte-ext", "-"}, "0\n1" + blanks + end + "\n2\n");
    CHECK(value.status == 2);
    CHECK(value.out == "0000000000000000\t0000000000000000\n0000000000000002\t0000000000000002\n");
    CHECK(value.err == "lpaemu: error: line 2: '1" + std::string(59, ' ') + "'... is longer than 64 KiB\n");
  }
  const ProgramRun late = pte({"set-pte-ext", "-"}, blanks + "5");
  CHECK(late.status == 2);
  CHECK(late.out.empty());
  CHECK(contains(late.err, "line 1: ' "));

  const ProgramRun check =
      pte({"check", "-"}, "#" + blanks + "\n0 0" + blanks + "garbage\n0\t0\n" + blanks + "1 1\n0 1");
  CHECK(check.status == 2);
  CHECK(std::ranges::count(check.err, '\n') == 2);
  CHECK(contains(check.err, "line 2: '0 0 "));
  CHECK(contains(check.err, "line 4: ' "));
  CHECK(contains(check.out, "line 5: "));
  CHECK(contains(check.out, "2 vectors: 1 agree, 1 differ; 2 lines hold none\n"));
}

TEST_CASE("a line of 64 KiB is read whole, with each of its ends", "[emu][cli][pte]") {
  const std::string value = std::string((std::size_t{1} << 16) - 1, ' ') + "2";
  const std::string wanted = "0000000000000002\t0000000000000002\n";
  for (const char* end : {"", "\n"}) {
    const ProgramRun run = pte({"set-pte-ext", "-"}, value + end);
    CHECK(run.status == 0);
    CHECK(run.out == wanted);
    CHECK(pte({"set-pte-ext", "-"}, " " + value + end).status == 2);
  }
}

TEST_CASE("usage errors are one line and status 2", "[emu][cli][pte]") {
  const auto row = GENERATE(table<Words, std::string>({
      {Words{}, "subcommand"},
      {{"bogus"}, "bogus"},
      {{"decode"}, "HEX"},
      {{"decode", "--level", "4", "0"}, "--level"},
      {{"decode", "--format", "xml", "0"}, "xml"},
      {{"set-pte-ext", "1", "-"}, "stands alone"},
      {{"set-pte-ext", "-", "1"}, "stands alone"},
      {{"check"}, "FILE"},
      {{"explain"}, "--fsr"},
      {{"explain", "--fsr", "100000000"}, "32-bit"},
      {{"explain", "--fsr", ""}, "''"},
      {{"explain", "--fsr", "a0f", "--far", "zz"}, "'zz'"},
      {{"explain", "--fsr", "a0f", "--far", ""}, "''"},
      {{"explain", "--fsr", "a0f", "--far="}, "--far"},
      {{"encode", "--pa", "", "--none"}, "''"},
      {{"encode", "--pa", "0", "--prot", "", "--none"}, "''"},
      {{"encode", "--prot", "rw-"}, "--pa"},
      {{"encode", "--pa", "1000"}, "--prot"},
      {{"encode", "--pa", "zz", "--prot", "rw-"}, "'zz'"},
      {{"encode", "--pa", "10000000000", "--prot", "rw-"}, "40 bits"},
      {{"encode", "--pa", "1234", "--prot", "rw-"}, "multiple"},
      {{"encode", "--pa", "1000", "--prot", "wr-"}, "'wr-'"},
      {{"encode", "--pa", "1000", "--prot", "rw-", "--none"}, "contradicts"},
      {{"encode", "--pa", "1000", "--prot", "rw-", "--rdonly"}, "contradicts"},
      {{"encode", "--pa", "1000", "--none", "--user"}, "contradicts"},
      {{"encode", "--pa", "1000", "--prot", "rw-", "--no-user", "--user"}, "--user"},
      {{"encode", "--pa", "0", "--prot", "rw-", "--level", "2", "--special"}, "SPECIAL"},
      {{"encode", "--pa", "1000", "--prot", "rw-", "--mt", "wobbly"}, "wobbly"},
  }));
  const auto& [words, part] = row;
  const ProgramRun run = pte(words);
  CAPTURE(words, run.err);
  CHECK(run.status == 2);
  CHECK(run.out.empty());
  CHECK(run.err.starts_with("lpaemu: error: "));
  CHECK(std::ranges::count(run.err, '\n') == 1);
  CHECK(contains(run.err, part));
}

TEST_CASE("the help of each command states its exit status and points nowhere else", "[emu][cli][pte]") {
  const std::string command = GENERATE("decode", "encode", "set-pte-ext", "vectors", "check", "explain");
  const ProgramRun help = pte({command, "--help"});
  CAPTURE(help.out);
  CHECK(help.status == 0);
  CHECK(contains(help.out, "Exit status: 0"));
  CHECK_FALSE(contains(help.out, "COMMAND --help"));
  CHECK_FALSE(contains(help.out, "|-"));
  CHECK(contains(pte({"--help"}).out, "`lpaemu pte COMMAND --help`"));
}

TEST_CASE("files that cannot be read, and output that cannot be written", "[emu][cli][pte]") {
  const ProgramRun missing = pte({"check", "/no/such/file"});
  CHECK(missing.status == 125);
  CHECK(missing.err == "lpaemu: error: cannot read '/no/such/file': No such file or directory\n");
  const ProgramRun directory = pte({"check", "/"});
  CHECK(directory.status == 125);
  CHECK(directory.err == "lpaemu: error: cannot read '/': Is a directory\n");
  CHECK(directory.out.empty());

  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  for (const Words& words : {Words{"set-pte-ext", "1"}, Words{"decode", "1"}, Words{"vectors"},
                             Words{"encode", "--pa", "0", "--prot", "r--"}, Words{"explain", "--fsr", "a0f"}}) {
    const ProgramRun run = pte(words, "", full);
    CAPTURE(words);
    CHECK(run.status == 125);
    CHECK(run.err == "lpaemu: error: cannot write to standard output: No space left on device\n");
  }
  ::close(full);

  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  ::close(pipe[0]);
  const ProgramRun nobody = pte({"vectors"}, "", pipe[1]);
  ::close(pipe[1]);
  CHECK(nobody.status == 125);
  CHECK(nobody.err == "lpaemu: error: cannot write to standard output: Broken pipe\n");
}

TEST_CASE("encode and decode are each other's inverse", "[emu][cli][pte]") {
  struct Row {
    Words words;
    std::string value;
    std::string linux_words;
  };
  const auto row = GENERATE(values<Row>({
      {{"--prot", "rw-", "--user", "--young", "--dirty", "--soft-dirty", "--stored"},
       "0x08e0000123456f5f",
       "user rw-, dirty, young, soft-dirty, WRITEALLOC, pfn 0x123456"},
      {{"--prot", "r-x", "--rdonly", "--young", "--special", "--mt", "uncached", "--sh", "outer"},
       "0x0520000123456643",
       "user r-x, clean, young, special, UNCACHED, pfn 0x123456"},
      {{"--prot", "rwx", "--no-user", "--dirty", "--mt", "dev_shared"},
       "0x0080000123456313",
       "kernel rwx, dirty, old, DEV_SHARED, pfn 0x123456"},
      {{"--none", "--young", "--dirty", "--stored"},
       "0x06e000012345671e",
       "kernel r--, dirty, young, WRITEALLOC, pfn 0x123456, PROT_NONE: hidden from the hardware"},
  }));
  const ProgramRun encoded = pte(with({"encode", "--pa", "0x123456000"}, row.words));
  CAPTURE(row.words, encoded.err);
  REQUIRE(encoded.status == 0);
  CHECK(encoded.out == row.value + "\n");
  const json decoded = json::parse(pte({"decode", "--format", "json", row.value}).out);
  CHECK(decoded.at(0).at("linux") == row.linux_words);
}

TEST_CASE("vectors are the golden file, follow the truth table and pass check", "[emu][cli][pte][P-26][P-53]") {
  const ProgramRun tsv = pte({"vectors"});
  CHECK(tsv.status == 0);
  check_golden(golden / "vectors.tsv", tsv.out);
  const json objects = json::parse(pte({"vectors", "--format", "json"}).out);
  std::string as_tsv;
  for (const json& object : objects) {
    const auto in = parse_hex64(object.at("in").get<std::string>());
    const auto out = parse_hex64(object.at("out").get<std::string>());
    REQUIRE((in && out));
    as_tsv += hex16(*in) + "\t" + hex16(*out) + "\n";
    CHECK(!object.at("name").get<std::string>().empty());
    // The rule in words, written again. [linux-lpae-pte 6]
    const auto bit = [&in](unsigned n) { return (*in >> n & 1U) != 0; };
    std::uint64_t stored = *in;
    if (bit(0) && bit(57)) stored &= ~std::uint64_t{1};
    if (bit(0) && !bit(57)) stored = !bit(55) || bit(58) ? stored | 0x80 : stored & ~std::uint64_t{0x80};
    CHECK(*out == stored);
  }
  CHECK(as_tsv == tsv.out);
  const ProgramRun check = pte({"check", "-"}, tsv.out);
  CHECK(check.status == 0);
  CHECK(check.out == fmt::format("{} vectors: {} agree, 0 differ\n", objects.size(), objects.size()));
}

namespace {

const std::string differing =
    "# mine\n"
    "\n"
    "0060000123456f5f\t0060000123456fdf\n"
    "0x0060000123456f5f 0x0860000123456f5f\n"  // AP2 not derived, SOFT_DIRTY from nowhere
    "06e000012345671f\t06e000012345671f\n";    // VALID kept

}  // namespace

TEST_CASE("check names each difference bit by bit, in three formats", "[emu][cli][pte]") {
  const ProgramRun text = pte({"check", "-"}, differing);
  CHECK(text.status == 1);
  CHECK(text.err.empty());
  CHECK(text.out ==
        "line 4: 0x0060000123456f5f is stored as 0x0060000123456fdf, not as 0x0860000123456f5f: AP2 0->1, "
        "SOFT_DIRTY 1->0\n"
        "line 5: 0x06e000012345671f is stored as 0x06e000012345671e, not as 0x06e000012345671f: VALID 1->0\n"
        "3 vectors: 1 agree, 2 differ\n");
  const ProgramRun tap = pte({"check", "--format", "tap", "-"}, differing + "bad <line>\n");
  CHECK(tap.status == 2);
  check_golden(golden / "check.tap", tap.out);
  const ProgramRun junit = pte({"check", "-", "--format", "junit"}, differing + "bad <line>\n");
  CHECK(junit.status == 2);
  CHECK(junit.err == "lpaemu: error: line 6: 'bad <line>' is not IN<TAB>OUT, two 64-bit hex values\n");
  check_golden(golden / "check.junit.xml", junit.out);
}

TEST_CASE("check names the bits of wider fields, and a swap entry's fields", "[emu][cli][pte]") {
  const auto row = GENERATE(table<std::string, std::string>({
      {"0060000123456f5f 0060000123456ddf", "SH 1->3 (bit 9)"},
      {"0060000123456f5f 0060000123455fdf", "OA 0x123455->0x123456 (bits 13, 12)"},
      {"04e0000123456f5f 00e0000123456ddf", "SH 1->3 (bit 9), RDONLY 0->1"},
      {"12348c 080000000012340c", "EXCLUSIVE 0->1, SOFT_DIRTY 1->0"},
      {"12348c 12358d", "PRESENT 1->0 (bit 0), OFFSET 0x1235->0x1234 (bit 8)"},
      {"12348c 123490", "TYPE 4->3 (bits 4, 3, 2)"},
      {"0 80", "AP2 1->0"},
  }));
  const auto& [line, difference] = row;
  const ProgramRun run = pte({"check", "-"}, line);
  CAPTURE(line);
  CHECK(run.status == 1);
  CHECK(contains(run.out, ": " + difference + "\n"));
}

TEST_CASE("check reads a file: status 0 when all agree, 1 when some differ, in three formats", "[emu][cli][pte]") {
  const auto row = GENERATE(table<std::string, std::string>({
      {"text", ": AP2 1->0"},
      {"tap", "not ok 2 - line 3: 0x00e0000123456fdf"},
      {"junit", "failures=\"1\" errors=\"0\""},
  }));
  const auto& [format, difference] = row;
  CAPTURE(format);
  const TemporaryFile file{"0060000123456f5f\t0060000123456fdf\n\n"};
  const ProgramRun agreed = pte({"check", "--format", format, file.path()});
  CHECK(agreed.status == 0);
  CHECK(agreed.err.empty());
  CHECK(agreed.out == pte({"check", "--format", format, "-"}, file.text()).out);
  CHECK_FALSE(contains(agreed.out, difference));

  const TemporaryFile other{file.text() + "00e0000123456fdf\t00e0000123456fdf"};
  const ProgramRun differed = pte({"check", "--format", format, other.path()});
  CHECK(differed.status == 1);
  CHECK(differed.err.empty());
  CHECK(differed.out == pte({"check", "--format", format, "-"}, other.text()).out);
  CHECK(contains(differed.out, difference));
}

TEST_CASE("check of an empty file is no success", "[emu][cli][pte]") {
  const TemporaryFile file{""};
  const ProgramRun run = pte({"check", file.path()});
  CHECK(run.status == 2);
  CHECK(run.err == "lpaemu: error: '" + file.path() + "' holds no vector; write lines IN<TAB>OUT\n");
}

TEST_CASE("check of nothing is no success", "[emu][cli][pte]") {
  const ProgramRun nothing = pte({"check", "-"}, "# nothing\n");
  CHECK(nothing.status == 2);
  CHECK(contains(nothing.err, "standard input holds no vector"));
}

TEST_CASE("explain puts a fault word into words", "[emu][cli][pte][M-34][P-45][P-47][P-48]") {
  std::string all;
  for (const Words& words :
       {Words{"--fsr", "a0f", "--far", "0x1234"}, Words{"--fsr", "0x8000020F"}, Words{"--fsr", "207", "--ifsr"},
        Words{"--fsr", "a06", "--far", "bf000000"}, Words{"--fsr", "0x2a05"}, Words{"--fsr", "80f"},
        Words{"--fsr", "221"}, Words{"--fsr", "e50"}, Words{"--fsr", "222"}})
    all += pte(with({"explain"}, words)).out;
  check_golden(golden / "explain.txt", all);

  const json fault = json::parse(pte({"explain", "--fsr", "a0f", "--far", "1234", "--format", "json"}).out);
  CHECK(fault.at("register") == "DFSR");
  CHECK(fault.at("far") == "0x00001234");
  CHECK(fault.at("level") == 3);
  CHECK(fault.at("access") == "write");
  CHECK(fault.at("fields").at("STATUS") == 15);
  CHECK(fault.at("linux").at("handler") == "do_page_fault");
  CHECK(fault.at("linux").at("code") == "SEGV_ACCERR");
  CHECK(fault.at("warnings").empty());

  for (const char* word : {"221", "211", "219"}) {
    CAPTURE(word);
    CHECK_FALSE(contains(pte({"explain", "--fsr", word}).out, "warning: "));
    CHECK(contains(pte({"explain", "--fsr", word, "--ifsr"}).out, "is of DFSR only"));
  }
}
