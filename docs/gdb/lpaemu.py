"""lpaemu's own verbs as commands of GDB.   (gdb) source docs/gdb/lpaemu.py

Each is a `monitor` command of lpaemu's server; `help lpaemu` lists them. An ADDR is an expression of GDB, as `x` takes
it: pages+8, &counter, $sp. A REGION is a mapping: [heap], [stack], a path. What stands behind `if` is lpaemu's own kind
of expression, in which a symbol means its address (`help condition`). What may change registers or memory makes GDB ask
for them again.
"""

import re

import gdb

# (GDB's command, lpaemu's, how its argument is read, what it says)
VERBS = [
    ("fault", "info fault", "words", "The fault that is being handled, else the last one: access, FSR, verdict, PTE."),
    ("fault-phase", "phase", "words", "At a fault: to the next thing that the handler does."),
    ("finish-fault", "finish-fault", "words", "At a fault: to where the handler returns. Then stepi is the instruction."),
    ("faults", "info faults", "words", "faults [N]: the last N faults."),
    ("walk", "info walk", "address", "walk ADDR: the table walk, level by level."),
    ("pte", "info pte", "address", "pte ADDR: what hardware and Linux see in the entry."),
    ("vma", "info vma", "address", "vma ADDR: the mapping."),
    ("vmas", "info vmas", "words", "All mappings, as /proc/PID/maps shows them."),
    ("mm", "info mm", "words", "The address space: registers, layout, counters."),
    ("tlb", "info tlb", "words", "What the engine's soft TLB has been through."),
    ("softdirty", "info softdirty", "address", "softdirty [ADDR[,LEN]]: which pages are soft-dirty."),
    ("who-dirtied", "info who-dirtied", "address", "who-dirtied ADDR: the store that made the page soft-dirty."),
    ("pagemap", "pagemap", "address", "pagemap ADDR[,LEN]: the entries of /proc/PID/pagemap."),
    ("clear-refs", "clear-refs", "words", "clear-refs N: what writing N to clear_refs does; 4 clears soft-dirty."),
    ("set-pte", "set pte", "pte", "set-pte ADDR = VALUE, or ADDR +FLAG -FLAG...: change the entry."),
    ("set-vma", "set vma", "vma", "set-vma ADDR[,LEN] prot RIGHTS: what mprotect does."),
    ("force-fault", "force-fault", "access", "force-fault ADDR r|w|x: an access that no instruction makes."),
    ("catch-fault", "catch fault", "filter",
     "catch-fault [KIND] [read|write|exec] [in ADDR[,LEN]|REGION] [if COND]: stop at page faults."),
    ("tcatch-fault", "tcatch fault", "filter", "As catch-fault, once."),
    ("catch-softdirty", "catch softdirty", "address", "catch-softdirty ADDR: stop at the store that makes the page so."),
    ("tcatch-softdirty", "tcatch softdirty", "address", "As catch-softdirty, once."),
    ("catch-pte", "catch pte", "address", "catch-pte ADDR: stop when the PTE changes."),
    ("tcatch-pte", "tcatch pte", "address", "As catch-pte, once."),
    ("catch-syscall", "catch syscall", "words",
     "catch-syscall [NAME|NUMBER] [if COND]: stop before and after a system call."),
    ("tcatch-syscall", "tcatch syscall", "words", "As catch-syscall, before it, once."),
    ("catchpoints", "info breakpoints", "words", "lpaemu's own catch- and breakpoints; GDB lists only its own."),
    ("delete-catchpoints", "delete", "words", "delete-catchpoints [N...]: all without a number."),
]

POINTED_TO = (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)


def address(text, whole=False):
    """The address that GDB's expression means, for lpaemu; whole: with the size of an object."""
    try:
        value = gdb.parse_and_eval(text)
    except gdb.error as error:
        raise gdb.GdbError(str(error))
    length = ""
    if value.type.strip_typedefs().code in POINTED_TO:
        if whole and value.type.strip_typedefs().code != gdb.TYPE_CODE_FUNC:
            length = ",%d" % value.type.sizeof
        value = value.address
    return "%#x%s" % (int(value) & 0xFFFFFFFF, length)


def address_range(text, whole=False):
    """ADDR or ADDR,LEN, or a mapping's name. The comma of a call or an index is not meant."""
    if text.startswith("[") or text.startswith("/"):
        return text
    start, comma, length = text.rpartition(",")
    if comma and start.count("(") == start.count(")") and start.count("[") == start.count("]"):
        return "%s,%s" % (address(start), address(length))
    return address(text, whole)


def split_at(pattern, text):
    """What is in front of the last match, and the rest with it; all of the text where there is none."""
    matches = list(re.finditer(pattern, text))
    at = matches[-1].start() if matches else len(text)
    return text[:at].strip(), text[at:]


def argument(kind, text):
    text, condition = split_at(r"(^|\s)if\s.*", text)
    if kind == "address" and text:
        text = address_range(text)
    elif kind == "filter":
        words, place = split_at(r"(^|\s)in\s", text)
        text = "%s in %s" % (words, address_range(place.strip()[2:].strip(), whole=True)) if place else words
    elif kind in ("pte", "vma", "access"):
        rest = {"pte": r"\s*=|(\s+[+-][a-z]+)+$", "vma": r"\sprot\s", "access": r"\s[rwx]$"}[kind]
        place, rest = split_at(rest, text)
        text = (address_range(place) if place else "") + rest
    return text + condition


def forget_caches():
    """GDB keeps what it has read of registers, stack and code, and does not know that a monitor command changes it."""
    try:
        gdb.execute("maintenance flush register-cache", to_string=True)
        gdb.execute("maintenance flush dcache", to_string=True)
    except gdb.error:  # before GDB 11
        gdb.execute("flushregs", to_string=True)


def monitor(line):
    try:
        gdb.execute("monitor " + line.strip())
    except gdb.error as error:
        raise gdb.GdbError("%s (is lpaemu the target? `target remote :PORT`)" % error)
    finally:
        forget_caches()


class Verb(gdb.Command):
    def __init__(self, name, command, kind, text):
        self.__doc__ = text
        self.command, self.kind = command, kind
        super().__init__(name, gdb.COMMAND_DATA)

    def invoke(self, arguments, from_tty):
        self.dont_repeat()
        monitor(self.command + " " + argument(self.kind, arguments.strip()))


class Lpaemu(gdb.Command):
    def __init__(self):
        rows = "\n".join("%-19s %s" % (name, text) for name, _, _, text in VERBS)
        self.__doc__ = "lpaemu COMMAND: any command of lpaemu's prompt that runs no instruction, as `monitor` does.\n" + rows
        super().__init__("lpaemu", gdb.COMMAND_DATA)

    def invoke(self, arguments, from_tty):
        self.dont_repeat()
        monitor(arguments)


Lpaemu()
for row in VERBS:
    Verb(*row)
