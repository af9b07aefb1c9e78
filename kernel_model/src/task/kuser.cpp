#include "lpaemu/kernel_model/task/kuser.h"

#include <array>
#include <cstring>

#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/assert.h"

namespace lpaemu::kernel {
namespace {

using Word = std::uint32_t;

constexpr Word fill_word = 0xe7fddef1;  // an undefined instruction

void put_words(std::span<std::byte> page, std::size_t offset, std::span<const Word> words) {
  std::memcpy(page.data() + offset, words.data(), words.size_bytes());
}

// What programs call at fixed addresses; the contracts are in linux-lpae-pte 13 and
// [linux Documentation/arch/arm/kernel_user_helpers.rst]. dmb stands for the barrier that callers are promised.
constexpr std::size_t kuser_cmpxchg64 = 0xf60;
constexpr std::array<Word, 15> cmpxchg64_code{
    0xe92d03f0,  // push {r4-r9}
    0xe1c040d0,  // ldrd r4, r5, [r0]           what is expected
    0xe1c160d0,  // ldrd r6, r7, [r1]           what to store
    0xf57ff05b,  // dmb ish
    0xe1b28f9f,  // 1: ldrexd r8, r9, [r2]
    0xe1580004,  // cmp r8, r4
    0x01590005,  // cmpeq r9, r5
    0x13a03002,  // movne r3, #2                2: differs
    0x01a23f96,  // strexdeq r3, r6, r7, [r2]   0: stored, 1: the monitor was lost
    0xe3530001,  // cmp r3, #1
    0x0afffff8,  // beq 1b
    0xf57ff05b,  // dmb ish
    0xe2730000,  // rsbs r0, r3, #0             C is set for 0 only
    0xe8bd03f0,  // pop {r4-r9}
    0xe12fff1e,  // bx lr
};

constexpr std::size_t kuser_memory_barrier = 0xfa0;
constexpr std::array<Word, 2> memory_barrier_code{
    0xf57ff05b,  // dmb ish
    0xe12fff1e,  // bx lr
};

constexpr std::size_t kuser_cmpxchg = 0xfc0;
constexpr std::array<Word, 8> cmpxchg_code{
    0xf57ff05b,  // dmb ish
    0xe1923f9f,  // 1: ldrex r3, [r2]
    0xe053c000,  // subs ip, r3, r0
    0x0182cf91,  // strexeq ip, r1, [r2]
    0x035c0001,  // cmpeq ip, #1
    0x0afffffa,  // beq 1b
    0xe27c0000,  // rsbs r0, ip, #0             C is set for 0 only
    0xeaffffef,  // b memory_barrier
};

constexpr std::size_t kuser_get_tls = 0xfe0;
constexpr std::array<Word, 3> get_tls_code{
    0xee1d0f70,  // mrc p15, 0, r0, c13, c0, 3
    0xe12fff1e,  // bx lr
    0xee1d0f70,  // the template of the first word, where Linux keeps it
};

constexpr std::size_t kuser_software_tls = 0xff0;
constexpr std::array<Word, 4> software_tls_and_version{0, 0, 0, 5};

}  // namespace

void fill_kuser_page(std::span<std::byte> page) {
  LPAEMU_ASSERT(page.size() == mmu::PAGE_SIZE, "{} bytes", page.size());
  for (std::size_t offset = 0; offset < page.size(); offset += sizeof(Word))
    put_words(page, offset, std::span{&fill_word, 1});
  put_words(page, kuser_cmpxchg64, cmpxchg64_code);
  put_words(page, kuser_memory_barrier, memory_barrier_code);
  put_words(page, kuser_cmpxchg, cmpxchg_code);
  put_words(page, kuser_get_tls, get_tls_code);
  put_words(page, kuser_software_tls, software_tls_and_version);
}

void fill_sigpage(std::span<std::byte> page) {
  LPAEMU_ASSERT(page.size() == mmu::PAGE_SIZE, "{} bytes", page.size());
  for (std::size_t offset = 0; offset < page.size(); offset += sizeof(Word))
    put_words(page, offset, std::span{&fill_word, 1});
  // mov r7, #119 (sigreturn) or #173 (rt_sigreturn); svc 0: two words in ARM, one in Thumb.
  constexpr std::array<Word, 6> code{0xe3a07077, 0xef000000, 0xdf002777, 0xe3a070ad, 0xef000000, 0xdf0027ad};
  put_words(page, 0, code);
}

}  // namespace lpaemu::kernel
