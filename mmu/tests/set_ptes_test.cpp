#include "lpaemu/mmu/set_ptes.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>
#include <string_view>
#include <vector>

#include "lpaemu/mmu/table_builder.h"
#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/testing/words.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {
namespace {

using testing::bit;

/// set_pte_at at a user address.
Pte store(Pte pte) { return Pte{set_pte_at_value(pte, AddressPart::user)}; }

constexpr Pfn some_page{std::uint64_t{0x12'3456}};

Pgprot rw() { return protection_map({.read = true, .write = true}, Sharing::private_mapping); }
Pgprot none() { return protection_map({}, Sharing::private_mapping); }

}  // namespace

TEST_CASE("the store vectors of the reference", "[mmu][set_ptes][set_pte_ext][P-26][P-27][P-29][P-30][P-31][P-40]") {
  struct Vector {
    std::string_view name;
    std::uint64_t in;
    std::uint64_t stored;
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
  CHECK(store(Pte{row.in}) == Pte{row.stored});
  // Above TASK_SIZE the same without nG.
  CHECK(set_pte_at_value(Pte{row.in}, AddressPart::kernel) == (row.stored & ~bit(11)));
  // The reference's words about comparing what is given with what is stored. [P-27]
  const std::uint64_t masked = bit(7) | bit(11) | ((row.in & bit(57)) != 0 ? bit(0) : 0);
  CHECK((row.in & ~masked) == (row.stored & ~masked));
}

TEST_CASE("nG goes to user entries that the hardware may use now, and to no other", "[mmu][set_ptes][P-29][P-30]") {
  for (const Pte pte : testing::samples<Pte>()) {
    const bool usable = (pte.raw() & 0x441) == 0x441;  // VALID, USER, AF
    REQUIRE(pte_with_ng(pte, AddressPart::user) == Pte{pte.raw() | (usable ? bit(11) : 0)});
    REQUIRE(pte_with_ng(pte, AddressPart::kernel) == pte);
  }
  // An entry that came from the table has nG, and keeps it though it is old now. [P-30]
  CHECK(store(Pte{0x00e0'0001'2345'6b5f}) == Pte{0x00e0'0001'2345'6b5f});
}

TEST_CASE("set_pte_at_value is nG and then set_pte_ext", "[mmu][set_ptes][P-29][P-31]") {
  for (const Pte pte : testing::samples<Pte>())
    for (const AddressPart part : {AddressPart::user, AddressPart::kernel})
      REQUIRE(set_pte_at_value(pte, part) == set_pte_ext_value(pte_with_ng(pte, part)));
}

TEST_CASE("set_ptes counts the page frames up and decides nG once", "[mmu][set_ptes][P-29][P-31]") {
  std::array<std::uint64_t, 3> words{};
  set_ptes_values(Pte{0x00e0'0001'2345'675f}, AddressPart::user, words);
  CHECK(words == std::array<std::uint64_t, 3>{0x00e0'0001'2345'6f5f, 0x00e0'0001'2345'7f5f, 0x00e0'0001'2345'8f5f});

  set_ptes_values(Pte{0x0060'0000'ffff'f75f}, AddressPart::user, words);
  CHECK(words == std::array<std::uint64_t, 3>{0x0060'0000'ffff'ffdf, 0x0060'0001'0000'0fdf, 0x0060'0001'0000'1fdf});

  set_ptes_values(Pte{0x0060'0001'2345'635f}, AddressPart::user, words);  // old: no nG
  CHECK(words == std::array<std::uint64_t, 3>{0x0060'0001'2345'63df, 0x0060'0001'2345'73df, 0x0060'0001'2345'83df});

  set_ptes_values(Pte{0x02e0'0001'2345'675f}, AddressPart::user, words);  // NONE: decided while VALID is there
  CHECK(words[2] == 0x02e0'0001'2345'8f5e);

  set_ptes_values(Pte{0x0080'0001'2345'671f}, AddressPart::kernel, words);
  CHECK(words[1] == 0x0080'0001'2345'771f);

  set_ptes_values(Pte{0x00e0'0001'2345'675f}, AddressPart::user, {});  // nothing to store
}

TEST_CASE("the life of a soft-dirty PTE", "[mmu][set_ptes][set_pte_ext][linux_pte][P-53]") {
  const Pte written = store(pte_mkwrite_novma(pte_mkdirty(pfn_pte(some_page, rw()))));
  CHECK(written == Pte{0x08e0'0001'2345'6f5f});

  const Pte cleared = store(pte_clear_soft_dirty(pte_wrprotect(written)));
  CHECK(cleared == Pte{0x04e0'0001'2345'6fdf});

  const Pte reused = store(pte_mkwrite_novma(pte_mkdirty(pte_mkyoung(cleared))));
  CHECK(reused == Pte{0x08e0'0001'2345'6f5f});

  CHECK(store(pte_mkspecial(pfn_pte(some_page, rw()))) == Pte{0x0560'0001'2345'6fdf});  // the zero page, read
  CHECK(store(pte_wrprotect(reused)) == Pte{0x0ce0'0001'2345'6fdf});                    // fork: the parent
  CHECK(store(pte_mkold(pte_wrprotect(reused))) == Pte{0x0ce0'0001'2345'6bdf});         // and the child
  CHECK(store(pte_mkold(pte_mkclean(reused))) == Pte{0x0860'0001'2345'6bdf});           // MADV_FREE
  CHECK(store(pte_modify(reused, none())) == Pte{0x0ee0'0001'2345'6f1e});               // mprotect(PROT_NONE)
}

TEST_CASE("PROT_NONE and back: the store hides the entry, pte_modify brings it back",
          "[mmu][set_ptes][P-21][P-22][P-23][P-26]") {
  const Pte hidden = store(pte_modify(Pte{0x00e0'0001'2345'67df}, none()));
  CHECK(hidden == Pte{0x06e0'0001'2345'679e});  // AP[2] stale, no nG
  CHECK(pte_present(hidden));
  CHECK_FALSE(pte_valid(hidden));
  CHECK(pte_protnone(hidden));

  const Pte back = pte_modify(hidden, rw());
  CHECK(back == Pte{0x04e0'0001'2345'67df});
  CHECK(store(pte_mkwrite_novma(back)) == Pte{0x00e0'0001'2345'6f5f});
}

TEST_CASE("an entry that was stored is walked as Linux means it", "[mmu][set_ptes][walk][P-23][P-28][P-40][P-54]") {
  FakeMemory memory;
  const PhysAddr root = memory.allocate();
  const Regime regime{{Ttbcr{0xb500'3500}, Ttbr{root.raw()}, Ttbr{}, Mair{}, Sctlr{1}}};
  TableBuilder builder{memory, *regime.start(VirtAddr{0}), [&memory] { return memory.allocate(); }};
  constexpr VirtAddr va{0x12'3000};
  const PhysAddr entry = builder.entry(va, last_level);

  std::mt19937_64 random{7};
  const auto check = [&](Pte pte) {
    REQUIRE(memory.write64(entry, set_pte_at_value(pte, AddressPart::user)));
    const auto allowed = [&](Access access, Privilege privilege) {
      return walk(memory, regime, va, access, privilege).has_value();
    };
    INFO(describe(pte));
    // A swap entry, none, or PROT_NONE is a translation fault; AF = 0 and a clear VALID stop everything too.
    const bool mapped = pte_valid(pte) && !L_PTE_NONE.get(pte) && pte_young(pte) && PTE_TABLE_BIT.get(pte);
    const bool writable = mapped && pte_write(pte) && pte_dirty(pte);
    REQUIRE(allowed(Access::read, Privilege::pl1) == mapped);
    REQUIRE(allowed(Access::write, Privilege::pl1) == writable);  // AP[2] binds the kernel as well [P-54]
    REQUIRE(allowed(Access::read, Privilege::pl0) == (mapped && L_PTE_USER.get(pte)));
    REQUIRE(allowed(Access::write, Privilege::pl0) == (writable && L_PTE_USER.get(pte)));
    REQUIRE(allowed(Access::execute, Privilege::pl0) == (mapped && L_PTE_USER.get(pte) && pte_exec(pte)));
    if (mapped) REQUIRE(walk(memory, regime, va, Access::read, Privilege::pl1)->pa == PhysAddr{pte_pfn(pte)});
  };
  for (const Pte pte : testing::samples<Pte>()) check(pte);
  for (const Sharing sharing : {Sharing::private_mapping, Sharing::shared_mapping})
    for (unsigned rights = 0; rights < 8; ++rights) {
      const VmAccess access{(rights & 1) != 0, (rights & 2) != 0, (rights & 4) != 0};
      // The seven bits at random over a protection, so that most are mapped.
      for (int i = 0; i < 200; ++i)
        check(Pte{pfn_pte(Pfn{random() & 0xfff'ffff}, protection_map(access, sharing)).raw() ^
                  // NOLINTNEXTLINE(misc-redundant-expression): each call is another number
                  (random() & random() & (bit(0) | bit(7) | bit(55) | bit(56) | bit(57) | bit(58) | bit(59)))});
    }
}

TEST_CASE("soft-dirty does not change what a walk allows", "[mmu][set_ptes][walk][P-7][P-10]") {
  FakeMemory memory;
  const PhysAddr root = memory.allocate();
  const Regime regime{{Ttbcr{0xb500'3500}, Ttbr{root.raw()}, Ttbr{}, Mair{}, Sctlr{1}}};
  TableBuilder builder{memory, *regime.start(VirtAddr{0}), [&memory] { return memory.allocate(); }};
  const PhysAddr entry = builder.entry(VirtAddr{}, last_level);
  for (const Pte pte : testing::samples<Pte>()) {
    const auto walked = [&](Pte value) {
      REQUIRE(memory.write64(entry, set_pte_at_value(value, AddressPart::user)));
      const auto found = walk(memory, regime, VirtAddr{}, Access::write, Privilege::pl0);
      return found ? std::uint64_t{found->pa.raw()} : bit(63) | fsr_word(found.error());
    };
    REQUIRE(walked(pte_mksoft_dirty(pte)) == walked(pte_clear_soft_dirty(pte)));
  }
}

}  // namespace lpaemu::mmu
