#!/bin/sh
# One SIGINT, SIGTERM or SIGHUP ends a guest wherever it is: in a loop without system calls, in one with them, in a wait. What
# --stats asks for is still written, and the status is 128+N.
#
#   interrupts.sh --lpaemu FILE --programs DIR
set -u
lpaemu='' programs=''
while [ $# -gt 0 ]; do
  case $1 in
    --lpaemu) lpaemu=$2 ;;
    --programs) programs=$2 ;;
    --measure) ;; # for the other scripts here
    *) sed -n 's/^#   \(interrupts.sh\)/usage: \1/p' "$0" >&2 && exit 2 ;;
  esac
  shift 2
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

fail() { # fail NAME WORDS
  failed=1
  echo "FAIL $1: $2"
  sed 's/^/    /' "$work/err" | head -n 8
}

wait_for_words() { # of the guest, and until it is in its loop
  waited=0
  while [ ! -s "$work/out" ] && [ $waited -lt 300 ]; do sleep 0.1 && waited=$((waited + 1)); done
  sleep 0.2
}

interrupt() { # interrupt GUEST SIGNAL STATUS
  name="$1 by SIG$2"
  rm -f "$work/out" "$work/err" # else the last one's words would be taken for this one's
  "$lpaemu" run --stats "$programs/death" "$1" </dev/null >"$work/out" 2>"$work/err" &
  pid=$!
  wait_for_words
  kill "-$2" $pid
  waited=0
  while kill -0 $pid 2>/dev/null && [ $waited -lt 300 ]; do sleep 0.1 && waited=$((waited + 1)); done
  if kill -KILL $pid 2>/dev/null; then
    wait $pid
    fail "$name" "it runs on"
    return
  fi
  wait $pid
  status=$?
  if [ $status != "$3" ]; then fail "$name" "status $status, expected $3"
  elif ! head -n 1 "$work/err" | grep -q "^lpaemu: guest stopped by SIG$2 at pc 0x"; then fail "$name" "it does not say why it stopped"
  elif ! grep -q '^lpaemu: statistics' "$work/err"; then fail "$name" "no statistics"
  else echo "ok   $name"
  fi
}

for guest in tight_loop call_loop sleeping; do
  interrupt $guest INT 130
  interrupt $guest TERM 143
done
interrupt sleeping HUP 129

# timeout(1) signals what it has started, then the whole process group: two signals, one wish.
missing=0 tries=20
for _ in $(seq $tries); do
  rm -f "$work/out"
  timeout 60 "$lpaemu" run --stats "$programs/death" tight_loop </dev/null >"$work/out" 2>"$work/err" &
  pid=$!
  wait_for_words
  kill -TERM $pid # it hands the signal on, as at its own time
  wait $pid
  grep -q '^lpaemu: statistics' "$work/err" || missing=$((missing + 1))
done
if [ $missing != 0 ]; then fail by_timeout "no statistics in $missing of $tries runs"; else echo "ok   by_timeout"; fi

# A second one ends lpaemu whose end does not come, since the pipe for its last words is full; not one that follows the
# first in an instant. Where the machine made more of an instant than 50 ms, once more.
mkfifo "$work/full"
exec 9<>"$work/full"
dd if=/dev/zero of="$work/full" oflag=nonblock bs=4096 count=1024 2>"$work/err"
for _ in 1 2 3 4 5; do
  rm -f "$work/out"
  "$lpaemu" run "$programs/death" tight_loop </dev/null >"$work/out" 2>&9 &
  pid=$!
  wait_for_words
  from=$(date +%s%N)
  kill -TERM $pid
  sleep 0.01
  kill -TERM $pid
  took=$(($(date +%s%N) - from))
  sleep 1
  kill -TERM $pid 2>/dev/null
  ended_before=$?
  wait $pid
  status=$?
  [ $took -gt 50000000 ] || break
done
if [ "$ended_before" != 0 ]; then fail second "an echo of the first has ended it"
elif [ "$status" != 143 ]; then fail second "status $status, expected 143"
else echo "ok   second"
fi

# A reader that goes away kills the guest, as everywhere: one line, no registers.
{ "$lpaemu" run "$programs/big_output" 2>"$work/err"; echo $? >"$work/status"; } </dev/null | head -c 1 >/dev/null
if [ "$(cat "$work/status")" != 141 ]; then fail broken_pipe "status $(cat "$work/status"), expected 141"
elif [ "$(wc -l <"$work/err")" != 1 ]; then fail broken_pipe "more than a line"
elif ! grep -q '^lpaemu: guest killed by SIGPIPE' "$work/err"; then fail broken_pipe "it does not name SIGPIPE"
else echo "ok   broken_pipe"
fi
exit $failed
