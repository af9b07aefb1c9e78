// What a program finds when it starts: segments, bss, stack, auxv, registers. [linux fs/binfmt_elf.c]
#include "lpaemu/kernel_model/task/exec.h"

#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"
#include "lpaemu/kernel_model/task/kuser.h"
#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::Image;
using testing::Machine;
using testing::small_image;

constexpr VirtAddr page(std::uint32_t n) { return VirtAddr{n * mmu::PAGE_SIZE}; }

/// argc, argv, envp and auxv as they stand at sp.
struct Startup {
  std::vector<std::string> argv, envp;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> auxv;
  VirtAddr end;

  [[nodiscard]] std::uint32_t at(std::uint32_t type) const {
    for (const auto& [key, value] : auxv)
      if (key == type) return value;
    FAIL("no auxv entry " << type);
    return 0;
  }
};

Startup read_startup(Machine& m) {
  Startup startup;
  VirtAddr at = m.cpu.registers.sp();
  const auto word = [&] {
    const auto value = m.get<std::uint32_t>(at);
    at += 4;
    return value;
  };
  const std::uint32_t argc = word();
  for (std::uint32_t i = 0; i < argc; ++i) startup.argv.push_back(m.peek_string(VirtAddr{word()}));
  REQUIRE(word() == 0);
  for (std::uint32_t pointer = word(); pointer != 0; pointer = word())
    startup.envp.push_back(m.peek_string(VirtAddr{pointer}));
  while (true) {
    const std::uint32_t type = word();
    const std::uint32_t value = word();
    startup.auxv.emplace_back(type, value);
    if (type == AT_NULL) break;
  }
  startup.end = at;
  return startup;
}

std::string flags_of(Machine& m, VirtAddr va) {
  const vm_area* const vma = m.mm().vma_lookup(va);
  if (vma == nullptr) return "none";
  std::string text;
  text += vma->is(VM_READ) ? 'r' : '-';
  text += vma->is(VM_WRITE) ? 'w' : '-';
  text += vma->is(VM_EXEC) ? 'x' : '-';
  return text;
}

TEST_CASE("segments are mapped with their rights and bytes", "[kernel][exec]") {
  Machine m;
  m.start();
  CHECK(flags_of(m, page(0x10)) == "r-x");
  CHECK(flags_of(m, page(0x11)) == "r-x");
  CHECK(flags_of(m, page(0x12)) == "rw-");
  CHECK(flags_of(m, page(0x13)) == "rw-");
  CHECK(flags_of(m, page(0x14)) == "none");
  CHECK(m.peek(VirtAddr{0x10000}, 4) == "xxxx");
  CHECK(m.mm().vma_lookup(page(0x12))->vm_pgoff == 2);
  CHECK(m.mm().vma_lookup(page(0x13))->anonymous());
}

TEST_CASE("bss is zero from its first byte to the end of its last page", "[kernel][exec]") {
  Machine m;
  m.start();
  CHECK(m.peek(VirtAddr{0x12bff}, 2) == std::string("d\0", 2));
  CHECK(m.peek(VirtAddr{0x12c00}, 0x400) == std::string(0x400, '\0'));
  CHECK(m.peek(VirtAddr{0x13000}, 0x1000) == std::string(0x1000, '\0'));
  CHECK(m.mm().brk == page(0x14));
  CHECK(m.mm().start_brk == page(0x14));
}

struct BssRow {
  std::uint32_t file_size, memory_size;
  bool second_page;  // there is a page at 0x13000
};
TEST_CASE("bss edges", "[kernel][exec]") {
  const auto row = GENERATE(values<BssRow>({{0xfff, 0x1000, false},   // one byte
                                            {0x1000, 0x1001, true},   // nothing to clear in the file's page
                                            {0x1000, 0x1000, false},  // none
                                            {0xc00, 0xc01, false},    // inside a page
                                            {1, 0x2000, true},
                                            {0, 0x1000, false},  // no file bytes at all
                                            {0, 0x1001, true}}));
  Machine m;
  Image image = small_image();
  image.segments[1].file_size = row.file_size;
  image.segments[1].memory_size = row.memory_size;
  m.start(image);
  CHECK((m.mm().vma_lookup(page(0x13)) != nullptr) == row.second_page);
  const std::uint32_t end = row.second_page ? 0x14000 : 0x13000;
  CHECK(m.mm().brk == VirtAddr{end});
  if (row.memory_size != row.file_size)
    CHECK(m.peek(VirtAddr{0x12000 + row.file_size}, end - 0x12000 - row.file_size) ==
          std::string(end - 0x12000 - row.file_size, '\0'));
  if (row.file_size != 0) CHECK(m.peek(VirtAddr{0x12000}, 1) == "d");
}

