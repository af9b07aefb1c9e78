// The options of `lpaemu walk`, parsed and checked.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "lpaemu/emu/memory_image.h"
#include "lpaemu/mmu/access.h"
#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/regime.h"

namespace lpaemu::emu {

enum class WalkFormat : std::uint8_t { text, json };

struct WalkOptions {
  std::vector<ImageFile> ram;
  std::vector<ImageFile> other;  // --diff
  std::vector<mmu::VirtAddr> addresses;
  mmu::TranslationRegisters registers;
  mmu::Access access = mmu::Access::read;
  mmu::Privilege privilege = mmu::Privilege::pl0;
  WalkFormat format = WalkFormat::text;
  bool all = false;
  bool ttbr1_given = false;
  // As given; `ram`, `other` and `addresses` are their meaning.
  std::vector<std::string> ram_texts;
  std::vector<std::string> other_texts;
  std::vector<std::string> address_texts;
};

/// Declares the options on `command`, which fill in `options` when they are parsed.
void declare_walk_options(CLI::App& command, WalkOptions& options);

/// What can be checked only when all options are known. Throws CLI::ParseError, as CLI11 does for a wrong option.
void finish_walk_options(WalkOptions& options);

}  // namespace lpaemu::emu
