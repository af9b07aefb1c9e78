// Each bit of a leaf, toggled in random leaves: exactly the bits that the manual names may change what a walk finds.
#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstdint>
#include <random>
#include <vector>

#include "lpaemu/mmu/testing/fake_memory.h"
#include "lpaemu/mmu/testing/stringify.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::mmu {
namespace {

/// What the six accesses of one address end in: PA and rights, or the FSR word.
struct Outcome {
  std::array<std::uint64_t, 6> ends{};
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// A chain of tables for address 0 whose leaf stands at `level`.
class Chain {
 public:
  explicit Chain(unsigned level) {
    for (unsigned above = 1; above < level; ++above) {
      const PhysAddr next = memory_.allocate();
      store(entry_, next.raw() | 3);
      entry_ = next;
    }
  }
  void leaf_is(std::uint64_t leaf) { store(entry_, leaf); }

  [[nodiscard]] Outcome outcome() const {
    const Regime regime{{Ttbcr{0x8000'0000}, Ttbr{root_.raw()}, Ttbr{}, Mair{0x0123'4567'89ab'cdef}, Sctlr{1}}};
    Outcome outcome;
    auto end = outcome.ends.begin();
    for (const Privilege privilege : {Privilege::pl0, Privilege::pl1}) {
      for (const Access access : {Access::read, Access::write, Access::execute}) {
        const auto found = walk(memory_, regime, VirtAddr{0}, access, privilege);
        *end++ = found ? found->pa.raw() | std::uint64_t{1} << 63 : fsr_word(found.error());
      }
    }
    return outcome;
  }

 private:
  void store(PhysAddr pa, std::uint64_t value) { REQUIRE(memory_.write64(pa, value)); }

  FakeMemory memory_;
  PhysAddr root_ = memory_.allocate();
  PhysAddr entry_ = root_;
};

constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }

/// Section 4.2, and the address bits of M-15.
bool may_change_the_outcome(unsigned number, unsigned level) {
  constexpr std::array lowest_address_bit{0U, 30U, 21U, 12U};
  constexpr std::array attributes{0U, 1U, 6U, 7U, 10U, 53U, 54U};
  if (number >= 12 && number < 40) return number >= lowest_address_bit[level];
  return std::ranges::find(attributes, number) != attributes.end();
}

/// A leaf with random bits; the entry that `level` and TYPE make of it is a block or a page.
std::uint64_t random_leaf(std::mt19937_64& random, unsigned level) {
  return (random() & ~std::uint64_t{3}) | (level == 3 ? 3 : 1);
}

}  // namespace

TEST_CASE("each bit of a leaf, toggled in random leaves, changes what a walk finds or never does",
          "[mmu][walk][leaf_bits][armv7-B3.6.1][armv7-B3.6.2][M-15][M-17][M-19][M-20][M-27][M-32]") {
  const auto level = GENERATE(1U, 2U, 3U);
  const auto number = GENERATE(range(0U, 64U));
  CAPTURE(level, number);
  std::mt19937_64 random{level * 64 + number};
  Chain chain{level};
  unsigned changed = 0;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t leaf = random_leaf(random, level);
    chain.leaf_is(leaf);
    const Outcome before = chain.outcome();
    chain.leaf_is(leaf ^ bit(number));
    changed += before == chain.outcome() ? 0 : 1;
  }
  CHECK((changed > 0) == may_change_the_outcome(number, level));
}

TEST_CASE("each bit of a leaf alone", "[mmu][walk][leaf_bits][M-17][M-18][M-32]") {
  const auto level = GENERATE(1U, 2U, 3U);
  Chain chain{level};
  const Outcome translation_fault{
      {0x204 + level, 0xa04 + level, 0x204 + level, 0x204 + level, 0xa04 + level, 0x204 + level}};
  const Outcome old{{0x208 + level, 0xa08 + level, 0x208 + level, 0x208 + level, 0xa08 + level, 0x208 + level}};
  for (unsigned number = 0; number < 64; ++number) {
    CAPTURE(level, number);
    chain.leaf_is(bit(number));
    const bool valid = number == 0 && level != 3;  // 01 is a block at levels 1 and 2
    CHECK(chain.outcome() == (valid ? old : translation_fault));
    // With the type of a leaf: AF = 0, or AF alone.
    chain.leaf_is(bit(number) | (level == 3 ? 3 : 1));
    if (number == 1 && level != 3) continue;  // that is a table
    const bool young = number == 10;
    CHECK((chain.outcome() == old) == !young);
  }
}

TEST_CASE("each bit of a leaf toggled in a user page of all rights has its one effect",
          "[mmu][walk][leaf_bits][M-19][M-21][M-28][M-32]") {
  constexpr std::uint64_t granted = bit(63) | 0x1'2340'0000;
  constexpr std::uint64_t no_read = 0x20f, no_write = 0xa0f, no_fetch = 0x20f;
  constexpr std::uint64_t user = 0x1'2340'0000 | 0x443;  // AF, AP[1]
  Chain chain{3};
  for (unsigned number = 0; number < 64; ++number) {
    CAPTURE(number);
    Outcome expected{{granted, granted, granted, granted, granted, granted}};  // PL0 r w x, PL1 r w x
    const std::uint64_t moved = number >= 12 && number < 40 ? (user ^ bit(number)) & 0xff'ffff'f000 : 0;
    if (moved != 0) expected.ends.fill(bit(63) | moved);
    switch (number) {
      case 0:
      case 1: expected = {{0x207, 0xa07, 0x207, 0x207, 0xa07, 0x207}}; break;
      case 6: expected = {{no_read, no_write, no_fetch, granted, granted, granted}}; break;
      case 7: expected.ends[1] = expected.ends[4] = no_write; break;
      case 10: expected = {{0x20b, 0xa0b, 0x20b, 0x20b, 0xa0b, 0x20b}}; break;
      case 53: expected.ends[5] = no_fetch; break;
      case 54: expected.ends[2] = expected.ends[5] = no_fetch; break;
      default: break;
    }
    chain.leaf_is(user ^ bit(number));
    CHECK(chain.outcome() == expected);
  }
}

}  // namespace lpaemu::mmu
