// The stack grows by faults. [linux-lpae-pte 11.2a]
#include <catch2/catch_test_macros.hpp>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

namespace {

struct Stack : Guest {
  Stack() { bottom = insert_stack(mm(), TASK_SIZE, 4 * page_size, false).value(); }
  VirtAddr bottom;
};

}  // namespace

TEST_CASE("growth goes to the faulting page, for reads as well", "[mm][stack][P-51a][P-51b]") {
  Stack guest;
  CHECK(guest.load(guest.bottom - 5 * page_size + 100).verdicts == std::vector{Verdict::zero_page});
  CHECK(guest.vma(guest.bottom).vm_start == guest.bottom - 5 * page_size);
  CHECK(guest.mm().stack_vm == 9);
  guest.audit();
}

TEST_CASE("classify leaves the stack alone", "[mm][stack][fault]") {
  Stack guest;
  const mmu::Fault fault{mmu::FaultKind::translation, 3, guest.bottom - 4, mmu::Access::write, mmu::Privilege::pl0};
  const FaultDecision decision = classify(guest.mm(), fault);
  CHECK(decision.verdict == Verdict::first_touch);
  CHECK(decision.expands_stack);
  CHECK(decision.vma == nullptr);
  CHECK(guest.vma(guest.bottom).vm_start == guest.bottom);
}

TEST_CASE("growth stops at RLIMIT_STACK", "[mm][stack][P-51a]") {
  Stack guest;
  guest.mm().rlimit_stack = 16 * page_size;
  CHECK(guest.store(TASK_SIZE - 16 * page_size).done);
  CHECK(guest.store(TASK_SIZE - 16 * page_size - 1).last() == Verdict::segv_maperr);
}

TEST_CASE("growth keeps the guard gap to what is accessible below", "[mm][stack][P-51a]") {
  Stack guest;
  const VirtAddr neighbour = guest.bottom - stack_guard_gap - 8 * page_size;
  const auto below = [&](std::uint32_t prot) { guest.map(1, prot, anon_private | MAP_FIXED, neighbour); };
  const VirtAddr lowest = neighbour + page_size + stack_guard_gap;
  SECTION("readable: 256 pages stay free") {
    below(PROT_READ);
    CHECK(guest.store(lowest - 1).last() == Verdict::segv_maperr);
    CHECK(guest.store(lowest).done);
  }
  SECTION("PROT_NONE does not count") {
    below(0);
    CHECK(guest.store(lowest - 1).done);
  }
}

TEST_CASE("MADV_POPULATE_WRITE grows no stack", "[mm][stack][madvise]") {
  constexpr std::int32_t MADV_POPULATE_WRITE = 23;
  Stack guest;
  CHECK(do_madvise(guest.mm(), guest.bottom - page_size, page_size, MADV_POPULATE_WRITE) == unexpected(Errno::enomem));
  CHECK(guest.vma(guest.bottom).vm_start == guest.bottom);
}

TEST_CASE("growth by the kernel's and a debugger's accesses", "[mm][stack][uaccess][P-51c]") {
  Stack guest;
  REQUIRE(put_user(guest.mm(), guest.bottom - 8, std::uint32_t{1}).has_value());
  CHECK(guest.vma(guest.bottom).vm_start == guest.bottom - page_size);
  REQUIRE(faultin_page(guest.mm(), guest.bottom - page_size - 1, mmu::Access::write).has_value());
  CHECK(guest.vma(guest.bottom).vm_start == guest.bottom - 2 * page_size);
  guest.audit();
}

TEST_CASE("an executable stack", "[mm][stack]") {
  Guest guest;
  const auto bottom = insert_stack(guest.mm(), TASK_SIZE, page_size, true);
  CHECK(guest.fetch(*bottom).done);
  Stack plain;
  CHECK(plain.fetch(plain.bottom).last() == Verdict::segv_accerr);
}

TEST_CASE("growth in events: the VMA is found after it has grown", "[mm][stack][events]") {
  struct FindVma final : Observer {
    void on_event(const Event& event) override {
      if (event.kind == EventKind::VmaFound) start = event.vma->vm_start;
    }
    VirtAddr start;
  };
  Stack guest;
  FindVma observer;
  guest.board().events.add(observer);
  guest.store(guest.bottom - 1);
  guest.board().events.remove(observer);
  CHECK(observer.start == guest.bottom - page_size);
}
