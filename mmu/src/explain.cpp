#include "lpaemu/mmu/explain.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/fault.h"
#include "lpaemu/mmu/format.h"
#include "lpaemu/mmu/linux_pmd.h"
#include "lpaemu/mmu/linux_swap.h"
#include "lpaemu/mmu/permissions.h"
#include "lpaemu/mmu/print.h"
#include "lpaemu/mmu/proc_v7_3level.h"

namespace lpaemu::mmu {
namespace {

void check_level(unsigned level) { LPAEMU_ASSERT(level >= first_level && level <= last_level, "level {}", level); }

/// Gathers a line: plain appends, since millions of words are described in a row.
class Line {
 public:
  /// Words and decimal numbers, one behind the other.
  template <class... Parts>
  Line& add(const Parts&... parts) {
    (add_part(parts), ...);
    return *this;
  }
  /// ", " and the words, if `set`.
  Line& note(bool set, std::string_view words) { return set ? add(", ", words) : *this; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void add_part(std::string_view words) { text_ += words; }
  void add_part(char c) { text_ += c; }
  void add_part(unsigned number) { fmt::format_to(std::back_inserter(text_), FMT_COMPILE("{}"), number); }
  void add_part(PhysAddr address) { fmt::format_to(std::back_inserter(text_), FMT_COMPILE("{:#x}"), address.raw()); }
  void add_part(Pfn pfn) { fmt::format_to(std::back_inserter(text_), FMT_COMPILE("{:#x}"), pfn.raw()); }

  std::string text_;
};

/// "PL0 read/write".
void add_rights(Line& line, Permissions rights, Privilege privilege) {
  line.add(privilege == Privilege::pl0 ? "PL0" : "PL1");
  char separator = ' ';
  const auto add = [&](Access access, std::string_view word) {
    if (rights.allows(access, privilege)) line.add(std::exchange(separator, '/'), word);
  };
  add(Access::read, "read");
  add(Access::write, "write");
  add(Access::execute, "execute");
  if (separator == ' ') line.add(" no access");
}

std::string_view name_of(Sh sh) {
  switch (sh) {
    case Sh::non_shareable: return "non-shareable";
    case Sh::reserved: return "reserved shareability";
    case Sh::outer_shareable: return "outer shareable";
    case Sh::inner_shareable: return "inner shareable";
  }
  return "?";
}

/// Linux's name of AttrIndx. [linux-lpae-pte 2.3]
std::string_view linux_memory_name(unsigned attr_indx) {
  switch (static_cast<L_PTE_MT_TYPE>(attr_indx)) {
    case L_PTE_MT_TYPE::UNCACHED: return "UNCACHED";
    case L_PTE_MT_TYPE::BUFFERABLE: return "BUFFERABLE";
    case L_PTE_MT_TYPE::WRITETHROUGH: return "WRITETHROUGH";
    case L_PTE_MT_TYPE::WRITEBACK: return "WRITEBACK";
    case L_PTE_MT_TYPE::DEV_SHARED: return "DEV_SHARED";
    case L_PTE_MT_TYPE::WRITEALLOC: return "WRITEALLOC";
  }
  return "no memory type of Linux";
}

std::string hardware_leaf(Descriptor d, unsigned level) {
  const Permissions rights = permission_table(Sctlr{}).of(d, TableLimits{});
  const unsigned attr = leaf::AttrIndx.get(d);
  Line line;
  line.add(to_string(kind_of(d, level)), ", ");
  add_rights(line, rights, Privilege::pl0);
  line.add(", ");
  add_rights(line, rights, Privilege::pl1);
  return line.note(leaf::XN.get(d), "XN")
      .note(leaf::PXN.get(d), "PXN")
      .note(!leaf::AF.get(d), "AF = 0: every access is an access flag fault")
      .add(", ", name_of(leaf::SH.get(d)), ", AttrIndx ", attr, " ", describe_memory(mair_byte(linux_mair(), attr)))
      .add(" (Linux MAIR), PA ", output_address(d, VirtAddr{}, level))
      .add(leaf::nG.get(d) ? ", non-global" : ", global")
      .take();
}

std::string hardware_table(Descriptor d, unsigned level) {
  return Line{}
      .add("table of level ", level + 1, " at PA ", next_table(d))
      .note(table::APTable1.get(d), "read-only below (APTable[1])")
      .note(table::APTable0.get(d), "no PL0 access below (APTable[0])")
      .note(table::XNTable.get(d), "XN below (XNTable)")
      .note(table::PXNTable.get(d), "PXN below (PXNTable)")
      .note(table::NSTable.get(d), "Non-secure below (NSTable)")
      .take();
}

/// What becomes of an access, or of a write, that the state before does not tell. [linux-lpae-pte P-28]
std::string_view write_remark(Pte pte) {
  if (pte_protnone(pte)) return pte_valid(pte) ? ", PROT_NONE" : ", PROT_NONE: hidden from the hardware";
  if (!pte_valid(pte)) return ", hidden from the hardware: not valid";
  if (!PTE_AP2.get(pte)) return "";
  if (!pte_write(pte)) return ", a write faults: RDONLY";
  return pte_dirty(pte) ? "" : ", a write faults: clean";
}

/// A leaf of level 1, 2 or 3, without what becomes of a write.
Line leaf_state(Descriptor d, unsigned level) {
  const Pte pte{d.raw()};
  Line line;
  line.add(level == last_level ? "" : "section, ", L_PTE_USER.get(pte) ? "user" : "kernel")
      .add(pte_write(pte) ? " rw" : " r-", pte_exec(pte) ? 'x' : '-')
      .note(true, pte_dirty(pte) ? "dirty" : "clean")
      .note(true, pte_young(pte) ? "young" : "old")
      .note(pte_soft_dirty(pte), "soft-dirty")
      .note(pte_special(pte) && level == last_level, "special")
      .note(true, linux_memory_name(L_PTE_MT.get(pte)))
      .add(", pfn ", output_address(d, VirtAddr{}, level).pfn());
  return line;
}

std::string linux_leaf(Descriptor d, unsigned level) {
  return leaf_state(d, level).add(write_remark(Pte{d.raw()})).take();
}

std::string linux_swap(Pte pte) {
  const swp_entry_t entry = pte_to_swp_entry(pte);
  return fmt::format("swap entry: type {}, offset {:#x}{}{}", swp_type(entry), swp_offset(entry),
                     pte_swp_exclusive(pte) ? ", exclusive" : "", pte_swp_soft_dirty(pte) ? ", soft-dirty" : "");
}

/// Not zero and not valid, at level 1 or 2: there are no swap entries here. [linux-lpae-pte P-35]
std::string linux_invalid_upper(Descriptor d, unsigned level) {
  if (level != pmd_level || leaf::TYPE.get(d)) return "bad entry: neither none, a table nor a section";
  const std::string_view why = leaf::NONE.get(d) ? "PROT_NONE: hidden from the hardware" : "invalidated";
  return leaf_state(d, level).note(true, why).add("; pmd_present is false, pmd_trans_huge is true").take();
}

}  // namespace

bool is_swap_entry(Descriptor d, unsigned level) { return level == last_level && is_swap_pte(Pte{d.raw()}); }

std::span<const FieldInfo> fields_of(Descriptor d, unsigned level) {
  check_level(level);
  if (kind_of(d, level) == Kind::table) return table::fields;
  if (is_swap_entry(d, level)) return swp::fields;
  return leaf::fields;
}

std::string_view short_name(Sh sh) {
  switch (sh) {
    case Sh::non_shareable: return "non";
    case Sh::reserved: return "reserved";
    case Sh::outer_shareable: return "outer";
    case Sh::inner_shareable: return "inner";
  }
  return "?";
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::invalid: return "invalid";
    case Kind::table: return "table";
    case Kind::block: return "block";
    case Kind::page: return "page";
  }
  return "?";
}

std::string_view describe_memory(MairByte byte) {
  switch (memory_type(byte)) {
    case MemoryType::strongly_ordered: return "Strongly-ordered";
    case MemoryType::device: return "Device";
    case MemoryType::unpredictable: return "UNPREDICTABLE";
    case MemoryType::normal: break;
  }
  const MairCode inner = MAIR_ATTR::INNER.get(byte);
  if (inner == MairCode::non_cacheable) return "Normal non-cacheable";
  if (inner == MairCode::write_back_read_write_allocate) return "Normal write-back, write-allocate";
  // Each of the two cacheable kinds has four codes, for its allocation hints. [lpae-mmu M-25]
  constexpr auto last_write_through = static_cast<unsigned>(MairCode::write_through) + 3;
  return static_cast<unsigned>(inner) <= last_write_through ? "Normal write-through" : "Normal write-back";
}

std::string describe_hardware(Descriptor d, unsigned level) {
  check_level(level);
  switch (kind_of(d, level)) {
    case Kind::invalid:
      return fmt::format("invalid: translation fault, level {} (DFSR {:#x} on a read, {:#x} on a write)", level,
                         fsr_word({FaultKind::translation, level, VirtAddr{}, Access::read, Privilege::pl0}),
                         fsr_word({FaultKind::translation, level, VirtAddr{}, Access::write, Privilege::pl0}));
    case Kind::table: return hardware_table(d, level);
    case Kind::block:
    case Kind::page: return hardware_leaf(d, level);
  }
  return "?";
}

std::string describe_linux(Descriptor d, unsigned level) {
  check_level(level);
  const Pte pte{d.raw()};
  if (pte_none(pte)) return "none: nothing is mapped";
  if (level == last_level) return pte_present(pte) ? linux_leaf(d, level) : linux_swap(pte);
  switch (kind_of(d, level)) {
    case Kind::table:
      if (level == pmd_level) return fmt::format("page table at {}", next_table(d));
      return fmt::format("pmd table at {}{}", next_table(d), table::SWAPPER.get(d) ? ", swapper's (shared)" : "");
    case Kind::block: return linux_leaf(d, level);
    case Kind::invalid:
    case Kind::page: return linux_invalid_upper(d, level);
  }
  return "?";
}

}  // namespace lpaemu::mmu
