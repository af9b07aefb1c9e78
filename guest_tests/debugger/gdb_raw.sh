#!/bin/sh
# Clients of lpaemu's GDB server that are no GDB: they do not read, send without an end, nack everything, break the
# protocol's rules. lpaemu must still end when it is told to, and serve the next one.
#
#   gdb_raw.sh --lpaemu FILE --programs DIR [CASE...]
# shellcheck source=guest_tests/debugger/gdb_session.sh
. "$(dirname "$0")/gdb_session.sh"
here=$(dirname "$0")

raw() { # raw: a client made of the Python on descriptor 3, with raw_client.py's words
  cat <&3 >"$work/case.py"
  timeout 60 gdb-multiarch -nx -batch -ex "python where, program = '$where', '$program'" -x "$here/raw_client.py" \
    -x "$work/case.py" </dev/null >>"$work/text" 2>&1
}

check_raw() { # check_raw NAME PROGRAM [ARG...]: one such client from the start to the end
  name=$1
  shift
  wanted "$name" || return 0
  start "$@"
  raw
  finish "$name"
}

options='--timeout 2'
check_raw stops-reading watched l 3<<'C' 4<<'P'
print('ended', Client().flood(frame('m10000,8000'), 6))
C
^ended True
^status 124
^lpaemu: guest stopped by --timeout
P

# It reads, and there is always something more to answer.
check_raw asks-for-ever watched l 3<<'C' 4<<'P'
client = Client()
client.ask('QStartNoAckMode')
client.read_all()
print('ended', client.flood(frame('?') * 1000, 6))
C
^ended True
^status 124
^lpaemu: guest stopped by --timeout
P

check_raw nacks-for-ever watched l 3<<'C' 4<<'P'
client = Client()
client.send('m10000,8000')
print('ended', client.flood(b'-' * 1000, 6))
C
^ended True
^status 124
^lpaemu: guest stopped by --timeout
P
options=''

if wanted term; then
  start watched l
  raw 3<<'C' &
print('ended', Client().flood(frame('m10000,8000'), 6))
C
  client=$!
  sleep 2
  kill -TERM "$server"
  wait "$client"
  finish term 4<<'P'
^ended True
^status 143
^lpaemu: guest stopped by SIGTERM
P
fi

# While one does not read, a second one is refused; when it has gone the third one is served.
check_raw stops-reading-and-goes watched 3<<'C' 4<<'P'
first = Client()
first.flood(frame('m10000,8000'), 1)
print('second:', Client().told())
first.close()
third = Client()
third.ask('?')
third.ask('vCont;c')
C
^second: E.lpaemu serves another debugger already
^? -> T05
^vCont;c -> W00
^status 0
P

# What was not understood comes again, but not without an end; without acknowledgements it does not.
check_raw nacks watched 3<<'C' 4<<'P'
client = Client()
client.acks = False
client.send('qC')
client.write(b'-')
print('again', client.read_packet(), client.read_packet())
client.write(b'-' * 1000)
count = 0
while client.read_packet(1):
    count += 1
print('few' if count < 20 else 'many', count)
client.ask('QStartNoAckMode')
client.write(b'-+-+' * 100)
client.ask('qC')
print('more', client.read_packet(1))
client.ask('vCont;c')
C
^again QC1 QC1
^few
^QStartNoAckMode -> OK
^qC -> QC1
^more None
^vCont;c -> W00
^status 0
P

# A packet that has no end is thrown away; so is what cannot be told from noise.
check_raw noise watched 3<<'C' 4<<'P'
client = Client()
client.write(b'$' + b'm' * 300000)
client.write(b'#00')
client.write(bytes(range(0x80, 0x100)) * 100 + b'\x04garbage')
client.ask('qC')
client.ask('vCont;c')
C
^qC -> QC1
^vCont;c -> W00
^status 0
P
finished