TEST_CASE("bss of a read-only segment is anonymous and writable; the file's page keeps its bytes", "[kernel][exec]") {
  Machine m;
  Image image = small_image();
  image.segments[1].flags = VM_READ;
  m.start(image);
  CHECK(flags_of(m, page(0x12)) == "r--");
  CHECK(flags_of(m, page(0x13)) == "rw-");
  CHECK(m.peek(VirtAddr{0x12c00}, 4) == "xxxx");
  CHECK(m.peek(VirtAddr{0x13000}, 4) == std::string(4, '\0'));
}

TEST_CASE("a segment that begins in the last page of the one before takes that page", "[kernel][exec]") {
  Machine m;
  Image image = small_image();
  image.segments[1] = {.vaddr = VirtAddr{0x11900},
                       .memory_size = 0x200,
                       .offset = 0x1900,
                       .file_size = 0x200,
                       .flags = VM_READ | VM_WRITE};
  m.start(image);
  CHECK(flags_of(m, page(0x10)) == "r-x");
  CHECK(flags_of(m, page(0x11)) == "rw-");
  CHECK(m.peek(VirtAddr{0x11000}, 4) == "xxxx");
  CHECK(m.mm().brk == page(0x12));
}

TEST_CASE("layout numbers come from the segments", "[kernel][exec]") {
  Machine m;
  m.start();
  CHECK(m.mm().start_code == VirtAddr{0x10000});
  CHECK(m.mm().end_code == VirtAddr{0x11800});
  CHECK(m.mm().start_data == VirtAddr{0x12000});
  CHECK(m.mm().end_data == VirtAddr{0x12c00});
}

TEST_CASE("the stack ends at TASK_SIZE and has room for 128 KiB more", "[kernel][exec]") {
  Machine m;
  m.start();
  const vm_area* const stack = m.mm().vma_lookup(TASK_SIZE - 1);
  REQUIRE(stack != nullptr);
  CHECK(stack->vm_end == TASK_SIZE);
  CHECK(stack->bytes() == 131072 + mmu::PAGE_SIZE);
  CHECK(stack->is(VM_GROWSDOWN | VM_READ | VM_WRITE));
  CHECK_FALSE(stack->is(VM_EXEC));
  CHECK(stack->is(VM_SOFTDIRTY));
  CHECK(m.peek(TASK_SIZE - 4, 4) == std::string(4, '\0'));
  CHECK(m.peek_string(TASK_SIZE - 4 - 10) == "/bin/prog");
}

TEST_CASE("arguments, environment and auxv stand at a 16-byte aligned sp", "[kernel][exec]") {
  const auto extra = GENERATE(0U, 1U, 2U, 3U, 17U);
  Machine m{1000};
  std::vector<std::string> argv{"prog", "", "two words"};
  std::vector<std::string> envp{"A=1", "LONG=" + std::string(5000, 'v')};
  for (unsigned i = 0; i < extra; ++i) argv.emplace_back(i, 'a');
  m.start(small_image(), argv, envp);
  CHECK(m.cpu.registers.sp().raw() % 16 == 0);
  const Startup startup = read_startup(m);
  CHECK(startup.argv == argv);
  CHECK(startup.envp == envp);
  CHECK(m.mm().start_stack == m.cpu.registers.sp());
  CHECK(m.peek_string(m.mm().arg_start) == "prog");
  CHECK(m.peek_string(m.mm().env_start) == "A=1");
  CHECK(m.mm().env_end - m.mm().env_start == 4 + 5006);
  CHECK(m.mm().env_start == m.mm().arg_end);
}

