#include "lpaemu/mmu/print.h"

#include <fmt/format.h>

#include <iterator>
#include <ranges>

#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/format.h"

namespace lpaemu::mmu {
namespace {

/// Small numbers in decimal, the rest in hexadecimal.
std::string field_value(const FieldInfo& field, std::uint64_t raw) {
  constexpr std::uint64_t small = 10;
  const std::uint64_t value = field.value_in(raw);
  return value < small ? fmt::format("{}", value) : fmt::format("{:#x}", value);
}

std::string bit_range(const FieldInfo& field) {
  return field.width() == 1 ? fmt::format("[{}]", field.lo) : fmt::format("[{}:{}]", field.hi, field.lo);
}

}  // namespace

std::string to_string(PhysAddr pa) { return fmt::format("{}", pa); }
std::string to_string(VirtAddr va) { return fmt::format("{}", va); }

std::string_view to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::translation: return "translation";
    case FaultKind::access_flag: return "access flag";
    case FaultKind::permission: return "permission";
    case FaultKind::external_abort: return "external abort";
    case FaultKind::external_abort_on_walk: return "external abort on walk";
    case FaultKind::alignment: return "alignment";
    case FaultKind::debug_event: return "debug event";
    case FaultKind::tlb_conflict: return "TLB conflict";
  }
  return "?";
}

std::string_view to_string(Access access) {
  switch (access) {
    case Access::read: return "read";
    case Access::write: return "write";
    case Access::execute: return "fetch";
  }
  return "?";
}

std::string describe(const Fault& fault) {
  const std::string level = fault.level == 0 ? std::string{} : fmt::format("level {} ", fault.level);
  const std::string_view status_register = fault.access == Access::execute ? "IFSR" : "DFSR";
  return fmt::format("{}{} fault on a {} at {} ({} {:#x})", level, to_string(fault.kind), to_string(fault.access),
                     fault.va, status_register, fsr_word(fault));
}

std::string describe(Pte pte) {
  if (pte_none(pte)) return fmt::format("{} none", pte);
  if (!pte_present(pte)) return fmt::format("{} not present", pte);

  std::string text = fmt::format("{} {} r{}{}", pte, L_PTE_USER.get(pte) ? "user" : "kernel",
                                 pte_write(pte) ? 'w' : '-', pte_exec(pte) ? 'x' : '-');
  const auto flag = [&text](bool set, std::string_view name) {
    if (set) fmt::format_to(std::back_inserter(text), " {}", name);
  };
  flag(pte_protnone(pte), "PROT_NONE");
  flag(!pte_valid(pte), "invalid");
  flag(pte_dirty(pte), "dirty");
  flag(pte_young(pte), "young");
  flag(pte_soft_dirty(pte), "soft-dirty");
  flag(pte_special(pte), "special");
  flag(PTE_EXT_NG.get(pte), "nG");
  flag(PTE_AP2.get(pte), "AP2");
  return text + fmt::format(" SH={} mt={} pa={}", short_name(L_PTE_SHARED.get(pte)), L_PTE_MT.get(pte),
                            PhysAddr{pte_pfn(pte)});
}

std::string describe_fields(std::span<const FieldInfo> fields, std::uint64_t raw) {
  std::string text;
  for (const FieldInfo& field : fields) {
    if (field.value_in(raw) == 0) continue;
    fmt::format_to(std::back_inserter(text), "  {} {} = {}  {}\n", bit_range(field), field.name,
                   field_value(field, raw), field.meaning);
  }
  return text;
}

std::string describe_change(const FieldInfo& field, std::uint64_t before, std::uint64_t after) {
  return fmt::format("{} {}->{}", field.name, field_value(field, before), field_value(field, after));
}

std::string describe_changes(Pte before, Pte after) {
  std::string text;
  for (const FieldInfo& field : leaf::fields | std::views::reverse) {
    if (field.value_in(before.raw()) == field.value_in(after.raw())) continue;
    fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "" : ", ",
                   describe_change(field, before.raw(), after.raw()));
  }
  return text;
}

}  // namespace lpaemu::mmu
