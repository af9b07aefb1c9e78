#!/bin/sh
# Types what a page types into a debugger, and compares what is printed with what the page shows.
#
#   sessions.sh --lpaemu FILE --programs DIR PAGE...
#
# In a page a block ```session begins with "$ " and the command that starts lpaemu or gdb-multiarch; lines that
# begin with "(lpaemu) " or "(gdb) " are typed; the others are printed, standard error included, apart from the prompts.
# Where code and pages lie depends on the compiler and the C library: addresses of code, offsets in functions and physical
# addresses (in PTEs as well) may be others than shown. A line `...` stands for any lines, `...` within a line for any text. Blocks of GDB are skipped without gdb-multiarch.
# Status: 0 all as shown; 1 a difference, or a page without a session.
set -u
lpaemu='' programs=''
while [ $# -gt 0 ]; do
  case $1 in
    --lpaemu) lpaemu=$2 && shift 2 ;;
    --programs) programs=$2 && shift 2 ;;
    -*) sed -n 's/^#   \(sessions.sh\)/usage: \1/p' "$0" >&2 && exit 2 ;;
    *) break ;;
  esac
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/bin" || exit 1
ln -s "$(realpath "$lpaemu")" "$work/bin/lpaemu"
PATH=$work/bin:$PATH
export PATH
bad=0

without_places() { # without_places FILE: in place; 0x000106e8 <store_byte+0x8> and pfn 0x880088 become the same anywhere
  sed -i -e 's/0x0000000880[0-9a-f]\{6\}/TABLE/g' -e 's/0x000[0-9a-f]\{5\}/0x000CODE/g' -e 's/0x1[0-9a-f]\{4\}:/0xCODE:/g' -e 's/+0x[0-9a-f]*>/+N>/g' \
    -e 's/880[0-9a-f]\{6\}/880xxxxxx/g' -e 's/\(0000\)880[0-9a-f]\{3\}/\1880xxx/g' "$1"
}

# compare: whether the lines of $work/printed are those of $work/shown; says where not
compare() {
  awk '
    function matches(shown, printed,   parts, n, i, at) {
      n = split(shown, parts, /\.\.\./)
      if (n == 1) return shown == printed
      if (substr(printed, 1, length(parts[1])) != parts[1]) return 0
      printed = substr(printed, length(parts[1]) + 1)
      for (i = 2; i <= n; i++) {
        at = i == n ? length(printed) - length(parts[i]) + 1 : index(printed, parts[i])
        if (at < 1 || substr(printed, at, length(parts[i])) != parts[i]) return 0
        printed = substr(printed, at + length(parts[i]))
      }
      return 1
    }
    FNR == NR { shown[++count] = $0; next }
    {
      if (want == 0) want = 1
      while (shown[want] == "..." && want <= count) { any = 1; want++ }
      if (want <= count && matches(shown[want], $0)) { want++; any = 0; next }
      if (any) next
      print "shown:   " (want <= count ? shown[want] : "(nothing more)"); print "printed: " $0
      failed = 1
      exit
    }
    END {
      if (failed) exit 1
      if (want == 0) want = 1
      while (shown[want] == "..." && want <= count) want++
      if (want <= count) { print "shown, but not printed: " shown[want]; exit 1 }
    }' "$work/shown" "$work/printed"
}

for page in "$@"; do
  rm -f "$work"/*.session
  awk -v work="$work/" '
    /^```session$/ { file = work sprintf("%03d", ++n) ".session"; print NR >file; next }
    /^```/         { file = ""; next }
    file           { print >file }' "$page"
  count=0
  for session in "$work"/*.session; do
    [ -e "$session" ] || break
    count=$((count + 1))
    place=$page:$(head -n 1 "$session")
    command=$(sed -n '2s/^\$ //p' "$session")
    sed -n 's/^([a-z]*) //p' "$session" >"$work/typed"
    sed -e 1,2d -e '/^([a-z]*) /d' "$session" >"$work/shown"
    case $command in
      gdb-multiarch*)
        command -v gdb-multiarch >/dev/null || { echo "$place: SKIP, no gdb-multiarch"; continue; }
        command="$command -batch -x $work/typed </dev/null"
        ;;
      *) command="$command <$work/typed" ;;
    esac
    (cd "$programs" && timeout 100 sh -c "$command") >"$work/printed" 2>&1
    without_places "$work/shown" && without_places "$work/printed"
    if difference=$(compare); then continue; fi
    bad=1
    echo "$place: $command"
    echo "$difference"
    sed 's/^/    /' "$work/printed" | tail -n 60
  done
  [ $count -gt 0 ] || { bad=1 && echo "$page: no session in it"; }
  echo "$page: $count sessions typed"
done
exit $bad
