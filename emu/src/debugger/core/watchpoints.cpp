// Watchpoints. The MMU takes the page's rights away; an instruction that touches the page is looked at before it runs,
// executed alone with the page opened, and looked at again.
#include <algorithm>

#include "lpaemu/emu/debugger/debugger.h"
#include "lpaemu/emu/machine/guest_memory.h"

namespace lpaemu::emu {
namespace {

using mmu::Access;
using mmu::PAGE_SIZE;

Rights refused_by(WatchKind kind) {
  // A page that may be written but not read does not exist: whoever watches loads sees stores as well.
  return kind == WatchKind::write ? Rights{Rights::write} : Rights{unsigned{Rights::read} | Rights::write};
}

bool watches(const Point& point, Access access) {
  switch (point.watch) {
    case WatchKind::write: return access == Access::write;
    case WatchKind::read: return access == Access::read;
    case WatchKind::access: break;
  }
  return true;
}

bool overlaps(const Point& point, const DataAccess& access) {
  return access.va < point.range.end && point.range.start < access.va + access.size;
}

}  // namespace

void Debugger::plan_watches() {
  std::map<std::uint32_t, Rights> wanted;
  for (const Point& point : points_.all()) {
    if (!point.enabled || point.kind != PointKind::watch) continue;
    for (std::uint32_t page = point.range.start.page_number(); page <= (point.range.end - 1U).page_number(); ++page)
      wanted[page] = Rights{wanted[page].bits() | refused_by(point.watch).bits()};
  }
  DebugPages& pages = machine_.engine().debug_pages();
  for (const auto& [page, rights] : refused_)
    if (!wanted.contains(page)) pages.refuse(VirtAddr{page * PAGE_SIZE}, Rights{});
  for (const auto& [page, rights] : wanted)
    if (const auto same = refused_.find(page); same == refused_.end() || same->second != rights)
      pages.refuse(VirtAddr{page * PAGE_SIZE}, rights);
  refused_ = std::move(wanted);
}

void Debugger::begin_watched() {
  const kernel::UserRegisters at = registers();
  Watched watched{.accesses = {}, .before = {}, .pc = at.pc()};
  if (const auto encoding = machine_.code().instruction_at(at.pc(), instruction_set(at))) {
    const DataAccesses accesses = data_accesses(*encoding, at);
    watched.accesses.assign(accesses.begin(), accesses.end());
  }
  watched.before = values_of([&](const Point& point) { return find_watched(point, watched.accesses) != nullptr; });
  // On ARM a GDB expects the stop before the access: it executes the instruction itself, without its watchpoints.
  watched.told = told_ == at.pc();
  if (!watched.told) {
    std::optional<WatchHit> hit;
    auto numbers = points_.hit([&](const Point& point) {
      const DataAccess* const access = point.number == 0 ? find_watched(point, watched.accesses) : nullptr;
      if (access != nullptr && !hit) hit = hit_of(point, *access, watched);
      return access != nullptr;
    });
    if (numbers) {
      stop({.kind = StopKind::watchpoint, .points = std::move(*numbers), .watch = std::move(hit)});
      told_ = machine_.engine().pc();
      return;
    }
  }
  watched_ = std::move(watched);
  machine_.engine().debug_pages().set_refusing(false);
}

const DataAccess* Debugger::find_watched(const Point& point, const std::vector<DataAccess>& accesses) {
  if (point.kind != PointKind::watch) return nullptr;
  const auto found = std::ranges::find_if(
      accesses, [&](const DataAccess& access) { return overlaps(point, access) && watches(point, access.access); });
  return found == accesses.end() ? nullptr : &*found;
}

WatchHit Debugger::hit_of(const Point& point, const DataAccess& access, const Watched& watched) {
  const auto before = std::ranges::find(watched.before, point.range.start, &WatchedValues::value_type::first);
  return {.access = access,
          .va = point.range.start,
          .before = before == watched.before.end() ? std::vector<std::byte>{} : before->second,
          .after = bytes_of(point),
          .pc = watched.pc,
          .syscall = {}};
}

void Debugger::drop_watched() {
  watched_.reset();
  machine_.engine().debug_pages().set_refusing(true);
}

std::vector<std::byte> Debugger::bytes_of(const Point& point) {
  std::vector<std::byte> bytes(point.range.bytes());
  bytes.resize(peek(mm(), point.range.start, bytes));
  return bytes;
}

Debugger::WatchedValues Debugger::values_of(const std::function<bool(const Point& point)>& wanted) {
  WatchedValues values;
  for (const Point& point : points_.all())
    if (point.enabled && wanted(point)) values.emplace_back(point.range.start, bytes_of(point));
  return values;
}

/// What the kernel may store to.
Debugger::WatchedValues Debugger::watched_values() {
  return values_of([](const Point& point) { return point.kind == PointKind::watch && point.watch != WatchKind::read; });
}

/// The instruction was executed: stops if it touched what is watched.
bool Debugger::report_watched() {
  if (!watched_) return false;
  const Watched watched = std::move(*watched_);
  drop_watched();
  std::optional<WatchHit> hit;
  auto numbers = points_.hit([&](const Point& point) {
    const DataAccess* const access =
        point.number == 0 && watched.told ? nullptr : find_watched(point, watched.accesses);
    if (access == nullptr || !holds(point)) return false;
    if (!hit) hit = hit_of(point, *access, watched);
    return true;
  });
  if (!numbers) return false;
  stop({.kind = StopKind::watchpoint, .points = std::move(*numbers), .watch = std::move(hit)});
  return true;
}

/// A system call was made: stops if the kernel wrote to what is watched for stores.
void Debugger::report_kernel_stores(const WatchedValues& before, VirtAddr pc, std::uint32_t number) {
  if (before.empty()) return;
  const auto after = watched_values();
  std::optional<WatchHit> hit;
  auto numbers = points_.hit([&](const Point& point) {
    if (point.kind != PointKind::watch || point.watch == WatchKind::read) return false;
    const auto of_point = [&](const auto& value) { return value.first == point.range.start; };
    const auto was = std::ranges::find_if(before, of_point);
    const auto is = std::ranges::find_if(after, of_point);
    if (was == before.end() || is == after.end() || was->second == is->second || !holds(point)) return false;
    if (!hit)
      hit = WatchHit{.access = {point.range.start, point.range.bytes(), Access::write},
                     .va = point.range.start,
                     .before = was->second,
                     .after = is->second,
                     .pc = pc,
                     .syscall = number};
    return true;
  });
  if (numbers) stop({.kind = StopKind::watchpoint, .points = std::move(*numbers), .watch = std::move(hit)});
}

}  // namespace lpaemu::emu
