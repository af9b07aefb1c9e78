# spdlog: logging in kernel_model and emu (mmu never logs).
# Version: 1.10 or newer, built against the external {fmt} (Debian: libspdlog-dev).
# Licence: MIT, compatible with GPL-2.0-only.
# Found: its CMake package.
find_package(spdlog 1.10 CONFIG REQUIRED GLOBAL)
