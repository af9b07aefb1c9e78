#!/bin/sh
# Clients of lpaemu's GDB server: where they come from, how they leave, several of them, and guests one after another.
#
#   gdb_clients.sh --lpaemu FILE --programs DIR [CASE...]
# shellcheck source=guest_tests/debugger/gdb_session.sh
. "$(dirname "$0")/gdb_session.sh"

if wanted tcp; then
  at=0
  start watched
  client 3<<'C'
break add
continue
delete
continue
C
  finish tcp 4<<'P'
^Breakpoint 1, add
exited normally
^status 0
P
  at=unix:$work/socket
fi

if wanted tcp6 && grep -q . /proc/net/if_inet6; then
  at='[::1]:0'
  start watched
  client 3<<'C'
break add
continue
kill
C
  finish tcp6 4<<'P'
^Breakpoint 1, add
^status 137
^lpaemu: waiting for a GDB: target remote \[::1\]:[0-9]
P
  at=unix:$work/socket
fi

# A socket that nobody listens at is replaced, one that has a listener is not, nor is another file.
if wanted socket-file; then
  where=$work/old program=$programs/watched
  gdb-multiarch -nx -batch -ex "python import socket; socket.socket(socket.AF_UNIX).bind('$where')"
  timeout 60 "$lpaemu" run --gdb "unix:$where" "$program" >"$work/out" 2>"$work/err" &
  server=$!
  sleep 2
  : >"$work/file"
  : >"$work/text"
  for file in "$where" "$work/file"; do
    timeout 10 "$lpaemu" run --gdb "unix:$file" "$program" >>"$work/text" 2>&1
    echo "refused $?" >>"$work/text"
  done
  [ -f "$work/file" ] || echo "the file is gone" >>"$work/text"
  client 3<<'C'
break add
continue
delete
continue
C
  [ ! -e "$where" ] || echo "the socket is still there" >>"$work/text"
  finish socket-file 4<<'P'
^lpaemu: error: .*/old': .*somebody listens
^refused 125
^lpaemu: error: .*/file': there is such a file
^refused 125
!is gone
^Breakpoint 1, add
exited normally
!still there
^status 0
P
  where=$work/socket
fi

# GDB starts lpaemu itself, by a pipe. It ends what it has started with SIGTERM when it leaves: the shell between them
# keeps that from lpaemu.
through() { # through PROGRAM [ARG]: a GDB with the commands on descriptor 3
  program=$programs/$1
  cat >"$work/served" <<S
#!/bin/sh
trap : TERM
timeout 50 "$lpaemu" run --gdb stdio "$program" ${2-} 2>"$work/err"
echo "status \$?" >"$work/status"
S
  chmod +x "$work/served"
  rm -f "$work/status"
  : >"$work/text"
  where="| exec $work/served"
  client
  waited=0
  until [ -s "$work/status" ] || [ $waited -ge 100 ]; do sleep 0.1 && waited=$((waited + 1)); done
  { cat "$work/status" && tail -n 2 "$work/err"; } >>"$work/text"
  where=$work/socket
}

if wanted stdio; then
  through watched 3<<'C'
break add
continue
delete
continue
C
  compare stdio 4<<'P'
^Breakpoint 1, add
exited normally
^status 0
^counter 6 sum
P
fi

if wanted stdio-interrupt; then
  through watched l 3<<'C'
python interrupt_after(1)
continue
info symbol $pc
stepi
kill
C
  compare stdio-interrupt 4<<'P'
