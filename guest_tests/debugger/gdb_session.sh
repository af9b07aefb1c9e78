# shellcheck shell=sh
# Sourced by the tests that drive gdb-multiarch: starts lpaemu with a server, runs clients, compares what they print.
#
#   TEST.sh --lpaemu FILE --programs DIR [CASE...]
# shellcheck source=guest_tests/debugger/common.sh
. "$(dirname "$0")/common.sh"
command -v gdb-multiarch >/dev/null || { echo "no gdb-multiarch"; exit 77; }
at=unix:$work/socket # where the server listens
where=$work/socket  # where clients go
options='' input=/dev/null target=remote

listens() { # listens: sets $where
  if [ "$at" = "unix:$work/socket" ]; then
    where=$work/socket
    [ -S "$where" ]
  else
    where=$(sed -n 's/^lpaemu: waiting for a GDB: target remote //p' "$work/err")
    [ -n "$where" ]
  fi
}

start() { # start PROGRAM [ARG...]: lpaemu with $options; its standard input is $input
  program=$programs/$1
  shift
  rm -f "$work/socket"
  : >"$work/text"
  # shellcheck disable=SC2086 # a list of options
  timeout 60 "$lpaemu" run $options --gdb "$at" "$program" "$@" <"$input" >"$work/out" 2>"$work/err" &
  server=$!
  waited=0
  until listens || ! kill -0 "$server" 2>/dev/null || [ $waited -ge 100 ]; do sleep 0.1 && waited=$((waited + 1)); done
}

client() { # client: a GDB with the commands on descriptor 3
  {
    echo 'set pagination off'
    echo 'set confirm off'
    echo 'set sysroot /'
    echo 'python import os, signal, threading'
    echo 'python interrupt_after = lambda s: threading.Timer(s, lambda: os.kill(os.getpid(), signal.SIGINT)).start()'
    cat <&3
  } >"$work/commands"
  timeout 60 gdb-multiarch -nx -batch -ex "target $target $where" -x "$work/commands" \
    ${program:+"$program"} </dev/null >>"$work/text" 2>&1
}

finish() { # finish NAME: the server's end, its status and the guest's output are compared as well
  wait "$server"
  echo "status $?" >>"$work/text"
  cat "$work/out" "$work/err" >>"$work/text"
  compare "$1"
}

check() { # check NAME PROGRAM [ARG...]: one client from the start to the end
  name=$1
  shift
  wanted "$name" || return 0
  start "$@"
  client
  finish "$name"
}
