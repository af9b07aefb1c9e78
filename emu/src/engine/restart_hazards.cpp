#include "lpaemu/emu/engine/restart_hazards.h"

#include "lpaemu/emu/engine/fault_address.h"

namespace lpaemu::emu {
namespace {

bool is_arm_store(const Encoding& encoding) {
  const bool strex = (encoding.bits & 0x0f9000f0) == 0x01800090;
  const bool swp = (encoding.bits & 0x0fb000f0) == 0x01000090;
  return encoding.field(31, 28) != 0xf && (strex || swp);
}

bool is_thumb_store(const Encoding& encoding) {
  const bool strex = encoding.field(31, 20) == 0xe84;
  const unsigned size = encoding.field(7, 4);
  const bool strex_sized = encoding.field(31, 20) == 0xe8c && (size == 0x4 || size == 0x5 || size == 0x7);
  return strex || strex_sized;
}

}  // namespace

bool is_restart_hazard(const Encoding& encoding) {
  if (encoding.size != hazard_bytes) return false;
  const bool store = encoding.set == InstructionSet::arm ? is_arm_store(encoding) : is_thumb_store(encoding);
  return store || loads_over_base(encoding);
}

std::vector<std::uint32_t> find_restart_hazards(std::span<const std::byte> code, InstructionSet set) {
  std::vector<std::uint32_t> offsets;
  std::uint32_t offset = 0;
  while (const auto encoding = encoding_at(code.subspan(offset), set)) {
    if (is_restart_hazard(*encoding)) offsets.push_back(offset);
    offset += encoding->size;
  }
  return offsets;
}

}  // namespace lpaemu::emu
