#include "lpaemu/emu/trace/fault_lines.h"

#include <fmt/format.h>

#include "lpaemu/kernel_model/mm/vm_area.h"
#include "lpaemu/kernel_model/proc/mm_files.h"
#include "lpaemu/kernel_model/syscalls/syscall.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::emu {
namespace {

/// "[heap] rw-p", "busybox r-xp", "anon rw-p".
std::string describe(std::string name, const kernel::vm_area& vma) {
  name.erase(0, name.rfind('/') + 1);
  if (name.empty()) name = "anon";
  return fmt::format("{} {}", name, kernel::vma_rights(vma.vm_flags));
}

std::string kernel_origin(const kernel::Origin& origin) {
  const kernel::SyscallRow* row = kernel::find_syscall(origin.syscall);
  return fmt::format("(kernel, in {})", row != nullptr ? row->name : "no system call");
}

}  // namespace

std::string_view verdict_name(kernel::Verdict verdict) {
  using kernel::Verdict;
  switch (verdict) {
    case Verdict::none: return "none";
    case Verdict::first_touch: return "first-touch";
    case Verdict::zero_page: return "zero-page";
    case Verdict::file_page: return "file-page";
    case Verdict::file_cow: return "file-cow";
    case Verdict::soft_dirty: return "soft-dirty";
    case Verdict::make_writable: return "make-writable";
    case Verdict::cow: return "cow";
    case Verdict::access_flag: return "access-flag";
    case Verdict::swap_in: return "swap-in";
    case Verdict::spurious: return "spurious";
    case Verdict::segv_maperr: return "segv-maperr";
    case Verdict::segv_accerr: return "segv-accerr";
    case Verdict::bus_adrerr: return "bus-adrerr";
    case Verdict::bus_adraln: return "bus-adraln";
    case Verdict::bus_other: return "bus-other";
    case Verdict::trap_debug: return "trap-debug";
    case Verdict::oom: return "oom";
  }
  return "?";
}

void FaultLines::on_event(const kernel::Event& event) {
  using kernel::EventKind;
  if (event.kind == EventKind::FaultRaised) {
    current_ = Current{event, "no mapping", std::nullopt, mmu::Pte{}};
    return;
  }
  if (!current_) return;
  switch (event.kind) {
    case EventKind::VmaFound:
      if (event.vma != nullptr) current_->vma = describe(name_of_(*event.vma), *event.vma);
      break;
    case EventKind::PteWritten:
      if (event.address.page() != current_->raised.address.page()) break;
      if (!current_->before) current_->before = mmu::Pte{event.value_before};
      current_->after = mmu::Pte{event.value_after};
      break;
    case EventKind::Returned:
      sink_(line_of(*current_, event.verdict));
      current_.reset();
      break;
    default: break;
  }
}

std::string FaultLines::line_of(const Current& fault, kernel::Verdict verdict) {
  const kernel::Event& raised = fault.raised;
  const auto set = instruction_set(cpu_.user_registers());
  const std::string symbol = code_.symbol(raised.origin.pc);
  std::string line = fmt::format(
      "fault {:<3} {:<12} {:<5} {}  FSR {:#05x}  pc {}{}  {}  in {}", ++count_, verdict_name(verdict),
      mmu::to_string(raised.access), mmu::to_string(raised.address), raised.value_after,
      mmu::to_string(raised.origin.pc), symbol.empty() ? "" : " <" + symbol + ">",
      raised.origin.kernel ? kernel_origin(raised.origin) : code_.text_at(raised.origin.pc, set), fault.vma);
  if (fault.before) line += fmt::format("  pte {:#018x} -> {:#018x}", fault.before->raw(), fault.after.raw());
  return line;
}

}  // namespace lpaemu::emu
