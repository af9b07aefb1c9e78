// open(2). [linux fs/open.c:build_open_flags, fs/namei.c:path_openat, do_open]
#include <fmt/format.h>

#include "creation.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

namespace {

constexpr std::uint32_t tmpfile_bit = O_TMPFILE & ~O_DIRECTORY;

/// What the flags ask of the permission bits. Access mode 3 asks for both and grants none. [linux fs/open.c:ACC_MODE]
std::uint32_t access_of(std::uint32_t flags) {
  std::uint32_t access = MAY_READ | MAY_WRITE;
  if ((flags & O_ACCMODE) == O_RDONLY) access = MAY_READ;
  if ((flags & O_ACCMODE) == O_WRONLY) access = MAY_WRITE;
  return (flags & O_TRUNC) != 0 ? access | MAY_WRITE : access;
}

Result<std::uint32_t> checked_flags(std::uint32_t flags) {
  if ((flags & O_PATH) != 0) return flags & (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC);
  if ((flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT)) return unexpected(Errno::einval);
  if ((flags & tmpfile_bit) != 0) {
    const bool writes = (access_of(flags) & MAY_WRITE) != 0;
    if ((flags & O_DIRECTORY) == 0 || !writes) return unexpected(Errno::einval);
  }
  return flags;
}

/// One call of open: where it is, and what to do there.
struct Opening {
  const Vfs& vfs;
  task_struct& task;
  std::uint32_t flags;
  std::uint32_t mode;

  [[nodiscard]] bool has(std::uint32_t flag) const { return (flags & flag) == flag; }
  [[nodiscard]] Result<std::shared_ptr<File>> run(const Path& base, std::string_view path) const;
  [[nodiscard]] Result<std::shared_ptr<File>> create(const Vfs::Parent& parent) const;
  [[nodiscard]] Result<std::shared_ptr<File>> open_unnamed(const Path& base, std::string_view path) const;
  [[nodiscard]] Result<std::shared_ptr<File>> open_existing(Path place, bool must_be_directory) const;
  [[nodiscard]] Result<std::shared_ptr<File>> open_checked(Path place) const;
};

// The loop is one turn for each symbolic link at the end of the path. [linux fs/namei.c:open_last_lookups]
Result<std::shared_ptr<File>> Opening::run(const Path& base, std::string_view path) const {
  const bool follow = !has(O_NOFOLLOW) && !has(O_CREAT | O_EXCL);
  PathWalk walk{vfs, &task};
  Path from = base;
  std::string text{path};
  while (true) {
    LPAEMU_TRY(parent, walk.to_parent(from, text));
    if (!is_plain_name(parent.name)) {
      LPAEMU_TRY(place, walk.last(parent, Follow::no));
      return open_existing(std::move(place), true);
    }
    if (has(O_CREAT) && parent.must_be_directory) return unexpected(Errno::eisdir);
    auto child = walk.step(parent.directory, parent.name);
    if (!child) {
      if (has(O_CREAT) && child.error() == Errno::enoent) return create(parent);
      return unexpected(child.error());
    }
    const bool is_link = child->inode->type() == FileType::symlink;
    if (!is_link || !(follow || parent.must_be_directory)) {
      return open_existing(std::move(*child), parent.must_be_directory);
    }
    LPAEMU_TRY(target, walk.get_link(*child));
    if (target.jump) return open_existing(std::move(*target.jump), parent.must_be_directory);
    text = std::move(target.text);
    if (parent.must_be_directory) text += '/';
    from = std::move(parent.directory);
  }
}

Result<std::shared_ptr<File>> Opening::create(const Vfs::Parent& parent) const {
  Inode& directory = *parent.directory.inode;
  LPAEMU_TRY_VOID(may_change_directory(task, directory));
  LPAEMU_TRY(fresh, directory.create(parent.name, mode_of_new(task, directory, FileType::regular, mode)));
  own_new(task, directory, *fresh);
  return open_checked(Path{std::move(fresh), join_path(parent.directory.text, parent.name)});
}

// [linux fs/namei.c:do_tmpfile]
Result<std::shared_ptr<File>> Opening::open_unnamed(const Path& base, std::string_view path) const {
  PathWalk walk{vfs, &task};
  LPAEMU_TRY(place, walk.resolve(base, path, has(O_NOFOLLOW) ? Follow::no : Follow::yes));
  Inode& directory = *place.inode;
  if (directory.type() != FileType::directory) return unexpected(Errno::enotdir);
  LPAEMU_TRY_VOID(may_change_directory(task, directory));
  LPAEMU_TRY(fresh, directory.tmpfile(mode_of_new(task, directory, FileType::regular, mode)));
  own_new(task, directory, *fresh);
  const std::string name = fmt::format("#{}", fresh->stat().ino);
  return open_checked(Path{std::move(fresh), join_path(place.text, name)});
}

// [linux fs/namei.c:do_open, may_open]
Result<std::shared_ptr<File>> Opening::open_existing(Path place, bool must_be_directory) const {
  Inode& inode = *place.inode;
  const FileType type = inode.type();
  if (has(O_CREAT | O_EXCL)) return unexpected(Errno::eexist);
  if (has(O_CREAT) && type == FileType::directory) return unexpected(Errno::eisdir);
  if ((must_be_directory || has(O_DIRECTORY)) && type != FileType::directory) return unexpected(Errno::enotdir);
  if (has(O_PATH)) {
    auto file = std::make_shared<File>(std::move(place.inode), flags & ~O_CLOEXEC);
    file->path = std::move(place.text);
    return file;
  }
  const std::uint32_t access = access_of(flags);
  if (type == FileType::symlink) return unexpected(Errno::eloop);
  if (type == FileType::directory && (access & MAY_WRITE) != 0) return unexpected(Errno::eisdir);
  LPAEMU_TRY_VOID(inode_permission(task, inode, access));
  if (has(O_NOATIME) && task.uid != 0 && task.uid != inode.stat().uid) return unexpected(Errno::eperm);
  LPAEMU_TRY(file, open_checked(place));
  if (has(O_TRUNC) && type == FileType::regular) LPAEMU_TRY_VOID(inode.truncate(0));
  return file;
}

// [linux fs/open.c:do_dentry_open]
Result<std::shared_ptr<File>> Opening::open_checked(Path place) const {
  LPAEMU_TRY(file, place.inode->open(task, flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)));
  if (file->path.empty()) file->path = std::move(place.text);
  return file;
}

}  // namespace

Result<std::shared_ptr<File>> Vfs::open(task_struct& task, const Path& base, std::string_view path, std::uint32_t flags,
                                        std::uint32_t mode) {
  LPAEMU_TRY(checked, checked_flags(flags));
  const Opening opening{*this, task, checked, mode};
  return (checked & tmpfile_bit) != 0 ? opening.open_unnamed(base, path) : opening.run(base, path);
}

}  // namespace lpaemu::kernel
