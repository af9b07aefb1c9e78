// From a miss of the engine's soft TLB to the walk of our tables and back: docs/ARCHITECTURE.md, "The path of a store".
// Knows nothing of the engine's library.
#pragma once

#include <optional>
#include <vector>

#include "lpaemu/emu/engine/debug_pages.h"
#include "lpaemu/emu/engine/engine_client.h"
#include "lpaemu/emu/engine/grants.h"
#include "lpaemu/emu/engine/guest_ram.h"
#include "lpaemu/emu/engine/page_uses.h"
#include "lpaemu/emu/engine/remedies.h"
#include "lpaemu/emu/engine/soft_tlb.h"
#include "lpaemu/emu/engine/statistics.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::emu {

class TlbBridge {
 public:
  struct Walked;  // a walk's result, in tlb_bridge.cpp

  /// How often a client may answer "retry" for one miss. Linux needs three for one access at worst.
  static constexpr unsigned max_retries = 16;

  TlbBridge(GuestRam& ram, SoftTlb& soft_tlb, EngineStatistics& statistics, const Remedies& remedies);

  void set_regime(const mmu::Regime& regime) { regime_ = regime; }
  [[nodiscard]] const mmu::Regime& regime() const { return regime_; }
  void set_privilege(mmu::Privilege privilege) { privilege_ = privilege; }

  /// What a debugger asks of fills; null: there is none. It must outlive this.
  void set_debug_pages(DebugPages* pages) { debug_pages_ = pages; }

  /// Answers a miss for the page at `va`: walks, asks `client` about a fault and walks again. Grants exactly what the
  /// descriptor grants, less what the physical page's use forbids. Without a client a fault fails the fill at once.
  /// When the fill fails, fault() says why.
  [[nodiscard]] FillResult fill(mmu::VirtAddr va, mmu::Access access, EngineClient* client);

  /// The fault of the last fill that failed.
  [[nodiscard]] const mmu::Fault& fault() const { return fault_; }
  /// Whether it failed only because the debugger watches the page: the tables grant the access.
  [[nodiscard]] bool refused() const { return refused_; }

  /// Whether TLBIMVA of `va` has something to do. It has not when no fill has made an entry there; nor when it comes
  /// in the middle of a data fill of that very page, which replaces the entry (and drops it if it fails), unless code
  /// was run through that address: it also lives in the engine's jump cache.
  [[nodiscard]] bool must_drop(mmu::VirtAddr va);
  /// Whether a flush has something to do.
  [[nodiscard]] bool must_flush() const { return size_.fills() != 0; }

  [[nodiscard]] const Grants& grants() const { return grants_; }

  /// Code as the CPU would fetch it: as many of `bytes` as can be. A debugger's stops are not in it.
  [[nodiscard]] std::vector<std::byte> code(mmu::VirtAddr va, std::uint32_t bytes);

  /// The host stored into this page: drops the code that was translated from it.
  void page_modified(mmu::Pfn pfn);

  /// The entry of `va` was dropped, or the whole soft TLB was flushed, by whomever.
  void note_drop(mmu::VirtAddr va) { grants_.remove(va); }
  void note_flush();

 private:
  [[nodiscard]] Walked walk(mmu::VirtAddr va, mmu::Access access);
  [[nodiscard]] bool ask(const mmu::Fault& fault, EngineClient& client);
  void fail(const mmu::Fault& fault);
  [[nodiscard]] Rights limit(Rights rights, mmu::PhysAddr pa, mmu::VirtAddr va, mmu::Access access);
  void use_page(std::size_t page, PageUse use, mmu::VirtAddr va);

  GuestRam& ram_;
  SoftTlb& soft_tlb_;
  EngineStatistics& statistics_;
  const Remedies& remedies_;
  mmu::Regime regime_;
  mmu::Privilege privilege_ = mmu::Privilege::pl0;
  PageUses uses_;
  Grants grants_;
  SoftTlbSize size_;
  mmu::Fault fault_{};
  bool refused_ = false;
  DebugPages* debug_pages_ = nullptr;

  std::optional<mmu::VirtAddr> filling_;  // the page whose data fault the client is handling
  bool replace_promised_ = false;
  bool growing_ = false;  // a flush is under way only to let the soft TLB grow
};

}  // namespace lpaemu::emu
