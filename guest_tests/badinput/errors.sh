#!/bin/sh
# What lpaemu says about programs and options that are no good: exactly one line `lpaemu: error: ...` on standard error that
# names the trouble, nothing on standard output, status 125 (2 for a wrong command line), and never a crash.
#
#   errors.sh --lpaemu FILE --programs DIR --measure FILE [CASE...]
set -u
lpaemu='' programs='' measure=''
while [ $# -gt 0 ]; do
  case $1 in
    --lpaemu) lpaemu=$2 ;;
    --programs) programs=$2 ;;
    --measure) measure=$2 ;;
    -*) sed -n 's/^#   \(errors.sh\)/usage: \1/p' "$0" >&2 && exit 2 ;;
    *) break ;;
  esac
  shift 2
done
only=$*
work=$(mktemp -d) || exit 1
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1
failed=0 ran=0 as='' # as: the command that runs lpaemu as somebody else

fail() { # fail NAME WORDS: shows what was printed
  failed=$((failed + 1))
  echo "FAIL $1: $2"
  sed 's/^/    standard error: /' err | head -n 8
  sed 's/^/    standard output: /' out | head -n 3
}

run() { # run ARGUMENT...: sets how (exit or signal) and number
  ran=$((ran + 1))
  # shellcheck disable=SC2086 # a command and its options
  "$measure" result $as "$lpaemu" "$@" </dev/null >out 2>err
  read -r how number _ <result
}

error() { # error NAME STATUS PATTERN ARGUMENT...: the one line matches the pattern, apart from the path of a file NAME
  name=$1 status=$2 pattern=$3
  shift 3
  case " $only " in '  ' | *" $name "*) ;; *) return ;; esac
  run "$@"
  if [ "$how $number" != "exit $status" ]; then fail "$name" "$how $number, expected exit $status"
  elif [ -s out ]; then fail "$name" "something on standard output"
  elif [ "$(wc -l <err)" != 1 ]; then fail "$name" "$(wc -l <err) lines on standard error, expected 1"
  elif ! grep -q '^lpaemu: error: ' err; then fail "$name" "the line does not begin with 'lpaemu: error: '"
  elif ! sed "s#[^ ]*/$name##" err | grep -q -i -E -- "$pattern"; then fail "$name" "the line does not match /$pattern/"
  else echo "ok   $name: $(cut -c 16- err)"
  fi
}

survives() { # survives NAME ARGUMENT...: any end but lpaemu's own death, and whatever it says begins with its name
  name=$1
  shift
  run "$@"
  if [ "$how" != exit ]; then fail "$name" "lpaemu died by signal $number"
  elif [ "$number" -ge 125 ] && ! head -n 1 err | grep -q '^lpaemu: '; then fail "$name" "status $number without a word"
  else return 0
  fi
  return 1
}

# ---- ELF files by hand -----------------------------------------------------------------------------------------------
bytes() { # bytes HEX...: prints them, two digits a byte
  for hex in "$@"; do
    # shellcheck disable=SC2059 # the format is the byte, in octal
    printf "\\$(printf '%03o' "0x$hex")"
  done
}
patch() { # patch FILE OFFSET HEX...
  file=$1 offset=$2
  shift 2
  bytes "$@" | dd of="$file" bs=1 seek="$offset" conv=notrunc 2>/dev/null
}
copy() { # copy NAME: a fresh copy of a small good program, two loadable segments or more
  cp "$programs/hello_asm" "$1" && chmod u+w "$1"
}
header() { # header CLASS DATA MACHINE-BYTES...: the first 20 bytes of an executable
  bytes 7f 45 4c 46 "$1" "$2" 01 00 00 00 00 00 00 00 00 00
  case $2 in 01) bytes 02 00 ;; *) bytes 00 02 ;; esac
  shift 2
  bytes "$@"
}
executable() { chmod +x "$@"; }

echo 'this is text' >text
: >empty
{ header 02 01 3e 00; head -c 200 /dev/zero; } >x86_64
{ header 02 01 b7 00; head -c 200 /dev/zero; } >aarch64
{ header 01 01 03 00; head -c 200 /dev/zero; } >i386
{ header 01 02 00 28; head -c 200 /dev/zero; } >big_endian
executable text empty x86_64 aarch64 i386 big_endian
mkdir directory
copy no_x && chmod 644 no_x

