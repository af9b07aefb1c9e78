#!/bin/sh
# What editors send: GDB's machine interface, in the words and the order of VS Code's cppdbg.
#
#   gdb_mi.sh --lpaemu FILE --programs DIR [CASE...]
# shellcheck source=guest_tests/debugger/gdb_session.sh
. "$(dirname "$0")/gdb_session.sh"

await() { # await PATTERN: until GDB has printed such a line behind line $seen
  waited=0
  until next=$(tail -n "+$((seen + 1))" "$work/text" | grep -n -m 1 -e "$1"); do
    [ $waited -lt 200 ] || { echo "no '$1' came" >>"$work/text" && return; }
    sleep 0.1 && waited=$((waited + 1))
  done
  seen=$((seen + ${next%%:*}))
}

check_mi() { # check_mi NAME PROGRAM [ARG...]: the commands on descriptor 3; a line `await PATTERN` waits for an answer
  name=$1
  shift
  wanted "$name" || return 0
  start "$@"
  rm -f "$work/typed"
  mkfifo "$work/typed"
  timeout 60 gdb-multiarch -nx --interpreter=mi <"$work/typed" >"$work/text" 2>&1 &
  client=$!
  exec 9>"$work/typed"
  seen=0
  while IFS= read -r line; do
    case $line in
      await*) await "${line#await }" ;;
      *) printf '%s\n' "$line" | sed "s|PROGRAM|$program|; s|SERVER|$where|" >&9 ;;
    esac
  done <&3
  exec 9>&-
  wait "$client"
  finish "$name"
}

check_mi launch watched 3<<'C' 4<<'P'
-interpreter-exec console "set pagination off"
-gdb-set auto-solib-add on
-gdb-set mi-async on
-file-exec-and-symbols PROGRAM
-break-insert -f main
-target-select remote SERVER
await ^\^connected
-break-insert -f -c "b == 3" add
-exec-continue
await ^\*stopped
-thread-info
-stack-list-frames 0 10
-stack-list-variables --thread 1 --frame 0 --simple-values
-exec-next --thread 1
await ^\*stopped
-exec-continue --thread 1
await ^\*stopped
-data-evaluate-expression a
-var-create - * "counter"
-exec-finish --thread 1
await ^\*stopped
-exec-step-instruction --thread 1
await ^\*stopped
-data-read-memory-bytes &counter 4
-data-disassemble -s $pc -e $pc+4 -- 2
-data-list-register-names
-data-list-register-values --thread 1 x 15
-break-watch *(int*)pages
-interpreter-exec console "monitor info pte pages"
-break-delete
-exec-continue
await ^\*stopped,reason="exited-normally"
-gdb-exit
C
^\*stopped,reason="breakpoint-hit",disp="keep",bkptno="1",frame={addr="0x[0-9a-f]*",func="main"
^\^done,threads=\[{id="1",target-id="Thread 1\.1",name="watched"
^\^done,stack=\[frame={level="0",addr="0x[0-9a-f]*",func="main"
name="argc"
^\*stopped,reason="end-stepping-range"
^\*stopped,reason="breakpoint-hit",disp="keep",bkptno="2".*func="add"
^\^done,value="3"
^\^done,name="var1"
^\*stopped,reason="function-finished"
^\*stopped,reason="end-stepping-range"
^\^done,memory=.*contents="03000000"
^\^done,asm_insns=
^\^done,register-names=.*"PAR"
^\^done,register-values=\[{number="15"
^\^done,wpt=
^@"0x[0-9a-f]*: 0x
^\*stopped,reason="exited-normally"
^status 0
P

# The pause button, in a loop that never enters the kernel; a point that is set while the guest runs.
options='--timeout 15'
check_mi pause watched l 3<<'C' 4<<'P'
-gdb-set mi-async on
-file-exec-and-symbols PROGRAM
-target-select remote SERVER
await ^\^connected
-break-insert -t main
-exec-continue
await ^\*stopped
-exec-continue
await ^\*running
-exec-interrupt
await ^\*stopped
-stack-list-frames 0 0
-exec-step-instruction
await ^\*stopped
-exec-continue
await ^\*running
-exec-interrupt
await ^\*stopped
-exec-continue
await ^\*running
-exec-interrupt --all
await ^\*stopped
-target-detach
await ^\^done
-gdb-exit
C
^\^connected
^\*stopped,reason="breakpoint-hit"
^\*stopped,reason="signal-received",signal-name="SIGINT"
^\^done,stack=\[frame={level="0",.*func="main"
^\*stopped,reason="end-stepping-range"
^\*stopped,reason="signal-received",signal-name="SIGINT"
^\*stopped,reason="signal-received",signal-name="SIGINT"
^\^done
^status 124
P
finished
