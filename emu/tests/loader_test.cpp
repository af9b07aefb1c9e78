// ELF files: good ones made byte by byte, every way of being wrong, and mutations of a real one.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "loader_sample.h"
#include "lpaemu/emu/loader/elf.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::emu {
namespace {

// The constants of the ELF specification that the tests need, written down again. [gabi 4, 5]
constexpr std::uint32_t pt_load = 1, pt_interp = 3, pt_tls = 7, pt_gnu_stack = 0x6474e551;
constexpr std::uint32_t flag_x = 1, flag_w = 2, flag_r = 4;
constexpr std::uint16_t et_rel = 1, et_exec = 2, et_dyn = 3, et_core = 4;
constexpr std::uint32_t abi_v5_hard = 0x05000400;

struct ProgramHeader {
  std::uint32_t type, offset, vaddr, filesz, memsz, flags, align;
};

/// Builds the bytes of a file: ELF header, program headers at 52, then zeros.
struct ElfBytes {
  std::uint8_t elf_class = 1, data = 1;
  std::uint16_t type = et_exec, machine = 40;
  std::uint32_t entry = 0x10100, phoff = 52, flags = abi_v5_hard;
  std::uint16_t phentsize = 32;
  std::optional<std::uint16_t> phnum = {};
  std::vector<ProgramHeader> headers = {{pt_load, 0, 0x10000, 0x1800, 0x1800, flag_r | flag_x, 0x10000},
                                        {pt_load, 0x1800, 0x21800, 0x400, 0x9000, flag_r | flag_w, 0x10000}};
  std::size_t size = 0x2000;
  std::string text = {};  // at text_offset
  std::size_t text_offset = 0x1000;

  [[nodiscard]] std::vector<std::byte> bytes() const {
    std::vector<std::byte> file;
    const auto put = [&](std::uint32_t value, unsigned width) {
      for (unsigned i = 0; i < width; ++i) file.push_back(static_cast<std::byte>(value >> (8 * i)));
    };
    put(0x464c457f, 4);
    put(elf_class, 1);
    put(data, 1);
    put(1, 1);
    while (file.size() < 16) put(0, 1);
    for (const std::uint16_t half : {type, machine}) put(half, 2);
    for (const std::uint32_t word : {std::uint32_t{1}, entry, phoff, std::uint32_t{0}, flags}) put(word, 4);
    const auto count = phnum.value_or(static_cast<std::uint16_t>(headers.size()));
    for (const unsigned half : {52U, unsigned{phentsize}, unsigned{count}, 40U, 0U, 0U}) put(half, 2);
    for (const ProgramHeader& h : headers)
      for (const std::uint32_t word : {h.type, h.offset, h.vaddr, h.vaddr, h.filesz, h.memsz, h.flags, h.align})
        put(word, 4);
    file.resize(size);
    for (std::size_t i = 0; i < text.size(); ++i) file[text_offset + i] = static_cast<std::byte>(text[i]);
    return file;
  }
};

std::string message_of(const std::vector<std::byte>& file) {
  const auto image = read_elf(file, "prog");
  return image ? "" : image.error().message;
}

}  // namespace

TEST_CASE("a static program is described", "[emu][loader]") {
  ElfBytes elf;
  elf.headers.push_back({pt_tls, 0x1800, 0x21800, 0x10, 0x24, flag_r, 4});
  elf.headers.push_back({pt_gnu_stack, 0, 0, 0, 0, flag_r | flag_w, 16});
  const auto image = read_elf(elf.bytes(), "prog");
  REQUIRE(image);
  CHECK(image->type == ElfType::executable);
  CHECK(image->entry == VirtAddr{0x10100});
  REQUIRE(image->segments.size() == 2);
  CHECK(image->segments[0] == ElfSegment{VirtAddr{0x10000}, 0, 0x1800, 0x1800, true, false, true});
  CHECK(image->segments[1] == ElfSegment{VirtAddr{0x21800}, 0x1800, 0x400, 0x9000, true, true, false});
  CHECK(image->tls == ElfTls{VirtAddr{0x21800}, 0x10, 0x24, 4});
  CHECK(image->stack == ElfStack::not_executable);
  CHECK(image->phdr == VirtAddr{0x10034});
  CHECK(image->phnum == 4);
  CHECK(image->phentsize == 32);
  CHECK(image->alignment == 0x10000);
  CHECK_FALSE(image->interpreter);
  CHECK(require_static(*image, "prog"));
}

