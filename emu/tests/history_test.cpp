// What the debugger remembers of each page: who made it soft-dirty, until that is no longer so.
#include "lpaemu/emu/debugger/history.h"

#include <catch2/catch_test_macros.hpp>

namespace lpaemu::emu {
namespace {

using kernel::Event;
using kernel::EventKind;
using kernel::Verdict;
using kernel::VirtAddr;
using mmu::Pte;

constexpr VirtAddr va{0x5004};
constexpr Pte clean = mmu::pte_mkyoung(Pte{3});
constexpr Pte dirty = mmu::pte_mkdirty(clean);

Event pte_written(Pte before, Pte after) {
  return {.kind = EventKind::PteWritten, .address = va, .value_before = before.raw(), .value_after = after.raw()};
}

void note(History& history, const Event& event, Cause cause = Cause::guest) {
  history.note(event, cause, [] { return 0x1234U; });
}

}  // namespace

TEST_CASE("who made a page soft-dirty is known until it is clean or gone", "[debugger][history]") {
  History history;
  CHECK_FALSE(history.who_dirtied(va));
  note(history, {.kind = EventKind::Decided, .verdict = Verdict::soft_dirty});
  note(history, pte_written(clean, dirty));
  const auto who = history.who_dirtied(va.page());
  REQUIRE(who);
  CHECK(who->lr == 0x1234);
  CHECK(who->verdict == Verdict::soft_dirty);
  CHECK(who->cause == Cause::guest);

  SECTION("a second store is not the one that did it") {
    note(history, pte_written(dirty, dirty), Cause::debugger);
    CHECK(history.who_dirtied(va)->cause == Cause::guest);
  }
  SECTION("unmapping forgets it") {
    note(history, pte_written(dirty, Pte{}));
    CHECK_FALSE(history.who_dirtied(va));
  }
  SECTION("so does a cleared bit") {
    note(history, pte_written(dirty, mmu::pte_clear_soft_dirty(dirty)));
    CHECK_FALSE(history.who_dirtied(va));
  }
  SECTION("and clear_refs") {
    note(history, {.kind = EventKind::SoftDirtyCleared});
    CHECK_FALSE(history.who_dirtied(va));
  }
}

TEST_CASE("a debugger's own doings are told from the guest's", "[debugger][history]") {
  History history;
  note(history, {.kind = EventKind::FaultRaised}, Cause::debugger);
  note(history, pte_written(clean, dirty), Cause::debugger);
  note(history, {.kind = EventKind::Returned}, Cause::debugger);
  CHECK(history.who_dirtied(va)->cause == Cause::debugger);
  CHECK(history.faults().back().cause == Cause::debugger);
}

}  // namespace lpaemu::emu
