#!/bin/sh
# Records what the guest programs print under qemu-arm into expected/, or checks that it is still what they print.
#
#   record.sh         --programs DIR [--busybox FILE] [CASE...]
#   record.sh --check --programs DIR [--busybox FILE] [CASE...]
#
# Cases with an expected/NAME.why were written by hand, for the reason it gives, and are left alone. Exit status: 0 done,
# 1 something differs, 77 skipped because qemu-arm is not here.
set -u
here=$(cd "$(dirname "$0")" && pwd)
check='' programs='' busybox=''
while [ $# -gt 0 ]; do
  case $1 in
    --check) check=1 ;;
    --programs) programs=${2-} && shift ;;
    --busybox) busybox=${2-} && shift ;;
    -*) sed -n 's/^#   \(record.sh\)/usage: \1/p' "$0" >&2 && exit 2 ;;
    *) break ;;
  esac
  shift
done
if ! command -v qemu-arm >/dev/null; then
  echo "SKIP record-check: qemu-arm is not installed (Debian: apt-get install qemu-user)"
  exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# shellcheck disable=SC2046 # names of cases are words
[ $# -gt 0 ] || set -- $(sed -n 's/^\([a-z][^ ]*\) .*/\1/p' "$here/cases.txt")

same=0 different=0 by_hand=0 left_out=''
for name in "$@"; do
  expected=$here/expected/$name
  case $name in *_musl | *_a32 | *_kernel | *_pie) [ -e "$expected.out" ] || [ ! -e "${expected%_*}.out" ] || expected=${expected%_*} ;; esac
  if [ -e "$expected.why" ]; then
    by_hand=$((by_hand + 1))
    continue
  fi
  if { grep -q "^$name  *busybox " "$here/cases.txt" && [ -z "$busybox" ]; } ||
    { case $name in *_musl | *_pie | pie_*) [ ! -e "$programs/hello_pie" ] ;; *) false ;; esac; }; then
    left_out="$left_out $name"
    continue
  fi
  "$here/run_guest.sh" --qemu --keep "$work" --programs "$programs" --busybox "$busybox" "$name" || {
    different=$((different + 1))
    continue
  }
  [ "$(cat "$work/$name.status")" != 0 ] || rm "$work/$name.status"
  for kind in out status; do
    if [ -n "$check" ]; then
      if [ -e "$work/$name.$kind" ] || [ -e "$expected.$kind" ]; then
        diff -u "$expected.$kind" "$work/$name.$kind" && continue
        echo "FAIL $name.$kind: qemu-arm prints something else than what is recorded"
        different=$((different + 1))
      fi
    elif [ -e "$work/$name.$kind" ]; then
      cmp -s "$work/$name.$kind" "$expected.$kind" || echo "recorded $name.$kind"
      cp "$work/$name.$kind" "$expected.$kind"
    else
      rm -f "$expected.$kind"
    fi
  done
  same=$((same + 1))
done
echo "$same cases run under qemu-arm, $by_hand written by hand, $different differ"
[ -z "$left_out" ] || echo "LEFT OUT, program not built or busybox missing:$left_out"
[ $different = 0 ]
