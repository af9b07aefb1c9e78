// The pages of a file in guest RAM: Linux's struct address_space (i_pages), under a name that does not collide with the
// address space of a process. tmpfs, memfd and shared anonymous memory live in it alone; a host file is read into it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/mm/page_alloc.h"

namespace lpaemu::kernel {

class mm_struct;

/// Whether private copies of a file's pages go with them. [linux include/linux/mm.h:zap_details]
enum class EvenCows : bool { no, yes };

/// How many pages the files of one file system may have together. [linux mm/shmem.c:shmem_inode_acct_blocks]
struct BlockLimit {
  std::uint64_t max_blocks;
  std::uint64_t used_blocks = 0;
};

class page_cache {
 public:
  /// Fills a fresh page from the backing store; null: pages start as zeroes.
  using Fill = std::function<Result<void>(std::uint64_t pgoff, std::span<std::byte> page)>;

  page_cache(PageAllocator& pages, std::uint64_t size, Fill fill = {});
  /// A file of a tmpfs: its pages count against `blocks`.
  page_cache(PageAllocator& pages, std::shared_ptr<BlockLimit> blocks);
  ~page_cache();
  page_cache(const page_cache&) = delete;
  page_cache& operator=(const page_cache&) = delete;

  /// The size of the file in bytes. A fault beyond the last page gives SIGBUS.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool is_shmem() const { return !fill_; }

  /// The page at `pgoff` (in pages), allocated or read if it is not there: ENOMEM, ENOSPC, EIO. Takes no reference.
  [[nodiscard]] Result<Pfn> get_page(std::uint64_t pgoff);
  /// The page if it is there.
  [[nodiscard]] std::optional<Pfn> find_page(std::uint64_t pgoff) const;

  /// read(2) and write(2): short at the end of the file; a write extends it. ENOSPC when RAM or the
  /// file system is full.
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> buffer);
  [[nodiscard]] Result<std::size_t> write(std::uint64_t offset, std::span<const std::byte> data);

  /// Sets the size; a smaller one drops pages, and takes them out of every address space that maps them, private copies
  /// too. What is stored behind the end of the last page is zeroed. [linux mm/truncate.c:truncate_setsize]
  void truncate(std::uint64_t size);

  /// Zeroes the whole pages in [offset, offset + bytes) and drops them; zeroes the parts at both ends. Private copies
  /// stay. fallocate(PUNCH_HOLE), MADV_REMOVE. [linux mm/truncate.c:truncate_pagecache_range]
  void punch_hole(std::uint64_t offset, std::uint64_t bytes);

  /// Where the pages that are there begin: ascending. For write-back and for SEEK_DATA.
  [[nodiscard]] const std::map<std::uint64_t, Pfn>& pages() const { return present_; }

  /// Hands each dirty page (up to the end of the file) to `store` and makes it clean where that succeeded; stores into
  /// it fault again after that. msync, fsync, close. [linux mm/page-writeback.c:write_cache_pages]
  using Store = std::function<bool(std::uint64_t pgoff, std::span<const std::byte> page)>;
  void writeback(const Store& store);

  // Address spaces with a mapping of this file: i_mmap. A space is listed once per VMA.
  void add_mapper(mm_struct& mm) { ++mappers_[&mm]; }
  void remove_mapper(mm_struct& mm);

 private:
  /// A zeroed page at `pgoff`, where none is: ENOMEM, ENOSPC.
  [[nodiscard]] Result<Pfn> add_page(std::uint64_t pgoff);
  void put_page(Pfn pfn);
  /// Copies bytes of a page from `skip` on; one that finds no room in RAM is read past it.
  [[nodiscard]] Result<void> copy_page(std::uint64_t pgoff, std::size_t skip, std::span<std::byte> to);
  /// A page for a write that covers only part of it, or all.
  [[nodiscard]] Result<Pfn> page_for_write(std::uint64_t pgoff, bool whole);
  /// Drops pages [first, end) after taking them out of every address space.
  void drop_pages(std::uint64_t first, std::uint64_t end, EvenCows even_cows);
  void zero_part(std::uint64_t from, std::uint64_t to);
  /// Takes pages [first, end) out of all tables. [linux mm/memory.c:unmap_mapping_range]
  void unmap_mapping_range(std::uint64_t first, std::uint64_t end, EvenCows even_cows);

  /// Makes the entries of a page read-only and clean in every address space.
  void page_mkclean(std::uint64_t pgoff);

  PageAllocator& pages_;
  std::uint64_t size_;
  Fill fill_;
  std::shared_ptr<BlockLimit> blocks_;  // null: no limit but RAM
  std::map<std::uint64_t, Pfn> present_;
  std::map<mm_struct*, unsigned> mappers_;
};

}  // namespace lpaemu::kernel
