#include "lpaemu/mmu/remedy.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/format.h"
#include "lpaemu/mmu/linux_pmd.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {
namespace {

struct Steps final : WalkObserver {
  std::vector<WalkStep> seen;
  void on_step(const WalkStep& step) override { seen.push_back(step); }
};

TranslationRegisters with_ttbcr(TranslationRegisters registers, Ttbcr ttbcr) {
  registers.ttbcr = ttbcr;
  return registers;
}

/// Whether TTBCR lets a walk of `va` begin.
bool starts(const TranslationRegisters& registers, Ttbcr ttbcr, VirtAddr va) {
  return Regime{with_ttbcr(registers, ttbcr)}.start(va) != nullptr;
}

/// Follows one access and writes down every obstacle that it would meet one after the other.
class Diagnosis {
 public:
  Diagnosis(const PhysicalMemory& memory, VirtAddr va, Access access, Privilege privilege)
      : memory_{memory}, va_{va}, access_{access}, privilege_{privilege} {}

  std::vector<Remedy> run(const Regime& regime) {
    Steps steps;
    const auto found = walk(memory_, regime, va_, access_, privilege_, &steps);
    if (found) return std::move(remedies_);
    if (regime.start(va_) == nullptr) return no_start(regime.registers());

    for (const WalkStep& step : steps.seen) {
      if (step.kind != Kind::table) continue;
      limits_.narrow(step.descriptor);
      check_table(step);
    }
    if (found.error().kind == FaultKind::external_abort_on_walk) {
      no_memory(found.error().level,
                steps.seen.empty() ? regime.start(va_)->entry_of(va_) : entry_below(steps.seen.back()));
      return std::move(remedies_);
    }
    const WalkStep& last = steps.seen.back();
    if (last.kind != Kind::invalid)
      check_leaf(regime, last, last.descriptor);
    else if (const Remedy& made = check_invalid(last); made.place == RemedyPlace::descriptor)
      check_leaf(regime, last, made.apply(last.descriptor));
    return std::move(remedies_);
  }

 private:
  [[nodiscard]] PhysAddr entry_below(const WalkStep& step) const {
    return WalkStart{next_table(step.descriptor), step.level + 1, bits_per_level}.entry_of(va_);
  }

  const Remedy& add(Obstacle obstacle, RemedyPlace place, std::uint64_t clear, std::uint64_t set, std::string text) {
    return remedies_.emplace_back(Remedy{obstacle, place, 0, PhysAddr{}, clear, set, std::move(text)});
  }
  const Remedy& add(Obstacle obstacle, const WalkStep& step, std::uint64_t clear, std::uint64_t set, std::string text) {
    return remedies_.emplace_back(
        Remedy{obstacle, RemedyPlace::descriptor, step.level, step.entry, clear, set, std::move(text)});
  }

  /// The walk does not begin: the gap between the regions, or EPDx. [armv7 B3.6.4] [lpae-mmu M-7, M-8]
  std::vector<Remedy> no_start(const TranslationRegisters& registers) {
    Ttbcr ttbcr = registers.ttbcr;
    if (const Ttbcr walking = TTBCR::EPD0.with(TTBCR::EPD1.with(ttbcr, false), false); !starts(registers, walking, va_))
      ttbcr = close_gap(registers, walking);
    if (starts(registers, ttbcr, va_)) return std::move(remedies_);

    const bool by_ttbr0 = starts(registers, TTBCR::EPD0.with(ttbcr, false), va_);
    const std::uint64_t epd = by_ttbr0 ? TTBCR::EPD0.mask : TTBCR::EPD1.mask;
    const unsigned number = by_ttbr0 ? 0 : 1;
    const Remedy& walks_on = add(Obstacle::walks_off, RemedyPlace::ttbcr, epd, 0,
                                 fmt::format("TTBCR.EPD{}=1: walks by TTBR{} are off: clear it", number, number));
    if (remedies_.size() > 1) return std::move(remedies_);  // behind a gap: another table
    return run(Regime{with_ttbcr(registers, walks_on.apply(ttbcr))});
  }

