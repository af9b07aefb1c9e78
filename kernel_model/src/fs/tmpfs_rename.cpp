// rename inside a tmpfs. [linux mm/shmem.c:shmem_rename2]
#include "tmpfs.h"

namespace lpaemu::kernel {

Result<void> TmpDir::rename(std::string_view name, Inode& to_dir, std::string_view to_name) {
  auto* to = dynamic_cast<TmpDir*>(&to_dir);
  if (!to || &to->fs() != &fs()) return unexpected(Errno::exdev);
  const auto from = entries_.find(name);
  if (from == entries_.end() || to->attributes().nlink == 0) return unexpected(Errno::enoent);
  const std::shared_ptr<TmpInode> inode = from->second.inode;
  const bool is_directory = inode->type() == FileType::directory;
  if (is_directory && to->is_below(static_cast<TmpDir&>(*inode))) return unexpected(Errno::einval);

  const auto target = to->entries_.find(to_name);
  if (target != to->entries_.end()) {
    TmpInode& replaced = *target->second.inode;
    if (&replaced == inode.get()) return {};  // two names of one file
    if (is_directory && replaced.type() != FileType::directory) return unexpected(Errno::enotdir);
    if (!is_directory && replaced.type() == FileType::directory) return unexpected(Errno::eisdir);
    if (is_directory && !static_cast<TmpDir&>(replaced).entries_.empty()) return unexpected(Errno::enotempty);
    to->remove(target);
  }
  entries_.erase(from);
  if (is_directory) --attributes().nlink;
  modified();
  to->insert(to_name, inode);
  inode->changed();
  return {};
}

}  // namespace lpaemu::kernel
