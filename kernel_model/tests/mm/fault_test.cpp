// From an abort to the stored entry: verdicts, FSR words, entries value by value.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

namespace {

constexpr std::uint64_t pa = 0x1'2345'6000;  // that of the P-53 table

// FSR words. [linux-lpae-pte 10] [linux-soft-dirty 8]
constexpr std::uint32_t write_permission_3 = 0xa0f;
constexpr std::uint32_t write_translation_1 = 0xa05;
constexpr std::uint32_t write_translation_2 = 0xa06;
constexpr std::uint32_t write_translation_3 = 0xa07;
constexpr std::uint32_t read_translation_3 = 0x207;
constexpr std::uint32_t write_access_flag_3 = 0xa0b;
constexpr std::uint32_t read_access_flag_3 = 0x20b;

using Words = std::vector<std::uint32_t>;
using Verdicts = std::vector<Verdict>;

/// A page that was written, in a tracked VMA.
VirtAddr written_and_cleared(Guest& guest, std::uint32_t pages = 4) {
  const VirtAddr start = guest.map(pages);
  for (std::uint32_t i = 0; i < pages; ++i) guest.store(page_of(start, i));
  guest.clear_refs();
  return start;
}

}  // namespace

TEST_CASE("the life of an entry", "[mm][fault][P-53]") {
  Guest guest;
  const VirtAddr va = guest.map(2);
  SECTION("written first") {
    CHECK(guest.store(va).verdicts == Verdicts{Verdict::first_touch});
    CHECK(guest.pte_at_pa(va, pa) == 0x08E0'0001'2345'6F5F);
    guest.clear_refs();
    CHECK(guest.pte_at_pa(va, pa) == 0x04E0'0001'2345'6FDF);
    CHECK(guest.store(va).verdicts == Verdicts{Verdict::soft_dirty});
    CHECK(guest.pte_at_pa(va, pa) == 0x08E0'0001'2345'6F5F);
  }
  SECTION("read first") {
    CHECK(guest.load(va).verdicts == Verdicts{Verdict::zero_page});
    CHECK(guest.pte_at_pa(va, pa) == 0x0560'0001'2345'6FDF);
    CHECK(mmu::pte_pfn(guest.pte(va)) == guest.pages().zero_page());
  }
  SECTION("MADV_FREE of a page that is read-only for tracking") {
    guest.store(va);
    guest.clear_refs();
    guest.store(va);
    REQUIRE(do_madvise(guest.mm(), va, page_size, 8).has_value());
    CHECK(guest.pte_at_pa(va, pa) == 0x0860'0001'2345'6BDF);
  }
  SECTION("PROT_NONE") {
    guest.store(va);
    guest.protect(va, 1, 0);
    CHECK(guest.pte_at_pa(va, pa) == 0x0EE0'0001'2345'6F1E);
    guest.protect(va, 1, RW);
    CHECK(guest.pte_at_pa(va, pa) == 0x08E0'0001'2345'6F5F);
  }
}

TEST_CASE("section 8: load", "[mm][fault][linux-soft-dirty-8]") {
  Guest guest;
  const VirtAddr va = written_and_cleared(guest);
  CHECK(guest.load(va).faults() == 0);
  CHECK_FALSE(guest.soft_dirty(va));
}

TEST_CASE("section 8: store, store, clear, store", "[mm][fault][linux-soft-dirty-8][P-28]") {
  Guest guest;
  const VirtAddr va = written_and_cleared(guest);
  for (int round = 0; round < 3; ++round) {
    CHECK(guest.store(va).fsr == Words{write_permission_3});
    CHECK(guest.soft_dirty(va));
    CHECK(guest.store(va).faults() == 0);
    CHECK(guest.soft_dirty(va));
    guest.clear_refs();
    CHECK_FALSE(guest.soft_dirty(va));
  }
}

TEST_CASE("section 8: store by the kernel", "[mm][fault][uaccess][linux-soft-dirty-8][P-54]") {
  Recorder recorder;
  Guest guest;
  const VirtAddr va = written_and_cleared(guest);
  guest.board().events.add(recorder);
  const std::byte data[3] = {std::byte{7}, std::byte{8}, std::byte{9}};
  CHECK(copy_to_user(guest.mm(), va, data) == 0);
  const auto raised = recorder.of(EventKind::FaultRaised);
  REQUIRE(raised.size() == 1);
  CHECK(raised[0].value_after == write_permission_3);
  CHECK(guest.soft_dirty(va));
  CHECK(guest.byte_at(va + 2) == 9);
  guest.board().events.remove(recorder);
}

TEST_CASE("section 8: munmap and mmap at the same place", "[mm][soft-dirty][linux-soft-dirty-8][S-56]") {
  Guest guest;
  const VirtAddr va = written_and_cleared(guest);
  guest.unmap(va, 4);
  CHECK(guest.map(4, RW, anon_private | MAP_FIXED, va) == va);
  CHECK(guest.soft_dirty_of(va, 4) == "1111");
}

TEST_CASE("section 8: mprotect read-only and back, store", "[mm][mprotect][linux-soft-dirty-8][S-72]") {
  Guest guest;
  const VirtAddr va = written_and_cleared(guest);
  guest.protect(va, 4, PROT_READ);
  guest.protect(va, 4, RW);
  CHECK_FALSE(guest.soft_dirty(va));
  CHECK(guest.store(va).fsr == Words{write_permission_3});
  CHECK(guest.soft_dirty(va));
}

TEST_CASE("section 8: MADV_DONTNEED, load, store", "[mm][madvise][linux-soft-dirty-8]") {
  Guest guest;
  const VirtAddr va = written_and_cleared(guest);
  REQUIRE(do_madvise(guest.mm(), va, page_size, 4).has_value());
  guest.audit();
  const Outcome load = guest.load(va);
  CHECK(load.fsr == Words{read_translation_3});
  CHECK(load.verdicts == Verdicts{Verdict::zero_page});
  CHECK_FALSE(guest.soft_dirty(va));
  const Outcome store = guest.store(va);
  CHECK(store.fsr == Words{write_permission_3});
  CHECK(store.verdicts == Verdicts{Verdict::cow});
  CHECK(guest.soft_dirty(va));
}

TEST_CASE("section 8: untouched page of a tracked VMA", "[mm][fault][linux-soft-dirty-8]") {
  Guest guest;
  const VirtAddr far_apart = guest.map(1024);  // 4 MiB: at least one whole page table
  guest.clear_refs();
  CHECK(guest.store(far_apart).fsr == Words{write_translation_1});
  CHECK(guest.store(page_of(far_apart, 1)).fsr == Words{write_translation_3});
  CHECK(guest.store(page_of(far_apart, 1000)).fsr == Words{write_translation_2});
  CHECK(guest.soft_dirty_of(far_apart, 3) == "110");
}

TEST_CASE("an access-flag fault by a write is the write fault", "[mm][fault][P-50]") {
  Guest guest;
  const VirtAddr va = written_and_cleared(guest, 2);
  guest.clear_refs("1");
  guest.cpu().tlbiall();  // types 1 to 3 flush nothing [S-16]
  const Outcome store = guest.store(va);
  CHECK(store.fsr == Words{write_access_flag_3});
  CHECK(store.verdicts == Verdicts{Verdict::soft_dirty});
  const Outcome load = guest.load(page_of(va, 1));
  CHECK(load.fsr == Words{read_access_flag_3});
  CHECK(load.verdicts == Verdicts{Verdict::access_flag});
  CHECK_FALSE(guest.soft_dirty(page_of(va, 1)));
}

TEST_CASE("a write to a writable clean page marks it dirty", "[mm][fault][P-28][S-61][P-14]") {
  Guest guest;
  const auto file = std::make_shared<page_cache>(guest.pages(), 2 * page_size);
  const VirtAddr va = guest.map_file(file, 2, RW, MAP_SHARED);
  CHECK(guest.load(va).verdicts == Verdicts{Verdict::file_page});
  // Fresh: tracking is off, so the shared page is writable for Linux, but clean: read-only for the hardware. [P-14]
  CHECK(mmu::pte_write(guest.pte(va)));
  CHECK(mmu::PTE_AP2.get(guest.pte(va)));
  const Outcome store = guest.store(va);
  CHECK(store.fsr == Words{write_permission_3});
  CHECK(store.verdicts == Verdicts{Verdict::soft_dirty});
  CHECK(mmu::pte_dirty(guest.pte(va)));
}

TEST_CASE("a stale translation makes a spurious fault", "[mm][fault][P-52]") {
  Guest guest;
  const VirtAddr va = written_and_cleared(guest);
  guest.load(va);
  // Somebody else resolved it: the entry allows the store, this CPU's TLB does not know yet.
  const mmu::Fault fault{mmu::FaultKind::permission, 3, va, mmu::Access::write, mmu::Privilege::pl0};
  CHECK(do_abort(guest.mm(), fault, classify(guest.mm(), fault)) == Verdict::soft_dirty);
  const std::uint64_t flushes = guest.cpu().page_flushes;
  CHECK(do_abort(guest.mm(), fault, classify(guest.mm(), fault)) == Verdict::spurious);
  CHECK(guest.cpu().page_flushes == flushes + 1);
}

TEST_CASE("faults that end in a signal", "[mm][fault][P-51][P-49]") {
  Guest guest;
  const VirtAddr ro = guest.map(1, PROT_READ);
  const VirtAddr none = guest.map(1, 0);
  const VirtAddr rw = guest.map(1, RW);
  CHECK(guest.store(ro).last() == Verdict::segv_accerr);
  CHECK(guest.load(none).last() == Verdict::segv_accerr);
  CHECK(guest.fetch(rw).last() == Verdict::segv_accerr);
  guest.store(rw);
  CHECK(guest.fetch(rw).last() == Verdict::segv_accerr);  // present, XN
  CHECK(guest.load(VirtAddr{0x1000}).last() == Verdict::segv_maperr);
  // A kernel address is never looked up: MAPERR, never ACCERR. [linux-lpae-pte 11.2, step 2]
  CHECK(guest.load(TASK_SIZE).last() == Verdict::segv_maperr);
  CHECK(guest.load(VirtAddr{0xc0000000}).last() == Verdict::segv_maperr);
}

TEST_CASE("the vectors page is readable, global and outside of all VMAs", "[mm][fault][P-58][P-59]") {
  Guest guest;
  const auto page = guest.pages().alloc_zeroed();
  REQUIRE(install_vectors(guest.mm(), *page).has_value());
  guest.audit();
  CHECK(guest.load(vectors_base).done);
  CHECK(guest.fetch(vectors_base).done);
  CHECK(guest.store(vectors_base).last() == Verdict::segv_maperr);
  CHECK(guest.cpu().cached(vectors_base, Asid{9}).has_value());  // whatever the ASID
  CHECK(guest.pte_at_pa(vectors_base, pa) == 0x0480'0001'2345'67DF);
  guest.clear_refs();
  CHECK(guest.pte_at_pa(vectors_base, pa) == 0x0480'0001'2345'67DF);
  guest.end();
}

TEST_CASE("the fault status table", "[mm][fault][fsr][P-46][P-45]") {
  using Handler = FsrInfo::Handler;
  struct Row {
    unsigned status;
    Handler handler;
    int signal, code;
    std::string_view name;
  };
  // All others are "unknown N": do_bad, SIGBUS.
  static const std::vector<Row> named{
      {4, Handler::do_bad, 7, 0, "reserved translation fault"},
      {5, Handler::do_translation_fault, 11, 1, "level 1 translation fault"},
      {6, Handler::do_translation_fault, 11, 1, "level 2 translation fault"},
      {7, Handler::do_page_fault, 11, 1, "level 3 translation fault"},
      {8, Handler::do_bad, 7, 0, "reserved access flag fault"},
      {9, Handler::do_bad, 11, 2, "level 1 access flag fault"},
      {10, Handler::do_page_fault, 11, 2, "level 2 access flag fault"},
      {11, Handler::do_page_fault, 11, 2, "level 3 access flag fault"},
      {12, Handler::do_bad, 7, 0, "reserved permission fault"},
      {13, Handler::do_bad, 11, 2, "level 1 permission fault"},
      {14, Handler::do_page_fault, 11, 2, "level 2 permission fault"},
      {15, Handler::do_page_fault, 11, 2, "level 3 permission fault"},
      {16, Handler::do_bad, 7, 0, "synchronous external abort"},
      {17, Handler::do_bad, 7, 0, "asynchronous external abort"},
      {20, Handler::do_bad, 7, 0, "synchronous abort (translation table walk)"},
      {21, Handler::do_bad, 7, 0, "synchronous abort (translation table walk)"},
      {22, Handler::do_bad, 7, 0, "synchronous abort (translation table walk)"},
      {23, Handler::do_bad, 7, 0, "synchronous abort (translation table walk)"},
      {24, Handler::do_bad, 7, 0, "synchronous parity error"},
      {25, Handler::do_bad, 7, 0, "asynchronous parity error"},
      {28, Handler::do_bad, 7, 0, "synchronous parity error (translation table walk"},
      {29, Handler::do_bad, 7, 0, "synchronous parity error (translation table walk"},
      {30, Handler::do_bad, 7, 0, "synchronous parity error (translation table walk"},
      {31, Handler::do_bad, 7, 0, "synchronous parity error (translation table walk"},
      {33, Handler::do_alignment, 7, 1, "alignment exception"},
      {34, Handler::hw_breakpoint, 5, 4, "breakpoint debug exception"},
      {52, Handler::do_bad, 7, 0, "implementation fault (lockdown abort)"},
      {58, Handler::do_bad, 7, 0, "implementation fault (coprocessor abort)"},
  };
  constexpr unsigned statuses = 64;
  for (unsigned status = 0; status < statuses; ++status) {
    CAPTURE(status);
    const std::string unknown = "unknown " + std::to_string(status);
    const auto row = std::ranges::find(named, status, &Row::status);
    const Row expected = row != named.end() ? *row : Row{status, Handler::do_bad, 7, 0, unknown};
    const FsrInfo& info = fsr_info(status);
    CHECK(info.handler == expected.handler);
    CHECK(info.signal == expected.signal);
    CHECK(info.code == expected.code);
    CHECK(info.name == expected.name);
  }
}

TEST_CASE("the other kinds of fault", "[mm][fault][P-46]") {
  Guest guest;
  const VirtAddr va = guest.map(1);
  struct Row {
    mmu::FaultKind kind;
    unsigned level;
    Verdict verdict;
  };
  const auto row = GENERATE(values<Row>({
      {mmu::FaultKind::access_flag, 1, Verdict::segv_accerr},
      {mmu::FaultKind::permission, 1, Verdict::segv_accerr},
      {mmu::FaultKind::external_abort, 0, Verdict::bus_other},
      {mmu::FaultKind::external_abort_on_walk, 2, Verdict::bus_other},
      {mmu::FaultKind::alignment, 0, Verdict::bus_adraln},
      {mmu::FaultKind::debug_event, 0, Verdict::trap_debug},
      {mmu::FaultKind::tlb_conflict, 0, Verdict::bus_other},
  }));
  const mmu::Fault fault{row.kind, row.level, va, mmu::Access::write, mmu::Privilege::pl0};
  CHECK(classify(guest.mm(), fault).verdict == row.verdict);
  CHECK(do_abort(guest.mm(), fault, classify(guest.mm(), fault)) == row.verdict);
}

TEST_CASE("events of a soft-dirty fault, in true order", "[mm][fault][events][P-52]") {
  Recorder recorder;
  Guest guest;
  const VirtAddr va = written_and_cleared(guest);
  guest.board().events.add(recorder);
  guest.store(va + 5);
  guest.board().events.remove(recorder);
  std::vector<EventKind> kinds;
  for (const Event& event : recorder.events) kinds.push_back(event.kind);
  using enum EventKind;
  REQUIRE(kinds == std::vector{FaultRaised, VmaFound, Decided, PteWritten, TlbInvalidated, Returned});
  CHECK(recorder.events[0].address == va + 5);
  CHECK(recorder.events[0].value_after == write_permission_3);
  CHECK(recorder.events[2].verdict == Verdict::soft_dirty);
  CHECK(recorder.events[3].address == va);
  CHECK(mmu::leaf::OA.with(mmu::Pte{recorder.events[3].value_before}, PhysAddr{pa}.pfn()).raw() ==
        0x04E0'0001'2345'6FDF);
  CHECK(mmu::leaf::OA.with(mmu::Pte{recorder.events[3].value_after}, PhysAddr{pa}.pfn()).raw() ==
        0x08E0'0001'2345'6F5F);
  CHECK(recorder.events[4].scope == TlbScope::page);
  for (std::size_t i = 1; i < recorder.events.size(); ++i)
    CHECK(recorder.events[i].sequence == recorder.events[i - 1].sequence + 1);
}

TEST_CASE("a first store makes tables and says so", "[mm][fault][events][P-4]") {
  Recorder recorder;
  Guest guest;
  const VirtAddr va = guest.map(1);
  guest.board().events.add(recorder);
  guest.store(va);
  guest.board().events.remove(recorder);
  const auto tables = recorder.of(EventKind::TableWritten);
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].level == 1);
  CHECK(tables[1].level == 2);
  CHECK(tables[1].value_after % 4 == 3);  // PA | 3 [P-4]
}

TEST_CASE("a stopper may change everything at each phase", "[mm][fault][events]") {
  struct Poker final : Stopper {
    Poker(Guest& g, EventKind w) : guest{g}, when{w} {}
    bool wants(const mmu::Fault& /*fault*/, Verdict /*verdict*/) override { return true; }
    void at_phase(const Event& event) override {
      if (event.kind == EventKind::Decided) decided = event.verdict;
      if (event.kind != when || done) return;
      done = true;
      guest.board().events.set_stepping(false);
      const std::byte byte{3};
      CHECK(copy_to_user(guest.mm(), event.address, {&byte, 1}) == 0);  // resolves the fault behind its back
      guest.board().events.set_stepping(true);
    }
    Guest& guest;
    EventKind when;
    Verdict decided = Verdict::none;
    bool done = false;
  };
  Guest guest;
  const VirtAddr va = written_and_cleared(guest);
  Poker poker{guest, GENERATE(EventKind::FaultRaised, EventKind::VmaFound, EventKind::Decided)};
  guest.board().events.set_stopper(&poker);
  guest.board().events.set_stepping(true);
  CHECK(guest.store(va).verdicts == Verdicts{Verdict::spurious});
  guest.board().events.set_stopper(nullptr);
  CHECK(poker.done);
  CHECK(poker.decided == (poker.when == EventKind::Decided ? Verdict::soft_dirty : Verdict::spurious));
  CHECK(guest.soft_dirty(va));
}

TEST_CASE("a stopper may touch the page while the handler is half-way", "[mm][fault][events]") {
  // Each turn resolves the fault behind the handler's back at one event inside it.
  struct Poker final : Stopper {
    Poker(Guest& g, EventKind w) : guest{g}, when{w} {}
    bool wants(const mmu::Fault& /*fault*/, Verdict /*verdict*/) override { return true; }
    void at_phase(const Event& event) override {
      if (event.kind != when || done) return;
      done = true;
      const std::byte byte{3};
      CHECK(copy_to_user(guest.mm(), target, {&byte, 1}) == 0);
    }
    Guest& guest;
    EventKind when;
    VirtAddr target;
    bool done = false;
  };
  Guest guest;
  const EventKind when = GENERATE(EventKind::TableWritten, EventKind::PteWritten, EventKind::TlbInvalidated);
  Poker poker{guest, when};
  poker.target = guest.map(1);
  if (when != EventKind::TableWritten) guest.load(poker.target);  // the zero page: the store copies
  guest.board().events.set_stopper(&poker);
  guest.board().events.set_stepping(true);
  const Outcome outcome = guest.store(poker.target, 9);
  guest.board().events.set_stopper(nullptr);
  guest.board().events.set_stepping(false);
  CHECK(poker.done);
  CHECK(outcome.done);
  CHECK(guest.byte_at(poker.target) == 9);
  CHECK(guest.mm().rss.anon == 1);
  guest.audit();
}

TEST_CASE("RAM exhausted on a fault", "[mm][fault]") {
  Guest guest{SoftDirtyMode::documented, 64 * page_size};
  const VirtAddr va = guest.map(64);
  Outcome outcome;
  for (std::uint32_t i = 0; i < 64 && !is_fatal(outcome.last()); ++i) outcome = guest.store(page_of(va, i));
  CHECK(outcome.last() == Verdict::oom);
  guest.audit();
}
