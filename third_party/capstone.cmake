# Capstone: the disassembly in reports, in --faults and in the debugger.
# Version: 4.0 or newer (Debian: libcapstone-dev; bookworm has 4.0.2, trixie 5.0.7).
# Licence: BSD-3-Clause, compatible with GPL-2.0-only.
# Found: header and library; it ships no CMake package in Debian.
find_path(LPAEMU_CAPSTONE_INCLUDE capstone/capstone.h REQUIRED)
find_library(LPAEMU_CAPSTONE_LIBRARY capstone REQUIRED)
add_library(lpaemu::capstone UNKNOWN IMPORTED GLOBAL)
set_target_properties(lpaemu::capstone PROPERTIES
  IMPORTED_LOCATION "${LPAEMU_CAPSTONE_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${LPAEMU_CAPSTONE_INCLUDE}")
