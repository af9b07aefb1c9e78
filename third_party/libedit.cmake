# libedit: line editing, history and completion at the debugger's prompt (GNU readline is GPL-3.0, which Unicorn's
# GPL-2.0-only does not allow).
# Version: any of the last ten years (Debian: libedit-dev; bookworm has 3.1-20221030, trixie 3.1-20250104).
# Licence: BSD-3-Clause, compatible with GPL-2.0-only.
# Found: header and library; it ships no CMake package.
find_path(LPAEMU_LIBEDIT_INCLUDE histedit.h REQUIRED)
find_library(LPAEMU_LIBEDIT_LIBRARY edit REQUIRED)
add_library(lpaemu::libedit UNKNOWN IMPORTED GLOBAL)
set_target_properties(lpaemu::libedit PROPERTIES
  IMPORTED_LOCATION "${LPAEMU_LIBEDIT_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${LPAEMU_LIBEDIT_INCLUDE}")
