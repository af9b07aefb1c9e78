# Google Benchmark: micro-benchmarks of single functions; never in the program.
# Version: 1.7 or newer (Debian: libbenchmark-dev).
# Licence: Apache-2.0. It is not compatible with GPL-2.0-only, so nothing that contains Unicorn may be distributed with
#   it: link it only to benchmarks of mmu and kernel_model (our code: GPL-2.0-or-later, usable as GPL-3.0), never to emu.
# Found: its CMake package.
find_package(benchmark 1.7 CONFIG REQUIRED GLOBAL)
