#!/bin/sh
# Runs cases of cases.txt under lpaemu and compares standard output, exit status and standard error. Says what differs.
# Exit status: 0 all as expected, 1 not, 2 usage.
#
#   run_guest.sh --lpaemu FILE --programs DIR [--busybox FILE] CASE...|--all
#   run_guest.sh --qemu --keep DIR --programs DIR [--busybox FILE] CASE...   (record.sh: run under qemu-arm, compare nothing)
#
# A line of cases.txt:   NAME LABEL [OPTIONS OF RUN] PROGRAM ARGUMENT... |> FILTER
#   The options stand in brackets, or are missing; words are quoted as in sh. The rare filter is a command of the host
#   that the output goes through before it is compared. The guest's working directory is data/.
# Files in expected/: NAME.out standard output; NAME.status exit status, 0 without it; NAME.in standard input, empty
#   without it; NAME.stderr an extended regular expression for each line of standard error, lines after those must be
#   indented, and without it there must be none; NAME.why the reason for not recording this case under qemu-arm.
set -u
here=$(cd "$(dirname "$0")" && pwd)
usage() {
  sed -n 's/^#   \(run_guest.sh\)/usage: \1/p' "$0" >&2
  exit 2
}

lpaemu='' programs='' busybox='' qemu='' keep='' all=''
while [ $# -gt 0 ]; do
  case $1 in
    --lpaemu | --programs | --busybox | --keep) [ $# -ge 2 ] || usage ;;
  esac
  case $1 in
    --lpaemu) lpaemu=$2 && shift ;;
    --programs) programs=$(cd "$2" && pwd) && shift || exit 2 ;;
    --busybox) busybox=$2 && shift ;;
    --keep) keep=$2 && shift ;;
    --qemu) qemu=1 ;;
    --all) all=1 ;;
    -*) usage ;;
    *) break ;;
  esac
  shift
done
# shellcheck disable=SC2046 # names of cases are words
[ -z "$all" ] || set -- $(sed -n 's/^\([a-z][^ ]*\) .*/\1/p' "$here/cases.txt")
if [ $# = 0 ] || [ -z "$programs" ] || [ -z "$lpaemu$qemu" ]; then usage; fi
case $lpaemu in [!/]*/*) lpaemu=$(pwd)/$lpaemu ;; esac
case $busybox in [!/]*) busybox=$(pwd)/$busybox ;; esac

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# shellcheck disable=SC3045 # beyond POSIX, but dash, bash and busybox have it
ulimit -c 0 # guests that die leave no core files

find_case() { # find_case NAME: sets options, program, arguments and filter from its line
  line=$(grep "^$1 " "$here/cases.txt") || return
  filter=''
  case $line in *' |> '*) filter=${line##* |> } line=${line%% |> *} ;; esac
  rest=$(printf '%s\n' "$line" | sed 's/^[^ ]*  *[^ ]*  *//')
  options=''
  case $rest in \[*) options=${rest%%]*} options=${options#[} rest=${rest#*] } ;; esac
  program=${rest%% *} arguments=''
  case $rest in *' '*) arguments=${rest#* } ;; esac
  if [ "$program" = busybox ]; then program=$busybox; else program=$programs/$program; fi
  expected=$here/expected/$1
  [ -e "$expected.out" ] || expected=${expected%_*} # NAME_musl, NAME_a32, NAME_kernel, NAME_pie have those of NAME
}

# shellcheck disable=SC2120 # the arguments are set inside
run_case() { # runs what find_case found: writes $work/out and $work/err, sets status
  input=/dev/null
  [ ! -e "$expected.in" ] || input=$expected.in
  if [ -n "$qemu" ]; then # the environment is the only option that both have
    options=$(printf '%s\n' "$options" | sed -e 's/--env //g' -e 's/--[a-z-]*=[^ ]*//g' -e 's/--[a-z-]* [^ ]*//g')
    eval "set -- env -i $options qemu-arm -cpu cortex-a15 \"\$program\" $arguments"
  else
    eval "set -- \"\$lpaemu\" run $options \"\$program\" $arguments"
  fi
  # In a subshell, so that what the shell says about a program that a signal killed goes nowhere.
  (
    cd "$here/data" || exit 126
    "$@" <"$input" >"$work/raw" 2>"$work/err"
    exit $?
  ) 2>/dev/null
  status=$?
  if [ -n "$filter" ]; then
    (cd "$here/data" && eval "$filter" <"$work/raw" >"$work/out") || echo "filter '$filter' failed" >>"$work/out"
  else
    mv "$work/raw" "$work/out"
  fi
}

compare_stderr() { # prints what is wrong
  [ -e "$expected.stderr" ] || {
    [ ! -s "$work/err" ] || echo "unexpected standard error"
    return
  }
  awk '
    NR == FNR { pattern[++patterns] = $0; next }
    ++line <= patterns { if ($0 !~ pattern[line]) print "standard error, line " line ": does not match /" pattern[line] "/"; next }
    !/^[ \t]/ { print "standard error, line " line ": more than was expected, and not indented" }
    END { if (line < patterns) print "standard error: " patterns " lines expected, " line + 0 " there" }
  ' "$expected.stderr" "$work/err"
}

failed=0
for name in "$@"; do
  if ! find_case "$name"; then
    echo "FAIL $name: no such case in cases.txt"
    failed=1
    continue
  fi
  if [ ! -e "$program" ]; then
    echo "FAIL $name: no program '$program' (build the target guest_programs)"
    failed=1
    continue
  fi
  # shellcheck disable=SC2119
  run_case
  if [ -n "$keep" ]; then
    mv "$work/out" "$keep/$name.out"
    echo "$status" >"$keep/$name.status"
    continue
  fi
  wanted=0
  [ ! -e "$expected.status" ] || wanted=$(cat "$expected.status")
  : >"$work/why"
  [ "$status" = "$wanted" ] || echo "exit status $status, expected $wanted" >>"$work/why"
  cmp -s "$expected.out" "$work/out" || {
    echo "standard output differs (- expected, + printed):"
    diff -u "$expected.out" "$work/out" | tail -n +3 | head -n 60
  } >>"$work/why" 2>&1
  compare_stderr >>"$work/why"
  if [ -s "$work/why" ]; then
    failed=1
    echo "FAIL $name"
    sed 's/^/  /' "$work/why"
    [ ! -s "$work/err" ] || { echo "  standard error was:" && head -n 40 "$work/err" | sed 's/^/    /'; }
  else
    echo "ok   $name"
  fi
done
exit $failed
