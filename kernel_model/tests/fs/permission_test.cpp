// Who may do what. [linux fs/namei.c:inode_permission, may_delete; fs/attr.c]
#include <catch2/generators/catch_generators.hpp>

#include "support/fs_fixture.h"

namespace lpaemu::kernel::testing {

namespace {

/// Files of user 1000, group 100; `become` changes who asks.
struct Owned : FsFixture {
  std::shared_ptr<Inode> make(std::string_view path, std::uint32_t mode, std::uint32_t uid = 1000,
                              std::uint32_t gid = 100) {
    write(path, "text");
    const auto place = lookup(path);
    REQUIRE(place->inode->chown(uid, gid));
    REQUIRE(place->inode->chmod(mode));
    return place->inode;
  }
  void become(std::uint32_t uid, std::uint32_t gid) { task.uid = uid, task.gid = gid; }
};

constexpr std::uint32_t owner = 1000, group = 100, other = 2000;

struct Row {
  std::uint32_t mode;
  std::uint32_t uid, gid;
  std::uint32_t mask;
  bool allowed;
};

}  // namespace

TEST_CASE("the bits of one class decide, and only they", "[vfs][permission]") {
  const auto row = GENERATE(values<Row>({
      {0400, owner, group, MAY_READ, true},
      {0400, owner, group, MAY_WRITE, false},
      {0077, owner, group, MAY_READ, false},  // the owner is not one of the others
      {0077, owner, other, MAY_READ, false},
      {0040, other, group, MAY_READ, true},
      {0407, other, group, MAY_READ, false},  // nor is a member of the group
      {0004, other, other, MAY_READ, true},
      {0770, other, other, MAY_READ, false},
      {0600, owner, group, MAY_READ | MAY_WRITE, true},
      {0400, owner, group, MAY_READ | MAY_WRITE, false},
      {0100, owner, group, MAY_EXEC, true},
      {0000, 0, 0, MAY_READ | MAY_WRITE, true},  // root reads and writes everything
      {0000, 0, 0, MAY_EXEC, false},             // and executes what somebody may execute
      {0010, 0, 0, MAY_EXEC, true},
  }));
  Owned fs;
  const auto inode = fs.make("/f", row.mode);
  fs.become(row.uid, row.gid);
  CAPTURE(row.mode, row.uid, row.gid, row.mask);
  CHECK(outcome(inode_permission(fs.task, *inode, row.mask)) == (row.allowed ? "ok" : "EACCES"));
}

TEST_CASE("a directory without x cannot be walked", "[vfs][permission]") {
  Owned fs;
  REQUIRE(fs.mkdir("/closed") == "ok");
  fs.write("/closed/f", "secret");
  REQUIRE(fs.lookup("/closed")->inode->chmod(0644));
  CHECK(fs.where("/closed/f") == "/closed/f");  // root
  fs.become(owner, group);
  CHECK(fs.where("/closed/f") == "EACCES");
  CHECK(fs.where("/closed/none") == "EACCES");
  CHECK(fs.where("/closed") == "/closed");
  CHECK(fs.where("/closed/..") == "EACCES");
  CHECK(outcome(fs.open("/closed", O_RDONLY | O_DIRECTORY)) == "ok");
}

TEST_CASE("open asks for what its flags need", "[vfs][permission]") {
  Owned fs;
  fs.make("/r", 0444);
  fs.make("/w", 0222);
  fs.become(owner, group);
  CHECK(outcome(fs.open("/r", O_RDONLY)) == "ok");
  CHECK(outcome(fs.open("/r", O_WRONLY)) == "EACCES");
  CHECK(outcome(fs.open("/r", O_RDWR)) == "EACCES");
  CHECK(outcome(fs.open("/r", O_RDONLY | O_TRUNC)) == "EACCES");
  CHECK(outcome(fs.open("/r", O_PATH)) == "ok");
  CHECK(outcome(fs.open("/w", O_WRONLY)) == "ok");
  CHECK(outcome(fs.open("/w", O_RDONLY)) == "EACCES");
  CHECK(outcome(fs.open("/w", 3)) == "EACCES");
  CHECK(outcome(fs.open("/w", O_PATH)) == "ok");
  CHECK(fs.stat("/r").size == 4);  // the refused O_TRUNC changed nothing
  fs.become(other, other);
  CHECK(outcome(fs.open("/r", O_RDONLY | O_NOATIME)) == "EPERM");
  CHECK(outcome(fs.open("/new", O_CREAT | O_WRONLY)) == "EACCES");  // the root directory is root's, 0755
}

TEST_CASE("a file that is created read-only can be written by who creates it", "[vfs][permission]") {
  Owned fs;
  REQUIRE(fs.lookup("/")->inode->chmod(0777));
  fs.become(owner, group);
  const auto file = fs.open("/f", O_CREAT | O_RDWR, 0444);
  REQUIRE(file);
  CHECK(outcome((*file)->write(bytes_of("x"), 0)) == "ok");
  CHECK(outcome(fs.open("/f", O_CREAT | O_RDWR, 0444)) == "EACCES");
}

TEST_CASE("what is made belongs to its maker, with the mode cut by the umask", "[vfs][permission]") {
  Owned fs;
  REQUIRE(fs.lookup("/")->inode->chmod(0777));
  fs.become(owner, group);
  fs.task.umask = 027;
  REQUIRE(fs.open("/f", O_CREAT | O_WRONLY, 0666));
  REQUIRE(fs.mkdir("/d", 0777) == "ok");
  REQUIRE(fs.symlink("f", "/l") == "ok");
  CHECK(fs.stat("/f").mode == 0640);
  CHECK(fs.stat("/d").mode == 0750);
  CHECK(fs.stat("/l").mode == 0777);
  for (const char* path : {"/f", "/d", "/l"}) {
    CAPTURE(path);
    CHECK(fs.stat(path).uid == owner);
    CHECK(fs.stat(path).gid == group);
  }
}

TEST_CASE("a set-group-id directory gives its group away", "[vfs][permission]") {
  Owned fs;
  REQUIRE(fs.mkdir("/shared") == "ok");
  REQUIRE(fs.lookup("/shared")->inode->chown(0, 555));
  REQUIRE(fs.lookup("/shared")->inode->chmod(02777));
  fs.become(owner, group);
  REQUIRE(fs.open("/shared/f", O_CREAT | O_WRONLY, 0666));
  REQUIRE(fs.mkdir("/shared/d", 0755) == "ok");
  CHECK(fs.stat("/shared/f").gid == 555);
  CHECK(fs.stat("/shared/f").mode == 0644);
  CHECK(fs.stat("/shared/d").gid == 555);
  CHECK(fs.stat("/shared/d").mode == 02755);
}

TEST_CASE("in a sticky directory names belong to owners", "[vfs][permission]") {
  Owned fs;
  REQUIRE(fs.mkdir("/tmp") == "ok");
  REQUIRE(fs.lookup("/tmp")->inode->chmod(01777));
  fs.make("/tmp/theirs", 0666, owner, group);
  fs.make("/tmp/mine", 0666, other, other);
  fs.become(other, other);
  CHECK(fs.unlink("/tmp/theirs") == "EPERM");
  CHECK(fs.rename("/tmp/theirs", "/tmp/taken") == "EPERM");
  CHECK(fs.rename("/tmp/mine", "/tmp/theirs") == "EPERM");
  CHECK(fs.rename("/tmp/mine", "/tmp/mine2") == "ok");
  CHECK(fs.unlink("/tmp/mine2") == "ok");
  fs.become(0, 0);
  CHECK(fs.unlink("/tmp/theirs") == "ok");
}

TEST_CASE("changes of names need a writable directory", "[vfs][permission]") {
  Owned fs;
  REQUIRE(fs.mkdir("/d") == "ok");
  fs.make("/d/f", 0666);
  fs.become(owner, group);
  CHECK(fs.unlink("/d/f") == "EACCES");
  CHECK(fs.unlink("/d/none") == "ENOENT");
  CHECK(fs.mkdir("/d/new") == "EACCES");
  CHECK(fs.mkdir("/d/f") == "EEXIST");
  CHECK(fs.symlink("x", "/d/new") == "EACCES");
  CHECK(fs.link("/d/f", "/d/new") == "EACCES");
  CHECK(fs.rename("/d/f", "/d/g") == "EACCES");
}

TEST_CASE("attributes are changed by the owner and by root", "[vfs][permission]") {
  Owned fs;
  const auto inode = fs.make("/f", 0644);
  fs.become(other, other);
  CHECK(outcome(vfs_chmod(fs.task, *inode, 0600)) == "EPERM");
  CHECK(outcome(vfs_chown(fs.task, *inode, other, other)) == "EPERM");
  CHECK(outcome(vfs_utimes(fs.task, *inode, Times{1, 1, false})) == "EPERM");
  CHECK(outcome(vfs_utimes(fs.task, *inode, Times{1, 1, true})) == "EACCES");
  CHECK(outcome(vfs_truncate(fs.task, *inode, 0)) == "EACCES");
  fs.become(owner, group);
  CHECK(outcome(vfs_chmod(fs.task, *inode, 06755)) == "ok");
  CHECK(inode->stat().mode == 06755);
  CHECK(outcome(vfs_chown(fs.task, *inode, 0, ~0U)) == "EPERM");
  CHECK(outcome(vfs_chown(fs.task, *inode, ~0U, group)) == "ok");
  CHECK(inode->stat().mode == 0755);  // the set-id bits went with the change of owner
  CHECK(outcome(vfs_utimes(fs.task, *inode, Times{1, std::nullopt, false})) == "ok");
  CHECK(inode->stat().atime_ns == 1);
  CHECK(outcome(vfs_truncate(fs.task, *inode, 2)) == "ok");
  CHECK(inode->stat().size == 2);
}

TEST_CASE("truncate is for regular files", "[vfs][permission]") {
  FsFixture fs;
  REQUIRE(fs.mkdir("/d") == "ok");
  fs.vfs.mount("/dev", make_devfs(fs.host));
  CHECK(outcome(vfs_truncate(fs.task, *fs.lookup("/d")->inode, 0)) == "EISDIR");
  CHECK(outcome(vfs_truncate(fs.task, *fs.lookup("/dev/null")->inode, 0)) == "EINVAL");
}

}  // namespace lpaemu::kernel::testing