TEST_CASE("the variants of a good program", "[emu][loader]") {
  ElfBytes elf;
  SECTION("static PIE: addresses from 0, a Thumb entry") {
    elf.type = et_dyn;
    elf.entry = 0x101;
    elf.headers = {{pt_load, 0, 0, 0x1800, 0x1800, flag_r | flag_x, 0x1000}};
    const auto image = read_elf(elf.bytes(), "prog");
    REQUIRE(image);
    CHECK(image->type == ElfType::position_independent);
    CHECK(image->entry == VirtAddr{0x101});
    CHECK(image->phdr == VirtAddr{0x34});
    CHECK(image->alignment == 0x1000);
    CHECK(image->stack == ElfStack::unspecified);
  }
  SECTION("an executable stack") {
    elf.headers.push_back({pt_gnu_stack, 0, 0, 0, 0, flag_r | flag_w | flag_x, 0});
    CHECK(read_elf(elf.bytes(), "prog")->stack == ElfStack::executable);
  }
  SECTION("soft float") {
    elf.flags = 0x05000200;
    CHECK(read_elf(elf.bytes(), "prog"));
  }
  SECTION("nothing but BSS, whose file offset means nothing; an empty segment") {
    elf.headers[1] = {pt_load, 0xfffffff0, 0x21804, 0, 0x10, flag_r | flag_w, 0x10000};
    elf.headers.push_back({pt_load, 0x1000, 0x5000, 0, 0, flag_r, 0});
    const auto image = read_elf(elf.bytes(), "prog");
    REQUIRE(image);
    REQUIRE(image->segments.size() == 2);
    CHECK(image->segments[1] == ElfSegment{VirtAddr{0x21804}, 0x804, 0, 0x10, true, true, false});
  }
  SECTION("program headers that are not loaded") {
    elf.headers[0].offset = 0x1000;
    elf.headers[0].filesz = 0x800;
    CHECK_FALSE(read_elf(elf.bytes(), "prog")->phdr);
  }
  SECTION("segments that touch, the last one up to the end of user space") {
    elf.headers[1] = {pt_load, 0x1800, 0x11800, 0x800, 0xbf000000 - 0x11800, flag_r | flag_w, 0};
    CHECK(message_of(elf.bytes()).empty());
  }
  SECTION("the first page that a user may have") {
    elf.headers[0].vaddr = 0x2000;
    CHECK(message_of(elf.bytes()).empty());
  }
  SECTION("a dynamic program names its interpreter") {
    elf.text = "/lib/ld-linux-armhf.so.3";
    elf.headers.insert(elf.headers.begin(), {pt_interp, 0x1000, 0x11000, 25, 25, flag_r, 1});
    const auto image = read_elf(elf.bytes(), "prog");
    REQUIRE(image);
    CHECK(image->interpreter == "/lib/ld-linux-armhf.so.3");
    const auto refused = require_static(*image, "prog");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message ==
          "prog: dynamically linked, and its interpreter /lib/ld-linux-armhf.so.3 is not supported: link it with "
          "-static");
  }
}

