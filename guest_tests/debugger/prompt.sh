#!/bin/sh
# The prompt: a script of commands for each case, and what must be among the lines that it prints, in this order.
#
#   prompt.sh --lpaemu FILE --programs DIR [CASE...]
# shellcheck source=guest_tests/debugger/common.sh
. "$(dirname "$0")/common.sh"

# check NAME STATUS PROGRAM [ARG...]: PROGRAM is one of the guests, or a path; commands on descriptor 3, patterns (grep's) on descriptor 4
check() {
  name=$1 status=$2
  shift 2
  wanted "$name" || return 0
  cat <&3 >"$work/commands"
  case $1 in /*) program=$1 ;; *) program=$programs/$1 ;; esac
  shift
  timeout 60 "$lpaemu" debug "$program" "$@" <"$work/commands" >"$work/text" 2>&1
  got=$?
  [ $got = "$status" ] || { fail "$name" "status $got, expected $status" && return; }
  compare "$name"
}

check breakpoints 0 watched 3<<'C' 4<<'P'
break add
continue
info breakpoints
print $r0
continue
tbreak load_word
delete 1
continue
finish
continue
C
^Breakpoint 1: 0x[0-9a-f]* <add>$
^Breakpoint 1: 0x[0-9a-f]* <add> watched.c:
^=> add
^1 .*<add>, hit 1 time$
^0x0 (0)$
^Breakpoint 1: 0x[0-9a-f]* <add> watched.c:
^Breakpoint 2: 0x[0-9a-f]* <load_word>$
^Breakpoint 2: 0x[0-9a-f]* <load_word>
^Run till 0x[0-9a-f]* <main
^0x[0-9a-f]* <main
^counter 6 sum 
^The guest exited with status 0\.$
P

# Only the second of the three is where an instruction begins.
check middle 0 steps_thumb 3<<'C' 4<<'P'
break *loop+14
break *after_tbb
break *after_tbb+3
continue
continue
C
^Breakpoint 3: 0x[0-9a-f]* <after_tbb+0x2>$
^Breakpoint 2: 0x[0-9a-f]* <after_tbb> steps_thumb.S:
!^Breakpoint [13]: .* steps_thumb.S
^The guest exited with status 0\.$
P

# Without symbols nothing tells that the code is ARM, unlike that at the PC.
if arm-linux-gnueabihf-strip -o "$work/stripped" "$programs/interworking"; then
  arm_add=$(arm-linux-gnueabihf-nm "$programs/interworking" | sed -n 's/ t arm_add$//p')
  printf '%s\n' "break *0x$arm_add" continue 'delete 1' continue >"$work/stripped_commands"
  check stripped 0 "$work/stripped" 3<"$work/stripped_commands" 4<<'P'
^Breakpoint 1: 0x[0-9a-f]*$
^Breakpoint 1: 0x[0-9a-f]*$
^85 175 49 112$
^The guest exited with status 0\.$
P
fi

check lines 0 watched 3<<'C' 4<<'P'
tbreak add
continue
finish
step
info symbol $pc
finish
next
tbreak store_pair
continue
next 2
tbreak printf
continue
step
continue
C
^Breakpoint 1: 0x[0-9a-f]* <add> watched.c:22$
^0x[0-9a-f]* <main+.* watched.c:29$
^0x[0-9a-f]* <add> watched.c:22$
^0x[0-9a-f]* <main+.* watched.c:29$
^0x[0-9a-f]* <main+.* watched.c:\(2[0-8]\|3[0-9]\)$
^Breakpoint 2: 0x[0-9a-f]* <store_pair>
^0x[0-9a-f]* <main+.* watched.c:3[0-9]$
^Breakpoint 3: 0x[0-9a-f]* <.*printf>
^error: there is no line information for this code; stepi and nexti step by instructions$
^counter 6 sum
P

# A stop elsewhere ends `next`, and with it what it has planted behind the call.
check next-ended 0 watched 3<<'C' 4<<'P'
tbreak add
continue
finish
break add
next
delete
continue
C
^Breakpoint 1: 0x[0-9a-f]* <add>
^0x[0-9a-f]* <main+
^Breakpoint 2: 0x[0-9a-f]* <add>
^counter 6 sum
P

check conditions 0 watched 3<<'C' 4<<'P'
break add if $r1 == 2
catch fault first-touch write if $addr == pages + 8 && kind == translation
watch counter if *counter == 6
info breakpoints
continue
print $r1
condition 1 $r1 == 9
continue
continue
print $addr - pages
condition 2
info breakpoints
C
^Breakpoint 1: 0x[0-9a-f]* <add> if $r1 == 2$
^Catchpoint 2: fault first-touch write if $addr == pages + 8 && kind == translation$
^Watchpoint 3: store to 0x[0-9a-f]* <counter>, 4 bytes if \*counter == 6$
^3 .*bytes if \*counter == 6$
^Breakpoint 1: 0x[0-9a-f]* <add>
^0x2 (2)$
^Watchpoint 3: write of 4 bytes
^  new value 0x00000006$
^Catchpoint 2: fault: write of 0x[0-9a-f]* <pages+0x8> by the instruction
^0x8 (8)$
^1 .*<add> if $r1 == 9, hit 1 time$
^2 .*first-touch write, hit 1 time$
P

check condition-fails 0 watched 3<<'C' 4<<'P'
break add if *16 == 0
tcatch fault write in pages if *$r2 / 0 == 1 || *8
continue
delete 1
continue
C
^The condition of 1 cannot be evaluated: cannot read memory at 0x00000010$
^Breakpoint 1: 0x[0-9a-f]* <add>
^The condition of 2 cannot be evaluated: 
^Catchpoint 2: fault: write
P

check condition-errors 1 watched 3<<'C' 4<<'P'
break add if
break add if $r1 == nothing
break add if $addr == 3
watch counter if (1
catch fault if kind == nice
catch fault in [nowhere]
catch fault in /no/such/file
condition 7 1
info breakpoints
C
^error: a value is missing$
^error: 'nothing' is no number of 32 bits, register or symbol; locals are GDB.s$
^error: $addr, $far, $fsr and kind are for the condition of a catch fault$
^error: a ')' is missing$
^error: no kind of fault 'nice'
^error: no mapping is called '\[nowhere\]'; see info vmas$
^error: no mapping is called '/no/such/file'; see info vmas$
^error: no point number 7$
^No breakpoints
P

check regions 0 brk_heap 3<<'C' 4<<'P'
catch fault first-touch in [heap]
catch fault in [stack] if $addr < 0x1000
continue
info vma $addr
delete
tcatch fault write in [stack]
info breakpoints
C
^Catchpoint 1: fault first-touch in \[heap\]$
^Catchpoint 2: fault in \[stack\] if $addr < 0x1000$
^Catchpoint 1: fault: write
^0x[0-9a-f]*-0x[0-9a-f]* rw-p \[heap\]
^3 .* fault write in \[stack\], once$
P

check switches 0 watched 3<<'C' 4<<'P'
catch fault first-touch write in pages
tcatch fault in pages+4096,4096
break add
disable 1 3
info breakpoints
continue
info breakpoints
enable 3
jump add
ignore 3 2
info breakpoints
delete 3
continue
C
^1 .*Catchpoint  *n
^2 .*Catchpoint  *y .*, once$
^3 .*Breakpoint  *n
^Catchpoint 2: fault: .*<pages+0x1000>
^1 .*Catchpoint  *n
^3 .*Breakpoint  *n
^Breakpoint 3: 
^3 .*, 2 more to pass$
P

check catch-exit 0 watched 3<<'C' 4<<'P'
catch exit
tcatch exit if $r0 == 1
continue
print $r0
continue
C
^Catchpoint 1: exit$
^Catchpoint 2: exit if $r0 == 1$
^Catchpoint 1: call of exit_group (248): the guest is about to exit with status 0$
^0x0 (0)$
^The guest exited with status 0\.$
P

check catch-signal 139 watched d 3<<'C' 4<<'P'
catch signal SEGV
catch signal SIGUSR1
catch signal 11
catch signal
continue
info breakpoints
continue
C
^Catchpoint 1: signal SIGSEGV$
^Catchpoint 2: signal SIGUSR1$
^Catchpoint 3: signal SIGSEGV$
^Catchpoint 4: any signal$
^Catchpoint 1,3,4: The guest gets SIGSEGV (SEGV_MAPERR) at 0x00000010$
^1 .* signal SIGSEGV, hit 1 time$
^2 .* signal SIGUSR1$
^The guest was killed by SIGSEGV\.$
P

# Whoever changes it: a fault of the instruction, clear_refs, a fault of the kernel in read.
check catch-pte 0 softdirty_demo 3<<'C' 4<<'P'
catch clear-refs
catch pte 0x6000d000
continue
continue
info softdirty 0x60000000,0x10000
continue
continue
info who-dirtied 0x6000d000
delete
continue
C
^Catchpoint 1: clear-refs$
^Catchpoint 2: pte 0x6000d000$
^Catchpoint 2: phase pte-written: 0x6000d000 0x0000000000000000 -> 0x
^Catchpoint 2: the PTE of 0x6000d000 changed, in write (4)$
^  0x[0-9a-f]* -> 0x[0-9a-f]*: .*SOFT_DIRTY 1->0
^  0x60000000 \.\{16\}$
^Catchpoint 1: clear_refs has run, in write (4): no page is soft-dirty$
^Catchpoint 2: phase pte-written: 0x6000d000 .*SOFT_DIRTY 0->1
^0x6000d000: the kernel, in read (3) at
^The guest exited
P

check what-if 1 softdirty_demo 3<<'C' 4<<'P'
catch clear-refs
continue
set pte 0x60003000 +softdirty -young
info softdirty 0x60000000,0x10000
info who-dirtied 0x60003000
set pte 0x60003000 = 0x0
set pte 0x60003000 +shiny
set pte 0x60003000
set pte 0x60003000 = 12
set pte 0x10 +young
set vma 0x60000000 prot r
set vma 0x10 prot r--
set vma 0x60003000,0x1000 prot r--
info vmas
set vma 0x60003000,0x1000 prot rw-
info vmas
C
^Catchpoint 1: clear_refs has run
^0x60003000: 0x[0-9a-f]* -> 0x[0-9a-f]*: AF 1->0,.* SOFT_DIRTY 0->1$
^  0x60000000 \.\.\.#\.\{12\}$
^    0x60003000-0x60004000, 1 page$
^0x60003000: the debugger, by a command$
^error: only AF, DIRTY, SOFT_DIRTY and RDONLY can be set, not 
^error: no flag 'shiny'; there are: young dirty softdirty write$
^error: set pte ADDR = VALUE, or
^error: '12' is no 64-bit value in hex, 0x
^error: nothing is mapped at 0x00000000$
^error: set vma ADDR
^error: nothing is mapped at 0x00000010$
^0x60003000-0x60004000 r--p
^60000000-60003000 rw-p
^60003000-60004000 r--p
^0x60000000-0x60010000 rw-p
^60000000-60010000 rw-p
P

check force-fault 1 softdirty_demo 3<<'C' 4<<'P'
tbreak store_word
continue
print $pc
force-fault 0x60004444 w
info fault
phase
phase
phase
info pte 0x60004444
set vma 0x60004000 prot r--
force-fault 0 r
info tlb 0x60004000
phase
phase
set vma 0x60004000 prot rw-
phase
force-fault 0x60004444 w
force-fault 0x60004444
info faults 1
info who-dirtied 0x60004000
force-fault 0 r
finish-fault
retry
force-fault 0x60005000 w
continue
C
^0x[0-9a-f]* ([0-9]*) <store_word>$
^fault: write of 0x60004444 by the debugger, soft-dirty$
^phase  *raised
^access  *write at 0x60004444$
^FSR  *0xa0f: permission fault, level 3
^  \[11\] WnR = 1 
^  \[5:0\] STATUS = 
^DFSR, DFAR  *0xa0f, 0x60004444$
^by  *the debugger, by force-fault$
^phase vma-found
^phase decided: soft-dirty$
^phase pte-written
^  before this fault: 0x
^\* SOFT_DIRTY = 0x1 (was 0x0)
^error: the handler is at work on the mappings
^error: a fault is being handled already
^  nothing$
^phase tlb-invalidated
^phase returned: soft-dirty, and no instruction is retried
^0x60000000-0x60010000 rw-p
^The injected access was handled; the guest stands where it stood\.$
^0x[0-9a-f]* <store_word>
^No fault: the tables grant a write of 0x60004444\.$
^error: force-fault ADDR r|w|x: a read
^[0-9]*  *soft-dirty  *write  *0x60004444 .* force-fault$
^0x60004000: the debugger, by a command$
^fault: read of 0x00000000 by the debugger, segv-maperr$
^phase returned: segv-maperr, and no instruction
^The injected access was handled
^fault: write of 0x60005000 by the debugger
P

check watchpoints 0 watched 3<<'C' 4<<'P'
watch counter
watch pages+4096,4
continue
continue
continue
delete 1
continue
continue
C
^Watchpoint 1: store to 0x[0-9a-f]* <counter>, 4 bytes$
^Watchpoint 1: write of 4 bytes at 0x[0-9a-f]* <counter> by 0x[0-9a-f]* <main
^  old value 0x00000000$
^  new value 0x00000001$
^  old value 0x00000001$
^  new value 0x00000003$
^  new value 0x00000006$
^Watchpoint 2: write of 4 bytes at 0x[0-9a-f]*ffe <.*> by 0x[0-9a-f]* <store_word
^  old value 0x00000000$
^  new value 0x0000a1b2$
^The guest exited
P

check kernel-store 0 watched 3<<'C' 4<<'P'
watch pages+8192
rwatch pages+4096
continue
continue
continue
C
^Watchpoint 2: read of 4 bytes at 0x[0-9a-f]*fff <.*> by 0x[0-9a-f]* <load_word
^Watchpoint 1: the kernel wrote to 0x[0-9a-f]* <pages+0x2000>, in read (3)$
^  new value 0x464c457f$
^The guest exited
P

check phases 0 watched 3<<'C' 4<<'P'
break store_word
continue
delete
catch fault first-touch write in pages
continue
info fault
phase
phase
phase
info pte pages
finish-fault
retry
info who-dirtied pages
info faults 1
C
^Catchpoint 2: fault first-touch write in pages$
^Catchpoint 2: fault: write of 0x[0-9a-f]* <pages+0x8> by the instruction, first-touch$
^phase raised
^=> str
^phase  *raised
^access  *write at 0x[0-9a-f]* <pages+0x8>$
^FSR  *0xa07: translation fault, level 3
^verdict  *first-touch$
^pte before  *none$
^phase vma-found: .* rw-p
^phase decided: first-touch$
^phase pte-written: 0x[0-9a-f]* 0x0000000000000000 -> 0x
^  Linux: user rw-, dirty, young, soft-dirty
^phase returned: first-touch
^0x[0-9a-f]* <store_word+0x
^0x[0-9a-f]*: 0x[0-9a-f]* <store_word
^[0-9]*  *first-touch  *write
P

check fault-kinds 0 watched 3<<'C' 4<<'P'
tbreak store_word
continue
force-fault pages r
finish-fault
retry
tcatch fault cow in pages
tcatch fault soft-dirty in pages
continue
clear-refs 1
finish-fault
tcatch fault access-flag
continue
clear-refs 4
finish-fault
delete 3
tcatch fault permission write
continue
tcatch fault read
continue
clear-refs 1
tcatch fault exec
continue
tcatch fault swap
info breakpoints
C
^Catchpoint 2: fault: write of 0x[0-9a-f]* <pages+0x8> by the instruction, cow$
^Catchpoint 4: fault: .* by the instruction, access-flag$
^Catchpoint 5: fault: write of .* by the instruction, soft-dirty$
^Catchpoint 6: fault: read of
^Catchpoint 7: fault: fetch of
^8 .* fault swap, once$
P

check fault-segv 139 watched d 3<<'C' 4<<'P'
catch fault segv
continue
finish-fault
continue
continue
C
^Catchpoint 1: fault: write of 0x00000010 by the instruction, segv-maperr$
^phase returned: segv-maperr, a signal follows$
^The guest gets SIGSEGV
P

check step-at-a-fault 0 watched 3<<'C' 4<<'P'
tcatch fault first-touch write in pages
continue
stepi
info pte pages
C
^=> str
^0x[0-9a-f]* <store_word+0x2>
^  Linux: user rw-, dirty, young, soft-dirty
P

check syscalls 0 hello_asm 3<<'C' 4<<'P'
catch syscall write
continue
continue
continue
C
^Catchpoint 1: system call write (4)$
^Catchpoint 1: call of write (4)$
^hello from A32 assembly$
^Catchpoint 1: return of write (4): 0x18$
^The guest exited
P

# Ignored or not, and on what condition: that is settled at the entry, and the return goes with it.
check syscall-hits 0 hello_asm 3<<'C' 4<<'P'
catch syscall
ignore 1 1
catch syscall write if $r0 == 1 && $r7 == 4
continue
continue
info breakpoints
continue
C
^Catchpoint 2: call of write (4)$
^Catchpoint 2: return of write (4): 0x18$
^1 .*any system call, hit 1 time$
^2 .*write (4) if .*, hit 1 time$
P

check fatal 139 watched d 3<<'C' 4<<'P'
continue
info registers pc
continue
C
^The guest gets SIGSEGV (SEGV_MAPERR) at 0x00000010$
^0x[0-9a-f]* <store_word
^pc .*<store_word
^The guest was killed by SIGSEGV\.$
^lpaemu: guest killed by SIGSEGV (SEGV_MAPERR) at 0x00000010
P

check softdirty 0 softdirty_demo 3<<'C' 4<<'P'
tbreak store_word
continue
catch softdirty 0x60001000
info softdirty 0x60000000,0x10000
continue
retry
info softdirty 0x60000000,0x10000
clear-refs 4
pagemap 0x60001000
C
^  0x60000000 \.\{16\}$
^Catchpoint 2: fault: write of 0x60001010 by the instruction, soft-dirty$
^  0x60000000 \.#\.\{14\}$
^0x60001000 0x[0-9a-f]* present$
P

check code 0 watched 3<<'C' 4<<'P'
tbreak store_word+2
continue
list
list load_word
list 11
disassemble add
disassemble add,2
C
^Breakpoint 1: 0x
^ *12  *__asm__ volatile("str %1, \[%0\]"
^ *13> }$
^ *14  __attribute__((noinline)) unsigned load_word
^   str r1, \[r0\]$
^=> bx lr$
^ *8  volatile unsigned counter;$
^ *10$
^ *13> }$
^ *17  *return value;$
^ *18  }$
^ *6  *#include "guest.h"$
^ *13> }$
^ *15  *unsigned value;$
^   0x[0-9a-f]* <add>: add r0, r1$
^   0x[0-9a-f]* <add+0x2>: bx lr$
^   0x[0-9a-f]* <add>: add r0, r1$
P

check line-breakpoints 1 watched 3<<'C' 4<<'P'
break watched.c:12
tbreak watched.c:30 if *counter == 6
break watched.c:7
tbreak main
break watched.c:4000
break nowhere.c:1
break 30
delete 3
continue
break 34
info breakpoints
continue
delete 1
continue
C
^Breakpoint 1: 0x[0-9a-f]* <store_word> watched.c:12$
^Breakpoint 2: 0x[0-9a-f]* <main+0x[0-9a-f]*> watched.c:30 if \*counter == 6$
^Breakpoint 3: 0x[0-9a-f]* <.*> watched.c:1[0-9]$
^error: no code is known for watched.c:4000, or behind it$
^error: the program was not made from a file 'nowhere.c'
^error: no source file is known for the code at the PC; FILE:LINE names one$
^Breakpoint 4: 0x[0-9a-f]* <main> watched.c:
^Breakpoint 5: 0x[0-9a-f]* <main+0x[0-9a-f]*> watched.c:34$
^2 .* watched.c:30 if \*counter == 6, once$
^Breakpoint 2: 0x[0-9a-f]* <main+0x[0-9a-f]*> watched.c:30$
^Breakpoint 5: 0x[0-9a-f]* <main+0x[0-9a-f]*> watched.c:34$
P

check backtrace 0 watched 3<<'C' 4<<'P'
tbreak add
continue
backtrace
tbreak printf
continue
bt 2
C
^#0  *0x[0-9a-f]* <add> watched.c:22$
^#1  *0x[0-9a-f]* <main+0x[0-9a-f]*> watched.c:29$
^#0  *0x[0-9a-f]* <printf>$
^     (by lr
^#1  *0x[0-9a-f]* <main+0x[0-9a-f]*> watched.c:[34][0-9]$
!^#2  *0x[0-9a-f]* <main
P
check backtrace-recursion 0 recursion 3<<'C' 4<<'P'
tbreak descend if $r0 == 0
continue
stepi 12
bt
set $lr = 0x1000
finish
set $lr = 0x1000
finish
C
^=> 
^#0  *0x[0-9a-f]* <descend+0x[0-9a-f]*> recursion.c:
^#1  *0x[0-9a-f]* <descend+0x[0-9a-f]*> recursion.c:8$
^#2  *0x[0-9a-f]* <main+0x[0-9a-f]*> recursion.c:17$
^Run till 0x[0-9a-f]* <descend+0x
^0x[0-9a-f]* <descend+0x[0-9a-f]*> recursion.c:8$
^0x[0-9a-f]* <main+0x[0-9a-f]*> recursion.c:17$
P

check vfp-registers 1 vfp 3<<'C' 4<<'P'
set $s1 = 1.5
set $s0 = 0x3f800000
print $s1
print/f $s0
print $d0
set $d1 = -2.25
set $d0 = 0x123456789abcdef0
print $s0
info registers s1
info registers d1
print $q0
info registers q0
print $q0 + 1
print/f $q0
set $d2 = -1
print $d2
set $d3 = $d1
print $d3
set $q0 = 1
set $s2 = 0x100000000
set $fpscr = 0xf0000000
print $fpscr
set $cpsr = 0xf0000010
print $cpsr
set $DFAR = 1
set $nothing = 1
set *$sp = 0x40490fdb
x/1fw $sp
x/fh $sp
info registers all
C
^0x3fc00000 (1.5)$
^1$
^0x3fc000003f800000 (
^0x9abcdef0 (
^s1  *0x12345678 (
^d1  *0xc002000000000000 (-2.25)$
^0xc002000000000000123456789abcdef0$
^q0  *0xc002000000000000123456789abcdef0$
^error: \$q0 has 128 bits; print \$q0$
^error: 128 bits have no format
^0xffffffffffffffff (
^0xc002000000000000 (-2.25)$
^error: \$q0 cannot be set; its halves can$
^error: 0x100000000 does not fit into \$s2$
^0xf0000000$
^0xf0000010 (
^error: \$DFAR cannot be set$
^error: no register '\$nothing'$
3.1415927$
^error: a float has size w or g$
^d0  *0x123456789abcdef0 (
^DFAR  *0x
P

check print 1 vfp 3<<'C' 4<<'P'
print/x 255
print/d -1
print /u -1
print/t 5
print/c 65
print/a main+2
print/q 1
print $TTBR0
print $TTBR0 + 1
print $DFAR == 0 || 1
print $s0
print $d0
print/t $fpscr
print $s32
info registers DFAR
x/2tb $pc
C
^0xff$
^-1$
^4294967295$
^0b101$
^65 'A'$
^0x[0-9a-f]* <main+0x2>$
^error: no format '/q'
^0x000100088[0-9a-f]*$
^error: \$TTBR0 is 0x[0-9a-f]*, more than 32 bits; print \$TTBR0$
^0x1 (1)$
^0x00000000 (0)$
^0x0000000000000000 (0)$
^0b0$
^error: no register '\$s32'$
^DFAR  *0x
^0x[0-9a-f]* <_start>: 0b[01]* 0b[01]*$
P

# The symbol that a branch goes to, the address and the value of a literal.
check explained-code 0 hello_asm 3<<'C' 4<<'P'
x/3i $pc
stepi 2
C
^   0x[0-9a-f]* <_start+0x8>: ldr r1, \[pc, #0x1c\]  ; 0x100e4: 0x
^=> ldr r1, \[pc, #0x1c\]  ; 0x100e4: 0x
P
check explained-branches 0 watched 3<<'C' 4<<'P'
disassemble main
C
^   0x[0-9a-f]* <main+0x[0-9a-f]*>: bl 0x[0-9a-f]* <add>$
^   0x[0-9a-f]* <main+0x[0-9a-f]*>: bne 0x[0-9a-f]* <main+0x[0-9a-f]*>$
^   0x[0-9a-f]* <main+0x[0-9a-f]*>: bl 0x[0-9a-f]* <store_pair>$
P

check edges 1 watched 3<<'C' 4<<'P'
watch 0x100
watch 0x2000,0x100000
watch 0xbefffffc,8
pagemap 0,0xffffffff
pagemap 0,0xb0000000
info vma 0xffff0ffc
stepi 0
print $pc == _start
help fault
help soft
tbreak store_word
continue
set $r0 = 0xbefffffc
continue
C
^error: nothing is mapped at 0x00000100$
^error: nothing is mapped at 0x00002000$
^Watchpoint 1: store to 0xbefffffc, 8 bytes$
^error: 0xfffffffe lies above the user's half$
^error: 720896 pages; ask for 4096 at most$
^ffff0000-ffff1000 r-xp .*\[vectors\]$
^0x1 (1)$
^catch fault 
^info fault 
^info softdirty 
^Watchpoint 1: write of 4 bytes at 0xbefffffc
^  old value 0x00000000$
^  new value 0x00000007$
P

check errors 1 hello_asm 3<<'C' 4<<'P'
nonsense
break nowhere
phase
catch fault sometimes
catch fault soft-dirty cow
catch fault read in 0x1000 write
catch fault read exec
source
source /no/such/file
i r nothing
i pte
C
^error: no command 'nonsense'
^error: 'nowhere' is no number of 32 bits, register or symbol; locals are GDB.s$
^error: the guest does not stand at a fault
^error: no kind of fault 'sometimes'
^error: one KIND, not 'cow' as well; for both: catch fault if kind == soft-dirty || kind == cow$
^error: 'write' does not belong there$
^error: one of read, write and exec, not 'exec' as well$
^error: source FILE; see `help source`$
^error: cannot read '/no/such/file'
^error: no register 'nothing'
^error: info pte ADDR; see `help info pte`$
P

# Points stay, their hits do not; arguments stay until there are others.
check run 1 watched 3<<'C' 4<<'P'
break add
ignore 1 1
run
info breakpoints
watch counter
run
info breakpoints
delete
run d
info fault
phase
run
C
^Breakpoint 1: 0x[0-9a-f]* <add>$
^Breakpoint 1: 0x[0-9a-f]* <add> watched.c:
^1 .*<add>, hit 2 times$
^Starting program: .*/watched$
^Breakpoint 1: 0x[0-9a-f]* <add> watched.c:
^1 .*<add>, hit 1 time$
^2 .*<counter>, 4 bytes$
^Starting program: .*/watched d$
^The guest gets SIGSEGV (SEGV_MAPERR) at 0x00000010$
^phase  *none: fault [0-9]*, the last one, was refused, by a signal$
^access  *write at 0x00000010$
^FSR  *0xa07: translation fault, level 3;
^DFSR, DFAR  *0xa07, 0x00000010$
^verdict  *segv-maperr$
^by  *0x[0-9a-f]* <store_word> watched.c:12$
^instruction  *str r1, \[r0\]$
^vma  *none$
^error: the fault is over, the signal comes of it; to step it: `catch fault segv`, then `run`$
!^phase  *raised
^Starting program: .*/watched d$
^The guest gets SIGSEGV (SEGV_MAPERR) at 0x00000010$
P

# The guest goes on from the breakpoint that it was stopped at when an access was injected.
check injected-at-breakpoint 0 watched 3<<'C' 4<<'P'
break add
run
force-fault pages write
finish-fault
finish-fault
info breakpoints
continue
print $r0
C
^Breakpoint 1: .*<add> watched.c:
^The injected access was handled
^1 .*<add>, hit 1 time$
^Breakpoint 1: .*<add> watched.c:
^0x1 (1)
P

# Of a large range the bytes that were touched.
check watch-large 0 watched 3<<'C' 4<<'P'
watch pages,12288
run
continue
continue
continue
continue
continue
C
^Watchpoint 1: write of 4 bytes at .*<pages+0x8> by 
^  old value 0x00000000$
^  new value 0x00000007$
^Watchpoint 1: write of 4 bytes at .*<pages+0xffe> by
^  new value 0xa1b2c3d4$
^Watchpoint 1: write of 4 bytes at .*<pages+0x1004> by
^  new value 0x00000011$
^Watchpoint 1: the kernel wrote to 0x[0-9a-f]* <pages+0x2000>, in read (3)$
^  old value 00 00 00 00 00 
^  new value 7f 45 4c 46 00 
^The guest exited
P

check jump-to-line 0 watched 3<<'C' 4<<'P'
break main
run
jump watched.c:36
C
^Breakpoint 1: .* watched.c:25$
^0x[0-9a-f]* <main+0x[0-9a-f]*> watched.c:36$
P

check not-here 1 watched 3<<'C' 4<<'P'
info locals
up
break main.c:3
jump watched.c:4000
C
^error: 'locals' is GDB's alone: lpaemu run --gdb PORT PROGRAM serves one$
^error: 'up' is GDB's alone
^error: the program was not made from a file 'main.c' with -g, as far as it says$
^error: no code is known for .*watched.c:4000, or behind it$
P

check variables 1 watched 3<<'C' 4<<'P'
break store_word
run
print counter
set counter = 0x42
print counter
set main = 1
set pages = 1
print pages
print argc
info
starti <x
C
^0x[0-9a-f]* ([0-9]*) <counter>, which holds 0x6 (6)$
^0x[0-9a-f]* ([0-9]*) <counter>, which holds 0x42 (66)$
^error: set \$REG = VALUE, set \*ADDR = VALUE, or set VARIABLE = VALUE$
^error: set \$REG = VALUE, set
^0x[0-9a-f]* ([0-9]*) <pages>$
^error: 'argc' is no number of 32 bits, register or symbol; locals are GDB's$
^error: which info command? breakpoints, fault, 
^error: no redirections here
P

check run-first 0 hello_asm 3<<'C' 4<<'P'
start
run
C
^error: the program has no symbol 'main'; `starti`
^hello from A32
^The guest exited with status 0\.$
!^Starting program
P

# A guest that stands before its first instruction is not made anew; a breakpoint on that one stops it.
check start 0 watched 3<<'C' 4<<'P'
starti
break _start
run
start
info breakpoints
starti z y
continue
print 5
run
C
^0x[0-9a-f]* <_start>
^Breakpoint 1: 0x[0-9a-f]* <_start>
^Breakpoint 2: 0x[0-9a-f]* <main>
^Starting program: .*/watched$
^Breakpoint 1: 0x[0-9a-f]* <_start>
^2 .*<main>, once$
^Starting program: .*/watched z y$
^Breakpoint 2: 0x[0-9a-f]* <main> watched.c:
^0x5 (5)$
^Starting program: .*/watched z y$
^Breakpoint 1: 0x[0-9a-f]* <_start>
P

# What changes a guest needs one.
check ended 0 hello_asm 3<<'C' 4<<'P'
continue
force-fault _start w
set pte _start -young
set $r1 = 5
clear-refs 4
source /no/such/file
print 1
C
^The guest exited with status 0\.$
^error: the guest has ended; `run` starts it again$
^error: the guest has ended
^error: the guest has ended
^error: the guest has ended
^error: cannot read '/no/such/file'
^0x1 (1)$
P
finished
