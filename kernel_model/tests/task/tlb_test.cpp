// What a lost TLB invalidation does behind system calls. The program has read all of its memory before each call.
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/soft_dirty.h"
#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::Machine;

constexpr std::uint32_t page_size = mmu::PAGE_SIZE, rw = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr std::uint32_t MADV_DONTNEED = 4, no_fd = 0xffffffff;
constexpr std::uint32_t pages = 3;

/// Three pages that were written, and a page of a file, shared and written.
struct Scene {
  explicit Scene(Machine& machine) : m{machine} {
    m.start();
    va = m.map(pages);
    m.poke(va, std::string(pages * page_size, 'x'));
    fd = m.file(std::string(page_size, 'f'));
    shared = VirtAddr{static_cast<std::uint32_t>(m.call(nr::mmap2, {0, page_size, rw, MAP_SHARED, fd, 0}))};
    m.poke(shared, "shared");
  }
  /// A call that must succeed.
  void call(std::uint32_t number, std::initializer_list<std::uint32_t> args) {
    REQUIRE_FALSE(is_error_result(static_cast<std::uint32_t>(m.call(number, args))));
  }
  std::uint32_t open(std::string_view path, std::uint32_t flags) {
    const std::int32_t opened = m.call(nr::open, {m.string(path), flags});
    REQUIRE(opened >= 0);
    return static_cast<std::uint32_t>(opened);
  }

  Machine& m;
  VirtAddr va, shared;
  std::uint32_t fd = 0;
};

struct Row {
  std::string_view name;
  void (*call)(Scene& scene);
};

constexpr std::array rows{
    Row{"munmap", [](Scene& s) { s.call(nr::munmap, {s.va.raw(), pages * page_size}); }},
    Row{"munmap, a page", [](Scene& s) { s.call(nr::munmap, {s.va.raw(), page_size}); }},
    Row{"mprotect", [](Scene& s) { s.call(nr::mprotect, {s.va.raw(), pages * page_size, PROT_READ}); }},
    Row{"mprotect, a page to none", [](Scene& s) { s.call(nr::mprotect, {s.va.raw(), page_size, 0}); }},
    Row{"mmap2 over it", [](Scene& s) { s.call(nr::mmap2, {s.va.raw(), page_size, rw, anon | MAP_FIXED, no_fd, 0}); }},
    Row{"mremap", [](Scene& s) { s.call(nr::mremap, {s.va.raw(), pages * page_size, 32 * page_size, 1, 0}); }},
    Row{"madvise", [](Scene& s) { s.call(nr::madvise, {s.va.raw(), page_size, MADV_DONTNEED}); }},
    Row{"ftruncate", [](Scene& s) { s.call(nr::ftruncate, {s.fd, 0}); }},
};

bool soft_dirty(Machine& m, VirtAddr va) { return pagemap::SOFT_DIRTY.get(pagemap_entry(m.mm(), va, ShowPfn::no)); }

/// What a store by the kernel may meet in this TLB. Pretend: the model's own stores walk the tables afresh, those of a
/// CPU go through its TLB.
std::vector<mmu::Tlb::Result> kernel_store(Machine& m, VirtAddr va) {
  return m.cpu.tlb().outcomes(m.mm().memory(), m.mm().regime(), va, mmu::Access::write, mmu::Privilege::pl1);
}

TEST_CASE("each system call that takes something away is noticed without its TLBI", "[kernel][syscalls][tlb][M-56]") {
  const Row row = GENERATE(from_range(rows));
  const bool lost = GENERATE(false, true);
  CAPTURE(row.name, lost);
  Machine m;
  Scene scene{m};
  m.audits_tlb = !lost;
  if (lost) m.cpu.lose_tlbi();
  row.call(scene);
  CHECK(m.stale_translations().empty() == !lost);
}

TEST_CASE("brk that shrinks is noticed without its TLBI", "[kernel][sys_brk][tlb][M-56]") {
  const bool lost = GENERATE(false, true);
  Machine m;
  m.start();
  const auto start = static_cast<std::uint32_t>(m.call(nr::brk, {0}));
  REQUIRE(m.call(nr::brk, {start + 2 * page_size}) == static_cast<std::int32_t>(start + 2 * page_size));
  m.poke(VirtAddr{start}, std::string(2 * page_size, 'x'));
  m.audits_tlb = !lost;
  if (lost) m.cpu.lose_tlbi();
  REQUIRE(m.call(nr::brk, {start + page_size}) == static_cast<std::int32_t>(start + page_size));
  CHECK(m.stale_translations().empty() == !lost);
}

TEST_CASE("a store by read(2) after clear_refs is lost if the TLBI of clear_refs is",
          "[kernel][sys_read][tlb][M-56][P-54]") {
  const bool lost = GENERATE(false, true);
  CAPTURE(lost);
  Machine m;
  Scene scene{m};
  const std::uint32_t clear_refs = scene.open("/proc/self/clear_refs", O_WRONLY), four = m.string("4");
  m.audits_tlb = !lost;
  if (lost) m.cpu.lose_tlbi();
  REQUIRE(m.call(nr::write, {clear_refs, four, 1}) == 1);
  REQUIRE_FALSE(soft_dirty(m, scene.va));
  CHECK(m.stale_translations().empty() == !lost);

  const auto allowed = kernel_store(m, scene.va);
  CHECK(allowed.size() == (lost ? 2 : 1));  // the second: the page is written, nobody marks it
  REQUIRE_FALSE(allowed.front());
  CHECK(mmu::fsr_word(allowed.front().error()) == 0xa0f);

  m.cpu.tlbiall();
  m.audits_tlb = true;
  REQUIRE(m.call(nr::read, {scene.fd, scene.va.raw(), 5}) == 5);
  CHECK(m.peek(scene.va, 5) == "share");
  CHECK(soft_dirty(m, scene.va));
}

TEST_CASE("read(2) into an untouched page takes the zero page out of the TLB", "[kernel][sys_read][tlb][M-59]") {
  const bool lost = GENERATE(false, true);
  CAPTURE(lost);
  Machine m;
  Scene scene{m};
  const VirtAddr fresh = m.map();
  REQUIRE(m.peek(fresh, 1) == std::string(1, '\0'));  // the zero page is mapped
  m.audits_tlb = !lost;
  if (lost) m.cpu.lose_tlbi();
  REQUIRE(m.call(nr::read, {scene.fd, fresh.raw(), 5}) == 5);
  CHECK(m.stale_translations().empty() == !lost);
}

}  // namespace
}  // namespace lpaemu::kernel
