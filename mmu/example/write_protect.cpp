// Builds the tables of one page, write-protects it as clear_refs does, and shows what a store and a load make of it.
#include <cstdio>
#include <map>
#include <vector>

#include "lpaemu/mmu/print.h"
#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/table_builder.h"
#include "lpaemu/mmu/walk.h"

namespace {

using namespace lpaemu::mmu;

/// Physical memory that has just the pages somebody asked for.
class Pages final : public PhysicalMemory {
 public:
  PhysAddr add() {
    const PhysAddr pa{0x880000000 + pages_.size() * PAGE_SIZE};
    pages_.try_emplace(pa, descriptors_per_table);
    return pa;
  }

  std::optional<std::uint64_t> read64(PhysAddr pa) const override {
    const auto words = table(pa);
    if (words.empty()) return std::nullopt;
    return words[pa.page_offset() / descriptor_bytes];
  }
  bool write64(PhysAddr pa, std::uint64_t value) override {
    const auto page = pages_.find(pa.page());
    if (page == pages_.end()) return false;
    page->second[pa.page_offset() / descriptor_bytes] = value;
    return true;
  }
  std::span<std::byte> page(PhysAddr pa) override {
    const auto page = pages_.find(pa.page());
    if (page == pages_.end()) return {};
    return std::as_writable_bytes(std::span{page->second});
  }
  std::span<const std::uint64_t> table(PhysAddr pa) const override {
    const auto page = pages_.find(pa.page());
    if (page == pages_.end()) return {};
    return page->second;
  }

 private:
  std::map<PhysAddr, std::vector<std::uint64_t>> pages_;
};

}  // namespace

int main() {
  Pages memory;
  const PhysAddr pgd = memory.add();
  const Regime regime{{.ttbcr = v7_ttb_setup(VmSplit::split_3g, pgd).ttbcr,
                       .ttbr0 = cpu_v7_switch_mm(pgd, 1),
                       .ttbr1 = {},
                       .mair = linux_mair(),
                       .sctlr = apply_crval(Sctlr{})}};
  const VirtAddr va{0x00012000};
  TableBuilder tables{memory, *regime.start(va), [&memory] { return memory.add(); }};

  // A private page that was written: dirty, and soft-dirty with it.
  const Pgprot prot = protection_map({.read = true, .write = true}, Sharing::private_mapping);
  const Pte written = pte_mkdirty(pte_mkwrite_novma(pfn_pte(memory.add().pfn(), prot)));
  const Pte cleared = pte_clear_soft_dirty(pte_wrprotect(written));  // what clear_refs "4" does

  for (const Pte pte : {written, cleared}) {
    cpu_v7_set_pte_ext(memory, tables.entry(va, last_level), pte);
    std::printf("%s\n", describe(Pte{*memory.read64(tables.entry(va, last_level))}).c_str());
    for (const Access access : {Access::read, Access::write}) {
      const auto found = walk(memory, regime, va + 0x234, access, Privilege::pl0);
      if (found)
        std::printf("  %s: %s\n", to_string(access).data(), to_string(found->pa).c_str());
      else
        std::printf("  %s: %s\n", to_string(access).data(), describe(found.error()).c_str());
    }
  }
}