namespace {

struct Bad {
  std::string_view what;
  std::function<void(ElfBytes&)> change;
  std::string_view message;
};

std::vector<Bad> bad_files() {
  return {
      {"x86-64",
       [](ElfBytes& e) {
         e.elf_class = 2;
         e.machine = 62;
       },
       "prog: a 64-bit little-endian ELF file for x86-64; lpaemu runs 32-bit little-endian ARM programs"},
      {"AArch64",
       [](ElfBytes& e) {
         e.elf_class = 2;
         e.machine = 183;
       },
       "prog: a 64-bit little-endian ELF file for AArch64; lpaemu runs 32-bit little-endian ARM programs"},
      {"big-endian ARM",
       [](ElfBytes& e) {
         e.data = 2;
         e.machine = 40 << 8;
       },
       "prog: a 32-bit big-endian ELF file for ARM; lpaemu runs 32-bit little-endian ARM programs"},
      {"an unknown machine", [](ElfBytes& e) { e.machine = 0x1234; },
       "prog: a 32-bit little-endian ELF file for machine 4660; lpaemu runs 32-bit little-endian ARM programs"},
      {"class 7", [](ElfBytes& e) { e.elf_class = 7; }, "prog: broken ELF header: class 7"},
      {"data 9", [](ElfBytes& e) { e.data = 9; }, "prog: broken ELF header: data encoding 9"},
      {"object file", [](ElfBytes& e) { e.type = et_rel; }, "prog: ELF type 1: an object file (ET_REL): link it first"},
      {"core dump", [](ElfBytes& e) { e.type = et_core; }, "prog: ELF type 4: a core dump (ET_CORE), not a program"},
      {"ABI 4", [](ElfBytes& e) { e.flags = 0x04000000; },
       "prog: ARM EABI version 4 (e_flags 0x4000000), lpaemu runs version 5: build it with arm-linux-gnueabihf-gcc"},
      {"entry", [](ElfBytes& e) { e.entry = 0x10102; },
       "prog: entry point 0x10102 is neither an ARM nor a Thumb address"},
      {"no headers", [](ElfBytes& e) { e.phnum = 0; },
       "prog: no program headers: an object file or a library, not a program"},
      {"phentsize", [](ElfBytes& e) { e.phentsize = 56; },
       "prog: broken ELF header: program headers of 56 bytes, not 32"},
      {"phnum 65535", [](ElfBytes& e) { e.phnum = 0xffff; }, "prog: 65535 program headers; Linux takes at most 2048"},
      {"phnum 2048", [](ElfBytes& e) { e.phnum = 2048; },
       "prog: truncated: 2048 program headers at offset 0x34 of a file of 0x2000 bytes"},
      {"phoff", [](ElfBytes& e) { e.phoff = 0xfffffff0; },
       "prog: truncated: 2 program headers at offset 0xfffffff0 of a file of 0x2000 bytes"},
      {"nothing to load", [](ElfBytes& e) { e.headers = {{pt_gnu_stack, 0, 0, 0, 0, 6, 0}}; },
       "prog: no PT_LOAD segment: nothing to load"},
      {"filesz > memsz", [](ElfBytes& e) { e.headers[1].memsz = 0x3ff; },
       "prog: program header 1: PT_LOAD has 0x400 bytes in the file but 0x3ff in memory"},
      {"truncated segment", [](ElfBytes& e) { e.headers[1].filesz = 0x801; },
       "prog: truncated: program header 1 (PT_LOAD) wants 0x801 bytes at offset 0x1800 of a file of 0x2000 bytes"},
      {"offset overflow", [](ElfBytes& e) { e.headers[1].offset = 0xfffff800; },
       "prog: truncated: program header 1 (PT_LOAD) wants 0x400 bytes at offset 0xfffff800 of a file of 0x2000 bytes"},
      {"3 GB in the file", [](ElfBytes& e) { e.headers[1].filesz = e.headers[1].memsz = 0xc0000000; },
       "prog: truncated: program header 1 (PT_LOAD) wants 0xc0000000 bytes at offset 0x1800 of a file of 0x2000 bytes"},
      {"3 GB of BSS", [](ElfBytes& e) { e.headers[1].memsz = 0xc0000000; },
       "prog: program header 1: segment 0x21800 to 0xc0021800 is outside user space, 0x2000 to 0xbf000000"},
      {"wrapping", [](ElfBytes& e) { e.headers[1].memsz = 0xffffffff; },
       "prog: program header 1: segment 0x21800 to 0x1000217ff is outside user space, 0x2000 to 0xbf000000"},
      {"page 1", [](ElfBytes& e) { e.headers[0].vaddr = 0x1000; },
       "prog: program header 0: segment 0x1000 to 0x2800 is outside user space, 0x2000 to 0xbf000000"},
      {"the kernel's half", [](ElfBytes& e) { e.headers[1].vaddr = 0xc0008800; },
       "prog: program header 1: segment 0xc0008800 to 0xc0011800 is outside user space, 0x2000 to 0xbf000000"},
      {"not congruent", [](ElfBytes& e) { e.headers[1].vaddr = 0x21900; },
       "prog: program header 1: address 0x21900 and file offset 0x1800 differ within a page of 4096 bytes"},
      {"overlap", [](ElfBytes& e) { e.headers[1].vaddr = 0x10800; },
       "prog: segments overlap: one of 0x1800 bytes at 0x10000 and one at 0x10800"},
      {"order", [](ElfBytes& e) { std::swap(e.headers[0], e.headers[1]); },
       "prog: segments are not in ascending order: 0x10000 after 0x21800"},
      {"no string", [](ElfBytes& e) { e.headers.push_back({pt_interp, 0x1000, 0, 1, 1, 4, 1}); },
       "prog: program header 2: PT_INTERP of 1 bytes"},
      {"huge string", [](ElfBytes& e) { e.headers.push_back({pt_interp, 0x1000, 0, 0xffffffff, 0, 4, 1}); },
       "prog: program header 2: PT_INTERP of 4294967295 bytes"},
      {"string outside", [](ElfBytes& e) { e.headers.push_back({pt_interp, 0x1fff, 0, 2, 2, 4, 1}); },
       "prog: truncated: program header 2 (PT_INTERP) wants 0x2 bytes at offset 0x1fff of a file of 0x2000 bytes"},
      {"string without end",
       [](ElfBytes& e) {
         e.text = "/lib/ld.so";
         e.headers.push_back({pt_interp, 0x1000, 0, 10, 10, 4, 1});
       },
       "prog: program header 2: PT_INTERP is not a terminated string"},
      {"TLS outside", [](ElfBytes& e) { e.headers.push_back({pt_tls, 0x1ff8, 0, 0x10, 0x10, 4, 4}); },
       "prog: truncated: program header 2 (PT_TLS) wants 0x10 bytes at offset 0x1ff8 of a file of 0x2000 bytes"},
      {"TLS alignment", [](ElfBytes& e) { e.headers.push_back({pt_tls, 0x1000, 0, 0x10, 0x10, 4, 12}); },
       "prog: program header 2: PT_TLS alignment 0xc is not a power of two"},
  };
}

}  // namespace

