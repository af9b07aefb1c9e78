// The bridge without the engine: what it walks, whom it asks, what it drops.
#include "lpaemu/emu/engine/tlb_bridge.h"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

#include "lpaemu/mmu/table_builder.h"
#include "test_machine.h"

using namespace lpaemu::emu;
using namespace lpaemu::emu::test;
namespace mmu = lpaemu::mmu;

namespace {

/// Writes down what is dropped: "page 100000", "all", "code 3".
class FakeSoftTlb final : public SoftTlb {
 public:
  void drop_entry(VirtAddr va) override {
    log.push_back(fmt::format("page {:x}", va.raw()));
    if (bridge != nullptr) bridge->note_drop(va);
  }
  void drop_all_entries() override {
    log.emplace_back("all");
    if (bridge != nullptr) bridge->note_flush();
  }
  void flush_as_if_used(std::uint32_t entries) override {
    log.push_back(fmt::format("all, {} used", entries));
    if (bridge != nullptr) bridge->note_flush();
  }
  void drop_code(Pfn pfn) override { log.push_back(fmt::format("code {}", pfn - first)); }

  std::vector<std::string> taken() { return std::exchange(log, {}); }

  std::vector<std::string> log;
  TlbBridge* bridge = nullptr;
  Pfn first;
};

class Client final : public EngineClient {
 public:
  std::function<FaultAnswer(const mmu::Fault&)> handler;
  std::vector<mmu::Fault> faults;

  FaultAnswer on_fault(const mmu::Fault& fault) override {
    faults.push_back(fault);
    return handler ? handler(fault) : FaultAnswer::fail;
  }
  SvcAnswer on_svc() override { return SvcAnswer::stop; }
};

struct Fixture {
  std::unique_ptr<GuestRam> ram = GuestRam::reserve(GuestRam::default_base, 64 * PAGE_SIZE).value();
  FakeSoftTlb tlb;
  EngineStatistics statistics;
  Remedies remedies;
  TlbBridge bridge{*ram, tlb, statistics, remedies};
  Client client;
  PhysAddr next = ram->base() + 32 * PAGE_SIZE;  // tables
  mmu::Regime regime = make_regime();
  mmu::TableBuilder tables{*ram, *regime.start(VirtAddr{}), [this] { return std::exchange(next, next + PAGE_SIZE); }};

  Fixture() {
    tlb.bridge = &bridge;
    tlb.first = ram->base().pfn();
    bridge.set_regime(regime);
  }
  mmu::Regime make_regime() {
    mmu::TranslationRegisters registers;
    registers.ttbcr = mmu::TTBCR::EAE.with(mmu::Ttbcr{}, true);
    registers.ttbr0 = mmu::TTBR::BADDR.with(mmu::Ttbr{}, std::exchange(next, next + PAGE_SIZE).raw());
    registers.sctlr = mmu::SCTLR::M.with(mmu::Sctlr{}, true);
    return mmu::Regime{registers};
  }
  PhysAddr page(unsigned n) { return ram->base() + std::uint64_t{n} * PAGE_SIZE; }
  void map(VirtAddr va, unsigned n, PageRights grants) {
    tables.set_leaf(va, mmu::last_level, page_descriptor(page(n), grants));
  }
  FillResult fill(VirtAddr va, Access access) { return bridge.fill(va, access, &client); }
  unsigned rights(VirtAddr va, Access access) { return fill(va, access).rights.bits(); }
};

constexpr VirtAddr a{0x100000};
constexpr VirtAddr b{0x200000};
constexpr VirtAddr c{0x300000};
constexpr unsigned r = Rights::read;
constexpr unsigned w = Rights::write;
constexpr unsigned x = Rights::execute;
using Log = std::vector<std::string>;

}  // namespace

TEST_CASE("a fill has the page and its rights", "[tlb_bridge]") {
  Fixture f;
  f.map(a, 3, r_only);
  CHECK(f.fill(a, Access::read) == FillResult{f.page(3), Rights{r}});
  CHECK(f.statistics.fills == std::array<std::uint64_t, 3>{1, 0, 0});
  CHECK(f.statistics.walks == 1);
  CHECK(f.client.faults.empty());
}

