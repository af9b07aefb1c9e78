#include "lpaemu/emu/engine/debug_pages.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "lpaemu/mmu/assert.h"

namespace lpaemu::emu {

using mmu::Access;
using mmu::PAGE_SIZE;
using mmu::Pfn;
using mmu::PhysAddr;

namespace {

constexpr std::uint32_t arm_bkpt = 0xe1200070;  // [armv7 A8.8.24]
constexpr std::uint16_t thumb_bkpt = 0xbe00;

using PageBytes = std::array<std::byte, PAGE_SIZE>;

/// A wrong guess near the end of a page may reach beyond it: what is behind stays as it is.
template <class Word>
void plant(PageBytes& page, VirtAddr va, Word word) {
  const std::size_t room = std::min(sizeof word, page.size() - va.page_offset());
  std::memcpy(page.data() + va.page_offset(), &word, room);
}

/// Whether an instruction of `code`, which begins with one, begins at `offset`.
bool begins_at(std::span<const std::byte> code, std::uint32_t offset, InstructionSet set) {
  std::uint32_t at = 0;
  while (at < offset) {
    const auto encoding = encoding_at(code.subspan(at), set);
    if (!encoding) return false;
    at += encoding->size;
  }
  return at == offset;
}

}  // namespace

Expected<std::unique_ptr<GuestRam>, Error> DebugPages::reserve_shadows(const GuestRam& ram) {
  constexpr std::uint64_t bytes = shadows * PAGE_SIZE;
  // The engine drops translated code by 32-bit offsets over all memory that it has.
  if (ram.size() + bytes > GuestRam::max_bytes)
    return unexpected(
        Error{"a debugger needs some memory beside the guest's: give the guest at most 4094M with --mem"});
  // Below the last page of the 40-bit space, which is taken, or above the first one where RAM is up there.
  const PhysAddr high{PhysAddr{PhysAddr::mask}.page().raw() - bytes};
  const bool overlaps = ram.base().raw() + ram.size() > high.raw();
  return GuestRam::reserve(overlaps ? PhysAddr{PAGE_SIZE} : high, bytes);
}

void DebugPages::add_stop(VirtAddr va, InstructionSet guess) {
  const bool fresh = stops_[va.page_number()].emplace(va, guess).second;
  LPAEMU_ASSERT(fresh, "a second stop at {:#x}", va.raw());
  stops_change(va);
}

void DebugPages::remove_stop(VirtAddr va) {
  const auto page = stops_.find(va.page_number());
  LPAEMU_ASSERT(page != stops_.end() && page->second.erase(va) == 1, "no stop at {:#x}", va.raw());
  if (page->second.empty()) stops_.erase(page);
  stops_change(va);
}

void DebugPages::stops_change(VirtAddr va) {
  if (const auto index = shadow_of(va.page_number())) drop_code(*index);
  soft_tlb_.drop_entry(va.page());
}

bool DebugPages::stops_at(VirtAddr va) const {
  const auto page = stops_.find(va.page_number());
  if (page == stops_.end()) return false;
  const auto stop = page->second.find(va);
  return stop != page->second.end() && stop->second.has_value();
}

bool DebugPages::settle_stops(VirtAddr va, std::span<const std::byte> code, InstructionSet set) {
  const VirtAddr end = va + static_cast<std::uint32_t>(code.size());
  // The second half of a BKPT that was a wrong guess may lie in the block too.
  const VirtAddr reach{std::max(va.raw(), unsigned{sizeof thumb_bkpt}) - unsigned{sizeof thumb_bkpt}};
  for (auto page = stops_.lower_bound(reach.page_number()); page != stops_.end(); ++page) {
    if (VirtAddr{page->first * PAGE_SIZE} >= end) break;
    for (auto& [stop, planted] : page->second) {
      if (stop < reach || stop >= end || (stop < va && planted != InstructionSet::arm)) continue;
      const bool begins = stop >= va && begins_at(code, stop - va, set);
      const auto wanted = begins ? std::optional{set} : std::nullopt;
      if (std::exchange(planted, wanted) != wanted) settled_.push_back(stop);
    }
  }
  return !settled_.empty();
}

void DebugPages::replant() {
  for (const VirtAddr stop : std::exchange(settled_, {})) stops_change(stop);
}

void DebugPages::refuse(VirtAddr va, Rights accesses) {
  if (accesses.none())
    refused_.erase(va.page_number());
  else
    refused_[va.page_number()] = accesses;
  soft_tlb_.drop_entry(va.page());
}

void DebugPages::set_refusing(bool on) {
  if (refusing_ == on) return;
  refusing_ = on;
  if (!on) return;  // an entry without the right comes back to the fill hook
  for (const auto& [page, accesses] : refused_) soft_tlb_.drop_entry(VirtAddr{page * PAGE_SIZE});
}

FillResult DebugPages::apply(VirtAddr va, Access access, FillResult granted) {
  if (const auto watched = refused_.find(va.page_number()); refusing_ && watched != refused_.end()) {
    if (watched->second.has(right_for(access))) return {};
    granted.rights = Rights{granted.rights.bits() & ~watched->second.bits()};
  }
  const auto page = stops_.find(va.page_number());
  if (page == stops_.end()) return granted;
  if (access != Access::execute) return {granted.page, granted.rights.without(Rights::execute)};
  return {make_shadow(va, granted.page.pfn(), page->second), Rights{Rights::execute}};
}

std::optional<std::size_t> DebugPages::shadow_of(PageNumber page) const {
  for (std::size_t i = 0; i < used_.size(); ++i)
    if (used_[i].page == page) return i;
  return std::nullopt;
}

std::size_t DebugPages::take_shadow(std::optional<std::size_t> but_not) {
  for (std::size_t i = 0; i < used_.size(); ++i)
    if (!used_[i].page && i != but_not) return i;
  if (used_.size() < shadows) {
    used_.emplace_back();
    return used_.size() - 1;
  }
  if (next_victim_ == but_not) next_victim_ = (next_victim_ + 1) % shadows;
  const std::size_t victim = std::exchange(next_victim_, (next_victim_ + 1) % shadows);
  if (const auto page = used_[victim].page) soft_tlb_.drop_entry(VirtAddr{*page * PAGE_SIZE});
  drop_code(victim);
  return victim;
}

PhysAddr DebugPages::make_shadow(VirtAddr va, Pfn real, const Stops& stops) {
  PageBytes wanted;
  std::memcpy(wanted.data(), ram_.page(PhysAddr{real}).data(), PAGE_SIZE);
  for (const auto& [stop, planted] : stops) {
    if (planted == InstructionSet::arm)
      plant(wanted, stop, arm_bkpt);
    else if (planted == InstructionSet::thumb)
      plant(wanted, stop, thumb_bkpt);
  }
  const auto holds = [&](std::size_t index) {
    return std::memcmp(shadow_.page(shadow_page(index)).data(), wanted.data(), PAGE_SIZE) == 0;
  };
  auto index = shadow_of(va.page_number());
  std::optional<std::size_t> stale;
  // The library may be comparing a translated block that ends in this page with what it wants to execute: it does not
  // see that the block's code is dropped, but it does see another page.
  if (index && used_[*index].translated && !holds(*index)) {
    drop_code(*index);
    used_[*index].page.reset();
    stale = std::exchange(index, std::nullopt);
  }
  if (!index) index = take_shadow(stale);
  if (!holds(*index)) std::memcpy(shadow_.page(shadow_page(*index)).data(), wanted.data(), PAGE_SIZE);
  used_[*index] = Shadow{va.page_number(), real, true};
  return shadow_page(*index);
}

void DebugPages::drop_code(std::size_t index) {
  if (std::exchange(used_[index].translated, false)) soft_tlb_.drop_code(shadow_page(index).pfn());
}

void DebugPages::page_changes(Pfn pfn) {
  for (std::size_t i = 0; i < used_.size(); ++i) {
    if (!used_[i].page || used_[i].real != pfn) continue;
    drop_code(i);
    soft_tlb_.drop_entry(VirtAddr{*used_[i].page * PAGE_SIZE});
  }
}

}  // namespace lpaemu::emu
