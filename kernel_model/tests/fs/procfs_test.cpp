// /proc. [linux fs/proc]
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "lpaemu/kernel_model/task/exec.h"
#include "support/fs_fixture.h"

namespace lpaemu::kernel::testing {

namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

struct Proc : FsFixture {
  Proc() {
    vfs.mount("/proc", make_procfs(tasks, board.pages, host));
    task.mm = *mm_struct::create(board.context, Asid{1});
    task.ppid = 1;
    task.exe = "/bin/guest";
    write("/exe", "ELF");
    task.exe_inode = lookup("/exe")->inode;
  }
  [[nodiscard]] std::string readlink(std::string_view path) {
    const auto text = vfs.readlink(task, task.cwd, path);
    return text ? *text : outcome(text);
  }
  /// Another process of another user.
  task_struct& add_other() {
    other.pid = other.tgid = 2000;
    other.uid = other.gid = 500;
    other.mm = *mm_struct::create(board.context, Asid{2});
    other.files = std::make_shared<FdTable>();
    tasks.tasks[other.pid] = &other;
    return other;
  }
  task_struct other;
};

}  // namespace

TEST_CASE("self is who asks", "[procfs]") {
  Proc proc;
  task_struct& other = proc.add_other();
  CHECK(proc.readlink("/proc/self") == "1000");
  CHECK(proc.readlink("/proc/thread-self") == "1000/task/1000");
  CHECK(proc.vfs.readlink(other, proc.task.cwd, "/proc/self") == "2000");
  CHECK(proc.where("/proc/self/maps") == "/proc/1000/maps");
  CHECK(proc.where("/proc/self/task/1000/maps") == "/proc/1000/task/1000/maps");
  CHECK(proc.where("/proc/self/../2000") == "/proc/2000");
}

TEST_CASE("processes are directories, by number", "[procfs]") {
  Proc proc;
  proc.add_other();
  const std::string names = proc.list("/proc");
  CHECK_THAT(names, ContainsSubstring("1000 2000"));
  for (const char* name : {"self", "cpuinfo", "meminfo", "version", "uptime", "sys", "filesystems", "mounts"}) {
    CHECK_THAT(names, ContainsSubstring(name));
  }
  for (const char* path : {"/proc/3000", "/proc/0", "/proc/01000", "/proc/1000x", "/proc/-1000", "/proc/99999999999"}) {
    CAPTURE(path);
    CHECK(proc.where(path) == "ENOENT");
  }
  CHECK(proc.mkdir("/proc/x") == "ENOENT");
  CHECK(outcome(proc.open("/proc/x", O_CREAT | O_WRONLY)) == "ENOENT");
  CHECK(proc.unlink("/proc/cpuinfo") == "EPERM");
  CHECK(proc.rmdir("/proc/1000") == "EPERM");
  CHECK(proc.list("/proc/self/task") == "1000");
}

TEST_CASE("a thread shows below its process only, but can be looked up", "[procfs]") {
  Proc proc;
  task_struct thread;
  thread.pid = 1001;
  thread.tgid = 1000;
  thread.mm = proc.task.mm;
  proc.tasks.tasks[1001] = &thread;
  CHECK_THAT(proc.list("/proc"), !ContainsSubstring("1001"));
  CHECK(proc.where("/proc/1001/stat") == "/proc/1001/stat");
  CHECK(proc.list("/proc/1000/task") == "1000 1001");
  CHECK(proc.where("/proc/1000/task/1001/pagemap") == "/proc/1000/task/1001/pagemap");
  CHECK(proc.where("/proc/1000/task/1001/task") == "ENOENT");
  CHECK(proc.where("/proc/1000/task/2000") == "ENOENT");
  CHECK_THAT(proc.read("/proc/1000/status"), ContainsSubstring("Threads:\t2\n"));
}

TEST_CASE("the links of a process lead to the objects themselves", "[procfs][magic]") {
  Proc proc;
  CHECK(proc.readlink("/proc/self/exe") == "/bin/guest");
  CHECK(proc.read("/proc/self/exe") == "ELF");  // where no /bin/guest is
  proc.chdir("/proc");
  CHECK(proc.readlink("/proc/self/cwd") == "/proc");
  CHECK(proc.where("/proc/self/cwd/self") == "/proc/1000");
  CHECK(outcome(proc.open("/proc/self/exe", O_NOFOLLOW)) == "ELOOP");
  proc.task.exe_inode = nullptr;
  CHECK(proc.readlink("/proc/self/exe") == "ENOENT");
}

