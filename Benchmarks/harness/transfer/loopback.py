"""What a transfer cannot beat: one hop over the loopback."""

import os
import socket
import tempfile
import threading
import time


def pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        return near, server.accept()[0]


def raw_upload(source: str, directory: str) -> int:
    """One hop and one write: what no upload can beat."""
    near, far = pair()
    with near, far, open(source, "rb") as file, tempfile.TemporaryFile(dir=directory) as sink:
        sender = threading.Thread(target=lambda: (near.sendfile(file), near.shutdown(socket.SHUT_WR)))
        buffer = bytearray(1 << 18)
        view = memoryview(buffer)
        began = time.perf_counter_ns()
        sender.start()
        while count := far.recv_into(buffer):
            os.write(sink.fileno(), view[:count])
        took = time.perf_counter_ns() - began
        sender.join()
        return took


def raw_download(source: str) -> int:
    near, far = pair()
    with near, far, open(source, "rb") as file:
        sender = threading.Thread(target=lambda: (near.sendfile(file), near.shutdown(socket.SHUT_WR)))
        buffer = bytearray(1 << 18)
        began = time.perf_counter_ns()
        sender.start()
        while far.recv_into(buffer):
            pass
        took = time.perf_counter_ns() - began
        sender.join()
        return took
