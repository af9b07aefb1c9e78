// The field tables: every bit has one owner, and what with() writes get() reads, without touching its neighbours.
#include "lpaemu/mmu/field.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/linux_pte.h"
#include "lpaemu/mmu/linux_swap.h"
#include "lpaemu/mmu/registers.h"
#include "lpaemu/mmu/tlbi.h"

namespace lpaemu::mmu {
namespace {

void check_each_bit_has_one_owner(std::string_view name, std::span<const FieldInfo> fields, unsigned bits) {
  INFO(name);
  std::uint64_t seen = 0;
  for (unsigned bit = 0; bit < 64; ++bit) {
    int owners = 0;
    for (const FieldInfo& field : fields)
      if (field.lo <= bit && bit <= field.hi) ++owners;
    INFO("bit " << bit);
    CHECK(owners == (bit < bits ? 1 : 0));
  }
  for (const FieldInfo& field : fields) {
    INFO(field.name);
    CHECK((seen & field.mask()) == 0);
    CHECK_FALSE(field.meaning.empty());
    CHECK_FALSE(field.citation.empty());
    seen |= field.mask();
  }
}

template <class T>
T make(std::uint64_t value) {
  if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    return static_cast<T>(value);
  } else {
    return T{static_cast<decltype(std::declval<const T&>().raw())>(value)};
  }
}

/// All values of a narrow field, the edges of a wide one.
std::vector<std::uint64_t> values_of_width(unsigned width) {
  std::vector<std::uint64_t> values;
  if (width <= 8) {
    for (std::uint64_t value = 0; value < std::uint64_t{1} << width; ++value) values.push_back(value);
  } else {
    const std::uint64_t all = ~std::uint64_t{0} >> (64 - width);
    values = {0, all, 0x5555'5555'5555'5555 & all, 0xaaaa'aaaa'aaaa'aaaa & all};
    for (unsigned bit = 0; bit < width; ++bit) values.push_back(std::uint64_t{1} << bit);
  }
  return values;
}

template <class W, unsigned Hi, unsigned Lo, class T>
void check_round_trip(BitField<Hi, Lo, T> field, std::string_view name) {
  INFO(name);
  using Raw = decltype(W{}.raw());
  std::uint64_t mask = 0;
  for (unsigned bit = Lo; bit <= Hi; ++bit) mask |= std::uint64_t{1} << bit;
  CHECK(field.mask == mask);

  for (const std::uint64_t background : {0ULL, ~0ULL, 0x0123'4567'89ab'cdefULL, 0xdead'beef'5a5a'a5a5ULL}) {
    const W before{static_cast<Raw>(background)};
    for (const std::uint64_t value : values_of_width(field.width)) {
      const W after = field.with(before, make<T>(value));
      REQUIRE(field.get(after) == make<T>(value));
      REQUIRE(((after.raw() ^ before.raw()) & ~mask) == 0);
      REQUIRE((after.raw() & mask) == (value << Lo & mask));
    }
  }
}

}  // namespace

TEST_CASE("a table of fields with a hole or an overlap does not tile", "[mmu][field]") {
  constexpr FieldInfo low{3, 0, "low", "", ""};
  constexpr FieldInfo high{7, 4, "high", "", ""};
  CHECK(tiles(std::array{high, low}, 8));
  CHECK_FALSE(tiles(std::array{high}, 8));
  CHECK_FALSE(tiles(std::array{high, low, low}, 8));
  CHECK_FALSE(tiles(std::array{high, low}, 7));
  CHECK_FALSE(tiles(std::array{high, low}, 9));
  CHECK_FALSE(tiles(std::array{FieldInfo{7, 3, "overlaps low", "", ""}, low}, 8));
  CHECK_FALSE(tiles(std::array{FieldInfo{3, 7, "upside down", "", ""}, low}, 8));
}

TEST_CASE("each bit of a descriptor and of a register has one owner", "[mmu][field]") {
  check_each_bit_has_one_owner("leaf", leaf::fields, 64);
  check_each_bit_has_one_owner("swap", swp::fields, 64);
  check_each_bit_has_one_owner("table", table::fields, 64);
  check_each_bit_has_one_owner("TLBI operand", tlbi_operand::fields, 32);
  for (const RegisterInfo& reg : register_tables) check_each_bit_has_one_owner(reg.name, reg.fields, reg.bits);
}

TEST_CASE("each leaf field keeps what is put into it and nothing else changes", "[mmu][field]") {
#define F(hi, lo, NAME, type, meaning, citation)           \
  check_round_trip<Descriptor>(leaf::NAME, "leaf." #NAME); \
  check_round_trip<Pte>(leaf::NAME, "pte." #NAME);
#include "lpaemu/mmu/leaf_fields.inc"
#undef F
}

TEST_CASE("each swap field keeps what is put into it and nothing else changes", "[mmu][field]") {
#define F(hi, lo, NAME, type, meaning, citation) check_round_trip<Pte>(swp::NAME, "swap." #NAME);
#include "lpaemu/mmu/swap_fields.inc"
#undef F
}

TEST_CASE("each table field keeps what is put into it and nothing else changes", "[mmu][field]") {
#define F(hi, lo, NAME, type, meaning, citation) check_round_trip<Descriptor>(table::NAME, "table." #NAME);
#include "lpaemu/mmu/table_fields.inc"
#undef F
}

TEST_CASE("each field of a TLBI operand keeps what is put into it and nothing else changes", "[mmu][field][tlb]") {
#define F(hi, lo, NAME, type, meaning, citation) check_round_trip<TlbiOperand>(tlbi_operand::NAME, "tlbi." #NAME);
#include "lpaemu/mmu/tlbi_operand_fields.inc"
#undef F
}

TEST_CASE("each register field keeps what is put into it and nothing else changes", "[mmu][field]") {
  // A word of the register's own width.
  using Word32 = Ttbcr;
  using Word64 = Ttbr;
  using Word8 = MairByte;
  // clang-format off
#define REGISTER(NAME, bits, title, access) { using namespace NAME; using W = Word##bits; const std::string reg = #NAME ".";
#define F(hi, lo, NAME, type, meaning, citation) check_round_trip<W>(NAME, reg + #NAME);
#define END_REGISTER(NAME, bits) }
#include "lpaemu/mmu/registers.inc"
#undef REGISTER
#undef F
#undef END_REGISTER
  // clang-format on
}

}  // namespace lpaemu::mmu
