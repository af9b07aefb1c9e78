#include "lpaemu/mmu/proc_v7_3level.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>
#include <vector>

#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {

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
