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
};

/// DFAR, TTBR0, s0, d31, fpscr, ...
[[nodiscard]] std::optional<OtherRegister> other_register(UserMachine& machine, std::string_view name);
[[nodiscard]] bool is_other_register(std::string_view name);
[[nodiscard]] const std::vector<std::string>& other_register_names();

}  // namespace lpaemu::emu
