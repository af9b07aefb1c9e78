// Which virtual pages may have an entry in the engine's soft TLB, and with which rights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "lpaemu/emu/engine/soft_tlb.h"

namespace lpaemu::emu {

/// What fills have granted each virtual page since the soft TLB was last flushed, or the page was last dropped. May
/// name rights that are gone (the soft TLB loses entries by itself), never leaves one out.
class Grants {
 public:
  Grants();

  /// The rights that `va` may still have.
  [[nodiscard]] Rights of(mmu::VirtAddr va) const {
    const Grant& grant = grants_[va.page_number()];
    return Rights{grant.epoch == epoch_ ? unsigned{grant.rights} : 0U};
  }
  void add(mmu::VirtAddr va, Rights rights) {
    grants_[va.page_number()] = Grant{epoch_, static_cast<std::uint8_t>(of(va).bits() | rights.bits())};
  }
  /// Calls `visit(VirtAddr page, Rights)` for each page that may have an entry, by address.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::uint32_t page = 0; page < pages; ++page)
      if (const Rights rights = of(mmu::VirtAddr{page * mmu::PAGE_SIZE}); !rights.none())
        visit(mmu::VirtAddr{page * mmu::PAGE_SIZE}, rights);
  }
  void remove(mmu::VirtAddr va) { grants_[va.page_number()].rights = 0; }
  void remove_all() { ++epoch_; }

 private:
  static constexpr std::uint32_t pages = mmu::VirtAddr{~std::uint32_t{0}}.page_number() + 1;

  struct Grant {
    std::uint8_t epoch;   // wraps: then an old grant is taken for one that is still there
    std::uint8_t rights;  // Rights::bits
  };
  struct Free {
    void operator()(Grant* grants) const { std::free(grants); }
  };

  std::unique_ptr<Grant[], Free> grants_;  // from calloc: resident only where touched
  std::uint8_t epoch_ = 0;
};

}  // namespace lpaemu::emu
