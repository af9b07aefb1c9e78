// The text of maps, smaps and the Vm* lines of status. [linux fs/proc/task_mmu.c]
#include "lpaemu/kernel_model/proc/mm_files.h"

#include <catch2/catch_test_macros.hpp>

#include "lpaemu/kernel_model/fs/file.h"
#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

namespace {

struct TestInode final : Inode {
  Stat stat() override { return {.dev = 0x812, .ino = 4711}; }
  Result<std::shared_ptr<File>> open(task_struct& /*opener*/, std::uint32_t flags) override {
    return std::make_shared<File>(shared_from_this(), flags);
  }
};

std::shared_ptr<File> open_file(std::string path) {
  auto file = std::make_shared<File>(std::make_shared<TestInode>(), O_RDWR);
  file->path = std::move(path);
  return file;
}

/// A program as exec leaves it.
void load_program(Guest& guest, const std::string& path) {
  MmapRequest text{
      .addr = VirtAddr{0x10000}, .length = page_size, .prot = PROT_READ | PROT_EXEC, .flags = MAP_PRIVATE | MAP_FIXED};
  text.mapping = std::make_shared<page_cache>(guest.pages(), 2 * page_size);
  text.file = open_file(path);
  REQUIRE(do_mmap(guest.mm(), text).has_value());
  text.addr = VirtAddr{0x20000};
  text.prot = RW;
  text.pgoff = 1;
  REQUIRE(do_mmap(guest.mm(), text).has_value());
  mm_struct& mm = guest.mm();
  mm.start_code = VirtAddr{0x10000};
  mm.end_code = VirtAddr{0x10800};
  mm.start_brk = mm.brk = VirtAddr{0x21000};
  CHECK(do_brk(mm, VirtAddr{0x22000}) == VirtAddr{0x22000});
  REQUIRE(insert_stack(mm, TASK_SIZE, 33 * page_size, false).has_value());
  mm.start_stack = TASK_SIZE - 100;
  REQUIRE(install_vectors(mm, guest.pages().zero_page()).has_value());
}

}  // namespace

TEST_CASE("maps, character by character", "[mm][proc][maps]") {
  Guest guest;
  load_program(guest, "/bin/hello");
  guest.map(3, 0);
  guest.map(1, RW, anon_shared);
  CHECK(show_maps(guest.mm()) ==
        "00010000-00011000 r-xp 00000000 08:12 4711       /bin/hello\n"
        "00020000-00021000 rw-p 00001000 08:12 4711       /bin/hello\n"
        "00021000-00022000 rw-p 00000000 00:00 0          [heap]\n"
        "b6ffc000-b6ffd000 rw-s 00000000 00:01 0          /dev/zero (deleted)\n"
        "b6ffd000-b7000000 ---p 00000000 00:00 0 \n"
        "befdf000-bf000000 rw-p 00000000 00:00 0          [stack]\n"
        "ffff0000-ffff1000 r-xp 00000000 00:00 0          [vectors]\n");
  guest.end();
}

TEST_CASE("a path with a newline does not end the line", "[mm][proc][maps]") {
  Guest guest;
  load_program(guest, "/tmp/a\nb");
  CHECK(show_maps(guest.mm()).find("4711       /tmp/a\\012b\n") != std::string::npos);
  guest.end();
}

TEST_CASE("smaps of one VMA", "[mm][proc][smaps][S-5]") {
  Guest guest;
  const VirtAddr va = guest.map(4);
  guest.store(va);
  guest.store(page_of(va, 1));
  guest.load(page_of(va, 2));  // the zero page does not count
  const std::string flagged = show_smaps(guest.mm());
  CHECK(flagged ==
        "b6ffc000-b7000000 rw-p 00000000 00:00 0 \n"
        "Size:                 16 kB\n"
        "KernelPageSize:        4 kB\n"
        "MMUPageSize:           4 kB\n"
        "Rss:                   8 kB\n"
        "Pss:                   8 kB\n"
        "Pss_Dirty:             8 kB\n"
        "Shared_Clean:          0 kB\n"
        "Shared_Dirty:          0 kB\n"
        "Private_Clean:         0 kB\n"
        "Private_Dirty:         8 kB\n"
        "Referenced:            8 kB\n"
        "Anonymous:             8 kB\n"
        "KSM:                   0 kB\n"
        "LazyFree:              0 kB\n"
        "AnonHugePages:         0 kB\n"
        "ShmemPmdMapped:        0 kB\n"
        "FilePmdMapped:         0 kB\n"
        "Shared_Hugetlb:        0 kB\n"
        "Private_Hugetlb:       0 kB\n"
        "Swap:                  0 kB\n"
        "SwapPss:               0 kB\n"
        "Locked:                0 kB\n"
        "THPeligible:           0\n"
        "VmFlags: rd wr mr mw me ac sd \n");
  guest.clear_refs();
  CHECK(show_smaps(guest.mm()).find("VmFlags: rd wr mr mw me ac \n") != std::string::npos);
  REQUIRE(do_mlock(guest.mm(), va, page_size).has_value());
  CHECK(show_smaps(guest.mm()).find("Locked:                4 kB\n") != std::string::npos);
}

TEST_CASE("pages of two mappings are shared", "[mm][proc][smaps]") {
  Guest guest;
  const auto file = std::make_shared<page_cache>(guest.pages(), page_size);
  const VirtAddr one = guest.map_file(file, 1, RW, MAP_SHARED);
  const VirtAddr two = guest.map_file(file, 1, PROT_READ, MAP_SHARED);
  guest.store(one);
  guest.load(two);
  const std::string text = show_smaps(guest.mm());
  CHECK(text.find("Pss:                   2 kB\n") != std::string::npos);
  CHECK(text.find("Shared_Dirty:          4 kB\n") != std::string::npos);
  CHECK(text.find("VmFlags: rd wr sh mr mw me ms sd \n") != std::string::npos);
}

TEST_CASE("the memory lines of status", "[mm][proc][status]") {
  Guest guest;
  load_program(guest, "/bin/hello");
  guest.load(VirtAddr{0x10000});
  guest.store(VirtAddr{0x21000});
  guest.store(TASK_SIZE - 8);
  CHECK(show_status_mm(guest.mm()) ==
        "VmPeak:\t     144 kB\n"
        "VmSize:\t     144 kB\n"
        "VmLck:\t       0 kB\n"
        "VmPin:\t       0 kB\n"
        "VmHWM:\t      12 kB\n"
        "VmRSS:\t      12 kB\n"
        "RssAnon:\t       8 kB\n"
        "RssFile:\t       0 kB\n"
        "RssShmem:\t       4 kB\n"
        "VmData:\t       8 kB\n"
        "VmStk:\t     132 kB\n"
        "VmExe:\t       4 kB\n"
        "VmLib:\t       0 kB\n"
        "VmPTE:\t      24 kB\n"
        "VmSwap:\t       0 kB\n");
  guest.end();
}
