# shellcheck shell=sh
# Sourced by the tests of this folder: reads their options, says which cases to run, compares what was printed.
#
#   TEST.sh --lpaemu FILE --programs DIR [--terminal FILE] [CASE...]
# shellcheck disable=SC2034 # what is read here is used there
set -u
lpaemu='' programs='' terminal=''
while [ $# -gt 0 ]; do
  case $1 in
    --lpaemu) lpaemu=${2-} ;;
    --programs) programs=${2-} ;;
    --terminal) terminal=${2-} ;;
    -*) echo "usage: ${0##*/} --lpaemu FILE --programs DIR [--terminal FILE] [CASE...]" >&2 && exit 2 ;;
    *) break ;;
  esac
  shift 2 || exit 2
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
only=" $* " failed=0

wanted() { # wanted NAME: is the case to be run?
  case $only in '  ' | *" $1 "*) return 0 ;; *) return 1 ;; esac
}

fail() { # fail NAME WORDS: shows what was printed
  echo "FAIL $1: $2; printed was"
  sed 's/^/    /' "$work/text"
  failed=1
}

compare() { # compare NAME: the patterns on descriptor 4 are in $work/text, in this order; one behind a ! is nowhere in it
  line=0
  while IFS= read -r pattern; do
    if [ "${pattern#!}" != "$pattern" ]; then
      grep -q -e "${pattern#!}" "$work/text" || continue
      fail "$1" "there is '${pattern#!}'" && return
    fi
    next=$(tail -n "+$((line + 1))" "$work/text" | grep -n -m 1 -e "$pattern" | cut -d : -f 1)
    [ -n "$next" ] || { fail "$1" "behind line $line there is no '$pattern'" && return; }
    line=$((line + next))
  done <&4
  echo "ok   $1"
}

finished() { exit $failed; }
