// The field tables: what with() writes get() reads, and no other bit changes; and so through the words of `pte encode`.
#include <string_view>

#include "input.h"
#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/encode.h"
#include "lpaemu/mmu/linux_swap.h"
#include "lpaemu/mmu/registers.h"
#include "lpaemu/mmu/tlbi.h"

namespace lpaemu::mmu {
namespace {

template <class T>
T make(std::uint64_t value) {
  if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    return static_cast<T>(value);
  } else {
    return T{static_cast<decltype(std::declval<const T&>().raw())>(value)};
  }
}

/// Against arithmetic of its own: the field's bits are Lo to Hi.
template <class W, unsigned Hi, unsigned Lo, class T>
void check(BitField<Hi, Lo, T> field, std::string_view name, std::uint64_t background, std::uint64_t value) {
  using Raw = decltype(W{}.raw());
  const W before{static_cast<Raw>(background)};
  std::uint64_t expected = std::uint64_t{before.raw()};
  value &= (std::uint64_t{2} << (Hi - Lo)) - 1;
  for (unsigned bit = Lo; bit <= Hi; ++bit) {
    expected &= ~(std::uint64_t{1} << bit);
    expected |= (value >> (bit - Lo) & 1) << bit;
  }
  const W after = field.with(before, make<T>(value));
  LPAEMU_ASSERT(std::uint64_t{after.raw()} == expected, "{} := {:#x} in {:#x} gives {:#x}", name, value, before.raw(),
                after.raw());
  LPAEMU_ASSERT(field.get(after) == make<T>(value), "{} = {:#x} in {:#x}", name, value, after.raw());
  LPAEMU_ASSERT(field.with(after, field.get(before)) == before, "{} put back into {:#x}", name, before.raw());
}

void check_tables(std::uint64_t background, std::uint64_t value) {
#define F(hi, lo, NAME, type, meaning, citation)           \
  check<Descriptor>(leaf::NAME, #NAME, background, value); \
  check<Pte>(leaf::NAME, #NAME, background, value);
#include "lpaemu/mmu/leaf_fields.inc"
#undef F
#define F(hi, lo, NAME, type, meaning, citation) check<Pte>(swp::NAME, #NAME, background, value);
#include "lpaemu/mmu/swap_fields.inc"
#undef F
#define F(hi, lo, NAME, type, meaning, citation) check<Descriptor>(table::NAME, #NAME, background, value);
#include "lpaemu/mmu/table_fields.inc"
#undef F
#define F(hi, lo, NAME, type, meaning, citation) check<TlbiOperand>(tlbi_operand::NAME, #NAME, background, value);
#include "lpaemu/mmu/tlbi_operand_fields.inc"
#undef F
}

void check_registers(std::uint64_t background, std::uint64_t value) {
  // A word of the register's own width.
  using Word32 = Ttbcr;
  using Word64 = Ttbr;
  using Word8 = MairByte;
  // clang-format off
#define REGISTER(NAME, bits, title, access) { using namespace NAME; using W = Word##bits;
#define F(hi, lo, NAME, type, meaning, citation) check<W>(NAME, #NAME, background, value);
#define END_REGISTER(NAME, bits) }
#include "lpaemu/mmu/registers.inc"
#undef REGISTER
#undef F
#undef END_REGISTER
  // clang-format on
}

/// A leaf from words: each word is found again in the value, or the words are refused.
void check_encode(std::uint64_t choice, PhysAddr pa) {
  const auto bit = [&choice] {
    const bool set = (choice & 1) != 0;
    choice >>= 1;
    return set;
  };
  LeafSpec spec;
  spec.level = first_level + static_cast<unsigned>(choice % last_level);
  choice >>= 2;
  spec.pa = pa;
  spec.access = {.read = bit(), .write = bit(), .exec = bit()};
  spec.user = bit();
  spec.young = bit();
  spec.dirty = bit();
  spec.soft_dirty = bit();
  spec.special = bit();
  const LeafForm form = bit() ? LeafForm::stored : LeafForm::given;
  spec.memory = static_cast<L_PTE_MT_TYPE>(choice & 7);
  spec.shareability = static_cast<Sh>(choice >> 3 & 3);

  const auto encoded = encode_leaf(spec, form);
  if (!encoded) {
    LPAEMU_ASSERT(!encoded.error().empty(), "refused without a word");
    return;
  }
  const Pte pte{encoded->raw()};
  const bool none = !spec.access.read && !spec.access.write && !spec.access.exec;
  LPAEMU_ASSERT(output_address(*encoded, VirtAddr{}, spec.level) == spec.pa, "{:#x}: PA", pte.raw());
  LPAEMU_ASSERT(pte_write(pte) == spec.access.write, "{:#x}: RDONLY", pte.raw());
  LPAEMU_ASSERT(pte_exec(pte) == spec.access.exec, "{:#x}: XN", pte.raw());
  LPAEMU_ASSERT(L_PTE_USER.get(pte) == (spec.user && !none), "{:#x}: USER", pte.raw());
  LPAEMU_ASSERT(pte_young(pte) == spec.young && pte_dirty(pte) == spec.dirty, "{:#x}: AF, DIRTY", pte.raw());
  LPAEMU_ASSERT(pte_soft_dirty(pte) == spec.soft_dirty && pte_special(pte) == spec.special, "{:#x}", pte.raw());
  LPAEMU_ASSERT(L_PTE_MT.get(pte) == static_cast<unsigned>(spec.memory), "{:#x}: AttrIndx", pte.raw());
  LPAEMU_ASSERT(L_PTE_SHARED.get(pte) == spec.shareability, "{:#x}: SH", pte.raw());
  LPAEMU_ASSERT(pte_valid(pte) == !(none && form == LeafForm::stored), "{:#x}: VALID", pte.raw());
}

}  // namespace
}  // namespace lpaemu::mmu

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lpaemu::mmu;
  fuzzing::Input input{data, size};
  const auto background = input.take<std::uint64_t>();
  const auto value = input.take<std::uint64_t>();
  check_tables(background, value);
  check_registers(background, value);
  check_encode(background, PhysAddr{value});
  return 0;
}
