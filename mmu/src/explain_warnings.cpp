// What is odd about a descriptor: a table of conditions, each with its words.
#include <fmt/format.h>

#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/linux_pmd.h"
#include "lpaemu/mmu/linux_swap.h"
#include "lpaemu/mmu/print.h"
#include "lpaemu/mmu/proc_v7_3level.h"

namespace lpaemu::mmu {
namespace {

/// "bits [51:40] (SBZ)" or "bit [5] (NS)".
struct Bits {
  unsigned hi;
  unsigned lo;
  std::string_view name;
};

template <class Field>
constexpr Bits bits(Field, std::string_view name) {
  return {Field::hi, Field::lo, name};
}

}  // namespace
}  // namespace lpaemu::mmu

template <>
struct fmt::formatter<lpaemu::mmu::Bits> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const lpaemu::mmu::Bits& bits, Context& context) const {
    if (bits.hi == bits.lo) return fmt::format_to(context.out(), "bit [{}] ({})", bits.lo, bits.name);
    return fmt::format_to(context.out(), "bits [{}:{}] ({})", bits.hi, bits.lo, bits.name);
  }
};

namespace lpaemu::mmu {
namespace {

class Warnings {
 public:
  /// Formats only what applies: most words have no warning.
  template <class... Args>
  void add(bool odd, fmt::format_string<Args...> text, Args&&... args) {
    if (odd) lines_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

void warn_of_table(Descriptor d, unsigned level, Warnings& warnings) {
  warnings.add(table::SBZ.get(d) != 0, "{} should be zero", bits(table::SBZ, "SBZ"));
  warnings.add(table::IGNORED_11_2.get(d) != 0 || table::IGNORED_54_52.get(d) != 0 || table::IGNORED_58_56.get(d) != 0,
               "bits that the hardware ignores in a table are set; Linux writes none of them");
  warnings.add(table::SWAPPER.get(d) && level != first_level, "bit [55] means swapper's table at level 1 only");
  // What a software bit of a leaf does in a table. [lpae-mmu M-22] [linux-lpae-pte P-8]
  warnings.add(table::PXNTable.get(d), "{} makes everything below privileged execute-never; in a leaf it is SOFT_DIRTY",
               bits(table::PXNTable, "PXNTable"));
  warnings.add(table::XNTable.get(d), "{} makes everything below execute-never; in a leaf it is ignored",
               bits(table::XNTable, "XNTable"));
  warnings.add(table::APTable0.get(d), "{} takes PL0 access away below; in a leaf it is ignored",
               bits(table::APTable0, "APTable[0]"));
  warnings.add(table::APTable1.get(d), "{} makes everything below read-only; in a leaf it is ignored",
               bits(table::APTable1, "APTable[1]"));
  warnings.add(table::NSTable.get(d), "{} matters in Secure state only", bits(table::NSTable, "NSTable"));
}

void warn_of_swap_entry(Pte pte, Warnings& warnings) {
  warnings.add(swp::FREE_63_60.get(pte) != 0 || swp::FREE_58_32.get(pte) != 0,
               "bits above 31 other than SOFT_DIRTY are lost: a swp_entry_t has 32 bits");
}

/// Where the derived bits are not what Linux's store functions make of them. Sections of the kernel are written
/// directly, without AP[2] and nG. [linux-lpae-pte 6, P-20, P-29]
void warn_of_derived_bits(Descriptor d, unsigned level, Warnings& warnings) {
  if (level == first_level || (level == pmd_level && !leaf::AP1.get(d))) return;
  const std::string_view store = level == last_level ? "set_pte_ext" : "set_pmd_at";
  const Pte pte{d.raw()};
  const bool read_only = !pte_write(pte) || !pte_dirty(pte);
  if (!leaf::NONE.get(d)) {
    warnings.add(read_only && !PTE_AP2.get(pte), "AP[2] = 0, but {}: {} stores AP[2] = 1",
                 pte_write(pte) ? "DIRTY = 0" : "RDONLY = 1", store);
    warnings.add(!read_only && PTE_AP2.get(pte), "AP[2] = 1, but DIRTY = 1 and RDONLY = 0: {} stores AP[2] = 0", store);
  }
  warnings.add(pte_valid_user(pte) && !PTE_EXT_NG.get(pte),
               "a user entry that is global: Linux stores nG = 1, but for the vectors page");
}

/// A valid leaf.
void warn_of_leaf(Descriptor d, unsigned level, Warnings& warnings) {
  const Pte pte{d.raw()};
  warnings.add(leaf::SBZ.get(d) != 0, "{} should be zero: addresses have 40 bits", bits(leaf::SBZ, "SBZ"));
  warnings.add(leaf::IGNORED.get(d) != 0, "{} mean nothing in a leaf, and in a table they take rights away",
               bits(leaf::IGNORED, "IGNORED"));
  warnings.add(leaf::SH.get(d) == Sh::reserved, "{} = 01 is reserved", bits(leaf::SH, "SH"));
  warnings.add(leaf::NS.get(d), "{} matters in Secure state only; Linux never sets it", bits(leaf::NS, "NS"));
  warnings.add(leaf::CONTIGUOUS.get(d), "{}: all 16 entries of the group must agree; Linux never sets it",
               bits(leaf::CONTIGUOUS, "CONTIGUOUS"));
  const std::uint64_t address = PhysAddr{leaf::OA.get(d)}.raw();
  warnings.add(address != output_address(d, VirtAddr{}, level).raw(),
               "address bits below {} are ignored in a block of this level", level_shift(level));
  warnings.add(mair_byte(linux_mair(), leaf::AttrIndx.get(d)).raw() == 0 && leaf::AttrIndx.get(d) != 0,
               "AttrIndx {} is unused by Linux: its MAIR byte is 0", leaf::AttrIndx.get(d));
  warnings.add(leaf::NONE.get(d), "VALID with NONE: the store clears VALID for a PROT_NONE entry");
  warnings.add(leaf::NONE.get(d) && L_PTE_USER.get(pte), "NONE with AP[1] = 1: PAGE_NONE has no USER");
  warnings.add(level == first_level, "Linux has no blocks of level 1");
  warnings.add(level == pmd_level && pte_special(pte), "{} is unused in a section", bits(leaf::SPECIAL, "SPECIAL"));
  warn_of_derived_bits(d, level, warnings);
}

void warn_of_invalid(Descriptor d, unsigned level, Warnings& warnings) {
  const Pte pte{d.raw()};
  if (level == last_level && is_swap_pte(pte)) return warn_of_swap_entry(pte, warnings);
  if (level != last_level) {
    warnings.add(leaf::TYPE.get(d), "bits [1:0] = 10: invalid, but no section for Linux either");
    return;
  }
  warnings.add(leaf::VALID.get(d), "bits [1:0] = 01 are reserved at level 3: the hardware takes the entry as invalid");
  warnings.add(pte_present(pte) && !pte_valid(pte) && !pte_protnone(pte),
               "bits [1:0] = 10 without NONE: present for Linux, but nothing stores this");
  warnings.add(pte_protnone(pte) && L_PTE_USER.get(pte), "NONE with AP[1] = 1: PAGE_NONE has no USER");
}

}  // namespace

std::vector<std::string> warnings_about(Descriptor d, unsigned level) {
  Warnings warnings;
  switch (kind_of(d, level)) {
    case Kind::table: warn_of_table(d, level, warnings); break;
    case Kind::block:
    case Kind::page: warn_of_leaf(d, level, warnings); break;
    case Kind::invalid: warn_of_invalid(d, level, warnings); break;
  }
  return warnings.take();
}

}  // namespace lpaemu::mmu
