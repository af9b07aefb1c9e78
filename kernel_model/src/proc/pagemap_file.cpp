// /proc/PID/pagemap as a file; what an entry says is mm/pagemap.cpp's. [linux fs/proc/task_mmu.c:pagemap_read]
#include <algorithm>
#include <array>

#include "lpaemu/kernel_model/mm/soft_dirty.h"
#include "lpaemu/kernel_model/task/task.h"
#include "pid_dir.h"

namespace lpaemu::kernel {

namespace {

constexpr std::uint64_t entry_bytes = sizeof(std::uint64_t);
constexpr std::uint64_t end_page = TASK_SIZE.page_number();  // [linux-soft-dirty S-24]

class PagemapFile final : public File {
 public:
  PagemapFile(std::shared_ptr<Inode> inode, std::uint32_t flags, const std::shared_ptr<mm_struct>& mm, ShowPfn show_pfn)
      : File{std::move(inode), flags}, mm_{mm}, show_pfn_{show_pfn} {}

  [[nodiscard]] Result<void> check_read(std::size_t count, std::uint64_t offset) override {
    if (offset % entry_bytes != 0 || count % entry_bytes != 0) return unexpected(Errno::einval);
    return {};
  }

  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> buffer, std::uint64_t offset) override {
    const std::shared_ptr<mm_struct> mm = mm_.lock();
    if (!mm) return 0;  // the process has ended
    LPAEMU_TRY_VOID(check_read(buffer.size(), offset));
    std::uint64_t page = offset / entry_bytes;
    std::size_t done = 0;
    std::array<std::uint64_t, 512> entries;
    while (done < buffer.size() && page < end_page) {
      const std::size_t count =
          std::min<std::uint64_t>({entries.size(), end_page - page, (buffer.size() - done) / entry_bytes});
      const std::span piece = std::span{entries}.first(count);
      pagemap_range(*mm, VirtAddr{static_cast<std::uint32_t>(page) * mmu::PAGE_SIZE}, piece, show_pfn_);
      std::ranges::copy(std::as_bytes(piece), buffer.begin() + static_cast<std::ptrdiff_t>(done));
      done += piece.size_bytes();
      page += count;
    }
    return done;
  }

  [[nodiscard]] bool has_end() const override { return false; }  // [linux fs/proc/base.c:mem_lseek]

 private:
  std::weak_ptr<mm_struct> mm_;  // the one of the time of the open; an exec makes it go away
  ShowPfn show_pfn_;
};

class PagemapInode final : public ProcInode {
 public:
  PagemapInode(const ProcTask& task, const Stat& stat) : ProcInode{task.fs, stat}, task_{task} {}

  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override {
    LPAEMU_TRY(task, task_.find_for(opener));
    if (!task->mm) return unexpected(Errno::esrch);
    const ShowPfn show_pfn = opener.has_admin_capability() ? ShowPfn::yes : ShowPfn::no;
    return std::make_shared<PagemapFile>(shared_from_this(), flags, task->mm, show_pfn);
  }

 private:
  ProcTask task_;
};

}  // namespace

std::shared_ptr<Inode> make_pid_pagemap(const ProcTask& task, const Stat& stat) {
  return std::make_shared<PagemapInode>(task, stat);
}

}  // namespace lpaemu::kernel
