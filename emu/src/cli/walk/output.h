// Standard output of a command that prints facts, and its JSON documents written as they come: a hostile image has a
// million ranges.
#pragma once

#include <string_view>

#include "json.h"

namespace lpaemu::emu {

void put(std::string_view text);

/// Flushes; `status`, or what fail() answers if anything could not be written.
[[nodiscard]] int finish_output(int status);

/// `{"NAME": [...], "NAME": [...]}`, an element a line.
class JsonDocument {
 public:
  /// An array with what `to_json` makes of each item.
  template <class Items, class ToJson>
  void array(std::string_view name, const Items& items, ToJson to_json) {
    begin(name);
    bool first = true;
    for (const auto& item : items) {
      element(to_json(item), first);
      first = false;
    }
    put("]");
  }
  void end() { put("}\n"); }

 private:
  void begin(std::string_view name);
  static void element(const json::Json& json, bool first);

  bool empty_ = true;
};

}  // namespace lpaemu::emu
