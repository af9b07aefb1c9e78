// The page allocator and the page cache.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

namespace {

std::vector<std::byte> pattern(std::size_t size, std::uint8_t seed = 1) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(seed + i % 251);
  return bytes;
}

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

TEST_CASE("pages come zeroed, and again after they were used", "[mm][page_alloc]") {
  Board board;
  const auto first = board.pages.alloc_zeroed();
  CHECK(all_zero(board.pages.bytes(*first)));
  std::ranges::fill(board.pages.bytes(*first), std::byte{0xff});
  board.pages.put(*first);
  board.cpu.modified.clear();
  const auto again = board.pages.alloc_zeroed();
  CHECK(again == first);
  CHECK(all_zero(board.pages.bytes(*again)));
  CHECK(board.cpu.modified == std::vector{*again});  // it may have held code
}

TEST_CASE("every page is handed out once", "[mm][page_alloc]") {
  Board board{SoftDirtyMode::documented, 16 * page_size};
  CHECK(board.pages.total_pages() == 16);
  CHECK(board.pages.free_pages() == 15);  // the zero page is taken
  std::vector<Pfn> taken;
  while (const auto pfn = board.pages.alloc()) taken.push_back(*pfn);
  CHECK(taken.size() == 15);
  std::ranges::sort(taken);
  CHECK(std::ranges::adjacent_find(taken) == taken.end());
  CHECK_FALSE(board.pages.alloc_zeroed().has_value());
  for (const Pfn pfn : taken) board.pages.put(pfn);
  CHECK(board.pages.free_pages() == 15);
}

TEST_CASE("references keep a page", "[mm][page_alloc]") {
  Board board;
  const auto pfn = board.pages.alloc();
  board.pages.get(*pfn);
  board.pages.put(*pfn);
  CHECK(board.pages.page_of(*pfn).refcount == 1);
  CHECK(board.pages.owns(*pfn));
  CHECK_FALSE(board.pages.owns(Pfn{1}));
}

TEST_CASE("reading and writing a file in memory", "[mm][page_cache]") {
  Board board;
  page_cache file{board.pages, 0};
  const auto data = pattern(10000);
  CHECK(file.write(5000, data) == data.size());
  CHECK(file.size() == 15000);
  std::vector<std::byte> in(20000);
  CHECK(file.read(0, in) == 15000);
  CHECK(all_zero(std::span{in}.first(5000)));
  CHECK(std::equal(data.begin(), data.end(), in.begin() + 5000));
  CHECK(file.read(15000, in) == 0);
  CHECK(file.pages().size() == 3);  // page 0 is a hole
}

TEST_CASE("a file that is read from somewhere", "[mm][page_cache]") {
  Board board;
  int fills = 0;
  page_cache file{board.pages, 3 * page_size, [&](std::uint64_t pgoff, std::span<std::byte> page) -> Result<void> {
                    ++fills;
                    if (pgoff == 2) return unexpected(Errno::eio);
                    std::ranges::fill(page, static_cast<std::byte>(pgoff + 1));
                    return {};
                  }};
  std::byte byte{};
  CHECK(file.read(page_size, {&byte, 1}) == 1);
  CHECK(byte == std::byte{2});
  CHECK(file.read(page_size + 9, {&byte, 1}) == 1);
  CHECK(fills == 1);
  const std::byte new_byte{77};
  CHECK(file.write(4, {&new_byte, 1}) == 1);  // part of a page: the rest is read first
  CHECK(fills == 2);
  CHECK(file.read(5, {&byte, 1}) == 1);
  CHECK(byte == std::byte{1});
  CHECK(file.read(2 * page_size, {&byte, 1}) == unexpected(Errno::eio));
  const auto whole = pattern(page_size);
  CHECK(file.write(2 * page_size, whole) == page_size);  // a whole page needs no reading
  CHECK(fills == 3);
}

TEST_CASE("a file that fills RAM", "[mm][page_cache]") {
  Board board{SoftDirtyMode::documented, 16 * page_size};
  page_cache file{board.pages, 0};
  const auto data = pattern(20 * page_size);
  CHECK(file.write(0, data) == 15 * page_size);
  CHECK(file.write(15 * page_size, std::span{data}.first(1)) == unexpected(Errno::enospc));
  CHECK(file.get_page(15) == unexpected(Errno::enomem));
  file.truncate(0);
  CHECK(board.pages.free_pages() == 15);
}

