#!/bin/sh
# installed.sh CMAKE BUILD EXAMPLE CXX [FLAGS]: installs the MMU library of BUILD into a prefix of its own, builds EXAMPLE
# against that alone, runs it and compares what it prints.
set -eu
cmake=$1 build=$2 example=$3 cxx=$4 flags=${5-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work/prefix" --component mmu >"$work/log"
if grep -rlE '#include [<"](unicorn|capstone|spdlog|lpaemu/(kernel_model|emu))/' "$work/prefix/include"; then
  echo "these headers need more than tl::expected and fmt"
  exit 1
fi
build_example() {
  "$cmake" -G Ninja -S "$example" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_CXX_FLAGS="$flags"
  "$cmake" --build "$work/build"
}
if ! (build_example) >>"$work/log" 2>&1; then
  cat "$work/log"
  exit 1
fi
"$work/build/write_protect" | diff - "$example/expected.txt"