TEST_CASE("auxv has Linux's entries in Linux's order", "[kernel][exec]") {
  Machine m{1000};
  m.start();
  const Startup startup = read_startup(m);
  std::vector<std::uint32_t> order;
  for (const auto& [type, value] : startup.auxv) order.push_back(type);
  CHECK(order == std::vector<std::uint32_t>{16, 6, 17, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 23, 25, 26, 31, 15, 0});
  CHECK(startup.at(AT_HWCAP) == 0x3fb0d6);
  CHECK(startup.at(AT_PAGESZ) == 4096);
  CHECK(startup.at(AT_CLKTCK) == 100);
  CHECK(startup.at(AT_PHDR) == 0x10034);
  CHECK(startup.at(AT_PHENT) == 32);
  CHECK(startup.at(AT_PHNUM) == 3);
  CHECK(startup.at(AT_BASE) == 0);
  CHECK(startup.at(AT_ENTRY) == 0x10000);
  CHECK(startup.at(AT_UID) == 1000);
  CHECK(startup.at(AT_EGID) == 1000);
  CHECK(startup.at(AT_SECURE) == 0);
  CHECK(m.peek_string(VirtAddr{startup.at(AT_EXECFN)}) == "/bin/prog");
  CHECK(m.peek_string(VirtAddr{startup.at(AT_PLATFORM)}) == "v7l");
  CHECK(m.peek(VirtAddr{startup.at(AT_RANDOM)}, 16) != std::string(16, '\0'));
  // /proc/PID/auxv shows the same words.
  REQUIRE(m.task().auxv.size() == 2 * startup.auxv.size());
  CHECK(m.task().auxv[1] == 0x3fb0d6);
}

TEST_CASE("no argument at all becomes an empty argv[0]", "[kernel][exec]") {
  Machine m;
  m.start(small_image(), {}, {});
  CHECK(read_startup(m).argv == std::vector<std::string>{""});
}

TEST_CASE("registers are zero but for pc, sp and the mode", "[kernel][exec]") {
  const auto thumb = GENERATE(0U, 1U);
  Machine m;
  Image image = small_image();
  image.entry = VirtAddr{0x10100 + thumb};
  m.cpu.registers.r.fill(0x55555555);
  m.start(image);
  CHECK(m.cpu.registers.pc() == VirtAddr{0x10100});
  CHECK(m.cpu.registers.thumb() == (thumb != 0));
  CHECK(m.cpu.registers.cpsr.raw() == (thumb != 0 ? 0x30U : 0x10U));
  for (std::size_t i = 0; i < 13; ++i) CHECK(m.cpu.registers.r[i] == 0);
  CHECK(m.cpu.registers.lr() == VirtAddr{});
  CHECK(m.cpu.ttbr0 == m.mm().ttbr0());
  CHECK(m.cpu.tls == 0);
}

TEST_CASE("a static PIE goes below mmap_base and its heap to ELF_ET_DYN_BASE", "[kernel][exec]") {
  Machine m;
  Image image = small_image();
  image.position_independent = true;
  image.entry = VirtAddr{0x101};
  for (ProgramSegment& segment : image.segments) segment.vaddr = segment.vaddr - 0x10000;
  m.start(image);
  const std::uint32_t bias = 0xb7000000 - 0x4000;
  CHECK(m.cpu.registers.pc() == VirtAddr{bias + 0x100});
  CHECK(m.cpu.registers.thumb());
  CHECK(flags_of(m, VirtAddr{bias}) == "r-x");
  CHECK(flags_of(m, VirtAddr{bias + 0x3000}) == "rw-");
  CHECK(m.mm().start_code == VirtAddr{bias});
  CHECK(m.mm().start_brk == ELF_ET_DYN_BASE);
  const Startup startup = read_startup(m);
  CHECK(startup.at(AT_ENTRY) == bias + 0x101);
  CHECK(startup.at(AT_PHDR) == bias + 52);
  CHECK(m.peek(VirtAddr{bias + 0x2c00}, 4) == std::string(4, '\0'));
}

TEST_CASE("a static PIE keeps the alignment that a segment asks for", "[kernel][exec]") {
  Machine m;
  Image image = small_image();
  image.position_independent = true;
  for (ProgramSegment& segment : image.segments) segment.vaddr = segment.vaddr - 0x10000;
  Program program = m.program_of(image);
  program.alignment = 0x10000;
  program.entry = VirtAddr{0};
  REQUIRE(m.kernel.start(program, {"prog"}, {}, "/").has_value());
  CHECK(m.cpu.registers.pc().raw() % 0x10000 == 0);
  CHECK(m.cpu.registers.pc() < VirtAddr{0xb7000000});
  CHECK(m.mm().vmas().size() == 5);  // text, data, bss, sigpage, stack: nothing is left of the search
}

