#include "lpaemu/mmu/explain.h"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <set>
#include <string>
#include <string_view>

#include "lpaemu/mmu/encode.h"
#include "lpaemu/mmu/explain_fault.h"
#include "lpaemu/mmu/fault.h"
#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {
namespace {

using Lines = std::vector<std::string>;

/// What is said about a word of a level.
struct Row {
  std::uint64_t value;
  unsigned level;
  std::string_view text;
};

TEST_CASE("what the hardware reads", "[mmu][explain][M-17][M-18][M-21][M-25][M-28]") {
  const auto row = GENERATE(values<Row>({
      {0x08e0'0001'2345'6f5f, 3,
       "page, PL0 read/write, PL1 read/write, XN, PXN, inner shareable, AttrIndx 7 Normal write-back, write-allocate "
       "(Linux MAIR), PA 0x123456000, non-global"},
      {0x0080'0008'8000'02b3, 3,
       "page, PL0 no access, PL1 read/execute, AF = 0: every access is an access flag fault, outer shareable, AttrIndx "
       "4 "
       "Device (Linux MAIR), PA 0x880000000, global"},
      {0x0060'0001'2340'0fdd, 2,
       "block, PL0 read, PL1 read, XN, PXN, inner shareable, AttrIndx 7 Normal write-back, write-allocate (Linux "
       "MAIR), "
       "PA 0x123400000, non-global"},
      {0x0000'0000'8000'1003, 1, "table of level 2 at PA 0x80001000"},
      {0x7800'0000'8000'2003, 2,
       "table of level 3 at PA 0x80002000, read-only below (APTable[1]), no PL0 access below (APTable[0]), XN below "
       "(XNTable), PXN below (PXNTable)"},
      {0x0060'0001'2345'675d, 3, "invalid: translation fault, level 3 (DFSR 0x207 on a read, 0xa07 on a write)"},
      {0, 1, "invalid: translation fault, level 1 (DFSR 0x205 on a read, 0xa05 on a write)"},
  }));
  CHECK(describe_hardware(Descriptor{row.value}, row.level) == row.text);
}

TEST_CASE("each memory type of Linux's MAIR has its words", "[mmu][explain][M-25]") {
  const auto words = [](unsigned attr) { return describe_memory(mair_byte(linux_mair(), attr)); };
  CHECK(words(0) == "Strongly-ordered");
  CHECK(words(1) == "Normal non-cacheable");
  CHECK(words(2) == "Normal write-through");
  CHECK(words(3) == "Normal write-back");
  CHECK(words(4) == "Device");
  CHECK(words(5) == "Strongly-ordered");
  CHECK(words(7) == "Normal write-back, write-allocate");
  CHECK(describe_memory(MairByte{0x11}) == "UNPREDICTABLE");
}

TEST_CASE("what Linux reads", "[mmu][explain][P-23][P-28][P-35][P-38][P-39]") {
  const auto row = GENERATE(values<Row>({
      {0x08e0'0001'2345'6f5f, 3, "user rw-, dirty, young, soft-dirty, WRITEALLOC, pfn 0x123456"},
      {0x04e0'0001'2345'6fdf, 3, "user r--, dirty, young, WRITEALLOC, pfn 0x123456, a write faults: RDONLY"},
      {0x0060'0001'2345'6fdf, 3, "user rw-, clean, young, WRITEALLOC, pfn 0x123456, a write faults: clean"},
      {0x0560'0001'2345'6bdf, 3, "user r--, clean, old, special, WRITEALLOC, pfn 0x123456, a write faults: RDONLY"},
      {0x06e0'0001'2345'671e, 3,
       "kernel r--, dirty, young, WRITEALLOC, pfn 0x123456, PROT_NONE: hidden from the hardware"},
      {0x06e0'0001'2345'671f, 3, "kernel r--, dirty, young, WRITEALLOC, pfn 0x123456, PROT_NONE"},
      {0x0060'0001'2345'6f5f, 3, "user rw-, clean, young, WRITEALLOC, pfn 0x123456"},  // AP[2] not derived yet
      {0x0060'0001'2345'675e, 3,
       "user rw-, clean, young, WRITEALLOC, pfn 0x123456, hidden from the hardware: not valid"},
      {0, 3, "none: nothing is mapped"},
      {0x12'348c, 3, "swap entry: type 3, offset 0x1234, exclusive"},
      {0x0800'0000'0012'340c, 3, "swap entry: type 3, offset 0x1234, soft-dirty"},
      {0x0060'0001'2340'0fdd, 2, "section, user rw-, clean, young, WRITEALLOC, pfn 0x123400, a write faults: clean"},
      {0x8000'2003, 2, "page table at 0x80002000"},
      {0x0080'0000'8000'1003, 1, "pmd table at 0x80001000, swapper's (shared)"},
      {0, 2, "none: nothing is mapped"},
      {0x4, 1, "bad entry: neither none, a table nor a section"},
  }));
  CHECK(describe_linux(Descriptor{row.value}, row.level) == row.text);
}

TEST_CASE("a PROT_NONE section is not present and yet a huge page", "[mmu][explain][P-35]") {
  const std::string text = describe_linux(Descriptor{0x06e0'0001'2340'0b9c}, 2);
  CHECK(text.find("PROT_NONE") != std::string::npos);
  CHECK(text.find("pmd_present is false, pmd_trans_huge is true") != std::string::npos);
}

/// Whether exactly one warning stands there, and has this part.
bool warns_only(std::uint64_t value, unsigned level, std::string_view part) {
  const Lines lines = warnings_about(Descriptor{value}, level);
  INFO(fmt::format("{:#018x}: {}", value, fmt::join(lines, " | ")));
  CHECK(lines.size() == 1);
  return !lines.empty() && lines.front().find(part) != std::string::npos;
}

TEST_CASE("each oddity has its own warning", "[mmu][explain][M-18][M-20][M-22][P-8][P-9][P-26][P-30]") {
  const auto row = GENERATE(values<Row>({
      {0x08e0'0101'2345'6f5f, 3, "[51:40] (SBZ)"},
      {0x18e0'0001'2345'6f5f, 3, "[63:60] (IGNORED)"},
      {0x08f0'0001'2345'6f5f, 3, "(CONTIGUOUS)"},
      {0x08e0'0001'2345'6f7f, 3, "(NS)"},
      {0x08e0'0001'2345'6d5f, 3, "[9:8] (SH) = 01 is reserved"},
      {0x08e0'0001'2345'6f57, 3, "AttrIndx 5 is unused"},
      {0x08e0'0001'2345'6fdf, 3, "set_pte_ext stores AP[2] = 0"},
      {0x0060'0001'2345'6f5f, 3, "AP[2] = 0, but DIRTY = 0: set_pte_ext stores AP[2] = 1"},
      {0x04e0'0001'2345'6f5f, 3, "AP[2] = 0, but RDONLY = 1: set_pte_ext stores AP[2] = 1"},
      {0x08e0'0001'2345'675f, 3, "global"},
      {0x06e0'0001'2345'671f, 3, "VALID with NONE"},
      {0x00e0'0001'2345'6f5d, 3, "[1:0] = 01 are reserved at level 3"},
      {0x00e0'0001'2345'6f5e, 3, "[1:0] = 10 without NONE"},
      {0x02e0'0001'2345'6f5e, 3, "NONE with AP[1] = 1"},
      {0x0000'0001'0012'340c, 3, "bits above 31"},
      {0x0060'0001'2340'1fdd, 2, "address bits below 21"},
      {0x0160'0001'2340'0fdd, 2, "(SPECIAL) is unused"},
      {0x0060'0001'2340'0f5d, 2, "set_pmd_at stores AP[2] = 1"},
      {0x0060'0000'4000'0fdd, 1, "Linux has no blocks of level 1"},
      {0x0800'0000'8000'1003, 2, "(PXNTable)"},
      {0x1000'0000'8000'1003, 1, "(XNTable)"},
      {0x2000'0000'8000'1003, 1, "(APTable[0])"},
      {0x4000'0000'8000'1003, 1, "(APTable[1])"},
      {0x8000'0000'8000'1003, 1, "(NSTable)"},
      {0x0080'0000'8000'1003, 2, "swapper"},
      {0x0000'0100'8000'1003, 1, "(SBZ) should be zero"},
      {0x0000'0000'8000'1007, 1, "ignores in a table"},
      {0x0000'0000'8000'1002, 2, "no section"},
  }));
  CHECK(warns_only(row.value, row.level, row.text));
}

TEST_CASE("what Linux stores has no warning", "[mmu][explain]") {
  // Every page and section that encode_leaf makes in its stored form.
  for (unsigned bits = 0; bits < 256; ++bits) {
    const auto set = [bits](unsigned n) { return (bits >> n & 1U) != 0; };
    for (const unsigned level : {2U, 3U}) {
      const LeafSpec spec{.level = level,
                          .pa = PhysAddr{std::uint64_t{0x8'8020'0000}},
                          .access = {.read = set(0), .write = set(1), .exec = set(2)},
                          .user = set(3) || level == 2,  // set_pmd_at maps user memory only
                          .young = set(4),
                          .dirty = set(5),
                          .soft_dirty = set(6),
                          .special = set(7) && level == 3};
      const auto d = encode_leaf(spec, LeafForm::stored);
      REQUIRE(d);
      INFO(fmt::format("{:#018x} level {}", d->raw(), level));
      REQUIRE(warnings_about(*d, level) == Lines{});
    }
  }
  CHECK(warnings_about(Descriptor{0x12'348c}, 3).empty());  // swap entry
  CHECK(warnings_about(Descriptor{0x0800'0000'0012'340c}, 3).empty());
  CHECK(warnings_about(Descriptor{0x8000'1003}, 1).empty());  // table
  CHECK(warnings_about(Descriptor{0x0080'0000'8000'1003}, 1).empty());
  CHECK(warnings_about(Descriptor{0}, 2).empty());
}

TEST_CASE("the fields of a word are those of its kind", "[mmu][explain]") {
  CHECK(fields_of(Descriptor{3}, 3).data() == leaf::fields.data());
  CHECK(fields_of(Descriptor{3}, 2).data() == table::fields.data());
  CHECK(fields_of(Descriptor{1}, 2).data() == leaf::fields.data());
  CHECK(fields_of(Descriptor{2}, 3).data() == leaf::fields.data());
  CHECK(fields_of(Descriptor{4}, 3).size() == 7);  // a swap entry
  CHECK(fields_of(Descriptor{4}, 2).data() == leaf::fields.data());
}

TEST_CASE("all 64 status codes have words, and the level that the walk reports", "[mmu][explain][M-34][M-42]") {
  for (unsigned status = 0; status < 64; ++status) {
    CAPTURE(status);
    const StatusMeaning meaning = status_meaning(status);
    CHECK(!meaning.name.empty());
    const auto decoded = decode_fault_status(status);
    if (!decoded) continue;
    CHECK(meaning.level == decoded->level);
    CHECK(!meaning.note.empty());
  }
  CHECK(status_meaning(0x0f).name == "permission fault");
  CHECK(status_meaning(0x0f).level == 3);
  CHECK(status_meaning(0x21).name == "alignment fault");
  CHECK(status_meaning(0x3f).name == "reserved");
  CHECK(status_meaning(0x04).note.empty());  // level 0 is reserved
}

TEST_CASE("fault words with reserved bits or of the short format are warned of", "[mmu][explain]") {
  CHECK(warnings_about(Dfsr{0xa0f}).empty());
  CHECK(warnings_about(Ifsr{0x8000'020f}).empty());
  CHECK(warnings_about(Dfsr{0x80f}).front().find("short format") != std::string::npos);
  CHECK(warnings_about(Dfsr{0x220f}) ==
        Lines{"CM = 1 with WnR = 0: cache maintenance and ATS operations report WnR = 1"});
  CHECK(warnings_about(Dfsr{0x4e4f}) ==
        Lines{"bits [31:14] should be zero", "bit [10] should be zero", "bits [8:6] should be zero"});
  CHECK(warnings_about(Ifsr{0xa07}) == Lines{"bits [11:10] should be zero"});
  CHECK(warnings_about(Dfsr{0x23f}) == Lines{"status 0x3f is not one an ARMv7 core reports here"});
}

TEST_CASE("status codes of data aborts only are warned of in IFSR, no others", "[mmu][explain]") {
  const std::set<unsigned> dfsr_only{0b010001, 0b011001, 0b100001};  // [lpae-mmu 7.1]
  constexpr unsigned long_format = 0x200;
  for (unsigned status = 0; status < 64; ++status) {
    CAPTURE(status);
    const Lines in_dfsr = warnings_about(Dfsr{long_format | status});
    Lines wanted = in_dfsr;
    if (dfsr_only.contains(status))
      wanted = {fmt::format("status {:#04x} is of DFSR only: no prefetch abort reports it", status)};
    CHECK(warnings_about(Ifsr{long_format | status}) == wanted);
    CHECK((in_dfsr.empty() || !dfsr_only.contains(status)));
  }
}

}  // namespace
}  // namespace lpaemu::mmu
