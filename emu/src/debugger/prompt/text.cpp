#include "text.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <ranges>

#include "code_view.h"
#include "lpaemu/emu/debugger/commands.h"
#include "lpaemu/emu/debugger/expression.h"
#include "lpaemu/emu/trace/fault_lines.h"
#include "lpaemu/kernel_model/proc/mm_files.h"
#include "lpaemu/kernel_model/syscalls/syscall.h"
#include "lpaemu/kernel_model/task/signal.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::emu {
namespace commands {

FrameRegisters innermost_frame(Debugger& debugger) {
  FrameRegisters frame;
  std::ranges::copy(debugger.registers().r, frame.r.begin());
  return frame;
}

std::string describe_register(std::string_view name, const OtherRegister& reg) {
  if (name.starts_with('q')) return fmt::format("{:#018x}{:016x}", reg.high, reg.value);
  constexpr unsigned per_digit = 4;
  const std::string hex = fmt::format("{:#0{}x}", reg.value, reg.bits / per_digit + 2);
  if (name.starts_with('s'))
    return fmt::format("{} ({})", hex, std::bit_cast<float>(static_cast<std::uint32_t>(reg.value)));
  return name.starts_with('d') ? fmt::format("{} ({})", hex, std::bit_cast<double>(reg.value)) : hex;
}

std::string syscall_name(std::uint32_t number) {
  const kernel::SyscallRow* row = kernel::find_syscall(number);
  return fmt::format("{} ({})", row == nullptr ? "unknown" : row->name, number);
}

std::string describe_vma(kernel::mm_struct& mm, VirtAddr va) {
  const kernel::vm_area* vma = mm.vma_lookup(va);
  if (vma == nullptr) return "none";
  const std::string name = kernel::vma_name(mm, *vma);
  return fmt::format("{}-{} {} {}{}", mmu::to_string(vma->vm_start), mmu::to_string(vma->vm_end),
                     kernel::vma_rights(vma->vm_flags), name.empty() ? "anon" : name,
                     vma->is(kernel::VM_SOFTDIRTY) ? ", VM_SOFTDIRTY" : "");
}

bool is_mapping_name(std::string_view text) {
  return text.starts_with('[') || text.find('/') != std::string_view::npos;
}

Expected<std::vector<kernel::VirtRange>, Error> mappings_called(std::string_view name, kernel::mm_struct& mm) {
  std::vector<kernel::VirtRange> found;
  for (const auto& [start, vma] : mm.vmas())
    if (kernel::vma_name(mm, vma) == name) found.push_back(vma.range());
  if (found.empty()) return unexpected(Error{fmt::format("no mapping is called '{}'; see info vmas", name)});
  return found;
}

Expected<kernel::VirtRange, Error> evaluate_pages(std::string_view text, Debugger& debugger) {
  LPAEMU_TRY(range, evaluate_range(text, debugger, 1, SymbolRange::whole));
  const VirtAddr start = range.start.page();
  const VirtAddr end = (range.end - 1U).page() + mmu::PAGE_SIZE;  // 0: beyond the top
  if (range.end - 1U >= kernel::TASK_SIZE)
    return unexpected(Error{fmt::format("{} lies above the user's half", mmu::to_string(range.end - 1U))});
  return kernel::VirtRange{start, end};
}

Expected<std::vector<kernel::VirtRange>, Error> evaluate_region(std::string_view text, Debugger& debugger) {
  if (is_mapping_name(text)) return mappings_called(text, debugger.mm());
  LPAEMU_TRY(pages, evaluate_pages(text, debugger));
  return std::vector{pages};
}

std::string describe_pages(kernel::VirtRange pages) {
  return fmt::format("{}-{}, {} page{}", mmu::to_string(pages.start), mmu::to_string(pages.end), pages.pages(),
                     pages.pages() == 1 ? "" : "s");
}

std::string describe_pte(mmu::Pte pte) { return mmu::pte_none(pte) ? "none" : mmu::describe(pte); }

std::string describe_phase(Debugger& debugger, const kernel::Event& event) {
  using kernel::EventKind;
  const auto change = [&] { return fmt::format("{:#018x} -> {:#018x}", event.value_before, event.value_after); };
  switch (event.kind) {
    case EventKind::FaultRaised: return "raised: nothing was done yet";
    case EventKind::VmaFound: return "vma-found: " + describe_vma(debugger.mm(), event.address);
    case EventKind::Decided: return fmt::format("decided: {}", verdict_name(event.verdict));
    case EventKind::PteWritten:
      return fmt::format("pte-written: {} {}: {}", mmu::to_string(event.address), change(),
                         mmu::describe_changes(mmu::Pte{event.value_before}, mmu::Pte{event.value_after}));
    case EventKind::TableWritten: return fmt::format("table-written: level {}, {}", event.level, change());
    case EventKind::TlbInvalidated:
      return event.scope == kernel::TlbScope::page
                 ? fmt::format("tlb-invalidated: TLBIMVA {}", mmu::to_string(event.address.page()))
                 : "tlb-invalidated: TLBIASID";
    case EventKind::Returned:
      return fmt::format("returned: {}, {}", verdict_name(event.verdict),
                         debugger.injecting()      ? "and no instruction is retried: the access was injected"
                         : is_fatal(event.verdict) ? "a signal follows"
                                                   : "the instruction is retried next");
    default: return "?";
  }
}

}  // namespace commands

