#include "lpaemu/emu/engine/guest_ram.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <bit>
#include <cerrno>

namespace lpaemu::emu {

using mmu::PhysAddr;

static_assert(std::endian::native == std::endian::little);

Expected<std::unique_ptr<GuestRam>, Error> GuestRam::reserve(PhysAddr base, std::uint64_t bytes) {
  const auto fail = [&](std::string why) {
    return unexpected(Error{fmt::format("cannot have {} bytes of RAM at {:#x}: {}", bytes, base.raw(), why)});
  };
  if (bytes == 0 || bytes % mmu::PAGE_SIZE != 0) return fail("the size is not a multiple of 4096");
  if (!base.is_page_aligned()) return fail("the base is not a multiple of 4096");
  if (bytes > max_bytes) return fail(fmt::format("more than {} bytes are not supported", max_bytes));
  if (bytes - 1 > PhysAddr::mask - base.raw()) return fail("it does not end within 40 bits");

  void* host = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (host == MAP_FAILED) return fail(fmt::format("mmap failed: {}", std::strerror(errno)));
  // The first touch of a host page costs microseconds; large ones make it rare. Only a hint.
  madvise(host, bytes, MADV_HUGEPAGE);
  return std::unique_ptr<GuestRam>{new GuestRam{base, bytes, static_cast<std::byte*>(host)}};
}

GuestRam::~GuestRam() { munmap(host_, size_); }

std::span<const std::uint64_t> GuestRam::table(PhysAddr pa) const {
  if (!contains(pa)) return {};
  // The mapping holds no objects but implicitly created ones; it is page-aligned.
  return {reinterpret_cast<const std::uint64_t*>(host_ + (pa.page() - base_)), mmu::descriptors_per_table};
}

}  // namespace lpaemu::emu
