// The file systems that a guest sees; each answers its root inode.
#pragma once

#include <functional>
#include <map>

#include "lpaemu/kernel_model/fs/vfs.h"
#include "lpaemu/kernel_model/host.h"

namespace lpaemu::kernel {

class PageAllocator;

/// A read-only directory with nothing in it: the root when there is no --root. What is mounted on it shows.
[[nodiscard]] std::shared_ptr<Inode> make_empty_root();

/// An empty in-memory file system whose contents live in guest RAM. [linux mm/shmem.c]
[[nodiscard]] std::shared_ptr<Inode> make_tmpfs(PageAllocator& pages, Host& host, std::uint32_t root_mode);

/// A file without a name: memfd_create. [linux mm/memfd.c]
[[nodiscard]] std::shared_ptr<Inode> make_memfd(PageAllocator& pages, Host& host, const std::string& name);

enum class HostAccess : std::uint8_t { read_only, read_write };

/// Who owns the files of the host in the guest's eyes, whoever owns them in the host's: what lpaemu may read, the
/// guest's first user may.
struct HostOwner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

/// A directory of the host. Never leaves it: each component is opened without following links.
[[nodiscard]] std::shared_ptr<Inode> make_host_dir(PageAllocator& pages, std::unique_ptr<HostDir> dir,
                                                   HostAccess access, HostOwner owner = {});
/// One file of the host, for --bind of a file and for PROGRAM itself.
[[nodiscard]] std::shared_ptr<Inode> make_host_file(PageAllocator& pages, std::unique_ptr<HostFile> file,
                                                    HostAccess access, HostOwner owner = {});
/// null, zero, full, random, urandom, tty and the links to /proc/self/fd. [linux drivers/char/mem.c]
[[nodiscard]] std::shared_ptr<Inode> make_devfs(Host& host);

/// The open files of descriptors 0, 1 and 2.
[[nodiscard]] std::shared_ptr<File> open_stream(Host& host, Stream stream);

/// Tasks by pid, as procfs lists them.
class TaskList {
 public:
  [[nodiscard]] virtual task_struct* find(std::int32_t pid) = 0;
  [[nodiscard]] virtual std::vector<std::int32_t> pids() = 0;

 protected:
  ~TaskList() = default;
};

/// /proc: self, PID/{maps,smaps,pagemap,clear_refs,status,stat,statm,cmdline,comm,environ,auxv,exe,cwd,root,fd,mem},
/// cpuinfo, meminfo, version, uptime, filesystems, mounts, sys/vm/..., sys/kernel/... as far as programs read them.
[[nodiscard]] std::shared_ptr<Inode> make_procfs(TaskList& tasks, PageAllocator& pages, Host& host);

}  // namespace lpaemu::kernel