TEST_CASE("open files are links in fd", "[procfs][magic]") {
  Proc proc;
  proc.write("/f", "data");
  REQUIRE(proc.task.files->install_at(0, open_stream(proc.host, Stream::input), false));
  REQUIRE(proc.task.files->install_at(3, proc.must_open("/f", O_RDWR), false));
  REQUIRE(proc.task.files->install_at(4, proc.must_open("/f", O_PATH), true));
  CHECK(proc.list("/proc/self/fd") == "0 3 4");
  CHECK(proc.readlink("/proc/self/fd/0") == "pipe:[16]");
  CHECK(proc.readlink("/proc/self/fd/3") == "/f");
  CHECK(proc.stat("/proc/self/fd/0").mode == 0500);
  CHECK(proc.stat("/proc/self/fd/3").mode == 0700);
  CHECK(proc.stat("/proc/self/fd/4").mode == 0);
  CHECK(proc.where("/proc/self/fd/5") == "ENOENT");
  CHECK(proc.where("/proc/self/fd/03") == "ENOENT");
  CHECK(proc.where("/proc/self/fd/") == "/proc/1000/fd");

  // The file itself, also when its name is gone.
  REQUIRE(proc.unlink("/f") == "ok");
  CHECK(proc.readlink("/proc/self/fd/3") == "/f (deleted)");
  CHECK(proc.read("/proc/self/fd/3") == "data");
  proc.host.input = "piped";
  CHECK(proc.read("/proc/self/fd/0") == "piped");
  CHECK(outcome(proc.open("/proc/self/fd/0", O_WRONLY)) == "EACCES");
  CHECK_THAT(proc.read("/proc/self/fdinfo/3"), StartsWith("pos:\t0\nflags:\t02\n"));
  CHECK_THAT(proc.read("/proc/self/fdinfo/4"), StartsWith("pos:\t0\nflags:\t012000000\n"));
}

TEST_CASE("the standard links of /dev go through it", "[procfs][devfs]") {
  Proc proc;
  proc.vfs.mount("/dev", make_devfs(proc.host));
  REQUIRE(proc.task.files->install_at(0, open_stream(proc.host, Stream::input), false));
  proc.host.input = "typed";
  CHECK(proc.read("/dev/stdin") == "typed");
  CHECK(outcome(proc.open("/dev/stdout", O_WRONLY)) == "ENOENT");
}

TEST_CASE("who may not trace a process cannot look into it", "[procfs][ptrace]") {
  Proc proc;
  proc.add_other();
  const auto file = GENERATE("maps", "smaps", "pagemap", "mem", "auxv", "environ", "exe", "cwd", "clear_refs");
  const std::string path = std::string{"/proc/2000/"} + file;
  const std::string own = std::string{"/proc/1000/"} + file;
  const std::uint32_t flags = std::string{file} == "clear_refs" ? O_WRONLY : O_RDONLY;
  CAPTURE(path);
  proc.other.exe_inode = proc.task.exe_inode;
  proc.other.cwd = proc.task.cwd;
  CHECK(outcome(proc.open(path, flags)) == "ok");  // root
  proc.task.uid = proc.task.gid = 7;
  CHECK(outcome(proc.open(path, flags)) == "EACCES");
  CHECK(outcome(proc.open(own, flags)) == "ok");
  CHECK(outcome(proc.open("/proc/2000/stat")) == "ok");
}

TEST_CASE("files of a process that has ended", "[procfs]") {
  Proc proc;
  proc.add_other();
  const auto status = proc.must_open("/proc/2000/status");
  const auto pagemap = proc.must_open("/proc/2000/pagemap");
  const auto clear = proc.must_open("/proc/2000/clear_refs", O_WRONLY);
  const auto dir = proc.lookup("/proc/2000");
  proc.tasks.tasks.erase(2000);
  proc.other.mm.reset();
  CHECK(FsFixture::read(*status) == "ESRCH");
  CHECK(FsFixture::read(*pagemap, 0, 8).empty());
  CHECK(outcome(clear->write(bytes_of("4"), 0)) == "ESRCH");
  CHECK(outcome(proc.vfs.lookup(proc.task, *dir, "stat", Follow::yes)) == "ENOENT");
  CHECK(outcome(proc.vfs.readdir(*dir)) == "ENOENT");
}