TEST_CASE("holes between segments stay unmapped", "[kernel][exec]") {
  Machine m;
  Image image = small_image();
  image.segments[1].vaddr = VirtAddr{0x20000};
  m.start(image);
  CHECK(flags_of(m, page(0x11)) == "r-x");
  CHECK(flags_of(m, page(0x12)) == "none");
  CHECK(flags_of(m, page(0x1f)) == "none");
  CHECK(flags_of(m, page(0x20)) == "rw-");
}

struct BadRow {
  ProgramSegment segment;
  Errno error;
};
TEST_CASE("a program that cannot be mapped is refused, and nothing is left behind", "[kernel][exec]") {
  const auto row = GENERATE(values<BadRow>({
      {{VirtAddr{0xbf000000}, 0x1000, 0, 0x1000, VM_READ}, Errno::enoexec},  // beyond user space
      {{VirtAddr{0xbefff000}, 0x1001, 0, 0x1000, VM_READ}, Errno::enoexec},  // crosses its end
      {{VirtAddr{0xbeff0000}, 0x1000, 0, 0x1000, VM_READ}, Errno::enoexec},  // where the stack is
      {{VirtAddr{0x10000}, 0xfffff000, 0, 0x1000, VM_READ}, Errno::enoexec},
      {{VirtAddr{0x10000}, 0x1000, 0, 0x1001, VM_READ}, Errno::enoexec},  // file part larger
      {{VirtAddr{0x10000}, 0, 0, 0, VM_READ}, Errno::enoexec},
      {{VirtAddr{0x10004}, 0x1000, 0, 0x1000, VM_READ}, Errno::enoexec},  // not congruent
  }));
  Machine m;
  const std::uint64_t before = m.kernel.pages().free_pages();
  {
    Image image = small_image();
    image.segments = {row.segment};
    const auto started = m.kernel.start(m.program_of(image), {"prog"}, {}, "/");
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error() == row.error);
  }
  // The kuser page and the sigpage stay for the next program.
  CHECK(m.kernel.pages().free_pages() == before - 2);
}

TEST_CASE("no segment at all is no program", "[kernel][exec]") {
  Machine m;
  Image image = small_image();
  image.segments.clear();
  CHECK(m.kernel.start(m.program_of(image), {"prog"}, {}, "/").error() == Errno::enoexec);
}

TEST_CASE("a bss larger than RAM is refused, a large one never touched", "[kernel][exec]") {
  Machine m;
  Image image = small_image();
  SECTION("larger") {
    image.segments[1].memory_size = 0xa0000000;
    CHECK(m.kernel.start(m.program_of(image), {"prog"}, {}, "/").error() == Errno::enomem);
  }
  SECTION("large") {
    image.segments[1].memory_size = Machine::default_ram / 2;
    m.start(image);
    CHECK(m.mm().rss.total() < 16);
  }
}

TEST_CASE("too long arguments are E2BIG", "[kernel][exec]") {
  Machine m;
  const Program program = m.program_of(small_image());
  SECTION("a string of 128 KiB") {
    CHECK(m.kernel.start(program, {std::string(131072, 'a')}, {}, "/").error() == Errno::e2big);
  }
  SECTION("one byte less is fine") {
    CHECK(m.kernel.start(program, {std::string(131071, 'a')}, {}, "/").has_value());
    CHECK(read_startup(m).argv[0].size() == 131071);
  }
  SECTION("2 MiB in all, a quarter of the stack's limit") {
    const std::vector<std::string> many(32, std::string(65535, 'a'));
    CHECK(m.kernel.start(program, many, {}, "/").error() == Errno::e2big);
  }
  SECTION("pointers count") {
    const std::vector<std::string> many(600000, "");
    CHECK(m.kernel.start(program, many, {}, "/").error() == Errno::e2big);
  }
  SECTION("1.9 MiB") {
    const std::vector<std::string> many(30, std::string(65535, 'a'));
    CHECK(m.kernel.start(program, {"prog"}, many, "/").has_value());
    CHECK(read_startup(m).envp.size() == 30);
    m.audit();
  }
}

