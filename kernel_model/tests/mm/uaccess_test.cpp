// The kernel's access to user memory. [linux-lpae-pte 12]
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/guest.h"

using namespace lpaemu;
using namespace lpaemu::kernel;
using namespace lpaemu::kernel::testing;

TEST_CASE("copies cross pages", "[mm][uaccess]") {
  Guest guest;
  const VirtAddr va = guest.map(3);
  std::vector<std::byte> out(2 * page_size);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i * 7);
  CHECK(copy_to_user(guest.mm(), va + 100, out) == 0);
  std::vector<std::byte> in(out.size());
  CHECK(copy_from_user(guest.mm(), in, va + 100) == 0);
  CHECK(in == out);
  CHECK(guest.byte_at(va + 101) == 7);
  guest.audit();
}

TEST_CASE("how much was not copied", "[mm][uaccess][P-56]") {
  Guest guest;
  const VirtAddr va = guest.map(2);
  guest.unmap(page_of(va, 1), 1);
  std::vector<std::byte> bytes(100);
  CHECK(copy_to_user(guest.mm(), page_of(va, 1) - 40, bytes) == 60);
  CHECK(copy_from_user(guest.mm(), bytes, page_of(va, 1) - 40) == 60);
  CHECK(clear_user(guest.mm(), page_of(va, 1) - 40, 100) == 60);
  guest.protect(va, 1, PROT_READ);
  CHECK(copy_to_user(guest.mm(), va, bytes) == 100);  // EFAULT, and no signal
  CHECK(copy_from_user(guest.mm(), bytes, va) == 0);
  CHECK(put_user(guest.mm(), va, 1) == unexpected(Errno::efault));
  guest.audit();
}

TEST_CASE("kernel addresses are refused as a whole", "[mm][uaccess]") {
  Guest guest;
  REQUIRE(install_vectors(guest.mm(), guest.pages().zero_page()).has_value());
  guest.map(1, RW, anon_private | MAP_FIXED, TASK_SIZE - page_size);
  std::vector<std::byte> bytes(8);
  CHECK(copy_from_user(guest.mm(), bytes, TASK_SIZE - 4) == 8);
  CHECK(copy_from_user(guest.mm(), bytes, TASK_SIZE - 8) == 0);
  CHECK(copy_from_user(guest.mm(), bytes, vectors_base) == 8);
  CHECK(copy_from_user(guest.mm(), bytes, VirtAddr{0xfffffffc}) == 8);
  CHECK(copy_from_user(guest.mm(), {}, VirtAddr{0xfffffffc}) == 0);
  guest.end();
}

TEST_CASE("strings", "[mm][uaccess]") {
  Guest guest;
  const VirtAddr va = guest.map(2);
  const std::string text = "hello";
  const VirtAddr crossing = page_of(va, 1) - 3;
  CHECK(copy_to_user(guest.mm(), crossing, std::as_bytes(std::span{text.c_str(), 6})) == 0);
  CHECK(strncpy_from_user(guest.mm(), crossing, 100) == "hello");
  CHECK(strncpy_from_user(guest.mm(), crossing, 6) == "hello");
  CHECK(strncpy_from_user(guest.mm(), crossing, 5) == unexpected(Errno::enametoolong));
  CHECK(strncpy_from_user(guest.mm(), VirtAddr{4}, 100) == unexpected(Errno::efault));
  const std::vector<std::byte> full(2 * page_size, std::byte{'a'});
  CHECK(copy_to_user(guest.mm(), va, full) == 0);
  CHECK(strncpy_from_user(guest.mm(), va, 3 * page_size) == unexpected(Errno::efault));  // runs into the hole
}

TEST_CASE("stores tell the CPU which page changed", "[mm][uaccess][P-32]") {
  Guest guest;
  const VirtAddr va = guest.map(2);
  guest.store(va);
  guest.store(page_of(va, 1));
  guest.cpu().modified.clear();
  std::vector<std::byte> bytes(8);
  CHECK(copy_to_user(guest.mm(), page_of(va, 1) - 4, bytes) == 0);
  CHECK(guest.cpu().modified == std::vector{mmu::pte_pfn(guest.pte(va)), mmu::pte_pfn(guest.pte(page_of(va, 1)))});
  guest.cpu().modified.clear();
  CHECK(copy_from_user(guest.mm(), bytes, va) == 0);
  CHECK(guest.cpu().modified.empty());
}

TEST_CASE("faultin_page", "[mm][gup]") {
  Guest guest;
  const VirtAddr va = guest.map(2, PROT_READ);
  CHECK(faultin_page(guest.mm(), va, mmu::Access::read).has_value());
  CHECK(mmu::pte_special(guest.pte(va)));
  CHECK(faultin_page(guest.mm(), va, mmu::Access::write) == unexpected(Errno::efault));
  CHECK(faultin_page(guest.mm(), VirtAddr{0x20000}, mmu::Access::read) == unexpected(Errno::efault));
  CHECK(faultin_page(guest.mm(), TASK_SIZE, mmu::Access::read) == unexpected(Errno::efault));
  guest.audit();
}
