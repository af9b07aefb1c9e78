// Loads and stores of VFP and Advanced SIMD registers, which ARM and Thumb encode alike. [armv7 A7.6, A7.7]
#include "access_decoder.h"

namespace lpaemu::emu::decode {
namespace {

constexpr unsigned registers = 32;  // D0 to D31, S0 to S31

/// Elements of 8 bytes go as two words: MemU[] has no larger access. [armv7 A8.8.320]
void add_elements(Decoder& d, std::uint32_t va, unsigned count, unsigned size) {
  const Access access = load_or_store(d.encoding.bit(21));
  if (size == doubleword)
    d.add_run(va, count * 2, word, access);
  else
    d.add_run(va, count, size, access);
}

/// VLDn and VSTn of whole registers. [armv7 A7.7, table A7-20]
void multiple_structures(Decoder& d, std::uint32_t va) {
  struct Form {
    unsigned n;          // elements in a structure; 0: undefined
    unsigned registers;  // D registers in all
    bool align_128;      // whether alignments of 128 bits and more exist
  };
  constexpr Form undefined{0, 0, false};
  constexpr Form forms[16] = {
      {4, 4, true},  {4, 4, true},  {1, 4, true}, {2, 4, true}, {3, 3, false}, {3, 3, false},
      {1, 3, false}, {1, 1, false}, {2, 2, true}, {2, 2, true}, {1, 2, true},  undefined,
      undefined,     undefined,     undefined,    undefined,
  };
  const Encoding& e = d.encoding;
  const Form& form = forms[e.field(11, 8)];
  const unsigned size = 1U << e.field(7, 6);
  const unsigned align = e.field(5, 4);
  if (form.n == 0 || (form.n > 1 && size == doubleword)) return;
  if (!form.align_128 && align >= 2) return;
  if (form.registers == 2 && align == 3) return;
  add_elements(d, va, form.registers * doubleword / size, size);
}

/// Whether the index and alignment bits of a single-lane form are defined. [armv7 A8.8.321, 324, 327, 330]
bool lane_defined(unsigned n, unsigned log2_size, unsigned index_align) {
  const auto low_bits = [&](unsigned count) { return index_align & ((1U << count) - 1); };
  switch (n) {
    case 1:
      if (log2_size == 2) return (index_align & 4) == 0 && (low_bits(2) == 0 || low_bits(2) == 3);
      return (index_align & (1U << log2_size)) == 0;
    case 2: return log2_size != 2 || (index_align & 2) == 0;
    case 3: return low_bits(log2_size == 2 ? 2 : 1) == 0;
    default: return log2_size != 2 || low_bits(2) != 3;
  }
}

/// VLDn and VSTn of one lane, VLDn of one element to all lanes. [armv7 A7.7, table A7-21]
void single_structure(Decoder& d, std::uint32_t va) {
  const Encoding& e = d.encoding;
  const unsigned n = e.field(9, 8) + 1;
  const unsigned log2_size = e.field(11, 10);
  if (log2_size < 3) {
    if (lane_defined(n, log2_size, e.field(7, 4))) add_elements(d, va, n, 1U << log2_size);
    return;
  }
  // All lanes: the size is in bits 7 and 6; 3 exists for VLD4 only and means 32 bits, aligned to 128.
  const bool is_load = e.bit(21);
  const unsigned size_bits = e.field(7, 6);
  const bool aligned = e.bit(4);
  if (!is_load) return;
  if (size_bits == 3 && (n != 4 || !aligned)) return;
  if (aligned && (n == 3 || (n == 1 && size_bits == 0))) return;
  add_elements(d, va, n, size_bits == 3 ? word : 1U << size_bits);
}

}  // namespace

void vfp_transfer(Decoder& d) {
  const Encoding& e = d.encoding;
  if (e.field(11, 9) != 5) return;  // coprocessors 10 and 11 only
  const bool pre = e.bit(24);
  const bool up = e.bit(23);
  const bool writeback = e.bit(21);
  const bool is_double = e.bit(8);
  const unsigned imm8 = e.field(7, 0);
  const Access access = load_or_store(e.bit(20));
  const std::uint32_t base = d.base(e.field(19, 16));
  if (pre && !writeback)  // VLDR, VSTR
    return d.add_run(displaced(base, up, imm8 * word), is_double ? 2 : 1, word, access);
  if (pre == up) return;  // transfers to and from core registers, undefined
  // An odd count of words for doublewords is FLDMX: the last word is not accessed, though the base moves by it.
  const unsigned count = is_double ? imm8 / 2 : imm8;
  const unsigned first = is_double ? e.field(22, 22) << 4 | e.field(15, 12) : e.field(15, 12) << 1 | e.field(22, 22);
  if (first + count > registers || (is_double && count > registers / 2)) return;  // UNPREDICTABLE: undefined here
  d.add_run(pre ? base - imm8 * word : base, is_double ? count * 2 : count, word, access);
}

void element_transfer(Decoder& d) {
  const Encoding& e = d.encoding;
  const std::uint32_t va = d.reg(e.field(19, 16));
  if (e.bit(23))
    single_structure(d, va);
  else
    multiple_structures(d, va);
}

}  // namespace lpaemu::emu::decode
