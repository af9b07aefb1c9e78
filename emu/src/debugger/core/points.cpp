#include "lpaemu/emu/debugger/points.h"

#include <algorithm>

namespace lpaemu::emu {

Point& Points::add(Point point, Owner owner) {
  point.number = owner == Owner::user ? next_++ : 0;
  return points_.emplace_back(std::move(point));
}

bool Points::remove(int number) {
  return number != 0 && remove_if([number](const Point& point) { return point.number == number; });
}

Point* Points::find(int number) {
  const auto found = std::ranges::find(points_, number, &Point::number);
  return found == points_.end() || number == 0 ? nullptr : &*found;
}

bool Points::count(Point& point) {
  ++point.hits;
  if (point.ignore == 0) return true;
  --point.ignore;
  return false;
}

Points for_next_guest(Points points) {
  points.remove_if([](const Point& point) { return point.number == 0; });
  for (Point& point : points.all()) point.hits = 0;
  return points;
}

}  // namespace lpaemu::emu
