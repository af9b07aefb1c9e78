# Unicorn: the CPU. Its virtual TLB asks our MMU for every translation.
# Version: 2.1.4 or newer. 2.0.x has no virtual TLB, 2.1.0 to 2.1.3 cut physical addresses to 32 bits.
# Licence: GPL-2.0 (with LGPL-2.0 and other parts of QEMU); it is why lpaemu links nothing that is GPL-3.0-only.
# Found: libunicorn-dev from Debian unstable (no older suite has 2.1.4), which `./dev setup` unpacks into .deps/unicorn;
#   else a copy on the system or under CMAKE_PREFIX_PATH. The static library: the program runs without .deps then.
find_path(LPAEMU_UNICORN_INCLUDE unicorn/unicorn.h)
find_library(LPAEMU_UNICORN_LIBRARY NAMES libunicorn.a)
set(unicorn_version "none")
if(LPAEMU_UNICORN_INCLUDE)
  file(STRINGS "${LPAEMU_UNICORN_INCLUDE}/unicorn/unicorn.h" lines REGEX "#define UC_API_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9;]" "" lines "${lines}")
  string(REPLACE ";" "." unicorn_version "${lines}")
endif()
if(NOT LPAEMU_UNICORN_LIBRARY OR unicorn_version VERSION_LESS 2.1.4)
  message(FATAL_ERROR
    "lpaemu needs Unicorn >= 2.1.4 with its static library; found: ${unicorn_version} (${LPAEMU_UNICORN_LIBRARY}).\n"
    "Run ./dev setup. Where no Debian suite can be reached, build release 2.1.4 of Unicorn by hand "
    "(cmake -DUNICORN_ARCH=arm -DBUILD_SHARED_LIBS=OFF) and name its prefix in CMAKE_PREFIX_PATH.")
endif()

# The archive was made by an assembler that marks `push *symbol@GOTPCREL(%rip)` as relaxable; bookworm's linker
# (binutils 2.40) turns that into a call. helper_le_ldq_mmu then calls itself for ever: the first 64-bit load that misses
# the soft TLB (vldr, vld1, ldrexd) crashed the program. Without relaxation the instruction stays as it is.
find_package(Threads REQUIRED)
add_library(lpaemu::unicorn STATIC IMPORTED GLOBAL)
set_target_properties(lpaemu::unicorn PROPERTIES
  IMPORTED_LOCATION "${LPAEMU_UNICORN_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${LPAEMU_UNICORN_INCLUDE}"
  INTERFACE_LINK_OPTIONS "LINKER:--no-relax"
  INTERFACE_LINK_LIBRARIES "Threads::Threads;m")
