#!/bin/sh
# The prompt at a terminal: editing keys, history, completion, Ctrl-C and Ctrl-D, colours, `layout fault`.
#
#   terminal.sh --lpaemu FILE --programs DIR --terminal FILE [CASE...]
# shellcheck source=guest_tests/debugger/common.sh
. "$(dirname "$0")/common.sh"

# check NAME [VARIABLE=VALUE] PROGRAM [ARG...]: steps (see tools/terminal.cpp) on standard input; @ is the work folder
check() {
  name=$1
  shift
  wanted "$name" || return 0
  sed "s#@#$work#" >"$work/steps"
  variable=TERM=xterm
  case $1 in *=*) variable=$1 && shift ;; esac
  program=$1
  shift
  if env -u NO_COLOR -u XDG_STATE_HOME HOME="$work" TERM=xterm "$variable" \
    "$terminal" "$lpaemu" debug "$programs/$program" "$@" <"$work/steps" >"$work/text" 2>&1; then
    echo "ok   $name"
  else
    fail "$name" 'a step failed'
  fi
}

# expect NAME FILE: FILE, which a case wrote, has a line like each of those on standard input
expect() {
  wanted "$1" || return 0
  while IFS= read -r pattern; do
    grep -q -e "$pattern" "$work/$2" && continue
    echo "FAIL $1: no '$pattern' in $2:"
    sed 's/^/    /' "$work/$2"
    failed=1
    return
  done
}

