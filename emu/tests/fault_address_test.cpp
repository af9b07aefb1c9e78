// Exact fault addresses: every class of load and store against addresses worked out by hand, page-crossing, conditions,
// and about 2000 random instructions against what another emulator reported.
#include "lpaemu/emu/engine/fault_address.h"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "qemu/fault_address_cases.h"

namespace lpaemu::emu {
namespace {

using kernel::UserRegisters;
using mmu::Access;
constexpr InstructionSet arm = InstructionSet::arm;
constexpr InstructionSet thumb = InstructionSet::thumb;

Encoding encode(InstructionSet set, std::uint32_t bits) {
  return {bits, set == thumb && bits <= 0xffff ? 2U : 4U, set};
}

/// What the rows of fault_address_rows.inc were worked out with.
UserRegisters row_registers(InstructionSet set, std::string_view state) {
  UserRegisters registers;
  registers.r = {0x00010000, 0x00021000, 0x00000040, 0x80000001, 0x00034ffe, 0xfffffff0, 0x00060ff8, 0x00000003,
                 0x00081234, 0x00090000, 0x000a0ff4, 0x000b0000, 0x000c0ffc, 0x000d0010, 0x000e0000, 0x00008000};
  registers.cpsr = mmu::PSR::M.with(registers.cpsr, mmu::PsrMode::usr);
  registers.cpsr = mmu::PSR::T.with(registers.cpsr, set == thumb);
  registers.cpsr = mmu::PSR::C.with(registers.cpsr, state == "C");
  registers.cpsr = mmu::PSR::Z.with(registers.cpsr, state == "Z");
  if (set == thumb) registers.r[15] = 0x00009002;  // not a multiple of 4: literals round it down
  return registers;
}

/// "R4 21000 21004; W4 21000"; more than five accesses in a row as "R1 21000..21007".
std::string to_text(const DataAccesses& accesses) {
  std::string text;
  for (const DataAccess* group = accesses.begin(); group != accesses.end();) {
    const DataAccess* end = group + 1;
    bool contiguous = true;
    for (; end != accesses.end() && end->access == group->access && end->size == group->size; ++end)
      contiguous = contiguous && end->va == (end - 1)->va + group->size;
    text += fmt::format("{}{}{}", text.empty() ? "" : "; ", group->access == Access::read ? 'R' : 'W', group->size);
    if (contiguous && end - group > 5)
      text += fmt::format(" {:x}..{:x}", group->va.raw(), (end - 1)->va.raw());
    else
      for (const DataAccess* a = group; a != end; ++a) text += fmt::format(" {:x}", a->va.raw());
    group = end;
  }
  return text;
}

struct Row {
  std::string_view assembly;
  InstructionSet set;
  std::uint32_t bits;
  std::string_view accesses;
  std::string_view state = {};
};

constexpr Row rows[] = {
#define ROW(...) Row{__VA_ARGS__},
#include "fault_address_rows.inc"
#undef ROW
};

enum class Protection : std::uint8_t { none, read_only };
enum class Outcome : std::uint8_t { segv, bus, undefined, executed };

struct Recorded {
  InstructionSet set;
  std::uint32_t bits;
  std::uint32_t seed;
  std::uint32_t cpsr;
  std::uint32_t pc;
  Protection protection;
  Outcome outcome;
  std::uint32_t address;
};

const std::vector<Recorded>& recorded_cases() {
  using enum Protection;
  using enum Outcome;
  static const std::vector<Recorded> cases{
#define QEMU(...) Recorded{__VA_ARGS__},
#include "qemu/fault_address_golden.inc"
#undef QEMU
  };
  return cases;
}

UserRegisters registers_of(const Recorded& recorded) {
  UserRegisters registers;
  case_registers(recorded.seed, registers.r.data());
  registers.r[15] = recorded.pc;
  registers.cpsr = mmu::Psr{recorded.cpsr};
  return registers;
}

/// The address that this model reports for the page that contains `va`, for whichever kind of access comes first there.
std::optional<VirtAddr> first_in_page(const DataAccesses& accesses, const Encoding& encoding,
                                      const UserRegisters& registers, VirtAddr va, bool writes_only) {
  for (const DataAccess& access : accesses) {
    if (writes_only && access.access != Access::write) continue;
    const auto found = find_fault_address(encoding, registers, va, access.access);
    if (found) return found;
  }
  return std::nullopt;
}

/// STREX and its sizes: without the monitor they may leave the memory alone. [lpae-mmu M-37]
bool is_store_exclusive(const Recorded& r) {
  if (r.set == arm) return (r.bits & 0x0f900ff0) == 0x01800f90;
  return (r.bits & 0xfff00000) == 0xe8400000 || ((r.bits & 0xfff000c0) == 0xe8c00040);
}

/// Whether the recorded outcome is what the accesses lead to.
bool agrees(const Recorded& recorded) {
  const Encoding encoding = encode(recorded.set, recorded.bits);
  const UserRegisters registers = registers_of(recorded);
  const DataAccesses accesses = data_accesses(encoding, registers);
  const VirtAddr window{WINDOW_BASE + WINDOW_PAGE};
  switch (recorded.outcome) {
    case Outcome::segv: {
      // In the read-only window reads are allowed; everywhere else nothing is.
      const VirtAddr at{recorded.address};
      const bool writes_only = recorded.protection == Protection::read_only && at.page() == window;
      return first_in_page(accesses, encoding, registers, at, writes_only) == at;
    }
    case Outcome::bus: {
      const auto found = misaligned_access(encoding, registers);
      return found && found->va == VirtAddr{recorded.address};
    }
    case Outcome::undefined:
      return true;  // UNPREDICTABLE forms, which this model takes to have accesses: they only must not crash
    case Outcome::executed:
      return is_store_exclusive(recorded) ||
             !first_in_page(accesses, encoding, registers, window, recorded.protection == Protection::read_only);
  }
  return false;
}

}  // namespace

TEST_CASE("every class of load and store accesses what the manual says", "[emu][fault_address][armv7-A8.8]") {
  for (const Row& row : rows) {
    INFO(row.assembly);
    const Encoding encoding = encode(row.set, row.bits);
    CHECK(to_text(data_accesses(encoding, row_registers(row.set, row.state))) == row.accesses);
  }
}

TEST_CASE("random loads and stores fault where another emulator says", "[emu][fault_address][qemu][M-37]") {
  std::size_t segv = 0;
  for (const Recorded& recorded : recorded_cases()) {
    if (recorded.outcome == Outcome::segv) ++segv;
    if (agrees(recorded)) continue;
    const Encoding encoding = encode(recorded.set, recorded.bits);
    FAIL_CHECK(fmt::format("{} {:#x} seed {} outcome {} at {:#x}, accesses {}", recorded.set == arm ? "arm" : "thumb",
                           recorded.bits, recorded.seed, static_cast<int>(recorded.outcome), recorded.address,
                           to_text(data_accesses(encoding, registers_of(recorded)))));
  }
  CHECK(segv > 500);
}

namespace {

struct Crossing {
  std::string_view assembly;
  InstructionSet set;
  std::uint32_t bits;
  std::uint32_t base;  // in r1
  Access access;
  std::uint32_t page;
  std::uint32_t expected;
};

// The accesses of every row reach from page 0x10000 into page 0x11000.
constexpr Crossing crossings[] = {
    {"ldr r0, [r1]", arm, 0xe5910000, 0x10ffd, Access::read, 0x10000, 0x10ffd},
    {"ldr r0, [r1]", arm, 0xe5910000, 0x10ffd, Access::read, 0x11000, 0x11000},
    {"str r0, [r1, #-4]!", arm, 0xe5210004, 0x11003, Access::write, 0x10000, 0x10fff},
    {"str r0, [r1, #-4]!", arm, 0xe5210004, 0x11003, Access::write, 0x11000, 0x11000},
    {"strh r0, [r1], #2", arm, 0xe0c100b2, 0x10fff, Access::write, 0x11000, 0x11000},
    {"strh r0, [r1], #2", arm, 0xe0c100b2, 0x10fff, Access::write, 0x10000, 0x10fff},
    {"ldrd r2, r3, [r1]", arm, 0xe1c120d0, 0x10ffc, Access::read, 0x11000, 0x11000},
    {"ldrd r2, r3, [r1]", arm, 0xe1c120d0, 0x10ffa, Access::read, 0x11000, 0x11000},  // straddles in its second word
    {"ldm r1, {r2-r5}", arm, 0xe891003c, 0x10ff8, Access::read, 0x11000, 0x11000},
    {"ldm r1, {r2-r5}", arm, 0xe891003c, 0x10ff6, Access::read, 0x11000, 0x11000},
    {"stmdb r1!, {r2-r5}", arm, 0xe921003c, 0x11004, Access::write, 0x11000, 0x11000},
    {"stmdb r1!, {r2-r5}", arm, 0xe921003c, 0x11004, Access::write, 0x10000, 0x10ff4},
    {"stmda r1, {r2-r5}", arm, 0xe801003c, 0x11004, Access::write, 0x10000, 0x10ff8},
    {"vstmdb r1!, {d8-d9}", arm, 0xed218b04, 0x11008, Access::write, 0x10000, 0x10ff8},
    {"vstmdb r1!, {d8-d9}", arm, 0xed218b04, 0x11008, Access::write, 0x11000, 0x11000},
    {"vld1.8 {d0}, [r1]", arm, 0xf421070f, 0x10ffb, Access::read, 0x11000, 0x11000},
    {"vld3.32 {d0, d1, d2}, [r1]", arm, 0xf421048f, 0x10ffe, Access::read, 0x11000, 0x11000},
    {"vst4.8 {d0[2], d1[2], d2[2], d3[2]}, [r1]", arm, 0xf481034f, 0x10ffe, Access::write, 0x11000, 0x11000},
    {"strd r2, r3, [r1, #-8]!", thumb, 0xe9612302, 0x11004, Access::write, 0x11000, 0x11000},
    {"str.w r2, [r1, #-4]!", thumb, 0xf8412d04, 0x11001, Access::write, 0x10000, 0x10ffd},
    {"stmia r1!, {r0, r2, r7}", thumb, 0xc185, 0x10ffc, Access::write, 0x11000, 0x11000},
    {"stmia r1!, {r0, r2, r7}", thumb, 0xc185, 0x10ffc, Access::write, 0x10000, 0x10ffc},
    // The other kind of access, and a page that is not touched: the page's first byte.
    {"ldr r0, [r1]", arm, 0xe5910000, 0x10ffd, Access::write, 0x10000, 0x10000},
    {"ldr r0, [r1]", arm, 0xe5910000, 0x10ffd, Access::read, 0x12000, 0x12000},
    {"swpb r0, r2, [r1]", arm, 0xe1410092, 0x10ffd, Access::write, 0x10000, 0x10ffd},
};

}  // namespace

TEST_CASE("DFAR lies in the page that faulted", "[emu][fault_address][M-38]") {
  for (const Crossing& row : crossings) {
    INFO(fmt::format("{}, r1 {:#x}, page {:#x}", row.assembly, row.base, row.page));
    UserRegisters registers = row_registers(row.set, "");
    registers.r[1] = row.base;
    // The engine hands over the page's first byte; any address in the page will do.
    for (const std::uint32_t offset : {0U, 0xfffU})
      CHECK(fault_address(encode(row.set, row.bits), registers, VirtAddr{row.page + offset}, row.access).raw() ==
            row.expected);
  }
}

TEST_CASE("an access may wrap at the end of the address space", "[emu][fault_address]") {
  UserRegisters registers = row_registers(arm, "");
  registers.r[1] = 0xfffffffe;
  const Encoding ldr = encode(arm, 0xe5910000);  // ldr r0, [r1]
  CHECK(fault_address(ldr, registers, VirtAddr{0}, Access::read) == VirtAddr{0});
  CHECK(fault_address(ldr, registers, VirtAddr{0xfffff000}, Access::read) == VirtAddr{0xfffffffe});
}

TEST_CASE("an instruction without accesses has no fault address", "[emu][fault_address]") {
  const UserRegisters registers = row_registers(arm, "");
  const Encoding mul = encode(arm, 0xe0000291);
  CHECK_FALSE(find_fault_address(mul, registers, VirtAddr{0x21000}, Access::read));
  CHECK(fault_address(mul, registers, VirtAddr{0x21008}, Access::read) == VirtAddr{0x21000});
  CHECK_FALSE(misaligned_access(mul, registers));
}

namespace {

/// The condition table of the manual, in words of its own. [armv7 table A8-1]
bool holds(unsigned condition, bool n, bool z, bool c, bool v) {
  const bool table[16] = {z,       !z,     c,      !c,           n,           !n,   v,   !v, c && !z,
                          !c || z, n == v, n != v, !z && n == v, z || n != v, true, true};
  return table[condition];
}

mmu::Psr with_flags(mmu::Psr cpsr, unsigned flags) {
  cpsr = mmu::PSR::N.with(cpsr, (flags & 8) != 0);
  cpsr = mmu::PSR::Z.with(cpsr, (flags & 4) != 0);
  cpsr = mmu::PSR::C.with(cpsr, (flags & 2) != 0);
  return mmu::PSR::V.with(cpsr, (flags & 1) != 0);
}

mmu::Psr with_it(mmu::Psr cpsr, unsigned it) {
  return mmu::PSR::IT_HIGH.with(mmu::PSR::IT_LOW.with(cpsr, it & 3), it >> 2);
}

}  // namespace

TEST_CASE("an instruction whose condition fails accesses nothing", "[emu][fault_address][armv7-A8.3]") {
  for (unsigned flags = 0; flags < 16; ++flags) {
    for (unsigned cond = 0; cond < 15; ++cond) {
      INFO(fmt::format("condition {:#x} flags {:#x}", cond, flags));
      const bool expected = holds(cond, (flags & 8) != 0, (flags & 4) != 0, (flags & 2) != 0, (flags & 1) != 0);

      UserRegisters registers = row_registers(arm, "");
      registers.cpsr = with_flags(registers.cpsr, flags);
      CHECK(data_accesses(encode(arm, cond << 28 | 0x05910000), registers).empty() != expected);

      // In an IT block, at each of its four places: the mask's low bits end in 1000, 100, 10 or 1.
      registers = row_registers(thumb, "");
      for (const unsigned mask : {0b1000U, 0b0100U, 0b1010U, 0b0001U}) {
        registers.cpsr = with_it(with_flags(registers.cpsr, flags), cond << 4 | mask);
        CHECK(data_accesses(encode(thumb, 0x6808), registers).empty() != expected);      // ldr r0, [r1]
        CHECK(data_accesses(encode(thumb, 0xf8d18000), registers).empty() != expected);  // ldr.w r8, [r1]
        CHECK(data_accesses(encode(thumb, 0xf921078f), registers).empty() != expected);  // vld1.32 {d0}, [r1]
      }
      // No block: IT[3:0] is 0, whatever is above.
      registers.cpsr = with_it(with_flags(registers.cpsr, flags), 0);
      CHECK_FALSE(data_accesses(encode(thumb, 0x6808), registers).empty());
    }
  }
}

TEST_CASE("IFAR is the PC, or the page of the second halfword", "[emu][fault_address][M-39]") {
  CHECK(instruction_fault_address(VirtAddr{0x8ffe}, VirtAddr{0x8000}) == VirtAddr{0x8ffe});
  CHECK(instruction_fault_address(VirtAddr{0x8ffe}, VirtAddr{0x9000}) == VirtAddr{0x9000});
  CHECK(instruction_fault_address(VirtAddr{0x9000}, VirtAddr{0x9123}) == VirtAddr{0x9000});
}

TEST_CASE("an alignment fault is at the first access that is not aligned", "[emu][fault_address]") {
  UserRegisters registers = row_registers(arm, "");
  registers.r[1] = 0x21002;
  const auto at = [&](std::uint32_t bits) { return misaligned_access(encode(arm, bits), registers); };
  CHECK(at(0xe1c120d0) == DataAccess{VirtAddr{0x21002}, 4, Access::read});   // ldrd
  CHECK(at(0xe1810f92) == DataAccess{VirtAddr{0x21002}, 4, Access::write});  // strex
  CHECK(at(0xe921003c) == DataAccess{VirtAddr{0x20ff2}, 4, Access::write});  // stmdb r1!, {r2-r5}
  registers.r[1] = 0x21004;
  CHECK(at(0xe1b12f9f) == DataAccess{VirtAddr{0x21004}, 8, Access::read});  // ldrexd, which wants 8
  CHECK(at(0xf4210a1f) == DataAccess{VirtAddr{0x21004}, 1, Access::read});  // vld1.8 {d0, d1}, [r1:64]: the first
}

TEST_CASE("LDRD gets the base back that the engine lost", "[emu][fault_address][M-41]") {
  struct Row {
    std::string_view assembly;
    InstructionSet set;
    std::uint32_t bits;
    std::optional<LostBase> expected;
  };
  constexpr VirtAddr page{0x21000};
  // r2 is 0x40; every base register holds 0x5a5a5a5a, the word that was loaded from 0x20ffc.
  constexpr Row ldrds[] = {
      {"ldrd r0, r1, [r0]", arm, 0xe1c000d0, LostBase{0, 0x20ffc}},
      {"ldrd r0, r1, [r0, #8]", arm, 0xe1c000d8, LostBase{0, 0x20ff4}},
      {"ldrd r0, r1, [r0, #-8]", arm, 0xe14000d8, LostBase{0, 0x21004}},
      {"ldrd r0, r1, [r0, r2]", arm, 0xe18000d2, LostBase{0, 0x20fbc}},
      {"ldrd r0, r1, [r0, -r2]", arm, 0xe10000d2, LostBase{0, 0x2103c}},
      {"ldrd r4, r5, [r0]", arm, 0xe1c040d0, std::nullopt},
      {"ldrd r0, r1, [r1]", arm, 0xe1c100d0, std::nullopt},
      {"ldrdeq r0, r1, [r0]", arm, 0x01c000d0, std::nullopt},
      {"strd r0, r1, [r0]", arm, 0xe1c000f0, std::nullopt},
      {"ldm r0, {r0, r1}", arm, 0xe8900003, std::nullopt},
      {"ldrd r0, r1, [r0]", thumb, 0xe9d00100, LostBase{0, 0x20ffc}},
      {"ldrd r0, r1, [r0, #-16]", thumb, 0xe9500104, LostBase{0, 0x2100c}},
      {"ldrd r1, r0, [r0]", thumb, 0xe9d01000, std::nullopt},
      {"ldrd r0, r1, [r0, #8]!", thumb, 0xe9f00102, std::nullopt},
      {"strd r0, r1, [r0]", thumb, 0xe9c00100, std::nullopt},
  };
  for (const Row& row : ldrds) {
    INFO(row.assembly);
    UserRegisters registers = row_registers(row.set, "");
    registers.r[0] = registers.r[1] = 0x5a5a5a5a;
    const Encoding encoding = encode(row.set, row.bits);
    CHECK(lost_base(encoding, registers, page) == row.expected);
    if (!row.expected) continue;
    registers.r[0] = row.expected->value;  // with the base back, the instruction faults where it did
    CHECK(fault_address(encoding, registers, page, Access::read) == page);
    CHECK_FALSE(lost_base(encoding, registers, page));
    registers.r[0] += 8;  // the first word faulted: nothing was lost
    CHECK_FALSE(lost_base(encoding, registers, page));
  }
}

TEST_CASE("whatever the bits are, the accesses are few and run upwards", "[emu][fault_address]") {
  std::independent_bits_engine<std::mt19937, 32, std::uint32_t> random;  // the same bits in every run
  UserRegisters registers = row_registers(arm, "");
  std::size_t with_accesses = 0;
  const auto check = [&](const Encoding& encoding) {
    registers.cpsr = mmu::PSR::T.with(registers.cpsr, encoding.set == thumb);
    const DataAccesses all = data_accesses(encoding, registers);
    if (!all.empty()) ++with_accesses;
    bool right = all.size() <= DataAccesses::capacity;
    for (std::size_t i = 1; right && i < all.size(); ++i)
      right = all[i].va == all[i - 1].va + all[i - 1].size || (i == 1 && all[1].va == all[0].va);  // SWP
    if (!right) FAIL_CHECK(fmt::format("{:#x}: {}", encoding.bits, to_text(all)));
  };
  for (std::uint32_t bits = 0; bits < 0xe800; ++bits) check({bits, 2, thumb});
  for (int i = 0; i < 200000; ++i) {
    const std::uint32_t bits = random();
    check({bits, 4, arm});
    check({(bits & 0x0fffffff) | 0xe0000000, 4, arm});
    check({(bits & 0x00ffffff) | 0xf4000000, 4, arm});
    check({bits | 0xe8000000, 4, thumb});
    check({(bits & 0x00ffffff) | 0xf9000000, 4, thumb});
  }
  CHECK(with_accesses > 100000);
}

}  // namespace lpaemu::emu
