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
delete
continue
C
^\$1 = 7
^\$2 = 0x1234
^refused: No symbol "nothing_of_that_name"
^error: no info command
exited normally
P
finished
