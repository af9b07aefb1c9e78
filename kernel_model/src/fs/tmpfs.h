// tmpfs inside: its inodes. Data lives in guest RAM; names and attributes live here and are counted, so that a guest
// cannot fill the host's memory with them. [linux mm/shmem.c]
#pragma once

#include <map>

#include "lpaemu/kernel_model/fs/filesystems.h"
#include "lpaemu/kernel_model/mm/page_cache.h"

namespace lpaemu::kernel {

/// One mounted tmpfs: its superblock.
struct TmpFs {
  PageAllocator& pages;
  Host& host;
  std::uint64_t dev;
  std::uint64_t next_ino = 1;
  std::uint64_t max_names;             // inodes and further links together, as shmem counts them
  std::shared_ptr<BlockLimit> blocks;  // null in the kernel's own mount of shmem
  std::uint64_t names = 0;

  [[nodiscard]] std::int64_t now() { return host.realtime().count(); }
  /// Counts one more name: ENOSPC. [linux mm/shmem.c:shmem_reserve_inode]
  [[nodiscard]] Result<void> reserve_name();
  void free_name() { --names; }
};

class TmpInode : public Inode {
 public:
  TmpInode(std::shared_ptr<TmpFs> fs, FileType type, std::uint32_t mode);

  [[nodiscard]] Stat stat() override;
  [[nodiscard]] FileType type() override { return attributes_.type; }
  [[nodiscard]] StatFs statfs() override;
  [[nodiscard]] Result<void> chmod(std::uint32_t mode) override;
  [[nodiscard]] Result<void> chown(std::uint32_t uid, std::uint32_t gid) override;
  [[nodiscard]] Result<void> set_times(std::int64_t atime_ns, std::int64_t mtime_ns) override;

  [[nodiscard]] TmpFs& fs() { return *fs_; }
  [[nodiscard]] const std::shared_ptr<TmpFs>& fs_ptr() { return fs_; }
  /// Type, mode, owner, links and times; the size is what each kind says.
  [[nodiscard]] Stat& attributes() { return attributes_; }
  void changed() { attributes_.ctime_ns = fs_->now(); }
  void modified() { attributes_.mtime_ns = attributes_.ctime_ns = fs_->now(); }
  /// relatime. [linux fs/inode.c:relatime_need_update]
  void accessed();
  /// A name of this inode is gone.
  void drop_link();

  [[nodiscard]] virtual std::uint64_t size() = 0;

 private:
  std::shared_ptr<TmpFs> fs_;
  Stat attributes_;
};

class TmpRegular final : public TmpInode {
 public:
  /// `shown`: the path of a file without a name (memfd).
  TmpRegular(std::shared_ptr<TmpFs> fs, std::uint32_t mode, std::string shown = {});

  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override;
  [[nodiscard]] Result<void> truncate(std::uint64_t size) override;
  [[nodiscard]] std::uint64_t size() override { return data_->size(); }
  [[nodiscard]] const std::shared_ptr<page_cache>& data() { return data_; }
  /// O_TMPFILE without O_EXCL: has no name yet, but may get one. [linux fs.h:I_LINKABLE]
  bool linkable = false;

 private:
  std::shared_ptr<page_cache> data_;
  std::string shown_;
};

class TmpSymlink final : public TmpInode {
 public:
  [[nodiscard]] static Result<std::shared_ptr<TmpSymlink>> make(std::shared_ptr<TmpFs> fs, std::string_view target);
  explicit TmpSymlink(std::shared_ptr<TmpFs> fs) : TmpInode{std::move(fs), FileType::symlink, 0777} {}

  [[nodiscard]] Result<std::string> readlink() override;
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override;
  [[nodiscard]] std::uint64_t size() override { return size_; }

 private:
  std::uint64_t size_ = 0;
  std::string short_target_;
  std::shared_ptr<page_cache> long_target_;  // in guest RAM, as in Linux: targets are many and big
};

class TmpDir final : public TmpInode {
 public:
  TmpDir(std::shared_ptr<TmpFs> fs, std::uint32_t mode);
  ~TmpDir() override;

  [[nodiscard]] std::shared_ptr<Inode> parent() override { return parent_.lock(); }
  [[nodiscard]] Result<std::shared_ptr<Inode>> lookup(std::string_view name) override;
  [[nodiscard]] Result<std::vector<DirEntry>> readdir() override;
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override;
  [[nodiscard]] Result<std::shared_ptr<Inode>> create(std::string_view name, std::uint32_t mode) override;
  [[nodiscard]] Result<std::shared_ptr<Inode>> mkdir(std::string_view name, std::uint32_t mode) override;
  [[nodiscard]] Result<void> symlink(std::string_view name, std::string_view target) override;
  [[nodiscard]] Result<std::shared_ptr<Inode>> tmpfile(std::uint32_t mode) override;
  [[nodiscard]] Result<void> link(std::string_view name, Inode& target) override;
  [[nodiscard]] Result<void> unlink(std::string_view name) override;
  [[nodiscard]] Result<void> rmdir(std::string_view name) override;
  [[nodiscard]] Result<void> rename(std::string_view name, Inode& to_dir, std::string_view to_name) override;
  [[nodiscard]] std::uint64_t size() override;

 private:
  struct Entry {
    std::shared_ptr<TmpInode> inode;
    std::uint32_t off;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  [[nodiscard]] Result<void> check_new(std::string_view name);
  void insert(std::string_view name, std::shared_ptr<TmpInode> inode);
  void remove(Entries::iterator entry);
  /// Whether this is `other` or lies below it.
  [[nodiscard]] bool is_below(const TmpDir& other) const;

  std::weak_ptr<TmpDir> parent_;
  Entries entries_;
  std::uint32_t next_off_ = 3;
};

}  // namespace lpaemu::kernel
