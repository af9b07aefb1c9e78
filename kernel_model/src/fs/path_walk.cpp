#include "path_walk.h"

#include <algorithm>

namespace lpaemu::kernel {

namespace {

constexpr unsigned max_symlinks = 40;  // [linux include/linux/namei.h:MAXSYMLINKS]

/// Pretend: a place is at most so deep. Linux lets relative paths go deeper; here every open file and every working
/// directory holds its path as text, and a guest could fill the host's memory with them.
constexpr std::size_t max_place = 16 * path_max;

}  // namespace

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path{directory};
  if (path != "/") path += '/';
  return path += name;
}

std::string_view directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? std::string_view{"/"} : path.substr(0, slash);
}

Result<void> PathWalk::may_look_up(Inode& directory) const {
  if (directory.type() != FileType::directory) return unexpected(Errno::enotdir);
  if (!task_) return {};
  return inode_permission(*task_, directory, MAY_EXEC);
}

// [linux fs/namei.c:link_path_walk]
Result<Vfs::Parent> PathWalk::to_parent(const Path& base, std::string_view path) {
  if (path.empty()) return unexpected(Errno::enoent);
  if (task_ && path.size() >= path_max) return unexpected(Errno::enametoolong);  // the way up may be longer
  Path at = path.front() == '/' ? vfs_.root() : base;
  while (true) {
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    if (path.empty()) return Vfs::Parent{std::move(at), "", true};  // "/" alone
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(name.size());
    LPAEMU_TRY_VOID(may_look_up(*at.inode));
    const std::size_t more = path.find_first_not_of('/');
    if (more == std::string_view::npos) return Vfs::Parent{std::move(at), std::string{name}, !path.empty()};
    LPAEMU_TRY(next, step(at, name));
    if (next.inode->type() == FileType::symlink) {
      LPAEMU_TRY(target, follow_link(at, next));
      next = std::move(target);
    }
    if (next.inode->type() != FileType::directory) return unexpected(Errno::enotdir);
    at = std::move(next);
  }
}

Result<Path> PathWalk::resolve(const Path& base, std::string_view path, Follow follow) {
  LPAEMU_TRY(parent, to_parent(base, path));
  return last(parent, follow);
}

Result<Path> PathWalk::last(const Vfs::Parent& parent, Follow follow) {
  if (parent.name.empty()) return parent.directory;
  LPAEMU_TRY(child, step(parent.directory, parent.name));
  if (child.inode->type() == FileType::symlink && (follow == Follow::yes || parent.must_be_directory)) {
    LPAEMU_TRY(target, follow_link(parent.directory, child));
    child = std::move(target);
  }
  if (parent.must_be_directory && child.inode->type() != FileType::directory) return unexpected(Errno::enotdir);
  return child;
}

Result<Path> PathWalk::step(const Path& directory, std::string_view name) {
  if (name == ".") return directory;
  if (name == "..") return parent_of(directory);
  if (name.size() > name_max) return unexpected(Errno::enametoolong);
  std::string text = join_path(directory.text, name);
  if (text.size() > max_place) return unexpected(Errno::enametoolong);
  if (const Vfs::Mount* mount = vfs_.mount_at(text)) return Path{mount->root, std::move(text)};
  auto inode = directory.inode->lookup(name);
  if (!inode) {
    const auto implied = inode.error() == Errno::enoent ? vfs_.implied_.find(text) : vfs_.implied_.end();
    if (implied == vfs_.implied_.end()) return unexpected(inode.error());
    inode = implied->second;
  }
  return Path{std::move(*inode), std::move(text)};
}

Result<LinkTarget> PathWalk::get_link(const Path& link) {
  if (++links_ > max_symlinks) return unexpected(Errno::eloop);
  if (task_) return link.inode->get_link(*task_);
  LPAEMU_TRY(text, link.inode->readlink());
  return LinkTarget{std::move(text), std::nullopt};
}

Result<Path> PathWalk::follow_link(const Path& directory, const Path& link) {
  LPAEMU_TRY(target, get_link(link));
  if (target.jump) return std::move(*target.jump);
  return resolve(directory, target.text, Follow::yes);
}

// [linux fs/namei.c:handle_dots, follow_dotdot]
Path PathWalk::parent_of(const Path& place) {
  if (place.text == "/") return place;
  const std::string_view above = directory_of(place.text);
  const Vfs::Mount* mount = vfs_.mount_at(place.text);
  if (!mount || mount->root != place.inode) {
    if (auto parent = place.inode->parent()) return Path{std::move(parent), std::string{above}};
  }
  // The file system does not know: the text does. Nothing is checked, as going up needs no rights in what is above.
  PathWalk walk{vfs_, nullptr};
  auto parent = walk.resolve(vfs_.root(), above, Follow::no);
  // Pretend: a directory whose parent was renamed away is its own parent; Linux would still know the parent.
  if (parent) return std::move(*parent);
  return place;
}

}  // namespace lpaemu::kernel
