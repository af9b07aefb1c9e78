#include "lpaemu/emu/memory_image.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "image_files.h"

namespace {

using namespace lpaemu;
using namespace lpaemu::emu;
using namespace lpaemu::emu::testing;
using mmu::PhysAddr;
using Files = std::vector<ImageFile>;
using Word = std::optional<std::uint64_t>;

/// So many words with a number each.
std::vector<std::uint64_t> numbered(std::size_t count, std::uint64_t first) {
  std::vector<std::uint64_t> words;
  for (std::size_t i = 0; i < count; ++i) words.push_back(first + i);
  return words;
}

std::unique_ptr<MemoryImage> opened(const Files& files) {
  auto image = MemoryImage::open(files);
  if (!image) FAIL(image.error().message);
  return std::move(*image);
}

std::string error_of(const Files& files) {
  const auto image = MemoryImage::open(files);
  return image ? "" : image.error().message;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("raw files lie at their addresses", "[emu][memory-image]") {
  const ImageFolder folder;
  const auto low = folder.file("low", bytes_of(numbered(1024, 1000)));
  const auto high = folder.file("high", bytes_of(numbered(512, 5000)));
  const auto image = opened({{high, PhysAddr{0x8'8000'0000}}, {low, PhysAddr{0x8000'0000}}});
  CHECK(image->read64(PhysAddr{0x8000'0000}) == Word{1000});
  CHECK(image->read64(PhysAddr{0x8000'1ff8}) == Word{2023});
  CHECK(image->read64(PhysAddr{0x8'8000'0ff8}) == Word{5511});
  CHECK(image->read64(PhysAddr{0x7fff'fff8}) == Word{});
  CHECK(image->read64(PhysAddr{0x8000'2000}) == Word{});
  REQUIRE(image->table(PhysAddr{0x8000'1234}).size() == 512);
  CHECK(image->table(PhysAddr{0x8000'1234})[0] == 1512);
  CHECK(image->table(PhysAddr{0x8000'2000}).empty());
}

TEST_CASE("an image is never written", "[emu][memory-image]") {
  const ImageFolder folder;
  const auto path = folder.file("ram", bytes_of(numbered(512, 0)));
  const auto image = opened({{path, PhysAddr{}}});
  CHECK_FALSE(image->write64(PhysAddr{0}, 7));
  CHECK(image->page(PhysAddr{0}).empty());
  CHECK(image->read64(PhysAddr{0}) == Word{0});
}

TEST_CASE("a file that fills no whole page is followed by zeros up to the page's end", "[emu][memory-image]") {
  const ImageFolder folder;
  const auto path = folder.file("ram", bytes_of(numbered(514, 100)) + "\x55");  // two words and a byte more
  const auto image = opened({{path, PhysAddr{0x1000}}});
  CHECK(image->read64(PhysAddr{0x2008}) == Word{613});
  CHECK(image->read64(PhysAddr{0x2010}) == Word{0x55});
  CHECK(image->read64(PhysAddr{0x2018}) == Word{0});
  CHECK(image->read64(PhysAddr{0x2ff8}) == Word{0});
  CHECK(image->read64(PhysAddr{0x3000}) == Word{});
}

TEST_CASE("files that share a page, at any address, are put together", "[emu][memory-image]") {
  const ImageFolder folder;
  const auto one = folder.file("one", bytes_of(numbered(4, 10)));
  const auto two = folder.file("two", bytes_of(numbered(1024, 20)));
  const auto image = opened({{two, PhysAddr{0x1020}}, {one, PhysAddr{0x1000}}});
  CHECK(image->read64(PhysAddr{0x1018}) == Word{13});
  CHECK(image->read64(PhysAddr{0x1020}) == Word{20});
  CHECK(image->read64(PhysAddr{0x2000}) == Word{20 + 508});
  CHECK(image->read64(PhysAddr{0x3018}) == Word{20 + 1023});
  CHECK(image->read64(PhysAddr{0x3020}) == Word{0});
}

TEST_CASE("core files of both classes hold memory where p_paddr says", "[emu][memory-image][elf]") {
  const ImageFolder folder;
  const std::size_t gap = GENERATE(0U, 5U);  // segments at any offset of the file
  const auto words = bytes_of(numbered(512, 1));
  const auto small = folder.file(
      "core32", core_file<Elf32_Ehdr, Elf32_Phdr>({{0x8000'0000, words}, {0x9000'0000, words}}, EM_ARM, gap));
  const auto large =
      folder.file("core64", core_file<Elf64_Ehdr, Elf64_Phdr>({{0x8'8000'0000, words}}, EM_AARCH64, gap));
  const auto image = opened({{small, {}}, {large, {}}});
  CHECK(image->read64(PhysAddr{0x8000'0008}) == Word{2});
  CHECK(image->read64(PhysAddr{0x9000'0ff8}) == Word{512});
  CHECK(image->read64(PhysAddr{0x8'8000'0000}) == Word{1});
  CHECK(image->read64(PhysAddr{0x8000'1000}) == Word{});  // in p_memsz, not in the file
}

TEST_CASE("memory of two files at one address is an error that names both", "[emu][memory-image]") {
  const ImageFolder folder;
  const auto one = folder.file("one", bytes_of(numbered(1024, 0)));
  const auto two = folder.file("two", bytes_of(numbered(1024, 0)));
  const auto error = error_of({{two, PhysAddr{0x2ff8}}, {one, PhysAddr{0x1000}}});
  CHECK(contains(error, "two memories at 0x2ff8"));
  CHECK(contains(error, one + " (0x1000 to 0x2fff)"));
  CHECK(contains(error, two + " (0x2ff8 to 0x4ff7)"));
  CHECK(error_of({{two, PhysAddr{0x3000}}, {one, PhysAddr{0x1000}}}).empty());
}

TEST_CASE("files that hold no memory are refused with words", "[emu][memory-image]") {
  const ImageFolder folder;
  const auto words = bytes_of(numbered(512, 0));
  const auto core = core_file<Elf32_Ehdr, Elf32_Phdr>({{0x8000'0000, words}});
  CHECK(contains(error_of({{"/nowhere/ram", PhysAddr{}}}), "'/nowhere/ram': No such file"));
  CHECK(contains(error_of({{folder.path().string(), PhysAddr{}}}), "directory"));
  CHECK(contains(error_of({{folder.file("a", ""), PhysAddr{}}}), "empty"));
  CHECK(contains(error_of({{folder.file("b", words), {}}}), "not an ELF core file"));
  CHECK(contains(error_of({{folder.file("c", words), PhysAddr{0xff'ffff'f001}}}), "40 bits"));
  CHECK(error_of({{folder.file("d", words), PhysAddr{0xff'ffff'f000}}}).empty());
  CHECK(contains(error_of({{folder.file("e", core.substr(0, core.size() - 1)), {}}}), "truncated"));
  CHECK(contains(error_of({{folder.file("f", core.substr(0, 60)), {}}}), "0 of its 1 program headers"));
  CHECK(contains(error_of({{folder.file("l", core.substr(0, 20)), {}}}), "libelf"));
  CHECK(contains(error_of({{folder.file("g", core_file<Elf32_Ehdr, Elf32_Phdr>({})), {}}}), "without memory"));
  CHECK(contains(error_of({{folder.file("h", core_file<Elf64_Ehdr, Elf64_Phdr>({{0, words}}, EM_X86_64)), {}}}),
                 "machine 62"));
  CHECK(contains(error_of({{folder.file("i", core_file<Elf64_Ehdr, Elf64_Phdr>({{0xff'ffff'ff00, words}})), {}}}),
                 "40 bits"));
  CHECK(contains(error_of({{folder.file("j", core_file<Elf32_Ehdr, Elf32_Phdr>({{0, words}, {0, words}})), {}}}),
                 "core dump of a process"));
  std::string program = core;
  program[16] = ET_EXEC;
  CHECK(contains(error_of({{folder.file("k", program), {}}}), "not a core file"));
}
