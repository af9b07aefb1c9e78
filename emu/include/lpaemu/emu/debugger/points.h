// Breakpoints, watchpoints and catchpoints: what to stop at, under one numbering.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "lpaemu/emu/debugger/compiled_expression.h"
#include "lpaemu/emu/debugger/fault_filter.h"
#include "lpaemu/emu/instruction.h"
#include "lpaemu/kernel_model/mm/vm_area.h"

namespace lpaemu::emu {

enum class PointKind : std::uint8_t { breakpoint, watch, fault, pte, soft_dirty, clear_refs, syscall, signal, exit };
enum class WatchKind : std::uint8_t { write, read, access };

struct Point {
  int number = 0;  // 0: set by a GDB, which keeps its own list
  PointKind kind = PointKind::breakpoint;
  kernel::VirtRange range{};  // of a breakpoint its first byte counts; empty for catchpoints: everywhere
  InstructionSet set = InstructionSet::arm;
  VirtAddr least_sp{};  // of a breakpoint: deeper calls pass it
  WatchKind watch = WatchKind::write;
  FaultFilter faults{};
  std::string region{};                    // of a catch fault: the mappings of this name, instead of `range`
  std::optional<std::uint32_t> syscall{};  // nothing: all
  std::optional<int> signal{};             // nothing: all
  bool temporary = false;
  bool enabled = true;
  std::uint64_t hits = 0;
  std::uint64_t ignore = 0;  // so many hits more are passed
  std::optional<CompiledExpression> condition{};
  std::string text{};  // as lists show it

  [[nodiscard]] bool covers(VirtAddr va) const { return range.empty() || range.contains(va); }
};

/// The points of one guest. A Point stays where it is until it is removed.
class Points {
 public:
  /// Gives it the next number, unless `point` is a GDB's.
  enum class Owner : std::uint8_t { user, gdb };
  Point& add(Point point, Owner owner = Owner::user);
  /// False: there is no such point.
  bool remove(int number);
  template <class Predicate>
  bool remove_if(Predicate predicate) {
    return std::erase_if(points_, predicate) != 0;
  }
  [[nodiscard]] Point* find(int number);
  [[nodiscard]] std::list<Point>& all() { return points_; }
  [[nodiscard]] const std::list<Point>& all() const { return points_; }

  /// Whether an enabled point satisfies it.
  template <class Predicate>
  [[nodiscard]] bool any(Predicate predicate) const {
    for (const Point& point : points_)
      if (point.enabled && predicate(point)) return true;
    return false;
  }
  /// Counts a hit for each enabled point that satisfies it, removes temporary ones, and gives the numbers of those that
  /// are to stop; nothing when none is.
  template <class Predicate>
  [[nodiscard]] std::optional<std::vector<int>> hit(Predicate predicate) {
    std::optional<std::vector<int>> numbers;
    for (auto point = points_.begin(); point != points_.end();) {
      const auto here = point++;
      if (!here->enabled || !predicate(*here) || !count(*here)) continue;
      if (!numbers) numbers.emplace();
      numbers->push_back(here->number);
      if (here->temporary) points_.erase(here);
    }
    return numbers;
  }

 private:
  /// False: this hit is to be ignored.
  static bool count(Point& point);

  std::list<Point> points_;
  int next_ = 1;
};

/// Of one guest's points those that the next guest is to have: the user's, with no hits yet.
[[nodiscard]] Points for_next_guest(Points points);

}  // namespace lpaemu::emu
