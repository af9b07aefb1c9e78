// The terminal as a screen, by ncurses. The only part that knows it.
#pragma once

#include <functional>
#include <memory>

#include "lpaemu/emu/error.h"
#include "lpaemu/emu/full_screen.h"

namespace lpaemu::emu {

/// Keys come from `terminal`, which stays the caller's; it is not touched before the first paint(). `is_over`: whether
/// no key is to be waited for any more, as a signal has come.
/// Requires: it and standard output are terminals; they outlive the screen.
[[nodiscard]] std::unique_ptr<FullScreen> curses_screen(int terminal, std::function<bool()> is_over);

}  // namespace lpaemu::emu
