#include "lpaemu/emu/engine/guest_ram.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace lpaemu::emu;
using lpaemu::mmu::PhysAddr;

TEST_CASE("RAM is zeroed, and bounded at both ends", "[guest_ram]") {
  const auto ram = GuestRam::reserve(GuestRam::default_base, 8 * 4096).value();
  const PhysAddr first = ram->base();
  const PhysAddr last = first + (8 * 4096 - 8);
  CHECK(ram->read64(first) == 0U);
  CHECK(ram->write64(last, 0x0123456789abcdef));
  CHECK(ram->read64(last) == 0x0123456789abcdefU);
  CHECK(ram->page(last)[4088] == std::byte{0xef});
  CHECK(ram->table(last)[511] == 0x0123456789abcdefU);
  CHECK(ram->page(last).size() == 4096);
  CHECK(ram->table(last).size() == 512);
  CHECK(ram->page_index(last) == 7);

  const auto outside = GENERATE_COPY(PhysAddr{}, PhysAddr{first.raw() - 8}, last + 8, PhysAddr{PhysAddr::mask - 7});
  CHECK_FALSE(ram->read64(outside));
  CHECK_FALSE(ram->write64(outside, 1));
  CHECK(ram->page(outside).empty());
  CHECK(ram->table(outside).empty());
}

TEST_CASE("what cannot be reserved says why", "[guest_ram]") {
  struct Row {
    std::uint64_t base;
    std::uint64_t bytes;
    const char* why;
  };
  const auto row = GENERATE(values<Row>({
      {0x880000000, 0, "not a multiple of 4096"},
      {0x880000000, 4097, "not a multiple of 4096"},
      {0x880000001, 4096, "base is not a multiple"},
      {0xffffffe000, 3 * 4096, "within 40 bits"},
      {0, std::uint64_t{1} << 40, "not supported"},
      {0, ~std::uint64_t{4095}, "not supported"},
  }));
  const auto ram = GuestRam::reserve(PhysAddr{row.base}, row.bytes);
  REQUIRE_FALSE(ram);
  CAPTURE(ram.error().message);
  CHECK(ram.error().message.find(row.why) != std::string::npos);
}

TEST_CASE("the largest RAM costs nothing until it is touched", "[guest_ram]") {
  const auto ram = GuestRam::reserve(PhysAddr{}, GuestRam::max_bytes);
  REQUIRE(ram);
  CHECK((*ram)->write64(PhysAddr{GuestRam::max_bytes - 8}, 1));
}
