// Directories of the host, symbolic links in them, and what cannot be opened.
#include <algorithm>

#include "host_inode.h"
#include "magic.h"
#include "simple_inode.h"

namespace lpaemu::kernel {

namespace {

class HostSymlink final : public HostInode {
 public:
  HostSymlink(std::shared_ptr<HostFs> fs, HostName name) : HostInode{std::move(fs)}, name_{std::move(name)} {}

  [[nodiscard]] Stat stat() override {
    const auto stat = name_.directory->dir().stat(name_.name);
    return stat && stat->type == FileType::symlink ? fs().guest_stat(*stat) : gone(FileType::symlink);
  }
  [[nodiscard]] FileType type() override { return FileType::symlink; }
  [[nodiscard]] Result<std::string> readlink() override { return name_.directory->dir().readlink(name_.name); }
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct&, std::uint32_t) override {
    return unexpected(Errno::eloop);
  }

 private:
  HostName name_;
};

/// A device, pipe or socket of the host: it shows, but opening it could hang lpaemu or reach a device.
class HostSpecial final : public HostInode {
 public:
  HostSpecial(std::shared_ptr<HostFs> fs, const HostStat& stat) : HostInode{std::move(fs)}, stat_{stat} {}

  [[nodiscard]] Stat stat() override { return fs().guest_stat(stat_); }
  [[nodiscard]] FileType type() override { return stat_.type; }
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct&, std::uint32_t) override {
    return unexpected(Errno::eacces);
  }

 private:
  HostStat stat_;
};

/// A child directory that a caller names, of the same tree.
HostDirInode* same_tree(Inode& inode) { return dynamic_cast<HostDirInode*>(&inode); }

}  // namespace

Stat HostFs::guest_stat(const HostStat& host) {
  const auto [dev, is_new] = devs.try_emplace(host.dev, 0);
  if (is_new) dev->second = new_anonymous_dev();
  Stat stat;
  stat.type = host.type;
  stat.mode = host.mode & S_IALLUGO;
  stat.dev = dev->second;
  stat.ino = host.ino;
  stat.nlink = host.nlink;
  stat.uid = owner.uid;
  stat.gid = owner.gid;
  stat.size = host.size;
  stat.atime_ns = host.atime_ns;
  stat.mtime_ns = host.mtime_ns;
  stat.ctime_ns = host.ctime_ns;
  return stat;
}

StatFs HostInode::statfs() {
  StatFs answer;
  answer.type = HOSTFS_SUPER_MAGIC;
  return answer;
}

Result<void> HostInode::chown(std::uint32_t uid, std::uint32_t gid) {
  if (uid != fs_->owner.uid || gid != fs_->owner.gid) return unexpected(Errno::eperm);
  return {};
}

Stat HostInode::gone(FileType type) const {
  Stat stat;
  stat.type = type;
  stat.nlink = 0;
  stat.uid = fs_->owner.uid;
  stat.gid = fs_->owner.gid;
  return stat;
}

HostDirInode::HostDirInode(std::shared_ptr<HostFs> fs, std::unique_ptr<HostDir> dir)
    : HostInode{std::move(fs)}, dir_{std::move(dir)} {}

std::shared_ptr<HostDirInode> HostDirInode::self() {
  return std::static_pointer_cast<HostDirInode>(shared_from_this());
}

Stat HostDirInode::stat() {
  const auto stat = dir_->stat();
  return stat ? fs().guest_stat(*stat) : gone(FileType::directory);
}

std::shared_ptr<Inode> HostDirInode::regular(std::string_view name, const HostStat& stat) {
  HostName found{self(), std::string{name}};
  std::weak_ptr<HostRegular>& known = fs().files[{stat.dev, stat.ino}];
  if (auto inode = known.lock()) {
    inode->set_name(std::move(found));
    return inode;
  }
  auto inode = std::make_shared<HostRegular>(fs_ptr(), std::move(found), stat);
  known = inode;
  return inode;
}

Result<std::shared_ptr<Inode>> HostDirInode::lookup(std::string_view name) {
  LPAEMU_TRY(stat, dir_->stat(name));
  switch (stat.type) {
    case FileType::directory: {
      LPAEMU_TRY(dir, dir_->open_dir(name));
      return std::make_shared<HostDirInode>(fs_ptr(), std::move(dir));
    }
    case FileType::symlink: return std::make_shared<HostSymlink>(fs_ptr(), HostName{self(), std::string{name}});
    case FileType::regular: return regular(name, stat);
    default: return std::make_shared<HostSpecial>(fs_ptr(), stat);
  }
}

