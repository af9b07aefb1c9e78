// Starting a program in a fresh address space: segments, stack, auxiliary vector, registers. [linux fs/exec.c,
// fs/binfmt_elf.c, arch/arm/kernel/process.c]
#pragma once

#include <string>
#include <vector>

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/host.h"
#include "lpaemu/kernel_model/task/program.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

// Auxiliary vector entries. [linux include/uapi/linux/auxvec.h]
inline constexpr std::uint32_t AT_NULL = 0, AT_PHDR = 3, AT_PHENT = 4, AT_PHNUM = 5, AT_PAGESZ = 6, AT_BASE = 7;
inline constexpr std::uint32_t AT_FLAGS = 8, AT_ENTRY = 9, AT_UID = 11, AT_EUID = 12, AT_GID = 13, AT_EGID = 14;
inline constexpr std::uint32_t AT_PLATFORM = 15, AT_HWCAP = 16, AT_CLKTCK = 17, AT_SECURE = 23, AT_RANDOM = 25;
inline constexpr std::uint32_t AT_HWCAP2 = 26, AT_EXECFN = 31;

/// half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm: what a Cortex-A15 reports.
/// [linux arch/arm/include/uapi/asm/hwcap.h, arch/arm/kernel/setup.c]
inline constexpr std::uint32_t elf_hwcap = 0x003fb0d6;
inline constexpr std::uint32_t USER_HZ = 100;  // AT_CLKTCK

/// A program, and what it is started with.
struct ExecRequest {
  const Program& program;
  const std::vector<std::string>& argv;
  const std::vector<std::string>& envp;
  std::shared_ptr<page_cache> sigpage;
};

/// Fills `task.mm`, which must be empty, and answers the registers to start with: E2BIG (arguments), ENOEXEC (segments
/// that do not fit the address space), ENOMEM. Nothing is undone on failure: the caller drops the address space.
[[nodiscard]] Result<UserRegisters> exec_program(task_struct& task, const ExecRequest& request, Host& host);

}  // namespace lpaemu::kernel
