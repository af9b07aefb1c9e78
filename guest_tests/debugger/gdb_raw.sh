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
print('ended', Client().flood(frame('m10000,8000'), 30))
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
print('ended', client.flood(frame('?') * 1000, 30))
C
^ended True
^status 124
^lpaemu: guest stopped by --timeout
P

check_raw nacks-for-ever watched l 3<<'C' 4<<'P'
client = Client()
client.send('m10000,8000')
print('ended', client.flood(b'-' * 1000, 30))
C
^ended True
^status 124
^lpaemu: guest stopped by --timeout
P
options=''

if wanted term; then
  start watched l
  raw 3<<'C' &
print('ended', Client().flood(frame('m10000,8000'), 30))
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
# Bit 0 of a breakpoint's address is Thumb's, and set and removed is the same one; a kind tells the instruction set.
check_raw thumb-breakpoints watched 3<<'C' 4<<'P'
add, store = address_of('add'), address_of('store_pair')
client = Client()
client.ask('qSupported:swbreak+')
for packet in 'Z0,%x,2' % (add | 1), 'Z0,%x,3' % (store | 1), 'Z0,%x,4' % (store + 2), 'Z0,%x,1' % add, 'Z1,%x,0' % add:
    client.ask(packet)
client.run()
print('at add', client.ask('pf') == '%08x' % int.from_bytes(add.to_bytes(4, 'little'), 'big'))
client.ask('z0,%x,2' % add)
client.run()
print('at store', client.ask('pf') == '%08x' % int.from_bytes(store.to_bytes(4, 'little'), 'big'))
client.ask('z0,%x,2' % (store | 1))
client.run()
C
^Z0,.*,2 -> OK
^Z0,.*,3 -> OK
^Z0,.*,4 -> E22
^Z0,.*,1 -> E22
^Z1,.*,0 -> E22
^vCont;c -> T05.*swbreak
^at add True
^vCont;c -> T05.*swbreak
^at store True
^vCont;c -> W00
P

# Also a kind of 4: with bit 0 the address says Thumb, without it ARM.
check_raw arm-breakpoints crossing_arm 3<<'C' 4<<'P'
main = address_of('main')
client = Client()
client.ask('Z1,%x,4' % main)
client.run()
print('at main', client.ask('pf') == '%08x' % int.from_bytes(main.to_bytes(4, 'little'), 'big'))
client.ask('z1,%x,4' % main)
client.run()
C
^Z1,.* -> OK
^vCont;c -> T05
^at main True
^z1,.* -> OK
^vCont;c -> W
P

# How a guest's end is told, with and without process numbers.
check_raw end-by-signal death terminate 3<<'C' 4<<'P'
client = Client()
client.ask('qSupported:multiprocess+')
client.run()
client.run('vCont;C0f')
C
^vCont;c -> T0fthread:p1.1
^vCont;C0f -> X0f;process:1
^status 143
P

check_raw end-by-exit exit_42 3<<'C' 4<<'P'
client = Client()
client.ask('qSupported:multiprocess+')
client.run()
C
^vCont;c -> W2a;process:1
^status 42
P

# Signals that the client does not want to hear of; whether the guest gets one when the client detaches at it.
check_raw pass-signals death terminate 3<<'C' 4<<'P'
client = Client()
client.ask('QPassSignals:b;f')
client.run()
C
^QPassSignals:b;f -> OK
^vCont;c -> X0f
^status 143
P

check_raw program-signals death terminate 3<<'C' 4<<'P'
client = Client()
client.ask('QProgramSignals:e;f')
client.run()
client.ask('D')
C
^vCont;c -> T0f
^D -> OK
^status 143
P

check_raw no-program-signals death terminate 3<<'C' 4<<'P'
client = Client()
client.ask('QProgramSignals:e')
client.run()
client.ask('D')
C
^vCont;c -> T0f
^D -> OK
!^status 143
^status 
P

check_raw kill watched l 3<<'C' 4<<'P'
client = Client()
client.ask('vKill')
client.ask('vKill;')
client.ask('vKill;2')
client.ask('vKill;x')
client.ask('vKill;1;1')
client.ask('D;2')
client.run(seconds=1)
client.ask('vKill;1')
C
^vKill -> $
^vKill; -> E03
^vKill;2 -> E03
^vKill;x -> E03
^vKill;1;1 -> E03
^D;2 -> E03
^vCont;c, ^C -> T02
^vKill;1 -> OK
^status 137
P

# A Ctrl-C that came while the guest stood counts no more when its client has left the guest.
check_raw detach-with-interrupt watched 3<<'C' 4<<'P'
client = Client()
client.ask('!')
client.write(b'\x03')
client.ask('D;1')
time.sleep(3)
print('written', os.path.getsize(os.path.dirname(where) + '/out'))
client.close()
C
^D;1 -> OK
^written [1-9]
^status 0
^counter 6 sum
P

# A program that cannot be run, then the last one that could; what is asked between two guests.
check_raw run watched 3<<'C' 4<<'P'
client = Client()
client.ask('!')
client.ask('vRun;' + '/nonexistent'.encode().hex())
client.ask('?')
client.ask('g')
client.ask('vKill;1')
client.ask('vCont;c')
client.ask('qRcmd,' + 'info vmas'.encode().hex())
client.ask('vMustReplyEmpty')
client.ask('vRun;2f6')
client.ask('vRun;2f;zz')
client.ask('QEnvironmentUnset:zz')
client.ask('QEnvironmentHexEncoded:41')
client.ask('vRun;')
client.run()
client.ask('vRun;;' + 'd'.encode().hex())
client.run()
client.close()
C
^vRun;2f[0-9a-f]* -> E\..*nonexistent
^? -> X09
^g -> E03
^vKill;1 -> E03
^vCont;c -> E03
^console: error: there is no guest
^vMustReplyEmpty -> *$
^vRun;2f6 -> E22
^vRun;2f;zz -> E22
^QEnvironmentUnset:zz -> E22
^QEnvironmentHexEncoded:41 -> E22
^vRun; -> T05
^vCont;c -> W00
^vRun;;64 -> T05
^vCont;c -> T0b
^counter 6 sum
P
finished