error not_elf 125 'not an ELF file .it begins with byte 0x74' run ./text
error empty 125 'empty file, not an ELF' run ./empty
error x86_64 125 '64-bit little-endian ELF file for x86-64' run ./x86_64
error aarch64 125 '64-bit little-endian ELF file for AArch64' run ./aarch64
error i386 125 '32-bit little-endian ELF file for x86 .i386' run ./i386
error big_endian 125 'big-endian ELF file for ARM' run ./big_endian
error dynamic 125 'its interpreter /lib/ld-linux-armhf\.so\.3 is not supported' run "$programs/hello_dynamic"
error missing 125 'cannot run .*: No such file' run ./no_such_file
error missing_in_path 125 'no_such_program' run no_such_program
error directory 125 'it is a directory' run ./directory
error not_executable 125 'not executable \(chmod' run ./no_x
copy secret && chmod 100 secret
if [ "$(id -u)" != 0 ]; then
  error unreadable 125 'permission denied' run ./secret
elif nobody="setpriv --reuid=65534 --regid=65534 --clear-groups" && chmod 755 "$work" && $nobody "$lpaemu" version >out 2>err; then
  as=$nobody
  error unreadable 125 'permission denied' run ./secret
  as=''
else
  echo "SKIP unreadable: root can read everything, and nobody cannot run $lpaemu"
fi

# ---- truncated: inside the identification, the header, the program headers, at their ends
size=$(wc -c <"$programs/hello_asm")
for cut in 1 3 4 15 16 19 20 40 51 52 53 83 84 100; do
  head -c $cut "$programs/hello_asm" >"cut_$cut" && executable "cut_$cut"
  error truncated_at_$cut 125 'truncated: |begins with byte 0x7f' run "./cut_$cut"
done
# Behind the headers, the file may still map and the guest die on its own; lpaemu must not.
[ -n "$only" ] || for cut in 200 300 4095 4096 4097 $((size - 1)); do
  [ "$cut" -lt "$size" ] || continue
  head -c "$cut" "$programs/hello_asm" >"cut_$cut" && executable "cut_$cut"
  survives "truncated_at_$cut" run --timeout 5 "./cut_$cut" && echo "ok   truncated_at_$cut: $how $number"
done

# ---- fields that are wrong. Offsets: type 16, machine 18, entry 24, phoff 28, phentsize 42, phnum 44; the first program
# header follows the ELF header at 52: type 0, offset 4, vaddr 8, filesz 16, memsz 20, flags 24, align 28.
first=''
for header in 52 84 116 148; do # the first PT_LOAD, whatever stands in front of it
  [ -n "$first" ] || [ "$(od -An -tu4 -j $header -N 4 "$programs/hello_asm" | tr -d ' ')" != 1 ] || first=$header
done
wrong() { # wrong NAME OFFSET HEX...
  name=$1
  shift
  copy "$name" && patch "$name" "$@"
}
wrong relocatable 16 01 00 && error relocatable 125 'ELF type 1: an object file' run ./relocatable
wrong core_file 16 04 00 && error core_file 125 'ELF type 4: a core dump' run ./core_file
wrong no_headers 44 00 00 && error no_headers 125 'no program headers' run ./no_headers
wrong many_headers 44 ff ff && error many_headers 125 '65535 program headers; Linux takes at most 2048' run ./many_headers
wrong odd_headers 42 07 00 && error odd_headers 125 'program headers of 7 bytes, not 32' run ./odd_headers
wrong headers_far 28 00 00 00 70 && error headers_far 125 'truncated: 3 program headers at offset 0x70000000' run ./headers_far
wrong headers_wrap 28 f0 ff ff ff && error headers_wrap 125 'truncated: 3 program headers at offset 0xfffffff0' run ./headers_wrap
wrong three_gb $((first + 20)) 00 00 00 c0 && error three_gb 125 'segment 0x10000 to 0xc0010000 is outside user space' run ./three_gb
wrong almost_four_gb $((first + 20)) ff ff ff ff && error almost_four_gb 125 'segment 0x10000 to 0x10000ffff is outside user space' run ./almost_four_gb
wrong in_kernel $((first + 8)) 00 00 01 c0 && error in_kernel 125 'segment 0xc0010000 to .* is outside user space' run ./in_kernel
wrong at_the_top $((first + 8)) 00 f0 ff ff && error at_the_top 125 'segment 0xfffff000 to .* is outside user space' run ./at_the_top
wrong at_zero $((first + 8)) 00 00 00 00 && error at_zero 125 'segment 0x0 to .* is outside user space' run ./at_zero
wrong file_larger $((first + 16)) ff ff ff 00 && error file_larger 125 'PT_LOAD has 0xffffff bytes in the file but' run ./file_larger
wrong offset_far $((first + 4)) 00 00 00 7f && error offset_far 125 'truncated: program header 0 .PT_LOAD. wants .* at offset 0x7f000000' run ./offset_far
wrong misaligned $((first + 8)) 01 00 01 00 && error misaligned 125 'address 0x10001 and file offset 0x0 differ within a page' run ./misaligned
# Two segments at one place: the second program header becomes a copy of the first.
copy overlapping && dd if=overlapping of=overlapping bs=1 skip=$first seek=$((first + 32)) count=32 conv=notrunc 2>/dev/null
patch overlapping $((first + 32)) 01 00 00 00 && patch overlapping 44 02 00 && patch overlapping 28 "$(printf %02x $first)" 00 00 00
error overlapping 125 'segments overlap: one of .* at 0x10000 and one at 0x10000' run ./overlapping
wrong entry_nowhere 24 00 00 00 70
[ -n "$only" ] || { survives entry_nowhere run ./entry_nowhere && echo "ok   entry_nowhere: $how $number"; }

