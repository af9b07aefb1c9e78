#include "lpaemu/mmu/print.h"

#include <catch2/catch_test_macros.hpp>

#include "lpaemu/mmu/format.h"

namespace lpaemu::mmu {

TEST_CASE("addresses and words print in hex with 0x", "[mmu][print]") {
  CHECK(fmt::format("{}", VirtAddr{0x12345}) == "0x00012345");
  CHECK(fmt::format("{}", VirtAddr{0xffff'ffff}) == "0xffffffff");
  CHECK(fmt::format("{}", PhysAddr{0x80'0000'1234}) == "0x8000001234");
  CHECK(fmt::format("{}", PhysAddr{0}) == "0x0");
  CHECK(fmt::format("{}", Pfn{std::uint64_t{0x12'3456}}) == "0x123456");
  CHECK(fmt::format("{}", Pte{0}) == "0x0000000000000000");
  CHECK(fmt::format("{} {}", Descriptor{0x8000'1003}, Pgprot{3}) == "0x0000000080001003 0x0000000000000003");
  CHECK(to_string(VirtAddr{0x1000}) == "0x00001000");
  CHECK(to_string(PhysAddr{0x8'8000'0000}) == "0x880000000");
}

TEST_CASE("a fault prints as one line", "[mmu][print]") {
  const auto line = [](FaultKind kind, unsigned level, Access access) {
    return describe(Fault{kind, level, VirtAddr{0x1234}, access, Privilege::pl0});
  };
  CHECK(line(FaultKind::permission, 3, Access::write) ==
        "level 3 permission fault on a write at 0x00001234 (DFSR 0xa0f)");
  CHECK(line(FaultKind::access_flag, 2, Access::read) ==
        "level 2 access flag fault on a read at 0x00001234 (DFSR 0x20a)");
  CHECK(line(FaultKind::translation, 1, Access::execute) ==
        "level 1 translation fault on a fetch at 0x00001234 (IFSR 0x205)");
  CHECK(line(FaultKind::alignment, 0, Access::write) == "alignment fault on a write at 0x00001234 (DFSR 0xa21)");
}

TEST_CASE("a PTE prints as one line for people", "[mmu][print]") {
  CHECK(describe(Pte{0x08e0'0001'2345'6f5f}) ==
        "0x08e0000123456f5f user rw- dirty young soft-dirty nG SH=inner mt=7 pa=0x123456000");
  CHECK(describe(Pte{0x0560'0001'2345'6fdf}) ==
        "0x0560000123456fdf user r-- young special nG AP2 SH=inner mt=7 pa=0x123456000");
  CHECK(describe(Pte{0x06e0'0001'2345'671e}) ==
        "0x06e000012345671e kernel r-- PROT_NONE invalid dirty young SH=inner mt=7 pa=0x123456000");
  CHECK(describe(Pte{0x0080'0008'8000'0403}) == "0x0080000880000403 kernel rwx dirty young SH=non mt=0 pa=0x880000000");
  CHECK(describe(Pte{0}) == "0x0000000000000000 none");
  CHECK(describe(Pte{0x12'348c}) == "0x000000000012348c not present");
}

TEST_CASE("fields print a line each, those that are zero not at all", "[mmu][print]") {
  CHECK(describe_fields(leaf::fields, 0x0400'0001'2345'6003) ==
        "  [58] RDONLY = 1  software: L_PTE_RDONLY\n"
        "  [39:12] OA = 0x123456  output address [39:12]; a block ignores the low ones\n"
        "  [1] TYPE = 1  with VALID: 1 = page (level 3), 0 = block (levels 1, 2)\n"
        "  [0] VALID = 1  the entry is valid\n");
  CHECK(describe_fields(SCTLR::fields, 0x0000'0018) == "  [4:3] RAO_4_3 = 3  reads as ones\n");
  CHECK(describe_fields(table::fields, 0).empty());
}

TEST_CASE("changes print the fields that differ, from bit 0 up", "[mmu][print]") {
  CHECK(describe_changes(Pte{0x0060'0001'2345'6fdf}, Pte{0x08e0'0001'2345'6f5f}) ==
        "AP2 1->0, DIRTY 0->1, SOFT_DIRTY 0->1");
  CHECK(describe_changes(Pte{0x1003}, Pte{0xabc'd003}) == "OA 1->0xabcd");
  CHECK(describe_changes(Pte{7}, Pte{7}).empty());
  CHECK(describe_change(leaf::fields.back(), 1, 0) == "VALID 1->0");
}

}  // namespace lpaemu::mmu
