#!/bin/sh
# Compares the number of faults that each action of sd_faults takes with faults.txt: runs it for 10 and for 74 pages and
# divides the difference by 64.
#
#   faults.sh --lpaemu FILE --programs DIR [ACTION...]
set -u
here=$(cd "$(dirname "$0")" && pwd)
lpaemu='' programs=''
while [ $# -gt 0 ]; do
  case $1 in
    --lpaemu) lpaemu=$2 ;;
    --programs) programs=$2 ;;
    -*) sed -n 's/^#   \(faults.sh\)/usage: \1/p' "$0" >&2 && exit 2 ;;
    *) break ;;
  esac
  shift 2
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
only=" $* " failed=0

counts() { # counts ACTION PAGES: KIND COUNT lines
  "$lpaemu" run "--stats=json:$work/stats" "$programs/sd_faults" "$1" "$2" </dev/null || return
  # "faults": { "user": 1, "kernel": 2, "by_kind": { "first-touch": 3, ... } }
  tr -d ' \n' <"$work/stats" | sed 's/.*"faults":{\([^}]*\)}.*/\1/; s/"by_kind":{//; s/"//g' | tr ',:' '\n '
  echo
}

while read -r action wanted; do
  case $action in '' | \#*) continue ;; esac
  case $only in '  ' | *" $action "*) ;; *) continue ;; esac
  if ! counts "$action" 10 >"$work/few" || ! counts "$action" 74 >"$work/many"; then
    echo "FAIL $action: sd_faults failed"
    failed=1
    continue
  fi
  awk -v action="$action" -v wanted="$wanted" '
    NF != 2 { next }
    FNR == NR { few[$1] = $2; next }
    { many[$1] = $2 }
    END {
      n = split(wanted, w, " ")
      for (i = 1; i <= n; i++) { split(w[i], pair, "="); want[pair[1]] = pair[2]; many[pair[1]] += 0 }
      for (kind in many) {
        got = (many[kind] - few[kind]) / 64
        if (got != want[kind] + 0) wrong = wrong sprintf(" %s=%g, expected %d;", kind, got, want[kind])
      }
      if (wrong != "") { print "FAIL " action ":" wrong; exit 1 }
      print "ok   " action ": " wanted
    }' "$work/few" "$work/many" || failed=1
done <"$here/faults.txt"
exit $failed
