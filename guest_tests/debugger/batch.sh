#!/bin/sh
# The prompt in scripts: -ex, -x, --batch, commands from a pipe, exit status. No colours there.
#
#   batch.sh --lpaemu FILE --programs DIR [CASE...]
# shellcheck source=guest_tests/debugger/common.sh
. "$(dirname "$0")/common.sh"
export TERM=xterm HOME="$work"
unset XDG_STATE_HOME
printf 'print 2\n# no command\n\nprint 3' >"$work/two-three"
printf 'print 2\r\n# no command\r\n\r\nprint 3\r\n' >"$work/crlf"
printf 'print 1\nsource %s\nprint 4\n' "$work/two-three" >"$work/nested"
yes 'info vmas' | head -n 90000 >"$work/long"
echo 'nonsense' >"$work/wrong"
printf 'print 1\n# no command\nnonsense\nprint 2\nprint 3\n' >"$work/breaks-off"
printf 'print 4\nsource %s\nprint 5\n' "$work/breaks-off" >"$work/broken-off"

# check NAME STATUS PATTERN ARG...: `lpaemu debug ARG...` with the commands on standard input; the numbers that `print`
# has shown and the errors, on one line, are like PATTERN
check() {
  name=$1 status=$2 pattern=$3
  shift 3
  wanted "$name" || { cat >/dev/null && return; }
  timeout 60 "$lpaemu" debug "$@" >"$work/text" 2>&1
  got=$?
  line=$(sed -n 's/^0x[0-9a-f]* (\([0-9]*\))$/\1/p; s/^\(lpaemu: \)\{0,1\}error: /&/p' "$work/text" | tr '\n' ' ')
  if [ $got != "$status" ] || ! echo "$line" | grep -q "^$pattern\$" || grep -q "$(printf '\033')" "$work/text"; then
    fail "$name" "status $got, expected $status; '$line' is not '$pattern', or there are colours"
  else echo "ok   $name"
  fi
}

hello=$programs/hello_asm
check in-turns 0 '1 2 3 4 ' --batch -ex 'print 1' -x "$work/two-three" -ex 'print 4' "$hello" </dev/null
check crlf 0 '2 3 2 3 ' --batch -x "$work/crlf" -ex "source $work/crlf" "$hello" </dev/null
printf 'print 5\r\n' >"$work/lines"
check crlf-lines 0 '5 ' "$hello" <"$work/lines"
check source 0 '1 2 3 4 5 ' --batch -x "$work/nested" -ex 'print 5' "$hello" </dev/null
check then-lines 0 '1 5 6 ' -ex 'print 1' "$hello" <<'C'
print 5
print 6
C
check wrong-command 1 "error: .*/wrong:1: no command 'nonsense'; try help 1 " --batch -x "$work/wrong" -ex 'print 1' "$hello" </dev/null
# An error ends its script, and the one that has sourced it; not what else is prepared, nor what is typed.
check breaks-off 1 "1 error: .*/breaks-off:3: no command .* 7 2 3 " \
  --batch -x "$work/breaks-off" -ex 'print 7' -x "$work/two-three" "$hello" </dev/null
check broken-off 1 "4 1 error: .*/breaks-off:3: no command .* 8 " -x "$work/broken-off" "$hello" <<'C'
print 8
C
check -ex-goes-on 1 "error: no command .* 1 " --batch -ex nonsense -ex 'print 1' "$hello" </dev/null
check typed-goes-on 1 "error: no command .* 1 " "$hello" <<'C'
nonsense
print 1
C
check missing-file 125 "lpaemu: error: cannot read '$work/none': .*" --batch -x "$work/none" "$hello" </dev/null
check to-the-end 0 '' --batch -ex continue "$hello" </dev/null
check ends-by-signal 139 '' --batch -ex continue -ex continue "$programs/watched" d </dev/null
check wrong-then-ended 139 'error: .*' --batch -ex nonsense -ex continue -ex continue "$programs/watched" d </dev/null
check quit 0 '1 ' -ex 'print 1' -ex quit -ex 'print 2' "$hello" </dev/null
check layout 1 'error: a layout needs a terminal.*' --batch -ex 'layout fault' "$hello" </dev/null
check no-source 1 'error: no source line is known for .*' --batch -ex 'list _init' "$programs/watched" </dev/null
check no-history 0 '1 ' "$hello" <<'C'
print 1
C
check timeout 124 '' --timeout 0.5 --batch -ex continue "$programs/death" tight_loop </dev/null
check timeout-waiting 124 '' --timeout 0.5 --batch -ex continue "$programs/death" sleeping </dev/null
check timeout-detached 124 '' --timeout 0.5 --batch -ex detach "$programs/death" loop </dev/null

