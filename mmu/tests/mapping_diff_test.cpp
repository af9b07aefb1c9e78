#include "lpaemu/mmu/mapping_diff.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "lpaemu/mmu/format.h"
#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {
namespace {

constexpr std::uint64_t user_rw = 0x00e0'0000'0000'0f5f;
constexpr std::uint64_t user_ro = user_rw | 0x80;

/// Pages or blocks at `va`, as a sweep would give them.
Mapping mapping(std::uint32_t first, std::uint32_t last, std::uint64_t leaf, unsigned level = 3) {
  const Descriptor d{leaf};
  const Permissions rights = permission_table(Sctlr{}).of(d, TableLimits{});
  constexpr std::uint64_t flags = 0xff80'0000'0000'0f00;
  return {VirtAddr{first},
          VirtAddr{last},
          PhysAddr{leaf::OA.get(d)},
          d,
          {level, rights, MairByte{0xff}, Descriptor{leaf & flags}}};
}

/// The differences in words: "0x1000-0x1fff A", "... B", or what changed.
std::vector<std::string> words(const std::vector<Mapping>& before, const std::vector<Mapping>& after) {
  std::vector<std::string> lines;
  for (const MappingDifference& d : differences(before, after))
    lines.push_back(fmt::format("{:#x}-{:#x} {}", d.first.raw(), d.last.raw(),
                                !d.after    ? "only A"
                                : !d.before ? "only B"
                                            : describe_changes(d)));
  return lines;
}
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("equal mappings have no differences", "[mmu][mapping-diff]") {
  const std::vector<Mapping> list{mapping(0x1000, 0x3fff, user_rw), mapping(0xffff'f000, 0xffff'ffff, user_ro)};
  CHECK(words(list, list).empty());
  CHECK(words({}, {}).empty());
}

TEST_CASE("what one image maps alone is cut out of larger ranges", "[mmu][mapping-diff]") {
  const std::vector<Mapping> large{mapping(0x1000, 0x8fff, user_rw | 0x1000)};
  const std::vector<Mapping> small{mapping(0x3000, 0x4fff, user_rw | 0x3000)};
  CHECK(words(large, small) == Lines{"0x1000-0x2fff only A", "0x5000-0x8fff only A"});
  CHECK(words(small, large) == Lines{"0x1000-0x2fff only B", "0x5000-0x8fff only B"});
  CHECK(words(large, {}) == Lines{"0x1000-0x8fff only A"});
}

TEST_CASE("the last byte of the address space is compared", "[mmu][mapping-diff]") {
  CHECK(words({mapping(0xffff'f000, 0xffff'ffff, user_rw)}, {}) == Lines{"0xfffff000-0xffffffff only A"});
  CHECK(words({mapping(0, 0xffff'ffff, user_rw)}, {mapping(0xffff'f000, 0xffff'ffff, user_rw | 0xffff'f000)}) ==
        Lines{"0x0-0xffffefff only A"});
}

TEST_CASE("changes name each bit, and rights as they come out", "[mmu][mapping-diff]") {
  constexpr std::uint64_t rdonly = std::uint64_t{1} << 58;
  constexpr std::uint64_t soft_dirty = std::uint64_t{1} << 59;
  CHECK(words({mapping(0x1000, 0x1fff, user_rw | soft_dirty)}, {mapping(0x1000, 0x1fff, user_ro | rdonly)}) ==
        Lines{"0x1000-0x1fff AP2 0->1, RDONLY 0->1, SOFT_DIRTY 1->0, PL0 rw- -> r--, PL1 rw- -> r--"});
  CHECK(words({mapping(0x1000, 0x1fff, user_rw | 0x1000)}, {mapping(0x1000, 0x1fff, user_rw | 0x9000)}) ==
        Lines{"0x1000-0x1fff PA 0x1000->0x9000"});
  SECTION("a bit without an effect, too") {
    CHECK(words({mapping(0x1000, 0x1fff, user_rw)}, {mapping(0x1000, 0x1fff, user_rw | std::uint64_t{1} << 52)}) ==
          Lines{"0x1000-0x1fff CONTIGUOUS 0->1"});
  }
  SECTION("table limits change rights without a bit in the leaf") {
    Mapping limited = mapping(0x1000, 0x1fff, user_rw);
    limited.attributes.rights.grant(Access::write, Privilege::pl0, false);
    CHECK(words({mapping(0x1000, 0x1fff, user_rw)}, {limited}) == Lines{"0x1000-0x1fff PL0 rw- -> r--"});
  }
  SECTION("a block that was split into pages differs in level only, as one range") {
    CHECK(words({mapping(0x20'0000, 0x3f'ffff, (user_rw & ~std::uint64_t{2}) | 0x20'0000, 2)},
                {mapping(0x20'0000, 0x2f'ffff, user_rw | 0x20'0000),
                 mapping(0x30'0000, 0x3f'ffff, user_rw | 0x30'0000)}) == Lines{"0x200000-0x3fffff level 2->3"});
  }
}

TEST_CASE("neighbours that change differently stay apart", "[mmu][mapping-diff]") {
  CHECK(words({mapping(0x1000, 0x2fff, user_rw | 0x1000)},
              {mapping(0x1000, 0x1fff, user_ro | 0x1000), mapping(0x2000, 0x2fff, user_rw | 0x7000)}) ==
        Lines{"0x1000-0x1fff AP2 0->1, PL0 rw- -> r--, PL1 rw- -> r--", "0x2000-0x2fff PA 0x2000->0x7000"});
}

TEST_CASE("the differences cover exactly the pages that differ", "[mmu][mapping-diff][property]") {
  constexpr unsigned pages = 40;
  std::mt19937 random{7};
  for (unsigned round = 0; round < 2000; ++round) {
    // Per page: 0 not mapped, else one of three leaves.
    std::array<unsigned, pages> state[2];
    std::vector<Mapping> lists[2];
    for (unsigned side = 0; side < 2; ++side)
      for (unsigned page = 0; page < pages; ++page) {
        state[side][page] = random() % 3 != 0 && page > 0 ? state[side][page - 1] : static_cast<unsigned>(random() % 4);
        if (state[side][page] == 0) continue;
        const std::uint64_t leaf = state[side][page] == 1   ? user_rw
                                   : state[side][page] == 2 ? user_ro
                                                            : user_rw | 0x10'0000;
        const Mapping next = mapping(page * PAGE_SIZE, page * PAGE_SIZE + 0xfff, leaf + page * PAGE_SIZE);
        if (!lists[side].empty() && continues(lists[side].back(), next, Merge::equal_leaves))
          lists[side].back().last = next.last;
        else
          lists[side].push_back(next);
      }
    const auto found = differences(lists[0], lists[1]);
    for (unsigned page = 0; page < pages; ++page) {
      const VirtAddr va{page * PAGE_SIZE};
      const auto covers = [va](const MappingDifference& d) { return d.first <= va && va <= d.last; };
      const auto difference = std::find_if(found.begin(), found.end(), covers);
      CAPTURE(round, page);
      REQUIRE((difference != found.end()) == (state[0][page] != state[1][page]));
      if (difference == found.end()) continue;
      REQUIRE(difference->before.has_value() == (state[0][page] != 0));
      REQUIRE(difference->after.has_value() == (state[1][page] != 0));
    }
  }
}

}  // namespace lpaemu::mmu
