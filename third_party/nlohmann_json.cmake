# nlohmann/json: --format json, statistics and trace files.
# Version: 3.11 or newer (Debian: nlohmann-json3-dev).
# Licence: MIT, compatible with GPL-2.0-only.
# Found: its CMake package.
find_package(nlohmann_json 3.11 CONFIG REQUIRED GLOBAL)
