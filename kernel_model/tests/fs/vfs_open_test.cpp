// open(2). [linux fs/open.c, fs/namei.c:path_openat]
#include <catch2/generators/catch_generators.hpp>

#include "support/fs_fixture.h"

namespace lpaemu::kernel::testing {

namespace {

struct Tree : FsFixture {
  Tree() {
    REQUIRE(mkdir("/dir") == "ok");
    write("/file", "text");
    REQUIRE(symlink("file", "/link") == "ok");
    REQUIRE(symlink("dir", "/dirlink") == "ok");
    REQUIRE(symlink("made", "/dangling") == "ok");
  }
};

struct Row {
  const char* path;
  std::uint32_t flags;
  const char* expected;
};

}  // namespace

TEST_CASE("open answers as Linux does", "[vfs][open]") {
  const auto row = GENERATE(values<Row>({
      {"/file", O_RDONLY, "ok"},
      {"/file", O_RDWR, "ok"},
      {"/file/", O_RDONLY, "ENOTDIR"},
      {"/file", O_DIRECTORY, "ENOTDIR"},
      {"/file", O_CREAT, "ok"},
      {"/file", O_CREAT | O_EXCL, "EEXIST"},
      {"/file/", O_CREAT, "EISDIR"},
      {"/none", O_RDONLY, "ENOENT"},
      {"/none/", O_RDONLY, "ENOENT"},
      {"/none/", O_CREAT, "EISDIR"},
      {"/none/x", O_CREAT, "ENOENT"},
      {"/file/x", O_CREAT, "ENOTDIR"},
      {"", O_CREAT, "ENOENT"},
      {"/dir", O_RDONLY, "ok"},
      {"/dir", O_DIRECTORY, "ok"},
      {"/dir/", O_RDONLY, "ok"},
      {"/dir/.", O_RDONLY, "ok"},
      {"/dir", O_WRONLY, "EISDIR"},
      {"/dir", O_RDWR, "EISDIR"},
      {"/dir", O_TRUNC, "EISDIR"},
      {"/dir", O_CREAT, "EISDIR"},
      {"/dir/", O_CREAT, "EISDIR"},
      {"/dir/.", O_CREAT, "EISDIR"},
      {"/dir", O_CREAT | O_EXCL, "EEXIST"},
      {"/", O_CREAT, "EISDIR"},
      {"/", O_CREAT | O_EXCL, "EEXIST"},
      {"/dir", O_CREAT | O_DIRECTORY, "EINVAL"},
      {"/link", O_RDONLY, "ok"},
      {"/link", O_NOFOLLOW, "ELOOP"},
      {"/link", O_NOFOLLOW | O_PATH, "ok"},
      {"/link", O_NOFOLLOW | O_DIRECTORY, "ENOTDIR"},
      {"/link/", O_RDONLY, "ENOTDIR"},
      {"/link", O_CREAT, "ok"},
      {"/link", O_CREAT | O_EXCL, "EEXIST"},
      {"/link", O_CREAT | O_NOFOLLOW, "ELOOP"},
      {"/dirlink", O_DIRECTORY, "ok"},
      {"/dirlink", O_DIRECTORY | O_NOFOLLOW, "ENOTDIR"},
      {"/dirlink/", O_NOFOLLOW, "ok"},
      {"/dirlink/new", O_CREAT, "ok"},
      {"/dangling", O_RDONLY, "ENOENT"},
      {"/dangling", O_CREAT, "ok"},
      {"/dangling", O_CREAT | O_EXCL, "EEXIST"},
      {"/dangling", O_CREAT | O_NOFOLLOW, "ELOOP"},
      {"/dir", O_PATH, "ok"},
      {"/dir", O_PATH | O_WRONLY, "ok"},
      {"/dir", O_TMPFILE | O_RDWR, "ok"},
      {"/dir", O_TMPFILE | O_RDONLY, "EINVAL"},
      {"/file", O_TMPFILE | O_RDWR, "ENOTDIR"},
      {"/dir", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, "EINVAL"},
  }));
  Tree tree;
  CAPTURE(row.path, row.flags);
  CHECK(outcome(tree.open(row.path, row.flags)) == row.expected);
}

TEST_CASE("a dangling link is created through", "[vfs][open]") {
  Tree tree;
  const auto file = tree.must_open("/dangling", O_CREAT | O_WRONLY, 0600);
  CHECK(file->path == "/made");
  CHECK(tree.stat("/made").mode == 0600);
  CHECK(tree.stat("/dangling").type == FileType::symlink);
}

TEST_CASE("the open file has its path, and the flags that stay", "[vfs][open]") {
  Tree tree;
  const auto file = tree.must_open("/dirlink/../link", O_RDWR | O_APPEND | O_CLOEXEC | O_CREAT | O_TRUNC | O_NOCTTY);
  CHECK(file->path == "/file");
  CHECK(file->flags() == (O_RDWR | O_APPEND));
  CHECK(file->readable());
  CHECK(file->writable());
  const auto place = tree.must_open("/link", O_PATH | O_NOFOLLOW | O_RDWR | O_CLOEXEC);
  CHECK(place->flags() == (O_PATH | O_NOFOLLOW));
  CHECK_FALSE(place->readable());
  CHECK_FALSE(place->writable());
  CHECK_FALSE(tree.must_open("/file", 3)->readable());
  CHECK_FALSE(tree.must_open("/file", 3)->writable());
}

TEST_CASE("O_TRUNC empties an old file only", "[vfs][open]") {
  Tree tree;
  CHECK(tree.must_open("/file", O_WRONLY)->inode().stat().size == 4);
  CHECK(tree.must_open("/file", O_RDONLY | O_TRUNC)->inode().stat().size == 0);
}

TEST_CASE("a file system that takes no changes says so before anything else", "[vfs][open][erofs]") {
  FsFixture fs{make_empty_root()};
  fs.vfs.mount("/dir/x", make_tmpfs(fs.board.pages, fs.host, 0755));
  fs.task.uid = 1000;  // nobody who may write
  CHECK(outcome(fs.open("/new", O_CREAT | O_WRONLY)) == "EROFS");
  CHECK(fs.mkdir("/new") == "EROFS");
  CHECK(fs.mkdir("/dir") == "EEXIST");
  CHECK(fs.symlink("x", "/new") == "EROFS");
  CHECK(fs.unlink("/none") == "EROFS");
  CHECK(fs.rmdir("/dir") == "EROFS");
  CHECK(fs.rename("/none", "/other") == "EROFS");
  CHECK(outcome(vfs_chmod(fs.task, *fs.lookup("/dir")->inode, 0700)) == "EROFS");
  CHECK(outcome(inode_permission(fs.task, *fs.lookup("/dir")->inode, MAY_WRITE)) == "EROFS");
}

TEST_CASE("seeking moves the position", "[vfs][lseek]") {
  Tree tree;
  const auto file = tree.must_open("/file");
  CHECK(file->llseek(3, Whence::set) == 3U);
  CHECK(file->llseek(2, Whence::current) == 5U);
  CHECK(file->llseek(-5, Whence::current) == 0U);
  CHECK(outcome(file->llseek(-1, Whence::current)) == "EINVAL");
  CHECK(file->llseek(-1, Whence::end) == 3U);
  CHECK(file->pos == 3);
  CHECK(file->llseek(100, Whence::end) == 104U);
  CHECK(outcome(file->llseek(-5, Whence::end)) == "EINVAL");
  CHECK(outcome(file->llseek(INT64_MIN, Whence::current)) == "EINVAL");
  CHECK(outcome(file->llseek(INT64_MAX, Whence::current)) == "EINVAL");
  CHECK(file->llseek(INT64_MAX, Whence::set) == static_cast<std::uint64_t>(INT64_MAX));
  CHECK(file->llseek(2, Whence::data) == 2U);
  CHECK(file->llseek(2, Whence::hole) == 4U);
  CHECK(outcome(file->llseek(4, Whence::data)) == "ENXIO");
  CHECK(outcome(file->llseek(-1, Whence::hole)) == "ENXIO");
  CHECK(outcome(file->llseek(0, static_cast<Whence>(5))) == "EINVAL");
}

TEST_CASE("directories are read as such", "[vfs][open]") {
  Tree tree;
  const auto dir = tree.must_open("/dir");
  CHECK(FsFixture::read(*dir) == "EISDIR");
  CHECK(outcome(dir->mmap()) == "ENODEV");
  CHECK(dir->place().text == "/dir");
}

}  // namespace lpaemu::kernel::testing
