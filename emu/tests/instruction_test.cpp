#include "lpaemu/emu/instruction.h"

#include <catch2/catch_test_macros.hpp>

namespace lpaemu::emu {
namespace {

constexpr InstructionSet arm = InstructionSet::arm;
constexpr InstructionSet thumb = InstructionSet::thumb;

Encoding encode(InstructionSet set, std::uint32_t bits) {
  return {bits, set == thumb && bits <= 0xffff ? 2U : 4U, set};
}

mmu::Psr with_it(mmu::Psr cpsr, unsigned it) {
  return mmu::PSR::IT_HIGH.with(mmu::PSR::IT_LOW.with(cpsr, it & 3), it >> 2);
}

}  // namespace

TEST_CASE("an encoding is read from memory in halfwords", "[emu][instruction]") {
  const std::byte memory[] = {std::byte{0x08}, std::byte{0x68}, std::byte{0xd1},
                              std::byte{0xf8}, std::byte{0x04}, std::byte{0x80}};
  const std::span all{memory};
  CHECK(encoding_at(all, arm) == Encoding{0xf8d16808, 4, arm});
  CHECK(encoding_at(all, thumb) == Encoding{0x6808, 2, thumb});
  CHECK(encoding_at(all.subspan(2), thumb) == Encoding{0xf8d18004, 4, thumb});
  CHECK_FALSE(encoding_at(all.subspan(2, 3), thumb));
  CHECK_FALSE(encoding_at(all.first(3), arm));
  CHECK_FALSE(encoding_at(all.first(1), thumb));
  CHECK(encoding_at(all.first(2), thumb));
}

TEST_CASE("the condition of an instruction is its own, the block's, or always", "[emu][instruction]") {
  const mmu::Psr plain = mmu::PSR::T.with(mmu::Psr{}, true);
  CHECK(condition(encode(arm, 0x05910000), {}) == 0);
  CHECK(condition(encode(arm, 0xf4210a8f), {}) == 0xe);                // unconditional
  CHECK(condition(encode(thumb, 0xd0fe), plain) == 0);                 // beq
  CHECK(condition(encode(thumb, 0xdbfe), plain) == 0xb);               // blt
  CHECK(condition(encode(thumb, 0xde00), plain) == 0xe);               // udf
  CHECK(condition(encode(thumb, 0xdf00), with_it(plain, 0x18)) == 1);  // svcne
  CHECK(condition(encode(thumb, 0xf43faffe), plain) == 0);             // beq.w
  CHECK(condition(encode(thumb, 0xf3bf8f5f), plain) == 0xe);           // dmb sy, whose bits look like a branch's
}

TEST_CASE("hints are told from undefined instructions", "[emu][instruction]") {
  CHECK(is_hint(encode(arm, 0xe320f001)));    // yield
  CHECK(is_hint(encode(arm, 0xe320f002)));    // wfe
  CHECK(is_hint(encode(arm, 0x0320f003)));    // wfieq
  CHECK(is_hint(encode(thumb, 0xbf10)));      // yield
  CHECK(is_hint(encode(thumb, 0xf3af8002)));  // wfe.w
  CHECK_FALSE(is_hint(encode(arm, 0xe7f000f0)));
  CHECK_FALSE(is_hint(encode(arm, 0xe328f001)));  // msr cpsr_f, #1
  CHECK_FALSE(is_hint(encode(thumb, 0xbf18)));    // it ne
  CHECK_FALSE(is_hint(encode(thumb, 0xde00)));
}

}  // namespace lpaemu::emu
