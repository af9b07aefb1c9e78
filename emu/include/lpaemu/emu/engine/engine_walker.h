// The engine's own table walker, as a judge of mmu::walk. Only tests use it: machines translate through mmu::walk.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "lpaemu/emu/engine/guest_ram.h"
#include "lpaemu/mmu/access.h"
#include "lpaemu/mmu/address_translation.h"

namespace lpaemu::emu {

/// A CPU in Non-secure state whose tables lie in memory that no instruction can reach: an access ends where it has been
/// translated, and neither changes memory nor runs what it fetched.
class EngineWalker {
 public:
  /// Whether the page of `pa` is one that the CPU itself runs from. No access that leads there can be judged.
  [[nodiscard]] static constexpr bool is_own(mmu::PhysAddr pa) {
    return pa.page() == code_page || pa.page() == stub_page;
  }
  /// `memory` must outlive the walker, and must not have the walker's own pages.
  [[nodiscard]] static Expected<std::unique_ptr<EngineWalker>, Error> create(
      std::span<const std::unique_ptr<GuestRam>> memory);
  ~EngineWalker();
  EngineWalker(const EngineWalker&) = delete;
  EngineWalker& operator=(const EngineWalker&) = delete;

  /// For all accesses from now on. The engine takes TTBR[47:40] for address bits, and SCTLR.B
  /// for BE-32: both are to be zero.
  void set_registers(const mmu::TranslationRegisters& registers);

  /// What became of an access: a physical address, or the status code of a fault.
  struct Outcome {
    std::optional<mmu::PhysAddr> pa;
    unsigned status = 0;
    bool write = false;  // the syndrome's WnR
    friend bool operator==(const Outcome&, const Outcome&) = default;
  };
  /// One instruction at this privilege: a load or a store of the word at `va`, or a fetch from there. Starts from an
  /// empty soft TLB. Requires: va is a multiple of 4.
  [[nodiscard]] Outcome access(mmu::VirtAddr va, mmu::Access access, mmu::Privilege privilege);

  /// PAR after the address translation operation.
  [[nodiscard]] mmu::Par translate(mmu::VirtAddr va, mmu::AddressTranslation operation);

 private:
  static constexpr mmu::PhysAddr code_page{0x12'3456'7000};
  static constexpr mmu::PhysAddr stub_page = mmu::PhysAddr{mmu::PhysAddr::mask}.page();
  class Cpu;
  explicit EngineWalker(std::unique_ptr<Cpu> cpu);
  std::unique_ptr<Cpu> cpu_;
};

}  // namespace lpaemu::emu