# Each guest of a session reads its standard input from the beginning; the statistics are the last one's.
if wanted run-again; then
  echo abc >"$work/typed"
  timeout 60 "$lpaemu" debug --stats="text:$work/statistics" --stdin "$work/typed" --batch -ex run -ex run -ex run \
    "$programs/stdin_echo" </dev/null >"$work/text" 2>&1
  got=$?
  if [ $got != 0 ] || [ "$(grep -c ': cba$' "$work/text")" != 3 ]; then fail run-again "status $got, or not 3 times abc"
  elif [ "$(grep -c '^lpaemu: statistics' "$work/statistics")" != 1 ]; then fail run-again 'not one statistics'
  else echo 'ok   run-again'
  fi
fi

if wanted help-width; then
  "$lpaemu" debug --batch -ex 'help all' "$hello" </dev/null >"$work/text"
  if [ "$(wc -l <"$work/text")" -gt 60 ] && [ -z "$(awk 'length > 79' "$work/text")" ]; then echo 'ok   help-width'
  else fail help-width 'few lines, or a long one'
  fi
fi

# A session that is ended from outside says so, though its guest has come to its end.
mkfifo "$work/waiting"
(echo run && sleep 3) >"$work/waiting" &
check timeout-ended 124 '' --timeout 1 "$hello" <"$work/waiting"

# A program that is not there any more: an error, and the guest stays.
cp "$hello" "$work/passing"
mkfifo "$work/slowly"
(sleep 1 && rm "$work/passing" && printf 'starti x\nprint 7\n') >"$work/slowly" &
check gone 1 "error: cannot .*/passing'.* 7 " "$work/passing" <"$work/slowly"

# ... nor is what it reads another.
cp "$programs/stdin_echo" "$work/echo"
printf 'a\nb\n' >"$work/typed"
mkfifo "$work/later"
if wanted gone-input; then
  timeout 60 "$lpaemu" debug --stdin "$work/typed" "$work/echo" <"$work/later" >"$work/text" 2>&1 &
  pid=$!
  { printf 'catch syscall read\nrun\ncontinue\n' && sleep 1 && rm "$work/echo" && printf 'run x\ndelete\ncontinue\n'; } >"$work/later"
  wait $pid
  got=$?
  if [ $got = 0 ] && grep -q '^2 lines, 4 bytes' "$work/text"; then echo 'ok   gone-input'
  else fail gone-input "status $got, or not 2 lines"
  fi
fi

# statistics NAME STATUS PATTERN ARG...: that `lpaemu debug --stats ARG...` ends with what was asked for
statistics() {
  name=$1 status=$2 pattern=$3
  shift 3
  wanted "$name" || return 0
  timeout 60 "$lpaemu" debug --stats="text:$work/statistics" "$@" >"$work/text" 2>&1 </dev/null
  got=$?
  if [ $got != "$status" ] || ! grep -q "$pattern" "$work/text"; then
    fail "$name" "status $got, expected $status, or no '$pattern'"
  elif ! grep -q '^lpaemu: statistics' "$work/statistics"; then fail "$name" 'there are no statistics'
  else echo "ok   $name"
  fi
  rm -f "$work/statistics"
}
statistics stats-batch 0 _start --batch "$hello"
statistics stats-wrong 1 _start --batch -ex nonsense "$hello"
statistics stats-quit 0 _start -ex quit "$hello"
statistics stats-kill 0 _start -ex kill "$hello"
statistics stats-exit 0 'exited with' --batch -ex continue "$hello"
statistics stats-detach 0 hello -ex detach "$hello"

