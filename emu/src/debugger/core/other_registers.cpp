#include "lpaemu/emu/debugger/other_registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lpaemu::emu {
namespace {

constexpr unsigned vfp_singles = 32, vfp_doubles = 32, single_bits = 32, double_bits = 64;

std::optional<unsigned> number_behind(char letter, std::string_view name) {
  unsigned number = 0;
  if (!name.starts_with(letter)) return std::nullopt;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return error == std::errc{} && end == name.data() + name.size() ? std::optional{number} : std::nullopt;
}

std::vector<std::string> all_names() {
  std::vector<std::string> names{"fpscr"};
  for (unsigned i = 0; i < vfp_singles; ++i) names.push_back(fmt::format("s{}", i));
  for (unsigned i = 0; i < vfp_doubles; ++i) names.push_back(fmt::format("d{}", i));
  const Cp15 cp15;
  for (const NamedRegister& reg : named_registers(cp15, ExceptionState{cp15})) names.emplace_back(reg.name);
  return names;
}

}  // namespace

const std::vector<std::string>& other_register_names() {
  static const std::vector<std::string> names = all_names();
  return names;
}

bool is_other_register(std::string_view name) {
  return std::ranges::find(other_register_names(), name) != other_register_names().end();
}

std::optional<OtherRegister> other_register(UserMachine& machine, std::string_view name) {
  if (!is_other_register(name)) return std::nullopt;
  for (const NamedRegister& reg : named_registers(machine.cp15(), machine.exceptions()))
    if (reg.name == name) return OtherRegister{reg.value, reg.bits};
  const kernel::VfpRegisters vfp = machine.engine().vfp_registers();
  if (const auto d = number_behind('d', name)) return OtherRegister{vfp.d[*d], double_bits};
  if (const auto s = number_behind('s', name))
    return OtherRegister{(vfp.d[*s / 2] >> (*s % 2 * single_bits)) & 0xffffffff, single_bits};
  return OtherRegister{vfp.fpscr};
}

}  // namespace lpaemu::emu