TEST_CASE("a fault goes to the client, and the second walk fills", "[tlb_bridge]") {
  Fixture f;
  f.map(a, 3, r_only);
  f.client.handler = [&](const mmu::Fault&) {
    f.map(a, 4, rw);
    return FaultAnswer::retry;
  };
  CHECK(f.fill(a, Access::write) == FillResult{f.page(4), Rights{r | w}});
  REQUIRE(f.client.faults.size() == 1);
  CHECK(f.client.faults[0] == mmu::Fault{mmu::FaultKind::permission, 3, a, Access::write, mmu::Privilege::pl0});
}

TEST_CASE("faults that follow from the repair reach the client one by one", "[tlb_bridge]") {
  Fixture f;
  f.map(b, 9, r_only);  // so that a's first table is there
  f.client.handler = [&](const mmu::Fault&) {
    const auto n = f.client.faults.size();
    if (n == 1) f.map(a, 3, {.accessed = false});
    if (n == 2) f.map(a, 3, r_only);
    if (n == 3) f.map(a, 3, rw);
    return FaultAnswer::retry;
  };
  CHECK(f.fill(a, Access::write).filled());
  REQUIRE(f.client.faults.size() == 3);
  CHECK(f.client.faults[0].kind == mmu::FaultKind::translation);
  CHECK(f.client.faults[1].kind == mmu::FaultKind::access_flag);
  CHECK(f.client.faults[2].kind == mmu::FaultKind::permission);
  CHECK(f.statistics.walks == 4);
}

TEST_CASE("a fill fails when the client says so, and without a client", "[tlb_bridge]") {
  Fixture f;
  const bool asked = GENERATE(true, false);
  CHECK_FALSE(f.bridge.fill(a, Access::read, asked ? &f.client : nullptr).filled());
  CHECK(f.client.faults.size() == (asked ? 1 : 0));
  CHECK(f.bridge.fault() == mmu::Fault{mmu::FaultKind::translation, 1, a, Access::read, mmu::Privilege::pl0});
  CHECK(f.statistics.failed_fills == 1);
}

TEST_CASE("where there is no memory the access itself aborts, after all other faults", "[tlb_bridge][M-42]") {
  using enum mmu::FaultKind;
  struct Row {
    PageRights grants;
    Access access;
    mmu::FaultKind kind;
    unsigned level;
  };
  const auto row = GENERATE(values<Row>({
      {{.write = true, .accessed = false}, Access::write, access_flag, 3},
      {r_only, Access::write, permission, 3},
      {r_only, Access::execute, permission, 3},
      {{.write = true, .execute = true, .user = false}, Access::read, permission, 3},
      {r_only, Access::read, external_abort, 0},
      {rw, Access::write, external_abort, 0},
      {rx, Access::execute, external_abort, 0},
  }));
  const bool below = GENERATE(true, false);
  Fixture f;
  const PhysAddr outside = below ? PhysAddr{f.ram->base().raw() - PAGE_SIZE} : f.ram->base() + f.ram->size();
  f.tables.set_leaf(a, mmu::last_level, page_descriptor(outside, row.grants));
  CHECK_FALSE(f.fill(a, row.access).filled());
  CHECK(f.bridge.fault() == mmu::Fault{row.kind, row.level, a, row.access, mmu::Privilege::pl0});
}

TEST_CASE("PL1 has its own rights", "[tlb_bridge]") {
  Fixture f;
  f.map(a, 3, {.write = true, .user = false});
  CHECK_FALSE(f.fill(a, Access::write).filled());
  f.bridge.set_privilege(mmu::Privilege::pl1);
  CHECK(f.rights(a, Access::write) == (r | w));
}

TEST_CASE("WRITE and EXEC are granted apart", "[tlb_bridge][wx]") {
  Fixture f;
  f.map(a, 3, rwx);
  CHECK(f.rights(a, Access::read) == r);
  CHECK(f.rights(a, Access::write) == (r | w));
  CHECK(f.rights(a, Access::read) == (r | w));
  CHECK(f.tlb.taken() == Log{});
  CHECK(f.rights(a, Access::execute) == (r | x));
  CHECK(f.tlb.taken() == Log{"page 100000"});
  CHECK(f.rights(a, Access::read) == (r | x));
  CHECK(f.rights(a, Access::execute) == (r | x));
  CHECK(f.tlb.taken() == Log{});
  CHECK(f.rights(a, Access::write) == (r | w));
  CHECK(f.tlb.taken() == Log{"code 3", "page 100000"});
  CHECK(f.statistics.wx_transitions == 2);
}

