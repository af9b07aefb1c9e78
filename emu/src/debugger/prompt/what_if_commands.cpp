// Commands that change what the MMU and the kernel model see, or inject an access.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "handlers.h"
#include "lpaemu/emu/blanks.h"
#include "lpaemu/emu/debugger/expression.h"
#include "lpaemu/emu/debugger/what_if.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/mmu/print.h"
#include "text.h"

namespace lpaemu::emu::commands {
namespace {

Error set_pte_usage() { return Error{"set pte ADDR = VALUE, or set pte ADDR +FLAG -FLAG...; see `help set pte`"}; }

Expected<mmu::Pte, Error> pte_value(std::string_view text) {
  constexpr int hex = 16;
  text = trimmed(text);
  const std::string_view digits = text.starts_with("0x") ? text.substr(2) : std::string_view{};
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
    return unexpected(Error{fmt::format("'{}' is no 64-bit value in hex, 0x...", text)});
  return mmu::Pte{value};
}

bool is_flag_change(std::string_view word) {
  return word.size() > 1 && (word.front() == '+' || word.front() == '-') && word[1] >= 'a' && word[1] <= 'z';
}

Expected<mmu::Pte, Error> with_flag_changed(mmu::Pte pte, std::string_view change) {
  std::string names;
  for (const PteFlag& flag : pte_flags()) {
    if (flag.name == change.substr(1)) return change.front() == '+' ? flag.set(pte) : flag.clear(pte);
    names += fmt::format("{}{}", names.empty() ? "" : " ", flag.name);
  }
  return unexpected(Error{fmt::format("no flag '{}'; there are: {}", change.substr(1), names)});
}

CommandResult change_entry(Debugger& debugger, VirtAddr va, mmu::Pte pte) {
  const mmu::Pte before = debugger.mm().pte_at(va);
  LPAEMU_TRY(after, change_pte(debugger.mm(), va, pte));
  return says(fmt::format("{}: {:#018x} -> {:#018x}: {}\n", mmu::to_string(va.page()), before.raw(), after.raw(),
                          before == after ? "nothing changed" : mmu::describe_changes(before, after)));
}

/// Whether the handler of the fault at which the guest stands has pointers to mappings.
bool handler_holds_mappings(Debugger& debugger) {
  using kernel::EventKind;
  if (!debugger.at_fault()) return false;
  const kernel::Event& phase = *debugger.last_stop().phase;
  const bool outside = phase.kind == EventKind::FaultRaised || phase.kind == EventKind::VmaFound ||
                       phase.kind == EventKind::Decided || phase.kind == EventKind::Returned;
  return phase.origin.kernel || !outside;
}

/// "r-x"
std::optional<kernel::vm_flags_t> rights_of(std::string_view text) {
  constexpr std::string_view letters = "rwx";
  if (text.size() != letters.size()) return std::nullopt;
  kernel::vm_flags_t rights = 0, right = kernel::VM_READ;
  for (std::size_t i = 0; i < letters.size(); ++i, right <<= 1) {
    if (text[i] == letters[i])
      rights |= right;
    else if (text[i] != '-')
      return std::nullopt;
  }
  return rights;
}

/// All of the mapping at ADDR, or the pages of ADDR,LEN.
Expected<kernel::VirtRange, Error> pages_to_change(std::string_view place, Debugger& debugger) {
  if (place.find(',') != std::string_view::npos) return evaluate_pages(place, debugger);
  LPAEMU_TRY(at, evaluate(place, debugger));
  const kernel::vm_area* vma = debugger.mm().vma_lookup(VirtAddr{at});
  if (vma == nullptr) return unexpected(Error{fmt::format("nothing is mapped at {}", mmu::to_string(VirtAddr{at}))});
  return vma->range();
}

std::optional<mmu::Access> access_called(std::string_view word) {
  if (word == "r" || word == "read") return mmu::Access::read;
  if (word == "w" || word == "write") return mmu::Access::write;
  if (word == "x" || word == "exec") return mmu::Access::execute;
  return std::nullopt;
}

/// Takes the last word off.
std::string_view take_last_word(std::string_view& text) {
  const std::size_t blank = text.find_last_of(" \t");
  if (blank == std::string_view::npos) return {};
  const std::string_view word = text.substr(blank + 1);
  text = trimmed(text.substr(0, blank));
  return word;
}

}  // namespace

CommandResult do_set_pte(Debugger& debugger, std::string_view arguments) {
  if (const std::size_t equals = arguments.find('='); equals != std::string_view::npos) {
    LPAEMU_TRY(at, evaluate(arguments.substr(0, equals), debugger));
    LPAEMU_TRY(value, pte_value(arguments.substr(equals + 1)));
    return change_entry(debugger, VirtAddr{at}, value);
  }
  const auto all = words(arguments);
  const auto first = std::ranges::find_if(all, is_flag_change);
  if (first == all.begin() || first == all.end()) return unexpected(set_pte_usage());
  LPAEMU_TRY(at, evaluate(arguments.substr(0, static_cast<std::size_t>(first->data() - arguments.data())), debugger));
  mmu::Pte pte = debugger.mm().pte_at(VirtAddr{at});
  for (auto change = first; change != all.end(); ++change) {
    if (!is_flag_change(*change)) return unexpected(set_pte_usage());
    LPAEMU_TRY(changed, with_flag_changed(pte, *change));
    pte = changed;
  }
  return change_entry(debugger, VirtAddr{at}, pte);
}

CommandResult do_set_vma(Debugger& debugger, std::string_view arguments) {
  const std::string_view letters = take_last_word(arguments);
  const bool prot = take_last_word(arguments) == "prot";
  const auto rights = rights_of(letters);
  if (!prot || !rights) return unexpected(Error{"set vma ADDR[,LEN] prot RIGHTS, as in r-x or rw-"});
  LPAEMU_TRY(pages, pages_to_change(arguments, debugger));
  if (handler_holds_mappings(debugger))
    return unexpected(Error{"the handler is at work on the mappings; `set vma` before or after, at another phase"});
  LPAEMU_TRY_VOID(change_rights(debugger.mm(), pages, *rights));
  return says(describe_vma(debugger.mm(), pages.start) + "\n");
}

CommandResult do_force_fault(Debugger& debugger, std::string_view arguments) {
  const auto access = access_called(take_last_word(arguments));
  if (!access) return unexpected(Error{"force-fault ADDR r|w|x: a read, a write, a fetch"});
  if (debugger.at_fault()) return unexpected(Error{"a fault is being handled already; `finish-fault`, then `stepi`"});
  LPAEMU_TRY(at, evaluate(arguments, debugger));
  const auto fault = fault_of_access(debugger.mm(), VirtAddr{at}, *access);
  if (!fault)
    return says(fmt::format("No fault: the tables grant a {} of {}.\n", mmu::to_string(*access),
                            with_symbol(VirtAddr{at}, debugger)));
  debugger.inject(*fault);
  return Outcome{.text = {}, .resume = Resume{.kind = ResumeKind::phase}};
}

}  // namespace lpaemu::emu::commands
