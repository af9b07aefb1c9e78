#!/bin/sh
# gdb-multiarch on lpaemu's server: source-level debugging, watchpoints, registers, signals, faults by `monitor`.
#
#   gdb.sh --lpaemu FILE --programs DIR [CASE...]
# shellcheck source=guest_tests/debugger/gdb_session.sh
. "$(dirname "$0")/gdb_session.sh"

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
set var $q0.u64[0] = 0x1122334455667788
set var $q0.u64[1] = 0x99aabbccddeeff00
p/x $q0.u64
p/x $q0.u8[15]
set var $q15.u64[1] = 0x5a5a
maint packet p39
info registers q0
p sizeof($q15)
info registers TTBR0 PAR MAIR1 VBAR TPIDRURO
p sizeof($PAR)
kill
C
^Breakpoint 1, 
^\$1 = 0xb5003500$
^\$3 = 
^\$4 = 9
^\$5 = {0x1122334455667788, 0x99aabbccddeeff00}
^\$6 = 0x99
^received: "5a5a000000000000"
^q0  *{u8 = 
^\$7 = 16
^TTBR0  *0x1[0-9a-f]*
^PAR  *0x0  *0
^MAIR1  *0xff000004
^VBAR  *0x0
^TPIDRURO  *0x[1-9a-f]
^\$8 = 8
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
python interrupt_after(1)
continue
info symbol $pc
stepi
kill
C
^Program received signal SIGINT
^main
^status 137
P

# The loop enters the kernel never.
check signal-in-a-loop watched l 3<<'C' 4<<'P'
python interrupt_after(1)
continue
signal SIGTERM
C
^Program received signal SIGINT
^Program terminated with signal SIGTERM
^status 143
P

# A Ctrl-C that finds the guest between two steps counts for the next one; one that finds GDB busy ends its command.
check interrupt-steps watched l 3<<'C' 4<<'P'
python interrupt_after(1)
python
try: gdb.execute('stepi 100000000')
except KeyboardInterrupt: print('GDB was busy')
end
python interrupt_after(1)
continue
kill
C
^\(Program received signal SIGINT\|GDB was busy\)
^Program received signal SIGINT
^status 137
P

# The function faults, which changes the fault registers.
check call watched 3<<'C' 4<<'P'
break main
continue
call (void)store_word(pages, 77)
p pages[0]
continue
C
^Breakpoint 1, main
^\$1 = 77
exited normally
^status 0
P

check monitor-points watched 3<<'C' 4<<'P'
monitor watch counter
continue
continue
monitor delete
monitor catch syscall openat
continue
continue
monitor delete
continue
C
^Watchpoint 1: 
^  new value 0x00000001
^Program received signal SIGTRAP
^  new value 0x00000003
^Program received signal SIGTRAP
^Catchpoint 2: call of openat
^Program received signal SIGTRAP
^Catchpoint 2: return of openat
^Program received signal SIGTRAP
exited normally
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
# Source lines: next passes a call, step enters it, until the caller's frame is looked at.
check lines watched 3<<'C' 4<<'P'
tbreak watched.c:30
continue
step
info args
up
info locals
down
finish
next
print counter
kill
C
^Temporary breakpoint 1, main
^store_word (where=
^value = 7$
^#1 .* in main
^program = 
^#0  store_word
^main (argc=
^[0-9].*store_pair(pages
^\$1 = 6$
^status 137
P

check condition watched 3<<'C' 4<<'P'
break add if b == 3
continue
print a
info breakpoints
delete
continue
C
^Breakpoint 1, add (a=3, b=b@entry=3)
^\$1 = 3$
^.*already hit 1 time
exited normally
P

# A store across two pages, seen by a watchpoint on the second one's first byte; a pair; a load that is not aligned.
check watch-crossing watched 3<<'C' 4<<'P'
watch *(char *)(pages + 4096)
continue
info symbol $pc
delete
watch *(unsigned *)(pages + 4096 + 8)
continue
info symbol $pc
delete
awatch *(unsigned short *)(pages + 4096 + 1)
continue
info symbol $pc
delete
continue
C
^Old value = 0
^New value = 178 
^store_word
^Old value = 0
^New value = 34
^store_pair
^Value = 
^load_word
exited normally
P

check signals watched d 3<<'C' 4<<'P'
continue
p $_siginfo.si_signo
p $_siginfo.si_code
p $_siginfo._sifields._sigfault.si_addr
set var $r0 = &counter
signal 0
C
^The guest gets SIGSEGV (SEGV_MAPERR) at 0x00000010
^Program received signal SIGSEGV
^\$1 = 11
^\$2 = 1
^\$3 = (void \*) 0x10
exited normally
^counter 7 sum 
P

check passed-signals watched d 3<<'C' 4<<'P'
handle SIGSEGV nostop noprint pass
continue
C
!^The guest gets
^Program terminated with signal SIGSEGV
^status 139
P

finished
