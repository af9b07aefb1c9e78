// What a debugger does to pages, out of the guest's sight: stops in its code, and rights to its data taken away.
//
// A page with stops is executed from a shadow: a copy of it that has BKPT at the stops. Reads and writes get the real
// page, without EXEC, so the guest never sees a BKPT and its memory is never changed. A watched page is refused the
// accesses that somebody wants to see; every other page is as fast as ever.
//
// Only the CPU knows where instructions begin, and in which set: code without symbols may be Thumb or ARM, and a stop
// may be asked for in the middle of a wide instruction. So a BKPT is a guess until a block that it lies in is
// translated. Then it becomes what the block's instructions ask for, or goes, before the block is executed.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lpaemu/emu/engine/guest_ram.h"
#include "lpaemu/emu/engine/soft_tlb.h"
#include "lpaemu/emu/error.h"
#include "lpaemu/emu/instruction.h"
#include "lpaemu/mmu/access.h"

namespace lpaemu::emu {

class DebugPages {
 public:
  /// Pages with stops that can be executed without making a shadow anew; there may be more.
  static constexpr std::size_t shadows = 64;

  /// Reserves the memory of the shadows, outside of `ram`.
  [[nodiscard]] static Expected<std::unique_ptr<GuestRam>, Error> reserve_shadows(const GuestRam& ram);

  /// Requires: `shadow` is from reserve_shadows, and the CPU has it mapped; all of them outlive this.
  DebugPages(GuestRam& ram, GuestRam& shadow, SoftTlb& soft_tlb) : ram_{ram}, shadow_{shadow}, soft_tlb_{soft_tlb} {}

  /// From now on the CPU stops before it executes an instruction at `va`; one that it executes from elsewhere into
  /// `va` is left alone. `guess`: the set that it is probably of. Requires: no stop there.
  void add_stop(VirtAddr va, InstructionSet guess);
  /// Requires: a stop there.
  void remove_stop(VirtAddr va);
  /// Whether BKPT at `va` is a stop.
  [[nodiscard]] bool stops_at(VirtAddr va) const;
  /// A block of `set` that begins at `va` and, without stops, reads `code` was translated: puts BKPT where its
  /// instructions begin, and nowhere else. True: there were changes, see replant().
  [[nodiscard]] bool settle_stops(VirtAddr va, std::span<const std::byte> code, InstructionSet set);
  /// Makes what settle_stops() has changed known to the CPU. Outside of its run.
  void replant();

  /// Refuses these accesses to the page of `va`; a set without rights: none any more.
  void refuse(VirtAddr va, Rights accesses);
  /// While off, watched pages are like others.
  void set_refusing(bool on);

  /// What a fill is to grant where the walk and W^X would grant `granted`. Nothing filled: the access is refused.
  [[nodiscard]] FillResult apply(VirtAddr va, mmu::Access access, FillResult granted);

  /// The bytes of this page are about to change, or have: its shadows are stale.
  void page_changes(mmu::Pfn pfn);

 private:
  using PageNumber = std::uint32_t;
  struct Shadow {
    std::optional<PageNumber> page;  // of the virtual address; nothing: never used
    mmu::Pfn real;
    bool translated = false;  // the CPU may hold code of it
  };
  using Stops = std::map<VirtAddr, std::optional<InstructionSet>>;  // of BKPT; nothing: none there

  [[nodiscard]] mmu::PhysAddr shadow_page(std::size_t index) const { return shadow_.base() + index * mmu::PAGE_SIZE; }
  [[nodiscard]] std::optional<std::size_t> shadow_of(PageNumber page) const;
  /// One that is free, or the oldest, but not this one; without code.
  [[nodiscard]] std::size_t take_shadow(std::optional<std::size_t> but_not);
  [[nodiscard]] mmu::PhysAddr make_shadow(VirtAddr va, mmu::Pfn real, const Stops& stops);
  void drop_code(std::size_t index);
  void stops_change(VirtAddr va);

  GuestRam& ram_;
  GuestRam& shadow_;
  SoftTlb& soft_tlb_;
  std::map<PageNumber, Stops> stops_;
  std::vector<VirtAddr> settled_;  // stops that have changed, for replant()
  std::vector<Shadow> used_;
  std::size_t next_victim_ = 0;
  std::map<PageNumber, Rights> refused_;
  bool refusing_ = true;
};

}  // namespace lpaemu::emu
