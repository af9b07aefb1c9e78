// The code that the kernel puts into every process: the kuser page at 0xffff0000 and [sigpage].
// [linux arch/arm/kernel/entry-armv.S, sigreturn_codes.S] [linux-lpae-pte 13]
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lpaemu::kernel {

/// Fills a page with the kernel user helpers, version 5; mm's install_vectors maps it at 0xffff0000.
void fill_kuser_page(std::span<std::byte> page);

/// Where the signal return code of each kind lies in [sigpage], in bytes. Thumb code is entered at +1.
enum class SigreturnCode : std::uint32_t { arm = 0, thumb = 8, arm_rt = 12, thumb_rt = 20 };
void fill_sigpage(std::span<std::byte> page);

}  // namespace lpaemu::kernel
