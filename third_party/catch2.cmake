# Catch2: the test framework; never in the program.
# Version: 3 (Debian 13: catch2; Debian 12 has 2.13, so `./dev setup` unpacks 3.7 of its backports into .deps/catch2:
#   unlike an install with -t that leaves the system's sources and packages as they are).
# Licence: BSL-1.0, compatible with GPL-2.0-only as GNU's licence list says.
# Found: its CMake package.
find_package(Catch2 3 CONFIG REQUIRED GLOBAL)
include(Catch)
