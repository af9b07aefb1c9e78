#!/bin/sh
# The layers: emu -> kernel_model -> mmu. CTest runs this script (third_party/layering.cmake); it has two parts.
#
#   layering.sh includes             every #include of every layer is one that the layer may have
#   layering.sh compiles CXX HEADER_DIR [FLAG...]      one header of HEADER_DIR compiles with these flags
#   layering.sh not-found CXX HEADER_DIR [FLAG...]     it does not, because it is not found
#
# The second part takes the include folders from the CMake targets: it shows that a target does not let a layer see
# what is above it. The first is needed as well, because the system's headers (capstone, elfutils, POSIX) lie in
# /usr/include, which every compilation sees.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."

files() { find mmu kernel_model emu guest_tests -name '*.h' -o -name '*.cpp' -o -name '*.inc'; }

includes() {
  { files | sed 's/$/:/'; files | sort | xargs grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null; } | awk -F: '
    function bad(why) { print at ": " why ": " what; failed = 1 }
    NF == 2 { # a file: a layer has a header NAME when one of its files ends in /NAME
      layer = $1; sub("/.*", "", layer)
      for (name = $1; sub("^[^/]*/", "", name);) has[layer, name]
      next
    }
    {
      at = $1 ":" $2; file = $1; what = $0; sub(/^[^:]*:[^:]*:[ \t]*#[ \t]*include[ \t]*/, "", what)
      layer = file; sub("/.*", "", layer)
      is_test = file ~ "/(tests|fuzz|bench)/"
      name = substr(what, 2); sub(/[>"].*/, "", name)

      if (name ~ "^unicorn/") { unicorn[file]; ++unicorns; if (layer != "emu") bad("only emu may include unicorn") }
      if (name ~ "^capstone/") { capstone[file]; ++capstones; if (layer != "emu") bad("only emu may include capstone") }
      if (layer != "mmu" && layer != "kernel_model") next

      if (what ~ /^"/) {
        if (name ~ "^lpaemu/") {
          if (name ~ ("^lpaemu/" layer "/") || (layer == "kernel_model" && name ~ "^lpaemu/mmu/")) next
          bad("a layer above " layer); next
        }
        path = file; sub("[^/]*$", name, path)
        while (sub("[^/.]+/[.][.]/", "", path)) { }
        if (path !~ ("^" layer "/") || !((layer, name) in has || (layer, substr(path, length(layer) + 2)) in has))
          bad("no header of " layer)
        next
      }
      if (name ~ /^[a-z_0-9]+$/) next                                          # the standard library
      if (name == "tl/expected.hpp" || name ~ "^fmt/") next
      if (name ~ "^spdlog/" && layer == "kernel_model") next
      if (name ~ "^(catch2|benchmark)/" && is_test) next
      if (name ~ /^(unistd|sys\/[a-z]+)\.h$/ && is_test) next                   # a test that something aborts
      bad(layer " may not include this")
    }
    function only_one(files, header,   n, file, list) {
      for (file in files) { ++n; list = list " " file }
      if (n != 1) { print header " must be included by exactly one file, is by " n + 0 ":" list; failed = 1 }
    }
    END { only_one(unicorn, "unicorn/"); only_one(capstone, "capstone/"); exit failed }'
}

try() { # try CXX HEADER_DIR [FLAG...]: includes the first header below HEADER_DIR, as lpaemu/... is included
  cxx=$1 dir=$2
  shift 2
  header=$(cd "$dir" && find lpaemu -name '*.h' | sort | head -n 1)
  [ -n "$header" ] || { echo "no header below $dir"; exit 1; }
  echo "#include \"$header\"" | "$cxx" -std=c++20 -fsyntax-only "$@" -x c++ - 2>&1
}

part=$1
shift
case $part in
  includes) includes ;;
  compiles) try "$@" ;;
  not-found)
    if out=$(try "$@"); then echo "a header of $2 can be included"; exit 1; fi
    echo "$out"
    echo "$out" | grep -q 'fatal error: lpaemu/.*: No such file or directory'
    ;;
  *) exit 2 ;;
esac
