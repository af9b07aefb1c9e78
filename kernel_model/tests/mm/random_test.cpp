// Random sequences of calls and accesses against a model that is too simple to be wrong: one record a page.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <map>
#include <random>
#include <vector>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

namespace {

constexpr std::int32_t MADV_DONTNEED = 4, MADV_FREE = 8, MADV_POPULATE_READ = 22, MADV_POPULATE_WRITE = 23;
constexpr VirtAddr arena{0x10000000};
constexpr std::uint32_t arena_pages = 48;

/// What a page should be. `reported` is a lower bound in documented mode: more may read soft-dirty, never less.
struct ModelPage {
  bool mapped = false;
  bool shared = false;
  std::uint32_t prot = 0;
  std::uint8_t byte = 0;
  bool written = false;    // since the last clear: must read soft-dirty
  bool fresh = false;      // mapped or grown since the last clear: must read soft-dirty
  std::uint32_t file = 0;  // which shared mapping, and the page of it: aliases share their bytes
  std::uint32_t file_page = 0;
};

class Fuzz {
 public:
  Fuzz(std::uint32_t seed, SoftDirtyMode mode) : random_{seed}, guest_{mode}, mode_{mode} {}

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      do_something();
      guest_.audit();
      if (step % 16 == 0) check_all();
    }
    check_all();
  }

 private:
  using Files = std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint8_t>;

  std::uint32_t pick(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>{0, below - 1}(random_);
  }
  std::uint32_t pick_prot() { return std::array{0U, std::uint32_t{PROT_READ}, RW, RW, RW, RW | PROT_EXEC}[pick(6)]; }
  struct Part {
    std::uint32_t first, count;
  };
  Part pick_part(std::uint32_t longest = 8) {
    const std::uint32_t first = pick(arena_pages);
    return {first, 1 + pick(std::min(longest, arena_pages - first))};
  }
  [[nodiscard]] static VirtAddr va(std::uint32_t page) { return page_of(arena, page); }
  /// A mapping that mremap has grown reaches beyond its file: SIGBUS there.
  [[nodiscard]] bool beyond_file(const ModelPage& page) const {
    return page.shared && page.file_page >= file_pages_.at(page.file);
  }
  std::uint8_t& byte_of(ModelPage& page) { return page.shared ? files_[{page.file, page.file_page}] : page.byte; }

  void do_something() {
    switch (pick(12)) {
      case 0: return map();
      case 1: return unmap();
      case 2: return protect();
      case 3: return remap();
      case 4: return advise();
      case 5: return clear();
      case 6: return kernel_store();
      case 7:
      case 8: return load();
      default: return store();
    }
  }

  void map() {
    const Part part = pick_part();
    const bool shared = pick(4) == 0;
    const std::uint32_t prot = pick_prot();
    guest_.map(part.count, prot, (shared ? anon_shared : anon_private) | MAP_FIXED, va(part.first));
    const auto file = static_cast<std::uint32_t>(file_pages_.size());
    file_pages_.push_back(part.count);
    for (std::uint32_t i = 0; i < part.count; ++i) {
      pages_[part.first + i] = {.mapped = true, .shared = shared, .prot = prot, .fresh = true};
      pages_[part.first + i].file = file;
      pages_[part.first + i].file_page = i;
    }
  }

  void unmap() {
    const Part part = pick_part();
    guest_.unmap(va(part.first), part.count);
    for (std::uint32_t i = 0; i < part.count; ++i) pages_[part.first + i] = {};
  }

  void protect() {
    const Part part = pick_part();
    const std::uint32_t prot = pick_prot();
    const bool done = do_mprotect(guest_.mm(), va(part.first), part.count * page_size, prot).has_value();
    bool all = true;
    for (std::uint32_t i = 0; i < part.count && all; ++i) {
      ModelPage& page = pages_[part.first + i];
      all = page.mapped;
      if (all) page.prot = prot;
    }
    REQUIRE(done == all);
  }

  void remap() {
    const Part from = pick_part(4);
    const std::uint32_t new_count = 1 + pick(6);
    const std::uint32_t to = pick(arena_pages - new_count);
    const bool overlap = to < from.first + from.count && from.first < to + new_count;
    const auto moved = do_mremap(guest_.mm(), va(from.first), from.count * page_size, new_count * page_size,
                                 MREMAP_MAYMOVE | MREMAP_FIXED, va(to));
    if (overlap && pages_[from.first].mapped) {
      REQUIRE(moved == unexpected(Errno::einval));
      return;
    }
    std::vector<ModelPage> source(pages_.begin() + from.first, pages_.begin() + from.first + from.count);
    if (!source[0].mapped) {
      REQUIRE(moved == unexpected(Errno::efault));
      return;
    }
    // The target goes first, then what shrinking cuts off, whatever happens after that. [linux mm/mremap.c:mremap_to]
    for (std::uint32_t i = 0; i < new_count; ++i) pages_[to + i] = {};
    for (std::uint32_t i = new_count; i < from.count; ++i) pages_[from.first + i] = {};
    if (!moved) {  // the range crosses VMAs
      REQUIRE(moved.error() == Errno::efault);
      return;
    }
    for (std::uint32_t i = 0; i < new_count; ++i) {
      ModelPage& page = pages_[to + i];
      const bool grown = i >= from.count;
      page = grown ? source[0] : source[i];
      if (grown) page.byte = 0;
      if (grown) page.fresh = mode_ == SoftDirtyMode::documented;
      if (grown) page.written = false;
      page.file_page = source[0].file_page + i;
    }
    for (std::uint32_t i = 0; i < from.count; ++i) pages_[from.first + i] = {};
  }

  void advise() {
    const Part part = pick_part();
    const std::int32_t advice = std::array{MADV_DONTNEED, MADV_FREE, MADV_POPULATE_READ, MADV_POPULATE_WRITE}[pick(4)];
    const bool done = do_madvise(guest_.mm(), va(part.first), part.count * page_size, advice).has_value();
    for (std::uint32_t i = 0; i < part.count; ++i) {
      ModelPage& page = pages_[part.first + i];
      if (advice == MADV_DONTNEED && page.mapped) {
        if (!page.shared) page.byte = 0;
        page.written = false;
      }
      if (advice == MADV_POPULATE_WRITE && done) page.written = true;
    }
  }

  void clear() {
    guest_.clear_refs();
    for (ModelPage& page : pages_) page.written = page.fresh = false;
  }

  void store() {
    const std::uint32_t i = pick(arena_pages);
    ModelPage& page = pages_[i];
    const auto value = static_cast<std::uint8_t>(1 + pick(255));
    const Outcome outcome = guest_.store(va(i), value);
    expect_access(outcome, page, (page.prot & PROT_WRITE) != 0);
    if (!outcome.done) return;
    byte_of(page) = value;
    page.written = true;
  }

  void kernel_store() {
    const std::uint32_t i = pick(arena_pages);
    ModelPage& page = pages_[i];
    const std::byte value{static_cast<std::uint8_t>(1 + pick(255))};
    const bool done = copy_to_user(guest_.mm(), va(i), {&value, 1}) == 0;
    const bool allowed = page.mapped && (page.prot & PROT_WRITE) != 0;
    REQUIRE(done == (allowed && !beyond_file(page)));
    if (!done) return;
    byte_of(page) = std::to_integer<std::uint8_t>(value);
    page.written = true;
  }

  void load() {
    const std::uint32_t i = pick(arena_pages);
    ModelPage& page = pages_[i];
    std::byte value{};
    const Outcome outcome = guest_.load(va(i), &value);
    expect_access(outcome, page, page.prot != 0);
    if (outcome.done) REQUIRE(value == std::byte{byte_of(page)});
  }

  void expect_access(const Outcome& outcome, const ModelPage& page, bool allowed) {
    if (!page.mapped) {
      REQUIRE(outcome.last() == Verdict::segv_maperr);
    } else if (!allowed) {
      REQUIRE(outcome.last() == Verdict::segv_accerr);
    } else if (beyond_file(page)) {
      REQUIRE(outcome.last() == Verdict::bus_adrerr);
    } else {
      REQUIRE(outcome.done);
      REQUIRE(outcome.faults() <= 1);
    }
  }

  void check_all() {
    std::array<std::uint64_t, arena_pages> range{};
    pagemap_range(guest_.mm(), arena, range, ShowPfn::no);
    for (std::uint32_t i = 0; i < arena_pages; ++i) {
      const ModelPage& page = pages_[i];
      CAPTURE(i);
      const bool reported = pagemap::SOFT_DIRTY.get(PagemapEntry{range[i]});
      REQUIRE((guest_.mm().vma_lookup(va(i)) != nullptr) == page.mapped);
      if (!page.mapped) REQUIRE(range[i] == 0);
      // A written page that is still there must be reported, in either mode.
      if (page.written && pagemap::PRESENT.get(PagemapEntry{range[i]})) REQUIRE(reported);
      // The documents: a new page is reported. A kernel may lose the flag of a VMA in a merge. [S-54]
      if (page.fresh && mode_ == SoftDirtyMode::documented) REQUIRE(reported);
      if (page.fresh && page.written) REQUIRE(reported);
    }
  }

  std::mt19937 random_;
  Guest guest_;
  SoftDirtyMode mode_;
  std::array<ModelPage, arena_pages> pages_{};
  Files files_;
  std::vector<std::uint32_t> file_pages_;  // how long the file of each shared mapping is
};

}  // namespace

TEST_CASE("random calls and accesses agree with a model of one record a page", "[mm][random][S-54]") {
  const auto seed = GENERATE(Catch::Generators::range(1U, 13U));
  const SoftDirtyMode mode = GENERATE(SoftDirtyMode::documented, SoftDirtyMode::kernel);
  CAPTURE(seed);
  Fuzz{seed, mode}.run(1000);
}
