#!/bin/sh
# What the debugger costs: a fault that it looks at, one that it stops at, and a guest that it lets run.
#
#   debugger.sh [--lpaemu FILE] [--runs N] [--build DIR] [--only stops|idle]
#
# Without --lpaemu: build/lpaemu of this checkout. Builds the programs with arm-linux-gnueabihf-gcc into DIR, a temporary
# one without --build.
set -u
here=$(cd "$(dirname "$0")" && pwd)
lpaemu=$here/../../build/lpaemu runs=3 build='' only=''
while [ $# -gt 0 ]; do
  case $1 in
    --lpaemu) lpaemu=${2-} ;;
    --runs) runs=${2-} ;;
    --build) build=${2-} ;;
    --only) only=${2-} ;;
    *) sed -n 's/^#   \(debugger.sh\)/usage: \1/p' "$0" >&2 && exit 2 ;;
  esac
  shift 2
done
[ -x "$lpaemu" ] || { echo "debugger.sh: no program '$lpaemu'; ./dev build makes it, --lpaemu FILE names another" >&2 && exit 2; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
[ -n "$build" ] || build=$work
mkdir -p "$build" || exit 1
set_of_cpu='intloop memstream chase sha256 qsort1m nbody interp recurse'
bad=0

fresh() { [ -e "$1" ] && [ -z "$(find "$2" -newer "$1")" ]; } # fresh PROGRAM SOURCE
flags='-O2 -static -ffp-contract=off -fno-math-errno -mcpu=cortex-a15 -mfpu=neon-vfpv4'
for program in fault_stops $set_of_cpu; do
  fresh "$build/$program" "$here/$program.c" && continue
  # shellcheck disable=SC2086 # flags are words
  arm-linux-gnueabihf-gcc $flags "$here/$program.c" -o "$build/$program" -lm || exit 1
done

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
wanted() { [ -z "$only" ] || [ "$only" = "$1" ]; }

# ---- faults
faults() { # faults NAME COMMAND...: us a fault, by the guest's clock
  name=$1
  shift
  "$@" </dev/null >"$work/out" 2>"$work/err" || bad=1
  sed -n 's/^FAULTS .* us\/fault //p' "$work/out" >>"$work/stops.$name"
}
if wanted stops; then
  in_region='catch fault first-touch write in 0x60000000,0x2710000'
  echo continue >"$work/idle"
  { echo "$in_region if \$r3 == 1 && \$addr == 0"; echo continue; } >"$work/false"
  { echo "$in_region if \$addr >= 0x60000000 && kind == first-touch"; yes continue | head -n 10001; } >"$work/true"
  run=0
  while [ $run -lt "$runs" ]; do
    run=$((run + 1))
    faults run "$lpaemu" run "$build/fault_stops"
    for name in idle false true; do faults $name "$lpaemu" debug --batch -x "$work/$name" "$build/fault_stops"; done
    stops=$(grep -c '^Catchpoint 1: fault: ' "$work/out")
    [ "$stops" = 10000 ] || { echo "FAILED: $stops stops, not 10000" && bad=1; }
  done
  printf '10,000 first-touch faults, us a fault by the guest'"'"'s clock, medians of %s runs\n' "$runs"
  printf '  %-46s %8.2f\n' \
    'without a debugger' "$(median <"$work/stops.run")" \
    'a debugger, idle' "$(median <"$work/stops.idle")" \
    'a catchpoint whose condition is false' "$(median <"$work/stops.false")" \
    'a stop for each: shown, answered with continue' "$(median <"$work/stops.true")"
fi

# ---- idle
if wanted idle; then
  echo continue >"$work/idle"
  run=0
  while [ $run -lt "$runs" ]; do
    run=$((run + 1))
    for program in $set_of_cpu; do
      for side in run debug; do
        case $side in
          run) "$lpaemu" run "$build/$program" </dev/null >"$work/out" 2>"$work/err" || bad=1 ;;
          debug) "$lpaemu" debug --batch -x "$work/idle" "$build/$program" </dev/null >"$work/out" 2>"$work/err" || bad=1 ;;
        esac
        sed -n "s/^BENCH \([^ ]*\) ms=\([0-9.]*\).* OK\$/\1 $side \2/p" "$work/out" >>"$work/times"
      done
    done
  done
  printf '\nThe CPU set under an idle debugger, ms, medians of %s runs in alternation\n' "$runs"
  awk '
    function median(list,   n, v, i, k, t) { n = split(list, v, " "); for (i = 2; i <= n; i++) { t = v[i] + 0
      for (k = i - 1; k >= 1 && v[k] + 0 > t; k--) v[k + 1] = v[k]; v[k + 1] = t }
      return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2 }
    !($1 in seen) { order[++n] = $1; seen[$1] = 1 }
    { ms[$1, $2] = ms[$1, $2] " " $3 }
    END {
      printf "  %-12s %10s %10s %12s\n", "", "without", "debugger", "times as long"
      for (i = 1; i <= n; i++) {
        without = median(ms[order[i], "run"]); with = median(ms[order[i], "debug"])
        printf "  %-12s %10.1f %10.1f %12.2f\n", order[i], without, with, with / without
        sum += log(with / without)
      }
      printf "  %-12s %10s %10s %12.2f   geometric mean of %d\n", "", "", "", exp(sum / n), n
    }' "$work/times"
fi
exit $bad
