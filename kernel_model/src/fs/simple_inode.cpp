#include "simple_inode.h"

#include "lpaemu/kernel_model/fs/filesystems.h"

namespace lpaemu::kernel {

std::uint64_t new_anonymous_dev() {
  static std::uint32_t next = 2;  // 1 is the one that memfds share
  return make_dev(0, next++);
}

Stat StaticDir::stat() {
  Stat stat = stat_;
  stat.nlink = 2;
  for (const auto& [name, inode] : entries_) stat.nlink += inode->type() == FileType::directory ? 1 : 0;
  return stat;
}

StatFs StaticDir::statfs() {
  StatFs answer;
  answer.type = magic_;
  return answer;
}

Result<std::shared_ptr<Inode>> StaticDir::lookup(std::string_view name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return unexpected(Errno::enoent);
  return found->second;
}

Result<std::vector<DirEntry>> StaticDir::readdir() {
  std::vector<DirEntry> entries;
  entries.reserve(entries_.size());
  for (const auto& [name, inode] : entries_) entries.push_back(DirEntry{name, inode->type(), inode->stat().ino});
  return entries;
}

Result<std::shared_ptr<File>> StaticDir::open(task_struct&, std::uint32_t flags) {
  return std::make_shared<File>(shared_from_this(), flags);
}

StaticSymlink::StaticSymlink(const Stat& stat, std::string target) : stat_{stat}, target_{std::move(target)} {
  stat_.type = FileType::symlink;
  stat_.mode = 0777;
  stat_.size = target_.size();
}

Result<std::shared_ptr<File>> StaticSymlink::open(task_struct&, std::uint32_t) { return unexpected(Errno::eloop); }

std::shared_ptr<Inode> make_empty_root() {
  Stat stat;
  stat.mode = 0755;
  stat.dev = new_anonymous_dev();
  stat.ino = 1;
  return std::make_shared<StaticDir>(stat, 0x858458f6);  // [linux include/uapi/linux/magic.h:RAMFS_MAGIC]
}

}  // namespace lpaemu::kernel
