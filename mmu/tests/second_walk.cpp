#include "second_walk.h"

#include <string_view>

namespace second_walk {
namespace {

/// word<hi:lo>
std::uint64_t bits(std::uint64_t word, unsigned hi, unsigned lo) {
  std::uint64_t value = 0;
  for (unsigned n = hi + 1; n > lo; --n) value = value * 2 + (word >> (n - 1) & 1);
  return value;
}
bool bit(std::uint64_t word, unsigned n) { return (word >> n & 1) == 1; }

std::uint64_t reverse_bytes(std::uint64_t word) {
  std::uint64_t reversed = 0;
  for (int byte = 0; byte < 8; ++byte) {
    reversed = reversed << 8 | (word & 0xff);
    word >>= 8;
  }
  return reversed;
}

/// The STATUS codes of section 7.1.
unsigned status_of(Reason reason, unsigned level) {
  switch (reason) {
    case gap:
    case walks_disabled: return 0b000101;  // M-7, M-8: level 1, wherever the walk would have started
    case bit0_clear:
    case reserved_type: return 0b000100 | level;
    case access_flag: return 0b001000 | level;
    case permission: return 0b001100 | level;
    case no_memory: return 0b010100 | level;
    case mapped:
    case mmu_off: break;
  }
  return 0;
}

Result fault(Reason reason, unsigned level, const Request& request) {
  Result result{};
  result.reason = reason;
  result.level = level;
  result.fsr = status_of(reason, level) | 1U << 9;    // LPAE
  if (request.access == 'w') result.fsr |= 1U << 11;  // WnR
  return result;
}

/// Section 2.1: 0 or 1 for the TTBR that translates `va`, 2 for the gap.
int region_of(std::uint32_t va, unsigned t0sz, unsigned t1sz) {
  const bool zeros = t0sz == 0 || bits(va, 31, 32 - t0sz) == 0;
  const bool ones = t1sz != 0 && bits(~va & 0xffff'ffff, 31, 32 - t1sz) == 0;
  if (ones) return 1;
  if (zeros) return 0;
  return t1sz == 0 ? 1 : 2;
}

/// Sections 5.1 and 5.2 for effective attributes.
unsigned rights_of(unsigned ap, bool xn, bool pxn, bool wxn, bool uwxn) {
  constexpr std::string_view pl1_data[] = {"rw", "rw", "r", "r"};
  constexpr std::string_view pl0_data[] = {"", "rw", "", "r"};
  const auto has = [](std::string_view rights, char right) { return rights.find(right) != std::string_view::npos; };
  const bool r0 = has(pl0_data[ap], 'r');
  const bool w0 = has(pl0_data[ap], 'w');
  const bool r1 = has(pl1_data[ap], 'r');
  const bool w1 = has(pl1_data[ap], 'w');

  bool x0 = !xn && r0;
  if (wxn && w0) x0 = false;
  bool x1 = !xn && !pxn;
  if (wxn && w1) x1 = false;
  if (uwxn && w0) x1 = false;
  return unsigned{r0} | unsigned{w0} << 1 | unsigned{x0} << 2 | unsigned{r1} << 3 | unsigned{w1} << 4 |
         unsigned{x1} << 5;
}

unsigned right_wanted(const Request& request) {
  const unsigned column = request.access == 'r' ? 0 : request.access == 'w' ? 1 : 2;
  return 1U << (column + 3 * request.privilege);
}

/// The hierarchical attributes met so far. Section 4.3.
struct Above {
  bool pxn = false, xn = false, no_pl0 = false, read_only = false;
};

Result leaf_result(std::uint64_t leaf, unsigned level, std::uint64_t entry, const Above& above,
                   const Registers& registers, const Request& request) {
  if (!bit(leaf, 10)) return fault(access_flag, level, request);

  unsigned ap = static_cast<unsigned>(bits(leaf, 7, 6));  // M-21
  if (above.read_only) ap |= 0b10;
  if (above.no_pl0) ap &= 0b10;
  const bool xn = bit(leaf, 54) || above.xn;
  const bool pxn = bit(leaf, 53) || above.pxn;
  const unsigned rights = rights_of(ap, xn, pxn, bit(registers.sctlr, 19), bit(registers.sctlr, 20));
  if ((rights & right_wanted(request)) == 0) return fault(permission, level, request);

  Result result{};
  result.reason = mapped;
  result.level = level;
  if (level == 1) result.pa = bits(leaf, 39, 30) << 30 | bits(request.va, 29, 0);  // M-15
  if (level == 2) result.pa = bits(leaf, 39, 21) << 21 | bits(request.va, 20, 0);
  if (level == 3) result.pa = bits(leaf, 39, 12) << 12 | bits(request.va, 11, 0);
  result.entry = entry;
  result.rights = rights;
  const auto index = static_cast<unsigned>(bits(leaf, 4, 2));  // M-23
  result.memory_attr = (index < 4 ? registers.mair0 >> 8 * index : registers.mair1 >> 8 * (index - 4)) & 0xff;
  return result;
}

}  // namespace

Result translate(const ReadMemory& read, const Registers& registers, const Request& request) {
  const std::uint32_t va = request.va;
  if (!bit(registers.sctlr, 0)) return {mmu_off, 0, 0, va, 0, 0b111111, 0};

  // Which table, and from which level. M-4 to M-10, M-13.
  const auto t0sz = static_cast<unsigned>(bits(registers.ttbcr, 2, 0));
  const auto t1sz = static_cast<unsigned>(bits(registers.ttbcr, 18, 16));
  const int region = region_of(va, t0sz, t1sz);
  if (region == 2) return fault(gap, 1, request);
  if (bit(registers.ttbcr, region == 0 ? 7 : 23)) return fault(walks_disabled, 1, request);
  const std::uint64_t ttbr = region == 0 ? registers.ttbr0 : registers.ttbr1;
  const unsigned txsz = region == 0 ? t0sz : t1sz;
  unsigned level = txsz < 2 ? 1 : 2;
  const unsigned x = txsz < 2 ? 5 - txsz : 14 - txsz;
  std::uint64_t index = bits(va, 31 - txsz, level == 1 ? 30 : 21);
  std::uint64_t table = bits(ttbr, 39, x) << x;

  // M-14, and the order of section 7.3.
  Above above;
  while (true) {
    const std::uint64_t entry = table | index << 3;
    const std::optional<std::uint64_t> word = read(entry);
    if (!word) return fault(no_memory, level, request);
    const std::uint64_t descriptor = bit(registers.sctlr, 25) ? reverse_bytes(*word) : *word;
    if (!bit(descriptor, 0)) return fault(bit0_clear, level, request);
    if (level == 3 && !bit(descriptor, 1)) return fault(reserved_type, level, request);  // M-18
    if (level == 3 || !bit(descriptor, 1)) return leaf_result(descriptor, level, entry, above, registers, request);

    above.pxn = above.pxn || bit(descriptor, 59);
    above.xn = above.xn || bit(descriptor, 60);
    above.no_pl0 = above.no_pl0 || bit(descriptor, 61);
    above.read_only = above.read_only || bit(descriptor, 62);
    table = bits(descriptor, 39, 12) << 12;
    ++level;
    index = level == 2 ? bits(va, 29, 21) : bits(va, 20, 12);
  }
}

}  // namespace second_walk
