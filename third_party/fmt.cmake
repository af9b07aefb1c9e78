# {fmt}: formatting in every layer; spdlog uses the same one.
# Version: 9.1 or newer (Debian: libfmt-dev).
# Licence: MIT with a binary-embedding exception, compatible with GPL-2.0-only.
# Found: its CMake package.
find_package(fmt 9.1 CONFIG REQUIRED GLOBAL)
