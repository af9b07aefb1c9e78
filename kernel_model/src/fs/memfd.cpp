#include "tmpfs.h"

namespace lpaemu::kernel {

std::shared_ptr<Inode> make_memfd(PageAllocator& pages, Host& host, const std::string& name) {
  // All of them live in the kernel's own mount of shmem, where they have numbers but no names.
  static std::uint64_t next_ino = 1024;
  auto fs = std::make_shared<TmpFs>(TmpFs{pages, host, make_dev(0, 1), next_ino++, 0, nullptr});
  auto inode = std::make_shared<TmpRegular>(std::move(fs), 0777, "/memfd:" + name);
  inode->attributes().nlink = 0;
  return inode;
}

}  // namespace lpaemu::kernel
