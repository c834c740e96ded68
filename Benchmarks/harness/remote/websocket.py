"""As much of a WebSocket client as a raw part needs."""

import base64
import os
import socket
import struct

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9


class WebSocket:
    """Messages both ways; the answer of the upgrade is read before anything else."""

    def __init__(self, address: tuple[str, int], path: str, headers: dict[str, str], protocols: str = "") -> None:
        self.socket = socket.create_connection(address, 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")
        lines = [f"GET {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Connection: Upgrade", "Upgrade: websocket"]
        lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode()]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Sec-WebSocket-Protocol: {protocols}"] if protocols else []
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        status = self.stream.readline()
        while self.stream.readline().strip():
            pass
        if b" 101 " not in status:
            raise OSError(f"no upgrade: {status!r}")

    def send(self, content: bytes) -> None:
        """A binary message, masked with zeros: servers take any mask, and this one costs nothing here."""
        length = len(content)
        head = struct.pack("!BB", 0x82, 0x80 | length) if length < 126 else struct.pack("!BBH", 0x82, 0xFE, length)
        self.socket.sendall(head + b"\0\0\0\0" + content)

    def receive(self) -> tuple[int, bytes]:
        """The next message, which is one frame at the servers that are measured; pings are passed over."""
        while True:
            first, length = self.stream.read(2)
            if length == 126:
                (length,) = struct.unpack("!H", self.stream.read(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", self.stream.read(8))
            content = self.stream.read(length)
            if first & 15 == CLOSE:
                raise OSError("the server has closed it")
            if first & 15 != PING:
                return first & 15, content

    def close(self) -> None:
        self.stream.close()
        self.socket.close()