^Program received signal SIGINT
^main
^\[Inferior 1 (process 1) killed
^status 137
P
fi

# The guest's input is empty; its output is long, and none of it comes into the protocol.
if wanted stdio-output; then
  through big_output 3<<'C'
continue
C
  compare stdio-output 4<<'P'
!^warning
!rror
exited normally
^status 0
^line 19999
P
fi

if wanted stdio-detach; then
  through watched 3<<'C'
break add
continue
detach
C
  compare stdio-detach 4<<'P'
^\[Inferior 1 (process 1) detached
^status 0
^counter 6 sum
P
fi

# The connection breaks, and there will be no other client.
if wanted stdio-gone; then
  through watched l 3<<'C'
shell kill -9 $PPID
C
  compare stdio-gone 4<<'P'
^status 137
P
fi

if wanted stdio-left; then
  program=$programs/death
  where="| exec timeout 50 $lpaemu run --gdb stdio $program sleeping 2>$work/err"
  : >"$work/text"
  client 3<<'C'
detach
shell sleep 1
C
  sleep 1
  cat "$work/err" >>"$work/text"
  compare stdio-left 4<<'P'
^\[Inferior 1 (process 1) detached
^lpaemu: guest stopped by SIGTERM
P
  where=$work/socket
fi

if wanted reattach; then
  start watched l
  client 3<<'C'
break add
monitor break add
detach
C
  client 3<<'C'
info symbol $pc
info breakpoints
monitor info breakpoints
kill
C
  finish reattach 4<<'P'
^\[Inferior 1 (process 1) detached
^main
^No breakpoints.* watchpoints
^No breakpoints, watchpoints or catchpoints
^status 137
P
fi

# The guest stands still until somebody else comes, and finds what the first one has set for all.
if wanted vanish; then
  start watched
  client 3<<'C'
break add
monitor tbreak store_pair
continue
shell kill -9 $PPID
C
  client 3<<'C'
info symbol $pc
continue
info symbol $pc
continue
C
  finish vanish 4<<'P'
^Breakpoint 1, add
^add in section
^store_pair in section
exited normally
^status 0
P
fi

# With --gdb-nowait it goes on: at a stop, and while it runs for a client.
if wanted nowait; then
  options='--gdb-nowait --timeout 50'
  start watched l
  client 3<<'C'
info symbol $pc
shell kill -9 $PPID
C
  client 3<<'C'
info symbol $pc
python threading.Timer(1, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
continue
C
  client 3<<'C'
info symbol $pc
stepi
C
  client 3<<'C'
info symbol $pc
kill
C
  finish nowait 4<<'P'
^main
^main
^main
^\[Inferior 1 (process 1) detached
^main
^\[Inferior 1 (process 1) killed
^status 137
P
  options=''
fi

if wanted second; then
  start watched
  client 3<<C
break add
shell gdb-multiarch -nx -batch -ex "target remote $work/socket" </dev/null 2>&1 | sed 's/^/second: /'
continue
shell gdb-multiarch -nx -batch -ex "target remote $work/socket" </dev/null 2>&1 | sed 's/^/third: /'
delete
continue
C
  finish second 4<<'P'
^second: .*another debugger
^Breakpoint 1, add
^third: .*another debugger
exited normally
^status 0
P
fi

# Ctrl-C while the guest waits in a system call, which then is made again.
check interrupt-sleep death sleeping 3<<'C' 4<<'P'
python interrupt_after(1)
continue
x/i $pc
python interrupt_after(1)
continue
kill
C
^Program received signal SIGINT
^=> .*svc
^Program received signal SIGINT
^status 137
P

if wanted interrupt-read; then
  mkfifo "$work/pipe"
  # shellcheck disable=SC2016 # the inner shell's
  timeout 50 sh -c 'exec 9>"$1/pipe" && until [ -e "$1/go" ]; do sleep 0.1; done; echo abc >&9' sh "$work" &
  input=$work/pipe
  start stdin_echo
  client 3<<C
python interrupt_after(1)
continue
x/i \$pc
shell touch $work/go
stepi
continue
C
  finish interrupt-read 4<<'P'
^Program received signal SIGINT
^=> .*svc
exited normally
^status 0
^1: cba
^1 lines, 4 bytes, end of file: yes
P
  input=/dev/null
fi

target=extended-remote
check run-again watched 3<<'C' 4<<'P'
continue
break add
run
info threads
kill
info inferiors
run
delete
continue
C
exited normally
^Breakpoint 1, add
^\* 1    Thread 1.1 "watched" add
^\[Inferior 1 (process 1) killed
^\* 1    <null>
^Breakpoint 1, add
exited normally
^status 0
^counter 6 sum
^counter 6 sum
P

# Standard input is read from the beginning again.
echo abc >"$work/typed"
input=$work/typed
check run-input stdin_echo 3<<'C' 4<<'P'
continue
run
C
^1: cba
^1: cba
P
input=/dev/null

# What `monitor` has set survives as GDB's own does; its hits are counted anew.
check run-points watched 3<<'C' 4<<'P'
monitor tbreak main
monitor break store_pair
catch syscall openat
continue
continue
run
continue
monitor info breakpoints
monitor delete
delete
run
continue
C
^Breakpoint 1: .*<main>
^Breakpoint 2: .*<store_pair>
^Breakpoint 2: .*<store_pair>
^Catchpoint 1 (call to syscall openat
^2 .* hit 1 time
exited normally
P

options='--env HOME=/a --env WORDS=w'
check environment args 3<<'C' 4<<'P'
set environment WORDS two words
unset environment HOME
set environment EMPTY
run
unset environment WORDS
run
C
exited normally
exited normally
^2 variables: HOME '(null)' WORDS 'two words' EMPTY ''
^1 variables: HOME '(null)' WORDS '(null)' EMPTY ''
P
options=''

check attach watched l 3<<'C' 4<<'P'
detach
attach 1
info symbol $pc
python interrupt_after(1)
continue
info symbol $pc
detach
python
try: gdb.execute('attach 2')
except gdb.error as error: print(error)
end
attach 1
kill
C
^\[Inferior 1 (process 1) detached
 in section .text
^Program received signal SIGINT
^main
^Attaching to process 2 failed
^\[Inferior 1 (process 1) killed
^status 137
P

check run-another watched 3<<C 4<<'P'
set remote exec-file $programs/args
set args 'a b' c
run
set remote exec-file /nonexistent
run
C
exited normally
\(^Running "/nonexistent" on the remote target failed\|cannot run ./nonexistent\)
^argv\[1\] 'a b'
P
# What --stats asks for is written as well when a GDB kills the guest.
options=--stats
check kill-statistics watched 3<<'C' 4<<'P'
break add
continue
kill
C
^Breakpoint 1, 
^status 137
^lpaemu: statistics
P
options=
finished
