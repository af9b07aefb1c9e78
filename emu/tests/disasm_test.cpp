#include "lpaemu/emu/disasm.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string_view>
#include <utility>

namespace lpaemu::emu {
namespace {

constexpr InstructionSet arm = InstructionSet::arm;
constexpr InstructionSet thumb = InstructionSet::thumb;

struct Row {
  InstructionSet set;
  std::uint32_t bits;
  std::string_view text;
};

// At 0x10000. Capstone 4 and 5 agree on all of these.
constexpr Row rows[] = {
    {arm, 0xe5910004, "ldr r0, [r1, #4]"},
    {arm, 0xe92d4010, "push {r4, lr}"},
    {arm, 0xef000000, "svc #0"},
    {arm, 0xe7f000f0, "udf #0"},
    {arm, 0xeafffffe, "b #0x10000"},
    {arm, 0xebffffff, "bl #0x10004"},
    {arm, 0x05910000, "ldreq r0, [r1]"},
    {arm, 0xe1c120d0, "ldrd r2, r3, [r1]"},
    {arm, 0xf421048f, "vld3.32 {d0, d1, d2}, [r1]"},
    {arm, 0xe1910f9f, "ldrex r0, [r1]"},
    {arm, 0xee1d0f70, "mrc p15, #0, r0, c13, c0, #3"},
    {arm, 0xf57ff05f, "dmb sy"},
    {arm, 0xe7910103, "ldr r0, [r1, r3, lsl #2]"},
    {arm, 0xe320f001, "yield"},
    {arm, 0xffffffff, ".inst 0xffffffff"},
    {thumb, 0x6808, "ldr r0, [r1]"},
    {thumb, 0xbd10, "pop {r4, pc}"},
    {thumb, 0xde00, "udf #0"},
    {thumb, 0xd0fe, "beq #0x10000"},
    {thumb, 0xbf18, "it ne"},
    {thumb, 0x4770, "bx lr"},  // right behind an IT: no state is kept from it
    {thumb, 0xf8d18004, "ldr.w r8, [r1, #4]"},
    {thumb, 0xf000f800, "bl #0x10004"},
    {thumb, 0xe8d1f002, "tbb [r1, r2]"},
    {thumb, 0xf04f30ff, "mov.w r0, #-1"},
    {thumb, 0xb6ff, ".inst.n 0xb6ff"},
    {thumb, 0xffffffff, ".inst.w 0xffffffff"},
};

}  // namespace

TEST_CASE("instructions are printed in the assembler's words", "[emu][disasm]") {
  Disassembler disassembler;
  for (const Row& row : rows) {
    const Encoding encoding{row.bits, row.set == thumb && row.bits <= 0xffff ? 2U : 4U, row.set};
    const Instruction instruction = disassembler.disassemble(encoding, VirtAddr{0x10000});
    CHECK(instruction.text() == row.text);
    CHECK(instruction.encoding == encoding);
    CHECK(instruction.pc == VirtAddr{0x10000});
  }
}

TEST_CASE("the same bits elsewhere, in another set or of another size are another instruction", "[emu][disasm]") {
  Disassembler disassembler;
  const VirtAddr pc{0x10000};
  const auto text = [&](std::uint32_t bits, unsigned size, InstructionSet set, VirtAddr at) {
    return disassembler.disassemble({.bits = bits, .size = size, .set = set}, at).text();
  };
  for (unsigned round = 0; round < 2; ++round) {
    CHECK(text(0xeafffffe, 4, arm, pc) == "b #0x10000");
    CHECK(text(0xeafffffe, 4, arm, pc + 0x200U) == "b #0x10200");
    CHECK(text(0xeafffffe, 4, arm, pc + 0x1000U) == "b #0x11000");
    CHECK(text(0xf8d10004, 4, thumb, pc) == "ldr.w r0, [r1, #4]");
    CHECK(text(0xf8d10004, 4, arm, pc) != "ldr.w r0, [r1, #4]");
    CHECK(text(0x6808, 2, thumb, pc) == "ldr r0, [r1]");
  }
}

TEST_CASE("an instruction that is cut off is none", "[emu][disasm]") {
  Disassembler disassembler;
  const std::array memory{std::byte{0xd1}, std::byte{0xf8}, std::byte{0x04}, std::byte{0x80}};  // ldr.w r8, [r1, #4]
  const std::span all{memory};
  REQUIRE(disassembler.disassemble(all, VirtAddr{0x1000}, thumb));
  CHECK(disassembler.disassemble(all, VirtAddr{0x1000}, thumb)->encoding.size == 4);
  CHECK_FALSE(disassembler.disassemble(all.first(2), VirtAddr{0x1000}, thumb));
  CHECK_FALSE(disassembler.disassemble(all.first(3), VirtAddr{0x1000}, arm));
  CHECK_FALSE(disassembler.disassemble({}, VirtAddr{0x1000}, arm));
}

TEST_CASE("a disassembler can be moved before and after its first use", "[emu][disasm]") {
  Disassembler first;
  Disassembler second = std::move(first);
  CHECK(second.disassemble(Encoding{0xef000000, 4, arm}, VirtAddr{0}).mnemonic == "svc");
  Disassembler third = std::move(second);
  CHECK(third.disassemble(Encoding{0xef000000, 4, arm}, VirtAddr{0}).mnemonic == "svc");
}

TEST_CASE("the version is the library's", "[emu][disasm]") {
  const std::string version = capstone_version();
  CHECK(version.size() >= 5);
  CHECK((version.starts_with("4.") || version.starts_with("5.")));
}

}  // namespace lpaemu::emu
