// Regular files of the host: read directly until somebody maps one, then through its pages.
#include <algorithm>
#include <array>

#include "host_inode.h"
#include "lpaemu/kernel_model/mm/page_cache.h"

namespace lpaemu::kernel {

namespace {

class HostOpenFile final : public File {
 public:
  HostOpenFile(const std::shared_ptr<HostRegular>& inode, std::uint32_t flags) : File{inode, flags}, inode_{*inode} {}

  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> buffer, std::uint64_t offset) override {
    return inode_.read(buffer, offset);
  }
  [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> data, std::uint64_t offset) override {
    return inode_.write(data, offset, (flags() & O_APPEND) != 0);
  }
  [[nodiscard]] Result<std::shared_ptr<page_cache>> mmap() override { return inode_.mmap(writable()); }
  [[nodiscard]] Result<void> fsync() override { return inode_.flush(); }

 private:
  HostRegular& inode_;
};

/// Reads until the buffer is full or the file ends; the rest becomes zeroes.
Result<void> fill_page(HostFile& file, std::uint64_t pgoff, std::span<std::byte> page) {
  std::size_t done = 0;
  while (done < page.size()) {
    LPAEMU_TRY(count, file.pread(page.subspan(done), pgoff * mmu::PAGE_SIZE + done));
    if (count == 0) break;
    done += count;
  }
  std::ranges::fill(page.subspan(done), std::byte{0});
  return {};
}

}  // namespace

HostRegular::HostRegular(std::shared_ptr<HostFs> fs, HostName name, const HostStat& stat)
    : HostInode{std::move(fs)}, name_{std::move(name)}, known_{stat} {}

HostRegular::HostRegular(std::shared_ptr<HostFs> fs, std::shared_ptr<HostFile> file, const HostStat& stat)
    : HostInode{std::move(fs)}, known_{stat}, file_{std::move(file)}, file_writable_{this->fs().writable()} {}

HostRegular::~HostRegular() {
  (void)flush();  // nobody is left to hear of an error
  const auto known = fs().files.find({known_.dev, known_.ino});
  if (known != fs().files.end() && known->second.expired()) fs().files.erase(known);
}

Result<HostStat> HostRegular::host_stat() {
  auto stat = file_ ? file_->stat() : name_.directory->dir().stat(name_.name);
  if (!stat) return unexpected(stat.error());
  // The name may lead to another file by now.
  if (stat->dev != known_.dev || stat->ino != known_.ino) return unexpected(Errno::enoent);
  known_ = *stat;
  return stat;
}

Stat HostRegular::stat() {
  const auto current = host_stat();
  if (!current) known_.nlink = 0;
  return fs().guest_stat(known_);
}

Result<void> HostRegular::ensure_open(bool for_write) {
  if (for_write && !fs().writable()) return unexpected(Errno::erofs);
  if (file_ && (file_writable_ || !for_write)) return {};
  if (!name_.directory) return unexpected(Errno::eacces);
  LPAEMU_TRY(file,
             name_.directory->dir().open_file(name_.name, for_write ? HostOpen::read_write : HostOpen::read_only, 0));
  LPAEMU_TRY(opened, file->stat());
  if (opened.dev != known_.dev || opened.ino != known_.ino) return unexpected(Errno::enoent);
  file_ = std::move(file);
  file_writable_ = for_write;
  return {};
}

Result<std::shared_ptr<File>> HostRegular::open(task_struct&, std::uint32_t flags) {
  const bool for_write = (flags & O_ACCMODE) != O_RDONLY;
  LPAEMU_TRY_VOID(ensure_open(for_write));
  follow_size();
  return std::make_shared<HostOpenFile>(std::static_pointer_cast<HostRegular>(shared_from_this()), flags);
}

// Pretend: of what other programs of the host do to a file, a mapped one shows the size; its pages stay as they were
// read. Linux shares them with those programs.
void HostRegular::follow_size() {
  if (!cache_) return;
  const auto now = host_stat();
  if (!now || now->size == cache_->size()) return;
  // The last page was filled up with zeroes behind the old end: read it again.
  if (now->size > cache_->size()) cache_->truncate(cache_->size() / mmu::PAGE_SIZE * mmu::PAGE_SIZE);
  cache_->truncate(now->size);
}

