#include "text.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/print.h"
#include "words.h"

namespace lpaemu::emu::text {
namespace {

using mmu::Privilege;

/// `4K`, `2M`, `1G`: the largest unit that leaves a whole number.
std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t step = 1024;
  constexpr std::array units{"", "K", "M", "G"};
  std::size_t unit = 0;
  for (; unit + 1 < units.size() && bytes % step == 0; ++unit) bytes /= step;
  return fmt::format("{}{}", bytes, units[unit]);
}

/// `page 0x123456000`
std::string kind_and_target(const mmu::WalkStep& step) {
  const std::string_view kind = mmu::to_string(step.kind);
  switch (step.kind) {
    case mmu::Kind::invalid: break;
    case mmu::Kind::table: return fmt::format("{} {}", kind, mmu::next_table(step.descriptor));
    case mmu::Kind::block:
    case mmu::Kind::page: return fmt::format("{} {}", kind, mmu::output_address(step.descriptor, {}, step.level));
  }
  return std::string{kind};
}

/// A level, on a line; of a descriptor that stops the walk a second line says what Linux sees in it.
std::string step_text(const mmu::WalkStep& step) {
  const std::string fields = short_text(set_fields(step), step.descriptor);
  std::string text =
      fmt::format("  level {}  {} + 8*{:<3}  {}  {}{}{}  [{}]\n", step.level, step.table, step.index, step.descriptor,
                  kind_and_target(step), fields.empty() ? "" : "  ", fields, citation(step.kind));
  if (step.kind == mmu::Kind::invalid)
    text += fmt::format("  linux: {}\n", mmu::describe_linux(step.descriptor, step.level));
  return text;
}

std::string result_text(const mmu::Translation& found, const mmu::Regime& regime) {
  if (found.level == 0) return fmt::format("  PA {}: the MMU is off (SCTLR.M=0)\n", found.pa);
  const mmu::MairByte byte = mair_byte(regime.registers().mair, mmu::leaf::AttrIndx.get(found.leaf));
  return fmt::format("  PA {}  PL0 {}  PL1 {}  {} (MAIR {:#04x})\n", found.pa,
                     rights_text(found.permissions, Privilege::pl0), rights_text(found.permissions, Privilege::pl1),
                     memory_name(byte), byte.raw());
}

/// AF is said when it is missing, all others when they are there.
std::string flags_text(const mmu::MappingAttributes& attributes) {
  std::string set = short_text(set_fields(attributes), attributes.flags);
  if (attributes.level == 0 || mmu::leaf::AF.get(attributes.flags)) return set;
  return set.empty() ? "AF=0" : "AF=0 " + set;
}

}  // namespace

std::string of(const OneWalk& walk, const mmu::Regime& regime) {
  std::string text =
      fmt::format("{} {} at PL{}\n", walk.va, to_string(walk.access), walk.privilege == Privilege::pl0 ? 0 : 1);
  for (const mmu::WalkStep& step : walk.steps) text += step_text(step);
  if (walk.end) return text + result_text(*walk.end, regime);
  text += fmt::format("  fault: {}\n", describe(walk.end.error()));
  for (const mmu::Remedy& remedy : walk.remedies) {
    const bool memory = remedy.obstacle == mmu::Obstacle::no_memory;
    fmt::format_to(std::back_inserter(text), "  remedy: {}{}\n", remedy.text, memory ? " (--ram FILE@PA)" : "");
  }
  return text;
}

std::string mapping_header() {
  return fmt::format("{:<21}  {:>5}  {:<12}  {:<8}  {:<3}  {:<3}  {:<21}  flags\n", "VA", "size", "PA", "leaves", "PL0",
                     "PL1", "memory");
}

std::string of(const mmu::Mapping& mapping) {
  const mmu::MappingAttributes& attributes = mapping.attributes;
  const std::string memory = fmt::format("{} {:#04x}", memory_name(attributes.memory), attributes.memory.raw());
  std::string text = fmt::format("{}-{}  {:>5}  {:#012x}  {:<8}  {}  {}  {:<21}  {}", mapping.first, mapping.last,
                                 size_text(mapping.bytes()), mapping.pa.raw(), leaf_name(attributes.level),
                                 rights_text(attributes.rights, Privilege::pl0),
                                 rights_text(attributes.rights, Privilege::pl1), memory, flags_text(attributes));
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string of(const mmu::MissingTable& hole, std::string_view image) {
  return fmt::format("{}{}-{}  unknown: no memory at {} for the level {} table (--ram FILE@PA)\n", image, hole.first,
                     hole.last, hole.table, hole.level);
}

std::string of(const mmu::MappingDifference& difference) {
  std::string text;
  if (difference.before) text += "- " + of(*difference.before);
  if (difference.after) text += "+ " + of(*difference.after);
  if (difference.before && difference.after) text += fmt::format("  changed: {}\n", describe_changes(difference));
  return text;
}

}  // namespace lpaemu::emu::text
