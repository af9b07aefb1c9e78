#include "tmpfs.h"

#include <algorithm>

#include "magic.h"
#include "simple_inode.h"

namespace lpaemu::kernel {

namespace {

constexpr std::uint64_t max_bytes = std::uint64_t{0xffffffff} * mmu::PAGE_SIZE;  // MAX_LFS_FILESIZE of a 32-bit kernel
constexpr std::size_t short_symlink_length = 128;                                // [linux mm/shmem.c:SHORT_SYMLINK_LEN]
constexpr std::uint64_t entry_bytes = 20;                                        // [linux mm/shmem.c:BOGO_DIRENT_SIZE]
constexpr std::int64_t day_ns = std::int64_t{86400} * 1'000'000'000;

class TmpFile final : public File {
 public:
  TmpFile(const std::shared_ptr<TmpRegular>& inode, std::uint32_t flags) : File{inode, flags}, inode_{*inode} {}

  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> buffer, std::uint64_t offset) override {
    if ((flags() & O_NOATIME) == 0) inode_.accessed();
    return inode_.data()->read(offset, buffer);
  }

  // [linux fs/read_write.c:generic_write_checks]
  [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> data, std::uint64_t offset) override {
    if (data.empty()) return 0;
    if ((flags() & O_APPEND) != 0) offset = inode_.size();
    if (offset >= max_bytes) return unexpected(Errno::efbig);
    data = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), max_bytes - offset)));
    inode_.modified();
    return inode_.data()->write(offset, data);
  }

  [[nodiscard]] Result<std::shared_ptr<page_cache>> mmap() override { return inode_.data(); }

 private:
  TmpRegular& inode_;
};

}  // namespace

Result<void> TmpFs::reserve_name() {
  if (names >= max_names) return unexpected(Errno::enospc);
  ++names;
  return {};
}

TmpInode::TmpInode(std::shared_ptr<TmpFs> fs, FileType type, std::uint32_t mode) : fs_{std::move(fs)} {
  attributes_.type = type;
  attributes_.mode = mode & S_IALLUGO;
  attributes_.dev = fs_->dev;
  attributes_.ino = fs_->next_ino++;
  attributes_.atime_ns = attributes_.mtime_ns = attributes_.ctime_ns = fs_->now();
}

Stat TmpInode::stat() {
  attributes_.size = size();
  return attributes_;
}

StatFs TmpInode::statfs() {
  StatFs answer;
  answer.type = TMPFS_MAGIC;
  if (fs_->blocks) {
    answer.blocks = fs_->blocks->max_blocks;
    answer.bfree = answer.blocks - fs_->blocks->used_blocks;
  }
  answer.files = fs_->max_names;
  answer.ffree = fs_->max_names - fs_->names;
  return answer;
}

Result<void> TmpInode::chmod(std::uint32_t mode) {
  attributes_.mode = mode & S_IALLUGO;
  changed();
  return {};
}

Result<void> TmpInode::chown(std::uint32_t uid, std::uint32_t gid) {
  attributes_.uid = uid;
  attributes_.gid = gid;
  changed();
  return {};
}

Result<void> TmpInode::set_times(std::int64_t atime_ns, std::int64_t mtime_ns) {
  attributes_.atime_ns = atime_ns;
  attributes_.mtime_ns = mtime_ns;
  changed();
  return {};
}

void TmpInode::accessed() {
  Stat& a = attributes_;
  if (a.atime_ns > a.mtime_ns && a.atime_ns > a.ctime_ns && fs_->now() - a.atime_ns < day_ns) return;
  a.atime_ns = fs_->now();
}

void TmpInode::drop_link() {
  --attributes_.nlink;
  changed();
}

TmpRegular::TmpRegular(std::shared_ptr<TmpFs> fs, std::uint32_t mode, std::string shown)
    : TmpInode{std::move(fs), FileType::regular, mode},
      data_{std::make_shared<page_cache>(this->fs().pages, this->fs().blocks)},
      shown_{std::move(shown)} {}

