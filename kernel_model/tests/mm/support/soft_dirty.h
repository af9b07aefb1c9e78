// What the tests of soft-dirty share.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "guest.h"

namespace lpaemu::kernel::testing {

inline constexpr std::int32_t MADV_DONTNEED = 4, MADV_FREE = 8, MADV_REMOVE = 9, MADV_POPULATE_READ = 22,
                              MADV_POPULATE_WRITE = 23;

/// A mapping whose pages were written, then cleared: tracking is on, every store to it faults.
inline VirtAddr tracked(Guest& guest, std::uint32_t pages, std::uint32_t flags = anon_private) {
  const VirtAddr va = guest.map(pages, RW, flags);
  for (std::uint32_t i = 0; i < pages; ++i) guest.store(page_of(va, i));
  guest.clear_refs();
  return va;
}

/// The pagemap entry of one page.
inline PagemapEntry entry(Guest& guest, VirtAddr va, ShowPfn show = ShowPfn::yes) {
  return pagemap_entry(guest.mm(), va, show);
}

/// The call must succeed, and leave all consistent.
inline void advise(Guest& guest, VirtAddr va, std::uint32_t pages, std::int32_t advice) {
  REQUIRE(do_madvise(guest.mm(), va, pages * page_size, advice).has_value());
  guest.audit();
}

inline VirtAddr remap(Guest& guest, VirtAddr va, std::uint32_t old_pages, std::uint32_t new_pages, std::uint32_t flags,
                      VirtAddr to = VirtAddr{}) {
  const auto moved = do_mremap(guest.mm(), va, old_pages * page_size, new_pages * page_size, flags, to);
  REQUIRE(moved.has_value());
  guest.audit();
  return *moved;
}

/// Runs the test once in each mode.
inline SoftDirtyMode both_modes() { return GENERATE(SoftDirtyMode::documented, SoftDirtyMode::kernel); }

}  // namespace lpaemu::kernel::testing
