#include "lpaemu/emu/engine/tlb_bridge.h"

#include <utility>

#include "lpaemu/mmu/walk_ladder.h"

namespace lpaemu::emu {

using mmu::Access;
using mmu::Fault;
using mmu::FaultKind;
using mmu::PhysAddr;
using mmu::Privilege;
using mmu::VirtAddr;

TlbBridge::TlbBridge(GuestRam& ram, SoftTlb& soft_tlb, EngineStatistics& statistics, const Remedies& remedies)
    : ram_{ram},
      soft_tlb_{soft_tlb},
      statistics_{statistics},
      remedies_{remedies},
      regime_{mmu::TranslationRegisters{}},
      uses_{static_cast<std::size_t>(ram.size() / mmu::PAGE_SIZE)} {}

// The few words of a walk's result that a fill needs.
struct TlbBridge::Walked {
  PhysAddr pa;
  Rights rights;  // at PL0 or PL1, whichever was asked for; none after a fault
  FaultKind kind{};
  unsigned level = 0;

  [[nodiscard]] bool good() const { return !rights.none(); }
};

namespace {

template <Privilege privilege>
struct ResultAt {
  TlbBridge::Walked walked;

  static ResultAt translation(const mmu::Translation& t) {
    const auto right = [&](Access access, unsigned bit) { return t.permissions.allows(access, privilege) ? bit : 0U; };
    return {{t.pa,
             Rights{right(Access::read, Rights::read) | right(Access::write, Rights::write) |
                    right(Access::execute, Rights::execute)},
             FaultKind{}, 0}};
  }
  static ResultAt fault(const Fault& f) { return {{PhysAddr{}, Rights{}, f.kind, f.level}}; }
};

}  // namespace

// Inlined: else its result would go through memory and be waited for.
[[gnu::always_inline]] inline TlbBridge::Walked TlbBridge::walk(VirtAddr va, Access access) {
  ++statistics_.walks;
  // PL0 is nearly all there is: as a constant it makes the ladder shorter.
  const Walked walked = privilege_ == Privilege::pl0
                            ? mmu::walk_as<ResultAt<Privilege::pl0>>(ram_, regime_, va, access, Privilege::pl0).walked
                            : mmu::walk_as<ResultAt<Privilege::pl1>>(ram_, regime_, va, access, Privilege::pl1).walked;
  if (walked.good() && !ram_.contains(walked.pa)) [[unlikely]]
    return {PhysAddr{}, Rights{}, FaultKind::external_abort, 0};
  return walked;
}

FillResult TlbBridge::fill(VirtAddr va, Access access, EngineClient* client) {
  ++statistics_.fills[static_cast<std::size_t>(access)];
  // The engine may resize its table in this flush; it looks its own place up after the hook.
  const bool lost = grants_.of(va).has(right_for(access));
  if (size_.note_fill(va, lost) && remedies_.grow_tlb) [[unlikely]] {
    ++statistics_.tlb_growths;
    growing_ = true;
    soft_tlb_.flush_as_if_used(size_.growth_fills());
    growing_ = false;
  }

  Walked walked = walk(va, access);
  for (unsigned tries = 0; !walked.good(); ++tries) {
    const Fault fault{walked.kind, walked.level, va, access, privilege_};
    // A client that repairs nothing would keep the thread here, where no request to stop is seen.
    const bool patient = tries < max_retries || !remedies_.bound_retries;
    if (client == nullptr || !patient || !ask(fault, *client)) {
      fail(fault);
      return {};
    }
    walked = walk(va, access);
  }
  FillResult granted{walked.pa, limit(walked.rights, walked.pa, va, access)};
  if (debug_pages_ != nullptr) [[unlikely]] {
    granted = debug_pages_->apply(va, access, granted);
    if (!granted.filled()) {
      fail({FaultKind::permission, mmu::last_level, va, access, privilege_});
      refused_ = true;
      return {};
    }
  }
  replace_promised_ = false;
  grants_.add(va, granted.rights);
  return granted;
}

std::vector<std::byte> TlbBridge::code(VirtAddr va, std::uint32_t bytes) {
  std::vector<std::byte> code;
  while (code.size() < bytes) {
    const VirtAddr at = va + static_cast<std::uint32_t>(code.size());
    const Walked walked = walk(at, Access::execute);
    if (!walked.good()) break;
    const auto page = ram_.page(walked.pa).subspan(at.page_offset());
    const std::size_t step = std::min(page.size(), bytes - code.size());
    code.insert(code.end(), page.begin(), page.begin() + static_cast<std::ptrdiff_t>(step));
  }
  return code;
}

bool TlbBridge::ask(const Fault& fault, EngineClient& client) {
  ++statistics_.faults;
  if (fault.access != Access::execute) filling_ = fault.va;
  const FaultAnswer answer = client.on_fault(fault);
  filling_.reset();
  return answer == FaultAnswer::retry;
}

void TlbBridge::fail(const Fault& fault) {
  if (std::exchange(replace_promised_, false)) soft_tlb_.drop_entry(fault.va);
  ++statistics_.failed_fills;
  fault_ = fault;
  refused_ = false;
}

bool TlbBridge::must_drop(VirtAddr va) {
  const Rights there = grants_.of(va);
  if (there.none()) return false;
  if (filling_ != va.page() || there.has(Rights::execute)) return true;
  replace_promised_ = true;
  return false;
}

// WRITE and EXEC come only with the page's use for it. A fill that does not ask for one of them grants it when that
// changes nothing: a store after a load, or a literal after an instruction, then needs no second fill.
Rights TlbBridge::limit(Rights rights, PhysAddr pa, VirtAddr va, Access access) {
  if (!remedies_.exclusive_grants) return rights;
  const std::size_t page = ram_.page_index(pa);
  if (access == Access::write) {
    use_page(page, PageUse::written, va);
    return rights.without(Rights::execute);
  }
  if (access == Access::execute) {
    use_page(page, PageUse::executed, va);
    return rights.without(Rights::write);
  }
  const PageUse use = uses_.use(page);
  if (use != PageUse::written) rights = rights.without(Rights::write);
  if (use != PageUse::executed) rights = rights.without(Rights::execute);
  if (rights.has(Rights::write) || rights.has(Rights::execute)) use_page(page, use, va);
  return rights;
}

void TlbBridge::use_page(std::size_t page, PageUse use, VirtAddr va) {
  if (!uses_.changes(page, use, va)) [[likely]]
    return;
  const PageUseChange change = uses_.change(page, use, va);
  if (change.nothing()) return;

  ++statistics_.wx_transitions;
  const mmu::Pfn pfn = ram_.base().pfn() + static_cast<std::uint32_t>(page);
  if (change.code && remedies_.drop_code) soft_tlb_.drop_code(pfn);
  if (change.code && debug_pages_ != nullptr) debug_pages_->page_changes(pfn);
  // An old entry with EXEC or WRITE would never come back to the fill hook.
  if (!remedies_.drop_entries) return;
  switch (change.entries) {
    case PageUseChange::Entries::none: break;
    case PageUseChange::Entries::one: soft_tlb_.drop_entry(change.va); break;
    case PageUseChange::Entries::all: soft_tlb_.drop_all_entries(); break;
  }
  // A flush just now has made the note of the entry to come look old.
  static_cast<void>(uses_.changes(page, use, va));
}

void TlbBridge::page_modified(mmu::Pfn pfn) {
  const PhysAddr pa{pfn};
  if (!ram_.contains(pa) || uses_.use(ram_.page_index(pa)) != PageUse::executed) return;
  // Its entries with EXEC may stay: none has WRITE, and the next translation reads the new bytes.
  if (!remedies_.drop_code) return;
  soft_tlb_.drop_code(pfn);
  if (debug_pages_ != nullptr) debug_pages_->page_changes(pfn);
  uses_.note_code_dropped(ram_.page_index(pa));
}

void TlbBridge::note_flush() {
  // What was lost before a flush for growth still counts as lost: else each step would wait for a whole sweep.
  if (growing_) {
    size_.note_growth();
  } else {
    grants_.remove_all();
  }
  uses_.note_flush();
  size_.note_flush(SoftTlbSize::Clock::now());
}

}  // namespace lpaemu::emu
