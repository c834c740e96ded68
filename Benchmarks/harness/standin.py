"""A stream from memory, as the gateway would send it: what the client alone can take."""

import json
import socket
import threading

from .text import Text

BLOCK = 256 << 10


class StandIn:
    """Serves one follower after another."""

    def __init__(self, text: Text, repeats: int) -> None:
        spell = lambda block: json.dumps(block.decode(), ensure_ascii=False).encode()
        self.blocks = [(len(block), spell(block)) for block in text.blocks(BLOCK)]
        self.repeats = repeats
        self.server = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self.server.getsockname()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                try:
                    self._send(connection)
                except OSError:
                    # The client says what it did not like.
                    continue

    def _send(self, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        send = lambda line: connection.sendall(b"%x\r\n%b\r\n" % (len(line), line))
        name = b"0" * 26
        head = b'{"version":1,"at":"2026-01-01T00:00:00.000Z","sandboxId":"%b","processId":"%b",' % (name, name)
        send(head + b'"seq":1,"type":"status","data":{"status":"running","epoch":1}}\n')
        sequence, offset = 1, 0
        for _ in range(self.repeats):
            for length, text in self.blocks:
                sequence += 1
                send(head + b'"seq":%d,"type":"stdout","data":{"offset":%d,"text":%b}}\n' % (sequence, offset, text))
                offset += length
        send(head + b'"seq":%d,"type":"exit","data":{"status":"exited","exitCode":0}}\n' % (sequence + 1))
        connection.sendall(b"0\r\n\r\n")

    def stop(self) -> None:
        # Wakes the one that waits for a follower.
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(10)
