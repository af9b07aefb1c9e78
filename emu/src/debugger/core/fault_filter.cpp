#include "lpaemu/emu/debugger/fault_filter.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "lpaemu/emu/trace/fault_lines.h"

namespace lpaemu::emu {
namespace {

using kernel::Verdict;
using mmu::FaultKind;

constexpr std::array verdicts{Verdict::first_touch, Verdict::zero_page,     Verdict::file_page,   Verdict::file_cow,
                              Verdict::soft_dirty,  Verdict::make_writable, Verdict::cow,         Verdict::access_flag,
                              Verdict::swap_in,     Verdict::spurious,      Verdict::segv_maperr, Verdict::segv_accerr,
                              Verdict::bus_adrerr,  Verdict::bus_adraln,    Verdict::bus_other,   Verdict::trap_debug,
                              Verdict::oom};

/// Names for more than one verdict, and for what the MMU reported.
struct Group {
  std::string_view name;
  bool (*matches)(FaultKind kind, Verdict verdict);
};
constexpr std::array groups{
    Group{"any", [](FaultKind, Verdict) { return true; }},
    Group{"translation", [](FaultKind kind, Verdict) { return kind == FaultKind::translation; }},
    Group{"permission", [](FaultKind kind, Verdict) { return kind == FaultKind::permission; }},
    Group{"access-flag", [](FaultKind kind, Verdict) { return kind == FaultKind::access_flag; }},
    Group{"swap", [](FaultKind, Verdict verdict) { return verdict == Verdict::swap_in; }},
    Group{"segv", [](FaultKind,
                     Verdict verdict) { return verdict == Verdict::segv_maperr || verdict == Verdict::segv_accerr; }},
    Group{"bus",
          [](FaultKind, Verdict verdict) {
            return verdict == Verdict::bus_adrerr || verdict == Verdict::bus_adraln || verdict == Verdict::bus_other;
          }},
};

const Group* find_group(std::string_view name) {
  const auto found = std::ranges::find(groups, name, &Group::name);
  return found == groups.end() ? nullptr : &*found;
}

}  // namespace

bool is_of_kind(std::string_view kind, const mmu::Fault& fault, Verdict verdict) {
  if (const Group* group = find_group(kind)) return group->matches(fault.kind, verdict);
  return verdict_name(verdict) == kind;
}

bool FaultFilter::matches(const mmu::Fault& fault, Verdict verdict) const {
  if (access && fault.access != *access) return false;
  return kind.empty() || is_of_kind(kind, fault, verdict);
}

bool is_fault_kind(std::string_view name) {
  return find_group(name) != nullptr || std::ranges::find(verdicts, name, verdict_name) != verdicts.end();
}

std::string fault_kinds() {
  std::string all;
  for (const Group& group : groups) all += std::string{group.name} + " ";
  for (const Verdict verdict : verdicts)
    if (find_group(verdict_name(verdict)) == nullptr) all += std::string{verdict_name(verdict)} + " ";
  all.pop_back();
  return all;
}

}  // namespace lpaemu::emu