# signal NAME SIGNAL STATUS PATTERN WORD ARG...: a signal ends `lpaemu debug --stats ARG...`, which has printed WORD: while the
# guest runs, while a line is waited for, in the middle of a script
signal() {
  name=$1 signal=$2 status=$3 pattern=$4 word=$5
  shift 5
  wanted "$name" || return 0
  [ -p "$work/silence" ] || mkfifo "$work/silence"
  (exec "$lpaemu" debug --stats="text:$work/statistics" "$@" <>"$work/silence" >"$work/text" 2>&1) &
  pid=$!
  waited=0
  while ! grep -q "$word" "$work/text" 2>/dev/null && [ $waited -lt 300 ]; do sleep 0.1 && waited=$((waited + 1)); done
  sleep 0.2
  kill "-$signal" $pid 2>/dev/null
  waited=0
  while kill -0 $pid 2>/dev/null && [ $waited -lt 100 ]; do sleep 0.1 && waited=$((waited + 1)); done
  kill -KILL $pid 2>/dev/null
  wait $pid
  got=$?
  if [ $got != "$status" ] || ! grep -q "$pattern" "$work/text"; then
    fail "$name" "status $got, expected $status, or no '$pattern'"
  elif ! grep -q '^lpaemu: statistics' "$work/statistics"; then fail "$name" 'there are no statistics'
  else echo "ok   $name"
  fi
  rm -f "$work/statistics" "$work/text"
}
death=$programs/death
signal term-running TERM 143 'guest stopped by SIGTERM at pc' ^looping --batch -ex continue "$death" tight_loop
signal term-waiting TERM 143 'guest stopped by SIGTERM at pc' '=>' "$death" tight_loop
signal hup-waiting HUP 129 'guest stopped by SIGHUP at pc' '=>' "$death" tight_loop
signal term-detached TERM 143 'guest stopped by SIGTERM at pc' ^looping -ex detach "$death" tight_loop
# A file that sources itself comes to an end, and so does --timeout between commands.
if wanted self-source; then
  echo "source $work/self" >"$work/self"
  timeout 60 "$lpaemu" debug --batch -ex "source $work/self" "$death" </dev/null >"$work/text" 2>&1
  got=$?
  if [ $got = 1 ] && grep -q '^error: .*/self:1: more than 65536 commands came from files' "$work/text"; then echo 'ok   self-source'
  else fail self-source "status $got, or no error"
  fi
fi
signal int-batch INT 130 '^Interrupted: 2 commands left out' ^looping --batch -ex continue -ex 'print 1' -ex 'print 2' "$death" tight_loop
signal int-batch-last INT 130 '^Interrupted\.' ^looping --batch -ex continue "$death" tight_loop
signal int-long INT 130 '^Interrupted: [0-9]* commands left out' '=>' --batch -x "$work/long" "$death" tight_loop

[ ! -e "$work/.lpaemu_history" ] || { echo "FAIL a history was written"; failed=1; }
LC_ALL=C sed 's/watched\.c/watchee.c/g' "$programs/watched" >"$work/moved"
chmod +x "$work/moved"
check no-such-source 1 "error: the source file '.*/watchee.c' is not there " --batch -ex 'list main' "$work/moved" </dev/null
check lines-beyond 1 "error: '.*watched.c' has [0-9]* lines " --batch -ex 'list watched.c:4000' "$programs/watched" </dev/null
check no-such-file 1 "error: the program was not made from a file 'x.c' with -g, as far as it says " \
  --batch -ex 'list x.c:1' "$programs/watched" </dev/null
finished
