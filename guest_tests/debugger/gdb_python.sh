#!/bin/sh
# docs/gdb/lpaemu.py: lpaemu's verbs as commands of GDB.
#
#   gdb_python.sh --lpaemu FILE --programs DIR [CASE...]
# shellcheck source=guest_tests/debugger/gdb_session.sh
. "$(dirname "$0")/gdb_session.sh"
script=$(cd "$(dirname "$0")/../../docs/gdb" && pwd)/lpaemu.py

check verbs watched 3<<C 4<<'P'
source $script
help lpaemu
clear-refs 4
catch-fault write in (char *)pages + 8192,4096
catchpoints
continue
fault
fault-phase
fault-phase
pte &pages[8192]
walk pages + 8192
finish-fault
vma pages
vmas
mm
tlb
faults 1
stepi
softdirty pages,12288
who-dirtied pages + 4096
pagemap pages + 4096,4096
delete-catchpoints
catchpoints
continue
C
^who-dirtied  *who-dirtied ADDR
^1 .*fault write in
by the kernel in read (3)
^phase .*raised
^phase vma-found
^phase decided: first-touch
^  none
^level 1: table
^phase returned
 rw-p
\[stack\]
^pgd 0x.* TTBR0 
fills, write
first-touch
^  0x[0-9a-f]* ###$
^0x000[0-9a-f]*000: .*<store_word>
^0x000[0-9a-f]*000 0x8.* soft-dirty$
^No breakpoints
exited normally
P

# Places and conditions as GDB and lpaemu have them, and the verbs that change what the MMU sees.
check places watched 3<<C 4<<'P'
source $script
break main
continue
catch-fault first-touch write in [heap]
catch-fault write in &pages[8192],4 if \$addr == pages + 8192
catch-softdirty (char *)pages + 4096 if \$r0 != 0
tcatch-fault read in pages,4096
catch-syscall openat if \$r7 == 322
catch-fault in [nowhere]
catch-fault exec in pages
catchpoints
delete-catchpoints
force-fault pages + 4096 w
fault
finish-fault
fault-phase
set-pte (char *)pages + 4096 -young +softdirty
set-pte pages+4096 = 0x0
set-vma pages,4096 prot r--
delete
kill
C
^Catchpoint 1: fault first-touch write in \[heap\]$
^Catchpoint 2: fault write in 0x[0-9a-f]*,0x4 if \$addr == pages + 8192$
^Catchpoint 3: softdirty 0x[0-9a-f]* if \$r0 != 0$
^Catchpoint 4: fault read in 0x[0-9a-f]*,0x1000$
^Catchpoint 5: system call openat (322) if \$r7 == 322$
^error: no mapping is called '\[nowhere\]'
^Catchpoint 6: fault exec in 0x[0-9a-f]*,12288$
^4 .* once$
^fault: write of 0x[0-9a-f]* <pages+0x1000> by the debugger, first-touch$
^by .*force-fault$
^phase returned
^0x[0-9a-f]*: 0x[0-9a-f]* -> 0x[0-9a-f]*: AF 1->0
^error: only AF
^0x[0-9a-f]*-0x[0-9a-f]* r--p
P

# A verb that changes a register is seen at once; a wrong one is said, not hidden.
check state watched 3<<C 4<<'P'
source $script
break store_word
continue
set \$before = \$r1
print \$r1
lpaemu set \$r1 = 0x1234
print/x \$r1
set var \$r1 = \$before
python
try: gdb.execute('pte nothing_of_that_name')
except gdb.error as error: print('refused:', error)
end
lpaemu info nothing
lpaemu catch softdirty
delete
continue
vmas
C
^\$1 = 7
^\$2 = 0x1234
^refused: No symbol "nothing_of_that_name"
^error: no info command
^error: catch softdirty ADDR; see `monitor help catch softdirty`$
exited normally
(is lpaemu the target? `target remote :PORT`)
P
finished
