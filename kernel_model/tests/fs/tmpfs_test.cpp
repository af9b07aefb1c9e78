// tmpfs. [linux mm/shmem.c]
#include <catch2/generators/catch_generators.hpp>

#include "support/fs_fixture.h"

namespace lpaemu::kernel::testing {

TEST_CASE("data is read back where it was written", "[tmpfs]") {
  FsFixture fs;
  const auto file = fs.must_open("/f", O_CREAT | O_RDWR);
  CHECK(file->write(bytes_of("hello"), 0) == 5U);
  CHECK(file->write(bytes_of("world"), 4094) == 5U);  // across a page
  CHECK(FsFixture::read(*file, 0, 5) == "hello");
  CHECK(FsFixture::read(*file, 4094, 100) == "world");
  CHECK(FsFixture::read(*file, 5, 3) == std::string(3, '\0'));
  CHECK(FsFixture::read(*file, 4099).empty());
  CHECK(FsFixture::read(*file, 1ULL << 40).empty());
  CHECK(fs.stat("/f").size == 4099);
  CHECK(file->write({}, 9999) == 0U);
  CHECK(fs.stat("/f").size == 4099);
}

TEST_CASE("truncate cuts and extends", "[tmpfs]") {
  FsFixture fs;
  fs.write("/f", std::string(5000, 'x'));
  const auto file = fs.must_open("/f", O_RDWR);
  REQUIRE(file->inode().truncate(10));
  CHECK(FsFixture::read(*file) == std::string(10, 'x'));
  REQUIRE(file->inode().truncate(20));
  CHECK(FsFixture::read(*file) == std::string(10, 'x') + std::string(10, '\0'));
  CHECK(outcome(file->inode().truncate(std::uint64_t{1} << 50)) == "EFBIG");
  CHECK(outcome(file->write(bytes_of("x"), std::uint64_t{1} << 50)) == "EFBIG");
}

TEST_CASE("O_APPEND writes at the end, whatever the offset", "[tmpfs]") {
  FsFixture fs;
  fs.write("/f", "abc");
  const auto file = fs.must_open("/f", O_WRONLY | O_APPEND);
  CHECK(file->write(bytes_of("d"), 0) == 1U);
  CHECK(fs.read("/f") == "abcd");
}

TEST_CASE("reads and mappings share the pages", "[tmpfs]") {
  FsFixture fs;
  fs.write("/f", "abc");
  const auto file = fs.must_open("/f", O_RDWR);
  const auto pages = file->mmap();
  REQUIRE(pages);
  CHECK((*pages)->size() == 3);
  CHECK(*fs.must_open("/f")->mmap() == *pages);
  const auto pfn = (*pages)->get_page(0);
  REQUIRE(pfn);
  fs.board.pages.bytes(*pfn)[1] = std::byte{'B'};
  CHECK(fs.read("/f") == "aBc");
}

TEST_CASE("files fill half of RAM; then a write says so, and freeing helps", "[tmpfs][enospc]") {
  FsFixture fs;
  const auto file = fs.must_open("/big", O_CREAT | O_RDWR);
  const std::string block(65536, 'x');
  std::uint64_t offset = 0;
  Result<std::size_t> last = 0;
  while ((last = file->write(bytes_of(block), offset)) && *last != 0) offset += *last;
  CHECK(outcome(last) == "ENOSPC");
  CHECK(offset == Board::default_bytes / 2);
  CHECK(fs.must_open("/big")->inode().statfs().bfree == 0);
  CHECK(outcome(fs.must_open("/other", O_CREAT | O_RDWR)->write(bytes_of("x"), 0)) == "ENOSPC");
  CHECK((*fs.must_open("/other")->mmap())->get_page(0) == unexpected(Errno::enospc));  // a fault gives SIGBUS
  CHECK(fs.stat("/big").size == offset);
  REQUIRE(fs.unlink("/big") == "ok");
  CHECK(outcome(fs.must_open("/other", O_RDWR)->write(bytes_of("x"), 0)) == "ENOSPC");  // still open
  const_cast<std::shared_ptr<File>&>(file).reset();
  CHECK(fs.board.pages.free_pages() > 900);
  CHECK(outcome(fs.must_open("/other", O_RDWR)->write(bytes_of("x"), 0)) == "ok");
}

TEST_CASE("an unlinked file lives as long as it is open", "[tmpfs]") {
  FsFixture fs;
  fs.write("/f", "still here");
  const auto file = fs.must_open("/f", O_RDWR);
  REQUIRE(fs.unlink("/f") == "ok");
  CHECK(fs.where("/f") == "ENOENT");
  CHECK(FsFixture::read(*file) == "still here");
  CHECK(file->inode().stat().nlink == 0);
  CHECK(file->shown_path() == "/f (deleted)");
  fs.write("/f", "another");
  CHECK(FsFixture::read(*file) == "still here");
}

TEST_CASE("hard links count", "[tmpfs][link]") {
  FsFixture fs;
  fs.write("/a", "data");
  REQUIRE(fs.mkdir("/d") == "ok");
  CHECK(fs.link("/a", "/d/b") == "ok");
  CHECK(fs.stat("/a").nlink == 2);
  CHECK(fs.stat("/a").ino == fs.stat("/d/b").ino);
  CHECK(fs.unlink("/a") == "ok");
  CHECK(fs.read("/d/b") == "data");
  CHECK(fs.stat("/d/b").nlink == 1);
  CHECK(fs.link("/d/b", "/d/b") == "EEXIST");
  CHECK(fs.link("/d", "/dd") == "EPERM");
  CHECK(fs.link("/none", "/x") == "ENOENT");
  CHECK(fs.link("/d/b", "/x/") == "ENOENT");
  REQUIRE(fs.symlink("b", "/d/l") == "ok");
  CHECK(fs.link("/d/l", "/d/l2") == "ok");  // of the link itself
  CHECK(fs.stat("/d/l2").type == FileType::symlink);
}

TEST_CASE("a file that has lost its last name gets none", "[tmpfs][link]") {
  FsFixture fs;
  fs.write("/f", "x");
  const auto file = fs.must_open("/f");
  REQUIRE(fs.unlink("/f") == "ok");
  CHECK(outcome(fs.vfs.link(fs.task, file->place(), fs.task.cwd, "/g")) == "ENOENT");
  // One that never had a name may get one, unless it was opened so that it cannot.
  const auto unnamed = fs.must_open("/", O_TMPFILE | O_RDWR);
  CHECK(unnamed->inode().stat().nlink == 0);
  CHECK(outcome(fs.vfs.link(fs.task, unnamed->place(), fs.task.cwd, "/g")) == "ok");
  CHECK(fs.stat("/g").nlink == 1);
}

TEST_CASE("links of directories count their subdirectories", "[tmpfs]") {
  FsFixture fs;
  REQUIRE(fs.mkdir("/d") == "ok");
  CHECK(fs.stat("/d").nlink == 2);
  CHECK(fs.stat("/d").size == 40);
  REQUIRE(fs.mkdir("/d/a") == "ok");
  REQUIRE(fs.mkdir("/d/b") == "ok");
  fs.write("/d/f", "");
  CHECK(fs.stat("/d").nlink == 4);
  CHECK(fs.stat("/d").size == 100);
  REQUIRE(fs.rename("/d/a", "/a") == "ok");
  CHECK(fs.stat("/d").nlink == 3);
  REQUIRE(fs.rmdir("/d/b") == "ok");
  CHECK(fs.stat("/d").nlink == 2);
}

TEST_CASE("removing asks for the right kind", "[tmpfs]") {
  FsFixture fs;
  REQUIRE(fs.mkdir("/d") == "ok");
  REQUIRE(fs.mkdir("/d/sub") == "ok");
  fs.write("/f", "");
  REQUIRE(fs.symlink("d", "/l") == "ok");
  CHECK(fs.unlink("/d") == "EISDIR");
  CHECK(fs.unlink("/d/") == "EISDIR");
  CHECK(fs.unlink("/f/") == "ENOTDIR");
  CHECK(fs.unlink("/none/") == "ENOENT");
  CHECK(fs.unlink("/") == "EISDIR");
  CHECK(fs.unlink("/d/.") == "EISDIR");
  CHECK(fs.rmdir("/f") == "ENOTDIR");
  CHECK(fs.rmdir("/l") == "ENOTDIR");
  CHECK(fs.rmdir("/d") == "ENOTEMPTY");
  CHECK(fs.rmdir("/d/sub/.") == "EINVAL");
  CHECK(fs.rmdir("/d/sub/..") == "ENOTEMPTY");
  CHECK(fs.rmdir("/") == "EBUSY");
  CHECK(fs.rmdir("/none") == "ENOENT");
  CHECK(fs.rmdir("/d/sub/") == "ok");
  CHECK(fs.rmdir("/d") == "ok");
  CHECK(fs.unlink("/l") == "ok");
}

TEST_CASE("making a name that is there", "[tmpfs]") {
  FsFixture fs;
  REQUIRE(fs.mkdir("/d") == "ok");
  REQUIRE(fs.symlink("nowhere", "/l") == "ok");
  CHECK(fs.mkdir("/d") == "EEXIST");
  CHECK(fs.mkdir("/d/") == "EEXIST");
  CHECK(fs.mkdir("/d/.") == "EEXIST");
  CHECK(fs.mkdir("/") == "EEXIST");
  CHECK(fs.mkdir("/l") == "EEXIST");
  CHECK(fs.mkdir("/new/") == "ok");
  CHECK(fs.symlink("x", "/d") == "EEXIST");
  CHECK(fs.symlink("x", "/s/") == "ENOENT");
  CHECK(fs.symlink("", "/s") == "ENOENT");
  CHECK(fs.symlink(std::string(path_max, 'x'), "/s") == "ENAMETOOLONG");
}

TEST_CASE("a symbolic link keeps its text, short or long", "[tmpfs][symlink]") {
  const std::size_t length = GENERATE(std::size_t{1}, 127, 128, 4095);
  FsFixture fs;
  const std::string target(length, 't');
  const std::uint64_t free = fs.board.pages.free_pages();
  REQUIRE(fs.symlink(target, "/l") == "ok");
  CHECK(fs.vfs.readlink(fs.task, fs.task.cwd, "/l") == target);
  CHECK(fs.stat("/l").size == length);
  CHECK(fs.board.pages.free_pages() == free - (length < 128 ? 0 : 1));
  CHECK(outcome(fs.vfs.readlink(fs.task, fs.task.cwd, "/")) == "EINVAL");
}

namespace {

struct RenameRow {
  const char* from;
  const char* to;
  const char* expected;
};

}  // namespace

TEST_CASE("rename answers as Linux does", "[tmpfs][rename]") {
  const auto row = GENERATE(values<RenameRow>({
      {"/f", "/new", "ok"},
      {"/f", "/g", "ok"},
      {"/f", "/f", "ok"},
      {"/f", "/hard", "ok"},  // the same file: nothing happens
      {"/f", "/d", "EISDIR"},
      {"/f", "/new/", "ENOTDIR"},
      {"/f/", "/new", "ENOTDIR"},
      {"/d", "/new", "ok"},
      {"/d", "/new/", "ok"},
      {"/d/", "/new", "ok"},
      {"/d", "/f", "ENOTDIR"},
      {"/d", "/empty", "ok"},
      {"/d", "/full", "ENOTEMPTY"},
      {"/d", "/d/sub", "EINVAL"},
      {"/full", "/full/sub/x", "EINVAL"},
      {"/full/sub", "/full", "ENOTEMPTY"},
      {"/none", "/new", "ENOENT"},
      {"/f", "/none/x", "ENOENT"},
      {"/f", "/g/x", "ENOTDIR"},
      {"/", "/new", "EBUSY"},
      {"/d/.", "/new", "EBUSY"},
      {"/f", "/d/..", "EBUSY"},
      {"/l", "/new", "ok"},
      {"/f", "/l", "ok"},
  }));
  FsFixture fs;
  fs.write("/f", "f");
  fs.write("/g", "g");
  REQUIRE(fs.link("/f", "/hard") == "ok");
  for (const char* dir : {"/d", "/empty", "/full", "/full/sub"}) REQUIRE(fs.mkdir(dir) == "ok");
  REQUIRE(fs.symlink("g", "/l") == "ok");
  CAPTURE(row.from, row.to);
  CHECK(fs.rename(row.from, row.to) == row.expected);
}

TEST_CASE("rename replaces", "[tmpfs][rename]") {
  FsFixture fs;
  fs.write("/f", "new");
  fs.write("/g", "old");
  const auto old = fs.must_open("/g");
  REQUIRE(fs.rename("/f", "/g") == "ok");
  CHECK(fs.read("/g") == "new");
  CHECK(fs.where("/f") == "ENOENT");
  CHECK(FsFixture::read(*old) == "old");
  CHECK(old->inode().stat().nlink == 0);
  fs.write("/h", "h");
  CHECK(fs.rename("/h", "/g", rename_noreplace) == "EEXIST");
  CHECK(fs.rename("/h", "/i", rename_noreplace) == "ok");
  CHECK(fs.rename("/i", "/g", rename_exchange) == "EINVAL");
}

TEST_CASE("a directory that moved knows its new parent", "[tmpfs][rename]") {
  FsFixture fs;
  for (const char* dir : {"/a", "/a/b", "/z"}) REQUIRE(fs.mkdir(dir) == "ok");
  fs.write("/z/here", "");
  fs.chdir("/a/b");
  REQUIRE(fs.rename("/a/b", "/z/b") == "ok");
  CHECK(fs.list("..") == "here b");
}

TEST_CASE("a removed directory takes nothing", "[tmpfs]") {
  FsFixture fs;
  REQUIRE(fs.mkdir("/d") == "ok");
  fs.chdir("/d");
  REQUIRE(fs.rmdir("/d") == "ok");
  CHECK(fs.where(".") == "/d");
  CHECK(fs.where("..") == "/");
  CHECK(fs.mkdir("x") == "ENOENT");
  CHECK(outcome(fs.open("x", O_CREAT | O_WRONLY)) == "ENOENT");
  CHECK(fs.list(".").empty());
}

TEST_CASE("names keep their places while others go", "[tmpfs][readdir]") {
  FsFixture fs;
  for (int i = 0; i < 10; ++i) fs.write("/f" + std::to_string(i), "");
  // As rm -r reads: a piece, remove it, go on from where it was.
  std::uint32_t pos = 0;
  std::string seen;
  while (true) {
    const auto entries = fs.vfs.readdir(fs.task.cwd);
    const auto next = std::ranges::find_if(*entries, [&](const DirEntry& e) { return e.off > pos; });
    if (next == entries->end()) break;
    pos = next->off;
    if (next->type != FileType::regular) continue;
    seen += next->name.substr(1);
    REQUIRE(fs.unlink("/" + next->name) == "ok");
  }
  CHECK(seen == "0123456789");
}

TEST_CASE("times tell what happened", "[tmpfs][times]") {
  FsFixture fs;
  const std::int64_t start = fs.host.now_ns;
  fs.write("/f", "x");
  CHECK(fs.stat("/f").mtime_ns == start);
  fs.host.now_ns = start + 10;
  REQUIRE(fs.must_open("/f", O_WRONLY)->write(bytes_of("y"), 0));
  CHECK(fs.stat("/f").mtime_ns == start + 10);
  CHECK(fs.stat("/f").ctime_ns == start + 10);
  CHECK(fs.stat("/f").atime_ns == start);
  fs.host.now_ns = start + 20;
  CHECK(fs.read("/f") == "y");
  CHECK(fs.stat("/f").atime_ns == start + 20);
  fs.host.now_ns = start + 30;
  CHECK(fs.read("/f") == "y");
  CHECK(fs.stat("/f").atime_ns == start + 20);  // relatime: once after each change
  REQUIRE(fs.lookup("/f")->inode->chmod(0600));
  CHECK(fs.stat("/f").ctime_ns == start + 30);
  CHECK(fs.stat("/f").mtime_ns == start + 10);
  CHECK(fs.stat("/").mtime_ns == start);
  REQUIRE(fs.rename("/f", "/g") == "ok");
  CHECK(fs.stat("/").mtime_ns == start + 30);
}

TEST_CASE("names are as limited as pages", "[tmpfs][limits]") {
  FsFixture fs;
  const StatFs facts = fs.lookup("/")->inode->statfs();
  CHECK(facts.files == Board::default_bytes / page_size / 2);
  std::uint64_t made = 0;
  std::string last = "ok";
  while (last == "ok") {
    last = made % 2 == 0 ? fs.mkdir("/n" + std::to_string(made)) : fs.link("/l", "/n" + std::to_string(made));
    if (made == 0) fs.write("/l", ""), ++made;
    ++made;
  }
  CHECK(last == "ENOSPC");
  CHECK(made == facts.files + 1);
  CHECK(fs.symlink("x", "/more") == "ENOSPC");
  CHECK(outcome(fs.open("/more", O_CREAT | O_WRONLY)) == "ENOSPC");
  REQUIRE(fs.unlink("/n1") == "ENOENT");
  REQUIRE(fs.rmdir("/n0") == "ok");
  CHECK(fs.mkdir("/more") == "ok");
}

TEST_CASE("directories as deep as a guest likes do no harm", "[tmpfs][limits]") {
  // A tree that no recursion on the host's stack could take down.
  constexpr std::uint64_t ram = 1U << 30;
  Board board{SoftDirtyMode::documented, ram};
  FakeHost host;
  auto root = make_tmpfs(board.pages, host, 0755);
  std::shared_ptr<Inode> at = root;
  int depth = 0;
  for (; depth < 100'000; ++depth) {
    auto next = at->mkdir("d", 0755);
    REQUIRE(next);
    at = *next;
  }
  at.reset();
  root.reset();
  SUCCEED();
}

TEST_CASE("a place is not deeper than its text may be long", "[tmpfs][limits]") {
  FsFixture fs;
  const std::string name(200, 'd');
  std::string outcome_of_walk = "ok";
  int depth = 0;
  while (depth < 1000) {
    if (fs.mkdir(name) != "ok") break;
    const auto next = fs.lookup(name);
    outcome_of_walk = outcome(next);
    if (!next) break;
    fs.task.cwd = *next;
    ++depth;
  }
  CHECK(depth < 400);
  CHECK(depth > 200);
  CHECK(fs.where("..") != "ENAMETOOLONG");
}

TEST_CASE("a memfd has pages and a path but no name", "[memfd]") {
  FsFixture fs;
  const auto inode = make_memfd(fs.board.pages, fs.host, "buffer");
  const auto file = inode->open(fs.task, O_RDWR);
  REQUIRE(file);
  CHECK((*file)->shown_path() == "/memfd:buffer (deleted)");
  CHECK((*file)->write(bytes_of("abc"), 0) == 3U);
  REQUIRE((*file)->inode().truncate(8192));
  CHECK((*(*file)->mmap())->size() == 8192);
  CHECK(FsFixture::read(**file, 0, 4) == std::string("abc\0", 4));
  CHECK(make_memfd(fs.board.pages, fs.host, "buffer")->stat().ino != inode->stat().ino);
  CHECK(outcome(fs.vfs.link(fs.task, Path{inode, "x"}, fs.task.cwd, "/g")) == "EXDEV");
}

}  // namespace lpaemu::kernel::testing
