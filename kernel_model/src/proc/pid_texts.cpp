// The shorter texts of /proc/PID. [linux fs/proc/base.c]
#include <fmt/format.h>

#include <algorithm>

#include "lpaemu/kernel_model/mm/uaccess.h"
#include "lpaemu/kernel_model/proc/mm_files.h"
#include "lpaemu/kernel_model/task/task.h"
#include "pid_dir.h"

namespace lpaemu::kernel {

namespace {

constexpr std::uint32_t longest_strings = 1U << 20;  // more than exec lets arguments and environment take

/// The bytes of a process between two addresses, as far as they can be read.
std::string memory_of(mm_struct& mm, VirtAddr start, VirtAddr end) {
  if (end <= start) return {};
  std::string text(std::min(end - start, longest_strings), '\0');
  const std::size_t missing = copy_from_user(mm, std::as_writable_bytes(std::span{text}), start);
  text.resize(text.size() - missing);
  return text;
}

struct Limit {
  std::string_view name;
  std::string_view unit;
};

constexpr Limit limits[] = {
    // by RLIMIT_*. [linux fs/proc/base.c:lnames]
    {"Max cpu time", "seconds"},    {"Max file size", "bytes"},      {"Max data size", "bytes"},
    {"Max stack size", "bytes"},    {"Max core file size", "bytes"}, {"Max resident set", "bytes"},
    {"Max processes", "processes"}, {"Max open files", "files"},     {"Max locked memory", "bytes"},
    {"Max address space", "bytes"}, {"Max file locks", "locks"},     {"Max pending signals", "signals"},
    {"Max msgqueue size", "bytes"}, {"Max nice priority", ""},       {"Max realtime priority", ""},
    {"Max realtime timeout", "us"},
};

std::string limit_text(std::uint64_t value) {
  return value >= 0xffffffff ? "unlimited" : std::to_string(value);  // RLIM_INFINITY of a 32-bit kernel
}

}  // namespace

Result<std::string> show_pid_maps(const ProcTask& task) {
  LPAEMU_TRY(found, task.find());
  return found->mm ? show_maps(*found->mm) : std::string{};
}

Result<std::string> show_pid_smaps(const ProcTask& task) {
  LPAEMU_TRY(found, task.find());
  return found->mm ? show_smaps(*found->mm) : std::string{};
}

Result<std::string> show_pid_cmdline(const ProcTask& task) {
  LPAEMU_TRY(found, task.find());
  return found->mm ? memory_of(*found->mm, found->mm->arg_start, found->mm->arg_end) : std::string{};
}

Result<std::string> show_pid_environ(const ProcTask& task) {
  LPAEMU_TRY(found, task.find());
  return found->mm ? memory_of(*found->mm, found->mm->env_start, found->mm->env_end) : std::string{};
}

Result<std::string> show_pid_auxv(const ProcTask& task) {
  LPAEMU_TRY(found, task.find());
  std::string out;
  for (const std::uint32_t word : found->auxv) {
    const auto bytes = std::as_bytes(std::span{&word, 1});
    for (const std::byte byte : bytes) out += static_cast<char>(byte);
  }
  return out;
}

Result<std::string> show_pid_limits(const ProcTask& task) {
  LPAEMU_TRY(found, task.find());
  std::string out = fmt::format("{:<25} {:<20} {:<20} {:<10}\n", "Limit", "Soft Limit", "Hard Limit", "Units");
  for (std::size_t i = 0; i < std::size(limits); ++i) {
    out += fmt::format("{:<25} {:<20} {:<20} ", limits[i].name, limit_text(found->rlimit_soft[i]),
                       limit_text(found->rlimit_hard[i]));
    out += limits[i].unit.empty() ? std::string{"\n"} : fmt::format("{:<10}\n", limits[i].unit);
  }
  return out;
}

}  // namespace lpaemu::kernel