Result<std::shared_ptr<File>> TmpRegular::open(task_struct&, std::uint32_t flags) {
  auto file = std::make_shared<TmpFile>(std::static_pointer_cast<TmpRegular>(shared_from_this()), flags);
  file->path = shown_;
  return file;
}

Result<void> TmpRegular::truncate(std::uint64_t size) {
  if (size > max_bytes) return unexpected(Errno::efbig);
  data_->truncate(size);
  modified();
  return {};
}

Result<std::shared_ptr<TmpSymlink>> TmpSymlink::make(std::shared_ptr<TmpFs> fs, std::string_view target) {
  auto link = std::make_shared<TmpSymlink>(std::move(fs));
  link->size_ = target.size();
  if (target.size() < short_symlink_length) {
    link->short_target_ = target;
    return link;
  }
  link->long_target_ = std::make_shared<page_cache>(link->fs().pages, link->fs().blocks);
  LPAEMU_TRY(written, link->long_target_->write(0, std::as_bytes(std::span{target})));
  if (written != target.size()) return unexpected(Errno::enospc);
  return link;
}

Result<std::string> TmpSymlink::readlink() {
  if (!long_target_) return short_target_;
  std::string target(size_, '\0');
  LPAEMU_TRY_VOID(long_target_->read(0, std::as_writable_bytes(std::span{target})));
  return target;
}

Result<std::shared_ptr<File>> TmpSymlink::open(task_struct&, std::uint32_t) { return unexpected(Errno::eloop); }

TmpDir::TmpDir(std::shared_ptr<TmpFs> fs, std::uint32_t mode) : TmpInode{std::move(fs), FileType::directory, mode} {
  attributes().nlink = 2;
}

// Children go one by one, not each inside its parent's destructor: a guest may nest directories as deep as it likes.
TmpDir::~TmpDir() {
  std::vector<std::shared_ptr<TmpInode>> dying;
  const auto take = [&](TmpDir& dir) {
    for (auto& [name, entry] : dir.entries_) {
      fs().free_name();
      dying.push_back(std::move(entry.inode));
    }
    dir.entries_.clear();
  };
  take(*this);
  while (!dying.empty()) {
    const std::shared_ptr<TmpInode> inode = std::move(dying.back());
    dying.pop_back();
    if (inode.use_count() == 1 && inode->type() == FileType::directory) take(static_cast<TmpDir&>(*inode));
  }
}

Result<std::shared_ptr<Inode>> TmpDir::lookup(std::string_view name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return unexpected(Errno::enoent);
  return found->second.inode;
}

Result<std::vector<DirEntry>> TmpDir::readdir() {
  accessed();
  std::vector<DirEntry> listed;
  listed.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) {
    listed.push_back(DirEntry{name, entry.inode->type(), entry.inode->attributes().ino, entry.off});
  }
  std::ranges::sort(listed, {}, &DirEntry::off);  // oldest first. [linux fs/libfs.c:offset_readdir]
  return listed;
}

Result<std::shared_ptr<File>> TmpDir::open(task_struct&, std::uint32_t flags) {
  return std::make_shared<File>(shared_from_this(), flags);
}

std::uint64_t TmpDir::size() { return entry_bytes * (2 + entries_.size()); }

Result<void> TmpDir::check_new(std::string_view name) {
  if (attributes().nlink == 0) return unexpected(Errno::enoent);  // removed, but still somebody's working directory
  if (entries_.contains(name)) return unexpected(Errno::eexist);
  return fs().reserve_name();
}

void TmpDir::insert(std::string_view name, std::shared_ptr<TmpInode> inode) {
  constexpr std::uint32_t last_off = 0x7fe00000;
  if (next_off_ == last_off) {  // two thousand million names later
    next_off_ = 3;
    for (auto& [other, entry] : entries_) entry.off = next_off_++;
  }
  if (inode->type() == FileType::directory) {
    static_cast<TmpDir&>(*inode).parent_ = std::static_pointer_cast<TmpDir>(shared_from_this());
    ++attributes().nlink;
  }
  entries_.insert_or_assign(std::string{name}, Entry{std::move(inode), next_off_++});
  modified();
}

