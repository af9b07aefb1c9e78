#include "walk_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "image_file.h"
#include "lpaemu/emu/cli/hex.h"
#include "lpaemu/mmu/format.h"
#include "lpaemu/mmu/proc_v7_3level.h"

namespace lpaemu::emu {
namespace {

constexpr unsigned word_bits = 32;
constexpr unsigned double_word_bits = 64;

constexpr const char* footer =
    "All numbers are hexadecimal, with or without 0x. FILE@PA is a raw image at a physical address; FILE alone is an\n"
    "ELF core file of physical memory. What a file lacks in a page of which it holds a part reads as 0.\n"
    "\n"
    "Exit status: 0 if all addresses translate (--all: all tables could be read; --diff: the same and no difference),\n"
    "1 if not, 2 for wrong usage, 125 for a file that cannot be read. docs/WALK.md shows the output, JSON as well.";

std::uint64_t checked_hex(const std::string& option, const std::string& text, unsigned bits) {
  const auto value = parse_hex(text, bits);
  if (!value)
    throw CLI::ValidationError(option,
                               fmt::format("{} is no hexadecimal number of at most {} bits", in_quotes(text), bits));
  return *value;
}

/// An option whose value is a register's.
CLI::Option* add_register(CLI::App& command, const std::string& name, unsigned bits, const std::string& description,
                          const std::function<void(std::uint64_t)>& store) {
  return command
      .add_option_function<std::string>(
          name, [=](const std::string& text) { store(checked_hex(name, text, bits)); }, description)
      ->type_name("HEX");
}

void declare_registers(CLI::App& command, WalkOptions& options) {
  mmu::TranslationRegisters& registers = options.registers;
  registers.mair = mmu::linux_mair();
  registers.sctlr = mmu::apply_crval(mmu::Sctlr{});
  const auto mair_half = [&registers](auto first, auto last, std::uint64_t value) {
    constexpr std::uint64_t mask =
        (~std::uint64_t{0} >> (double_word_bits - 1 - decltype(last)::hi)) & ~std::uint64_t{0} << decltype(first)::lo;
    registers.mair = mmu::Mair{(registers.mair.raw() & ~mask) | value << decltype(first)::lo};
  };
  add_register(command, "--ttbcr", word_bits, "TTBCR; EAE must be 1", [&registers](std::uint64_t value) {
    registers.ttbcr = mmu::Ttbcr{static_cast<std::uint32_t>(value)};
  })->required();
  add_register(command, "--ttbr0", double_word_bits, "TTBR0", [&registers](std::uint64_t value) {
    registers.ttbr0 = mmu::Ttbr{value};
  })->required();
  add_register(command, "--ttbr1", double_word_bits, "TTBR1, needed where TTBCR lets it translate",
               [&options](std::uint64_t value) {
                 options.registers.ttbr1 = mmu::Ttbr{value};
                 options.ttbr1_given = true;
               });
  const auto linux_value = [](std::uint32_t value) { return fmt::format("Linux's unless given, {:#010x}", value); };
  const std::uint64_t mair = registers.mair.raw();
  add_register(command, "--mair0", word_bits, "MAIR0; " + linux_value(static_cast<std::uint32_t>(mair)),
               [mair_half](std::uint64_t value) { mair_half(mmu::MAIR::Attr0, mmu::MAIR::Attr3, value); });
  add_register(command, "--mair1", word_bits, "MAIR1; " + linux_value(static_cast<std::uint32_t>(mair >> word_bits)),
               [mair_half](std::uint64_t value) { mair_half(mmu::MAIR::Attr4, mmu::MAIR::Attr7, value); });
  add_register(command, "--sctlr", word_bits,
               "SCTLR, of which M, EE, WXN and UWXN count; " + linux_value(registers.sctlr.raw()) +
                   ": MMU on, little-endian tables",
               [&registers](std::uint64_t value) { registers.sctlr = mmu::Sctlr{static_cast<std::uint32_t>(value)}; });
}

void declare_access(CLI::App& command, WalkOptions& options) {
  command
      .add_option_function<std::string>(
          "--access",
          [&options](const std::string& text) {
            options.access = text == "r" ? mmu::Access::read : text == "w" ? mmu::Access::write : mmu::Access::execute;
          },
          "The access: read, write or execute")
      ->check(CLI::IsMember({"r", "w", "x"}))
      ->type_name("ACCESS")
      ->default_str("r");
  command
      .add_option_function<std::string>(
          "--pl",
          [&options](const std::string& text) {
            options.privilege = text == "0" ? mmu::Privilege::pl0 : mmu::Privilege::pl1;
          },
          "The privilege level: 0 = user, 1 = kernel")
      ->check(CLI::IsMember({"0", "1"}))
      ->type_name("LEVEL")
      ->default_str("0");
}

std::vector<ImageFile> image_files(const std::string& option, const std::vector<std::string>& texts) {
  std::vector<ImageFile> files;
  for (const std::string& text : texts) {
    const auto file = parse_image_file(text);
    if (!file) throw CLI::ValidationError(option, file.error().message);
    files.push_back(*file);
  }
  return files;
}

void check_what_to_do(const WalkOptions& options) {
  const bool diff = !options.other.empty();
  if (diff && !options.addresses.empty())
    throw CLI::ValidationError("--diff", "it compares all mappings; leave out the addresses");
  if (options.all && !options.addresses.empty())
    throw CLI::ValidationError("--all", "it shows all mappings; leave out the addresses");
  if (!options.all && !diff && options.addresses.empty())
    throw CLI::ValidationError("VA", "nothing to do; give addresses, --all or --diff OTHER");
}

void check_registers(const WalkOptions& options) {
  const mmu::TranslationRegisters& registers = options.registers;
  if (!mmu::SCTLR::M.get(registers.sctlr)) return;
  if (!mmu::TTBCR::EAE.get(registers.ttbcr))
    throw CLI::ValidationError("--ttbcr", fmt::format("{:#010x} has EAE=0, the short-descriptor format, which lpaemu "
                                                      "does not model; LPAE has EAE=1 (bit 31)",
                                                      registers.ttbcr.raw()));
  if (options.ttbr1_given) return;
  mmu::TranslationRegisters without = registers;
  without.ttbcr = mmu::TTBCR::EPD1.with(registers.ttbcr, true);
  const mmu::Regime regime{registers};
  const mmu::Regime ttbr0_only{without};
  const auto needs_ttbr1 = [&](mmu::VirtAddr va) {
    return regime.start(va) != nullptr && ttbr0_only.start(va) == nullptr;
  };
  constexpr mmu::VirtAddr highest{~std::uint32_t{0}};
  if (options.addresses.empty() ? needs_ttbr1(highest) : std::ranges::any_of(options.addresses, needs_ttbr1))
    throw CLI::ValidationError(
        "--ttbr1", fmt::format("TTBCR {:#010x} gives addresses to TTBR1; give its value", registers.ttbcr.raw()));
}

}  // namespace

void declare_walk_options(CLI::App& command, WalkOptions& options) {
  command.add_option("VA", options.address_texts, "Virtual addresses to walk")->type_name("");
  command.add_option("--ram", options.ram_texts, "Memory that holds the tables; repeatable")
      ->required()
      ->type_name("FILE[@PA]")
      ->allow_extra_args(false);
  declare_registers(command, options);
  declare_access(command, options);
  command.add_flag("--all", options.all, "Show all mappings, merged into ranges with equal attributes");
  command
      .add_option("--diff", options.other_texts,
                  "Show how all mappings of --ram (A) and of these images (B) differ, with the same registers")
      ->type_name("FILE[@PA]");
  command
      .add_option_function<std::string>(
          "--format",
          [&options](const std::string& text) {
            options.format = text == "json" ? WalkFormat::json : WalkFormat::text;
          },
          "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT")
      ->default_str("text");
  command.footer(footer);
}

void finish_walk_options(WalkOptions& options) {
  options.ram = image_files("--ram", options.ram_texts);
  options.other = image_files("--diff", options.other_texts);
  for (const std::string& text : options.address_texts)
    options.addresses.emplace_back(static_cast<std::uint32_t>(checked_hex("VA", text, word_bits)));
  check_what_to_do(options);
  check_registers(options);
}

}  // namespace lpaemu::emu
