// The arguments of the memory calls; what they do is tested with mm.
#include <catch2/generators/catch_generators.hpp>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::bad_pointer;
using testing::failed;
using testing::Machine;

constexpr std::uint32_t rw = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS, no_fd = 0xffffffff;

VirtAddr address(std::int32_t result) {
  REQUIRE_FALSE(is_error_result(static_cast<std::uint32_t>(result)));
  return VirtAddr{static_cast<std::uint32_t>(result)};
}

TEST_CASE("mmap2 of anonymous memory", "[kernel][sys_mmap2]") {
  Machine m;
  m.start();
  const VirtAddr start = address(m.call(nr::mmap2, {0, 5000, rw, anon, no_fd, 0}));
  CHECK(start.is_page_aligned());
  m.poke(start + 8188, "end");
  CHECK(m.call(nr::mmap2, {0, 0, rw, anon, no_fd, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::mmap2, {0, 4096, rw, MAP_ANONYMOUS, no_fd, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::mmap2, {0x10001, 4096, rw, anon | MAP_FIXED, no_fd, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::mmap2, {0, 0xc0000000, rw, anon, no_fd, 0}) == failed(Errno::enomem));
  CHECK(m.call(nr::mmap2, {0, 4096, rw, anon | MAP_HUGETLB, no_fd, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::mmap2, {start.raw(), 4096, rw, anon | MAP_FIXED_NOREPLACE, no_fd, 0}) == failed(Errno::eexist));
}

TEST_CASE("mmap2 of a file: the offset is in pages", "[kernel][sys_mmap2]") {
  Machine m;
  m.start();
  const std::uint32_t fd = m.file("first");
  CHECK(m.call(nr::pwrite64, {fd, m.string("second"), 6, 0, 4096, 0}) == 6);
  const VirtAddr start = address(m.call(nr::mmap2, {0, 4096, PROT_READ, MAP_PRIVATE, fd, 1}));
  CHECK(m.peek(start, 6) == "second");
  const VirtAddr shared = address(m.call(nr::mmap2, {0, 4096, rw, MAP_SHARED, fd, 0}));
  m.poke(shared, "FIRST");
  const VirtAddr buffer = m.map();
  CHECK(m.call(nr::pread64, {fd, buffer.raw(), 5, 0, 0, 0}) == 5);
  CHECK(m.peek(buffer, 5) == "FIRST");
}

TEST_CASE("rights of the descriptor limit a mapping", "[kernel][sys_mmap2]") {
  Machine m;
  m.start();
  const std::uint32_t name = m.string("/tmp/f");
  const auto both = static_cast<std::uint32_t>(m.call(nr::open, {name, O_CREAT | O_RDWR, 0600}));
  CHECK(m.call(nr::ftruncate, {both, 4096}) == 0);
  const auto reader = static_cast<std::uint32_t>(m.call(nr::open, {name, O_RDONLY}));
  const auto writer = static_cast<std::uint32_t>(m.call(nr::open, {name, O_WRONLY}));
  const auto path = static_cast<std::uint32_t>(m.call(nr::open, {name, O_PATH}));
  CHECK(m.call(nr::mmap2, {0, 4096, rw, MAP_SHARED, reader, 0}) == failed(Errno::eacces));
  CHECK(m.call(nr::mmap2, {0, 4096, PROT_READ, MAP_SHARED, writer, 0}) == failed(Errno::eacces));
  CHECK(m.call(nr::mmap2, {0, 4096, PROT_READ, MAP_PRIVATE, path, 0}) == failed(Errno::ebadf));
  CHECK(m.call(nr::mmap2, {0, 4096, PROT_READ, MAP_PRIVATE, 77, 0}) == failed(Errno::ebadf));
  CHECK(m.call(nr::mmap2, {0, 4096, PROT_READ, MAP_PRIVATE, 0, 0}) == failed(Errno::enodev));
  const VirtAddr shared = address(m.call(nr::mmap2, {0, 4096, PROT_READ, MAP_SHARED, reader, 0}));
  CHECK(m.call(nr::mprotect, {shared.raw(), 4096, rw}) == failed(Errno::eacces));
  const VirtAddr own = address(m.call(nr::mmap2, {0, 4096, rw, MAP_PRIVATE, reader, 0}));
  m.poke(own, "private");
}

TEST_CASE("brk grows, shrinks and never fails", "[kernel][sys_brk]") {
  Machine m;
  m.start();
  const VirtAddr start = address(m.call(nr::brk, {0}));
  CHECK(start == m.mm().start_brk);
  CHECK(address(m.call(nr::brk, {start.raw() + 10000})) == start + 10000);
  m.poke(start + 9999, "x");
  CHECK(address(m.call(nr::brk, {start.raw() + 1})) == start + 1);
  CHECK(address(m.call(nr::brk, {0xbeffffff})) == start + 1);
  CHECK(address(m.call(nr::brk, {start.raw() - 1})) == start + 1);
  m.audit();
}

struct MsyncRow {
  std::uint32_t offset, bytes, flags;
  std::int32_t result;
};
TEST_CASE("msync checks flags and range", "[kernel][sys_msync]") {
  const auto row = GENERATE(values<MsyncRow>({{0, 4096, 4, 0},
                                              {0, 3 * 4096, 4, failed(Errno::enomem)},  // a hole in the middle
                                              {4096, 4096, 4, failed(Errno::enomem)},
                                              {0, 0, 4, 0},
                                              {1, 4096, 4, failed(Errno::einval)},
                                              {0, 4096, 5, failed(Errno::einval)},  // async and sync
                                              {0, 4096, 8, failed(Errno::einval)},
                                              {0, 0xffffffff, 4, 0},  // rounds up to nothing
                                              {0, 0xfffff000, 4, failed(Errno::enomem)}}));
  Machine m;
  m.start();
  const VirtAddr start = m.map(3);
  REQUIRE(m.call(nr::munmap, {start.raw() + 4096, 4096}) == 0);
  CAPTURE(row.offset, row.bytes, row.flags);
  CHECK(m.call(nr::msync, {start.raw() + row.offset, row.bytes, row.flags}) == row.result);
}

TEST_CASE("mlock2 knows one flag", "[kernel][sys_mlock2]") {
  Machine m;
  m.start();
  const VirtAddr start = m.map();
  CHECK(m.call(nr::mlock2, {start.raw(), 4096, 2}) == failed(Errno::einval));
  CHECK(m.call(nr::mlock2, {start.raw(), 4096, 0}) == 0);
  CHECK(m.mm().locked_vm == 1);
  CHECK(m.call(nr::munlock, {start.raw(), 4096}) == 0);
  CHECK(m.call(nr::mlock2, {start.raw(), 4096, 1}) == 0);
  CHECK(m.mm().vma_lookup(start)->is(VM_LOCKED | VM_LOCKONFAULT));
  CHECK(m.call(nr::mlock, {bad_pointer, 4096}) == failed(Errno::enomem));
}

TEST_CASE("madvise, mremap, mincore and mprotect reach mm", "[kernel][sys_madvise][sys_mremap][sys_mincore]") {
  Machine m;
  m.start();
  const VirtAddr start = m.map(2), vec = m.map();
  m.poke(start, "x");
  CHECK(m.call(nr::mincore, {start.raw(), 8192, vec.raw()}) == 0);
  CHECK(m.peek(vec, 2) == std::string("\1\0", 2));
  CHECK(m.call(nr::mincore, {start.raw(), 4096, bad_pointer}) == failed(Errno::efault));
  CHECK(m.call(nr::madvise, {start.raw(), 4096, 4}) == 0);
  CHECK(m.peek(start, 1) == std::string(1, '\0'));
  CHECK(m.call(nr::madvise, {start.raw(), 4096, 999}) == failed(Errno::einval));
  m.poke(start, "moved");
  const VirtAddr moved = address(m.call(nr::mremap, {start.raw(), 8192, 32 * 4096, 1, 0}));
  CHECK(m.peek(moved, 5) == "moved");
  CHECK(m.call(nr::mprotect, {moved.raw(), 4096, 0x80}) == failed(Errno::einval));
  CHECK(m.call(nr::mprotect, {moved.raw() + 1, 4096, 1}) == failed(Errno::einval));
}

TEST_CASE("cacheflush tells the CPU about every page of the range", "[kernel][sys_cacheflush]") {
  Machine m;
  m.start();
  const VirtAddr start = m.map(3);
  m.poke(start, "code");
  m.poke(start + 8192, "code");
  m.cpu.modified.clear();
  CHECK(m.call(nr::cacheflush, {start.raw() + 100, start.raw() + 8193, 0}) == 0);
  CHECK(m.cpu.modified == std::vector{pte_pfn(m.mm().pte_at(start)), pte_pfn(m.mm().pte_at(start + 8192))});
  CHECK(m.call(nr::cacheflush, {start.raw(), start.raw() - 1, 0}) == failed(Errno::einval));
  CHECK(m.call(nr::cacheflush, {start.raw(), start.raw() + 1, 1}) == failed(Errno::einval));
  CHECK(m.call(nr::cacheflush, {bad_pointer, bad_pointer + 1, 0}) == failed(Errno::efault));
  CHECK(m.call(nr::cacheflush, {0, 0xc0000000, 0}) == failed(Errno::efault));
}

TEST_CASE("READ_IMPLIES_EXEC", "[kernel][sys_mmap2][sys_mprotect][sys_personality]") {
  Machine m;
  m.start();
  CHECK(m.call(nr::personality, {0xffffffff}) == static_cast<std::int32_t>(ADDR_LIMIT_32BIT));
  CHECK(m.call(nr::personality, {ADDR_LIMIT_32BIT | READ_IMPLIES_EXEC}) == static_cast<std::int32_t>(ADDR_LIMIT_32BIT));
  const VirtAddr start = address(m.call(nr::mmap2, {0, 4096, rw, anon, no_fd, 0}));
  CHECK(m.mm().vma_lookup(start)->is(VM_EXEC));
  CHECK(m.call(nr::mprotect, {start.raw(), 4096, 0}) == 0);
  CHECK_FALSE(m.mm().vma_lookup(start)->is(VM_EXEC));
}

}  // namespace
}  // namespace lpaemu::kernel
