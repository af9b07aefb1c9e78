// Port: a terminal as a screen and keys. emu/host implements it.
#pragma once

#include "lpaemu/emu/grid.h"

namespace lpaemu::emu {

enum class Key : std::uint8_t { character, resized, end };  // end: no key will come any more

struct KeyPress {
  Key key = Key::end;
  char character = 0;  // Ctrl-C is '\x03'
};

struct ScreenSize {
  int rows = 0;
  int columns = 0;
};

class FullScreen {
 public:
  virtual ~FullScreen() = default;

  [[nodiscard]] virtual ScreenSize size() = 0;
  /// Shows the grid, in place of the lines that the terminal shows otherwise.
  virtual void paint(const Grid& grid) = 0;
  [[nodiscard]] virtual KeyPress read_key() = 0;
  /// The terminal shows lines again, until the next paint().
  virtual void leave() = 0;
};

}  // namespace lpaemu::emu
