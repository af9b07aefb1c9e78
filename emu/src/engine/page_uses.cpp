#include "lpaemu/emu/engine/page_uses.h"

#include "lpaemu/mmu/assert.h"

namespace lpaemu::emu {

PageUses::PageUses(std::size_t pages) : records_{static_cast<Record*>(std::calloc(pages, sizeof(Record)))} {
  LPAEMU_ASSERT(records_ != nullptr, "no memory for the states of {} pages", pages);
}

PageUseChange PageUses::change(std::size_t page, PageUse use, mmu::VirtAddr va) {
  using Entries = PageUseChange::Entries;
  Record& record = records_[page];
  PageUseChange change;
  change.code = record.use == PageUse::executed;
  if (record.use != PageUse::untouched && record.epoch == epoch_) {
    change.entries = record.several ? Entries::all : Entries::one;
    change.va = mmu::VirtAddr{record.va_page * mmu::PAGE_SIZE};
  }
  record = Record{use, false, epoch_, va.page_number()};
  return change;
}

}  // namespace lpaemu::emu
