#!/bin/sh
# gdb-multiarch on lpaemu's server: source-level debugging, watchpoints, a fatal signal, Ctrl-C, faults by `monitor`.
#
#   gdb.sh --lpaemu FILE --programs DIR [CASE...]
set -u
lpaemu='' programs=''
while [ $# -gt 0 ]; do
  case $1 in
    --lpaemu) lpaemu=$2 ;;
    --programs) programs=$2 ;;
    -*) sed -n 's/^#   \(gdb.sh\)/usage: \1/p' "$0" >&2 && exit 2 ;;
    *) break ;;
  esac
  shift 2
done
command -v gdb-multiarch >/dev/null || { echo "no gdb-multiarch"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
only=" $* " failed=0

compare() { # compare NAME: the patterns on descriptor 4 are in $work/text, in this order
  line=0
  while IFS= read -r pattern; do
    next=$(tail -n "+$((line + 1))" "$work/text" | grep -n -m 1 -e "$pattern" | cut -d : -f 1)
    if [ -z "$next" ]; then
      echo "FAIL $1: behind line $line there is no '$pattern' in"
      sed 's/^/    /' "$work/text"
      failed=1
      return
    fi
    line=$((line + next))
  done <&4
  echo "ok   $1"
}

# check NAME PROGRAM [ARG...]: GDB's commands on descriptor 3; over a Unix socket
check() {
  name=$1
  shift
  case $only in '  ' | *" $name "*) ;; *) return ;; esac
  program=$programs/$1
  shift
  { echo 'set pagination off'; echo 'set confirm off'; echo 'set sysroot /'; cat <&3; } >"$work/commands"
  rm -f "$work/socket"
  timeout 60 "$lpaemu" run --gdb "unix:$work/socket" "$program" "$@" </dev/null >"$work/out" 2>"$work/err" &
  waited=0
  while [ ! -S "$work/socket" ] && [ $waited -lt 100 ]; do sleep 0.1 && waited=$((waited + 1)); done
  timeout 60 gdb-multiarch -nx -batch -ex "target remote $work/socket" -x "$work/commands" "$program" </dev/null \
    >"$work/text" 2>&1
  wait $!
  echo "status $?" >>"$work/text"
  cat "$work/out" "$work/err" >>"$work/text"
  compare "$name"
}

check source watched 3<<'C' 4<<'P'
break add
continue
backtrace 2
info args
finish
next
delete
continue
C
^Breakpoint 1, add (a=0, b=
^#1 .* in main
^a = 0
^Value returned is .* = 1
exited normally
^status 0
^counter 6 sum
P

check watch watched 3<<'C' 4<<'P'
watch counter
continue
continue
delete
rwatch *(unsigned *)(pages + 4096)
continue
info symbol $pc
delete
continue
C
^Old value = 0
^New value = 1
^Old value = 1
^New value = 3
^Value = 
^load_word
exited normally
^status 0
P

check registers watched 3<<'C' 4<<'P'
break store_word
continue
p/x $TTBCR
p/x $cpsr
p $d0
set var $r1 = 9
stepi
p pages[8]
kill
C
^Breakpoint 1, 
^\$1 = 0xb5003500$
^\$3 = 
^\$4 = 9
^status 137
P

check faults watched 3<<'C' 4<<'P'
monitor catch fault first-touch write in pages
continue
monitor phase
monitor phase
monitor info fault
monitor retry
stepi
monitor info who-dirtied pages
monitor delete
continue
C
^Catchpoint 1: fault first-touch
^Catchpoint 1: fault: write of 0x[0-9a-f]* <pages+0x8>
^Program received signal SIGTRAP
^phase vma-found
^phase decided: first-touch
^verdict  *first-touch
use GDB's own `stepi`
<store_word
exited normally
P

check interrupt watched l 3<<'C' 4<<'P'
python import threading, os, signal
python threading.Timer(1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
continue
info symbol $pc
stepi
kill
C
^Program received signal SIGINT
^main
^status 137
P

check phases-by-stepi watched 3<<'C' 4<<'P'
monitor tcatch fault first-touch write in pages
continue
info symbol $pc
stepi
info symbol $pc
monitor info pte pages
detach
C
^Catchpoint 1: fault: write of 0x[0-9a-f]* <pages+0x8>
^store_word in section
^store_word + 2 in section
^  Linux: user rw-, dirty, young, soft-dirty
^status 0
^counter 6 sum
P

check fatal watched d 3<<'C' 4<<'P'
continue
info symbol $pc
continue
C
^Program received signal SIGSEGV
^store_word
^Program terminated with signal SIGSEGV
^status 139
P
exit $failed
