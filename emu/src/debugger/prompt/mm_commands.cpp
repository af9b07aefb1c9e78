// info on page tables, mappings and soft-dirty; pagemap and clear-refs.
#include <fmt/format.h>

#include <algorithm>

#include "handlers.h"
#include "lpaemu/emu/debugger/expression.h"
#include "lpaemu/kernel_model/mm/soft_dirty.h"
#include "lpaemu/kernel_model/proc/mm_files.h"
#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/print.h"
#include "text.h"

namespace lpaemu::emu::commands {
namespace {

using kernel::PagemapEntry;
using mmu::PAGE_SIZE;

/// Writes down each level.
class WalkLines final : public mmu::WalkObserver {
 public:
  void on_step(const mmu::WalkStep& step) override {
    text +=
        fmt::format("level {}: table {} index {:#x} entry {}: {:#018x} {}\n", step.level, mmu::to_string(step.table),
                    step.index, mmu::to_string(step.entry), step.descriptor.raw(), mmu::to_string(step.kind));
  }
  std::string text;
};

std::vector<std::uint64_t> pagemap_words(Debugger& debugger, kernel::VirtRange pages) {
  std::vector<std::uint64_t> entries(pages.pages());
  kernel::pagemap_range(debugger.mm(), pages.start, entries, kernel::ShowPfn::yes);
  return entries;
}

/// A character a page: # soft-dirty, . clean and present, blank: not there.
std::string draw(Debugger& debugger, kernel::VirtRange pages) {
  constexpr std::uint32_t per_line = 64;
  constexpr std::uint32_t most_lines = 64;
  const auto entries = pagemap_words(debugger, pages);
  std::string text;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i % per_line == 0) {
      if (i / per_line == most_lines) return text + fmt::format("\n  ... {} pages more", entries.size() - i);
      text += fmt::format("{}  {} ", i == 0 ? "" : "\n",
                          mmu::to_string(pages.start + static_cast<std::uint32_t>(i) * PAGE_SIZE));
    }
    const PagemapEntry entry{entries[i]};
    const bool present = kernel::pagemap::PRESENT.get(entry);
    text += kernel::pagemap::SOFT_DIRTY.get(entry) ? (present ? '#' : '+') : present ? '.' : '-';
  }
  return text;
}

/// The runs of soft-dirty pages, a line each.
std::string soft_dirty_ranges(const std::vector<std::uint64_t>& entries, VirtAddr first) {
  constexpr std::size_t most = 16;
  const auto is_dirty = [&](std::size_t i) { return kernel::pagemap::SOFT_DIRTY.get(PagemapEntry{entries[i]}); };
  const auto page = [&](std::size_t i) { return first + static_cast<std::uint32_t>(i) * PAGE_SIZE; };
  std::string text;
  std::size_t runs = 0;
  for (std::size_t i = 0; i < entries.size();) {
    std::size_t end = i;
    while (end < entries.size() && is_dirty(end)) ++end;
    if (end != i && ++runs <= most) text += fmt::format("    {}\n", describe_pages({page(i), page(end)}));
    i = end + 1;
  }
  return runs > most ? text + fmt::format("    ... {} ranges more\n", runs - most) : text;
}

std::string soft_dirty_of(Debugger& debugger, const kernel::vm_area& vma) {
  const auto entries = pagemap_words(debugger, vma.range());
  const auto dirty = std::ranges::count_if(
      entries, [](std::uint64_t entry) { return kernel::pagemap::SOFT_DIRTY.get(PagemapEntry{entry}); });
  const bool whole = vma.is(kernel::VM_SOFTDIRTY);
  return fmt::format("{}\n  {} of {} pages soft-dirty{}\n", describe_vma(debugger.mm(), vma.vm_start), dirty,
                     entries.size(), whole ? " (the whole mapping, since it was made)" : "") +
         (whole ? std::string{} : soft_dirty_ranges(entries, vma.vm_start));
}

/// The page of the vectors, which belongs to no vm_area; maps shows it last.
bool is_vectors(VirtAddr va) { return va.page() == kernel::vectors_base; }

std::string last_line(const std::string& text) {
  const std::size_t before = text.size() < 2 ? std::string::npos : text.rfind('\n', text.size() - 2);
  return before == std::string::npos ? text : text.substr(before + 1);
}

/// All bits of an entry that are set or have changed; those are marked.
std::string fields_since(mmu::Pte before, mmu::Pte now) {
  const mmu::Descriptor d{now.raw()};
  std::string text;
  for (const mmu::FieldInfo& field : mmu::fields_of(d, mmu::last_level)) {
    const std::uint64_t was = field.value_in(before.raw()), is = field.value_in(now.raw());
    if (was == is && is == 0) continue;
    text += fmt::format("{} {} = {:#x}{}  {}\n", was == is ? " " : "*", field.name, is,
                        was == is ? std::string{} : fmt::format(" (was {:#x})", was), field.meaning);
  }
  return text;
}

}  // namespace

CommandResult do_info_walk(Debugger& debugger, std::string_view arguments) {
  LPAEMU_TRY(at, evaluate(arguments, debugger));
  kernel::mm_struct& mm = debugger.mm();
  WalkLines lines;
  const auto found = mmu::walk(mm.memory(), mm.regime(), VirtAddr{at}, mmu::Access::read, mmu::Privilege::pl0, &lines);
  std::string text = fmt::format("TTBR0 {:#018x}, TTBCR {:#010x}\n", mm.ttbr0().raw(),
                                 debugger.machine().cp15().translation.ttbcr.raw());
  text += lines.text;
  if (!found) return says(text + mmu::describe(found.error()) + "\n");
  const auto right = [&](mmu::Access access, char letter) {
    return found->permissions.allows(access, mmu::Privilege::pl0) ? letter : '-';
  };
  return says(text + fmt::format("{} -> {}, user {}{}{}\n", mmu::to_string(VirtAddr{at}), mmu::to_string(found->pa),
                                 right(mmu::Access::read, 'r'), right(mmu::Access::write, 'w'),
                                 right(mmu::Access::execute, 'x')));
}

