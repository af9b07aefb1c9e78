#include "lpaemu/mmu/encode.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "lpaemu/mmu/testing/stringify.h"

namespace lpaemu::mmu {
namespace {

constexpr VmAccess rw{.read = true, .write = true};
constexpr PhysAddr page{std::uint64_t{0x1'2345'6000}};
constexpr PhysAddr block{std::uint64_t{0x1'2340'0000}};

TEST_CASE("the words of the reference give its values", "[mmu][encode][P-14][P-15][P-17][P-29][P-34][P-53]") {
  struct Row {
    LeafSpec spec;
    LeafForm form;
    std::uint64_t value;
  };
  const auto row = GENERATE_COPY(values<Row>({
      {{.pa = page, .access = rw, .young = true}, LeafForm::given, 0x0060'0001'2345'675f},
      {{.pa = page, .access = rw, .young = true}, LeafForm::stored, 0x0060'0001'2345'6fdf},
      {{.pa = page, .access = rw, .young = true, .dirty = true, .soft_dirty = true},
       LeafForm::stored,
       0x08e0'0001'2345'6f5f},
      {{.pa = page, .access = {.read = true}, .young = true, .special = true}, LeafForm::stored, 0x0560'0001'2345'6fdf},
      {{.pa = page, .access = rw, .dirty = true}, LeafForm::stored, 0x00e0'0001'2345'635f},  // AF = 0: no nG
      {{.pa = page, .young = true, .dirty = true}, LeafForm::given, 0x06e0'0001'2345'671f},  // PROT_NONE
      {{.pa = page, .young = true, .dirty = true}, LeafForm::stored, 0x06e0'0001'2345'671e},
      {{.access = {.read = true, .exec = true}, .young = true}, LeafForm::given, 0x0420'0000'0000'075f},
      {{.access = {.read = true, .write = true, .exec = true}, .user = false, .young = true, .dirty = true},
       LeafForm::given,
       0x0080'0000'0000'071f},  // pgprot_kernel
      {{.level = 2, .pa = block, .access = rw, .young = true}, LeafForm::given, 0x0060'0001'2340'075d},
      {{.level = 2, .pa = block, .access = rw, .young = true}, LeafForm::stored, 0x0060'0001'2340'0fdd},
      {{.level = 2, .pa = block, .dirty = true}, LeafForm::stored, 0x06e0'0001'2340'0b9c},  // PROT_NONE section
      {{.level = 1, .pa = PhysAddr{std::uint64_t{0x4000'0000}}, .access = rw}, LeafForm::given, 0x0060'0000'4000'035d},
      {{.access = {.read = true}, .memory = L_PTE_MT_TYPE::WRITEBACK, .shareability = Sh::non_shareable, .young = true},
       LeafForm::given,
       0x0460'0000'0000'044f},  // a uniprocessor kernel's
  }));
  const auto encoded = encode_leaf(row.spec, row.form);
  REQUIRE(encoded);
  CHECK(*encoded == Descriptor{row.value});
}

TEST_CASE("what no leaf can be is refused in words", "[mmu][encode]") {
  const auto why = [](const LeafSpec& spec, LeafForm form) {
    const auto encoded = encode_leaf(spec, form);
    return encoded ? std::string{} : encoded.error();
  };
  CHECK(why({.pa = PhysAddr{std::uint64_t{0x1234}}}, LeafForm::given) ==
        "PA 0x1234 is not a multiple of 0x1000, the size of a level 3 page");
  CHECK(why({.level = 2, .pa = page}, LeafForm::given) ==
        "PA 0x123456000 is not a multiple of 0x200000, the size of a level 2 block");
  CHECK(why({.level = 2, .special = true}, LeafForm::given) == "a level 2 block has no SPECIAL");
  CHECK(why({.level = 1}, LeafForm::stored) == "Linux stores no blocks of level 1");
}

}  // namespace
}  // namespace lpaemu::mmu