  /// Answers TTBCR with the smallest change of T0SZ that covers the VA.
  Ttbcr close_gap(const TranslationRegisters& registers, Ttbcr walking) {
    constexpr std::uint32_t highest = std::numeric_limits<std::uint32_t>::max();
    const auto covering = [&](auto field) {
      unsigned size = field.get(walking) - 1;  // the gap is there only when both fields are more than 0
      while (!starts(registers, field.with(walking, size), va_)) --size;
      return size;
    };
    const unsigned t0sz = covering(TTBCR::T0SZ);
    const VirtAddr t0_last{highest >> TTBCR::T0SZ.get(walking)};
    const VirtAddr t1_first{~(highest >> TTBCR::T1SZ.get(walking))};
    return add(Obstacle::region_gap, RemedyPlace::ttbcr, TTBCR::T0SZ.mask, TTBCR::T0SZ.with(Ttbcr{}, t0sz).raw(),
               fmt::format("the VA lies in the gap between TTBR0's region, up to {}, and TTBR1's, from {}: "
                           "T0SZ={} or T1SZ={} covers it",
                           t0_last, t1_first, t0sz, covering(TTBCR::T1SZ)))
        .apply(registers.ttbcr);
  }

  void no_memory(unsigned level, PhysAddr entry) {
    remedies_.push_back(
        {Obstacle::no_memory, RemedyPlace::none, level, entry, 0, 0,
         fmt::format("no memory at {} for the level {} table: give the memory that holds it", entry, level)});
  }

  /// Limits of the tables on the way. [armv7 B3.7.1] [lpae-mmu M-21]
  void check_table(const WalkStep& step) {
    const auto check = [&](auto field, Obstacle obstacle, std::string_view what) {
      if (!field.get(step.descriptor)) return;
      add(obstacle, step, field.mask, 0,
          fmt::format("{} below the level {} table descriptor: clear it", what, step.level));
    };
    if (privilege_ == Privilege::pl0) check(table::APTable0, Obstacle::ap_table0, "APTable[0]=1 forbids PL0 access");
    if (access_ == Access::write) check(table::APTable1, Obstacle::ap_table1, "APTable[1]=1 forbids writes");
    if (access_ != Access::execute) return;
    check(table::XNTable, Obstacle::xn_table, "XNTable=1 forbids fetches");
    if (privilege_ == Privilege::pl1) check(table::PXNTable, Obstacle::pxn_table, "PXNTable=1 forbids PL1 fetches");
  }

  /// Why the entry is invalid. Linux's PROT_NONE and the reserved type have a remedy of their own.
  const Remedy& check_invalid(const WalkStep& step) {
    const Descriptor d = step.descriptor;
    if (step.level == last_level && leaf::VALID.get(d))
      return add(Obstacle::reserved_type, step, 0, leaf::TYPE.mask,
                 "level 3 entry has the reserved type 01: set bit 1 to make it a page");
    const bool page = step.level == last_level && leaf::TYPE.get(d);
    const bool section = step.level == pmd_level && !leaf::TYPE.get(d);
    if ((page || section) && leaf::NONE.get(d))
      return add(Obstacle::prot_none, step, leaf::NONE.mask, leaf::VALID.mask,
                 fmt::format("level {} entry is {} (NONE=1, VALID=0): set VALID and clear NONE", step.level,
                             page ? "PROT_NONE" : "a PROT_NONE section"));
    std::string text = fmt::format("level {} entry is invalid: make it a {}", step.level,
                                   step.level == last_level ? "page" : "table or block");
    if (is_swap_entry(d, step.level)) text += " (it is not 0: Linux keeps swap entries like this)";
    return remedies_.emplace_back(
        Remedy{Obstacle::invalid_entry, RemedyPlace::none, step.level, step.entry, 0, 0, std::move(text)});
  }

