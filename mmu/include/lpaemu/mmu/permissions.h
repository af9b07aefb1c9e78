// From AP, XN, PXN, the hierarchical attributes and SCTLR.WXN/UWXN to the six rights. [armv7 B3.7] [lpae-mmu 5]
#pragma once

#include <array>
#include <cstddef>

#include "lpaemu/mmu/access.h"
#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/registers.h"

namespace lpaemu::mmu {

/// The attributes that table descriptors force on everything below them: all that a walk has passed, ORed.
/// [lpae-mmu M-21]
class TableLimits {
 public:
  constexpr void narrow(Descriptor table) { passed_ = Descriptor{passed_.raw() | table.raw()}; }
  [[nodiscard]] constexpr Descriptor passed() const { return passed_; }

 private:
  Descriptor passed_;
};

/// The rights for every value of the bits that decide them, worked out before the first walk: a walk looks them up.
class PermissionTable {
 public:
  explicit constexpr PermissionTable(Sctlr sctlr) {
    for (unsigned ap = 0; ap <= ones<AP>; ++ap)
      for (unsigned nx = 0; nx <= ones<NX>; ++nx)
        for (unsigned limits = 0; limits <= ones<LIMITS>; ++limits) {
          const Descriptor leaf = AP::with(NX::with(Descriptor{}, nx), ap);
          rights_[index(ap, nx, limits)] = rights_of(leaf, LIMITS::with(Descriptor{}, limits), sctlr);
        }
  }

  [[nodiscard]] constexpr Permissions of(Descriptor leaf, TableLimits limits) const {
    return rights_[index(AP::get(leaf), NX::get(leaf), LIMITS::get(limits.passed()))];
  }

 private:
  // Neighbours in the word, taken together.
  using AP = BitField<leaf::AP2.hi, leaf::AP1.lo, unsigned>;
  using NX = BitField<leaf::XN.hi, leaf::PXN.lo, unsigned>;
  using LIMITS = BitField<table::APTable1.hi, table::PXNTable.lo, unsigned>;
  static_assert(AP::width == 2 && NX::width == 2 && LIMITS::width == 4);

  template <class Field>
  static constexpr unsigned ones = (1U << Field::width) - 1;

  static constexpr unsigned index(unsigned ap, unsigned nx, unsigned limits) {
    return ap | nx << AP::width | limits << (AP::width + NX::width);
  }

  /// The rule itself; `limits` is the OR of the table descriptors above the leaf.
  static constexpr Permissions rights_of(Descriptor leaf, Descriptor limits, Sctlr sctlr) {
    const bool read_only = leaf::AP2.get(leaf) || table::APTable1.get(limits);  // [armv7 B3.7.1]
    const bool pl0 = leaf::AP1.get(leaf) && !table::APTable0.get(limits);
    const bool xn = leaf::XN.get(leaf) || table::XNTable.get(limits);  // [armv7 B3.7.2]
    const bool pxn = leaf::PXN.get(leaf) || table::PXNTable.get(limits);
    const bool writable = !read_only;
    const bool pl0_writable = pl0 && writable;
    const bool wxn = SCTLR::WXN.get(sctlr);
    const bool uwxn = SCTLR::UWXN.get(sctlr);

    Permissions rights;
    rights.grant(Access::read, Privilege::pl1);
    rights.grant(Access::write, Privilege::pl1, writable);
    rights.grant(Access::execute, Privilege::pl1, !xn && !pxn && !(wxn && writable) && !(uwxn && pl0_writable));
    rights.grant(Access::read, Privilege::pl0, pl0);
    rights.grant(Access::write, Privilege::pl0, pl0_writable);
    rights.grant(Access::execute, Privilege::pl0, !xn && pl0 && !(wxn && pl0_writable));
    return rights;
  }

  std::array<Permissions, std::size_t{1} << (AP::width + NX::width + LIMITS::width)> rights_{};
};

/// The table of this WXN and UWXN. It lives as long as the program.
[[nodiscard]] const PermissionTable& permission_table(Sctlr sctlr);

}  // namespace lpaemu::mmu
