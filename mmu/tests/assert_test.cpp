// Assertions stay on in every build and show the state.
#include "lpaemu/mmu/assert.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <functional>
#include <string>

#include "lpaemu/mmu/fault.h"
#include "lpaemu/mmu/linux_pmd.h"
#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/regime.h"
#include "lpaemu/mmu/testing/fake_memory.h"

namespace lpaemu::mmu {
namespace {

struct Death {
  int signal;
  std::string words;
};

/// Runs `action` in a child process: how it died, and what it wrote to standard error.
Death death_of(const std::function<void()>& action) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // the test framework's own handler would report
    dup2(ends[1], STDERR_FILENO);
    action();
    _exit(0);
  }
  close(ends[1]);
  Death death{};
  std::array<char, 512> chunk{};
  for (ssize_t n = 0; (n = read(ends[0], chunk.data(), chunk.size())) > 0;)
    death.words.append(chunk.data(), static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  death.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return death;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an assertion that fails prints the condition and the state and aborts", "[mmu][assert]") {
  const Death death = death_of([] { LPAEMU_ASSERT(1 + 1 == 3, "the sum is {}", 1 + 1); });
  CHECK(death.signal == SIGABRT);
  CHECK(contains(death.words, "lpaemu: assertion failed: 1 + 1 == 3 at "));
  CHECK(contains(death.words, "assert_test.cpp:"));
  CHECK(contains(death.words, ": the sum is 2\n"));
  CHECK(death_of([] { LPAEMU_ASSERT(true, "never"); }).signal == 0);
}

TEST_CASE("soft-dirty in a table descriptor is a caller's bug: bit 59 is PXNTable there", "[mmu][assert][P-8]") {
  const Pmd table{0x8000'1003};
  CHECK(contains(death_of([&] { (void)pmd_mksoft_dirty(table); }).words, "table descriptor, 0x80001003"));
  CHECK(contains(death_of([&] { (void)pmd_mkdirty(table); }).words, "table descriptor"));
  CHECK(contains(death_of([&] { (void)pmd_clear_soft_dirty(table); }).words, "table descriptor"));
}

TEST_CASE("a PTE that cannot be stored is a caller's bug", "[mmu][assert]") {
  FakeMemory memory;
  CHECK(contains(death_of([&] { cpu_v7_set_pte_ext(memory, PhysAddr{0x5008}, Pte{3}); }).words,
                 "no memory at 0x5008 for the PTE 0x0000000000000003"));
  std::array<std::uint64_t, 1> words{};
  const std::array<Pte, 2> ptes{};
  CHECK(contains(death_of([&] { set_pte_ext_values(ptes, words); }).words, "2 PTEs, room for 1"));
}

TEST_CASE("a split that Linux does not have is a caller's bug", "[mmu][assert]") {
  CHECK(
      contains(death_of([] { (void)v7_ttb_setup(VmSplit{0x60000000}, PhysAddr{}); }).words, "PAGE_OFFSET 0x60000000"));
}

TEST_CASE("a caller's bug is an assertion", "[mmu][assert][M-3]") {
  CHECK(contains(death_of([] { Regime{{Ttbcr{0}, {}, {}, {}, Sctlr{1}}}; }).words, "short-descriptor"));
  const Fault fetch{FaultKind::permission, 3, VirtAddr{0x1234}, Access::execute, Privilege::pl0};
  CHECK(contains(death_of([&] { (void)dfsr_of(fetch); }).words, "DFSR of a fetch at 0x1234"));
  const Fault read{FaultKind::permission, 3, VirtAddr{0x1234}, Access::read, Privilege::pl0};
  CHECK(contains(death_of([&] { (void)ifsr_of(read); }).words, "IFSR of a data access at 0x1234"));
}

}  // namespace lpaemu::mmu
