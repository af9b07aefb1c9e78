#include <algorithm>
#include <array>

#include "handlers.h"
#include "lpaemu/mmu/assert.h"

namespace lpaemu::kernel {
namespace {

constexpr std::array rows{
#define SYSCALL(number, name, handler, support, note) \
  SyscallRow{number, #name, handler, Place::never, Support::support, note},
#define WAITING_SYSCALL(number, name, handler, place, support, note) \
  SyscallRow{number, #name, handler, Place::place, Support::support, note},
#define ABSENT_SYSCALL(number, name, note) \
  SyscallRow{number, #name, sys_ni_syscall, Place::never, Support::absent, note},
#include "lpaemu/kernel_model/syscalls/table.inc"
#undef SYSCALL
#undef WAITING_SYSCALL
#undef ABSENT_SYSCALL
};

constexpr bool ascending() {
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (rows[i - 1].number >= rows[i].number) return false;
  return true;
}
static_assert(ascending(), "rows of table.inc are in order of their numbers, each number once");

// Numbers from 0 on, and ARM's private ones: two small arrays of positions in `rows`; 0xffff where there is no row.
constexpr std::uint16_t no_row = 0xffff;
constexpr std::size_t common_numbers = 512, private_numbers = 16;

constexpr auto make_index() {
  std::array<std::uint16_t, common_numbers + private_numbers> index{};
  index.fill(no_row);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t number = rows[i].number;
    index[number < ARM_NR_BASE ? number : common_numbers + (number - ARM_NR_BASE)] = static_cast<std::uint16_t>(i);
  }
  return index;
}
constexpr auto row_index = make_index();

}  // namespace

std::span<const SyscallRow> syscall_table() { return rows; }

const SyscallRow* find_syscall(std::uint32_t number) {
  std::size_t slot = number;
  if (number >= ARM_NR_BASE) {
    if (number - ARM_NR_BASE >= private_numbers) return nullptr;
    slot = common_numbers + (number - ARM_NR_BASE);
  } else if (number >= common_numbers) {
    return nullptr;
  }
  const std::uint16_t position = row_index[slot];
  return position == no_row ? nullptr : &rows[position];
}

std::string_view support_name(Support support) {
  switch (support) {
    case Support::full: return "full";
    case Support::partial: return "partial";
    case Support::ignored: return "ignored";
    case Support::absent: return "absent";
  }
  return "";
}

}  // namespace lpaemu::kernel
