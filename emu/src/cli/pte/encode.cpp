// `lpaemu pte encode`: a leaf from words.
#include "lpaemu/mmu/encode.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lpaemu/emu/cli/hex.h"
#include "lpaemu/emu/cli/line_io.h"
#include "lpaemu/emu/cli/pte.h"
#include "lpaemu/mmu/format.h"

namespace lpaemu::emu {
namespace {

using mmu::L_PTE_MT_TYPE;

template <class T>
struct Name {
  std::string_view text;
  T meaning;
};
constexpr Name<L_PTE_MT_TYPE> memory_types[] = {
    {"uncached", L_PTE_MT_TYPE::UNCACHED},         {"bufferable", L_PTE_MT_TYPE::BUFFERABLE},
    {"writethrough", L_PTE_MT_TYPE::WRITETHROUGH}, {"writeback", L_PTE_MT_TYPE::WRITEBACK},
    {"dev_shared", L_PTE_MT_TYPE::DEV_SHARED},     {"writealloc", L_PTE_MT_TYPE::WRITEALLOC}};
constexpr Name<mmu::Sh> shareabilities[] = {
    {"non", mmu::Sh::non_shareable}, {"outer", mmu::Sh::outer_shareable}, {"inner", mmu::Sh::inner_shareable}};

/// Declares an option that takes one of these names.
template <class T>
CLI::Option* add_names_option(CLI::App& command, const std::string& name,
                              std::type_identity_t<std::span<const Name<T>>> names, T& value,
                              const std::string& description) {
  std::vector<std::string> known;
  known.reserve(names.size());
  for (const auto& [text, meaning] : names) known.emplace_back(text);
  const auto take = [names, &value](const std::string& given) {
    for (const auto& [text, meaning] : names)
      if (text == given) value = meaning;
  };
  return command.add_option_function<std::string>(name, take, description)->check(CLI::IsMember(known));
}

/// As given on the command line; `spec` is their meaning.
struct Options {
  mmu::LeafSpec spec;
  std::string pa;
  std::optional<std::string> prot;
  bool user = false;
  bool no_user = false;
  bool rdonly = false;
  bool none = false;
  bool stored = false;
};

[[noreturn]] void refuse(const std::string& option, const std::string& why) { throw CLI::ValidationError(option, why); }

mmu::PhysAddr parse_pa(const std::string& text) {
  const auto value = parse_hex64(text);
  if (!value) refuse("--pa", fmt::format("{} is not a hex address", in_quotes(text)));
  if (*value > mmu::PhysAddr::mask)
    refuse("--pa", fmt::format("{:#x} has more than {} bits", *value, mmu::physical_address_bits));
  return mmu::PhysAddr{*value};
}

mmu::VmAccess parse_prot(const std::string& text) {
  const auto right = [&text](std::size_t place, char letter) { return text[place] == letter || text[place] == '-'; };
  if (text.size() != 3 || !right(0, 'r') || !right(1, 'w') || !right(2, 'x'))
    refuse("--prot", fmt::format("{} is not three letters like r-x, rw- or ---", in_quotes(text)));
  return {.read = text[0] == 'r', .write = text[1] == 'w', .exec = text[2] == 'x'};
}

/// Refuses what contradicts itself.
void finish(Options& options) {
  mmu::LeafSpec& spec = options.spec;
  spec.pa = parse_pa(options.pa);
  if (!options.prot && !options.none) refuse("--prot", "is required, unless --none says it");
  if (options.prot) spec.access = parse_prot(*options.prot);
  const bool any = spec.access.read || spec.access.write || spec.access.exec;
  if (options.none && any)
    refuse("--none", fmt::format("contradicts --prot {}: PROT_NONE has no rights", *options.prot));
  if (!any && options.user) refuse("--user", "contradicts PROT_NONE, an entry without USER");
  if (options.rdonly && spec.access.write)
    refuse("--rdonly", fmt::format("contradicts --prot {}; a write-protected page is r-- or r-x", *options.prot));
  spec.user = !options.no_user;
}

void declare_flags(CLI::App& command, Options& options) {
  mmu::LeafSpec& spec = options.spec;
  command.add_flag("--young", spec.young, "AF = 1");
  command.add_flag("--dirty", spec.dirty, "L_PTE_DIRTY");
  command.add_flag("--soft-dirty", spec.soft_dirty, "L_PTE_SOFT_DIRTY");
  command.add_flag("--special", spec.special, "L_PTE_SPECIAL: no struct page, as the zero page; level 3 only");
  command.add_flag("--rdonly", options.rdonly, "L_PTE_RDONLY; --prot without w says it, too");
  command.add_flag("--none", options.none, "L_PTE_NONE: PROT_NONE, as --prot ---");
  command.add_flag("--stored", options.stored,
                   "As set_pte_at (level 2: set_pmd_at) stores it at a user address: with nG and AP[2], and PROT_NONE "
                   "without VALID");
}

void declare(CLI::App& command, Options& options) {
  mmu::LeafSpec& spec = options.spec;
  command.add_option("--pa", options.pa, "Physical address of the page or block")->required()->type_name("HEX");
  command
      .add_option("--prot", options.prot,
                  "What may be done: rw-, r-x, ...; --- is PROT_NONE. w and x imply r. A private writable page before "
                  "its copy is r-- or r-x")
      ->type_name("RWX");
  CLI::Option* user = command.add_flag("--user", options.user, "PL0 may access: the default");
  command.add_flag("--no-user", options.no_user, "The kernel's: PL0 may not access")->excludes(user);
  add_names_option(command, "--mt", memory_types, spec.memory, "Memory type")->default_str("writealloc");
  add_names_option(command, "--sh", shareabilities, spec.shareability, "Shareability")->default_str("inner");
  command.add_option("--level", spec.level, "3 for a page, 2 for a block of 2 MiB, 1 for one of 1 GiB")
      ->check(CLI::Range(mmu::first_level, mmu::last_level))
      ->capture_default_str();
  declare_flags(command, options);
}

}  // namespace

void add_pte_encode_command(CLI::App& pte, Action& action) {
  CLI::App* command = pte.add_subcommand("encode", "Prints the page or block descriptor that these words describe");
  const auto options = std::make_shared<Options>();
  declare(*command, *options);
  command->footer(exit_status_help);
  command->callback([options, &action] {
    finish(*options);
    const auto form = options->stored ? mmu::LeafForm::stored : mmu::LeafForm::given;
    const auto encoded = mmu::encode_leaf(options->spec, form);
    if (!encoded) throw CLI::ValidationError("pte encode", encoded.error());
    action = [d = *encoded] {
      Output output;
      output.text() = fmt::format("{}\n", d);
      return output.finish(0);
    };
  });
}

}  // namespace lpaemu::emu
