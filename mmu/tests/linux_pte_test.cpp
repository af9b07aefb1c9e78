#include "lpaemu/mmu/linux_pte.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>
#include <string_view>
#include <vector>

#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/testing/words.h"

namespace lpaemu::mmu {
namespace {

using testing::bit;

/// Words to try the helpers on.
std::vector<Pte> samples() { return testing::samples<Pte>(); }

}  // namespace

TEST_CASE("each pte helper sets and clears its own bits and no other", "[mmu][linux_pte][P-10][P-24][S-4]") {
  struct Row {
    std::string_view name;
    Pte (*modify)(Pte);
    std::uint64_t set;
    std::uint64_t clear;
  };
  const auto row = GENERATE(values<Row>({
      {"pte_wrprotect", pte_wrprotect, bit(58), 0},
      {"pte_mkwrite_novma", pte_mkwrite_novma, 0, bit(58)},
      {"pte_mkdirty", pte_mkdirty, bit(55) | bit(59), 0},  // soft-dirty as well
      {"pte_mkclean", pte_mkclean, 0, bit(55)},            // soft-dirty stays
      {"pte_mkyoung", pte_mkyoung, bit(10), 0},
      {"pte_mkold", pte_mkold, 0, bit(10)},
      {"pte_mknexec", pte_mknexec, bit(54), 0},
      {"pte_mkexec", pte_mkexec, 0, bit(54)},
      {"pte_mkspecial", pte_mkspecial, bit(56), 0},
      {"pte_mkhuge", pte_mkhuge, 0, bit(1)},
      {"pte_mksoft_dirty", pte_mksoft_dirty, bit(59), 0},
      {"pte_clear_soft_dirty", pte_clear_soft_dirty, 0, bit(59)},
  }));
  INFO(row.name);
  for (const Pte pte : samples()) {
    REQUIRE(row.modify(pte) == Pte{(pte.raw() | row.set) & ~row.clear});
    REQUIRE(row.modify(row.modify(pte)) == row.modify(pte));
  }
}

TEST_CASE("each pte predicate looks at its own bits and no other", "[mmu][linux_pte][P-10][P-17][P-21]") {
  for (const Pte pte : samples()) {
    const std::uint64_t v = pte.raw();
    INFO(fmt::format("{}", pte));
    REQUIRE(pte_none(pte) == (v == 0));
    REQUIRE(pte_present(pte) == ((v & 3) != 0));
    REQUIRE(pte_valid(pte) == ((v & 1) != 0));
    REQUIRE(pte_accessible(pte, TlbFlush::none_pending) == ((v & 1) != 0));
    REQUIRE(pte_accessible(pte, TlbFlush::pending) == ((v & 3) != 0));
    REQUIRE(pte_valid_user(pte) == ((v & 0x441) == 0x441));
    REQUIRE(pte_write(pte) == ((v & bit(58)) == 0));
    REQUIRE(pte_dirty(pte) == ((v & bit(55)) != 0));
    REQUIRE(pte_young(pte) == ((v & bit(10)) != 0));
    REQUIRE(pte_exec(pte) == ((v & bit(54)) == 0));
    REQUIRE(pte_special(pte) == ((v & bit(56)) != 0));
    REQUIRE(pte_soft_dirty(pte) == ((v & bit(59)) != 0));  // a bool, though the bit lies above 31
    REQUIRE(pte_protnone(pte) == ((v & 3) != 0 && (v & bit(57)) != 0));
    REQUIRE(pte_huge(pte) == (v != 0 && (v & 2) == 0));
    REQUIRE(pte_access_permitted(pte, Access::read) == ((v & 0x43) == 0x43));
    REQUIRE(pte_access_permitted(pte, Access::write) == ((v & 0x43) == 0x43 && (v & bit(58)) == 0));
    REQUIRE(pte_pfn(pte).raw() == (v >> 12 & 0xfff'ffff));
    REQUIRE(as_descriptor(pte).raw() == v);
  }
}

TEST_CASE("pte_same ignores nG in present entries only", "[mmu][linux_pte]") {
  for (const Pte pte : samples()) {
    CHECK(pte_same(pte, pte));
    const Pte other_ng{pte.raw() ^ bit(11)};
    CHECK(pte_same(pte, other_ng) == ((pte.raw() & 3) != 0));
    for (const unsigned number : {2U, 7U, 10U, 12U, 55U, 58U, 59U, 63U})
      CHECK_FALSE(pte_same(pte, Pte{pte.raw() ^ bit(number)}));
  }
}

TEST_CASE("dirtiness and soft-dirtiness are cleared apart", "[mmu][linux_pte][P-10][S-60]") {
  for (const Pte pte : samples()) {
    REQUIRE(pte_soft_dirty(pte_mkclean(pte_mkdirty(pte))));
    REQUIRE(pte_mkclean(pte_mkdirty(pte)) == pte_mkclean(pte_mksoft_dirty(pte)));
    REQUIRE(pte_dirty(pte_clear_soft_dirty(pte_mkdirty(pte))));
    REQUIRE(pte_soft_dirty(pte_wrprotect(pte)) == pte_soft_dirty(pte));
    REQUIRE(pte_soft_dirty(pte_mkwrite_novma(pte)) == pte_soft_dirty(pte));
    REQUIRE(pte_soft_dirty(pte_mkold(pte)) == pte_soft_dirty(pte));
    REQUIRE(pte_soft_dirty(pte_mkclean(pte)) == pte_soft_dirty(pte));
    REQUIRE(pte_soft_dirty(pte_modify(pte, Pgprot{~pte.raw()})) == pte_soft_dirty(pte));
    REQUIRE(pte_dirty(pte_modify(pte, Pgprot{~pte.raw()})) == pte_dirty(pte));
    REQUIRE(pte_mkwrite_novma(pte_wrprotect(pte)) == pte_mkwrite_novma(pte));
    REQUIRE(pte_mkold(pte_mkyoung(pte)) == pte_mkold(pte));
    REQUIRE(pte_clear_soft_dirty(pte_mksoft_dirty(pte)) == pte_clear_soft_dirty(pte));
  }
}

TEST_CASE("pte_modify takes XN, RDONLY, USER, NONE and VALID, and keeps the rest",
          "[mmu][linux_pte][P-10][P-22][P-26]") {
  const std::uint64_t taken = bit(54) | bit(58) | bit(6) | bit(57) | bit(0);
  std::mt19937_64 random{2};
  for (const Pte pte : samples()) {
    const std::uint64_t prot = random();
    REQUIRE(pte_modify(pte, Pgprot{prot}) == Pte{(pte.raw() & ~taken) | (prot & taken)});
  }
}

TEST_CASE("pte_modify to PROT_NONE keeps bit 0 of the value, and the way back restores it",
          "[mmu][linux_pte][P-22][P-23]") {
  const Pgprot none = protection_map({}, Sharing::private_mapping);
  const Pgprot rw = protection_map({.read = true, .write = true}, Sharing::private_mapping);
  const Pte hidden = pte_modify(Pte{0x00e0'0001'2345'675f}, none);
  CHECK(hidden == Pte{0x06e0'0001'2345'671f});
  CHECK(pte_valid(hidden));

  const Pte stored{0x06e0'0001'2345'671e};
  CHECK(pte_present(stored));
  CHECK_FALSE(pte_valid(stored));
  CHECK(pte_protnone(stored));
  CHECK(pte_modify(stored, rw) == Pte{0x04e0'0001'2345'675f});
}

TEST_CASE("the protections of the reference", "[mmu][linux_pte][P-13][P-14][P-15][P-16][P-17]") {
  struct Row {
    VmAccess access;
    std::uint64_t private_smp, private_up, shared_smp, shared_up;
  };
  constexpr std::uint64_t none = 0x0660'0000'0000'071f, none_up = 0x0660'0000'0000'040f;
  constexpr std::uint64_t readonly = 0x0460'0000'0000'075f, readonly_up = 0x0460'0000'0000'044f;
  constexpr std::uint64_t readonly_exec = 0x0420'0000'0000'075f, readonly_exec_up = 0x0420'0000'0000'044f;
  constexpr std::uint64_t shared = 0x0060'0000'0000'075f, shared_up = 0x0060'0000'0000'044f;
  constexpr std::uint64_t shared_exec = 0x0020'0000'0000'075f, shared_exec_up = 0x0020'0000'0000'044f;
  const auto row = GENERATE(values<Row>({
      {{false, false, false}, none, none_up, none, none_up},
      {{true, false, false}, readonly, readonly_up, readonly, readonly_up},
      {{false, true, false}, readonly, readonly_up, shared, shared_up},
      {{true, true, false}, readonly, readonly_up, shared, shared_up},
      {{false, false, true}, readonly_exec, readonly_exec_up, readonly_exec, readonly_exec_up},
      {{true, false, true}, readonly_exec, readonly_exec_up, readonly_exec, readonly_exec_up},
      {{false, true, true}, readonly_exec, readonly_exec_up, shared_exec, shared_exec_up},
      {{true, true, true}, readonly_exec, readonly_exec_up, shared_exec, shared_exec_up},
  }));
  CAPTURE(row.access.read, row.access.write, row.access.exec);
  CHECK(protection_map(row.access, Sharing::private_mapping).raw() == row.private_smp);
  CHECK(protection_map(row.access, Sharing::private_mapping, KernelBuild::up).raw() == row.private_up);
  CHECK(protection_map(row.access, Sharing::shared_mapping).raw() == row.shared_smp);
  CHECK(protection_map(row.access, Sharing::shared_mapping, KernelBuild::up).raw() == row.shared_up);
}

TEST_CASE("pgprot_user and pgprot_kernel of the reference", "[mmu][linux_pte][P-13][P-16]") {
  CHECK(pgprot_user().raw() == 0x0020'0000'0000'071f);
  CHECK(pgprot_user(KernelBuild::up).raw() == 0x0020'0000'0000'040f);
  CHECK(pgprot_kernel().raw() == 0x0080'0000'0000'071f);
  CHECK(pgprot_kernel(KernelBuild::up).raw() == 0x0080'0000'0000'040f);
}

TEST_CASE("the protections of devices and DMA buffers", "[mmu][linux_pte][P-18]") {
  const Pgprot rw{0x0060'0000'0000'075f};    // type 7, XN, PXN
  const Pgprot code{0x0420'0000'0000'044f};  // UP: type 3, no SH
  CHECK(pgprot_noncached(rw) == Pgprot{0x0060'0000'0000'0743});
  CHECK(pgprot_stronglyordered(rw) == Pgprot{0x0060'0000'0000'0743});
  CHECK(pgprot_writecombine(rw) == Pgprot{0x0060'0000'0000'0747});
  CHECK(pgprot_device(rw) == Pgprot{0x00e0'0000'0000'0753});
  CHECK(pgprot_dmacoherent(rw) == Pgprot{0x0060'0000'0000'0747});
  CHECK(pgprot_noncached(code) == Pgprot{0x0420'0000'0000'0443});
  CHECK(pgprot_device(code) == Pgprot{0x04e0'0000'0000'0753});  // SH, DIRTY and XN come with it
  CHECK(pgprot_dmacoherent(code) == Pgprot{0x0460'0000'0000'0447});
}

TEST_CASE("hugetlb reads a hidden entry with VALID, and none as none", "[mmu][linux_pte][P-36]") {
  for (const Pte pte : samples()) REQUIRE(huge_ptep_get(pte) == (pte.raw() == 0 ? pte : Pte{pte.raw() | 1}));
  // A huge page goes through the pte functions: bit 1 is clear, and set_pte_ext's rule is that of a page.
  const Pte huge = pte_mkhuge(Pte{0x00e0'0001'2340'075f});
  CHECK(pte_huge(huge));
  CHECK(set_pte_ext_value(huge) == 0x00e0'0001'2340'075d);
  CHECK(set_pte_ext_value(pte_wrprotect(huge)) == 0x04e0'0001'2340'07dd);
  CHECK(set_pte_ext_value(L_PTE_NONE.with(huge, true)) == 0x02e0'0001'2340'075c);
}

TEST_CASE("pte_advance_pfn counts pages and keeps the rest", "[mmu][linux_pte][P-29]") {
  CHECK(pte_advance_pfn(Pte{0x00e0'0001'2345'675f}, 0) == Pte{0x00e0'0001'2345'675f});
  CHECK(pte_advance_pfn(Pte{0x00e0'0000'ffff'f75f}, 2) == Pte{0x00e0'0001'0000'175f});
  CHECK(pte_advance_pfn(Pte{0x00e0'0000'0000'075f}, 0xfff'ffff) == Pte{0x00e0'00ff'ffff'f75f});
}

TEST_CASE("pfn_pte puts a 28-bit frame number under a protection", "[mmu][linux_pte][P-1]") {
  CHECK(pfn_pte(Pfn{std::uint64_t{0x12'3456}}, Pgprot{0x0060'0000'0000'075f}) == Pte{0x0060'0001'2345'675f});
  CHECK(pfn_pte(Pfn{std::uint64_t{0xfff'ffff}}, Pgprot{0}) == Pte{0xff'ffff'f000});
  CHECK(pte_pfn(Pte{0xf8ff'f012'3456'7fff}) == Pfn{std::uint64_t{0x123'4567}});
}

}  // namespace lpaemu::mmu
