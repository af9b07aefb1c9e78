// The tree of mounts, and looking things up in it. [linux fs/namei.c, namespace.c]
#include "lpaemu/kernel_model/fs/vfs.h"

#include <algorithm>

#include "lpaemu/kernel_model/fs/filesystems.h"
#include "path_walk.h"

namespace lpaemu::kernel {

Vfs::Vfs(std::shared_ptr<Inode> root) : root_{std::move(root)} {}

// The path's links are followed now, as mount(2) does: it is a place, not a text, that gets covered.
void Vfs::mount(std::string_view path, std::shared_ptr<Inode> root) {
  PathWalk walk{*this, nullptr};
  Path at = this->root();
  std::string_view rest = path;
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    if (rest.empty()) break;
    const std::string_view name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(name.size());
    auto next = walk.step(at, name);
    if (next && next->inode->type() == FileType::symlink) {
      auto target = walk.follow_link(at, *next);
      if (target) next = std::move(target);
    }
    if (!next) {
      // Nothing there: the directory exists from now on because something is mounted on it or below it.
      std::string text = join_path(at.text, name);
      auto [implied, is_new] = implied_.try_emplace(text, nullptr);
      if (is_new) implied->second = make_empty_root();
      next = Path{implied->second, std::move(text)};
    }
    at = std::move(*next);
  }
  if (at.text == "/") {
    root_ = std::move(root);
    return;
  }
  mounts_.push_back(Mount{std::move(at.text), std::move(root)});
}

Path Vfs::root() const { return Path{root_, "/"}; }

// The last one mounted on a place is the one that shows.
const Vfs::Mount* Vfs::mount_at(std::string_view text) const {
  const auto found = std::find_if(mounts_.rbegin(), mounts_.rend(), [&](const Mount& m) { return m.path == text; });
  return found == mounts_.rend() ? nullptr : &*found;
}

bool Vfs::covers_mount(std::string_view text) const {
  return std::any_of(mounts_.begin(), mounts_.end(), [&](const Mount& mount) {
    const std::string_view path = mount.path;
    return path.starts_with(text) && (path.size() == text.size() || path[text.size()] == '/');
  });
}

Result<Path> Vfs::lookup(task_struct& task, const Path& base, std::string_view path, Follow follow) {
  return PathWalk{*this, &task}.resolve(base, path, follow);
}

Result<std::string> Vfs::readlink(task_struct& task, const Path& base, std::string_view path) {
  LPAEMU_TRY(place, lookup(task, base, path, Follow::no));
  if (place.inode->type() != FileType::symlink) return unexpected(Errno::einval);
  LPAEMU_TRY(target, place.inode->get_link(task));
  return std::move(target.text);
}

Result<Vfs::Parent> Vfs::lookup_parent(task_struct& task, const Path& base, std::string_view path) {
  return PathWalk{*this, &task}.to_parent(base, path);
}

namespace {

// Places in a directory (DirEntry::off). Those of mount points are behind all others.
constexpr std::uint32_t first_off = 3;
constexpr std::uint32_t first_mount_off = 0x7ff00000;

}  // namespace

Result<std::vector<DirEntry>> Vfs::readdir(const Path& directory) {
  LPAEMU_TRY(listed, directory.inode->readdir());
  const Path above = PathWalk{*this, nullptr}.parent_of(directory);
  std::vector<DirEntry> entries{{".", FileType::directory, directory.inode->stat().ino, 1},
                                {"..", FileType::directory, above.inode->stat().ino, 2}};
  std::uint32_t off = first_off;
  for (DirEntry& entry : listed) {
    if (entry.off == 0) entry.off = off++;
    entries.push_back(std::move(entry));
  }
  std::uint32_t mount_off = first_mount_off;
  const std::string prefix = directory.text == "/" ? "/" : directory.text + '/';
  const auto show = [&](std::string_view path, Inode& inode) {
    if (!path.starts_with(prefix)) return;
    const std::string_view name = path.substr(prefix.size());
    if (name.find('/') != std::string_view::npos) return;
    const auto same = std::find_if(entries.begin(), entries.end(), [&](const DirEntry& e) { return e.name == name; });
    if (same != entries.end()) {
      same->type = inode.type();
    } else {
      entries.push_back(DirEntry{std::string{name}, inode.type(), inode.stat().ino, mount_off++});
    }
  };
  for (const auto& [path, inode] : implied_) show(path, *inode);
  for (const Mount& mount : mounts_) show(mount.path, *mount.root);
  return entries;
}

}  // namespace lpaemu::kernel