TEST_CASE("a text is made anew from its start", "[procfs]") {
  Proc proc;
  const auto file = proc.must_open("/proc/self/comm");
  CHECK(FsFixture::read(*file) == "guest\n");
  proc.task.comm = "renamed";
  CHECK(FsFixture::read(*file, 3) == "st\n");  // still the one that was begun
  CHECK(FsFixture::read(*file) == "renamed\n");
  CHECK(FsFixture::read(*file, 100).empty());
  CHECK(outcome(file->llseek(0, Whence::end)) == "EINVAL");
  CHECK(outcome(file->mmap()) == "ENODEV");
  CHECK(proc.stat("/proc/self/comm").size == 0);
}

TEST_CASE("comm is written by the process itself", "[procfs]") {
  Proc proc;
  proc.add_other();
  const auto write = [&](std::string_view path, std::string_view text) {
    return outcome(proc.must_open(path, O_WRONLY | O_TRUNC)->write(bytes_of(text), 0));
  };
  CHECK(write("/proc/self/comm", "new name") == "ok");
  CHECK(proc.task.comm == "new name");
  CHECK(write("/proc/self/comm", "a name that is too long") == "ok");
  CHECK(proc.task.comm == "a name that is ");
  CHECK(write("/proc/2000/comm", "x") == "EINVAL");
}

TEST_CASE("clear_refs is for writing", "[procfs][clear_refs][S-10]") {
  Proc proc;
  CHECK(proc.stat("/proc/self/clear_refs").mode == 0200);
  const auto file = proc.must_open("/proc/self/clear_refs", O_RDWR);
  CHECK(FsFixture::read(*file) == "EINVAL");
  CHECK(file->write(bytes_of("4\n"), 0) == 2U);
  CHECK(file->write(bytes_of("4"), 12345) == 1U);
  CHECK(outcome(file->write(bytes_of("x"), 0)) == "EINVAL");
  CHECK(file->write(bytes_of("4           x"), 0) == 12U);
  proc.task.uid = 1000;
  CHECK(outcome(proc.open("/proc/self/clear_refs", O_RDONLY)) == "EACCES");
  CHECK(outcome(proc.open("/proc/self/clear_refs", O_RDWR)) == "EACCES");
  CHECK(outcome(proc.open("/proc/self/clear_refs", O_WRONLY)) == "ok");
}

TEST_CASE("status has the lines that programs look for", "[procfs]") {
  Proc proc;
  proc.task.sigactions[10].handler = 0x1000;
  proc.task.sigactions[13].handler = 1;
  proc.task.comm = "a\\b\nc";
  const std::string status = proc.read("/proc/self/status");
  CHECK_THAT(status,
             StartsWith("Name:\ta\\\\b\\nc\nUmask:\t0022\nState:\tR (running)\nTgid:\t1000\nNgid:\t0\nPid:\t1000\n"
                        "PPid:\t1\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"));
  CHECK_THAT(status, ContainsSubstring("\nVmPeak:\t"));
  CHECK_THAT(status, ContainsSubstring("\nThreads:\t1\n"));
  CHECK_THAT(status, ContainsSubstring("\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000000200\n"));
  CHECK_THAT(status, ContainsSubstring("\nCapEff:\t000001ffffffffff\n"));
}

