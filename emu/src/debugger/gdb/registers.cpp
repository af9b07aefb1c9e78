#include "registers.h"

#include <fmt/format.h>

#include "lpaemu/emu/core_registers.h"

namespace lpaemu::emu::gdb {
namespace {

constexpr unsigned core_count = core_register_names.size();
constexpr unsigned cpsr_number = 25;  // 16 to 24 are those of an old coprocessor
constexpr unsigned first_vfp = cpsr_number + 1;
constexpr unsigned vfp_count = 32;
constexpr unsigned fpscr_number = first_vfp + vfp_count;
constexpr unsigned first_system = fpscr_number + 1;
constexpr unsigned bits_per_byte = 8;

/// `wanted`, but what no user can change stays as in `now`: mode, masks, J.
mmu::Psr with_user_bits(mmu::Psr now, mmu::Psr wanted) {
  const auto keep = [&](const auto& field) { wanted = field.with(wanted, field.get(now)); };
  keep(mmu::PSR::M);
  keep(mmu::PSR::F);
  keep(mmu::PSR::I);
  keep(mmu::PSR::A);
  keep(mmu::PSR::SBZ_23_20);
  keep(mmu::PSR::J);
  return wanted;
}

std::vector<NamedRegister> system_registers(Debugger& debugger) {
  return named_registers(debugger.machine().cp15(), debugger.machine().exceptions());
}

/// `more`: further attributes, with a blank before.
std::string reg_line(const RegisterRow& row, std::string_view type, std::string_view more = "") {
  return fmt::format("    <reg name=\"{}\" bitsize=\"{}\" regnum=\"{}\" type=\"{}\"{}/>\n", row.name,
                     row.bytes * bits_per_byte, row.number, type, more);
}

}  // namespace

std::vector<RegisterRow> register_rows(Debugger& debugger) {
  std::vector<RegisterRow> rows;
  rows.reserve(std::size_t{core_count} + 1 + vfp_count);
  for (unsigned i = 0; i < core_count; ++i) rows.push_back({std::string{core_register_names[i]}, i, 4});
  rows.push_back({"cpsr", cpsr_number, 4});
  for (unsigned i = 0; i < vfp_count; ++i) rows.push_back({fmt::format("d{}", i), first_vfp + i, 8});
  rows.push_back({"fpscr", fpscr_number, 4});
  unsigned number = first_system;
  for (const NamedRegister& reg : system_registers(debugger))
    rows.push_back({std::string{reg.name}, number++, reg.bits / bits_per_byte});
  return rows;
}

std::string target_xml(Debugger& debugger) {
  std::string core, vfp, system;
  for (const RegisterRow& row : register_rows(debugger)) {
    if (row.number == core_count - 1)
      core += reg_line(row, "code_ptr");
    else if (row.number == core_count - 3)
      core += reg_line(row, "data_ptr");
    else if (row.number <= cpsr_number)
      core += reg_line(row, "uint32");
    else if (row.number < fpscr_number)
      vfp += reg_line(row, "ieee_double");
    else if (row.number == fpscr_number)
      vfp += reg_line(row, "uint32");
    else
      // Read-only: a GDB must not write them back behind a function that it has called.
      system += reg_line(row, row.bytes == 8 ? "uint64" : "uint32", " save-restore=\"no\"");
  }
  return fmt::format(
      "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n"
      "  <architecture>arm</architecture>\n  <osabi>GNU/Linux</osabi>\n"
      "  <feature name=\"org.gnu.gdb.arm.core\">\n{}  </feature>\n"
      "  <feature name=\"org.gnu.gdb.arm.vfp\">\n{}  </feature>\n"
      "  <feature name=\"org.lpaemu.cp15\">\n{}  </feature>\n</target>\n",
      core, vfp, system);
}

std::vector<std::uint64_t> register_values(Debugger& debugger) {
  const kernel::UserRegisters registers = debugger.registers();
  const kernel::VfpRegisters vfp = debugger.machine().engine().vfp_registers();
  std::vector<std::uint64_t> values(registers.r.begin(), registers.r.end());
  values.push_back(registers.cpsr.raw());
  values.insert(values.end(), vfp.d.begin(), vfp.d.end());
  values.push_back(vfp.fpscr);
  for (const NamedRegister& reg : system_registers(debugger)) values.push_back(reg.value);
  return values;
}

bool set_register(Debugger& debugger, unsigned number, std::uint64_t value) {
  const auto word = static_cast<std::uint32_t>(value);
  if (number < core_count || number == cpsr_number) {
    kernel::UserRegisters registers = debugger.registers();
    if (number < core_count)
      registers.r[number] = word;
    else
      registers.cpsr = with_user_bits(registers.cpsr, mmu::Psr{word});
    debugger.set_registers(registers);
    return true;
  }
  if (number < first_vfp || number > fpscr_number) return false;
  kernel::VfpRegisters vfp = debugger.machine().engine().vfp_registers();
  if (number == fpscr_number)
    vfp.fpscr = word;
  else
    vfp.d[number - first_vfp] = value;
  debugger.machine().engine().set_vfp_registers(vfp);
  return true;
}

}  // namespace lpaemu::emu::gdb