Result<std::size_t> HostRegular::read(std::span<std::byte> buffer, std::uint64_t offset) {
  follow_size();
  return cache_ ? cache_->read(offset, buffer) : file_->pread(buffer, offset);
}

Result<std::size_t> HostRegular::write(std::span<const std::byte> data, std::uint64_t offset, bool append) {
  if (append) {
    LPAEMU_TRY(now, file_->stat());
    offset = now.size;
  }
  LPAEMU_TRY(count, file_->pwrite(data, offset));
  if (cache_) copy_into_cache(data.first(count), offset);
  return count;
}

void HostRegular::copy_into_cache(std::span<const std::byte> data, std::uint64_t offset) {
  const std::uint64_t end = offset + data.size();
  if (end > cache_->size()) cache_->truncate(end);
  for (auto page = cache_->pages().lower_bound(offset / mmu::PAGE_SIZE);
       page != cache_->pages().end() && page->first * mmu::PAGE_SIZE < end; ++page) {
    const std::uint64_t start = page->first * mmu::PAGE_SIZE;
    const std::uint64_t from = std::max(start, offset);
    const std::uint64_t to = std::min(start + mmu::PAGE_SIZE, end);
    const auto piece = data.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(to - from));
    std::ranges::copy(piece, fs().pages.bytes(page->second).begin() + static_cast<std::ptrdiff_t>(from - start));
    fs().pages.stored_into(page->second);
  }
}

Result<std::shared_ptr<page_cache>> HostRegular::mmap(bool may_be_written) {
  if (!cache_) {
    LPAEMU_TRY(now, host_stat());
    // The pages keep the handle themselves: in a mapping they may outlive this inode.
    const auto fill = [file = file_](std::uint64_t pgoff, std::span<std::byte> page) {
      return fill_page(*file, pgoff, page);
    };
    cache_ = std::make_shared<page_cache>(fs().pages, now.size, fill);
  }
  if (may_be_written) cache_may_differ_ = true;
  return cache_;
}

// Pretend: nobody marks the pages dirty, so that all are compared with the file; Linux writes only the dirty ones.
Result<void> HostRegular::flush() {
  if (!cache_ || !cache_may_differ_) return {};
  std::array<std::byte, mmu::PAGE_SIZE> on_host;
  for (const auto& [pgoff, pfn] : cache_->pages()) {
    const std::uint64_t offset = pgoff * mmu::PAGE_SIZE;
    if (offset >= cache_->size()) break;
    LPAEMU_TRY_VOID(fill_page(*file_, pgoff, on_host));
    const std::span<const std::byte> page = fs().pages.bytes(pfn);
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(mmu::PAGE_SIZE, cache_->size() - offset));
    if (std::ranges::equal(page.first(bytes), std::span{on_host}.first(bytes))) continue;
    LPAEMU_TRY_VOID(file_->pwrite(page.first(bytes), offset));
  }
  return {};
}

Result<void> HostRegular::truncate(std::uint64_t size) {
  LPAEMU_TRY_VOID(ensure_open(true));
  LPAEMU_TRY_VOID(file_->truncate(size));
  if (cache_) cache_->truncate(size);
  return {};
}

Result<void> HostRegular::chmod(std::uint32_t mode) {
  if (read_only()) return unexpected(Errno::erofs);
  if (!name_.directory) return unexpected(Errno::eperm);
  return name_.directory->dir().chmod(name_.name, mode);
}

Result<void> HostRegular::set_times(std::int64_t atime_ns, std::int64_t mtime_ns) {
  if (read_only()) return unexpected(Errno::erofs);
  if (!name_.directory) return unexpected(Errno::eperm);
  return name_.directory->dir().set_times(name_.name, atime_ns, mtime_ns);
}

std::shared_ptr<Inode> make_host_file(PageAllocator& pages, std::unique_ptr<HostFile> file, HostAccess access,
                                      HostOwner owner) {
  auto fs = std::make_shared<HostFs>(HostFs{pages, access, owner, {}, {}});
  const auto stat = file->stat();
  return std::make_shared<HostRegular>(std::move(fs), std::move(file), stat ? *stat : HostStat{});
}

}  // namespace lpaemu::kernel
