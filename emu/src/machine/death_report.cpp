#include "lpaemu/emu/machine/death_report.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "lpaemu/emu/core_registers.h"
#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/proc/mm_files.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::emu {
namespace {

using kernel::ExitReport;

std::string code_name(const kernel::siginfo& info) {
  const std::string_view name = kernel::signal_code_name(info.signo, info.code);
  return name.empty() ? fmt::format("code {}", info.code) : std::string{name};
}

/// Whether a fault or an instruction raised the signal, so that si_addr means something.
bool has_address(const kernel::siginfo& info) { return info.code > 0 && info.code < 0x80; }

std::string first_line(const ExitReport& report, const CodeReader& code) {
  const kernel::siginfo& info = report.info;
  const std::string symbol = code.symbol(report.registers.pc());
  std::string line = fmt::format("lpaemu: guest killed by {} ({})", kernel::signal_name(info.signo),
                                 report.out_of_memory ? "out of memory: give it more with --mem" : code_name(info));
  if (has_address(info)) line += " at " + mmu::to_string(info.addr);
  line += " pc " + mmu::to_string(report.registers.pc());
  if (!symbol.empty()) line += " (" + symbol + ")";
  return line + "\n";
}

std::string detail(std::string_view name, std::string_view text) { return fmt::format("  {:<12} {}\n", name, text); }

std::string describe_vma(kernel::mm_struct& mm, VirtAddr address) {
  const kernel::vm_area* vma = mm.find_vma(address);
  if (vma == nullptr) return "none; nothing is mapped at or above it";
  const std::string name = kernel::vma_name(mm, *vma);
  const std::string what = fmt::format("{}-{} {} {}", mmu::to_string(vma->vm_start), mmu::to_string(vma->vm_end),
                                       kernel::vma_rights(vma->vm_flags), name.empty() ? "anon" : name);
  return vma->contains(address) ? what : "none; the next one above is " + what;
}

std::string fault_details(const ExitReport& report, kernel::mm_struct& mm) {
  std::string out;
  const kernel::siginfo& info = report.info;
  if (info.fsr != 0) {
    const mmu::Dfsr fsr{info.fsr};
    const bool fetch = mmu::IFSR::LNX_PF.get(mmu::Ifsr{info.fsr});
    const char* access = fetch ? "fetch" : mmu::DFSR::WnR.get(fsr) ? "write" : "read";
    out += detail("fault", fmt::format("{} on a {}, {} {:#x}", kernel::fsr_info(mmu::DFSR::STATUS.get(fsr)).name,
                                       access, fetch ? "IFSR" : "DFSR",
                                       fetch ? mmu::IFSR::LNX_PF.with(mmu::Ifsr{info.fsr}, false).raw() : info.fsr));
  }
  out += detail("mapping", describe_vma(mm, info.addr));
  if (const mmu::Pte pte = mm.pte_at(info.addr); mmu::pte_none(pte))
    out += detail("pte", "none");
  else
    out += detail("pte", mmu::describe(pte));
  return out;
}

std::string register_lines(const kernel::UserRegisters& registers) {
  std::string out;
  constexpr unsigned per_line = 4;
  for (unsigned i = 0; i < core_register_names.size(); i += per_line) {
    std::string line;
    for (unsigned j = i; j < i + per_line; ++j)
      line += fmt::format("{:>3} {:#010x}  ", core_register_names[j], registers.r[j]);
    out += detail(i == 0 ? "registers" : "", line.substr(0, line.size() - 2));
  }
  return out + detail("", fmt::format("cpsr {:#010x}", registers.cpsr.raw()));
}

}  // namespace

std::string death_report(const ExitReport& report, kernel::mm_struct& mm, CodeReader& code) {
  std::string out = first_line(report, code);
  if (!has_address(report.info) && !report.out_of_memory && report.note.empty()) return out;  // a signal it was sent
  const auto set = instruction_set(report.registers);
  const std::string source = code.source_line(report.registers.pc());
  out += detail("instruction", code.text_at(report.registers.pc(), set) + (source.empty() ? "" : "    " + source));
  if (has_address(report.info)) out += fault_details(report, mm);
  out += register_lines(report.registers);
  if (!report.note.empty()) out += detail("note", report.note);
  return out;
}

}  // namespace lpaemu::emu