check editing watched <<'S'
wait (lpaemu)
# a word too many, and one too few at the beginning of the line
type 1+2 wrong\cW\cAprint \r
wait 0x3 (3)
type print 1+15\b0\r
wait 0xb (11)
# the line before the last one, with more behind it; the one that has 15
type \e[A\e[A+4\r
wait 0x7 (7)
# Ctrl-C throws a line away
raw
type print 77
wait print 77
type \cC
wait print 77^C
type print 40\r
wait 0x28 (40)
gone 0x4d (77)
# an empty line goes on
type list watched.c:6\r
wait     6  #include "guest.h"
gone    11  __attribute__
type \r
wait    11  __attribute__
# an abbreviation that is not clear
type de\r
wait 'de' may be delete, detach
raw
type \cD
end 1
S

check history watched <<'S'
wait (lpaemu)
type print 4000+4\r
wait 0xfa4 (4004)
raw
type \cD
end 0
S
check history-next-day watched <<'S'
wait (lpaemu)
type \e[A\r
wait 0xfa4 (4004)
raw
type \cD
end 0
S

check completion watched <<'S'
wait (lpaemu)
type pri\t$p\t+1\r
wait print $pc +1
wait <_start
type info wh\tpag\t\r
wait info who-dirtied pages
type tb store_w\t\r
wait 1: 0x
wait <store_word>
type catch fault soft\twri\t\r
wait 2: fault soft-dirty write
type catch sys\tmpro\t\r
wait 3: system call mprotect
type tb watch\t12\r
wait 4: 0x
wait <store_word> watched.c:12
type help sof\t\r
wait info who-dirtied
type print $DFA\t+1\r
wait print $DFAR +1
type catch sig\tSIGSE\t\r
wait 5: signal SIGSEGV
type set pt\tpages +young\r
wait error: there is no page at
# several: what they have in common, then the list
type info vm\tx\b\t
wait vma   vmas
type \cChelp inf\tsym\t\r
wait usage: info symbol ADDR
# none
# (what the terminal still holds at a Ctrl-C is lost)
raw
type nothing\t
wait (lpaemu) nothing
type \cC
wait nothing^C
raw
type \cD
end 1
S

check interrupt watched l <<'S'
wait (lpaemu)
type continue\r
cooked
type \cC
wait Interrupted.
type continue\r
cooked
type \cC
type \cC
type print 3+3\r
wait 0x6 (6)
signal 15
cooked
end 143
S

# The rest of a script is not run, the prompt comes.
cat >"$work/script" <<'S'
continue
print 4000+4
S
check interrupt-script death tight_loop <<'S'
wait (lpaemu)
type source @/script\r
wait looping
type \cC
wait Interrupted: 1 command left out.
raw
type print 3+3\r
wait 0x6 (6)
gone 0xfa4
type quit\r
end 0
S

# A step over code that does not end; `next` over a function of that kind.
check interrupt-step watched l <<'S'
wait (lpaemu)
type tbreak main\r
type continue\r
wait <main> watched.c
raw
type next 1000000\r
cooked
type \cC
wait Interrupted.
raw
type step 1000000\r
cooked
type \cC
raw
type print 3+3\r
wait 0x6 (6)
type quit\r
end 0
S
check interrupt-next death call_loop <<'S'
wait (lpaemu)
type tbreak main\r
type continue\r
wait <main> death.c
raw
type next 100\r
wait looping
cooked
type \cC
wait Interrupted.
raw
type info breakpoints\r
wait No breakpoints
type quit\r
end 0
S

check colours watched <<'S'
wait (lpaemu)
styled => 
styled <_start
type nonsense\r
wait error: no command
styled error: no command
plain no command
type quit\r
end 1
S
check no-colours NO_COLOR=1 watched <<'S'
wait (lpaemu)
plain => 
plain <_start
raw
type \cD
end 0
S
check dumb TERM=dumb watched <<'S'
wait (lpaemu)
plain => 
type print 3+4\r
wait 0x7 (7)
type layout fault\r
wait error: a layout needs a terminal
# Ctrl-C throws the line away, and stops nothing later
type print 4000
wait print 4000
type \cC
wait ^C
type print 5+5\r
wait 0xa (10)
gone 0xfa0
type continue\r
wait counter 6
type \cD
end 0
S
check dumb-interrupt TERM=dumb death tight_loop <<'S'
wait (lpaemu)
type continue\r
wait looping
type \cC
wait Interrupted.
type print 3+3\r
wait 0x6 (6)
signal 15
wait guest stopped by SIGTERM
end 143
S

# Nothing was caught: the last fault is shown, of which the signal comes.
check layout-last-fault watched d <<'S'
wait (lpaemu)
type run\r
wait gets SIGSEGV
type layout fault\r
full
wait walk of 0x00000010 for a write; FSR 0xa07
wait verdict segv-maperr
type q
lines
wait (lpaemu)
type \cD
end 0
S

check layout softdirty_demo <<'S'
wait (lpaemu)
type layout fault\r
full
wait no fault is being handled
wait there was no fault yet
type p
wait the guest does not stand at a fault
type q
lines
type tcatch fault soft-dirty in 0x60000000,0x10000\r
wait Catchpoint 1
type layout fault\r
full
type c
wait [raised]
screen @/raised
styled [raised]
type p
wait [vma-found]
type p
wait [decided]
type p
wait [pte-written]
screen @/written
styled SOFT_DIRTY
plain AttrIndx
type f
wait [returned]
resize 70 20
wait 70x20 is too small
resize 100 30
wait [returned]
gone too small
type r
wait no fault is being handled
type s
full
type \cC
lines
wait (lpaemu)
type print 5+5\r
wait 0xa (10)
raw
type \cD
end 0
S
expect layout raised <<'P'
^Catchpoint 1: fault: write of 0x60001010 by the instruction, soft-dirty$
^-- store_word+0x[0-9a-f]* softdirty_demo.c:20 -*- registers -*$
^  20 static void store_word
^=> 0x[0-9a-f]* str r3, \[r0\] 
r0   0x60001010
^-- walk of 0x60001010 for a write; FSR 0xa0f -
^level 3 \[0x001\] at 0x8[0-9a-f]*: 0x0[0-9a-f]* page$
^level 3 permission fault on a write at 0x60001010
^-- PTE of 0x60001000: 0x[0-9a-f]*, unchanged -
^before 0 
^verdict soft-dirty; mapping 0x60000000-0x60010000 rw-p
P
expect layout written <<'P'
^-- PTE of 0x60001000: 0x[0-9a-f]* -> 0x[0-9a-f]* -
^grants the write: 0x60001010 -> 0x8
^       SOFT_DIRTY .* AP2
^before 0 .* 1 .* 1
^now    1
^       ^ .* ^ 
P

# AddressSanitizer has a handler of its own, which prints pages.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:handle_segv=0"
for signal in 15 11; do
  check layout-signal-$signal watched <<S
wait (lpaemu)
type layout fault\r
full
wait there was no fault yet
signal $signal
lines
cooked
end $((128 + signal))
S
done
finished