TEST_CASE("stat has 52 fields", "[procfs]") {
  Proc proc;
  proc.task.mm->start_code = VirtAddr{0x10000};
  proc.task.mm->env_end = VirtAddr{0xbefffff8};
  proc.task.comm = "a (b) c";
  const std::string stat = proc.read("/proc/self/stat");
  CHECK_THAT(stat, StartsWith("1000 (a (b) c) R 1 1000 1000 0 -1 4194304 "));
  std::vector<std::string> fields;
  std::string rest = stat.substr(stat.rfind(')') + 2);
  REQUIRE(rest.back() == '\n');
  rest.back() = ' ';
  for (std::size_t at = 0; at < rest.size(); at = rest.find(' ', at) + 1) {
    fields.push_back(rest.substr(at, rest.find(' ', at) - at));
  }
  REQUIRE(fields.size() == 50);           // and pid and comm
  CHECK(fields[20 - 3] == "1");           // num_threads
  CHECK(fields[26 - 3] == "65536");       // startcode
  CHECK(fields[38 - 3] == "17");          // exit_signal
  CHECK(fields[51 - 3] == "3204448248");  // env_end
}

TEST_CASE("the strings of a process are read from its memory", "[procfs]") {
  Proc proc;
  mm_struct& mm = *proc.task.mm;
  MmapRequest request;
  request.length = page_size;
  request.prot = RW;
  request.flags = anon_private;
  const auto page = do_mmap(mm, request);
  REQUIRE(page);
  const std::string_view text{"prog\0-x\0A=1\0", 12};
  REQUIRE(copy_to_user(mm, *page, bytes_of(text)) == 0);
  mm.arg_start = *page;
  mm.arg_end = mm.env_start = *page + 8;
  mm.env_end = *page + 12;
  CHECK(proc.read("/proc/self/cmdline") == std::string("prog\0-x\0", 8));
  CHECK(proc.read("/proc/self/environ") == std::string("A=1\0", 4));
  CHECK_THAT(proc.read("/proc/self/maps"), ContainsSubstring(" rw-p 00000000 00:00 0"));
  CHECK_THAT(proc.read("/proc/self/smaps"), ContainsSubstring("VmFlags: "));
  CHECK_THAT(proc.read("/proc/self/statm"), StartsWith("1 1 0 "));
}

