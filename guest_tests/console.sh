#!/bin/sh
# Runs the commands that a page shows, and compares what they print with what the page says they do.
#
#   console.sh --lpaemu FILE PAGE...
#
# In a block ```console each line that begins with "$ " is a command for sh, run with FILE as `lpaemu`; the lines below
# it are its output, standard error included. Status: 0 all as shown; 1 a difference, or a page without a command.
set -u
lpaemu=''
if [ "${1-}" = --lpaemu ]; then lpaemu=${2-} && shift 2; fi
if [ ! -x "$lpaemu" ] || [ $# = 0 ]; then sed -n 's/^#   \(console.sh\)/usage: \1/p' "$0" >&2 && exit 2; fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/bin" "$work/here" || exit 1
ln -s "$(realpath "$lpaemu")" "$work/bin/lpaemu"
PATH=$work/bin:$PATH
bad=0

for page in "$@"; do
  rm -f "$work"/*.command
  awk -v work="$work/" '
    /^```console$/ { inside = 1; next }
    /^```/         { inside = 0; file = "" }
    !inside        { next }
    /^\$ /         { file = work sprintf("%03d", ++n); print substr($0, 3) >(file ".command"); printf "" >(file ".shown")
                     print NR >(file ".line"); next }
    file           { print >(file ".shown") }
    ' "$page"
  count=0
  for command in "$work"/*.command; do
    [ -e "$command" ] || break
    count=$((count + 1))
    (cd "$work/here" && sh "$command") >"$work/printed" 2>&1
    diff -u "${command%.command}.shown" "$work/printed" >"$work/difference" && continue
    bad=1
    echo "$page:$(cat "${command%.command}.line"): shown (-) and printed (+) differ: $(cat "$command")"
    tail -n +3 "$work/difference"
  done
  [ $count -gt 0 ] || { bad=1 && echo "$page: no command in it"; }
  echo "$page: $count commands run"
done
exit $bad
