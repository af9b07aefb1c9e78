// The host's files as the guest sees them: no way out, one set of pages a file, changes only where allowed.
#include <catch2/generators/catch_generators.hpp>

#include "support/fs_fixture.h"

namespace lpaemu::kernel::testing {

namespace {

/// A host directory as the root: /etc/passwd, /dir/file, links of all sorts, and a pipe.
struct HostTree : FsFixture {
  explicit HostTree(HostAccess access = HostAccess::read_only) : HostTree{access, make_root()} {}

  std::shared_ptr<FakeHostDir::Tree> tree;
  std::unique_ptr<FakeHostDir> host_root;  // the same directory, for what happens behind the guest's back
  std::shared_ptr<FakeNode> node;

 private:
  struct Root {
    std::shared_ptr<FakeHostDir::Tree> tree = std::make_shared<FakeHostDir::Tree>();
    std::shared_ptr<FakeNode> node = std::make_shared<FakeNode>();
  };
  static Root make_root() {
    Root root;
    root.node->stat.type = FileType::directory;
    root.node->stat.mode = 0755;
    root.node->stat.dev = 1;
    root.node->stat.ino = 2;
    FakeHostDir dir{root.tree, root.node};
    const auto etc = *dir.add("etc", FileType::directory, 0755);
    REQUIRE(FakeHostDir(root.tree, etc).add("passwd", FileType::regular, 0644, "guest's own"));
    const auto sub = *dir.add("dir", FileType::directory, 0755);
    REQUIRE(FakeHostDir(root.tree, sub).add("file", FileType::regular, 0644, "contents"));
    REQUIRE(FakeHostDir(root.tree, sub).add("up", FileType::symlink, 0777, "../../../../../etc/passwd"));
    REQUIRE(dir.add("absolute", FileType::symlink, 0777, "/etc/passwd"));
    REQUIRE(dir.add("pipe", FileType::fifo, 0666));
    REQUIRE(dir.add("disk", FileType::block_device, 0666));
    REQUIRE(dir.add("secret", FileType::regular, 0600, "owner only"));
    return root;
  }
  HostTree(HostAccess access, const Root& root)
      : tree{root.tree}, host_root{std::make_unique<FakeHostDir>(root.tree, root.node)}, node{root.node} {
    vfs.mount("/", make_host_dir(board.pages, std::make_unique<FakeHostDir>(tree, node), access, HostOwner{1000, 100}));
    task.cwd = vfs.root();
  }
};

}  // namespace

TEST_CASE("links are resolved in the guest's tree", "[host_tree][escape]") {
  HostTree fs;
  CHECK(fs.read("/absolute") == "guest's own");
  CHECK(fs.read("/dir/up") == "guest's own");
  CHECK(fs.where("/dir/up") == "/etc/passwd");
  CHECK(fs.where("/../../../../etc") == "/etc");
  CHECK(fs.where("/dir/../../..") == "/");
  CHECK(fs.tree->bad_names.empty());  // no name that leads out ever reached the host
}

TEST_CASE("names that could lead out never reach the host", "[host_tree][escape]") {
  HostTree fs{HostAccess::read_write};
  for (const char* path : {"/..", "/.", "//", "/dir/..", "/dir/.", "/dir//..//..", "/dir/./.."}) {
    CAPTURE(path);
    (void)fs.lookup(path);
    (void)fs.open(path, O_CREAT | O_WRONLY);
    (void)fs.mkdir(path);
    (void)fs.unlink(path);
    (void)fs.rmdir(path);
    (void)fs.rename("/dir/file", path);
    (void)fs.rename(path, "/dir/x");
    (void)fs.link("/dir/file", path);
    (void)fs.symlink("x", path);
  }
  CHECK(fs.tree->bad_names.empty());
  CHECK(fs.read("/dir/file") == "contents");
}

TEST_CASE("a link swapped in between the lookup and the open is not followed", "[host_tree][escape]") {
  HostTree fs;
  const auto swap = [&](const char* name, FileType type) {
    fs.tree->on_open = [&fs, name, type](std::string_view opened) {
      if (opened != name) return;
      fs.node->children.erase(name);
      REQUIRE(fs.host_root->add(name, type, 0777, "/etc/passwd"));
    };
  };
  SECTION("a directory becomes a link") {
    swap("dir", FileType::symlink);
    CHECK(fs.read("/dir/file") == "ELOOP");
  }
  SECTION("a file becomes a link") {
    swap("secret", FileType::symlink);
    CHECK(fs.read("/secret") == "ELOOP");
  }
  SECTION("a file becomes a pipe") {
    swap("secret", FileType::fifo);
    CHECK(fs.read("/secret") == "EACCES");
  }
  SECTION("a file becomes another file") {
    swap("secret", FileType::regular);
    CHECK(fs.read("/secret") == "ENOENT");
  }
}

TEST_CASE("what is neither file nor directory shows but cannot be opened", "[host_tree]") {
  HostTree fs;
  CHECK(fs.stat("/pipe").type == FileType::fifo);
  CHECK(fs.read("/pipe") == "EACCES");
  CHECK(fs.read("/disk") == "EACCES");
  CHECK(outcome(fs.open("/pipe", O_PATH)) == "ok");
}

TEST_CASE("everything belongs to one user, and modes hold", "[host_tree]") {
  HostTree fs;
  CHECK(fs.stat("/secret").uid == 1000);
  CHECK(fs.stat("/secret").gid == 100);
  fs.task.uid = 1000;
  CHECK(fs.read("/secret") == "owner only");
  fs.task.uid = 2000;
  CHECK(fs.read("/secret") == "EACCES");
}

TEST_CASE("a read-only tree takes no change", "[host_tree][erofs]") {
  HostTree fs;
  CHECK(outcome(fs.open("/dir/file", O_WRONLY)) == "EROFS");
  CHECK(outcome(fs.open("/dir/file", O_RDONLY | O_TRUNC)) == "EROFS");
  CHECK(outcome(fs.open("/dir/new", O_WRONLY | O_CREAT)) == "EROFS");
  CHECK(fs.mkdir("/new") == "EROFS");
  CHECK(fs.unlink("/dir/file") == "EROFS");
  CHECK(fs.rename("/dir/file", "/dir/g") == "EROFS");
  CHECK(fs.link("/dir/file", "/dir/g") == "EROFS");
  CHECK(outcome(vfs_chmod(fs.task, *fs.lookup("/dir")->inode, 0700)) == "EROFS");
  CHECK(outcome(fs.lookup("/dir/file")->inode->truncate(0)) == "EROFS");
  CHECK(outcome(fs.lookup("/")->inode->create("x", 0644)) == "EROFS");
}

TEST_CASE("one file has one set of pages, whichever way it is reached", "[host_tree][mmap]") {
  HostTree fs;
  const auto first = fs.must_open("/dir/file");
  const auto pages = first->mmap();
  REQUIRE(pages);
  CHECK((*pages)->size() == 8);
  CHECK(*fs.must_open("/dir/../dir/file")->mmap() == *pages);
  const auto pfn = (*pages)->get_page(0);
  REQUIRE(pfn);
  const auto bytes = fs.board.pages.bytes(*pfn);
  CHECK(std::memcmp(bytes.data(), "contents", 8) == 0);
  CHECK(std::ranges::all_of(bytes.subspan(8), [](std::byte b) { return b == std::byte{0}; }));
  // Reads go the same way from now on.
  bytes[0] = std::byte{'C'};
  CHECK(fs.read("/dir/file") == "Contents");
}

TEST_CASE("a file that nobody has mapped takes no RAM", "[host_tree][mmap]") {
  HostTree fs;
  const std::uint64_t free = fs.board.pages.free_pages();
  CHECK(fs.read("/dir/file") == "contents");
  CHECK(fs.board.pages.free_pages() == free);
  {
    const auto file = fs.must_open("/dir/file");
    REQUIRE((*file->mmap())->get_page(0));
    CHECK(fs.board.pages.free_pages() == free - 1);
  }
  CHECK(fs.board.pages.free_pages() == free);
}

TEST_CASE("a mapped file follows its size on the host", "[host_tree][mmap]") {
  HostTree fs;
  const auto file = fs.must_open("/dir/file");
  const auto pages = *file->mmap();
  REQUIRE(pages->get_page(0));
  FakeNode& on_host = *fs.node->children["dir"]->children["file"];
  on_host.data += " and more";
  CHECK(FsFixture::read(*file) == "contents and more");
  CHECK(pages->size() == 17);
  on_host.data.resize(4);
  CHECK(FsFixture::read(*file) == "cont");
  CHECK(pages->size() == 4);
}

TEST_CASE("a writable tree is written", "[host_tree][rw]") {
  HostTree fs{HostAccess::read_write};
  FakeNode& on_host = *fs.node->children["dir"]->children["file"];
  fs.write("/dir/file", "new");
  CHECK(on_host.data == "new");
  const auto appending = fs.must_open("/dir/file", O_WRONLY | O_APPEND);
  CHECK(appending->write(bytes_of("er"), 0) == 2U);
  CHECK(on_host.data == "newer");
  fs.write("/dir/fresh", "made");
  CHECK(fs.node->children["dir"]->children["fresh"]->data == "made");
  CHECK(fs.node->children["dir"]->children["fresh"]->stat.mode == 0644);
  REQUIRE(fs.mkdir("/d2") == "ok");
  REQUIRE(fs.rename("/dir/fresh", "/d2/moved") == "ok");
  CHECK(fs.read("/d2/moved") == "made");
  REQUIRE(fs.symlink("moved", "/d2/link") == "ok");
  CHECK(fs.read("/d2/link") == "made");
  REQUIRE(fs.unlink("/d2/moved") == "ok");
  CHECK(fs.rmdir("/d2") == "ENOTEMPTY");
  CHECK(outcome(vfs_chmod(fs.task, *fs.lookup("/d2")->inode, 0700)) == "ok");
  CHECK(fs.node->children["d2"]->stat.mode == 0700);
  CHECK(outcome(vfs_chown(fs.task, *fs.lookup("/d2")->inode, 5, 5)) == "EPERM");
}

TEST_CASE("writes show in mappings, and stores in mappings reach the host", "[host_tree][rw][mmap]") {
  HostTree fs{HostAccess::read_write};
  FakeNode& on_host = *fs.node->children["dir"]->children["file"];
  auto file = fs.must_open("/dir/file", O_RDWR);
  {
    const auto pages = *file->mmap();
    const auto pfn = *pages->get_page(0);
    REQUIRE(file->write(bytes_of("XY"), 7));
    CHECK(on_host.data == "contentXY");
    CHECK(std::memcmp(fs.board.pages.bytes(pfn).data(), "contentXY\0", 10) == 0);
    CHECK(pages->size() == 9);
    CHECK(fs.board.cpu.modified.back() == pfn);

    fs.board.pages.bytes(pfn)[0] = std::byte{'K'};
    CHECK(on_host.data == "contentXY");
    REQUIRE(file->fsync());
    CHECK(on_host.data == "KontentXY");
    fs.board.pages.bytes(pfn)[1] = std::byte{'0'};
  }
  file.reset();  // the last one that knows the file
  CHECK(on_host.data == "K0ntentXY");
}

TEST_CASE("private stores never reach the host", "[host_tree][mmap]") {
  HostTree fs{HostAccess::read_write};
  auto file = fs.must_open("/dir/file", O_RDONLY);
  fs.board.pages.bytes(*(*file->mmap())->get_page(0))[0] = std::byte{'!'};
  file.reset();
  CHECK(fs.node->children["dir"]->children["file"]->data == "contents");
}

TEST_CASE("an unlinked host file lives as long as it is open", "[host_tree][rw]") {
  HostTree fs{HostAccess::read_write};
  const auto file = fs.must_open("/dir/file");
  REQUIRE(fs.unlink("/dir/file") == "ok");
  CHECK(FsFixture::read(*file) == "contents");
  CHECK(file->shown_path() == "/dir/file (deleted)");
}

TEST_CASE("names of the host keep their places while others go", "[host_tree][readdir]") {
  HostTree fs{HostAccess::read_write};
  const auto dir = fs.must_open("/", O_DIRECTORY);
  const auto before = *fs.vfs.readdir(dir->place());
  REQUIRE(fs.unlink("/absolute") == "ok");
  const auto after = *fs.vfs.readdir(dir->place());
  REQUIRE(after.size() == before.size() - 1);
  for (const DirEntry& entry : after) {
    const auto same = std::ranges::find(before, entry.name, &DirEntry::name);
    CAPTURE(entry.name);
    CHECK(same->off == entry.off);
  }
}

}  // namespace lpaemu::kernel::testing