namespace {

std::string hex_bytes(const std::vector<std::byte>& bytes) {
  constexpr std::size_t most = 16;
  std::string text;
  if (bytes.empty()) return "not there";
  if (bytes.size() <= sizeof(std::uint64_t)) {  // as a number
    for (const std::byte byte : std::views::reverse(bytes)) text += fmt::format("{:02x}", std::to_integer<int>(byte));
    return "0x" + text;
  }
  for (std::size_t i = 0; i < std::min(most, bytes.size()); ++i)
    text += fmt::format("{}{:02x}", i == 0 ? "" : " ", std::to_integer<int>(bytes[i]));
  return text + (bytes.size() > most ? " ..." : "");
}

/// "Breakpoint 1, ", "Watchpoints 1 and 2, "; a GDB's and temporary ones have no number.
std::string numbered(std::string_view kind, const std::vector<int>& points) {
  std::string list;
  for (const int number : points)
    if (number != 0) list += fmt::format("{}{}", list.empty() ? "" : ",", number);
  return list.empty() ? std::string{} : fmt::format("{} {}: ", kind, list);
}

struct Part {
  std::size_t first, end;
};
/// The part of a watched range, from its start, that an access has touched; all of a small one.
Part shown_part(const WatchHit& hit) {
  constexpr std::size_t small = 16;
  const std::size_t size = hit.after.size();
  if (size <= small || hit.before.size() != size) return {0, size};
  if (hit.syscall) {
    const auto changed = std::ranges::mismatch(hit.before, hit.after).in1 - hit.before.begin();
    return {static_cast<std::size_t>(changed), size};
  }
  const VirtAddr from = std::max(hit.access.va, hit.va), to = hit.access.va + hit.access.size;
  return {from - hit.va, std::min<std::size_t>(to - hit.va, size)};
}

std::string describe_watch(Debugger& debugger, const StopEvent& event) {
  const WatchHit& hit = *event.watch;
  const auto [first, end] = shown_part(hit);
  std::string text = numbered("Watchpoint", event.points);
  if (hit.syscall) {
    text +=
        fmt::format("the kernel wrote to {}, in {}", with_symbol(hit.va + static_cast<std::uint32_t>(first), debugger),
                    commands::syscall_name(*hit.syscall));
  } else {
    text += fmt::format("{} of {} byte{} at {} by {}", mmu::to_string(hit.access.access), hit.access.size,
                        hit.access.size == 1 ? "" : "s", with_symbol(hit.access.va, debugger),
                        with_symbol(hit.pc, debugger));
  }
  const auto part = [first = first, end = end](const std::vector<std::byte>& bytes) {
    const auto at = [&bytes](std::size_t index) {
      return bytes.begin() + static_cast<std::ptrdiff_t>(std::min(index, bytes.size()));
    };
    return hex_bytes({at(first), at(end)});
  };
  if (hit.before == hit.after) return text + fmt::format("\n  value {}\n", part(hit.after));
  return text + fmt::format("\n  old value {}\n  new value {}\n", part(hit.before), part(hit.after));
}

std::string describe_fault(Debugger& debugger, const StopEvent& event) {
  const Debugger::CurrentFault& fault = debugger.current_fault();
  if (event.phase->kind != kernel::EventKind::FaultRaised)
    return numbered("Catchpoint", event.points) + "phase " + commands::describe_phase(debugger, *event.phase) + "\n";
  return fmt::format("{}fault: {} of {} by {}, {}\nphase {}\n", numbered("Catchpoint", event.points),
                     mmu::to_string(fault.fault.access), with_symbol(fault.fault.va, debugger),
                     debugger.injecting() ? "the debugger"
                     : event.phase->origin.kernel
                         ? "the kernel in " + commands::syscall_name(event.phase->origin.syscall)
                         : "the instruction",
                     verdict_name(fault.verdict), commands::describe_phase(debugger, *event.phase));
}

std::string describe_pte_change(const StopEvent& event) {
  const PteChange& change = *event.pte;
  return fmt::format("{}the PTE of {} changed, in {}\n  {:#018x} -> {:#018x}: {}\n",
                     numbered("Catchpoint", change.points), mmu::to_string(change.page),
                     commands::syscall_name(change.syscall), change.before.raw(), change.after.raw(),
                     mmu::describe_changes(change.before, change.after));
}

std::string describe_signal(const StopEvent& event) {
  const kernel::siginfo& info = *event.signal;
  const std::string_view code = kernel::signal_code_name(info.signo, info.code);
  return fmt::format("{}The guest gets {}{} at {}\n", numbered("Catchpoint", event.points),
                     kernel::signal_name(info.signo), code.empty() ? std::string{} : fmt::format(" ({})", code),
                     mmu::to_string(info.addr));
}

std::string describe_exit(Debugger& debugger) {
  const kernel::ExitReport& report = debugger.machine().kernel().exit_report();
  if (report.killed) return fmt::format("The guest was killed by {}.\n", kernel::signal_name(report.info.signo));
  return fmt::format("The guest exited with status {}.\n", report.status);
}

/// A step, or what it has planted, that ends because of Ctrl-C.
std::string asked_for(const StopEvent& event) {
  const bool step = std::ranges::all_of(event.points, [](int number) { return number == 0; });
  return step && event.asked_for ? "Interrupted.\n" : "";
}

std::string why(Debugger& debugger, const StopEvent& event) {
  switch (event.kind) {
    case StopKind::breakpoint: return numbered("Breakpoint", event.points) + asked_for(event);
    case StopKind::watchpoint: return describe_watch(debugger, event);
    case StopKind::fault: return describe_fault(debugger, event);
    case StopKind::pte_change: return describe_pte_change(event);
    case StopKind::syscall_entry:
      return numbered("Catchpoint", event.points) + "call of " + commands::syscall_name(event.syscall) + "\n";
    case StopKind::syscall_return:
      return fmt::format("{}return of {}: {:#x}\n", numbered("Catchpoint", event.points),
                         commands::syscall_name(event.syscall), event.result);
    case StopKind::signal: return describe_signal(event);
    case StopKind::refs_cleared:
      return fmt::format("{}clear_refs has run, in {}: no page is soft-dirty\n", numbered("Catchpoint", event.points),
                         commands::syscall_name(event.syscall));
    case StopKind::exiting:
      return fmt::format("{}call of {}: the guest is about to exit with status {}\n",
                         numbered("Catchpoint", event.points), commands::syscall_name(event.syscall), event.result);
    case StopKind::injected: return "The injected access was handled; the guest stands where it stood.\n";
    case StopKind::interrupted: return "Interrupted.\n";
    case StopKind::stepped: return asked_for(event);
    case StopKind::started:
    case StopKind::exited: break;
  }
  return {};
}

std::string failed_conditions(const StopEvent& event) {
  std::string text;
  for (const ConditionFailure& failure : event.condition_failures)
    text += fmt::format("The condition of {} cannot be evaluated: {}\n", failure.point, failure.why);
  return text;
}

std::string where(Debugger& debugger) {
  const VirtAddr pc = debugger.registers().pc();
  const std::string line = debugger.machine().code().source_line(pc);
  return fmt::format("{}{}\n", with_symbol(pc, debugger), line.empty() ? "" : " " + line);
}

}  // namespace

std::string describe_stop(Debugger& debugger, const StopEvent& event) {
  if (event.kind == StopKind::exited) return describe_exit(debugger);
  const kernel::UserRegisters at = debugger.registers();
  return fmt::format("{}{}{}=> {}\n", failed_conditions(event), why(debugger, event), where(debugger),
                     debugger.machine().code().explained_at(at.pc(), instruction_set(at)));
}

std::string describe_stop_and_code(Debugger& debugger, const StopEvent& event) {
  const bool later_phase = event.kind == StopKind::fault && event.phase->kind != kernel::EventKind::FaultRaised;
  if (later_phase || event.kind == StopKind::exited) return describe_stop(debugger, event);
  return failed_conditions(event) + why(debugger, event) + where(debugger) + describe_code(debugger);
}

}  // namespace lpaemu::emu
