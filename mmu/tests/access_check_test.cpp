// The order of the faults of one access: pairs of reasons, the higher one wins. [lpae-mmu 7.3]
#include "lpaemu/mmu/access_check.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "lpaemu/mmu/testing/walk_machine.h"

namespace lpaemu::mmu {
namespace {

using namespace testing;

constexpr std::uint32_t a_bit = 0x2;
constexpr std::uint64_t good = WalkMachine::leaf;                       // attr 7: Normal, user, writable
constexpr std::uint64_t device = 0x00e0'0001'2345'6f53;                 // attr 4
constexpr std::uint64_t ordered = 0x00e0'0001'2345'6f43;                // attr 0
constexpr std::uint64_t read_only = good | 0x80;                        // AP[2]
constexpr std::uint64_t old = good & ~std::uint64_t{0x400};             // AF = 0
constexpr std::uint64_t unpredictable_type = good ^ 0x7 << 2 ^ 6 << 2;  // attr 6

/// Level 3 maps the pages 1 and 2.
struct Machine : WalkMachine {
  Machine(std::uint64_t page1, std::uint64_t page2) {
    registers.mair = Mair{0xff10'0004'eeaa'4400};
    leaf_is(page1);
    store(l3 + 16, page2);
  }
  Machine& strict() {
    registers.sctlr = Sctlr{1 | a_bit};
    return *this;
  }
  [[nodiscard]] auto check(const MemoryAccess& access) const { return check_access(memory, Regime{registers}, access); }
};

constexpr MemoryAccess word_at(std::uint32_t va, Access access = Access::write) {
  return {.va = VirtAddr{va}, .size = 4, .access = access, .privilege = Privilege::pl0, .alignment = 4};
}
/// An instruction that always wants its alignment: LDM, LDREX, ...
constexpr MemoryAccess strict_word_at(std::uint32_t va) {
  MemoryAccess access = word_at(va);
  access.rule = AlignmentRule::always;
  return access;
}

/// The FSR word of a fault, 0 for none; and where it is.
struct Seen {
  std::uint32_t fsr;
  std::uint32_t va;
  friend bool operator==(const Seen&, const Seen&) = default;
};
Seen seen(const std::optional<Fault>& fault) { return fault ? Seen{fsr_word(*fault), fault->va.raw()} : Seen{0, 0}; }
constexpr Seen none{0, 0};

}  // namespace

TEST_CASE("SCTLR.A and strict instructions fault on what is unaligned", "[mmu][access_check][armv7-A3.2][M-38]") {
  const auto offset = GENERATE(range(0U, 8U));
  const std::uint32_t va = 0x1230 + offset;
  const bool aligned = offset % 4 == 0;
  CAPTURE(offset);
  Machine m{good, good};
  CHECK(seen(m.check(word_at(va))) == none);
  CHECK(seen(m.check(strict_word_at(va))) == (aligned ? none : Seen{0xa21, va}));
  CHECK(seen(m.strict().check(word_at(va))) == (aligned ? none : Seen{0xa21, va}));
  CHECK(seen(m.check(word_at(va, Access::read))) == (aligned ? none : Seen{0x221, va}));
  // LDRD and LDM: eight bytes, aligned to words.
  const MemoryAccess pair{VirtAddr{va}, 8, Access::read, Privilege::pl0, 4, AlignmentRule::always};
  CHECK(seen(m.check(pair)) == (aligned ? none : Seen{0x221, va}));
  // A byte is never unaligned.
  const MemoryAccess byte{VirtAddr{va}, 1, Access::read, Privilege::pl0, 1};
  CHECK(seen(m.check(byte)) == none);
}

TEST_CASE("alignment by SCTLR.A or by the instruction comes before everything the walk finds",
          "[mmu][access_check][armv7-B3.12.4][M-42]") {
  const auto leaf = GENERATE(std::uint64_t{0}, old, read_only, device);
  Machine m{leaf, leaf};
  CHECK(seen(m.check(strict_word_at(0x1235))) == Seen{0xa21, 0x1235});
  SECTION("external abort on the walk") { m.store(l2, 0x7'0000'0003); }
  SECTION("no entry at level 1") { m.store(l1, 0); }
  SECTION("as it is") {}
  CHECK(seen(m.strict().check(word_at(0x1235))) == Seen{0xa21, 0x1235});
}

TEST_CASE("unaligned in Strongly-ordered or Device memory: after the access flag, before permission",
          "[mmu][access_check][armv7-B3.12.4][M-27][M-42][M-44]") {
  const auto leaf = GENERATE(device, ordered);
  CHECK(seen(Machine{leaf, leaf}.check(word_at(0x1235))) == Seen{0xa21, 0x1235});
  CHECK(seen(Machine{leaf, leaf}.check(word_at(0x1234))) == none);
  CHECK(seen(Machine{leaf | 0x80, leaf}.check(word_at(0x1235))) == Seen{0xa21, 0x1235});
  CHECK(seen(Machine{leaf | 0x80, leaf}.check(word_at(0x1234))) == Seen{0xa0f, 0x1234});
  CHECK(seen(Machine{leaf & ~std::uint64_t{0x400}, leaf}.check(word_at(0x1235))) == Seen{0xa0b, 0x1235});
  CHECK(seen(Machine{leaf & ~std::uint64_t{1}, leaf}.check(word_at(0x1235))) == Seen{0xa07, 0x1235});
  // Blocks have a type as well.
  Machine m{0, 0};
  m.store(l2, leaf & ~std::uint64_t{2});
  CHECK(seen(m.check(word_at(0x1235))) == Seen{0xa21, 0x1235});
}

TEST_CASE("Normal memory takes unaligned accesses", "[mmu][access_check][M-27][M-44]") {
  CHECK(seen(Machine{good, good}.check(word_at(0x1235))) == none);
  CHECK(seen(Machine{unpredictable_type, good}.check(word_at(0x1235))) == none);  // MAIR byte 0x10: our choice
}

TEST_CASE("with the MMU off data accesses are Strongly-ordered", "[mmu][access_check][armv7-B3.2][M-44]") {
  Machine m{good, good};
  m.registers.sctlr = Sctlr{0};
  CHECK(seen(m.check(word_at(0x1235))) == Seen{0xa21, 0x1235});
  CHECK(seen(m.check(word_at(0xffff'fff0))) == none);
}

TEST_CASE("of two pages the lower one is checked first, and the address lies in the page that faults",
          "[mmu][access_check][M-38][M-39][M-43]") {
  struct Row {
    std::uint64_t page1, page2;
    Seen expected;
  };
  const auto row = GENERATE(values<Row>({
      {good, good, none},
      {0, good, {0xa07, 0x1ffe}},
      {good, 0, {0xa07, 0x2000}},
      {0, 0, {0xa07, 0x1ffe}},
      {read_only, 0, {0xa0f, 0x1ffe}},    // a permission fault of the first page, a translation fault of the second
      {good, old, {0xa0b, 0x2000}},       //
      {good, device, {0xa21, 0x2000}},    // half Normal, half Device
      {device, 0, {0xa21, 0x1ffe}},       //
      {old, device, {0xa0b, 0x1ffe}},     //
      {good, read_only, {0xa0f, 0x2000}}  //
  }));
  const Machine m{row.page1, row.page2};
  CHECK(seen(m.check(word_at(0x1ffe))) == row.expected);
  CHECK(m.memory.word(PhysAddr{l3 + 8}) == row.page1);  // nothing is ever written

  // A fetch of a 32-bit Thumb instruction across the edge: IFAR names the second page.
  const std::uint64_t code = 0x0080'0001'2345'6f5f;
  const MemoryAccess fetch{VirtAddr{0x1ffe}, 4, Access::execute, Privilege::pl0};
  CHECK(seen(Machine{code, 0}.check(fetch)) == Seen{0x207, 0x2000});
  CHECK(seen(Machine{code, code}.check(fetch)) == none);
}

TEST_CASE("the last byte in a page does not reach the next", "[mmu][access_check][M-43]") {
  const Machine m{good, 0};
  CHECK(seen(m.check(word_at(0x1ffc))) == none);
  CHECK(seen(m.check(word_at(0x1ffd))) == Seen{0xa07, 0x2000});
  const MemoryAccess registers{VirtAddr{0x1fc4}, 60, Access::write, Privilege::pl0, 4, AlignmentRule::always};
  CHECK(seen(m.check(registers)) == none);
  MemoryAccess one_more = registers;
  one_more.size = 64;
  CHECK(seen(m.check(one_more)) == Seen{0xa07, 0x2000});
}

TEST_CASE("LDRT and STRT are checked as PL0 accesses", "[mmu][access_check][M-29]") {
  // The privilege of an access is an argument, not the mode: who performs LDRT at PL1 asks for PL0.
  const Machine m{good & ~std::uint64_t{0x40}, 0};
  MemoryAccess access = word_at(0x1234);
  CHECK(seen(m.check(access)) == Seen{0xa0f, 0x1234});
  access.privilege = Privilege::pl1;
  CHECK(seen(m.check(access)) == none);
}

}  // namespace lpaemu::mmu
