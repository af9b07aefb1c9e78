// W^X by physical page: what each page of RAM is used for, and through which address.
//
// The engine notices self-modifying code per soft-TLB entry, so code changed through another mapping or by the host
// would run in its old form. Hence a page is either written or executed: entries with WRITE exist only for a page in
// use `written`, entries with EXEC and translated code only for one in use `executed`.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "lpaemu/mmu/address.h"

namespace lpaemu::emu {

enum class PageUse : std::uint8_t { untouched, written, executed };

/// What must be dropped before a page changes its use.
struct PageUseChange {
  enum class Entries : std::uint8_t { none, one, all };
  bool code = false;                // its translated code
  Entries entries = Entries::none;  // soft-TLB entries with the right that goes away
  mmu::VirtAddr va;                 // the one

  [[nodiscard]] bool nothing() const { return !code && entries == Entries::none; }
};

class PageUses {
 public:
  explicit PageUses(std::size_t pages);

  [[nodiscard]] PageUse use(std::size_t page) const { return records_[page].use; }

  /// An entry that lets `va` use `page` this way is about to be made. False when the page has that use already: the
  /// address is noted and nothing else is to be done.
  [[nodiscard]] bool changes(std::size_t page, PageUse use, mmu::VirtAddr va) {
    Record& record = records_[page];
    if (record.use != use) return true;
    if (record.epoch != epoch_) {
      record = Record{use, false, epoch_, va.page_number()};
    } else if (record.va_page != va.page_number()) {
      record.several = true;
    }
    return false;
  }
  /// Makes the change that changes() found due, and answers what must be dropped.
  [[nodiscard]] PageUseChange change(std::size_t page, PageUse use, mmu::VirtAddr va);

  /// The code of `page` was dropped. Without entries either it is as good as new: a buffer in a page that once held
  /// code costs no more than any other.
  void note_code_dropped(std::size_t page) {
    if (records_[page].epoch != epoch_) records_[page].use = PageUse::untouched;
  }

  /// The whole soft TLB was flushed: no entry for any page is left.
  void note_flush() { ++epoch_; }

 private:
  struct Record {
    PageUse use;
    bool several;           // entries at more than one address since the last flush
    std::uint16_t epoch;    // of the last entry; it may wrap: at worst something is dropped that is not there
    std::uint32_t va_page;  // where, unless several
  };
  static_assert(sizeof(Record) == sizeof(std::uint64_t));
  struct Free {
    void operator()(Record* records) const { std::free(records); }
  };

  std::unique_ptr<Record[], Free> records_;  // from calloc: resident only where touched
  std::uint16_t epoch_ = 0;
};

}  // namespace lpaemu::emu
