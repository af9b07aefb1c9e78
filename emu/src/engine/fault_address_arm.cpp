// Loads and stores of the ARM instruction set. [armv7 A5.2.8 to A5.7]
#include <bit>

#include "access_decoder.h"

namespace lpaemu::emu::decode {
namespace {

// Named bits that all classes share.
bool pre_indexed(const Encoding& e) { return e.bit(24); }
bool up(const Encoding& e) { return e.bit(23); }
bool is_load(const Encoding& e) { return e.bit(20); }
unsigned rn(const Encoding& e) { return e.field(19, 16); }
unsigned rm(const Encoding& e) { return e.field(3, 0); }

/// Post-indexed accesses use the base itself; so do LDRT and its kin, which are post-indexed in ARM.
std::uint32_t indexed(const Decoder& d, std::uint32_t offset) {
  const std::uint32_t base = d.base(rn(d.encoding));
  return pre_indexed(d.encoding) ? displaced(base, up(d.encoding), offset) : base;
}

/// Shift() by an immediate: 0 means 32 for LSR and ASR, RRX for ROR. [armv7 A8.4.3]
std::uint32_t shifted_register(const Decoder& d) {
  const std::uint32_t value = d.reg(rm(d.encoding));
  const unsigned amount = d.encoding.field(11, 7);
  switch (d.encoding.field(6, 5)) {
    case 0: return value << amount;
    case 1: return amount == 0 ? 0 : value >> amount;
    case 2: {
      const auto wide = std::int64_t{static_cast<std::int32_t>(value)};
      return static_cast<std::uint32_t>(wide >> (amount == 0 ? 32 : amount));
    }
    default:
      if (amount != 0) return std::rotr(value, static_cast<int>(amount));
      return (d.carry() ? 0x80000000U : 0U) | value >> 1;
  }
}

/// LDR STR LDRB STRB and their T forms. [armv7 A5.3]
void single(Decoder& d, std::uint32_t offset) {
  const bool is_byte = d.encoding.bit(22);
  d.add(indexed(d, offset), is_byte ? byte : word, load_or_store(is_load(d.encoding)));
}

/// SWP SWPB LDREX STREX and their sizes. [armv7 A5.2.10]
void synchronization(Decoder& d) {
  const Encoding& e = d.encoding;
  const std::uint32_t va = d.reg(rn(e));
  const unsigned op = e.field(23, 20);
  if (e.field(11, 8) == 0 && (op == 0 || op == 4)) {
    const unsigned size = op == 0 ? word : byte;
    d.add(va, size, Access::read);
    d.add(va, size, Access::write);
    return;
  }
  if ((op & 8) == 0 || e.field(11, 8) != 0xf) return;  // not ARMv7: LDA and STL differ in bits 11 to 8
  constexpr unsigned sizes[] = {word, doubleword, byte, halfword};
  d.add(va, sizes[(op >> 1) & 3], load_or_store(is_load(e)));
}

/// LDRH STRH LDRSB LDRSH LDRD STRD and the T forms. [armv7 A5.2.8, A5.2.9]
void extra(Decoder& d) {
  const Encoding& e = d.encoding;
  const unsigned op = e.field(6, 5);
  if (op == 0) {
    if (pre_indexed(e)) synchronization(d);  // else a multiplication
    return;
  }
  const bool immediate = e.bit(22);
  const std::uint32_t offset = immediate ? e.field(11, 8) << 4 | e.field(3, 0) : d.reg(rm(e));
  const std::uint32_t va = indexed(d, offset);
  if (op == 1) return d.add(va, halfword, load_or_store(is_load(e)));
  if (is_load(e)) return d.add(va, op == 2 ? byte : halfword, Access::read);  // signed
  d.add_run(va, 2, word, load_or_store(op == 2));                             // LDRD is 2, STRD 3
}

/// LDM, STM, PUSH, POP. [armv7 A5.5]
void block(Decoder& d) {
  const Encoding& e = d.encoding;
  const auto count = static_cast<unsigned>(std::popcount(e.field(15, 0)));
  const std::uint32_t bytes = count * word;
  const std::uint32_t base = d.reg(rn(e));
  const bool before = pre_indexed(e);
  const std::uint32_t lowest = up(e) ? base + (before ? word : 0) : base - bytes + (before ? 0 : word);
  d.add_run(lowest, count, word, load_or_store(is_load(e)));
}

}  // namespace

void arm(Decoder& d) {
  const Encoding& e = d.encoding;
  if (e.field(31, 28) == 0xf) {  // the rest of this space: preloads, SRS and RFE, coprocessors that are not there
    if (e.field(27, 24) == 4 && !e.bit(20)) element_transfer(d);
    return;
  }
  switch (e.field(27, 25)) {
    case 0:
      if (e.bit(7) && e.bit(4)) extra(d);
      return;
    case 2: return single(d, e.field(11, 0));
    case 3:
      if (!e.bit(4)) single(d, shifted_register(d));  // else media instructions
      return;
    case 4: return block(d);
    case 6: return vfp_transfer(d);
    default: return;
  }
}

}  // namespace lpaemu::emu::decode