TEST_CASE("the memory of a process is a file", "[procfs][mem]") {
  Proc proc;
  MmapRequest request;
  request.length = 2 * page_size;
  request.prot = RW;
  request.flags = anon_private;
  const auto start = do_mmap(*proc.task.mm, request);
  REQUIRE(start);
  const auto file = proc.must_open("/proc/self/mem", O_RDWR);
  const std::uint64_t at = start->raw();
  CHECK(file->write(bytes_of("stored"), at + page_size - 3) == 6U);
  CHECK(FsFixture::read(*file, at + page_size - 3, 6) == "stored");
  CHECK(FsFixture::read(*file, at + 2 * page_size - 2, 6).size() == 2);  // as far as there is something
  CHECK(FsFixture::read(*file, at + 2 * page_size, 6) == "EIO");
  CHECK(FsFixture::read(*file, 0xffff0000, 6) == "EIO");
  CHECK(FsFixture::read(*file, std::uint64_t{1} << 32, 6) == "EIO");
  CHECK(FsFixture::read(*file, 0, 0).empty());
  CHECK(file->llseek(0x7fff'ffff, Whence::set) == 0x7fff'ffffU);
  CHECK(outcome(file->llseek(0, Whence::end)) == "EINVAL");
}

TEST_CASE("a mapping of /dev/zero is anonymous memory", "[procfs][devfs]") {
  Proc proc;
  proc.vfs.mount("/dev", make_devfs(proc.host));
  const auto file = proc.must_open("/dev/zero", O_RDWR);
  MmapRequest request;
  request.length = page_size;
  request.prot = RW;
  request.flags = GENERATE(MAP_PRIVATE, MAP_SHARED);
  request.mapping = *file->mmap();
  request.file = file;
  request.file_writable = true;
  const auto start = do_mmap(*proc.task.mm, request);
  REQUIRE(start);
  const std::byte one{1};
  CHECK(copy_to_user(*proc.task.mm, *start, std::span{&one, 1}) == 0);
  CHECK(verify(*proc.task.mm).empty());
  CHECK_THAT(proc.read("/proc/self/maps"), ContainsSubstring("/dev/zero"));
}

TEST_CASE("the auxiliary vector is binary", "[procfs]") {
  Proc proc;
  proc.task.auxv = {AT_PAGESZ, 4096, AT_NULL, 0};
  CHECK(proc.read("/proc/self/auxv") == std::string("\6\0\0\0\0\x10\0\0\0\0\0\0\0\0\0\0", 16));
}

TEST_CASE("limits are shown by name", "[procfs]") {
  Proc proc;
  proc.task.rlimit_soft.fill(0xffffffff);
  proc.task.rlimit_hard.fill(0xffffffff);
  proc.task.rlimit_soft[7] = 1024;
  const std::string limits = proc.read("/proc/self/limits");
  CHECK_THAT(limits, StartsWith("Limit                     Soft Limit           Hard Limit           Units     \n"));
  CHECK_THAT(limits,
             ContainsSubstring("Max open files            1024                 unlimited            files     \n"));
}

TEST_CASE("cpuinfo shows an LPAE processor with what AT_HWCAP says", "[procfs]") {
  Proc proc;
  CHECK(proc.read("/proc/cpuinfo") ==
        "processor\t: 0\n"
        "model name\t: ARMv7 Processor rev 4 (v7l)\n"
        "BogoMIPS\t: 100.00\n"
        "Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm \n"
        "CPU implementer\t: 0x41\n"
        "CPU architecture: 7\n"
        "CPU variant\t: 0x2\n"
        "CPU part\t: 0xc0f\n"
        "CPU revision\t: 4\n\n"
        "Hardware\t: Generic DT based system\n"
        "Revision\t: 0000\n"
        "Serial\t\t: 0000000000000000\n");
}

TEST_CASE("facts about the system", "[procfs]") {
  Proc proc;
  CHECK_THAT(proc.read("/proc/meminfo"), StartsWith("MemTotal:           4096 kB\nMemFree:            "));
  CHECK(proc.read("/proc/uptime") == "5.00 0.00\n");
  CHECK(proc.read("/proc/loadavg") == "0.00 0.00 0.00 1/1 1000\n");
  CHECK_THAT(proc.read("/proc/version"), StartsWith("Linux version 6.12.0"));
  CHECK(proc.read("/proc/sys/kernel/ostype") == "Linux\n");
  CHECK_THAT(proc.read("/proc/sys/kernel/osrelease"), StartsWith("6.12.0"));
  CHECK(proc.read("/proc/sys/kernel/random/uuid") == "5a5a5a5a-5a5a-4a5a-9a5a-5a5a5a5a5a5a\n");
  CHECK(proc.read("/proc/sys/vm/overcommit_memory") == "0\n");
  CHECK(proc.read("/proc/sys/vm/mmap_min_addr") == "65536\n");
  CHECK(proc.read("/proc/sys/vm/max_map_count") == "65530\n");
  CHECK_THAT(proc.read("/proc/stat"), StartsWith("cpu  500 0 0 "));
  CHECK(outcome(proc.open("/proc/sys/vm/overcommit_memory", O_WRONLY)) == "ok");
  CHECK(outcome(proc.must_open("/proc/cpuinfo", O_RDWR)->write(bytes_of("x"), 0)) == "EINVAL");
}

TEST_CASE("every file of a process can be read", "[procfs]") {
  Proc proc;
  for (const auto& dir : {std::string{"/proc/self"}, std::string{"/proc/self/task/1000"}, std::string{"/proc"},
                          std::string{"/proc/sys/kernel"}, std::string{"/proc/sys/vm"}, std::string{"/proc/sys/fs"}}) {
    const auto entries = proc.vfs.readdir(*proc.lookup(dir));
    REQUIRE(entries);
    for (const DirEntry& entry : *entries) {
      const std::string path = dir + '/' + entry.name;
      CAPTURE(path);
      const auto place = proc.lookup(path, Follow::no);
      REQUIRE(place);
      CHECK(place->inode->type() == entry.type);
      CHECK(place->inode->stat().type == entry.type);
      if (entry.name != "." && entry.name != "..") CHECK(place->inode->stat().ino == entry.ino);
      if (entry.type == FileType::regular && entry.name != "clear_refs" && entry.name != "mem") {
        CHECK_THAT(FsFixture::read(*proc.must_open(path), 0, 8), !StartsWith("E"));
      }
    }
  }
}

}  // namespace lpaemu::kernel::testing