TEST_CASE("truncation takes pages from every address space", "[mm][page_cache][rmap]") {
  Board board;
  Guest one{board, Asid{1}}, two{board, Asid{2}};
  const auto file = std::make_shared<page_cache>(board.pages, 4 * page_size);
  const VirtAddr a = one.map_file(file, 4, RW, MAP_SHARED);
  const VirtAddr b = two.map_file(file, 2, RW, MAP_SHARED, 2);
  const VirtAddr copy = two.map_file(file, 4, RW, MAP_PRIVATE);
  for (std::uint32_t i = 0; i < 4; ++i) one.store(page_of(a, i) + 8, 9);
  two.load(b);
  two.store(page_of(copy, 3), 3);
  file->truncate(2 * page_size + 4);
  one.audit();
  two.audit();
  CHECK(one.byte_at(page_of(a, 1) + 8) == 9);
  CHECK(one.byte_at(page_of(a, 2) + 8) == 0);  // the rest of the last page is zeroed, and it stays mapped
  CHECK(one.load(page_of(a, 3)).last() == Verdict::bus_adrerr);
  CHECK(two.load(page_of(copy, 3)).last() == Verdict::bus_adrerr);  // private copies go as well
  one.store(page_of(a, 2) + 8, 9);
  file->truncate(2 * page_size + 4);  // the same size: what was stored behind the end goes
  CHECK(one.byte_at(page_of(a, 2) + 8) == 0);
  file->truncate(4 * page_size);
  CHECK(one.byte_at(page_of(a, 3) + 8) == 0);
}

TEST_CASE("a hole takes the file's pages from every address space, and leaves private copies",
          "[mm][page_cache][rmap]") {
  Board board;
  Guest guest{board, Asid{1}};
  const auto file = std::make_shared<page_cache>(board.pages, 2 * page_size);
  const VirtAddr shared = guest.map_file(file, 2, RW, MAP_SHARED);
  const VirtAddr copy = guest.map_file(file, 2, RW, MAP_PRIVATE);
  for (std::uint32_t i = 0; i < 2; ++i) guest.store(page_of(shared, i), 9);
  guest.store(copy, 3);
  guest.load(page_of(copy, 1));
  file->punch_hole(0, 2 * page_size);
  guest.audit();
  CHECK(guest.byte_at(shared) == 0);
  CHECK(guest.byte_at(copy) == 3);
  CHECK(guest.byte_at(page_of(copy, 1)) == 0);  // it was no copy yet
}

TEST_CASE("a host file can be read when RAM is full", "[mm][page_cache]") {
  Board board{SoftDirtyMode::documented, 4 * page_size};
  page_cache file{board.pages, 2 * page_size, [](std::uint64_t pgoff, std::span<std::byte> page) -> Result<void> {
                    std::ranges::fill(page, std::byte{static_cast<unsigned char>(pgoff + 7)});
                    return {};
                  }};
  while (board.pages.alloc_zeroed()) continue;
  std::vector<std::byte> in(page_size + 2);
  CHECK(file.read(1, in) == in.size());
  CHECK(in.front() == std::byte{7});
  CHECK(in.back() == std::byte{8});
  CHECK(file.pages().empty());
}

TEST_CASE("holes are punched", "[mm][page_cache]") {
  Board board;
  page_cache file{board.pages, 0};
  const auto data = pattern(4 * page_size);
  REQUIRE(file.write(0, data).has_value());
  struct Row {
    std::uint64_t offset, bytes;
    std::size_t pages_left;
  };
  for (const Row& row : {Row{10, 20, 4}, Row{page_size - 5, 10, 4}, Row{100, 2 * page_size, 3},
                         Row{3 * page_size, ~std::uint64_t{0}, 2}, Row{9 * page_size, 1, 2}}) {
    file.punch_hole(row.offset, row.bytes);
    CHECK(file.pages().size() == row.pages_left);
  }
  CHECK(file.size() == 4 * page_size);
  std::vector<std::byte> in(4 * page_size);
  REQUIRE(file.read(0, in).has_value());
  std::vector<std::byte> expected = data;
  const auto zero = [&](std::size_t from, std::size_t to) {
    std::fill(expected.begin() + static_cast<std::ptrdiff_t>(from), expected.begin() + static_cast<std::ptrdiff_t>(to),
              std::byte{0});
  };
  zero(10, 30);
  zero(page_size - 5, page_size + 5);
  zero(100, 100 + 2 * page_size);
  zero(3 * page_size, 4 * page_size);
  CHECK(in == expected);
}
