#!/bin/sh
# Single steps and breakpoints. The addresses at which lpaemu stops are those of the instructions that qemu-arm executes, one by one. Then
# the same with a breakpoint everywhere, which must change nothing.
#
#   steps.sh --lpaemu FILE --programs DIR
# shellcheck source=guest_tests/debugger/common.sh
. "$(dirname "$0")/common.sh"
command -v qemu-arm >/dev/null || { echo "no qemu-arm"; exit 77; }

one_by_one=-one-insn-per-tb # qemu's name for it since 8.1
qemu-arm -help | grep -q -e $one_by_one || one_by_one=-singlestep

# A block of qemu's that lies in two pages may be traced twice; no program here has two equal addresses in a row.
executed() { # executed PROGRAM: the address of each instruction
  qemu-arm -cpu cortex-a15 "$one_by_one" -d nochain,exec -D "$work/log" "$1" >"$work/out" </dev/null || return
  sed -n 's/^Trace .*\[[0-9a-f]*\/[0-9a-f]*\([0-9a-f]\{8\}\)\/.*/\1/p' "$work/log" | uniq
}

stopped() { # stopped: the address at each stop
  sed -n 's/^\(Breakpoint [0-9,]*: \)\{0,1\}0x\([0-9a-f]\{8\}\)\( .*\)\{0,1\}$/\2/p'
}

for program in steps_arm steps_thumb hello_asm hello_thumb_asm; do
  executed "$programs/$program" >"$work/wanted"
  count=$(wc -l <"$work/wanted")
  [ "$count" -ge 10 ] || { echo "FAIL $program: qemu-arm traced $count instructions"; failed=1; continue; }
  { yes stepi | head -n "$count"; } >"$work/commands"
  "$lpaemu" debug --batch -x "$work/commands" "$programs/$program" </dev/null >"$work/text" 2>&1
  status=$?
  stopped <"$work/text" >"$work/stepped"
  { sort -u "$work/wanted" | sed 's/^/break *0x/'; yes continue | head -n "$count"; } >"$work/commands"
  "$lpaemu" debug --batch -x "$work/commands" "$programs/$program" </dev/null 2>&1 |
    sed '/^Breakpoint [0-9]*: 0x[0-9a-f]* <[^>]*>$/d' | stopped >"$work/broken"
  if [ $status != 0 ]; then echo "FAIL $program: status $status"; tail -n 3 "$work/text"; failed=1
  elif ! cmp -s "$work/wanted" "$work/stepped"; then
    echo "FAIL $program: stepi stops elsewhere"; diff "$work/wanted" "$work/stepped" | head -n 5; failed=1
  elif ! cmp -s "$work/wanted" "$work/broken"; then
    echo "FAIL $program: breakpoints stop elsewhere"; diff "$work/wanted" "$work/broken" | head -n 5; failed=1
  else echo "ok   $program: $count instructions"
  fi
done

# Stops between LDREX and STREX, 10,000 of each: the store still succeeds, and no increment is lost or made twice.
# shellcheck disable=SC2016 # awk's own
disassemble='$2 ~ /^<main>:$/ { inside = 1; next } /^$/ { inside = 0 } inside && /\t(ld|st)rexh\t/ { print "0x" substr($1, 1, length($1) - 1) }'
arm-linux-gnueabihf-objdump -d "$programs/exclusives" | awk "$disassemble" >"$work/pair"
{
  sed 's/^/break */' "$work/pair"
  printf '%s\n' 'ignore 1 10000' 'ignore 2 10000' continue continue delete continue
} >"$work/commands"
"$lpaemu" debug --batch -x "$work/commands" "$programs/exclusives" </dev/null >"$work/text" 2>&1
status=$?
if [ "$(wc -l <"$work/pair")" = 2 ] && [ $status = 0 ] && [ "$(grep -c '^Breakpoint [12]: 0x.*> ' "$work/text")" = 2 ] &&
  grep -q '^ok   LDREXH/STREXH 200000 times' "$work/text"; then echo "ok   exclusives: 20,000 stops in its loop"
else
  echo "FAIL exclusives: status $status"
  tail -n 12 "$work/text"
  failed=1
fi
finished
