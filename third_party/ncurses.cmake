# ncurses: the full-screen view of the debugger's prompt.
# Version: 6 (Debian: libncurses-dev; bookworm has 6.4, trixie 6.5).
# Licence: MIT-style (X11 with the advertising restriction), compatible with GPL-2.0-only.
# Found: header and libraries. A build of ncurses may have its terminal part, libtinfo, apart or inside.
find_path(LPAEMU_NCURSES_INCLUDE curses.h REQUIRED)
find_library(LPAEMU_NCURSES_LIBRARY NAMES ncursesw ncurses REQUIRED)
find_library(LPAEMU_TINFO_LIBRARY NAMES tinfow tinfo)
add_library(lpaemu::ncurses INTERFACE IMPORTED GLOBAL)
set_target_properties(lpaemu::ncurses PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${LPAEMU_NCURSES_INCLUDE}"
  INTERFACE_LINK_LIBRARIES "${LPAEMU_NCURSES_LIBRARY};$<$<BOOL:${LPAEMU_TINFO_LIBRARY}>:${LPAEMU_TINFO_LIBRARY}>")
