// A tree of the host's files as the guest sees it. Each name is looked up in its directory's own handle, without
// following links, so that no path ever leaves the tree: links are resolved by the guest's walk, in the guest's tree.
#pragma once

#include <map>

#include "lpaemu/kernel_model/fs/filesystems.h"

namespace lpaemu::kernel {

class HostRegular;

/// What all inodes of one tree share: its superblock.
struct HostFs {
  PageAllocator& pages;
  HostAccess access;
  HostOwner owner;
  std::map<std::uint64_t, std::uint64_t> devs;  // host's number -> ours
  // Files that are alive, by device and number: one inode each, so that all its mappings and readers share its pages.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::weak_ptr<HostRegular>> files;

  [[nodiscard]] bool writable() const { return access == HostAccess::read_write; }
  [[nodiscard]] Stat guest_stat(const HostStat& host);
};

class HostInode : public Inode {
 public:
  explicit HostInode(std::shared_ptr<HostFs> fs) : fs_{std::move(fs)} {}
  [[nodiscard]] bool read_only() const override { return !fs_->writable(); }
  [[nodiscard]] StatFs statfs() override;
  // Pretend: everything belongs to one user.
  [[nodiscard]] Result<void> chown(std::uint32_t uid, std::uint32_t gid) override;

 protected:
  [[nodiscard]] HostFs& fs() const { return *fs_; }
  [[nodiscard]] const std::shared_ptr<HostFs>& fs_ptr() const { return fs_; }
  /// The last facts known, with no link left: for a file that has gone from the host.
  [[nodiscard]] Stat gone(FileType type) const;

 private:
  std::shared_ptr<HostFs> fs_;
};

class HostDirInode final : public HostInode {
 public:
  HostDirInode(std::shared_ptr<HostFs> fs, std::unique_ptr<HostDir> dir);

  [[nodiscard]] HostDir& dir() { return *dir_; }
  [[nodiscard]] Stat stat() override;
  [[nodiscard]] FileType type() override { return FileType::directory; }
  [[nodiscard]] Result<std::shared_ptr<Inode>> lookup(std::string_view name) override;
  [[nodiscard]] Result<std::vector<DirEntry>> readdir() override;
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override;
  [[nodiscard]] Result<std::shared_ptr<Inode>> create(std::string_view name, std::uint32_t mode) override;
  [[nodiscard]] Result<std::shared_ptr<Inode>> mkdir(std::string_view name, std::uint32_t mode) override;
  [[nodiscard]] Result<void> symlink(std::string_view name, std::string_view target) override;
  [[nodiscard]] Result<void> link(std::string_view name, Inode& target) override;
  [[nodiscard]] Result<void> unlink(std::string_view name) override;
  [[nodiscard]] Result<void> rmdir(std::string_view name) override;
  [[nodiscard]] Result<void> rename(std::string_view name, Inode& to_dir, std::string_view to_name) override;
  [[nodiscard]] Result<void> chmod(std::uint32_t mode) override;
  [[nodiscard]] Result<void> set_times(std::int64_t atime_ns, std::int64_t mtime_ns) override;

 private:
  [[nodiscard]] std::shared_ptr<HostDirInode> self();
  [[nodiscard]] std::shared_ptr<Inode> regular(std::string_view name, const HostStat& stat);

  std::unique_ptr<HostDir> dir_;
  std::map<std::string, std::uint32_t, std::less<>> places_;  // DirEntry::off of the names seen so far
  std::uint32_t next_place_ = 3;
};

/// Where a file of the host was found last.
struct HostName {
  std::shared_ptr<HostDirInode> directory;  // null: the file was handed in open
  std::string name;
};

class HostRegular final : public HostInode {
 public:
  HostRegular(std::shared_ptr<HostFs> fs, HostName name, const HostStat& stat);
  HostRegular(std::shared_ptr<HostFs> fs, std::shared_ptr<HostFile> file, const HostStat& stat);
  ~HostRegular() override;

  void set_name(HostName name) { name_ = std::move(name); }
  [[nodiscard]] const HostName& name() const { return name_; }
  /// The file as it was made, open for writing.
  void set_file(std::shared_ptr<HostFile> file) { file_ = std::move(file), file_writable_ = true; }

  [[nodiscard]] Stat stat() override;
  [[nodiscard]] FileType type() override { return FileType::regular; }
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override;
  [[nodiscard]] Result<void> truncate(std::uint64_t size) override;
  [[nodiscard]] Result<void> chmod(std::uint32_t mode) override;
  [[nodiscard]] Result<void> set_times(std::int64_t atime_ns, std::int64_t mtime_ns) override;

  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> buffer, std::uint64_t offset);
  [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> data, std::uint64_t offset, bool append);
  /// The pages, made by the first mapping; from then on reads go through them, too.
  [[nodiscard]] Result<std::shared_ptr<page_cache>> mmap(bool may_be_written);
  /// Writes back what mappings changed.
  [[nodiscard]] Result<void> flush();

 private:
  [[nodiscard]] Result<void> ensure_open(bool for_write);
  [[nodiscard]] Result<HostStat> host_stat();
  /// Another program may have changed the file's size.
  void follow_size();
  void copy_into_cache(std::span<const std::byte> data, std::uint64_t offset);

  HostName name_;
  HostStat known_;
  std::shared_ptr<HostFile> file_;
  bool file_writable_ = false;
  std::shared_ptr<page_cache> cache_;
  bool cache_may_differ_ = false;  // a shared mapping could have stored into it
};

}  // namespace lpaemu::kernel
