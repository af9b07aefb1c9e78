#!/bin/sh
# Programs that want memory without an end: lpaemu itself stays below --mem plus 64 MB, whatever the guest does.
#
#   memory.sh --lpaemu FILE --programs DIR --measure FILE
set -u
overhead_mb=64
lpaemu='' programs='' measure=''
while [ $# -gt 0 ]; do
  case $1 in
    --lpaemu) lpaemu=$2 ;;
    --programs) programs=$2 ;;
    --measure) measure=$2 ;;
    *) sed -n 's/^#   \(memory.sh\)/usage: \1/p' "$0" >&2 && exit 2 ;;
  esac
  shift 2
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

storm() { # storm MB WAY: runs `death WAY` with --mem MB
  "$measure" "$work/how" "$lpaemu" run --timeout 120 --mem "$1M" "$programs/death" "$2" </dev/null >"$work/out" 2>"$work/err"
  read -r how number _ _ _ rss _ <"$work/how"
  rss=$((rss / 1024))
  if [ "$how" = exit ] && [ "$number" != 124 ] && [ $rss -le $(($1 + overhead_mb)) ]; then
    echo "ok   $2 with --mem $1M: $how $number, peak $rss MB"
  else
    echo "FAIL $2 with --mem $1M: $how $number, peak $rss MB, allowed $(($1 + overhead_mb)) MB"
    sed 's/^/    /' "$work/err" | head -n 5
    failed=1
  fi
}
for way in map_storm touch_storm one_large_touch malloc_storm file_storm vma_storm recursion; do
  storm 64 $way
done
storm 256 touch_storm
storm 16 touch_storm
exit $failed
