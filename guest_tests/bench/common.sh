# shellcheck shell=sh
# Sourced by the scripts of this folder: reads their options, makes $work, builds programs.
#
#   NAME.sh [--lpaemu FILE] [--runs N] [--build DIR] [--only PART]
#
# Without --lpaemu: build/lpaemu of this checkout. Programs are built with arm-linux-gnueabihf-gcc into DIR, a temporary one
# without --build.
# shellcheck disable=SC2034 # what is read here is used there
set -u
here=$(cd "$(dirname "$0")" && pwd)
lpaemu=$here/../../build/lpaemu runs=${runs-5} build='' only=''
while [ $# -gt 0 ]; do
  case $1 in
    --lpaemu) lpaemu=${2-} ;;
    --runs) runs=${2-} ;;
    --build) build=${2-} ;;
    --only) only=${2-} ;;
    *) sed -n "s/^#   \\(${0##*/}\\)/usage: \\1/p" "$0" >&2 && exit 2 ;;
  esac
  shift 2 || exit 2
done
[ -x "$lpaemu" ] || { echo "${0##*/}: no program '$lpaemu'; ./dev build makes it, --lpaemu FILE names another" >&2 && exit 2; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
[ -n "$build" ] || build=$work
mkdir -p "$build" || exit 1

fresh() { [ -e "$1" ] && [ -z "$(find "$2" -newer "$1")" ]; } # fresh PROGRAM SOURCE

guest() { # guest SOURCE: as a program of its name in $build
  program=$build/$(basename "$1" .c)
  fresh "$program" "$1" || arm-linux-gnueabihf-gcc -O2 -static -ffp-contract=off -fno-math-errno -mcpu=cortex-a15 \
    -mfpu=neon-vfpv4 "$1" -o "$program" -lm || exit 1
}

wanted() { [ -z "$only" ] || [ "$only" = "$1" ]; } # wanted PART
