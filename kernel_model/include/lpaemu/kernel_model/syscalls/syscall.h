// System calls as data: the table, its rows, and what a handler is given. [linux arch/arm/tools/syscall.tbl]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/mmu/address.h"

namespace lpaemu::kernel {

struct task_struct;

/// Registers r0 to r6 at the SVC. [linux arch/arm/kernel/entry-common.S:vector_swi]
struct SyscallArgs {
  std::array<std::uint32_t, 7> r{};

  [[nodiscard]] std::uint32_t operator[](std::size_t index) const { return r[index]; }
  [[nodiscard]] std::int32_t s32(std::size_t index) const { return static_cast<std::int32_t>(r[index]); }
  [[nodiscard]] mmu::VirtAddr addr(std::size_t index) const { return mmu::VirtAddr{r[index]}; }
  /// A 64-bit argument: low word in r[index], high word behind it. The EABI puts it in an even-odd pair of registers.
  [[nodiscard]] std::uint64_t u64(std::size_t index) const { return r[index] | std::uint64_t{r[index + 1]} << 32; }
  [[nodiscard]] std::int64_t s64(std::size_t index) const { return static_cast<std::int64_t>(u64(index)); }
};

/// What r0 will hold, or the error whose negative it will hold.
using SyscallResult = Result<std::uint32_t>;
using SyscallHandler = SyscallResult (*)(task_struct& task, const SyscallArgs& args);

/// How much of a call the model does.
enum class Support : std::uint8_t {
  full,     // as Linux does
  partial,  // the note says what is missing
  ignored,  // accepted, checked and without effect
  absent,   // ENOSYS, and one warning
};

/// When the call must run in the outer loop, because it may wait or end the task.
enum class Place : std::uint8_t {
  never,      // always runs in the hook
  on_input,   // when a read of the file of r0 could wait
  on_output,  // when a write to the file of r0 could wait, or end in SIGPIPE
  always,
};

struct SyscallRow {
  std::uint32_t number;
  std::string_view name;
  SyscallHandler handler;
  Place place;
  Support support;
  std::string_view note;
};

/// Call numbers that only ARM has start here. [linux arch/arm/include/uapi/asm/unistd.h]
inline constexpr std::uint32_t ARM_NR_BASE = 0x0f0000;

/// All rows, ascending by number.
[[nodiscard]] std::span<const SyscallRow> syscall_table();
/// The row of a number, by index: null where Linux has none.
[[nodiscard]] const SyscallRow* find_syscall(std::uint32_t number);
[[nodiscard]] std::string_view support_name(Support support);

/// The highest errno: results of -4095 to -1 are errors. [linux include/linux/err.h]
inline constexpr std::uint32_t MAX_ERRNO = 4095;
[[nodiscard]] constexpr bool is_error_result(std::uint32_t r0) { return r0 > ~MAX_ERRNO; }

}  // namespace lpaemu::kernel
