// The ports of the kernel model on a real system: directory handles that cannot be left, whole files, streams, waiting.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>

#include "lpaemu/emu/host/host_dir.h"
#include "lpaemu/emu/host/posix_host.h"
#include "lpaemu/emu/host/read_file.h"
#include "real_files.h"
#include "support/fs_fixture.h"

namespace lpaemu::emu::testing {

namespace {

using namespace kernel;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using kernel::testing::bytes_of;
using kernel::testing::FsFixture;
using kernel::testing::outcome;

std::string temp() { return std::filesystem::temp_directory_path().string(); }

std::unique_ptr<HostDir> must_open_dir(const std::string& path) {
  auto dir = open_host_dir(path);
  REQUIRE(dir);
  return std::move(*dir);
}

std::string read_all(HostFile& file) {
  std::string text(4096, '\0');
  const auto got = file.pread(std::as_writable_bytes(std::span{text}), 0);
  REQUIRE(got);
  text.resize(*got);
  return text;
}

/// A guest whose root is a real directory with something secret beside it.
struct RealTree : FsFixture {
  explicit RealTree(HostAccess access = HostAccess::read_only) {
    REQUIRE(files.mkdir("root", 0755) == 0);
    REQUIRE(files.mkdir("root/etc", 0755) == 0);
    files.write("root/etc/passwd", "the guest's");
    files.write("secret", "outside");
    REQUIRE(files.symlink("/etc/passwd", "root/absolute") == 0);
    REQUIRE(files.symlink("../secret", "root/up") == 0);
    REQUIRE(files.symlink("../../../../../../../../etc/passwd", "root/etc/far_up") == 0);
    REQUIRE(files.symlink("..", "root/etc/parent") == 0);
    REQUIRE(files.symlink("/", "root/slash") == 0);
    vfs.mount("/", make_host_dir(board.pages, must_open_dir(files.path() + "/root"), access));
    task.cwd = vfs.root();
  }
  RealFiles files{temp()};
};

}  // namespace

TEST_CASE("no path leads out of a host directory", "[host][escape]") {
  RealTree tree{HostAccess::read_write};
  CHECK(tree.read("/absolute") == "the guest's");
  CHECK(tree.read("/etc/far_up") == "the guest's");
  CHECK(tree.read("/up") == "ENOENT");
  CHECK(tree.read("/../secret") == "ENOENT");
  CHECK(tree.read("/etc/../../secret") == "ENOENT");
  CHECK(tree.read("/etc/parent/../../secret") == "ENOENT");
  CHECK(tree.read("/slash/../secret") == "ENOENT");
  CHECK(tree.read("/slash/etc/parent/slash/absolute") == "the guest's");
  CHECK(tree.unlink("/../secret") == "ENOENT");
  CHECK(tree.rename("/etc/passwd", "/../taken") == "ok");  // which is /taken
  CHECK(tree.files.read("root/taken") == "the guest's");
  CHECK(tree.files.read("secret") == "outside");
}

TEST_CASE("a directory handle takes single names only", "[host][escape]") {
  RealTree tree;
  const auto dir = must_open_dir(tree.files.path() + "/root/etc");
  using namespace std::string_literals;
  for (const std::string& name : {".."s, "."s, ""s, "../secret"s, "/etc/passwd"s, "passwd/"s, "passwd\0x"s}) {
    CAPTURE(name);
    CHECK(outcome(dir->stat(name)) == "EINVAL");
    CHECK(outcome(dir->open_file(name, HostOpen::read_only, 0)) == "EINVAL");
    CHECK(outcome(dir->open_file(name, HostOpen::create_exclusive, 0600)) == "EINVAL");
    CHECK(outcome(dir->open_dir(name)) == "EINVAL");
    CHECK(outcome(dir->readlink(name)) == "EINVAL");
    CHECK(outcome(dir->mkdir(name, 0700)) == "EINVAL");
    CHECK(outcome(dir->unlink(name)) == "EINVAL");
    CHECK(outcome(dir->rmdir(name)) == "EINVAL");
    CHECK(outcome(dir->symlink(name, "x")) == "EINVAL");
    CHECK(outcome(dir->rename("passwd", *dir, name)) == "EINVAL");
    CHECK(outcome(dir->rename(name, *dir, "x")) == "EINVAL");
    CHECK(outcome(dir->link("passwd", *dir, name)) == "EINVAL");
    if (name != ".") CHECK(outcome(dir->chmod(name, 0700)) == "EINVAL");
    if (name != ".") CHECK(outcome(dir->set_times(name, 0, 0)) == "EINVAL");
  }
  CHECK(outcome(dir->stat("passwd")) == "ok");
}

TEST_CASE("a directory handle follows no link", "[host][escape]") {
  RealTree tree;
  const auto dir = must_open_dir(tree.files.path() + "/root");
  CHECK(dir->stat("up")->type == FileType::symlink);
  CHECK(outcome(dir->open_file("up", HostOpen::read_only, 0)) == "EACCES");
  CHECK(outcome(dir->open_dir("slash")) == "ENOTDIR");
  CHECK(dir->readlink("up") == "../secret");
  // chmod through a link would change what lies outside.
  CHECK_FALSE(dir->chmod("up", 0777));
  RealStat secret;
  REQUIRE(tree.files.stat("secret", false, secret) == 0);
  CHECK(secret.mode != 0777);
}

TEST_CASE("a directory that becomes a link is not followed", "[host][escape]") {
  RealTree tree;
  REQUIRE(tree.files.mkdir("elsewhere", 0755) == 0);
  tree.files.write("elsewhere/passwd", "outside");
  const auto etc = tree.lookup("/etc");
  REQUIRE(etc);
  REQUIRE(tree.files.rename("root/etc", "root/old") == 0);
  REQUIRE(tree.files.symlink("../elsewhere", "root/etc") == 0);
  // The handle that the guest has is still the directory that it looked up; the path is a link now, in the guest's
  // tree.
  CHECK(outcome(tree.vfs.open(tree.task, *etc, "passwd", O_RDONLY, 0)) == "ok");
  CHECK(tree.read("/etc/passwd") == "ENOENT");
}

TEST_CASE("pipes and devices of the host show and are not opened", "[host][escape]") {
  RealTree tree;
  REQUIRE(tree.files.mkfifo("root/pipe") == 0);
  CHECK(tree.stat("/pipe").type == FileType::fifo);
  CHECK(tree.read("/pipe") == "EACCES");  // at once: nobody writes into it
  CHECK(outcome(must_open_dir("/dev")->open_file("null", HostOpen::read_only, 0)) == "EACCES");
}

TEST_CASE("what the guest does in a writable tree happens on the host", "[host][rw]") {
  RealTree tree{HostAccess::read_write};
  tree.write("/new", "made by the guest");
  CHECK(tree.files.read("root/new") == "made by the guest");
  CHECK(tree.mkdir("/d", 0750) == "ok");
  CHECK(tree.rename("/new", "/d/moved") == "ok");
  CHECK(tree.link("/d/moved", "/d/second") == "ok");
  CHECK(tree.files.read("root/d/second") == "made by the guest");
  CHECK(tree.stat("/d/second").nlink == 2);
  CHECK(tree.symlink("moved", "/d/link") == "ok");
  CHECK(tree.read("/d/link") == "made by the guest");
  const auto file = tree.must_open("/d/moved", O_RDWR | O_APPEND);
  CHECK(file->write(bytes_of("!"), 0) == 1U);
  CHECK(outcome(file->inode().truncate(4)) == "ok");
  CHECK(tree.files.read("root/d/second") == "made");
  CHECK(outcome(vfs_chmod(tree.task, *tree.lookup("/d")->inode, 0700)) == "ok");
  CHECK(outcome(vfs_utimes(tree.task, *tree.lookup("/d/moved")->inode, Times{1'500'000'000, 2'000'000'001, false})) ==
        "ok");
  CHECK(tree.stat("/d/moved").mtime_ns == 2'000'000'001);
  CHECK(tree.stat("/d").mode == 0700);
  CHECK(tree.list("/d").find("second") != std::string::npos);
  CHECK(tree.unlink("/d/moved") == "ok");
  CHECK(tree.rmdir("/d") == "ENOTEMPTY");
  CHECK(tree.rmdir("/d/link") == "ENOTDIR");
}

TEST_CASE("errors of opening name the path and the reason", "[host][errors]") {
  RealFiles files{temp()};
  files.write("file", "x");
  REQUIRE(files.mkdir("dir", 0755) == 0);
  const auto dir_error = [&](const std::string& name) { return open_host_dir(files.path() + name).error().message; };
  CHECK_THAT(dir_error("/none"), StartsWith("cannot open directory '") && ContainsSubstring("/none': no such file"));
  CHECK_THAT(dir_error("/file"), ContainsSubstring("not a directory"));
  const auto file_error = [&](const std::string& path) {
    return open_host_file(path, HostOpen::read_only).error().message;
  };
  CHECK_THAT(file_error(files.path() + "/none"), ContainsSubstring("no such file"));
  CHECK_THAT(file_error(files.path() + "/dir"), ContainsSubstring("not a regular file"));
  CHECK_THAT(file_error("/dev/null"), ContainsSubstring("not a regular file"));
  CHECK(read_all(**open_host_file(files.path() + "/file", HostOpen::read_only)) == "x");
  CHECK_THAT(open_host_file(files.path() + "/dir", HostOpen::read_write).error().message,
             ContainsSubstring("directory"));
}

TEST_CASE("a whole file is read", "[host][read_file]") {
  RealFiles files{temp()};
  const std::size_t size = GENERATE(std::size_t{0}, 1, 4095, 4096, 4097, 1'000'000);
  std::string text(size, 'x');
  if (size > 2) text[size / 2] = '\0';
  files.write("file", text);
  const auto bytes = read_file(files.path() + "/file");
  REQUIRE(bytes);
  CHECK(std::ranges::equal(*bytes, bytes_of(text)));
  if (size > 0) {
    CHECK_THAT(read_file(files.path() + "/file", size - 1).error().message, ContainsSubstring("more than"));
  }
  CHECK(read_file(files.path() + "/file", size));
}

TEST_CASE("a file that says no size is read to its end", "[host][read_file]") {
  const auto bytes = read_file("/proc/self/maps");
  REQUIRE(bytes);
  CHECK(bytes->size() > 1000);
}

TEST_CASE("errors of reading name the path and the reason", "[host][read_file][errors]") {
  RealFiles files{temp()};
  REQUIRE(files.mkdir("dir", 0755) == 0);
  files.write("private", "x");
  CHECK(read_file(files.path() + "/none").error().message ==
        "cannot read '" + files.path() + "/none': no such file or directory");
  CHECK(read_file(files.path() + "/dir").error().message ==
        "cannot read '" + files.path() + "/dir': it is a directory");
  if (own_uid() == 0) {
    REQUIRE(files.chmod("private", 0) == 0);
    const AsUser somebody{12345};
    CHECK(read_file(files.path() + "/private").error().message ==
          "cannot read '" + files.path() + "/private': permission denied");
  }
}

TEST_CASE("the clocks go on, and entropy comes", "[host]") {
  PosixHost host;
  const auto before = host.monotonic();
  CHECK(host.monotonic() >= before);
  CHECK(host.realtime() > Nanoseconds{1'600'000'000'000'000'000});
  CHECK(host.cpu_time() > Nanoseconds{0});
  std::array<std::byte, 64> a{}, b{};
  host.fill_random(a);
  host.fill_random(b);
  CHECK(a != b);
}

TEST_CASE("a wait ends at its deadline", "[host][wait]") {
  PosixHost host;
  const auto before = host.monotonic();
  CHECK(host.wait(false, before + std::chrono::milliseconds{20}) == Host::Wake::deadline);
  CHECK(host.monotonic() - before >= std::chrono::milliseconds{20});
  CHECK(host.wait(false, Nanoseconds{0}) == Host::Wake::deadline);
}

TEST_CASE("an interruption ends this wait and all later ones", "[host][wait]") {
  PosixHost host;
  CHECK_FALSE(host.interrupted());
  host.interrupt();
  CHECK(host.interrupted());
  CHECK(host.wait(false, std::nullopt) == Host::Wake::interrupted);
  CHECK(host.wait(true, std::nullopt) == Host::Wake::interrupted);
}

}  // namespace lpaemu::emu::testing
