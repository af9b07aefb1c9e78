// The terminal as a screen, by ncurses. The only part that knows it.
#pragma once

#include <memory>

#include "lpaemu/emu/error.h"
#include "lpaemu/emu/full_screen.h"

namespace lpaemu::emu {

/// Keys come from `terminal`, which stays the caller's; it is not touched before the first paint().
/// Requires: it and standard output are terminals; they outlive the screen.
[[nodiscard]] std::unique_ptr<FullScreen> curses_screen(int terminal);

}  // namespace lpaemu::emu
