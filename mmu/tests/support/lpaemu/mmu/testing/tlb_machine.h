// Tables in memory, registers and a TLB in front of them, for the tests of the TLB. Header only.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "lpaemu/mmu/table_builder.h"
#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/tlb.h"

namespace lpaemu::mmu {

/// A user page or block: readable and writable at PL0, executable, AF set. Hardware bits only.
inline constexpr std::uint64_t user_page = 0x4'7f;    // global, AttrIndx 7, AP 01, no SH
inline constexpr std::uint64_t non_global = 0x8'00;   // nG
inline constexpr std::uint64_t read_only = 0x80;      // AP[2]
inline constexpr std::uint64_t page_not_block = 0x2;  // bit 1: clear it to make a block
inline constexpr std::uint64_t accessed = 0x4'00;     // AF
inline constexpr std::uint64_t execute_never = 1ULL << 54;

struct TlbMachine {
  FakeMemory memory;
  PhysAddr root = memory.allocate();
  TranslationRegisters registers{Ttbcr{0xb500'3500}, Ttbr{}, Ttbr{}, Mair{0xff00'0004'eeaa'4400}, Sctlr{1}};
  Tlb tlb;

  explicit TlbMachine(std::uint8_t asid = 1) { switch_to(asid); }

  void switch_to(std::uint8_t asid) { registers.ttbr0 = ttbr(root, asid); }
  static Ttbr ttbr(PhysAddr base, std::uint8_t asid) { return Ttbr{std::uint64_t{asid} << 48 | base.raw()}; }
  [[nodiscard]] Regime regime() const { return Regime{registers}; }

  /// The address of the descriptor of `va`, with tables made on the way; always in the tables of `root`.
  PhysAddr entry(std::uint32_t va, unsigned level = 3) {
    return TableBuilder{memory, *regime().start(VirtAddr{va}), [this] { return memory.allocate(); }}.entry(VirtAddr{va},
                                                                                                           level);
  }
  void store(PhysAddr pa, std::uint64_t value) { REQUIRE(memory.write64(pa, value)); }
  void map(std::uint32_t va, std::uint64_t leaf, unsigned level = 3) { store(entry(va, level), leaf); }

  Tlb::Result access(std::uint32_t va, Access access = Access::read, Privilege privilege = Privilege::pl0) {
    return tlb.translate(memory, regime(), VirtAddr{va}, access, privilege);
  }
  [[nodiscard]] Tlb::Result fresh(std::uint32_t va, Access access = Access::read,
                                  Privilege privilege = Privilege::pl0) const {
    return walk(memory, regime(), VirtAddr{va}, access, privilege);
  }
  [[nodiscard]] std::vector<Tlb::Result> outcomes(std::uint32_t va, Access access = Access::read,
                                                  Privilege privilege = Privilege::pl0) const {
    return tlb.outcomes(memory, regime(), VirtAddr{va}, access, privilege);
  }
  /// The physical address of an access that must succeed.
  std::uint64_t pa(std::uint32_t va, Access what = Access::read, Privilege privilege = Privilege::pl0) {
    const auto found = access(va, what, privilege);
    if (!found) FAIL(describe(found.error()));
    return found->pa.raw();
  }
  /// The FSR word of an access that must fault.
  std::uint32_t fsr(std::uint32_t va, Access what = Access::read, Privilege privilege = Privilege::pl0) {
    const auto found = access(va, what, privilege);
    REQUIRE_FALSE(found);
    CHECK(found.error().va == VirtAddr{va});
    CHECK(found.error().access == what);
    CHECK(found.error().privilege == privilege);
    return fsr_word(found.error());
  }
  void invalidate(Tlbi operation, std::uint32_t rt = 0) { tlb.invalidate(operation, TlbiOperand{rt}); }
};

}  // namespace lpaemu::mmu
