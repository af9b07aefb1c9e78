// What cpu_v7_set_pte_ext and set_pmd_at store, against truth tables written by hand, for all values of the bits that
// matter over many of those that do not. [linux-lpae-pte 6, 7]
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "lpaemu/mmu/format.h"
#include "lpaemu/mmu/linux_pmd.h"
#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/testing/golden.h"
#include "lpaemu/mmu/testing/words.h"

namespace lpaemu::mmu {
namespace {

using testing::bit;

constexpr unsigned valid = 0, ap2 = 7, ng = 11, dirty = 55, special = 56, none = 57, rdonly = 58, soft_dirty = 59;
constexpr unsigned varied[] = {valid, ap2, dirty, special, none, rdonly, soft_dirty};

/// A row of a truth table. x = any, a = as it was.
struct Row {
  char valid, none, dirty, rdonly;
  char stored_valid, stored_ap2, stored_ng;
};

constexpr Row set_pte_ext_rows[] = {
    {'0', 'x', 'x', 'x', '0', 'a', 'a'},  // stored untouched
    {'1', '1', 'x', 'x', '0', 'a', 'a'},  // PROT_NONE
    {'1', '0', '0', '0', '1', '1', 'a'},  // writable but clean
    {'1', '0', '0', '1', '1', '1', 'a'},  //
    {'1', '0', '1', '0', '1', '0', 'a'},  // the only writable case
    {'1', '0', '1', '1', '1', '1', 'a'},
};

constexpr Row set_pmd_at_rows[] = {
    {'x', '0', '1', '0', 'a', '0', '1'},  // the only writable case
    {'x', '0', '0', '0', 'a', '1', '1'},  //
    {'x', '0', 'x', '1', 'a', '1', '1'},  //
    {'x', '1', '1', '0', '0', '0', '1'},  // PROT_NONE, and AP[2] is derived all the same
    {'x', '1', '0', '0', '0', '1', '1'},  //
    {'x', '1', 'x', '1', '0', '1', '1'},
};

bool matches(char wanted, std::uint64_t word, unsigned number) {
  return wanted == 'x' || (wanted == '1') == ((word & bit(number)) != 0);
}

void put(char wanted, std::uint64_t& word, unsigned number) {
  if (wanted == '1') word |= bit(number);
  if (wanted == '0') word &= ~bit(number);
}

/// What the table says is stored for `in`; exactly one row must apply.
std::uint64_t stored_by(std::span<const Row> table, std::uint64_t in) {
  int rows = 0;
  std::uint64_t out = in;
  for (const Row& row : table) {
    if (!matches(row.valid, in, valid) || !matches(row.none, in, none) || !matches(row.dirty, in, dirty) ||
        !matches(row.rdonly, in, rdonly))
      continue;
    ++rows;
    put(row.stored_valid, out, valid);
    put(row.stored_ap2, out, ap2);
    put(row.stored_ng, out, ng);
  }
  if (rows != 1) FAIL(fmt::format("{} rows for {:#018x}", rows, in));
  return out;
}

using Store = std::uint64_t (*)(std::uint64_t);
std::uint64_t set_pte_ext(std::uint64_t in) { return set_pte_ext_value(Pte{in}); }
std::uint64_t set_pmd_at(std::uint64_t in) { return set_pmd_at_value(Pmd{in}); }

void check(Store store, std::span<const Row> table, std::uint64_t in) {
  const std::uint64_t want = stored_by(table, in);
  if (store(in) != want) FAIL(fmt::format("in {:#018x}: stored {:#018x}, want {:#018x}", in, store(in), want));
}

/// All combinations of the seven bits, over all those of the low attributes, at the edges of the address.
void check_attributes_and_addresses(Store store, std::span<const Row> table) {
  constexpr std::uint64_t addresses[] = {0,           0x1000,         0x1'2345'6000,  0x8'8000'0000,
                                         0x8000'0000, 0xff'ffff'f000, 0x55'5555'5000, 0xaa'aaaa'a000};
  constexpr unsigned attributes[] = {1, 2, 3, 4, 5, 6, 8, 9, 10, ng};
  for (const std::uint64_t address : addresses)
    testing::for_each_combination(address, attributes, [&](std::uint64_t pattern) {
      testing::for_each_combination(pattern, varied, [&](std::uint64_t in) { check(store, table, in); });
    });
  SUCCEED();
}

/// All combinations of the seven bits over each other bit alone, missing, and at random.
void check_patterns(Store store, std::span<const Row> table) {
  for (const Pte pattern : testing::samples<Pte>())
    testing::for_each_combination(pattern.raw(), varied, [&](std::uint64_t in) { check(store, table, in); });
  SUCCEED();
}

void check_random(Store store, std::span<const Row> table) {
  std::mt19937_64 random{5};
  for (int i = 0; i < 1'000'000; ++i) check(store, table, random());
  SUCCEED();
}

/// One line for each value of the bits `in`: their values, and those of the bits `out` of what is stored. The other
/// bits must not change that.
std::string truth_table(Store store, std::string text, std::span<const unsigned> in, std::span<const unsigned> out) {
  const auto digits = [](std::uint64_t word, std::span<const unsigned> numbers) {
    std::string line;
    for (const unsigned number : numbers) line += (word & bit(number)) != 0 ? " 1" : " 0";
    return line;
  };
  std::vector<unsigned> last_varies_fastest{in.rbegin(), in.rend()};
  testing::for_each_combination(0, last_varies_fastest, [&](std::uint64_t flags) {
    const std::string line = digits(store(flags), out);
    for (const Pte pattern : testing::samples<Pte>()) {
      std::uint64_t word = pattern.raw();
      for (const unsigned number : in) word = (word & ~bit(number)) | (flags & bit(number));
      REQUIRE(digits(store(word), out) == line);
    }
    text += digits(flags, in).substr(1) + " ->" + line + "\n";
  });
  return text;
}

const std::filesystem::path golden{LPAEMU_GOLDEN_DIR};

}  // namespace

TEST_CASE("set_pte_ext follows its truth table for all attributes, at the edges of the address",
          "[mmu][set_pte_ext][exhaustive][P-10][P-26][P-28][P-40]") {
  check_attributes_and_addresses(set_pte_ext, set_pte_ext_rows);
}

TEST_CASE("set_pte_ext follows its truth table whatever the other bits are",
          "[mmu][set_pte_ext][exhaustive][P-10][P-26]") {
  check_patterns(set_pte_ext, set_pte_ext_rows);
}

TEST_CASE("set_pte_ext follows its truth table for a million random values", "[mmu][set_pte_ext][P-26][P-28]") {
  check_random(set_pte_ext, set_pte_ext_rows);
}

TEST_CASE("set_pmd_at follows its truth table for all attributes, at the edges of the address",
          "[mmu][set_pmd_at][exhaustive][P-10][P-34]") {
  check_attributes_and_addresses(set_pmd_at, set_pmd_at_rows);
}

TEST_CASE("set_pmd_at follows its truth table whatever the other bits are", "[mmu][set_pmd_at][exhaustive][P-34]") {
  check_patterns(set_pmd_at, set_pmd_at_rows);
}

TEST_CASE("set_pmd_at follows its truth table for a million random values", "[mmu][set_pmd_at][P-34]") {
  check_random(set_pmd_at, set_pmd_at_rows);
}

TEST_CASE("each bit that the store does not look at is stored as given", "[mmu][set_pte_ext][set_pmd_at][P-10]") {
  constexpr std::uint64_t base = 0x00e0'0001'2345'675f;
  for (unsigned number = 1; number < 64; ++number) {
    if (number == ap2 || number == dirty || number == none || number == rdonly) continue;
    CAPTURE(number);
    CHECK((set_pte_ext(base) ^ set_pte_ext(base ^ bit(number))) == bit(number));
    CHECK((set_pmd_at(base) ^ set_pmd_at(base ^ bit(number))) == (number == ng ? 0 : bit(number)));
  }
}

TEST_CASE("soft-dirty passes the store and changes nothing else of it", "[mmu][set_pte_ext][set_pmd_at][P-10][P-7]") {
  for (const Pte pte : testing::samples<Pte>()) {
    REQUIRE((set_pte_ext(pte.raw()) ^ set_pte_ext(pte.raw() ^ bit(soft_dirty))) == bit(soft_dirty));
    REQUIRE((set_pmd_at(pte.raw()) ^ set_pmd_at(pte.raw() ^ bit(soft_dirty))) == bit(soft_dirty));
  }
}

TEST_CASE("what is stored is stored again as it is", "[mmu][set_pte_ext][set_pmd_at][P-26]") {
  for (const Pte pte : testing::samples<Pte>()) {
    REQUIRE(set_pte_ext(set_pte_ext(pte.raw())) == set_pte_ext(pte.raw()));
    REQUIRE(set_pmd_at(set_pmd_at(pte.raw())) == set_pmd_at(pte.raw()));
  }
}

TEST_CASE("pte_clear stores nothing but zero, and clearing a pmd is not set_pmd_at", "[mmu][set_pte_ext][P-33]") {
  CHECK(set_pte_ext(0) == 0);
  CHECK(set_pmd_at(0) == 0x880);  // AP[2] and nG: pmd_clear stores by itself
}

TEST_CASE("set_pte_ext keeps a stale AP[2] where set_pmd_at derives it", "[mmu][set_pte_ext][set_pmd_at][P-34]") {
  constexpr std::uint64_t section = 0x00e0'0001'2340'0f5d;  // dirty, writable, nG
  CHECK(set_pte_ext(section) == section);
  CHECK(set_pmd_at(section) == section);
  // Hidden from the hardware by NONE, by a clear VALID, and by both.
  for (const std::uint64_t flipped : {bit(none), bit(valid), bit(none) | bit(valid)}) {
    CAPTURE(flipped);
    const std::uint64_t stale = (section ^ flipped) | bit(ap2);
    CHECK(set_pte_ext(stale) == (stale & ~bit(valid)));
    CHECK(set_pmd_at(stale) == (stale & ~bit(valid) & ~bit(ap2)));
  }
}

TEST_CASE("the truth table of set_pte_ext is that of the golden file", "[mmu][set_pte_ext][golden][P-26]") {
  constexpr unsigned in[] = {valid, none, dirty, rdonly, ap2};
  constexpr unsigned out[] = {valid, ap2};
  const std::string head =
      "# cpu_v7_set_pte_ext: what is stored. All bits that are not named are stored as given.\n"
      "# VALID NONE DIRTY RDONLY AP2 -> VALID AP2\n";
  testing::check_golden(golden / "set_pte_ext.txt", truth_table(set_pte_ext, head, in, out));
}

TEST_CASE("the truth table of set_pmd_at is that of the golden file", "[mmu][set_pmd_at][golden][P-34]") {
  constexpr unsigned in[] = {valid, none, dirty, rdonly, ap2, ng};
  constexpr unsigned out[] = {valid, ap2, ng};
  const std::string head =
      "# set_pmd_at: what is stored. All bits that are not named are stored as given.\n"
      "# VALID NONE DIRTY RDONLY AP2 nG -> VALID AP2 nG\n";
  testing::check_golden(golden / "set_pmd_at.txt", truth_table(set_pmd_at, head, in, out));
}

}  // namespace lpaemu::mmu
