// Loads and stores of the Thumb instruction set. [armv7 A6.2, A6.3.5 to A6.3.10]
#include <bit>

#include "access_decoder.h"

namespace lpaemu::emu::decode {
namespace {

constexpr unsigned sp_register = 13;

// ---- 16 bits -------------------------------------------------------------------------------------------------------

/// The eight forms with a register offset, in the order of bits 11 to 9. [armv7 A6.2.4]
void narrow_register(Decoder& d) {
  const Encoding& e = d.encoding;
  struct Form {
    unsigned size;
    Access access;
  };
  constexpr Form forms[] = {{word, Access::write}, {halfword, Access::write}, {byte, Access::write},
                            {byte, Access::read},  {word, Access::read},      {halfword, Access::read},
                            {byte, Access::read},  {halfword, Access::read}};
  const Form& form = forms[e.field(11, 9)];
  d.add(d.reg(e.field(5, 3)) + d.reg(e.field(8, 6)), form.size, form.access);
}

void narrow_immediate(Decoder& d, unsigned size) {
  const Encoding& e = d.encoding;
  d.add(d.reg(e.field(5, 3)) + e.field(10, 6) * size, size, load_or_store(e.bit(11)));
}

void narrow_push_pop(Decoder& d) {
  const Encoding& e = d.encoding;
  const unsigned extra = e.bit(8) ? 1 : 0;  // LR of PUSH, PC of POP
  const auto count = static_cast<unsigned>(std::popcount(e.field(7, 0))) + extra;
  const std::uint32_t sp = d.reg(sp_register);
  if (e.field(11, 9) == 2) d.add_run(sp - count * word, count, word, Access::write);
  if (e.field(11, 9) == 6) d.add_run(sp, count, word, Access::read);
}

void narrow(Decoder& d) {
  const Encoding& e = d.encoding;
  switch (e.field(15, 12)) {
    case 4:  // LDR (literal); the other half is data processing
      if (e.bit(11)) d.add(d.base(pc_register) + e.field(7, 0) * word, word, Access::read);
      return;
    case 5: return narrow_register(d);
    case 6: return narrow_immediate(d, word);
    case 7: return narrow_immediate(d, byte);
    case 8: return narrow_immediate(d, halfword);
    case 9: return d.add(d.reg(sp_register) + e.field(7, 0) * word, word, load_or_store(e.bit(11)));
    case 11: return narrow_push_pop(d);
    case 12: {
      const auto count = static_cast<unsigned>(std::popcount(e.field(7, 0)));
      return d.add_run(d.reg(e.field(10, 8)), count, word, load_or_store(e.bit(11)));
    }
    default: return;
  }
}

// ---- 32 bits -------------------------------------------------------------------------------------------------------
// Bits 31 to 16 are the first halfword.

unsigned rn(const Encoding& e) { return e.field(19, 16); }
bool is_load(const Encoding& e) { return e.bit(20); }

/// LDM, STM; SRS and RFE have the other two values of the mode and are privileged. [armv7 A6.3.5]
void block(Decoder& d) {
  const Encoding& e = d.encoding;
  const auto count = static_cast<unsigned>(std::popcount(e.field(15, 0)));
  const std::uint32_t base = d.reg(rn(e));
  if (e.field(24, 23) == 1) d.add_run(base, count, word, load_or_store(is_load(e)));
  if (e.field(24, 23) == 2) d.add_run(base - count * word, count, word, load_or_store(is_load(e)));
}

/// LDREXB STREXB LDREXH STREXH LDREXD STREXD TBB TBH, by bits 7 to 4. [armv7 A6.3.6]
void exclusive_or_table(Decoder& d) {
  const Encoding& e = d.encoding;
  const std::uint32_t base = d.reg(rn(e));  // TBB's PC is not aligned
  const Access access = load_or_store(is_load(e));
  switch (e.field(7, 4)) {
    case 0:
      if (is_load(e)) d.add(base + d.reg(e.field(3, 0)), byte, access);
      return;
    case 1:
      if (is_load(e)) d.add(base + d.reg(e.field(3, 0)) * halfword, halfword, access);
      return;
    case 4: return d.add(base, byte, access);
    case 5: return d.add(base, halfword, access);
    case 7: return d.add(base, doubleword, access);
    default: return;  // not ARMv7
  }
}

/// LDRD, STRD, exclusives, table branches. [armv7 A6.3.6]
void dual_or_exclusive(Decoder& d) {
  const Encoding& e = d.encoding;
  const bool pre = e.bit(24);
  const bool up = e.bit(23);
  const bool writeback = e.bit(21);
  const std::uint32_t offset = e.field(7, 0) * word;
  const Access access = load_or_store(is_load(e));
  if (pre || writeback) {
    const std::uint32_t base = d.base(rn(e));
    return d.add_run(pre ? displaced(base, up, offset) : base, 2, word, access);
  }
  if (!up) return d.add(d.reg(rn(e)) + offset, word, access);  // LDREX, STREX
  exclusive_or_table(d);
}

/// The address of a single load or store; nothing for bits that are undefined. [armv7 A6.3.7 to A6.3.10]
std::optional<std::uint32_t> single_address(const Decoder& d) {
  const Encoding& e = d.encoding;
  const std::uint32_t base = d.base(rn(e));
  if (rn(e) == pc_register) {
    if (!is_load(e)) return std::nullopt;
    return displaced(base, e.bit(23), e.field(11, 0));
  }
  if (e.bit(23)) return base + e.field(11, 0);
  if (e.bit(11)) {  // 8-bit immediate; bits 10, 9, 8 are P, U, W; P and U without W are LDRT and its kin
    const bool pre = e.bit(10);
    if (!pre && !e.bit(8)) return std::nullopt;
    return pre ? displaced(base, e.bit(9), e.field(7, 0)) : base;
  }
  if (e.field(10, 6) != 0) return std::nullopt;
  return base + (d.reg(e.field(3, 0)) << e.field(5, 4));
}

/// Of loads of bytes and halfwords to the PC: those that are preloads and hints. The others are UNPREDICTABLE, and the
/// engine loads. [armv7 A6.3.8, A6.3.9]
bool is_hint_form(const Encoding& e) {
  const bool has_offset_field = e.bit(11) && !e.bit(23) && rn(e) != pc_register;
  return !has_offset_field || e.field(10, 8) == 4;  // P without U and W: a negative offset
}

void single(Decoder& d) {
  const Encoding& e = d.encoding;
  const unsigned log2_size = e.field(22, 21);
  const bool is_signed = e.bit(24);
  if (log2_size == 3 || (is_signed && log2_size == 2)) return;
  const unsigned size = 1U << log2_size;
  if (is_load(e) && size != word && e.field(15, 12) == pc_register && is_hint_form(e)) return;
  if (const auto va = single_address(d)) d.add(*va, size, load_or_store(is_load(e)));
}

void wide(Decoder& d) {
  const Encoding& e = d.encoding;
  switch (e.field(31, 25)) {
    case 0b1110100: return e.bit(22) ? dual_or_exclusive(d) : block(d);
    case 0b1110110: return vfp_transfer(d);
    case 0b1111100:
      if (e.bit(24) && !e.bit(20)) return element_transfer(d);
      return single(d);
    default: return;
  }
}

}  // namespace

void thumb(Decoder& d) {
  if (d.encoding.size == 2)
    narrow(d);
  else
    wide(d);
}

}  // namespace lpaemu::emu::decode
