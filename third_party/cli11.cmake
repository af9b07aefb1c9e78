# CLI11: the command line.
# Version: 2.1 or newer (Debian: libcli11-dev).
# Licence: BSD-3-Clause, compatible with GPL-2.0-only.
# Found: its CMake package.
find_package(CLI11 2.1 CONFIG REQUIRED GLOBAL)
