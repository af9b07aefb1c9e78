// info tlb: what the engine's soft TLB may hold.
#include <fmt/format.h>

#include <algorithm>

#include "handlers.h"
#include "text.h"

namespace lpaemu::emu::commands {
namespace {

/// Neighbours with the same rights.
struct Entries {
  kernel::VirtRange pages;
  Rights rights;
};

std::vector<Entries> entries_of(const Grants& grants, const std::vector<kernel::VirtRange>& region) {
  const auto wanted = [&](VirtAddr page) {
    return region.empty() || std::ranges::any_of(region, [&](const auto& range) { return range.contains(page); });
  };
  std::vector<Entries> all;
  grants.for_each([&](VirtAddr page, Rights rights) {
    if (!wanted(page)) return;
    if (all.empty() || all.back().pages.end != page || all.back().rights != rights)
      all.push_back({{page, page}, rights});
    all.back().pages.end += mmu::PAGE_SIZE;
  });
  return all;
}

std::string describe(Debugger& debugger, const Entries& entries) {
  const auto right = [&](unsigned bit, char letter) {
    return entries.rights.has(static_cast<std::uint8_t>(bit)) ? letter : '-';
  };
  return fmt::format("  {} {}{}{}  in {}\n", describe_pages(entries.pages), right(Rights::read, 'r'),
                     right(Rights::write, 'w'), right(Rights::execute, 'x'),
                     describe_vma(debugger.mm(), entries.pages.start));
}

std::string counters(const EngineStatistics& engine) {
  std::string text;
  const auto count = [&](std::string_view name, std::uint64_t value) {
    text += fmt::format("  {:<30} {}\n", name, value);
  };
  count("fills, read", engine.fills[static_cast<std::size_t>(mmu::Access::read)]);
  count("fills, write", engine.fills[static_cast<std::size_t>(mmu::Access::write)]);
  count("fills, fetch", engine.fills[static_cast<std::size_t>(mmu::Access::execute)]);
  count("table walks", engine.walks);
  count("flushes of all", engine.tlb_flushes);
  count("flushes of a page", engine.page_flushes);
  count("written <-> executed changes", engine.wx_transitions);
  return text;
}

}  // namespace

CommandResult do_info_tlb(Debugger& debugger, std::string_view arguments) {
  constexpr std::size_t most = 64;
  std::vector<kernel::VirtRange> region;
  if (!arguments.empty()) {
    LPAEMU_TRY(asked, evaluate_region(arguments, debugger));
    region = std::move(asked);
  }
  const Engine& engine = debugger.machine().engine();
  const auto all = entries_of(engine.grants(), region);
  std::string text =
      "What the soft TLB may hold: granted, and neither invalidated nor flushed since. It may hold less.\n";
  for (std::size_t i = 0; i < std::min(most, all.size()); ++i) text += describe(debugger, all[i]);
  if (all.empty()) text += "  nothing\n";
  if (all.size() > most) text += fmt::format("  ... {} ranges more\n", all.size() - most);
  return says(arguments.empty() ? text + counters(engine.statistics()) : text);
}

}  // namespace lpaemu::emu::commands
