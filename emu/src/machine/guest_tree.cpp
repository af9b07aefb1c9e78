#include "lpaemu/emu/machine/guest_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "lpaemu/emu/host/host_dir.h"

namespace lpaemu::emu {
namespace {

namespace fs = std::filesystem;
using kernel::HostAccess;

HostAccess access_of(bool writable) { return writable ? HostAccess::read_write : HostAccess::read_only; }

/// Files of the host belong to the guest's user, so that what lpaemu may read the guest may read.
kernel::HostOwner owner_of(kernel::Kernel& kernel) { return {kernel.boot_task().uid, kernel.boot_task().gid}; }

Expected<std::shared_ptr<kernel::Inode>, Error> open_host(kernel::Kernel& kernel, const std::string& path,
                                                          HostAccess access) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    LPAEMU_TRY(dir, open_host_dir(path));
    return kernel::make_host_dir(kernel.pages(), std::move(dir), access, owner_of(kernel));
  }
  LPAEMU_TRY(file, open_host_file(path, access == HostAccess::read_write ? kernel::HostOpen::read_write
                                                                         : kernel::HostOpen::read_only));
  return kernel::make_host_file(kernel.pages(), std::move(file), access, owner_of(kernel));
}

Expected<void, Error> mount_host(kernel::Kernel& kernel, const std::string& host, const std::string& guest,
                                 HostAccess access) {
  LPAEMU_TRY(inode, open_host(kernel, host, access));
  kernel.vfs().mount(guest, std::move(inode));
  return {};
}

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

bool lies_in(const fs::path& path, const fs::path& directory) {
  const auto [end, ignored] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return end == directory.end();
}

/// Without --root: the working directory, and the program if it lies elsewhere, each at its own path.
Expected<GuestPaths, Error> mount_working_directory(kernel::Kernel& kernel, const GuestTree& tree) {
  std::error_code error;
  const std::string cwd = fs::current_path(error).string();
  if (error) return unexpected(Error{fmt::format("cannot find the working directory: {}", error.message())});
  kernel.set_root(kernel::make_empty_root(), /*private_tmp=*/true);
  // A working directory "/" or below /tmp, /proc or /dev would hide what is mounted there.
  LPAEMU_TRY_VOID(mount_host(kernel, cwd, cwd, access_of(tree.writable)));

  const fs::path real = fs::canonical(tree.program, error);
  if (error) return unexpected(Error{fmt::format("cannot run '{}': {}", tree.program, error.message())});
  const std::string program = absolute(tree.program);
  if (!lies_in(real, cwd) || !lies_in(program, cwd))
    LPAEMU_TRY_VOID(mount_host(kernel, real.string(), program, HostAccess::read_only));
  return GuestPaths{program, tree.cwd.empty() ? cwd : tree.cwd};
}

Expected<GuestPaths, Error> mount_root(kernel::Kernel& kernel, const GuestTree& tree) {
  LPAEMU_TRY(root, open_host_dir(tree.root));
  kernel.set_root(kernel::make_host_dir(kernel.pages(), std::move(root), access_of(tree.writable), owner_of(kernel)),
                  /*private_tmp=*/true);
  return GuestPaths{tree.program, tree.cwd.empty() ? "/" : tree.cwd};
}

Expected<void, Error> check_working_directory(kernel::Kernel& kernel, const std::string& cwd) {
  kernel::Vfs& vfs = kernel.vfs();
  const auto found = vfs.lookup(kernel.boot_task(), vfs.root(), cwd, kernel::Follow::yes);
  if (found && found->inode->stat().type == kernel::FileType::directory) return {};
  return unexpected(Error{fmt::format("--cwd '{}' is no directory of the guest's file tree", cwd)});
}

}  // namespace

Expected<GuestPaths, Error> mount_guest_tree(kernel::Kernel& kernel, const GuestTree& tree) {
  LPAEMU_TRY(paths, tree.root.empty() ? mount_working_directory(kernel, tree) : mount_root(kernel, tree));
  for (const Bind& bind : tree.binds) {
    const std::string guest = bind.guest.empty() ? absolute(bind.host) : bind.guest;
    LPAEMU_TRY_VOID(mount_host(kernel, bind.host, guest, access_of(bind.writable)));
  }
  LPAEMU_TRY_VOID(check_working_directory(kernel, paths.cwd));
  return paths;
}

}  // namespace lpaemu::emu
