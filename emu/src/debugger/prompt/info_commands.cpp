// info: the fault, the guest's registers, what happened before.
#include <fmt/format.h>

#include "code_view.h"
#include "handlers.h"
#include "lpaemu/emu/debugger/expression.h"
#include "lpaemu/emu/debugger/other_registers.h"
#include "lpaemu/emu/trace/fault_lines.h"
#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/proc/mm_files.h"
#include "lpaemu/kernel_model/syscalls/syscall.h"
#include "lpaemu/mmu/explain_fault.h"
#include "lpaemu/mmu/print.h"
#include "text.h"

namespace lpaemu::emu::commands {
namespace {

std::string row(std::string_view name, std::string_view text) { return fmt::format("{:<12} {}\n", name, text); }

std::string core_registers(const kernel::UserRegisters& registers, Debugger& debugger) {
  constexpr unsigned count = 13;
  std::string text;
  for (unsigned i = 0; i < count; ++i)
    text += row(fmt::format("r{}", i), fmt::format("{0:#010x}  {0}", registers.r[i]));
  text += row("sp", with_symbol(registers.sp(), debugger));
  text += row("lr", with_symbol(registers.lr(), debugger));
  text += row("pc", with_symbol(registers.pc(), debugger));
  return text + row("cpsr", fmt::format("{:#010x}  {}", registers.cpsr.raw(), registers.thumb() ? "Thumb" : "ARM"));
}

/// But s0 to s31 and q0 to q15, which are parts and pairs of others.
std::string other_registers(Debugger& debugger) {
  std::string text;
  for (const std::string& name : other_register_names())
    if (!name.starts_with('s') && !name.starts_with('q'))
      text += row(name, describe_register(name, *other_register(debugger.machine(), name)));
  return text;
}

std::string exception_registers(Debugger& debugger, mmu::Access access) {
  const ExceptionState& exceptions = debugger.machine().exceptions();
  const bool fetch = access == mmu::Access::execute;
  std::string text =
      fetch ? row("IFSR, IFAR", fmt::format("{:#x}, {}", exceptions.IFSR().raw(), mmu::to_string(exceptions.IFAR())))
            : row("DFSR, DFAR", fmt::format("{:#x}, {}", exceptions.DFSR().raw(), mmu::to_string(exceptions.DFAR())));
  if (const auto bank = exceptions.abt())
    text += row("abort mode", fmt::format("SPSR {:#010x}  LR {:#010x}", bank->SPSR.raw(), bank->LR));
  return text;
}

std::string by_whom(Debugger& debugger, const kernel::Origin& origin) {
  const std::string at = with_symbol(origin.pc, debugger);
  const std::string line = debugger.machine().code().source_line(origin.pc);
  const std::string where = at + (line.empty() ? "" : " " + line);
  return origin.kernel ? fmt::format("the kernel, in {} at {}", syscall_name(origin.syscall), where) : where;
}

std::string access_and_status(Debugger& debugger, mmu::Access access, VirtAddr va, std::uint32_t fsr, unsigned level) {
  const unsigned status = mmu::DFSR::STATUS.get(mmu::Dfsr{fsr});  // IFSR's is in the same place
  const std::span<const mmu::FieldInfo> fields =
      access == mmu::Access::execute ? std::span<const mmu::FieldInfo>{mmu::IFSR::fields} : mmu::DFSR::fields;
  return row("access", fmt::format("{} at {}", mmu::to_string(access), with_symbol(va, debugger))) +
         row("FSR", fmt::format("{:#x}: {}, level {}; handler {}", fsr, mmu::status_meaning(status).name, level,
                                kernel::fsr_info(status).name)) +
         mmu::describe_fields(fields, fsr);
}

/// `now`: what the entry's later state is called.
std::string mapping_and_pte(Debugger& debugger, VirtAddr va, mmu::Pte before, mmu::Pte after, std::string_view now) {
  std::string text = row("vma", describe_vma(debugger.mm(), va)) + row("pte before", describe_pte(before));
  if (after == before) return text;
  text += row(fmt::format("pte {}", now), describe_pte(after));
  return text + row("changed", mmu::describe_changes(before, after));
}

std::string describe_current_fault(Debugger& debugger) {
  const Debugger::CurrentFault& current = debugger.current_fault();
  const kernel::Event& phase = *debugger.last_stop().phase;
  const mmu::Fault& fault = current.fault;
  std::string text = row("phase", describe_phase(debugger, phase)) +
                     access_and_status(debugger, fault.access, fault.va, current.fsr, fault.level);
  if (!phase.origin.kernel) text += exception_registers(debugger, fault.access);
  text += row("verdict", verdict_name(current.verdict));
  const kernel::UserRegisters at = debugger.registers();
  const bool injected = debugger.injecting();
  text += row("by", injected ? "the debugger, by force-fault" : by_whom(debugger, phase.origin));
  if (!phase.origin.kernel && !injected)
    text += row("instruction", debugger.machine().code().explained_at(at.pc(), instruction_set(at)));
  return text + mapping_and_pte(debugger, fault.va, current.pte_before, debugger.mm().pte_at(fault.va), "now");
}

std::string describe_past_fault(Debugger& debugger, const PastFault& fault) {
  const kernel::Event& raised = fault.raised;
  const bool by_instruction = !raised.origin.kernel && fault.cause == Cause::guest;
  const std::string_view end = is_fatal(fault.returned.verdict) ? "was refused, by a signal" : "has been handled";
  std::string text = row("phase", fmt::format("none: fault {}, the last one, {}", fault.number, end)) +
                     access_and_status(debugger, raised.access, raised.address,
                                       static_cast<std::uint32_t>(raised.value_after), raised.level);
  if (by_instruction) text += exception_registers(debugger, raised.access);
  text += row("verdict", verdict_name(fault.returned.verdict));
  text += row("by", fault.cause == Cause::debugger ? "the debugger, by force-fault" : by_whom(debugger, raised.origin));
  if (by_instruction)
    text += row("instruction",
                debugger.machine().code().explained_at(raised.origin.pc, set_at(debugger, raised.origin.pc)));
  return text + mapping_and_pte(debugger, raised.address, mmu::Pte{fault.returned.value_before},
                                mmu::Pte{fault.returned.value_after}, "after");
}

}  // namespace

CommandResult do_info_registers(Debugger& debugger, std::string_view arguments) {
  const kernel::UserRegisters registers = debugger.registers();
  if (arguments.empty()) return says(core_registers(registers, debugger));
  const std::string core = core_registers(registers, debugger);
  if (arguments == "all") return says(core + other_registers(debugger));
  if (arguments.starts_with('$')) arguments.remove_prefix(1);
  for (std::size_t begin = 0; begin < core.size(); begin = core.find('\n', begin) + 1) {
    const std::string_view line = std::string_view{core}.substr(begin, core.find('\n', begin) + 1 - begin);
    if (words(line).front() == arguments) return says(std::string{line});
  }
  if (const auto other = other_register(debugger.machine(), arguments))
    return says(row(arguments, describe_register(arguments, *other)));
  return unexpected(Error{fmt::format("no register '{}'; see info registers all", arguments)});
}

CommandResult do_info_fault(Debugger& debugger, std::string_view /*arguments*/) {
  if (debugger.at_fault()) return says(describe_current_fault(debugger));
  const auto& faults = debugger.history().faults();
  if (faults.empty()) return unexpected(Error{"there was no fault since the debugger came; see `help catch fault`"});
  return says(describe_past_fault(debugger, faults.back()));
}

CommandResult do_info_faults(Debugger& debugger, std::string_view arguments) {
  std::size_t wanted = 10;
  if (!arguments.empty()) {
    LPAEMU_TRY(count, evaluate(arguments, debugger));
    wanted = count;
  }
  const auto& faults = debugger.history().faults();
  if (faults.empty()) return says("No faults since the debugger came.\n");
  std::string text = fmt::format("{:<6} {:<13} {:<6} {:<10}  {:<36} {}\n", "fault", "verdict", "access", "address",
                                 "pte before -> after", "pc");
  for (std::size_t i = faults.size() - std::min(wanted, faults.size()); i < faults.size(); ++i) {
    const PastFault& fault = faults[i];
    text += fmt::format("{:<6} {:<13} {:<6} {}  {:#018x}->{:#018x} {}{}\n", fault.number,
                        verdict_name(fault.returned.verdict), mmu::to_string(fault.raised.access),
                        mmu::to_string(fault.raised.address), fault.returned.value_before, fault.returned.value_after,
                        with_symbol(fault.raised.origin.pc, debugger),
                        fault.cause == Cause::debugger ? " force-fault"
                        : fault.raised.origin.kernel   ? " " + syscall_name(fault.raised.origin.syscall)
                                                       : "");
  }
  return says(text);
}

CommandResult do_info_who(Debugger& debugger, std::string_view arguments) {
  LPAEMU_TRY(at, evaluate(arguments, debugger));
  const VirtAddr page = VirtAddr{at}.page();
  const std::string name = mmu::to_string(page);
  const auto who = debugger.history().who_dirtied(page);
  if (!who) {
    const kernel::vm_area* vma = debugger.mm().vma_lookup(page);
    if (vma == nullptr) return says(fmt::format("{}: not mapped\n", name));
    if (mmu::pte_soft_dirty(debugger.mm().pte_at(page)))
      return says(fmt::format("{}: soft-dirty since before the debugger came\n", name));
    if (vma->is(kernel::VM_SOFTDIRTY) || vma->soft_dirty_added.contains(page))
      return says(fmt::format("{}: soft-dirty since mapping; nothing was written to it\n", name));
    return says(fmt::format("{}: not soft-dirty\n", name));
  }
  if (who->cause == Cause::debugger) return says(fmt::format("{}: the debugger, by a command\n", name));
  std::string text = fmt::format("{}: {}\n", name, by_whom(debugger, who->event.origin));
  text += fmt::format(
      "  lr {}, thread {}, event {}, time {} ns, {}\n", with_symbol(VirtAddr{who->lr & ~1U}, debugger), who->event.tid,
      who->event.sequence, who->event.time_ns,
      who->verdict == kernel::Verdict::none ? "no fault: a system call's own doing" : verdict_name(who->verdict));
  return says(text);
}

CommandResult do_info_symbol(Debugger& debugger, std::string_view arguments) {
  LPAEMU_TRY(at, evaluate(arguments, debugger));
  const std::string line = debugger.machine().code().source_line(VirtAddr{at});
  return says(with_symbol(VirtAddr{at}, debugger) + (line.empty() ? "" : " " + line) + "\n");
}

}  // namespace lpaemu::emu::commands