TEST_CASE("each way of being wrong has its own line", "[emu][loader][hostile]") {
  for (const Bad& bad : bad_files()) {
    INFO(bad.what);
    ElfBytes elf;
    bad.change(elf);
    CHECK(message_of(elf.bytes()) == bad.message);
  }
}

TEST_CASE("what is not an ELF file says how it begins", "[emu][loader][hostile]") {
  CHECK(message_of({}) == "prog: empty file, not an ELF program");
  const std::vector<std::byte> script{std::byte{'#'}, std::byte{'!'}, std::byte{'/'}, std::byte{'b'}};
  CHECK(message_of(script) ==
        "prog: not an ELF file (it begins with byte 0x23); lpaemu runs 32-bit little-endian ARM programs");
  CHECK(message_of({std::byte{0x7f}}).starts_with("prog: not an ELF file"));
}

TEST_CASE("a file cut off anywhere is truncated", "[emu][loader][hostile]") {
  const std::vector<std::byte> whole = ElfBytes{}.bytes();
  for (std::size_t size = 4; size < 0x1c00; ++size) {  // the second segment ends at 0x1c00
    // A copy of its own, so that the address sanitizer sees a read behind the end.
    const std::string message = message_of({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    if (!message.starts_with("prog: truncated: ")) FAIL_CHECK(fmt::format("{:#x} bytes: {}", size, message));
  }
  CHECK(message_of({whole.begin(), whole.begin() + 0x1c00}).empty());
}

TEST_CASE("mutated files are described or refused with one line", "[emu][loader][hostile]") {
  std::mt19937 random{1};  // NOLINT: the same files in every run
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random()) % below; };
  constexpr unsigned char interesting[] = {0, 1, 2, 3, 0x20, 0x7f, 0x80, 0xff, 0xfe, 0x40};
  std::size_t refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> file = round % 2 == 0 ? ElfBytes{}.bytes() : sample();
    const std::size_t header_size = std::min<std::size_t>(file.size(), 52 + 2 * 32);
    for (std::size_t n = 1 + pick(4); n > 0; --n)
      file[pick(header_size)] = static_cast<std::byte>(pick(2) == 0 ? random() : interesting[pick(sizeof interesting)]);
    const auto image = read_elf(file, "prog");
    if (!image) {
      ++refused;
      if (!image.error().message.starts_with("prog: ") || image.error().message.find('\n') != std::string::npos)
        FAIL_CHECK(image.error().message);
      continue;
    }
    for (const ElfSegment& s : image->segments) {
      const bool right = std::uint64_t{s.offset} + s.filesz <= std::max<std::uint64_t>(file.size(), 0x1000) &&
                         s.filesz <= s.memsz && s.memsz > 0 && s.vaddr.page_offset() == s.offset % mmu::PAGE_SIZE &&
                         s.vaddr.raw() + std::uint64_t{s.memsz} <= kernel::TASK_SIZE.raw();
      if (!right) FAIL_CHECK(fmt::format("segment at {:#x}", s.vaddr.raw()));
    }
  }
  CHECK(refused > 5000);
  CHECK(refused < 20000);
}

}  // namespace lpaemu::emu
