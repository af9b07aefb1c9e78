// What a debugger changes by hand: the kernel model's audit holds after it, or nothing has changed.
#include "lpaemu/emu/debugger/what_if.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/guest.h"

namespace lpaemu::emu {
namespace {

using kernel::Verdict;
using kernel::testing::anon_private;
using kernel::testing::Guest;
using kernel::testing::page_size;
using kernel::testing::RW;
using mmu::Pte;

constexpr VirtAddr va{0x10000000};

/// A page in each state that a mapping of this kind can bring it into.
Guest guest_with_page(std::uint32_t prot, std::uint32_t flags, bool written, bool cleared) {
  Guest guest;
  guest.map(1, prot, flags | kernel::MAP_FIXED, va);
  if (written)
    guest.store(va);
  else
    guest.load(va);
  if (cleared) guest.clear_refs();
  return guest;
}

/// The low bits of `bits` as the four flags that can be changed.
Pte with_flags(Pte pte, unsigned bits) {
  pte = mmu::L_PTE_YOUNG.with(pte, (bits & 1) != 0);
  pte = mmu::L_PTE_DIRTY.with(pte, (bits & 2) != 0);
  pte = mmu::L_PTE_SOFT_DIRTY.with(pte, (bits & 4) != 0);
  return mmu::L_PTE_RDONLY.with(pte, (bits & 8) != 0);
}

Pte with_flag(Pte pte, std::string_view name, bool on) {
  for (const PteFlag& flag : pte_flags())
    if (flag.name == name) return on ? flag.set(pte) : flag.clear(pte);
  FAIL("no flag " << name);
  return pte;
}

}  // namespace

TEST_CASE("a PTE with any flags is either refused or one that the model can live with", "[debugger][what_if]") {
  const auto prot = GENERATE(RW, kernel::PROT_READ, 0U);
  const auto flags = GENERATE(anon_private, kernel::testing::anon_shared);
  const bool written = GENERATE(false, true), cleared = GENERATE(false, true);
  if (prot == 0 || (written && prot != RW)) return;
  unsigned accepted = 0;
  for (unsigned bits = 0; bits < 16; ++bits) {
    CAPTURE(prot, flags, written, cleared, bits);
    Guest guest = guest_with_page(prot, flags, written, cleared);
    const Pte before = guest.pte(va);
    const auto changed = change_pte(guest.mm(), va, with_flags(before, bits));
    CHECK(guest.pte(va) == changed.value_or(before));
    accepted += changed ? 1 : 0;
    guest.audit();
    CHECK(guest.stale_translations().empty());
    const bool was_soft_dirty = guest.soft_dirty(va);
    CHECK(guest.store(va).done == (prot == RW));  // audits as well
    CHECK(guest.soft_dirty(va) == (was_soft_dirty || prot == RW));
  }
  CHECK(accepted >= 4);
}

TEST_CASE("what names the page, its rights or its mapping cannot be changed", "[debugger][what_if]") {
  Guest guest = guest_with_page(RW, anon_private, true, false);
  const Pte before = guest.pte(va);
  for (unsigned bit = 0; bit < 64; ++bit) {
    const Pte wanted{before.raw() ^ std::uint64_t{1} << bit};
    if (with_flags(wanted, 0) == with_flags(before, 0)) continue;
    if (mmu::PTE_AP2.with(wanted, false) == mmu::PTE_AP2.with(before, false)) continue;
    if (mmu::PTE_EXT_NG.with(wanted, false) == mmu::PTE_EXT_NG.with(before, false)) continue;
    CAPTURE(bit);
    const auto refused = change_pte(guest.mm(), va, wanted);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with("only AF, DIRTY, SOFT_DIRTY and RDONLY can be set, not "));
    CHECK(guest.pte(va) == before);
  }
  guest.audit();
}

TEST_CASE("a page must be there for its PTE to be changed", "[debugger][what_if]") {
  Guest guest;
  guest.map(1, RW, anon_private | kernel::MAP_FIXED, va);
  CHECK(change_pte(guest.mm(), va, Pte{}).error().message ==
        "there is no page at 0x10000000; `force-fault 0x10000000 r` makes one");
  CHECK(change_pte(guest.mm(), va + mmu::PAGE_SIZE, Pte{}).error().message == "nothing is mapped at 0x10001000");
  CHECK(change_pte(guest.mm(), kernel::TASK_SIZE, Pte{}).error().message == "0xbf000000 lies in the kernel's half");
}

TEST_CASE("clearing softdirty makes the next store a soft-dirty fault, setting it none", "[debugger][what_if]") {
  Guest guest = guest_with_page(RW, anon_private, true, true);
  guest.store(va);
  REQUIRE(change_pte(guest.mm(), va, with_flag(guest.pte(va), "softdirty", false)));
  CHECK_FALSE(guest.soft_dirty(va));
  CHECK(guest.store(va).last() == Verdict::soft_dirty);
  guest.clear_refs();
  REQUIRE(change_pte(guest.mm(), va, with_flag(guest.pte(va), "softdirty", true)));
  CHECK(guest.soft_dirty(va));
  CHECK(guest.store(va).last() == Verdict::make_writable);
  REQUIRE(change_pte(guest.mm(), va, with_flag(guest.pte(va), "young", false)));
  CHECK(guest.load(va).last() == Verdict::access_flag);
}

TEST_CASE("rights are changed as mprotect does, or it says why not", "[debugger][what_if]") {
  Guest guest = guest_with_page(RW, anon_private, true, false);
  REQUIRE(change_rights(guest.mm(), {va, va + page_size}, kernel::VM_READ));
  guest.audit();
  CHECK(guest.store(va).last() == Verdict::segv_accerr);
  REQUIRE(change_rights(guest.mm(), {va, va + page_size}, RW));
  CHECK(guest.store(va).done);
  CHECK(change_rights(guest.mm(), {va, va + 2 * page_size}, RW).error().message == "mprotect says ENOMEM");
}

TEST_CASE("an access that the tables grant has no fault to inject", "[debugger][what_if]") {
  Guest guest = guest_with_page(RW, anon_private, false, false);
  CHECK_FALSE(fault_of_access(guest.mm(), va, mmu::Access::read));
  const auto fault = fault_of_access(guest.mm(), va + 5U, mmu::Access::write);
  REQUIRE(fault);
  CHECK(fault->va == va + 5U);
  CHECK(fault->kind == mmu::FaultKind::permission);
}

}  // namespace lpaemu::emu
