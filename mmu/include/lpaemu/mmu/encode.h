// A leaf from words: what `lpaemu pte encode` and tests build without knowing a bit number. [linux-lpae-pte 4]
#pragma once

#include <cstdint>
#include <string>

#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/expected.h"
#include "lpaemu/mmu/linux_pte.h"

namespace lpaemu::mmu {

/// A page or block as Linux maps it. What is not said here follows from it: XN, RDONLY and PXN (all user memory has
/// it).
struct LeafSpec {
  unsigned level = last_level;
  PhysAddr pa{};
  VmAccess access{};  // no right at all is PROT_NONE; write and exec imply read
  bool user = true;   // not looked at for PROT_NONE, which has no USER
  L_PTE_MT_TYPE memory = L_PTE_MT_TYPE::WRITEALLOC;
  Sh shareability = Sh::inner_shareable;
  bool young = false;
  bool dirty = false;
  bool soft_dirty = false;
  bool special = false;
};

/// The value as the kernel hands it around, or as set_pte_at (level 3) or set_pmd_at (level 2) stores it at a user
/// address: with nG, AP[2], and without VALID for PROT_NONE.
enum class LeafForm : std::uint8_t { given, stored };

/// Errors, in words for people: an address that is no multiple of the page or block, SPECIAL in a block, a stored block
/// of level 1, which Linux does not have.
[[nodiscard]] Expected<Descriptor, std::string> encode_leaf(const LeafSpec& spec, LeafForm form);

}  // namespace lpaemu::mmu
