#!/bin/sh
# Runs the benchmark set under lpaemu and qemu-arm in alternation and prints medians and ratios.
#
#   run.sh [--lpaemu FILE] [--runs N] [--build DIR] [--only cpu|wp|mmu|start]
#
# Needs a C compiler, awk and sh. Exit status: 0 all programs' checksums were right, 1 not.
# shellcheck source=guest_tests/bench/common.sh
. "$(dirname "$0")/common.sh"
cc=${CC:-cc}
qemu=$(command -v qemu-arm) || echo "qemu-arm is not installed: no ratios (Debian: apt-get install qemu-user)"
bad=0

# ---- build
for source in "$here"/*.c "$here"/../programs/hello.c; do guest "$source"; done
fresh "$build/measure" "$here/../tools/measure.c" || "$cc" -O2 "$here/../tools/measure.c" -o "$build/measure" || exit 1

median='function median(list,   n, v, i, k, t) { n = split(list, v, " "); for (i = 2; i <= n; i++) { t = v[i] + 0
  for (k = i - 1; k >= 1 && v[k] + 0 > t; k--) v[k + 1] = v[k]; v[k + 1] = t }
  return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2 }'
under() { # under lpaemu|qemu PROGRAM ARGUMENT...
  side=$1
  shift
  case $side in lpaemu) "$lpaemu" run "$@" ;; qemu) "$qemu" -cpu cortex-a15 "$@" ;; esac
}
echo "lpaemu: $("$lpaemu" version 2>/dev/null | head -n 1)"
[ -z "$qemu" ] || echo "qemu-arm: $("$qemu" --version | head -n 1)"

# ---- the CPU set
if wanted cpu; then
  printf '\nCPU set, ms, medians of %s runs in alternation\n' "$runs"
  : >"$work/times"
  run=0
  while [ $run -lt "$runs" ]; do
    run=$((run + 1))
    for program in intloop memstream chase sha256 qsort1m nbody interp recurse; do
      for side in lpaemu ${qemu:+qemu}; do
        under "$side" "$build/$program" </dev/null >"$work/out" 2>"$work/err" || {
          echo "FAILED: $program under $side, run $run: $(tail -n 1 "$work/err")"
          bad=1
        }
        sed -n "s/^BENCH \([^ ]*\) ms=\([0-9.]*\).* \([A-Z]*\)\$/\1 $side \2 \3/p" "$work/out" >>"$work/times"
      done
    done
  done
  awk "$median"'
    $4 != "OK" { wrong[$1 " under " $2] = 1 }
    { if (!($1 in seen)) { order[++n] = $1; seen[$1] = 1 } ms[$1, $2] = ms[$1, $2] " " $3 }
    END {
      printf "  %-12s %10s %10s %16s\n", "", "lpaemu", "qemu-arm", "speed, qemu = 1"
      for (i = 1; i <= n; i++) {
        ours = median(ms[order[i], "lpaemu"]); theirs = median(ms[order[i], "qemu"])
        printf "  %-12s %10.1f", order[i], ours
        if (theirs > 0 && ours > 0) { printf " %10.1f %16.2f", theirs, theirs / ours; sum += log(theirs / ours); pairs++ }
        printf "\n"
      }
      if (pairs) printf "  %-12s %10s %10s %16.2f   geometric mean of %d\n", "", "", "", exp(sum / pairs), pairs
      for (w in wrong) { print "  WRONG CHECKSUM: " w; status = 1 }
      exit status
    }' "$work/times" || bad=1
fi

# ---- write tracking
if wanted wp; then
  printf '\nWrite tracking under lpaemu, ns a page, medians of %s runs' "$runs"
  bare=$(dirname "$(readlink -f "$lpaemu")")/emu/tests/engine/emu_bare_engine_bench
  if [ -x "$bare" ]; then echo ' in alternation with the bare engine'; else echo "; no bare engine: $bare is not built" && bare=''; fi
  : >"$work/tracking"
  run=0
  while [ $run -lt "$runs" ]; do
    run=$((run + 1))
    [ -z "$bare" ] || "$bare" 64 65536 >>"$work/tracking" || bad=1
    under lpaemu "$build/wp_bench" -t clear -t first 64 65536 </dev/null >"$work/out" 2>"$work/err" || {
      echo "FAILED: wp_bench, run $run: $(tail -n 1 "$work/err")"
      bad=1
    }
    cat "$work/out" >>"$work/tracking"
  done
  awk "$median"'
    function row(name,   k) { printf "  %-38s", name; for (k = 1; k <= sizes; k++) printf " %10s", v[name, size[k]]; printf "\n" }
    $1 == "BARE" { list["bare engine, its fault hook empty", $2] = list["bare engine, its fault hook empty", $2] " " $3 }
    $1 == "WP" && $2 != "softdirty_bit55" {
      if (!($2 in seen)) { order[++n] = $2; seen[$2] = 1 }
      if (!($3 in pages)) { pages[$3] = 1; size[++sizes] = $3 }
      list[$2, $3] = list[$2, $3] " " $4
    }
    $2 == "softdirty_bit55" && ($5 != "after_clear=0" || $6 != "after_write=" $3) { wrong = 1 }
    END {
      for (at in list) v[at] = sprintf("%.1f", median(list[at]))
      printf "  %-38s", "pages"; for (k = 1; k <= sizes; k++) printf " %10d", size[k]; printf "\n"
      for (i = 1; i <= n; i++) {
        row(order[i])
        if (order[i] != "store_after_clear_refs_4" || !(("bare engine, its fault hook empty", size[1]) in v)) continue
        row("bare engine, its fault hook empty")
        for (k = 1; k <= sizes; k++)
          v["times the bare engine", size[k]] = sprintf("%.2f", v[order[i], size[k]] / v["bare engine, its fault hook empty", size[k]])
        row("times the bare engine")
      }
      if (wrong) print "  WRONG: the soft-dirty bits did not follow the stores"
      exit wrong
    }' "$work/tracking" || bad=1
fi

# ---- the MMU model alone
mmu=$(dirname "$(readlink -f "$lpaemu")")/mmu/bench/mmu_bench
if wanted mmu && [ ! -x "$mmu" ]; then printf '\nno MMU benchmark: %s is not built\n' "$mmu"; fi
if wanted mmu && [ -x "$mmu" ]; then
  printf '\nMMU model, medians of %s interleaved runs\n' "$runs"
  "$mmu" --benchmark_repetitions="$runs" --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true \
    --benchmark_format=csv 2>/dev/null >"$work/mmu" || bad=1
  awk -F, '
    /_median"/ { name = $1; gsub(/"|_median/, "", name); ns[name] = $4; if (name !~ /_array/) order[++n] = name }
    END {
      for (i = 1; i <= n; i++) printf "  %-38s %10.1f ns\n", order[i], ns[order[i]]
      split("512 1048576 67108864", entries, " ")
      for (i = 1; i in entries; i++)
        printf "  set_pte_ext over %8d entries: %.2f ns an entry, %.2f times memcpy\n", entries[i],
          ns["set_pte_ext_array/" entries[i]] / entries[i], ns["set_pte_ext_array/" entries[i]] / ns["memcpy_array/" entries[i]]
    }' "$work/mmu"
fi

# ---- the MMU model over a million lines
if wanted mmu; then
  printf '\nlpaemu pte over a million lines, seconds of CPU, medians of %s runs\n' "$runs"
  # Values of 16 random digits: pages, swap entries and reserved words.
  awk 'BEGIN { srand(1); for (i = 0; i < 1000000; i++) { for (k = 0; k < 4; k++) printf "%04x", 65536 * rand(); print "" } }' >"$work/values"
  "$lpaemu" pte set-pte-ext - <"$work/values" >"$work/vectors" || bad=1
  lines() { # lines INPUT WORD...: one command
    input=$1 run=0
    shift
    : >"$work/seconds"
    while [ $run -lt "$runs" ]; do
      run=$((run + 1))
      "$build/measure" "$work/how" "$lpaemu" pte "$@" - <"$work/$input" >/dev/null || bad=1
      cat "$work/how" >>"$work/seconds"
    done
    awk -v name="$*" "$median"'{ s = s " " $8 } END { printf "  %-38s %10.2f s\n", name, median(s) }' "$work/seconds"
  }
  lines values decode
  lines values decode --format json
  lines values set-pte-ext
  lines vectors check
fi

# ---- start
if wanted start; then
  : >"$work/starts"
  run=0
  while [ $run -lt 21 ]; do
    run=$((run + 1))
    for side in lpaemu ${qemu:+qemu}; do
      case $side in
        lpaemu) "$build/measure" "$work/how" "$lpaemu" run "$build/hello" >/dev/null || bad=1 ;;
        qemu) "$build/measure" "$work/how" "$qemu" "$build/hello" >/dev/null || bad=1 ;;
      esac
      echo "$side $(cat "$work/how")" >>"$work/starts"
    done
  done
  awk "$median"'
    { ms[$1] = ms[$1] " " $5; if ($7 > rss[$1]) rss[$1] = $7 }
    END {
      printf "\nhello world (static glibc), 21 runs in alternation: start to end, median; peak resident memory\n"
      printf "  %-12s %8.1f ms %8.1f MB   (goal: under 20 ms, 40 MB)\n", "lpaemu", median(ms["lpaemu"]), rss["lpaemu"] / 1024
      if ("qemu" in ms) printf "  %-12s %8.1f ms %8.1f MB\n", "qemu-arm", median(ms["qemu"]), rss["qemu"] / 1024
    }' "$work/starts"
fi
exit $bad
