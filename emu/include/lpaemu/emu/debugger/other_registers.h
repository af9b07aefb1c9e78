// The registers that are not the core's, by name: CP15 under ARM's names, VFP.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/emu/machine/user.h"

namespace lpaemu::emu {

struct OtherRegister {
  std::uint64_t value = 0;
  unsigned bits = 32;
  std::uint64_t high = 0;  // of 128 bits the upper half
};

/// DFAR, TTBR0, s0, d31, q15, fpscr, ...
[[nodiscard]] std::optional<OtherRegister> other_register(UserMachine& machine, std::string_view name);
/// Of VFP, up to 64 bits. False: `name` is none of those.
[[nodiscard]] bool set_other_register(UserMachine& machine, std::string_view name, std::uint64_t value);
[[nodiscard]] bool is_other_register(std::string_view name);
[[nodiscard]] const std::vector<std::string>& other_register_names();

/// `wanted`, but what no user can change stays as in `now`: mode, masks, J.
[[nodiscard]] mmu::Psr with_user_bits(mmu::Psr now, mmu::Psr wanted);

}  // namespace lpaemu::emu
