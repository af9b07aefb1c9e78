// The set-up of the reference's walk vectors, for the tests of the walk. Header only.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu::testing {

inline constexpr std::uint32_t mmu_on = 0x1;
inline constexpr std::uint32_t linux_ttbcr = 0xb502'3500;

inline constexpr std::uint64_t l1 = 0x8000'0000;
inline constexpr std::uint64_t l2 = 0x8000'1000;
inline constexpr std::uint64_t l3 = 0x8000'2000;

/// Three tables that map 0x1000, all other entries zero.
struct WalkMachine {
  FakeMemory memory;
  TranslationRegisters registers{Ttbcr{linux_ttbcr}, Ttbr{0x0001'0000'0000'0000 | l1}, Ttbr{},
                                 Mair{0xff00'0004'eeaa'4400}, Sctlr{mmu_on}};

  WalkMachine() {
    for (const std::uint64_t pa : {l1, l2, l3}) memory.add_page(PhysAddr{pa});
    store(l1, l2 | 3);
    store(l2, l3 | 3);
    store(l3 + 8, leaf);
  }
  void store(std::uint64_t pa, std::uint64_t value) { REQUIRE(memory.write64(PhysAddr{pa}, value)); }
  void leaf_is(std::uint64_t value) { store(l3 + 8, value); }

  [[nodiscard]] auto access(std::uint32_t va, Access access, Privilege privilege = Privilege::pl0,
                            WalkObserver* observer = nullptr) const {
    return walk(memory, Regime{registers}, VirtAddr{va}, access, privilege, observer);
  }
  /// The FSR word of an access that must fault; the fault must name the access.
  [[nodiscard]] std::uint32_t fsr(std::uint32_t va, Access what, Privilege privilege = Privilege::pl0) const {
    const auto found = access(va, what, privilege);
    REQUIRE_FALSE(found);
    CHECK(found.error().va == VirtAddr{va});
    CHECK(found.error().access == what);
    CHECK(found.error().privilege == privilege);
    return fsr_word(found.error());
  }
  [[nodiscard]] std::uint64_t pa(std::uint32_t va, Access what, Privilege privilege = Privilege::pl0) const {
    const auto found = access(va, what, privilege);
    if (!found) FAIL(describe(found.error()));
    return found->pa.raw();
  }

  static constexpr std::uint64_t leaf = 0x00e0'0001'2345'6f5f;  // user, dirty, writable, XN and PXN
};

inline constexpr auto r = Access::read;
inline constexpr auto w = Access::write;
inline constexpr auto x = Access::execute;

}  // namespace lpaemu::mmu::testing
