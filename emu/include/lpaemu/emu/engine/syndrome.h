// The syndrome of the last exception, in the format of HSR. [armv7 B3.13.6]
#pragma once

#include <array>
#include <cstdint>

#include "lpaemu/mmu/field.h"
#include "lpaemu/mmu/word.h"

namespace lpaemu::emu {

struct Syndrome : mmu::Word<std::uint32_t, Syndrome> {
  using Word::Word;
};

/// HSR.EC, the classes that are told apart here. [armv7 B3.13.6]
enum class ExceptionClass : std::uint8_t {
  unknown = 0x00,
  wfx = 0x01,
  svc = 0x11,
  hvc = 0x12,
  smc = 0x13,
  prefetch_abort = 0x20,
  prefetch_abort_same = 0x21,
  data_abort = 0x24,
  data_abort_same = 0x25,
  bkpt = 0x38,
  none = 0x3f,  // not an architectural value: what the engine's register is set to between exceptions
};

namespace HSR {
#define HSR_FIELD(hi, lo, NAME, type, meaning, citation) inline constexpr mmu::BitField<hi, lo, type> NAME{};
#define HSR_DATA_ABORT_FIELD(hi, lo, NAME, type, meaning, citation) inline constexpr mmu::BitField<hi, lo, type> NAME{};
#include "lpaemu/emu/engine/syndrome.inc"
#define HSR_FIELD(hi, lo, NAME, type, meaning, citation) mmu::FieldInfo{hi, lo, #NAME, meaning, citation},
inline constexpr std::array fields{
#include "lpaemu/emu/engine/syndrome.inc"
};
static_assert(mmu::tiles(fields, 32));
}  // namespace HSR

}  // namespace lpaemu::emu