TEST_CASE("a transition drops entries where they are: nowhere, at one address, or who knows", "[tlb_bridge][wx]") {
  Fixture f;
  f.map(a, 3, rx);
  f.map(b, 3, rx);
  f.map(c, 3, rw);
  CHECK(f.rights(a, Access::execute) == (r | x));
  SECTION("at one address") {
    f.fill(c, Access::write);
    CHECK(f.tlb.taken() == Log{"code 3", "page 100000"});
    f.fill(b, Access::execute);
    CHECK(f.tlb.taken() == Log{"page 300000"});
  }
  SECTION("at several, by whatever access they came") {
    const auto access = GENERATE(Access::execute, Access::read);
    f.fill(b, access);
    f.fill(c, Access::write);
    CHECK(f.tlb.taken() == Log{"code 3", "all"});
    // The flush did not make the new entry forgotten.
    f.fill(a, Access::execute);
    CHECK(f.tlb.taken() == Log{"page 300000"});
  }
  SECTION("nowhere, after a flush; the code is still there") {
    f.bridge.note_flush();
    f.fill(c, Access::write);
    CHECK(f.tlb.taken() == Log{"code 3"});
    f.bridge.note_flush();
    f.fill(a, Access::execute);
    CHECK(f.tlb.taken() == Log{});
  }
}

TEST_CASE("a store by the host drops code only where there may be some", "[tlb_bridge][wx]") {
  Fixture f;
  f.map(a, 3, rwx);
  const Pfn page = f.page(3).pfn();
  f.bridge.page_modified(page);
  f.fill(a, Access::write);
  f.bridge.page_modified(page);
  f.bridge.page_modified(Pfn{0});
  CHECK(f.tlb.taken() == Log{});
  f.fill(a, Access::execute);
  f.tlb.taken();
  f.bridge.page_modified(page);
  CHECK(f.tlb.taken() == Log{"code 3"});
  f.bridge.page_modified(page);
  CHECK(f.tlb.taken() == Log{"code 3"});
  f.bridge.note_flush();
  f.bridge.page_modified(page);  // entries come and go, translated code stays
  CHECK(f.tlb.taken() == Log{"code 3"});
  f.bridge.page_modified(page);  // neither is left
  CHECK(f.tlb.taken() == Log{});
  f.fill(a, Access::execute);
  f.bridge.page_modified(page);
  CHECK(f.tlb.taken() == Log{"code 3"});
}

TEST_CASE("TLBIMVA is done where it has something to do", "[tlb_bridge][tlbimva]") {
  Fixture f;
  f.map(a, 3, r_only);
  bool drop = true;
  f.client.handler = [&](const mmu::Fault& fault) {
    drop = f.bridge.must_drop(fault.va + 12);
    f.map(a, 3, rw);
    return FaultAnswer::retry;
  };
  SECTION("not for a page that was never filled, was dropped or flushed") {
    CHECK_FALSE(f.bridge.must_drop(a));
    f.fill(a, Access::read);
    CHECK(f.bridge.must_drop(a + 8));
    CHECK_FALSE(f.bridge.must_drop(a + PAGE_SIZE));
    f.bridge.note_drop(a + 8);
    CHECK_FALSE(f.bridge.must_drop(a));
    f.fill(a, Access::read);
    f.bridge.note_flush();
    CHECK_FALSE(f.bridge.must_drop(a));
  }
  SECTION("not for the page that a data fill replaces") {
    f.map(b, 4, r_only);
    f.fill(b, Access::read);
    f.fill(a, Access::read);
    f.client.handler = [&](const mmu::Fault& fault) {
      drop = f.bridge.must_drop(fault.va + 12);
      CHECK(f.bridge.must_drop(b));
      f.map(a, 3, rw);
      return FaultAnswer::retry;
    };
    f.fill(a, Access::write);
    CHECK_FALSE(drop);
    CHECK(f.bridge.must_drop(a));
    CHECK(f.tlb.taken() == Log{});
  }
  SECTION("for a page that code was run from: the engine remembers jumps by address") {
    f.map(a, 3, rx);
    f.fill(a, Access::execute);
    f.fill(a, Access::write);
    CHECK(drop);
    f.map(a, 3, r_only);
    f.bridge.note_flush();
    f.fill(a, Access::read);
    f.fill(a, Access::write);
    CHECK_FALSE(drop);
  }
  SECTION("after all, when the fill fails") {
    f.fill(a, Access::read);
    f.client.handler = [&](const mmu::Fault& fault) {
      CHECK_FALSE(f.bridge.must_drop(fault.va));
      return FaultAnswer::fail;
    };
    f.fill(a, Access::write);
    CHECK(f.tlb.taken() == Log{"page 100000"});
  }
}

