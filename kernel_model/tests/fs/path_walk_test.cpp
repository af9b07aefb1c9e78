// The walk of a path. [linux fs/namei.c]
#include <catch2/generators/catch_generators.hpp>

#include "support/fs_fixture.h"

namespace lpaemu::kernel::testing {

namespace {

/// /dir/sub/file, /dir/to_sub -> sub, /abs -> /dir, /file, /dangling -> nowhere, /loop -> loop, /up -> ../../dir
struct Tree : FsFixture {
  Tree() {
    REQUIRE(mkdir("/dir") == "ok");
    REQUIRE(mkdir("/dir/sub") == "ok");
    write("/dir/sub/file", "deep");
    write("/file", "top");
    REQUIRE(symlink("sub", "/dir/to_sub") == "ok");
    REQUIRE(symlink("/dir", "/abs") == "ok");
    REQUIRE(symlink("nowhere", "/dangling") == "ok");
    REQUIRE(symlink("loop", "/loop") == "ok");
    REQUIRE(symlink("../../dir/", "/dir/up") == "ok");
    REQUIRE(symlink("file", "/to_file") == "ok");
  }
};

struct Row {
  const char* path;
  const char* follow;     // where it leads
  const char* no_follow;  // the same when the last link is not followed
};

}  // namespace

TEST_CASE("a path leads where Linux leads it", "[vfs][walk]") {
  const auto row = GENERATE(values<Row>({
      {"/", "/", "/"},
      {"//", "/", "/"},
      {"/.", "/", "/"},
      {"/..", "/", "/"},
      {"/../../..", "/", "/"},
      {"", "ENOENT", "ENOENT"},
      {"/dir", "/dir", "/dir"},
      {"/dir/", "/dir", "/dir"},
      {"///dir//sub///", "/dir/sub", "/dir/sub"},
      {"/dir/./sub/.", "/dir/sub", "/dir/sub"},
      {"/dir/sub/..", "/dir", "/dir"},
      {"/dir/sub/../sub/file", "/dir/sub/file", "/dir/sub/file"},
      {"/file", "/file", "/file"},
      {"/file/", "ENOTDIR", "ENOTDIR"},
      {"/file/.", "ENOTDIR", "ENOTDIR"},
      {"/file/..", "ENOTDIR", "ENOTDIR"},
      {"/file/x", "ENOTDIR", "ENOTDIR"},
      {"/none", "ENOENT", "ENOENT"},
      {"/none/", "ENOENT", "ENOENT"},
      {"/none/..", "ENOENT", "ENOENT"},
      {"/dir/to_sub", "/dir/sub", "/dir/to_sub"},
      {"/dir/to_sub/", "/dir/sub", "/dir/sub"},
      {"/dir/to_sub/file", "/dir/sub/file", "/dir/sub/file"},
      {"/dir/to_sub/..", "/dir", "/dir"},
      {"/abs", "/dir", "/abs"},
      {"/abs/to_sub/../to_sub/file", "/dir/sub/file", "/dir/sub/file"},
      {"/dir/up/sub", "/dir/sub", "/dir/sub"},
      {"/dangling", "ENOENT", "/dangling"},
      {"/dangling/", "ENOENT", "ENOENT"},
      {"/dangling/x", "ENOENT", "ENOENT"},
      {"/loop", "ELOOP", "/loop"},
      {"/loop/x", "ELOOP", "ELOOP"},
      {"/to_file", "/file", "/to_file"},
      {"/to_file/", "ENOTDIR", "ENOTDIR"},
      {"dir/sub", "/dir/sub", "/dir/sub"},
      {"./dir/../file", "/file", "/file"},
  }));
  Tree tree;
  CAPTURE(row.path);
  CHECK(tree.where(row.path) == row.follow);
  CHECK(tree.where(row.path, Follow::no) == row.no_follow);
}

TEST_CASE("a relative path starts from its base", "[vfs][walk]") {
  Tree tree;
  tree.chdir("/dir/sub");
  CHECK(tree.where("file") == "/dir/sub/file");
  CHECK(tree.where("..") == "/dir");
  CHECK(tree.where("../..") == "/");
  CHECK(tree.where("../up/sub/file") == "/dir/sub/file");
  CHECK(tree.where(".") == "/dir/sub");
  const auto file = tree.lookup("/file");
  CHECK(outcome(tree.vfs.lookup(tree.task, *file, "x", Follow::yes)) == "ENOTDIR");
  CHECK(outcome(tree.vfs.lookup(tree.task, *file, "/dir", Follow::yes)) == "ok");
}

TEST_CASE("names and paths have limits", "[vfs][walk]") {
  FsFixture fs;
  const std::string longest(name_max, 'n');
  CHECK(fs.where("/" + longest) == "ENOENT");
  CHECK(fs.where("/" + longest + "n") == "ENAMETOOLONG");
  CHECK(fs.mkdir("/" + longest) == "ok");
  CHECK(fs.mkdir("/" + longest + "n") == "ENAMETOOLONG");

  // With its NUL a path has at most 4096 bytes.
  std::string path(path_max - 1, '/');
  CHECK(fs.where(path) == "/");
  CHECK(fs.where(path + '/') == "ENAMETOOLONG");
  CHECK(outcome(fs.open(path + "/x", O_CREAT | O_WRONLY)) == "ENAMETOOLONG");
}

TEST_CASE("forty links are followed, not one more", "[vfs][walk]") {
  FsFixture fs;
  fs.write("/l0", "end");
  for (int i = 1; i <= 41; ++i) {
    REQUIRE(fs.symlink("l" + std::to_string(i - 1), "/l" + std::to_string(i)) == "ok");
  }
  CHECK(fs.where("/l40") == "/l0");
  CHECK(fs.where("/l41") == "ELOOP");
  CHECK(fs.read("/l40") == "end");
  CHECK(fs.read("/l41") == "ELOOP");
  // They count together, also where each is short.
  REQUIRE(fs.symlink(".", "/here") == "ok");
  std::string path;
  for (int i = 0; i < 40; ++i) path += "/here";
  CHECK(fs.where(path) == "/");
  CHECK(fs.where(path + "/here") == "ELOOP");
}

TEST_CASE("a mount covers its place and shows above it", "[vfs][mount]") {
  FsFixture fs{make_empty_root()};
  fs.vfs.mount("/a/b/c", make_tmpfs(fs.board.pages, fs.host, 0755));
  fs.vfs.mount("/a/x", make_tmpfs(fs.board.pages, fs.host, 01777));
  CHECK(fs.list("/") == "a");
  CHECK(fs.list("/a") == "b x");
  CHECK(fs.list("/a/b") == "c");
  CHECK(fs.list("/a/b/c").empty());
  CHECK(fs.stat("/a/b").type == FileType::directory);
  CHECK(fs.stat("/a/x").mode == 01777);
  CHECK(fs.where("/a/b/c/../../x/..") == "/a");
  CHECK(fs.mkdir("/a/b/c/new") == "ok");
  CHECK(fs.where("/a/b/c/new/../..") == "/a/b");
  CHECK(fs.mkdir("/a/new") == "EROFS");
  CHECK(outcome(fs.open("/new", O_CREAT | O_WRONLY)) == "EROFS");
  // Mount points stay.
  CHECK(fs.rmdir("/a/b/c") == "EROFS");
}

TEST_CASE("mount points and what leads to them cannot be moved", "[vfs][mount]") {
  FsFixture fs;
  REQUIRE(fs.mkdir("/a") == "ok");
  REQUIRE(fs.mkdir("/a/b") == "ok");
  fs.write("/a/b/hidden", "under the mount");
  fs.vfs.mount("/a/b", make_tmpfs(fs.board.pages, fs.host, 0755));
  CHECK(fs.list("/a/b").empty());
  CHECK(fs.rmdir("/a/b") == "EBUSY");
  CHECK(fs.rename("/a/b", "/c") == "EBUSY");
  CHECK(fs.rename("/a", "/c") == "EBUSY");
  REQUIRE(fs.mkdir("/empty") == "ok");
  CHECK(fs.rename("/empty", "/a/b") == "EBUSY");
  fs.write("/a/b/inside", "x");
  CHECK(fs.rename("/a/b/inside", "/outside") == "EXDEV");
  CHECK(fs.link("/a/b/inside", "/outside") == "EXDEV");
}

TEST_CASE("the path of a mount is followed when it is made", "[vfs][mount]") {
  FsFixture fs;
  REQUIRE(fs.mkdir("/run") == "ok");
  REQUIRE(fs.symlink("/run", "/var") == "ok");
  fs.vfs.mount("/var/lock", make_tmpfs(fs.board.pages, fs.host, 0755));
  CHECK(fs.where("/var/lock") == "/run/lock");
  CHECK(fs.list("/run") == "lock");
}

TEST_CASE("a file can be mounted, too", "[vfs][mount]") {
  FsFixture fs{make_empty_root()};
  auto tree = std::make_shared<FakeHostDir::Tree>();
  auto node = std::make_shared<FakeNode>();
  node->data = "program";
  node->stat.mode = 0755;
  fs.vfs.mount("/bin/prog",
               make_host_file(fs.board.pages, std::make_unique<FakeHostFile>(node), HostAccess::read_only));
  CHECK(fs.read("/bin/prog") == "program");
  CHECK(fs.list("/bin") == "prog");
  CHECK(fs.where("/bin/prog/") == "ENOTDIR");
  CHECK(fs.where("/bin/prog/..") == "ENOTDIR");
  CHECK(outcome(fs.open("/bin/prog", O_WRONLY)) == "EROFS");
  CHECK(fs.unlink("/bin/prog") == "EROFS");
}

TEST_CASE("directory entries come in the order of their places, dots first", "[vfs][readdir]") {
  FsFixture fs;
  REQUIRE(fs.mkdir("/d") == "ok");
  for (const char* name : {"z", "m", "a"}) fs.write(std::string{"/d/"} + name, "");
  fs.vfs.mount("/d/mnt", make_tmpfs(fs.board.pages, fs.host, 0755));
  const auto place = fs.lookup("/d");
  const auto entries = fs.vfs.readdir(*place);
  REQUIRE(entries);
  std::string names;
  std::uint32_t off = 0;
  for (const DirEntry& entry : *entries) {
    names += entry.name + ' ';
    CHECK(entry.off > off);
    off = entry.off;
  }
  CHECK(names == ". .. z m a mnt ");
  CHECK((*entries)[0].ino == fs.stat("/d").ino);
  CHECK((*entries)[1].ino == fs.stat("/").ino);
  CHECK(outcome(fs.vfs.readdir(*fs.lookup("/d/z"))) == "ENOTDIR");
}

}  // namespace lpaemu::kernel::testing
