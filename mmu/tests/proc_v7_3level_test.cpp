#include "lpaemu/mmu/proc_v7_3level.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>
#include <string_view>
#include <vector>

#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {
namespace {

constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }
constexpr std::uint64_t valid_bit = bit(0), ap2_bit = bit(7), ng_bit = bit(11), dirty_bit = bit(55), none_bit = bit(57),
                        rdonly_bit = bit(58);

/// The truth table of cpu_v7_set_pte_ext. x = any, a = as it was. [linux-lpae-pte 6]
struct Row {
  char valid, none, dirty, rdonly;
  char stored_valid, stored_ap2;
};
constexpr Row truth[] = {
    {'0', 'x', 'x', 'x', '0', 'a'},                                  // stored untouched
    {'1', '1', 'x', 'x', '0', 'a'},                                  // PROT_NONE
    {'1', '0', '0', '0', '1', '1'},                                  // writable but clean
    {'1', '0', '0', '1', '1', '1'}, {'1', '0', '1', '0', '1', '0'},  // the only writable case
    {'1', '0', '1', '1', '1', '1'},
};

bool matches(char wanted, std::uint64_t pte, std::uint64_t mask) {
  return wanted == 'x' || (wanted == '1') == ((pte & mask) != 0);
}

/// What the table says is stored for `pte`; exactly one row must apply.
std::uint64_t stored_by_the_table(std::uint64_t pte) {
  int rows = 0;
  std::uint64_t out = 0;
  for (const Row& row : truth) {
    if (!matches(row.valid, pte, valid_bit) || !matches(row.none, pte, none_bit) ||
        !matches(row.dirty, pte, dirty_bit) || !matches(row.rdonly, pte, rdonly_bit))
      continue;
    ++rows;
    out = pte & ~valid_bit;
    if (row.stored_valid == '1') out |= valid_bit;
    if (row.stored_ap2 != 'a') out = row.stored_ap2 == '1' ? out | ap2_bit : out & ~ap2_bit;
  }
  REQUIRE(rows == 1);
  return out;
}

}  // namespace

