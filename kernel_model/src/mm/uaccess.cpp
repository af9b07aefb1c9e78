#include "lpaemu/kernel_model/mm/uaccess.h"

#include <algorithm>
#include <array>

#include "lpaemu/kernel_model/mm/fault.h"

namespace lpaemu::kernel {
namespace {

/// Where a user address lies in memory.
struct UserPage {
  Pfn pfn;
  std::span<std::byte> bytes;  // from the address to the end of its page; empty: EFAULT
};

/// The rest of the page of `va`, after any faults.
UserPage user_page(mm_struct& mm, VirtAddr va, mmu::Access access) {
  // Each turn either ends or resolves one fault; the second turn of a resolved fault cannot fault the same way.
  for (;;) {
    const auto found = mmu::walk(mm.memory(), mm.regime(), va, access, mmu::Privilege::pl1);
    if (found) return {found->pa.pfn(), mm.memory().page(found->pa).subspan(va.page_offset())};
    const Verdict verdict = do_abort_stepped(mm, found.error(), classify(mm, found.error()));
    if (is_fatal(verdict)) return {};
  }
}

/// Calls `use(bytes, done)` page by page, and tells the CPU of stores; answers how many bytes were not reached.
template <class Use>
std::size_t for_each_user_page(mm_struct& mm, VirtAddr va, std::size_t bytes, mmu::Access access, Use use) {
  if (!access_ok(va, bytes)) return bytes;
  for (std::size_t done = 0; done < bytes;) {
    const UserPage page = user_page(mm, va + static_cast<std::uint32_t>(done), access);
    if (page.bytes.empty()) return bytes - done;
    const std::size_t step = std::min(page.bytes.size(), bytes - done);
    use(page.bytes.first(step), done);
    if (access == mmu::Access::write) mm.context().pages.stored_into(page.pfn);
    done += step;
  }
  return 0;
}

}  // namespace

std::size_t copy_from_user(mm_struct& mm, std::span<std::byte> to, VirtAddr from) {
  return for_each_user_page(mm, from, to.size(), mmu::Access::read, [&](std::span<std::byte> page, std::size_t done) {
    std::memcpy(to.data() + done, page.data(), page.size());
  });
}

std::size_t copy_to_user(mm_struct& mm, VirtAddr to, std::span<const std::byte> from) {
  return for_each_user_page(mm, to, from.size(), mmu::Access::write, [&](std::span<std::byte> page, std::size_t done) {
    std::memcpy(page.data(), from.data() + done, page.size());
  });
}

std::size_t clear_user(mm_struct& mm, VirtAddr to, std::size_t bytes) {
  return for_each_user_page(mm, to, bytes, mmu::Access::write, [](std::span<std::byte> page, std::size_t /*done*/) {
    std::memset(page.data(), 0, page.size());
  });
}

Result<std::string> strncpy_from_user(mm_struct& mm, VirtAddr from, std::size_t limit) {
  std::string text;
  while (text.size() < limit) {
    const VirtAddr va = from + static_cast<std::uint32_t>(text.size());
    if (va >= TASK_SIZE || va < from) return unexpected(Errno::efault);
    const std::span<std::byte> rest = user_page(mm, va, mmu::Access::read).bytes;
    if (rest.empty()) return unexpected(Errno::efault);
    const std::span<std::byte> page = rest.first(std::min(rest.size(), limit - text.size()));
    const auto nul = std::find(page.begin(), page.end(), std::byte{0});
    text.append(reinterpret_cast<const char*>(page.data()), static_cast<std::size_t>(nul - page.begin()));
    if (nul != page.end()) return text;
  }
  return unexpected(Errno::enametoolong);
}

}  // namespace lpaemu::kernel
