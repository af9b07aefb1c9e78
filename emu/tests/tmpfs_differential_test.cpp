// The guest's tmpfs against a real file system: the same random calls on both, errors and state compared after each.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <filesystem>
#include <random>

#include "real_files.h"
#include "support/fs_fixture.h"

namespace lpaemu::emu::testing {

namespace {

using namespace kernel;
using kernel::testing::FsFixture;

constexpr std::uint32_t plain_user = 12345;

template <class T>
int number(const Result<T>& result) {
  return result ? 0 : static_cast<int>(result.error());
}

char letter(FileType type) {
  switch (type) {
    case FileType::regular: return '-';
    case FileType::directory: return 'd';
    case FileType::symlink: return 'l';
    default: return '?';
  }
}

std::string text_of(const RealStat& s, bool with_directory_size) {
  const std::uint64_t size = s.type == 'd' && !with_directory_size ? 0 : s.size;
  return fmt::format("{}{:04o} nlink {} uid {} gid {} size {}", s.type, s.mode, s.nlink, s.uid, s.gid, size);
}

/// Both worlds, one call at a time.
class Pair {
 public:
  Pair(const std::string& parent, unsigned seed) : real_{parent}, random_{seed} {
    // mkdtemp's directory is the root of the model.
    REQUIRE(number(model_.lookup("/")->inode->chmod(0777)) == 0);
    REQUIRE(number(model_.lookup("/")->inode->chown(own_uid(), own_gid())) == 0);
    model_.task.uid = own_uid();
    model_.task.gid = own_gid();
    may_link_ = !hard_links_are_protected();
    may_change_user_ = own_uid() == 0;
  }

  void step();
  void compare_trees() { compare_directory("."); }
  [[nodiscard]] std::string log() const {
    std::string text;
    for (const std::string& line : log_) text += line + '\n';
    return text;
  }

 private:
  struct Handle {
    std::shared_ptr<File> file;
    int fd;
  };

  unsigned pick(unsigned n) { return std::uniform_int_distribution<unsigned>{0, n - 1}(random_); }
  std::string name() { return std::string(1, static_cast<char>('a' + pick(4))); }
  std::string path();
  std::uint32_t mode() { return std::array{0644U, 0600U, 0755U, 0700U, 0444U, 0000U, 01777U, 0222U}[pick(8)]; }

  /// Notes the call and compares how it went.
  void same(const std::string& call, int model, int real) {
    log_.push_back(fmt::format("{} = {} (real {})", call, model, real));
    if (model != real) FAIL("results differ; the calls:\n" << log());
  }
  void same_text(const std::string& model, const std::string& real) {
    if (model != real) FAIL("state differs:\nmodel " << model << "\nreal  " << real << "\nthe calls:\n" << log());
  }

  void open();
  void use_handle();
  void change_names();
  void change_attributes();
  void look();
  void compare_directory(const std::string& path);
  std::string model_stat(Inode& inode) const;

  FsFixture model_;
  RealFiles real_;
  std::mt19937 random_;
  std::vector<Handle> handles_;
  std::vector<std::string> log_;
  std::optional<AsUser> as_user_;
  bool may_link_ = false;
  bool may_change_user_ = false;

