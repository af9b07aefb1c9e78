#include "registers.h"

#include <fmt/format.h>

#include "lpaemu/emu/core_registers.h"
#include "lpaemu/emu/debugger/other_registers.h"

namespace lpaemu::emu::gdb {
namespace {

constexpr unsigned core_count = core_register_names.size();
constexpr unsigned cpsr_number = 25;  // 16 to 24 are those of an old coprocessor
constexpr unsigned first_vfp = cpsr_number + 1;
constexpr unsigned vfp_count = 32;
constexpr unsigned fpscr_number = first_vfp + vfp_count;
constexpr unsigned first_neon = fpscr_number + 1;
constexpr unsigned neon_count = vfp_count / 2;
constexpr unsigned first_system = first_neon + neon_count;
constexpr unsigned neon_bytes = 16;
constexpr unsigned bits_per_byte = 8;

/// GDB can make q0 to q15 up itself, but version 13 does not. The fields have the names that it would give them.
constexpr std::string_view neon_types = R"(    <vector id="v16u8" type="uint8" count="16"/>
    <vector id="v8u16" type="uint16" count="8"/>
    <vector id="v4u32" type="uint32" count="4"/>
    <vector id="v2u64" type="uint64" count="2"/>
    <vector id="v4f32" type="ieee_single" count="4"/>
    <vector id="v2f64" type="ieee_double" count="2"/>
    <union id="neon_q">
      <field name="u8" type="v16u8"/>
      <field name="u16" type="v8u16"/>
      <field name="u32" type="v4u32"/>
      <field name="u64" type="v2u64"/>
      <field name="f32" type="v4f32"/>
      <field name="f64" type="v2f64"/>
    </union>
)";

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
  rows.reserve(std::size_t{core_count} + 1 + vfp_count + 1 + neon_count);
  for (unsigned i = 0; i < core_count; ++i) rows.push_back({std::string{core_register_names[i]}, i, 4});
  rows.push_back({"cpsr", cpsr_number, 4});
  for (unsigned i = 0; i < vfp_count; ++i) rows.push_back({fmt::format("d{}", i), first_vfp + i, 8});
  rows.push_back({"fpscr", fpscr_number, 4});
  for (unsigned i = 0; i < neon_count; ++i) rows.push_back({fmt::format("q{}", i), first_neon + i, neon_bytes});
  unsigned number = first_system;
  for (const NamedRegister& reg : system_registers(debugger))
    rows.push_back({std::string{reg.name}, number++, reg.bits / bits_per_byte});
  return rows;
}

std::string target_xml(Debugger& debugger) {
  std::string core, vfp, neon{neon_types}, system;
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
    else if (row.number < first_system)
      neon += reg_line(row, "neon_q", " save-restore=\"no\"");  // its halves are saved and restored
    else
      // Read-only: a GDB must not write them back behind a function that it has called.
      system += reg_line(row, row.bytes == 8 ? "uint64" : "uint32", " save-restore=\"no\"");
  }
  return fmt::format(
      "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n"
      "  <architecture>arm</architecture>\n  <osabi>GNU/Linux</osabi>\n"
      "  <feature name=\"org.gnu.gdb.arm.core\">\n{}  </feature>\n"
      "  <feature name=\"org.gnu.gdb.arm.vfp\">\n{}  </feature>\n"
      "  <feature name=\"org.gnu.gdb.arm.neon\">\n{}  </feature>\n"
      "  <feature name=\"org.lpaemu.cp15\">\n{}  </feature>\n</target>\n",
      core, vfp, neon, system);
}

std::vector<RegisterValue> register_values(Debugger& debugger) {
  const kernel::UserRegisters registers = debugger.registers();
  const kernel::VfpRegisters vfp = debugger.machine().engine().vfp_registers();
  std::vector<RegisterValue> values;
  values.reserve(std::size_t{first_system});
  for (const std::uint32_t word : registers.r) values.push_back({word});
  values.push_back({registers.cpsr.raw()});
  for (const std::uint64_t word : vfp.d) values.push_back({word});
  values.push_back({vfp.fpscr});
  for (std::size_t i = 0; i < vfp.d.size(); i += 2) values.push_back({vfp.d[i], vfp.d[i + 1]});
  for (const NamedRegister& reg : system_registers(debugger)) values.push_back({reg.value});
  return values;
}

bool set_register(Debugger& debugger, unsigned number, RegisterValue value) {
  const auto word = static_cast<std::uint32_t>(value.low);
  if (number < core_count || number == cpsr_number) {
    kernel::UserRegisters registers = debugger.registers();
    if (number < core_count)
      registers.r[number] = word;
    else
      registers.cpsr = with_user_bits(registers.cpsr, mmu::Psr{word});
    debugger.set_registers(registers);
    return true;
  }
  if (number < first_vfp || number >= first_system) return false;
  kernel::VfpRegisters vfp = debugger.machine().engine().vfp_registers();
  if (number == fpscr_number) {
    vfp.fpscr = word;
  } else if (number < fpscr_number) {
    vfp.d[number - first_vfp] = value.low;
  } else {
    const std::size_t first_half = std::size_t{number - first_neon} * 2;
    vfp.d[first_half] = value.low;
    vfp.d[first_half + 1] = value.high;
  }
  debugger.machine().engine().set_vfp_registers(vfp);
  return true;
}

}  // namespace lpaemu::emu::gdb