# ---- options
good=$programs/hello_asm
error mem_1 2 '--mem: 1 bytes are not between 4M and 4G; see lpaemu run --help' run --mem 1 "$good"
error mem_1T 2 'mem' run --mem 1T "$good"
error mem_0 2 'mem' run --mem 0 "$good"
error mem_text 2 '.much. is no size' run --mem much "$good"
error unknown_option 2 'not expected: --frobnicate; see lpaemu run --help' run --frobnicate "$good"
error unknown_command 2 'frobnicate' frobnicate
error no_program 2 'PROGRAM is required; see lpaemu run --help' run
error root_empty 2 'root' run --root '' "$good"
error stats_full 125 'statistics' run --stats=:/dev/full "$programs/exit_256"
error unknown_with_value 2 'not expected: --frobnicate=1; see lpaemu run' run --frobnicate=1 "$good"
error control_characters 125 'no\\x0asuch\\x1b' run "$(printf './no\nsuch\033[31m')"
error timeout_text 2 '.soon. is no number; write e.g. 2.5' run --timeout soon "$good"
error timeout_infinite 2 'not a time of more than 0 seconds' run --timeout inf "$good"
error uid_text 2 '.abc. is no number; write e.g. 1000' run --uid abc "$good"
error ram_base_text 2 '.abc. is no address; write e.g. 0x880000000' run --ram-base abc "$good"
error bind_colon 2 'not of the form HOST\[:GUEST\]\[:rw\]' run --bind /etc:/x:ro "$good"
error gdb_text 2 'abc. is no place to listen at; write PORT, HOST:PORT' run --gdb abc "$good"
error gdb_port 2 '99999. is no place to listen at' run --gdb 99999 "$good"
error gdb_nowait_alone 2 'gdb-nowait requires --gdb' run --gdb-nowait "$good"
error stats_nowhere 125 'cannot write the statistics to ./no_such/x.: No such file' run --stats=json:/no_such/x "$good"
error endless_image 125 'cannot read ./dev/zero.: it has more than 268435456 bytes' walk --ram /dev/zero@0 --ttbcr b5003500 --ttbr0 0 0
error endless_script 125 'cannot read ./dev/zero.: it has more than 1048576 bytes' debug -x /dev/zero "$good"
error soft_dirty_text 2 'soft-dirty' run --soft-dirty=perhaps "$good"
error cwd_missing 125 "--cwd '/no_such_cwd' is no directory" run --cwd /no_such_cwd "$good"
error cwd_file 125 "--cwd '/dev/null' is no directory" run --cwd /dev/null "$good"
error cwd_in_root 125 "--cwd 'nowhere' is no directory" run --root . --cwd nowhere /no_x
error root_missing 125 'no_such_root' run --root ./no_such_root /hello

# ---- a hundred programs with a few random bytes in their headers: whatever happens, lpaemu survives it
[ -n "$only" ] || {
  good_ones=0
  awk 'BEGIN { s = 42; for (i = 0; i < 100; i++) { line = ""; for (k = 0; k < 3; k++) {
    s = (s * 16807) % 2147483647; at = s % 180; s = (s * 16807) % 2147483647; line = line " " at " " sprintf("%02x", s % 256) }
    print line } }' >mutations
  while read -r a x b y c z; do
    copy mutant && patch mutant "$a" "$x" && patch mutant "$b" "$y" && patch mutant "$c" "$z"
    survives "mutant: $x at $a, $y at $b, $z at $c" run --timeout 5 ./mutant && good_ones=$((good_ones + 1))
  done <mutations
  echo "ok   $good_ones of 100 programs with random bytes in their headers ended well"
}

echo "$ran runs, $failed failed"
[ "$failed" = 0 ]
