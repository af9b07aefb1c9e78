#include "lpaemu/emu/engine/fault_address.h"

#include <algorithm>

#include "access_decoder.h"

namespace lpaemu::emu {
namespace {

/// LDRD without writeback: the forms with one may not load their base register. [armv7 A8.8.72 to 74]
bool is_offset_ldrd(const Encoding& e) {
  if (e.set == InstructionSet::thumb) return e.size == 4 && e.field(31, 20) == 0xe95 + (e.bit(23) ? 8 : 0);
  return e.field(31, 28) != 0xf && e.field(27, 25) == 0 && e.field(7, 4) == 0xd && e.bit(24) && !e.bit(21) &&
         !e.bit(20);
}

}  // namespace

DataAccesses data_accesses(const Encoding& encoding, const kernel::UserRegisters& registers) {
  if (!condition_passed(encoding, registers.cpsr)) return {};
  decode::Decoder decoder{encoding, registers};
  if (encoding.set == InstructionSet::arm)
    decode::arm(decoder);
  else
    decode::thumb(decoder);
  return decoder.accesses;
}

std::optional<VirtAddr> find_fault_address(const Encoding& encoding, const kernel::UserRegisters& registers,
                                           VirtAddr page, mmu::Access access) {
  const VirtAddr first_byte = page.page();
  for (const DataAccess& a : data_accesses(encoding, registers)) {
    if (a.access != access) continue;
    if (a.va.page() == first_byte) return a.va;
    if ((a.va + (a.size - 1)).page() == first_byte) return first_byte;  // straddles; the page before did not fault
  }
  return std::nullopt;
}

VirtAddr fault_address(const Encoding& encoding, const kernel::UserRegisters& registers, VirtAddr page,
                       mmu::Access access) {
  return find_fault_address(encoding, registers, page, access).value_or(page.page());
}

std::optional<DataAccess> misaligned_access(const Encoding& encoding, const kernel::UserRegisters& registers) {
  const DataAccesses all = data_accesses(encoding, registers);
  if (all.empty()) return std::nullopt;
  const auto* const found =
      std::find_if(all.begin(), all.end(), [](const DataAccess& a) { return a.va.raw() % a.size != 0; });
  return found == all.end() ? all[0] : *found;
}

bool loads_over_base(const Encoding& encoding) {
  return is_offset_ldrd(encoding) && encoding.field(15, 12) == encoding.field(19, 16);
}

std::optional<LostBase> lost_base(const Encoding& encoding, const kernel::UserRegisters& at, VirtAddr page) {
  if (!loads_over_base(encoding) || !condition_passed(encoding, at.cpsr)) return std::nullopt;
  const unsigned rn = encoding.field(19, 16);
  if (find_fault_address(encoding, at, page, mmu::Access::read)) return std::nullopt;
  // The address that the base as it is now leads to is off by as much as the base is: the second word is the page's
  // first, since an LDRD that is not aligned takes another fault.
  const DataAccesses words = data_accesses(encoding, at);
  return LostBase{rn, at.r[rn] + (page.page() - words[1].va)};
}

VirtAddr instruction_fault_address(VirtAddr pc, VirtAddr page) { return pc.page() == page.page() ? pc : page.page(); }

}  // namespace lpaemu::emu
