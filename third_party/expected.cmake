# tl::expected: the result type of everything that can fail. std::expected needs C++23 in g++ 12 and lacks transform there.
# Version: 1.0 or newer (Debian: libexpected-dev; trixie's 1.1.0 calls itself 1.0.0).
# Licence: CC0-1.0, compatible with GPL-2.0-only.
# Found: its CMake package, else the header alone (it is one header).
find_package(tl-expected 1.0 CONFIG QUIET)
if(NOT TARGET tl::expected)
  find_path(LPAEMU_EXPECTED_INCLUDE tl/expected.hpp REQUIRED)
  add_library(tl::expected INTERFACE IMPORTED GLOBAL)
  set_target_properties(tl::expected PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${LPAEMU_EXPECTED_INCLUDE}")
endif()
add_library(lpaemu_expected INTERFACE)
add_library(lpaemu::expected ALIAS lpaemu_expected)
target_link_libraries(lpaemu_expected INTERFACE tl::expected)
