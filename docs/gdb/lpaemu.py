"""lpaemu's own verbs as commands of GDB.   (gdb) source docs/gdb/lpaemu.py

Each is a `monitor` command of lpaemu's server; `help lpaemu` lists them. An ADDR is an expression of GDB, as `x` takes
it: pages+8, &counter, $sp. What may change registers makes GDB ask for them again.
"""

import gdb

# (GDB's command, lpaemu's, how its argument is read, what it says)
VERBS = [
    ("fault", "info fault", "words", "The fault that is being handled: access, FSR, verdict, PTE."),
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
    ("catch-fault", "catch fault", "filter", "catch-fault [KIND] [read|write|exec] [in ADDR[,LEN]]: stop at page faults."),
    ("catch-softdirty", "catch softdirty", "address", "catch-softdirty ADDR: stop at the store that makes the page so."),
    ("catch-pte", "catch pte", "address", "catch-pte ADDR: stop when the PTE changes."),
    ("catchpoints", "info breakpoints", "words", "lpaemu's own catch- and breakpoints; GDB lists only its own."),
    ("delete-catchpoints", "delete", "words", "delete-catchpoints [N...]: all without a number."),
]

POINTED_TO = (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)


def address(text):
    """The address that GDB's expression means, for lpaemu."""
    try:
        value = gdb.parse_and_eval(text)
    except gdb.error as error:
        raise gdb.GdbError(str(error))
    if value.type.strip_typedefs().code in POINTED_TO:
        value = value.address
    return "%#x" % (int(value) & 0xFFFFFFFF)


def address_range(text):
    """ADDR or ADDR,LEN. The comma of a call or an index is not meant."""
    start, comma, length = text.rpartition(",")
    if comma and start.count("(") == start.count(")") and start.count("[") == start.count("]"):
        return "%s,%s" % (address(start), address(length))
    return address(text)


def argument(kind, text):
    if kind == "address" and text:
        return address_range(text)
    words, found, place = text.partition(" in ") if not text.startswith("in ") else ("", "in ", text[3:])
    if kind == "filter" and found:
        return "%s in %s" % (words, address_range(place))
    return text


def monitor(line):
    try:
        gdb.execute("monitor " + line.strip())
    finally:
        try:
            gdb.execute("maintenance flush register-cache", to_string=True)
        except gdb.error:  # before GDB 11
            gdb.execute("flushregs", to_string=True)


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
