# A client that says what no GDB would. GDB's own Python runs it, since that is there wherever these tests run:
#
#   gdb-multiarch -nx -batch -ex 'python where, program = SOCKET, FILE' -x raw_client.py -x CASE
import os
import select
import signal
import socket
import threading
import time


def frame(payload):
    data = payload.encode('latin-1')
    return b'$' + data + b'#%02x' % (sum(data) & 0xff)


def address_of(symbol):
    """Of the guest program, as its symbol table has it: of Thumb code bit 0 is not set."""
    gdb.execute('file ' + program, to_string=True)
    return int(gdb.parse_and_eval('(unsigned)&' + symbol))


class Client:
    """A connection; `acks` tells whether it acknowledges, until it has asked for no acknowledgements."""

    def __init__(self):
        path = not where.rpartition(':')[2].isdigit()
        self.socket = socket.socket(socket.AF_UNIX) if path else socket.create_connection(where.rsplit(':', 1))
        if path:
            self.socket.connect(where)
        self.socket.settimeout(10)
        self.bytes = b''
        self.acks = True

    def write(self, data):
        self.socket.sendall(data)

    def flood(self, data, seconds):
        """Sends as much as the server takes and reads nothing, for so long. True: the server has hung up."""
        self.socket.setblocking(False)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.socket.send(data)
            except BlockingIOError:
                time.sleep(0.01)
            except (BrokenPipeError, ConnectionResetError):
                return True
        self.socket.settimeout(10)
        return False

    def read_all(self):
        """Reads whatever comes, in a thread."""
        def read():
            try:
                while select.select([self.socket], [], [], 10)[0] and self.socket.recv(65536):
                    pass
            except OSError:
                pass
        threading.Thread(target=read, daemon=True).start()

    def send(self, payload):
        self.write(frame(payload))

    def read_packet(self, seconds=10):
        """The payload of the next packet; None: nothing came in this time, or the connection has ended."""
        end = time.monotonic() + seconds
        while b'#' not in self.bytes or len(self.bytes) < self.bytes.index(b'#') + 3:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            more = self.socket.recv(65536)
            if not more:
                return None
            self.bytes += more
        begin, end_at = self.bytes.index(b'$') + 1, self.bytes.index(b'#')
        payload = self.bytes[begin:end_at].decode('latin-1')
        self.bytes = self.bytes[end_at + 3:]
        if self.acks:
            try:
                self.write(b'+')
            except OSError:  # the server had nothing more to say
                self.acks = False
        return payload

    def ask(self, payload):
        """Sends, prints and answers the reply; what a guest or a monitor command prints is printed before it."""
        self.send(payload)
        reply = self.told()
        if payload == 'QStartNoAckMode':
            self.acks = False
        print('%s -> %s' % (payload, reply))
        return reply

    def told(self):
        reply = self.read_packet()
        while reply and reply[0] == 'O' and reply != 'OK':
            print('console: ' + bytes.fromhex(reply[1:]).decode('latin-1').rstrip())
            reply = self.read_packet()
        return reply

    def run(self, payload='vCont;c', seconds=0):
        """Lets the guest run, interrupts it after so long, and prints the stop reply."""
        if not seconds:
            return self.ask(payload)
        self.send(payload)
        time.sleep(seconds)
        self.write(b'\x03')
        print('%s, ^C -> %s' % (payload, self.told()))

    def close(self):
        self.socket.close()