TEST_CASE("a flush is done where it has something to do", "[tlb_bridge]") {
  Fixture f;
  f.map(a, 3, r_only);
  CHECK_FALSE(f.bridge.must_flush());
  f.fill(a, Access::read);
  CHECK(f.bridge.must_flush());
  f.bridge.note_flush();
  CHECK_FALSE(f.bridge.must_flush());
}

TEST_CASE("old grants wrap round to at worst a needless drop", "[tlb_bridge][tlbimva]") {
  Fixture f;
  f.map(a, 3, r_only);
  f.fill(a, Access::read);
  for (int flushes = 1; flushes < 1000; ++flushes) {
    f.bridge.note_flush();
    f.fill(b, Access::read);  // fails
    if (f.bridge.must_drop(a)) CHECK(flushes % 256 == 0);
    f.map(c, 4, r_only);
    f.fill(c, Access::read);
    CHECK(f.bridge.must_drop(c));
  }
}

TEST_CASE("the size of the soft TLB follows the engine's rule", "[soft_tlb]") {
  using std::chrono::milliseconds;
  SoftTlbSize size;
  SoftTlbSize::Clock::time_point now{};
  const auto fill = [&](unsigned fills, bool lost) {
    bool due = false;
    for (unsigned i = 0; i < fills; ++i) due = size.note_fill(a + i % 50 * PAGE_SIZE, lost);
    return due;
  };
  SECTION("it doubles up to what is enough, by flushes that come due with lost entries") {
    unsigned flushes = 0;
    while (size.entries() < SoftTlbSize::enough_entries && flushes < 100) {
      CHECK_FALSE(fill(10 * size.entries(), false));
      CHECK_FALSE(fill(size.entries() - 1, true));
      CHECK(fill(1, true));
      size.note_growth();
      size.note_flush(now += milliseconds{1});
      ++flushes;
    }
    CHECK(flushes == 8);
    CHECK_FALSE(fill(15 * SoftTlbSize::enough_entries, true));
    CHECK(fill(SoftTlbSize::enough_entries, true));
  }
  SECTION("it doubles as long as pages that are filled in turns share an entry") {
    constexpr std::uint32_t apart = 4096;  // pages
    unsigned flushes = 0;
    for (std::uint32_t page = 0; page < 200; ++page) {
      const bool due = size.note_fill(a + page * PAGE_SIZE, false);
      CHECK_FALSE(due);
      if (!size.note_fill(a + (apart + page) * PAGE_SIZE, false)) continue;
      CHECK(page == SoftTlbSize::enough_sharing * (flushes + 1) - 1);
      ++flushes;
      size.note_growth();
      size.note_flush(now += milliseconds{1});
    }
    CHECK(size.entries() == 2 * apart);
    CHECK(flushes == 5);
  }
  SECTION("a page that is filled again shares no entry with itself") {
    for (unsigned i = 0; i < 200; ++i) CHECK_FALSE(size.note_fill(a, false));
  }
  SECTION("growth is what the engine's rule asks for, at each size") {
    for (unsigned flushes = 0; flushes < 8; ++flushes) {
      const std::uint32_t before = size.entries();
      CHECK(std::uint64_t{size.growth_fills()} * 100 / before == 71);
      size.note_growth();
      size.note_flush(now += milliseconds{200});
      CHECK(size.entries() == 2 * before);
    }
    CHECK(size.entries() == SoftTlbSize::enough_entries);
    size.note_growth();
    size.note_flush(now += milliseconds{200});  // it may find the engine's table smaller than believed
    CHECK(size.entries() == SoftTlbSize::enough_entries);
  }
  SECTION("flushes of others count as well") {
    fill(200, false);
    size.note_flush(now);
    CHECK(size.entries() == 512);
  }
  SECTION("it stays when half is used, and shrinks when little was used for long") {
    fill(130, false);
    size.note_flush(now += milliseconds{200});
    CHECK(size.entries() == 256);
    fill(10, false);
    size.note_flush(now += milliseconds{50});  // the window still has the 130
    CHECK(size.entries() == 256);
    size.note_flush(now += milliseconds{200});
    fill(10, false);
    size.note_flush(now += milliseconds{200});
    CHECK(size.entries() == SoftTlbSize::least_entries);
  }
}
