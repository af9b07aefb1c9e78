// `lpaemu walk`: page tables in a memory image, level by level; all mappings of one image, or of two compared.
#include <algorithm>
#include <memory>

#include "json.h"
#include "lpaemu/emu/cli/commands.h"
#include "lpaemu/emu/memory_image.h"
#include "lpaemu/mmu/mapping_diff.h"
#include "output.h"
#include "text.h"
#include "walk_options.h"

namespace lpaemu::emu {
namespace {

constexpr int exit_good = 0;
constexpr int exit_bad = 1;  // a fault, a table that cannot be read, a difference

constexpr auto to_json = [](const auto& item) { return json::of(item); };

int walk_addresses(const WalkOptions& options, const MemoryImage& memory, const mmu::Regime& regime) {
  std::vector<OneWalk> walks;
  walks.reserve(options.addresses.size());
  for (const mmu::VirtAddr va : options.addresses)
    walks.push_back(walk_one(memory, regime, va, options.access, options.privilege));
  if (options.format == WalkFormat::json) {
    JsonDocument document;
    document.array("walks", walks, [&regime](const OneWalk& walk) { return json::of(walk, regime); });
    document.end();
  } else {
    for (const OneWalk& walk : walks) put(text::of(walk, regime));
  }
  return std::ranges::all_of(walks, [](const OneWalk& walk) { return walk.end.has_value(); }) ? exit_good : exit_bad;
}

int show_all(const WalkOptions& options, const MemoryImage& memory, const mmu::Regime& regime) {
  const mmu::Mappings mappings = mmu::mappings_of(memory, regime);
  if (options.format == WalkFormat::json) {
    JsonDocument document;
    document.array("mappings", mappings.ranges, to_json);
    document.array("missing_tables", mappings.missing, to_json);
    document.end();
  } else {
    put(text::mapping_header());
    for (const mmu::Mapping& mapping : mappings.ranges) put(text::of(mapping));
    for (const mmu::MissingTable& hole : mappings.missing) put(text::of(hole, ""));
  }
  return mappings.missing.empty() ? exit_good : exit_bad;
}

int show_difference(const WalkOptions& options, const MemoryImage& memory, const MemoryImage& other,
                    const mmu::Regime& regime) {
  const mmu::Mappings a = mmu::mappings_of(memory, regime, mmu::Merge::equal_leaves);
  const mmu::Mappings b = mmu::mappings_of(other, regime, mmu::Merge::equal_leaves);
  const auto found = mmu::differences(a.ranges, b.ranges);
  if (options.format == WalkFormat::json) {
    JsonDocument document;
    document.array("differences", found, to_json);
    document.array("missing_tables_a", a.missing, to_json);
    document.array("missing_tables_b", b.missing, to_json);
    document.end();
  } else {
    for (const mmu::MappingDifference& difference : found) put(text::of(difference));
    for (const mmu::MissingTable& hole : a.missing) put(text::of(hole, "A: "));
    for (const mmu::MissingTable& hole : b.missing) put(text::of(hole, "B: "));
  }
  return found.empty() && a.missing.empty() && b.missing.empty() ? exit_good : exit_bad;
}

int walk(const WalkOptions& options) {
  const auto memory = MemoryImage::open(options.ram);
  if (!memory) return fail(memory.error().message);
  const mmu::Regime regime{options.registers};
  if (options.other.empty())
    return finish_output(options.all ? show_all(options, **memory, regime) : walk_addresses(options, **memory, regime));
  const auto other = MemoryImage::open(options.other);
  if (!other) return fail(other.error().message);
  return finish_output(show_difference(options, **memory, **other, regime));
}

}  // namespace

void add_walk_command(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("walk", "Walks, dumps and compares page tables in memory images");
  const auto options = std::make_shared<WalkOptions>();
  declare_walk_options(*command, *options);
  command->callback([options, &action] {
    finish_walk_options(*options);
    action = [options] { return walk(*options); };
  });
}

}  // namespace lpaemu::emu
