#include "physical_memory.h"

#include <algorithm>
#include <cstring>

namespace lpaemu::emu::gdb {
namespace {

/// Calls `use(page, offset, done, size)` for each page's part of the range.
template <class Use>
std::size_t for_each_page(mmu::PhysicalMemory& memory, mmu::PhysAddr pa, std::size_t size, Use use) {
  std::size_t done = 0;
  while (done < size) {
    const mmu::PhysAddr at = pa + done;
    const std::span<std::byte> page = memory.page(at);
    if (page.empty()) break;
    const std::size_t offset = at - at.page();
    const std::size_t part = std::min(size - done, page.size() - offset);
    use(at, page.subspan(offset, part), done);
    done += part;
  }
  return done;
}

}  // namespace

std::size_t read_physical(mmu::PhysicalMemory& memory, mmu::PhysAddr pa, std::span<std::byte> to) {
  return for_each_page(memory, pa, to.size(), [&](mmu::PhysAddr, std::span<std::byte> bytes, std::size_t done) {
    std::memcpy(to.data() + done, bytes.data(), bytes.size());
  });
}

std::size_t write_physical(kernel::Kernel& kernel, mmu::PhysAddr pa, std::span<const std::byte> from) {
  mmu::PhysicalMemory& memory = kernel.current().mm->memory();
  const auto store = [&](mmu::PhysAddr at, std::span<std::byte> bytes, std::size_t done) {
    std::memcpy(bytes.data(), from.data() + done, bytes.size());
    kernel.cpu().page_modified(at.pfn());
  };
  const std::size_t written = for_each_page(memory, pa, from.size(), store);
  kernel.cpu().tlbiall();
  return written;
}

}  // namespace lpaemu::emu::gdb