TEST_CASE("set_pte_ext follows the truth table for every value of the bits it looks at",
          "[mmu][set_pte_ext][P-10][P-26][P-28]") {
  // VALID, AP2, DIRTY, SPECIAL, NONE, RDONLY and SOFT_DIRTY over patterns of all other bits.
  constexpr unsigned varied[] = {0, 7, 55, 56, 57, 58, 59};
  std::uint64_t varied_mask = 0;
  for (const unsigned number : varied) varied_mask |= bit(number);
  std::vector<std::uint64_t> patterns{0, ~std::uint64_t{0}, 0x0060'0001'2345'675f, 0x5555'5555'5555'5555,
                                      0xaaaa'aaaa'aaaa'aaaa};
  std::mt19937_64 random{3};
  for (int i = 0; i < 100; ++i) patterns.push_back(random());

  for (const std::uint64_t pattern : patterns) {
    for (unsigned n = 0; n < 1U << std::size(varied); ++n) {
      std::uint64_t in = pattern & ~varied_mask;
      for (unsigned i = 0; i < std::size(varied); ++i)
        if ((n >> i & 1) != 0) in |= bit(varied[i]);
      INFO(fmt::format("in {:#018x}", in));
      REQUIRE(set_pte_ext_value(Pte{in}) == stored_by_the_table(in));
    }
  }
}

TEST_CASE("each bit that set_pte_ext does not look at is stored as given", "[mmu][set_pte_ext][P-10]") {
  constexpr std::uint64_t base = 0x00e0'0001'2345'675f;
  for (unsigned number = 1; number < 64; ++number) {
    if ((bit(number) & (ap2_bit | dirty_bit | none_bit | rdonly_bit)) != 0) continue;
    CAPTURE(number);
    CHECK((set_pte_ext_value(Pte{base}) ^ set_pte_ext_value(Pte{base ^ bit(number)})) == bit(number));
  }
}

TEST_CASE("the store vectors of the reference", "[mmu][set_pte_ext][P-26][P-27][P-40]") {
  struct Vector {
    std::string_view name;
    std::uint64_t in;
    std::uint64_t stored;  // by set_pte_at at a user address: nG is its work and not looked at here
  };
  const auto row = GENERATE(values<Vector>({
      {"clean writable", 0x0060'0001'2345'675f, 0x0060'0001'2345'6fdf},
      {"dirty writable", 0x00e0'0001'2345'675f, 0x00e0'0001'2345'6f5f},
      {"dirty read-only", 0x04e0'0001'2345'675f, 0x04e0'0001'2345'6fdf},
      {"clean read-only", 0x0460'0001'2345'675f, 0x0460'0001'2345'6fdf},
      {"dirty writable, stale AP2", 0x00e0'0001'2345'67df, 0x00e0'0001'2345'6f5f},
      {"dirty writable, NONE, USER still set", 0x02e0'0001'2345'675f, 0x02e0'0001'2345'6f5e},
      {"same, stale AP2", 0x02e0'0001'2345'67df, 0x02e0'0001'2345'6fde},
      {"PROT_NONE by pte_modify", 0x06e0'0001'2345'671f, 0x06e0'0001'2345'671e},
      {"dirty writable, AF = 0", 0x00e0'0001'2345'635f, 0x00e0'0001'2345'635f},
      {"dirty writable, soft-dirty", 0x08e0'0001'2345'675f, 0x08e0'0001'2345'6f5f},
      {"swap type 3 offset 0x1234 exclusive", 0x0000'0000'0012'348c, 0x0000'0000'0012'348c},
      {"none", 0, 0},
  }));
  INFO(row.name);
  CHECK((set_pte_ext_value(Pte{row.in}) | ng_bit) == (row.stored | ng_bit));
}

TEST_CASE("the life of a soft-dirty PTE", "[mmu][set_pte_ext][linux_pte][P-53]") {
  const auto store = [](Pte pte) { return Pte{set_pte_ext_value(pte)}; };
  const Pgprot rw = protection_map({.read = true, .write = true}, Sharing::private_mapping);
  const Pte fresh = pte_mkwrite_novma(pte_mkdirty(pfn_pte(Pfn{std::uint64_t{0x12'3456}}, rw)));
  const Pte written = store(PTE_EXT_NG.with(fresh, true));
  CHECK(written == Pte{0x08e0'0001'2345'6f5f});

  const Pte cleared = store(pte_clear_soft_dirty(pte_wrprotect(written)));
  CHECK(cleared == Pte{0x04e0'0001'2345'6fdf});

  const Pte reused = store(pte_mkwrite_novma(pte_mkdirty(pte_mkyoung(cleared))));
  CHECK(reused == Pte{0x08e0'0001'2345'6f5f});

  CHECK(store(pte_wrprotect(reused)) == Pte{0x0ce0'0001'2345'6fdf});             // fork: the parent
  CHECK(store(pte_mkold(pte_wrprotect(reused))) == Pte{0x0ce0'0001'2345'6bdf});  // and the child
  CHECK(store(pte_mkold(pte_mkclean(reused))) == Pte{0x0860'0001'2345'6bdf});    // MADV_FREE
  const Pgprot none = protection_map({}, Sharing::private_mapping);
  CHECK(store(pte_modify(reused, none)) == Pte{0x0ee0'0001'2345'6f1e});  // mprotect(PROT_NONE)
}

TEST_CASE("cpu_v7_set_pte_ext stores one word where it is told", "[mmu][set_pte_ext]") {
  FakeMemory memory;
  const PhysAddr table = memory.allocate();
  cpu_v7_set_pte_ext(memory, table + 8, Pte{0x0060'0001'2345'675f});
  CHECK(memory.stores() == 1);
  CHECK(memory.word(table) == 0);
  CHECK(memory.word(table + 8) == 0x0060'0001'2345'67df);
  CHECK(memory.word(table + 16) == 0);
}

TEST_CASE("set_pte_ext_values does the same to an array of any length", "[mmu][set_pte_ext]") {
  std::mt19937_64 random{4};
  for (const std::size_t size : {0U, 1U, 2U, 3U, 512U, 1001U}) {
    std::vector<Pte> in;
    for (std::size_t i = 0; i < size; ++i) in.emplace_back(random());
    std::vector<std::uint64_t> out(size);
    set_pte_ext_values(in, out);
    for (std::size_t i = 0; i < size; ++i) REQUIRE(out[i] == set_pte_ext_value(in[i]));
  }
}

TEST_CASE("cpu_v7_switch_mm puts eight bits of the context id next to the base", "[mmu][switch_mm][P-41][M-16]") {
  CHECK(cpu_v7_switch_mm(PhysAddr{0x8'8000'1000}, 1) == Ttbr{0x0001'0008'8000'1000});
  CHECK(cpu_v7_switch_mm(PhysAddr{0xff'ffff'ffe0}, 0xabcd'ef01'2345'67fe) == Ttbr{0x00fe'00ff'ffff'ffe0});
  CHECK(cpu_v7_switch_mm(PhysAddr{0x4000'0000}, 0x100) == Ttbr{0x0000'0000'4000'0000});
}

TEST_CASE("v7_ttb_setup: three splits, UP and SMP, RAM below and above PAGE_OFFSET", "[mmu][ttb_setup][M-65][M-66]") {
  struct Setup {
    VmSplit split;
    std::uint32_t up, smp, offset;
  };
  const auto row = GENERATE(values<Setup>({
      {VmSplit::split_1g, 0x8f00'0f00, 0xb500'3500, 0},
      {VmSplit::split_2g, 0x8f01'0f00, 0xb501'3500, 16},
      {VmSplit::split_3g, 0x8f02'0f00, 0xb502'3500, 0x4000},
  }));
  const std::uint64_t page_offset = static_cast<std::uint32_t>(row.split);
  for (const std::uint64_t phys : {std::uint64_t{0}, page_offset - 0x1000, page_offset}) {
    CAPTURE(phys);
    CHECK(v7_ttb_setup(row.split, PhysAddr{phys}, KernelBuild::up).ttbcr == Ttbcr{row.up});
    CHECK(v7_ttb_setup(row.split, PhysAddr{phys}, KernelBuild::smp).ttbcr == Ttbcr{row.smp});
    CHECK(v7_ttb_setup(row.split, PhysAddr{phys}).ttbr1_offset == row.offset);
  }
  for (const std::uint64_t phys : {page_offset + 0x1000, std::uint64_t{0x1'0000'0000}, std::uint64_t{0x8'8000'0000}}) {
    CAPTURE(phys);
    CHECK(v7_ttb_setup(row.split, PhysAddr{phys}, KernelBuild::up).ttbcr == Ttbcr{0x8f00'0f00});
    CHECK(v7_ttb_setup(row.split, PhysAddr{phys}, KernelBuild::smp).ttbcr == Ttbcr{0xb500'3500});
    CHECK(v7_ttb_setup(row.split, PhysAddr{phys}).ttbr1_offset == 0);
  }
}

TEST_CASE("v7_crval of the reference", "[mmu][crval][M-70]") {
  CHECK(v7_crval().clear == Sctlr{0x0122'c302});
  CHECK(v7_crval().mmuset == Sctlr{0x30c0'3c7d});
  CHECK(v7_crval().ucset == Sctlr{0x00c0'1c7c});
  CHECK(apply_crval(Sctlr{0}) == Sctlr{0x30c0'3c7d});
  CHECK(apply_crval(Sctlr{0xffff'ffff}) == Sctlr{0xfedd'3cfd});  // what is neither set nor cleared stays
}

TEST_CASE("MAIR as Linux programs it", "[mmu][mair]") { CHECK(linux_mair() == Mair{0xff00'0004'eeaa'4400}); }

}  // namespace lpaemu::mmu