/// Starts a program in so little memory; the answer must be ENOMEM, or none.
bool starts_in(std::uint64_t pages) {
  Machine m{0, pages * mmu::PAGE_SIZE};
  Image image = small_image();
  Program program;
  program.path = "/bin/prog";
  program.contents = std::make_shared<page_cache>(m.kernel.pages(), 0x3000);
  program.segments = image.segments;
  const auto started = m.kernel.start(program, {"prog"}, {}, "/");
  CHECK((started || started.error() == Errno::enomem));
  return started.has_value();
}

TEST_CASE("too little memory is ENOMEM, from the first page to the last that is needed", "[kernel][exec]") {
  std::uint64_t needed = 1;
  while (needed < 64 && !starts_in(needed)) ++needed;
  CAPTURE(needed);
  // The page tables, the stack, the kuser page and [sigpage] alone are more than eight; a program as small as this one
  // needs few more.
  CHECK(needed > 8);
  CHECK(needed < 40);
  CHECK(starts_in(needed + 1));
}

TEST_CASE("a bad working directory is an error of its own", "[kernel][exec]") {
  Machine m;
  const Program program = m.program_of(small_image());
  CHECK(m.kernel.start(program, {"prog"}, {}, "/nowhere").error() == Errno::enoent);
  CHECK(m.kernel.start(program, {"prog"}, {}, "/dev/null").error() == Errno::enotdir);
  CHECK(m.kernel.start(program, {"prog"}, {}, "/tmp").has_value());
  CHECK(m.task().cwd.text == "/tmp");
}

TEST_CASE("the kuser page is mapped global, read-only and executable", "[kernel][exec][P-58]") {
  Machine m;
  m.start();
  const mmu::Pte pte = m.mm().pte_at(vectors_base);
  CHECK(mmu::leaf::OA.with(pte, Pfn{0}).raw() == 0x04800000000007df);
  const auto words = [&](std::uint32_t offset) {
    std::uint32_t word = 0;
    std::memcpy(&word, m.kernel.pages().bytes(pte_pfn(pte)).data() + offset, sizeof word);
    return word;
  };
  CHECK(words(0) == 0xe7fddef1);
  CHECK(words(0xffc) == 5);
  CHECK(words(0xfe0) == 0xee1d0f70);  // mrc p15, 0, r0, c13, c0, 3
  CHECK(words(0xfe4) == 0xe12fff1e);
  CHECK(words(0xfa0) == 0xf57ff05b);  // dmb ish
  CHECK(words(0xff0) == 0);
}

TEST_CASE("[sigpage] lies in the mmap area when there is no room behind the stack", "[kernel][exec][P-60]") {
  Machine m;
  m.start();
  const vm_area* const vma = m.mm().vma_lookup(VirtAddr{0xb6fff000});
  REQUIRE(vma != nullptr);
  CHECK(vma->name == "[sigpage]");
  CHECK(vma->bytes() == mmu::PAGE_SIZE);
  CHECK(flags_of(m, vma->vm_start) == "r-x");
  CHECK(vma->is(VM_MAYWRITE));
  CHECK(m.get<std::uint32_t>(vma->vm_start) == 0xe3a07077);                                       // mov r7, #119
  CHECK(m.get<std::uint16_t>(vma->vm_start + std::uint32_t(SigreturnCode::thumb_rt)) == 0x27ad);  // movs r7, #173
}

TEST_CASE("no PT_GNU_STACK makes what is readable executable", "[kernel][exec][P-51]") {
  Machine m;
  Program program = m.program_of(small_image());
  program.read_implies_exec = true;
  program.executable_stack = true;
  REQUIRE(m.kernel.start(program, {"prog"}, {}, "/").has_value());
  CHECK(flags_of(m, page(0x12)) == "rwx");
  CHECK(flags_of(m, page(0x13)) == "rwx");
  CHECK(flags_of(m, TASK_SIZE - 1) == "rwx");
  CHECK((m.task().personality & READ_IMPLIES_EXEC) != 0);
}

TEST_CASE("the first task", "[kernel][exec]") {
  Machine m{1000};
  m.start();
  CHECK(m.task().comm == "prog");
  CHECK(m.task().exe == "/bin/prog");
  CHECK(m.task().files->open_fds() == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(m.kernel.find(m.task().pid) == &m.task());
  CHECK(m.kernel.pids() == std::vector<std::int32_t>{1});
  CHECK_FALSE(m.kernel.exited());
}

}  // namespace
}  // namespace lpaemu::kernel