 public:
  ~Pair() {
    for (const Handle& handle : handles_) RealFiles::close(handle.fd);
    as_user_.reset();
  }
};

// One to three components; now and then a dot, or a slash at the end. Never a way up out of the root.
std::string Pair::path() {
  std::string text = name();
  const unsigned more = pick(3);
  for (unsigned i = 0; i < more; ++i) {
    switch (pick(8)) {
      case 0: text += "/."; break;
      case 1: text += "/../" + name(); break;
      default: text += '/' + name();
    }
  }
  if (pick(12) == 0) text += '/';
  if (pick(30) == 0) text += "/.";
  return text;
}

std::string Pair::model_stat(Inode& inode) const {
  const Stat s = inode.stat();
  return text_of({letter(s.type), s.mode, s.nlink, s.uid, s.gid, s.size}, real_.is_tmpfs());
}

void Pair::open() {
  constexpr std::array flags{O_RDONLY,
                             O_RDWR,
                             O_WRONLY,
                             O_RDWR | O_CREAT,
                             O_RDWR | O_CREAT,
                             O_WRONLY | O_CREAT | O_EXCL,
                             O_RDONLY | O_CREAT,
                             O_RDWR | O_TRUNC,
                             O_WRONLY | O_APPEND | O_CREAT,
                             O_RDONLY | O_DIRECTORY,
                             O_RDONLY | O_NOFOLLOW,
                             O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW,
                             O_PATH,
                             3U,
                             O_RDONLY | O_TRUNC};
  const std::uint32_t flag = flags[pick(flags.size())];
  const std::string p = path();
  const std::uint32_t m = mode();
  const auto file = model_.open(p, flag, m);
  int fd = -1;
  const int error = real_.open(p, flag, m, fd);
  if (error == 0) handles_.push_back({file ? *file : nullptr, fd});
  same(fmt::format("open({}, {:o}, {:o})", p, flag, m), number(file), error);
  if (handles_.size() > 6) {
    RealFiles::close(handles_.front().fd);
    handles_.erase(handles_.begin());
  }
}

void Pair::use_handle() {
  if (handles_.empty()) return;
  const unsigned which = pick(static_cast<unsigned>(handles_.size()));
  File& file = *handles_[which].file;
  const int fd = handles_[which].fd;
  const std::uint64_t offset = pick(9000);
  switch (pick(4)) {
    case 0: {
      // What the descriptor allows is the system call's check, not the file's.
      if (!file.readable() || file.inode().type() != FileType::regular) return;
      const std::size_t count = pick(5000);
      std::string real;
      const int error = RealFiles::pread(fd, offset, count, real);
      same(fmt::format("pread({}, {}, {})", file.path, count, offset), 0, error);
      same_text(FsFixture::read(file, offset, count), real);
      break;
    }
    case 1: {
      if (!file.writable()) return;
      const std::string data(pick(5000), static_cast<char>('A' + pick(26)));
      std::size_t real = 0;
      const int error = RealFiles::pwrite(fd, offset, data, real);
      const auto model = file.write(kernel::testing::bytes_of(data), offset);
      same(fmt::format("pwrite({}, {}, {})", file.path, data.size(), offset), number(model), error);
      same_text(std::to_string(*model), std::to_string(real));
      break;
    }
    case 2: {
      if (!file.writable()) return;
      same(fmt::format("ftruncate({}, {})", file.path, offset), number(file.inode().truncate(offset)),
           RealFiles::ftruncate(fd, offset));
      break;
    }
    default: {
      RealStat real;
      same(fmt::format("fstat({})", file.path), 0, RealFiles::fstat(fd, real));
      same_text(model_stat(file.inode()), text_of(real, real_.is_tmpfs()));
    }
  }
}

void Pair::change_names() {
  task_struct& task = model_.task;
  const std::string p = path(), q = path();
  const std::uint32_t m = mode();
  switch (pick(8)) {
    case 0:
    case 1:
      same(fmt::format("mkdir({}, {:o})", p, m), number(model_.vfs.mkdir(task, task.cwd, p, m)), real_.mkdir(p, m));
      break;
    case 2: same("rmdir " + p, number(model_.vfs.rmdir(task, task.cwd, p)), real_.rmdir(p)); break;
    case 3: same("unlink " + p, number(model_.vfs.unlink(task, task.cwd, p)), real_.unlink(p)); break;
    case 4:
    case 5:
      same("rename " + p + ' ' + q, number(model_.vfs.rename(task, task.cwd, p, task.cwd, q, 0)), real_.rename(p, q));
      break;
    case 6: {
      if (!may_link_ && task.uid != 0) return;
      const auto target = model_.lookup(p, Follow::no);
      const int error = target ? number(model_.vfs.link(task, *target, task.cwd, q)) : number(target);
      same("link " + p + ' ' + q, error, real_.link(p, q));
      break;
    }
    default: {
      const std::string target = pick(4) == 0 ? name() + "/../" + name() : path();
      same("symlink " + target + ' ' + p, number(model_.vfs.symlink(task, task.cwd, p, target)),
           real_.symlink(target, p));
    }
  }
}

void Pair::change_attributes() {
  const std::string p = path();
  if (pick(2) == 0) {
    const std::uint32_t m = mode();
    const auto place = model_.lookup(p);
    const int error = place ? number(vfs_chmod(model_.task, *place->inode, m)) : number(place);
    same(fmt::format("chmod({}, {:o})", p, m), error, real_.chmod(p, m));
    return;
  }
  const std::uint64_t size = pick(9000);
  const auto place = model_.lookup(p);
  const int error = place ? number(vfs_truncate(model_.task, *place->inode, size)) : number(place);
  same(fmt::format("truncate({}, {})", p, size), error, real_.truncate(p, size));
}

void Pair::look() {
  const std::string p = path();
  if (pick(3) == 0) {
    std::string real;
    const int error = real_.readlink(p, real);
    const auto model = model_.vfs.readlink(model_.task, model_.task.cwd, p);
    same("readlink " + p, number(model), error);
    if (model) same_text(*model, real);
    return;
  }
  const bool follow = pick(2) == 0;
  RealStat real;
  const int error = real_.stat(p, follow, real);
  const auto place = model_.lookup(p, follow ? Follow::yes : Follow::no);
  same((follow ? "stat " : "lstat ") + p, number(place), error);
  if (place) same_text(model_stat(*place->inode), text_of(real, real_.is_tmpfs()));
}

void Pair::compare_directory(const std::string& path) {
  std::vector<std::string> real;
  if (real_.list(path, real) != 0) return;  // no right to look: found out by stat already
  const auto place = model_.lookup(path);
  REQUIRE(place);
  const auto entries = model_.vfs.readdir(*place);
  REQUIRE(entries);
  std::vector<std::string> model;
  for (const DirEntry& entry : *entries) model.push_back(entry.name);
  std::ranges::sort(real);
  std::ranges::sort(model);
  same_text(fmt::format("{}: {}", path, fmt::join(model, " ")), fmt::format("{}: {}", path, fmt::join(real, " ")));
  for (const std::string& child : model) {
    if (child == "." || child == "..") continue;
    const std::string below = fmt::format("{}/{}", path, child);
    RealStat facts;
    const int error = real_.stat(below, false, facts);
    const auto found = model_.lookup(below, Follow::no);
    same("lstat " + below, number(found), error);
    if (!found) continue;
    same_text(below + ' ' + model_stat(*found->inode), below + ' ' + text_of(facts, real_.is_tmpfs()));
    if (facts.type == 'd') compare_directory(below);
  }
}

void Pair::step() {
  if (may_change_user_ && pick(40) == 0) {
    if (as_user_) {
      as_user_.reset();
    } else {
      as_user_.emplace(plain_user);
    }
    model_.task.uid = own_uid();
    model_.task.gid = own_gid();
    log_.push_back(fmt::format("become {}", own_uid()));
  }
  switch (pick(8)) {
    case 0:
    case 1: return open();
    case 2:
    case 3: return use_handle();
    case 4:
    case 5: return change_names();
    case 6: return change_attributes();
    default: return look();
  }
}

}  // namespace

TEST_CASE("the guest's tmpfs behaves as the host's file systems do", "[tmpfs][differential]") {
  const unsigned seed = GENERATE(range(0U, 60U));
  // /dev/shm is a real tmpfs; the temporary directory is whatever the machine has, and slower where it is a disk.
  const std::string shm = "/dev/shm";
  const bool use_shm = seed % 10 != 0 && std::filesystem::is_directory(shm);
  CAPTURE(seed);
  Pair pair{use_shm ? shm : std::filesystem::temp_directory_path().string(), seed};
  for (int i = 0; i < 2000; ++i) {
    pair.step();
    if (i % 100 == 99) pair.compare_trees();
  }
  SUCCEED();
}

}  // namespace lpaemu::emu::testing
