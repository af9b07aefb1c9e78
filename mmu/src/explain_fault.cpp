#include "lpaemu/mmu/explain_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/field.h"

namespace lpaemu::mmu {
namespace {

enum class In : std::uint8_t { dfsr_only, both };

/// Codes first..last; those with a level count it from 0, the reserved one. [lpae-mmu 7.1]
struct Row {
  unsigned first;
  unsigned last;
  bool has_level;
  std::string_view name;
  std::string_view note;
  In registers = In::both;
};
constexpr std::array rows{
    Row{0b000000, 0b000011, false, "address size fault (ARMv8 only)", ""},
    Row{0b000100, 0b000111, true, "translation fault", "the entry is invalid, or no table covers the address"},
    Row{0b001000, 0b001011, true, "access flag fault", "AF = 0 in the leaf: software marks the page as used"},
    Row{0b001100, 0b001111, true, "permission fault", "the leaf, or a table above it, does not allow the access"},
    Row{0b010000, 0b010000, false, "synchronous external abort", "memory refused the access"},
    Row{0b010001, 0b010001, false, "asynchronous external abort",
        "an earlier access was refused; the address register is unknown", In::dfsr_only},
    Row{0b010100, 0b010111, true, "synchronous external abort on a table walk", "memory refused to read a descriptor"},
    Row{0b011000, 0b011000, false, "synchronous parity or ECC error", "memory returned damaged data"},
    Row{0b011001, 0b011001, false, "asynchronous parity or ECC error",
        "an earlier access met damaged data; the address register is unknown", In::dfsr_only},
    Row{0b011100, 0b011111, true, "synchronous parity or ECC error on a table walk", "a descriptor is damaged"},
    Row{0b100001, 0b100001, false, "alignment fault",
        "an unaligned access that is not allowed: SCTLR.A, the instruction, or Device memory", In::dfsr_only},
    Row{0b100010, 0b100010, false, "debug event", "a breakpoint, a watchpoint or BKPT"},
    Row{0b110000, 0b110000, false, "TLB conflict abort", "two TLB entries match the address"},
    Row{0b110100, 0b110100, false, "lockdown abort (implementation defined)", "a cache lockdown failed"},
    Row{0b110101, 0b110101, false, "unsupported exclusive or atomic access (ARMv8 only)", ""},
    Row{0b111010, 0b111010, false, "coprocessor abort (implementation defined)", "a coprocessor refused the access"},
    Row{0b111101, 0b111110, false, "domain fault (in PAR only, of a short-format translation)", ""},
};

/// Nothing for a reserved code.
const Row* row_of(unsigned status) {
  const auto* const row =
      std::ranges::find_if(rows, [status](const Row& r) { return r.first <= status && status <= r.last; });
  return row != rows.end() ? row : nullptr;
}

/// A line for each should-be-zero field that is not zero.
std::vector<std::string> reserved_bits(std::span<const FieldInfo> fields, std::uint32_t raw) {
  std::vector<std::string> lines;
  for (const FieldInfo& field : fields) {
    if (!field.name.starts_with("SBZ") || field.value_in(raw) == 0) continue;
    lines.push_back(field.width() == 1 ? fmt::format("bit [{}] should be zero", field.lo)
                                       : fmt::format("bits [{}:{}] should be zero", field.hi, field.lo));
  }
  return lines;
}

/// Requires: the word's own warnings, to which that of its format and status is added.
std::vector<std::string> with_format(std::vector<std::string> lines, bool lpae, unsigned status) {
  if (!lpae)
    lines.insert(lines.begin(),
                 "bit [9] (LPAE) = 0: a word of the short format, whose status bits mean something else; what follows "
                 "reads it as the long format");
  const StatusMeaning meaning = status_meaning(status);
  if (meaning.note.empty())
    lines.push_back(fmt::format("status {:#04x} is not one an ARMv7 core reports here", status));
  return lines;
}

}  // namespace

StatusMeaning status_meaning(unsigned status) {
  LPAEMU_ASSERT(status <= DFSR::STATUS.mask, "fault status {:#x}", status);
  const Row* const row = row_of(status);
  if (row == nullptr) return {"reserved", "", 0};
  if (!row->has_level) return {row->name, row->note, 0};
  const unsigned level = status - row->first;
  return {row->name, level == 0 ? std::string_view{} : row->note, level};
}

std::vector<std::string> warnings_about(Dfsr dfsr) {
  std::vector<std::string> lines = reserved_bits(DFSR::fields, dfsr.raw());
  if (DFSR::CM.get(dfsr) && !DFSR::WnR.get(dfsr))
    lines.emplace_back("CM = 1 with WnR = 0: cache maintenance and ATS operations report WnR = 1");
  return with_format(std::move(lines), DFSR::LPAE.get(dfsr), DFSR::STATUS.get(dfsr));
}

std::vector<std::string> warnings_about(Ifsr ifsr) {
  const unsigned status = IFSR::STATUS.get(ifsr);
  std::vector<std::string> lines = reserved_bits(IFSR::fields, ifsr.raw());
  if (const Row* const row = row_of(status); row != nullptr && row->registers == In::dfsr_only)
    lines.push_back(fmt::format("status {:#04x} is of DFSR only: no prefetch abort reports it", status));
  return with_format(std::move(lines), IFSR::LPAE.get(ifsr), status);
}

}  // namespace lpaemu::mmu
