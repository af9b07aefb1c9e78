#!/bin/sh
# What lpaemu's GDB server serves beside code and data: system calls, files, /proc, siginfo, physical memory, monitor.
#
#   gdb_server.sh --lpaemu FILE --programs DIR [CASE...]
# shellcheck source=guest_tests/debugger/gdb_session.sh
. "$(dirname "$0")/gdb_session.sh"

check syscalls watched 3<<'C' 4<<'P'
catch syscall
continue
continue
delete
catch syscall openat
continue
info symbol $pc
continue
delete
continue
C
^Catchpoint 1 (call to syscall 
^Catchpoint 1 (returned from syscall 
^Catchpoint 2 (call to syscall .*open
^Catchpoint 2 (returned from syscall .*open
exited normally
^status 0
P

check process watched 3<<C 4<<'P'
info auxv
info proc mappings
info proc exe
info proc cwd
remote get /proc/1/cmdline $work/cmdline
shell tr '\\000' '\\n' <$work/cmdline
python
try: gdb.execute('remote get /nonexistent $work/none')
except gdb.error as error: print(error)
try: gdb.execute('remote put $work/commands /proc/1/comm')
except gdb.error as error: print(error)
end
kill
C
^16 *AT_HWCAP .* 0x3fb0d6
^31 *AT_EXECFN .*programs/watched"
0x0*10000 .* r-xp .*programs/watched
\[stack\]
^exe = '.*programs/watched'
^cwd = '/
^[^ ]*programs/watched$
No such file or directory
Read-only file system
P

# Without a program of its own GDB reads the guest's.
if wanted exec-file; then
  start watched
  program=''
  client 3<<C
info inferiors
info symbol main
kill
C
  finish exec-file 4<<'P'
programs/watched
^main in section .text
^status 137
P
fi

check memory watched 3<<'C' 4<<'P'
find &counter, +4096, 0x12345678
set var pages[4100] = 0x5a
find pages, +12288, (char)0x5a
maint packet m0,4
maint packet M0,1:00
maint packet mbeffffff,100
maint packet m10000,4
maint packet m,4
maint packet m10000
maint packet mffffffffffffffff,ffffffffffffffff
maint packet M10000,1:00
kill
C
^Pattern not found
^0x[0-9a-f]* <pages+4100>
^received: "E14"
^received: "E14"
^received: "00"
^received: "7f454c46"
^received: "E22"
^received: "E22"
^received: "E22"
^received: "E14"
^status 137
P

# Physical memory as with QEMU: the first page's address comes from its PTE.
check physical watched 3<<'C' 4<<'P'
break store_pair
continue
python
import re
pa = int(re.search(r'-> (0x[0-9a-f]*), user', gdb.execute('monitor info walk counter', to_string=True)).group(1), 16)
gdb.execute('maint packet Qqemu.PhyMemMode:1')
gdb.execute('maint packet qqemu.PhyMemMode')
gdb.execute('maint packet m%x,4' % pa)
gdb.execute('maint packet M%x,4:2a000000' % pa)
gdb.execute('maint packet m0,4')
gdb.execute('maint packet Qqemu.PhyMemMode:0')
end
maint flush register-cache
print counter
maint packet qqemu.sstepbits
maint packet qqemu.sstep
maint packet Qqemu.sstep=1
maint packet Qqemu.sstep=7
delete
continue
C
^received: "OK"
^received: "1"
^received: "06000000"
^received: "OK"
^received: "E14"
^received: "OK"
^\$1 = 42
^received: "ENABLE=1"
^received: "0x1"
^received: "OK"
^received: "E22"
^counter 42 sum
P

# What GDB asks of every stub, and threads by their names.
check questions watched 3<<'C' 4<<'P'
maint packet vMustReplyEmpty
maint packet vCont?
maint packet qAttached:1
maint packet qSymbol::
maint packet qC
maint packet Tp1.1
maint packet Tp1.2
maint packet Hgp2.1
maint packet Hg-1
maint packet qXfer:threads:read::0,1000
maint packet qXfer:siginfo:read::0,8
maint packet qXfer:memory-map:read::0,8
maint packet vCont;c:p2.1
maint packet vCont;x
maint packet vAttach;2
maint packet vKill;2
maint packet !
kill
C
^received: ""
^received: "vCont;c;C;s;S"
^received: "0"
^received: "OK"
^received: "QCp1.1"
^received: "OK"
^received: "E03"
^received: "E03"
^received: "OK"
^received: "l<?xml.*<thread id=.*p1.1.*watched
^received: "m.x05
^received: ""
^received: "E22"
^received: "E22"
^received: "E03"
^received: "E03"
^received: "OK"
^status 137
P

# At a fault: in a system call of the kernel, phase by phase; stepi is retry, continue finishes it.
check fault-in-syscall watched 3<<'C' 4<<'P'
monitor catch fault write in pages+8192
continue
monitor info fault
monitor phase
monitor phase
monitor finish-fault
monitor phase
x/2xb &pages[8192]
stepi
x/2xb &pages[8192]
monitor delete
continue
C
by the kernel in read (3)
^by .*the kernel, in read (3)
^phase vma-found
^phase decided: first-touch
^phase returned
^error: the handler has returned
0x00
0x7f
exited normally
^status 0
P

check monitor watched 3<<'C' 4<<'P'
monitor catch fault first-touch in pages
continue
monitor continue
monitor step
monitor stepi
monitor run
monitor quit
monitor layout fault
monitor nonsense
monitor
monitor info vmas
monitor print 1+1
monitor x/2i $pc
set $before = $r4
monitor set $r4 = 5
maint flush register-cache
print $r4
set var $r4 = $before
monitor info faults 1
monitor help catch fault
monitor delete
continue
C
^Catchpoint 1: fault: write
use GDB's own `continue`
use GDB's own `step`
use GDB's own `stepi`
use `target extended-remote`, then GDB's own `run`
use GDB's own `kill`
^layout fault .*`lpaemu debug`; here `monitor info fault`
^error: no command 'nonsense'
^error: an empty command
\[stack\]
^0x2 (2)
store_word>: str
^\$1 = 5
^KIND: 
exited normally
^status 0
P
finished