  /// Linux derives AP[2] when it stores an entry. It has no blocks at level 1, and would hide one with NONE.
  /// [linux-lpae-pte 6, 7]
  static std::string clear_ap2(unsigned level, Descriptor d) {
    const Pte pte{d.raw()};
    if (level < pmd_level || L_PTE_NONE.get(pte)) return "AP[2]=1: clear it";
    const std::string_view store = level == last_level ? "set_pte_ext" : "set_pmd_at";
    if (pte_dirty(pte) && pte_write(pte))
      return fmt::format("AP[2]=1 is stale, DIRTY=1 and RDONLY=0: clear it, or store the entry again through {}",
                         store);
    return fmt::format("AP[2]=1: clear it, or {}{}{} and store the entry again through {}",
                       pte_dirty(pte) ? "" : "set DIRTY", pte_dirty(pte) || pte_write(pte) ? "" : ", ",
                       pte_write(pte) ? "" : "clear RDONLY", store);
  }

  /// In the order in which the faults would come. [lpae-mmu 7.3]
  void check_leaf(const Regime& regime, const WalkStep& step, Descriptor d) {
    if (!leaf::AF.get(d)) add(Obstacle::access_flag, step, 0, leaf::AF.mask, "AF=0: set AF");
    if (privilege_ == Privilege::pl0 && !leaf::AP1.get(d))
      add(Obstacle::ap1, step, 0, leaf::AP1.mask, "AP[1]=0, no access for PL0: set it");
    if (access_ == Access::write && leaf::AP2.get(d))
      add(Obstacle::ap2, step, leaf::AP2.mask, 0, clear_ap2(step.level, d));
    if (access_ != Access::execute) return;
    if (leaf::XN.get(d)) add(Obstacle::xn, step, leaf::XN.mask, 0, "XN=1: clear it");
    if (privilege_ == Privilege::pl1 && leaf::PXN.get(d))
      add(Obstacle::pxn, step, leaf::PXN.mask, 0, "PXN=1: clear it");
    check_write_implies_xn(regime, d);
  }

  /// SCTLR.WXN and UWXN, as they bind once PL0 has got the access that it wants. [armv7 B3.7.2] [lpae-mmu 5.2]
  void check_write_implies_xn(const Regime& regime, Descriptor d) {
    if (leaf::AP2.get(d) || table::APTable1.get(limits_.passed())) return;
    const bool pl0_may_write = leaf::AP1.get(d) && !table::APTable0.get(limits_.passed());
    if (regime.wxn())
      add(Obstacle::wxn, RemedyPlace::sctlr, SCTLR::WXN.mask, 0,
          "SCTLR.WXN=1 and the memory is writable: set AP[2], or clear WXN");
    if (regime.uwxn() && privilege_ == Privilege::pl1 && pl0_may_write)
      add(Obstacle::uwxn, RemedyPlace::sctlr, SCTLR::UWXN.mask, 0,
          "SCTLR.UWXN=1 and PL0 may write the memory: set AP[2], clear AP[1], or clear UWXN");
  }

  const PhysicalMemory& memory_;
  VirtAddr va_;
  Access access_;
  Privilege privilege_;
  TableLimits limits_;
  std::vector<Remedy> remedies_;
};

}  // namespace

std::string_view to_string(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::region_gap: return "gap";
    case Obstacle::walks_off: return "EPD";
    case Obstacle::no_memory: return "no-memory";
    case Obstacle::invalid_entry: return "invalid";
    case Obstacle::reserved_type: return "reserved-type";
    case Obstacle::prot_none: return "PROT_NONE";
    case Obstacle::access_flag: return "AF";
    case Obstacle::ap1: return "AP1";
    case Obstacle::ap2: return "AP2";
    case Obstacle::xn: return "XN";
    case Obstacle::pxn: return "PXN";
    case Obstacle::ap_table0: return "APTable0";
    case Obstacle::ap_table1: return "APTable1";
    case Obstacle::xn_table: return "XNTable";
    case Obstacle::pxn_table: return "PXNTable";
    case Obstacle::wxn: return "WXN";
    case Obstacle::uwxn: return "UWXN";
  }
  return "?";
}

std::vector<Remedy> remedies_for(const PhysicalMemory& memory, const Regime& regime, VirtAddr va, Access access,
                                 Privilege privilege) {
  return Diagnosis{memory, va, access, privilege}.run(regime);
}

}  // namespace lpaemu::mmu