CommandResult do_info_pte(Debugger& debugger, std::string_view arguments) {
  LPAEMU_TRY(at, evaluate(arguments, debugger));
  const VirtAddr va{at};
  const auto ptep = debugger.mm().pte_offset(va);
  if (!ptep) return says(fmt::format("{}: no page table\n", mmu::to_string(va.page())));
  const mmu::Pte pte = debugger.mm().ptep_get(*ptep);
  std::string text = fmt::format("{}: {:#018x} at {}\n", mmu::to_string(va.page()), pte.raw(), mmu::to_string(*ptep));
  if (mmu::pte_none(pte)) return says(text + "  none\n");
  const mmu::Descriptor d{pte.raw()};
  text += "  hardware: " + mmu::describe_hardware(d, mmu::last_level) + "\n";
  text += "  Linux: " + mmu::describe_linux(d, mmu::last_level) + "\n";
  const mmu::Pte before = debugger.current_fault().pte_before;
  if (!debugger.at_fault() || debugger.current_fault().fault.va.page() != va.page() || before == pte)
    return says(text + mmu::describe_fields(mmu::fields_of(d, mmu::last_level), pte.raw()));
  text += "  before this fault: " + describe_pte(before) + "\n";
  return says(text + fields_since(before, pte));
}

CommandResult do_info_vma(Debugger& debugger, std::string_view arguments) {
  LPAEMU_TRY(at, evaluate(arguments, debugger));
  const kernel::vm_area* vma = debugger.mm().vma_lookup(VirtAddr{at});
  if (vma == nullptr)
    return says(is_vectors(VirtAddr{at}) ? last_line(kernel::show_maps(debugger.mm())) : "no mapping\n");
  return says(fmt::format("{}\n  vm_flags {:#010x}, {} pages, soft-dirty tracking {}\n",
                          describe_vma(debugger.mm(), VirtAddr{at}), vma->vm_flags, vma->pages(),
                          vma->soft_dirty_enabled() ? "on" : "off: every page counts as soft-dirty"));
}

CommandResult do_info_vmas(Debugger& debugger, std::string_view /*arguments*/) {
  return says(kernel::show_maps(debugger.mm()));
}

CommandResult do_info_mm(Debugger& debugger, std::string_view /*arguments*/) {
  kernel::mm_struct& mm = debugger.mm();
  return says(fmt::format("pgd {}, ASID {}, TTBR0 {:#018x}\n"
                          "code {}-{}, data {}-{}, brk {}-{}, stack {}, mmap_base {}\n"
                          "faults: {} minor, {} major; {} pages of tables\n",
                          mmu::to_string(mm.pgd()), mm.asid().raw(), mm.ttbr0().raw(), mmu::to_string(mm.start_code),
                          mmu::to_string(mm.end_code), mmu::to_string(mm.start_data), mmu::to_string(mm.end_data),
                          mmu::to_string(mm.start_brk), mmu::to_string(mm.brk), mmu::to_string(mm.start_stack),
                          mmu::to_string(mm.mmap_base), mm.min_flt, mm.maj_flt, mm.table_pages) +
              kernel::show_status_mm(mm));
}

CommandResult do_info_softdirty(Debugger& debugger, std::string_view arguments) {
  std::string text;
  if (!arguments.empty()) {
    LPAEMU_TRY(region, evaluate_region(arguments, debugger));
    for (const kernel::VirtRange pages : region)
      text += draw(debugger, pages) + "\n" + soft_dirty_ranges(pagemap_words(debugger, pages), pages.start);
    return says("# soft-dirty, + the same but nothing is there, . present and clean, - neither\n" + text);
  }
  for (const auto& [start, vma] : debugger.mm().vmas())
    if (vma.vm_end <= kernel::TASK_SIZE) text += soft_dirty_of(debugger, vma);
  return says(text);
}

CommandResult do_pagemap(Debugger& debugger, std::string_view arguments) {
  LPAEMU_TRY(pages, evaluate_pages(arguments, debugger));
  constexpr std::uint32_t most = 4096;
  if (pages.pages() > most) return unexpected(Error{fmt::format("{} pages; ask for {} at most", pages.pages(), most)});
  const auto entries = pagemap_words(debugger, pages);
  std::string text;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const PagemapEntry entry{entries[i]};
    text += fmt::format("{} {:#018x}{}{}\n", mmu::to_string(pages.start + static_cast<std::uint32_t>(i) * PAGE_SIZE),
                        entries[i], kernel::pagemap::PRESENT.get(entry) ? " present" : "",
                        kernel::pagemap::SOFT_DIRTY.get(entry) ? " soft-dirty" : "");
  }
  return says(text);
}

CommandResult do_clear_refs(Debugger& debugger, std::string_view arguments) {
  const auto done = kernel::clear_refs_write(debugger.mm(), arguments);
  if (!done) return unexpected(Error{fmt::format("clear_refs says {}", kernel::errno_name(done.error()))});
  return says({});
}

}  // namespace lpaemu::emu::commands
