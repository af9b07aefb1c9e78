#include "lpaemu/emu/debugger/other_registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lpaemu::emu {
namespace {

constexpr unsigned vfp_singles = 32, vfp_doubles = 32, neon_quads = 16, single_bits = 32, double_bits = 64,
                   quad_bits = 128;

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
  for (unsigned i = 0; i < neon_quads; ++i) names.push_back(fmt::format("q{}", i));
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
  if (const auto q = number_behind('q', name)) {
    const std::size_t half = std::size_t{*q} * 2;
    return OtherRegister{.value = vfp.d[half], .bits = quad_bits, .high = vfp.d[half + 1]};
  }
  if (const auto d = number_behind('d', name)) return OtherRegister{vfp.d[*d], double_bits};
  if (const auto s = number_behind('s', name))
    return OtherRegister{(vfp.d[*s / 2] >> (*s % 2 * single_bits)) & 0xffffffff, single_bits};
  return OtherRegister{vfp.fpscr};
}

bool set_other_register(UserMachine& machine, std::string_view name, std::uint64_t value) {
  if (!is_other_register(name)) return false;
  kernel::VfpRegisters vfp = machine.engine().vfp_registers();
  if (const auto d = number_behind('d', name)) {
    vfp.d[*d] = value;
  } else if (const auto s = number_behind('s', name)) {
    const unsigned shift = *s % 2 * single_bits;
    std::uint64_t& whole = vfp.d[*s / 2];
    whole = (whole & ~(std::uint64_t{0xffffffff} << shift)) | (value & 0xffffffff) << shift;
  } else if (name == "fpscr") {
    vfp.fpscr = static_cast<std::uint32_t>(value);
  } else {
    return false;
  }
  machine.engine().set_vfp_registers(vfp);
  return true;
}

mmu::Psr with_user_bits(mmu::Psr now, mmu::Psr wanted) {
  const auto keep = [&](const auto& field) { wanted = field.with(wanted, field.get(now)); };
  keep(mmu::PSR::M);
  keep(mmu::PSR::F);
  keep(mmu::PSR::I);
  keep(mmu::PSR::A);
  keep(mmu::PSR::SBZ_23_20);
  keep(mmu::PSR::J);
  return wanted;
}

}  // namespace lpaemu::emu
