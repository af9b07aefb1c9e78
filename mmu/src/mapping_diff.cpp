#include "lpaemu/mmu/mapping_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::mmu {
namespace {

/// Goes through ranges in step with another list. Positions are 64-bit, so that the end of the address space is one.
class Cursor {
 public:
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

  explicit Cursor(std::span<const Mapping> ranges) : ranges_{ranges} {}

  /// Drops what lies before `position`.
  void advance(std::uint64_t position) {
    while (!ranges_.empty() && ranges_.front().last.raw() < position) ranges_ = ranges_.subspan(1);
  }
  /// The next position, at or behind `position`, at which something is mapped.
  [[nodiscard]] std::uint64_t next(std::uint64_t position) const {
    return ranges_.empty() ? none : std::max<std::uint64_t>(position, ranges_.front().first.raw());
  }
  /// Where what holds at `position`, a mapping or none, ends: the first position behind it.
  [[nodiscard]] std::uint64_t end(std::uint64_t position) const {
    if (ranges_.empty()) return none;
    const Mapping& range = ranges_.front();
    return range.first.raw() > position ? range.first.raw() : std::uint64_t{range.last.raw()} + 1;
  }
  /// The mapping of `first` to `last`; nothing if they are not mapped.
  [[nodiscard]] std::optional<Mapping> cut(VirtAddr first, VirtAddr last) const {
    if (ranges_.empty() || ranges_.front().first > first) return std::nullopt;
    Mapping part = ranges_.front();
    part.pa = part.pa_of(first);
    part.first = first;
    part.last = last;
    return part;
  }

 private:
  std::span<const Mapping> ranges_;
};

bool same(const std::optional<Mapping>& a, const std::optional<Mapping>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->pa == b->pa && a->attributes == b->attributes && without_address(a->leaf) == without_address(b->leaf);
}

bool continues(const std::optional<Mapping>& range, const std::optional<Mapping>& next) {
  if (!range || !next) return range.has_value() == next.has_value();
  return continues(*range, *next, Merge::equal_leaves);
}

void add(std::vector<MappingDifference>& found, const MappingDifference& next) {
  if (!found.empty()) {
    MappingDifference& back = found.back();
    if (back.last + 1 == next.first && continues(back.before, next.before) && continues(back.after, next.after)) {
      back.last = next.last;
      if (back.before) back.before->last = next.last;
      if (back.after) back.after->last = next.last;
      return;
    }
  }
  found.push_back(next);
}

}  // namespace

std::vector<MappingDifference> differences(std::span<const Mapping> before, std::span<const Mapping> after) {
  std::vector<MappingDifference> found;
  Cursor a{before};
  Cursor b{after};
  for (std::uint64_t position = 0;;) {
    a.advance(position);
    b.advance(position);
    position = std::min(a.next(position), b.next(position));
    if (position == Cursor::none) return found;
    const std::uint64_t end = std::min(a.end(position), b.end(position));
    const VirtAddr first{static_cast<std::uint32_t>(position)};
    const VirtAddr last{static_cast<std::uint32_t>(end - 1)};
    const auto in_a = a.cut(first, last);
    const auto in_b = b.cut(first, last);
    if (!same(in_a, in_b)) add(found, {first, last, in_a, in_b});
    position = end;
  }
}

std::string describe_changes(const MappingDifference& difference) {
  LPAEMU_ASSERT(difference.before && difference.after, "only one image maps {}", difference.first);
  const Mapping& a = *difference.before;
  const Mapping& b = *difference.after;
  std::string text;
  const auto add = [&text](std::string_view change) {
    if (!text.empty() && !change.empty()) text += ", ";
    text += change;
  };
  if (a.pa != b.pa) add(fmt::format("PA {}->{}", a.pa, b.pa));
  if (a.attributes.level != b.attributes.level)
    add(fmt::format("level {}->{}", a.attributes.level, b.attributes.level));
  // The address and the level are said already.
  const auto others = [](Descriptor leaf) { return Pte{leaf::TYPE.with(without_address(leaf), true).raw()}; };
  add(describe_changes(others(a.leaf), others(b.leaf)));
  for (const auto& [name, privilege] : {std::pair{"PL0", Privilege::pl0}, std::pair{"PL1", Privilege::pl1}}) {
    const std::string before = rights_text(a.attributes.rights, privilege);
    const std::string after = rights_text(b.attributes.rights, privilege);
    if (before != after) add(fmt::format("{} {} -> {}", name, before, after));
  }
  return text;
}

}  // namespace lpaemu::mmu
