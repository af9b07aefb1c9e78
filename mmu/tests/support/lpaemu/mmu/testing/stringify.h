// How Catch2 prints our words in a failed assertion. Header only.
#pragma once

#include <catch2/catch_tostring.hpp>
#include <concepts>
#include <string>

#include "lpaemu/mmu/field.h"
#include "lpaemu/mmu/print.h"
#include "lpaemu/mmu/regime.h"

template <lpaemu::mmu::RawWord W>
struct Catch::StringMaker<W> {
  static std::string convert(W word) { return fmt::format("{:#x}", word.raw()); }
};

template <>
struct Catch::StringMaker<lpaemu::mmu::Fault> {
  static std::string convert(const lpaemu::mmu::Fault& fault) { return lpaemu::mmu::describe(fault); }
};

template <>
struct Catch::StringMaker<lpaemu::mmu::Translation> {
  static std::string convert(const lpaemu::mmu::Translation& found) {
    return fmt::format("{} by the level {} leaf {} at {}", found.pa, found.level, found.leaf, found.entry);
  }
};
