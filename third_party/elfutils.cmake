# elfutils: libelf loads ELF programs, libdw gives symbols and source lines for reports.
# Version: 0.188 or newer (Debian: libelf-dev libdw-dev).
# Licence: LGPL-3.0-or-later or GPL-2.0-or-later, at the user's choice; we take the latter.
# Found: headers and libraries; it ships no CMake package.
find_path(LPAEMU_ELFUTILS_INCLUDE elfutils/libdw.h REQUIRED)
find_library(LPAEMU_LIBELF elf REQUIRED)
find_library(LPAEMU_LIBDW dw REQUIRED)
add_library(lpaemu::elfutils INTERFACE IMPORTED GLOBAL)
set_target_properties(lpaemu::elfutils PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${LPAEMU_ELFUTILS_INCLUDE}"
  INTERFACE_LINK_LIBRARIES "${LPAEMU_LIBDW};${LPAEMU_LIBELF}")
