// /proc/PID/mounts and mountinfo. [linux fs/proc_namespace.c]
#include <fmt/format.h>

#include "fs/magic.h"
#include "lpaemu/kernel_model/kernel.h"
#include "pid_dir.h"

namespace lpaemu::kernel {

namespace {

// The names of the file systems, by their magic numbers.
std::string_view type_name(std::uint32_t magic) {
  switch (magic) {
    case TMPFS_MAGIC: return "tmpfs";
    case PROC_SUPER_MAGIC: return "proc";
    case HOSTFS_SUPER_MAGIC: return "hostfs";
    default: return "rootfs";
  }
}

/// White space in a path is shown in octal. [linux fs/seq_file.c:mangle_path]
std::string mangled(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\\') {
      text += fmt::format("\\{:03o}", static_cast<unsigned>(c));
    } else {
      text += c;
    }
  }
  return text;
}

std::vector<Vfs::Mount> all_mounts(const task_struct& task) {
  if (!task.kernel) return {};
  const Vfs& vfs = task.kernel->vfs();
  std::vector<Vfs::Mount> mounts{{"/", vfs.root().inode}};
  mounts.insert(mounts.end(), vfs.mounts().begin(), vfs.mounts().end());
  return mounts;
}

std::string_view options(Inode& root) { return root.read_only() ? "ro,relatime" : "rw,relatime"; }

}  // namespace

Result<std::string> show_pid_mounts(const ProcTask& task) {
  LPAEMU_TRY(found, task.find());
  std::string out;
  for (const Vfs::Mount& mount : all_mounts(*found)) {
    const std::string_view type = type_name(mount.root->statfs().type);
    out += fmt::format("{} {} {} {} 0 0\n", type, mangled(mount.path), type, options(*mount.root));
  }
  return out;
}

Result<std::string> show_pid_mountinfo(const ProcTask& task) {
  LPAEMU_TRY(found, task.find());
  std::string out;
  unsigned id = 1;
  for (const Vfs::Mount& mount : all_mounts(*found)) {
    const std::string_view type = type_name(mount.root->statfs().type);
    const std::uint64_t dev = mount.root->stat().dev;
    const std::string_view access = mount.root->read_only() ? "ro" : "rw";
    // All are mounted on the root; the root on itself.
    out += fmt::format("{} {} {}:{} / {} {} - {} {} {}\n", id, id == 1 ? 0 : 1, dev >> 8 & 0xfff, dev & 0xff,
                       mangled(mount.path), options(*mount.root), type, type, access);
    ++id;
  }
  return out;
}

}  // namespace lpaemu::kernel
