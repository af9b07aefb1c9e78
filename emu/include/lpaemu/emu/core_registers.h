// The names of the core registers, as they are shown and typed.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace lpaemu::emu {

inline constexpr std::array<std::string_view, 16> core_register_names{
    "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr", "pc"};

/// The number of a register by its name here, or by fp, r13, r14, r15.
[[nodiscard]] constexpr std::optional<std::size_t> core_register(std::string_view name) {
  if (name == "fp") return 11;
  if (name == "r13") return 13;
  if (name == "r14") return 14;
  if (name == "r15") return 15;
  for (std::size_t i = 0; i < core_register_names.size(); ++i)
    if (name == core_register_names[i]) return i;
  return std::nullopt;
}

}  // namespace lpaemu::emu