Result<std::vector<DirEntry>> HostDirInode::readdir() {
  LPAEMU_TRY(found, dir_->read_entries());
  std::map<std::string, std::uint32_t, std::less<>> places;
  std::vector<DirEntry> entries;
  for (HostDirEntry& entry : found) {
    const auto before = places_.find(entry.name);
    const std::uint32_t off = before != places_.end() ? before->second : next_place_++;
    places.emplace(entry.name, off);
    entries.push_back(DirEntry{std::move(entry.name), entry.type, entry.ino, off});
  }
  places_ = std::move(places);
  std::ranges::sort(entries, {}, &DirEntry::off);
  return entries;
}

Result<std::shared_ptr<File>> HostDirInode::open(task_struct&, std::uint32_t flags) {
  return std::make_shared<File>(shared_from_this(), flags);
}

Result<std::shared_ptr<Inode>> HostDirInode::create(std::string_view name, std::uint32_t mode) {
  if (read_only()) return unexpected(Errno::erofs);
  LPAEMU_TRY(file, dir_->open_file(name, HostOpen::create_exclusive, mode));
  LPAEMU_TRY(stat, file->stat());
  auto inode = std::make_shared<HostRegular>(fs_ptr(), HostName{self(), std::string{name}}, stat);
  inode->set_file(std::move(file));
  fs().files[{stat.dev, stat.ino}] = inode;
  return inode;
}

Result<std::shared_ptr<Inode>> HostDirInode::mkdir(std::string_view name, std::uint32_t mode) {
  if (read_only()) return unexpected(Errno::erofs);
  LPAEMU_TRY_VOID(dir_->mkdir(name, mode));
  return lookup(name);
}

Result<void> HostDirInode::symlink(std::string_view name, std::string_view target) {
  if (read_only()) return unexpected(Errno::erofs);
  return dir_->symlink(name, target);
}

Result<void> HostDirInode::link(std::string_view name, Inode& target) {
  if (read_only()) return unexpected(Errno::erofs);
  auto* file = dynamic_cast<HostRegular*>(&target);
  if (!file || !file->name().directory) return unexpected(Errno::eperm);
  return file->name().directory->dir().link(file->name().name, *dir_, name);
}

Result<void> HostDirInode::unlink(std::string_view name) {
  if (read_only()) return unexpected(Errno::erofs);
  return dir_->unlink(name);
}

Result<void> HostDirInode::rmdir(std::string_view name) {
  if (read_only()) return unexpected(Errno::erofs);
  return dir_->rmdir(name);
}

Result<void> HostDirInode::rename(std::string_view name, Inode& to_dir, std::string_view to_name) {
  if (read_only()) return unexpected(Errno::erofs);
  HostDirInode* to = same_tree(to_dir);
  if (!to || &to->fs() != &fs()) return unexpected(Errno::exdev);
  const auto moved = dir_->stat(name);
  LPAEMU_TRY_VOID(dir_->rename(name, *to->dir_, to_name));
  if (!moved) return {};
  const auto known = fs().files.find({moved->dev, moved->ino});
  if (known == fs().files.end()) return {};
  if (const auto inode = known->second.lock()) inode->set_name(HostName{to->self(), std::string{to_name}});
  return {};
}

Result<void> HostDirInode::chmod(std::uint32_t mode) {
  if (read_only()) return unexpected(Errno::erofs);
  return dir_->chmod(".", mode);
}

Result<void> HostDirInode::set_times(std::int64_t atime_ns, std::int64_t mtime_ns) {
  if (read_only()) return unexpected(Errno::erofs);
  return dir_->set_times(".", atime_ns, mtime_ns);
}

std::shared_ptr<Inode> make_host_dir(PageAllocator& pages, std::unique_ptr<HostDir> dir, HostAccess access,
                                     HostOwner owner) {
  auto fs = std::make_shared<HostFs>(HostFs{pages, access, owner, {}, {}});
  return std::make_shared<HostDirInode>(std::move(fs), std::move(dir));
}

}  // namespace lpaemu::kernel
