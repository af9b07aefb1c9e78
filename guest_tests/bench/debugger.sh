#!/bin/sh
# What the debugger costs: a fault that it looks at, one that it stops at, and a guest that it lets run.
#
#   debugger.sh [--lpaemu FILE] [--runs N] [--build DIR] [--only stops|idle]
runs=3
# shellcheck source=guest_tests/bench/common.sh
. "$(dirname "$0")/common.sh"
set_of_cpu='intloop memstream chase sha256 qsort1m nbody interp recurse'
bad=0

for program in fault_stops $set_of_cpu; do guest "$here/$program.c"; done

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

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