void TmpDir::remove(Entries::iterator entry) {
  TmpInode& inode = *entry->second.inode;
  inode.drop_link();
  if (inode.type() == FileType::directory) {
    inode.drop_link();  // its own "."
    --attributes().nlink;
  }
  entries_.erase(entry);
  fs().free_name();
  modified();
}

bool TmpDir::is_below(const TmpDir& other) const {
  if (this == &other) return true;
  for (auto above = parent_.lock(); above; above = above->parent_.lock()) {
    if (above.get() == &other) return true;
  }
  return false;
}

Result<std::shared_ptr<Inode>> TmpDir::create(std::string_view name, std::uint32_t mode) {
  LPAEMU_TRY_VOID(check_new(name));
  auto inode = std::make_shared<TmpRegular>(fs_ptr(), mode);
  insert(name, inode);
  return inode;
}

Result<std::shared_ptr<Inode>> TmpDir::mkdir(std::string_view name, std::uint32_t mode) {
  LPAEMU_TRY_VOID(check_new(name));
  auto inode = std::make_shared<TmpDir>(fs_ptr(), mode);
  insert(name, inode);
  return inode;
}

Result<void> TmpDir::symlink(std::string_view name, std::string_view target) {
  LPAEMU_TRY_VOID(check_new(name));
  auto inode = TmpSymlink::make(fs_ptr(), target);
  if (!inode) {
    fs().free_name();
    return unexpected(inode.error());
  }
  insert(name, std::move(*inode));
  return {};
}

// Not counted as a name: the descriptors' limit is its limit, and link() counts.
Result<std::shared_ptr<Inode>> TmpDir::tmpfile(std::uint32_t mode) {
  if (attributes().nlink == 0) return unexpected(Errno::enoent);
  auto inode = std::make_shared<TmpRegular>(fs_ptr(), mode);
  inode->attributes().nlink = 0;
  inode->linkable = true;
  return inode;
}

Result<void> TmpDir::link(std::string_view name, Inode& target) {
  auto* inode = dynamic_cast<TmpInode*>(&target);
  if (!inode || &inode->fs() != &fs()) return unexpected(Errno::exdev);
  if (inode->type() == FileType::directory) return unexpected(Errno::eperm);
  auto* regular = dynamic_cast<TmpRegular*>(inode);
  if (inode->attributes().nlink == 0 && !(regular && regular->linkable)) return unexpected(Errno::enoent);
  LPAEMU_TRY_VOID(check_new(name));
  if (regular) regular->linkable = false;
  ++inode->attributes().nlink;
  inode->changed();
  insert(name, std::static_pointer_cast<TmpInode>(inode->shared_from_this()));
  return {};
}

Result<void> TmpDir::unlink(std::string_view name) {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return unexpected(Errno::enoent);
  if (entry->second.inode->type() == FileType::directory) return unexpected(Errno::eisdir);
  remove(entry);
  return {};
}

Result<void> TmpDir::rmdir(std::string_view name) {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return unexpected(Errno::enoent);
  if (entry->second.inode->type() != FileType::directory) return unexpected(Errno::enotdir);
  if (!static_cast<TmpDir&>(*entry->second.inode).entries_.empty()) return unexpected(Errno::enotempty);
  remove(entry);
  return {};
}

std::shared_ptr<Inode> make_tmpfs(PageAllocator& pages, Host& host, std::uint32_t root_mode) {
  // [linux mm/shmem.c:shmem_default_max_blocks, shmem_default_max_inodes]
  const std::uint64_t half = pages.total_pages() / 2;
  auto blocks = std::make_shared<BlockLimit>(BlockLimit{.max_blocks = half});
  auto fs = std::make_shared<TmpFs>(TmpFs{pages, host, new_anonymous_dev(), 1, half, std::move(blocks)});
  return std::make_shared<TmpDir>(std::move(fs), root_mode);
}

}  // namespace lpaemu::kernel
