"""Breaks connections at random, by a seed: before the request is carried out, after it, or within the answer."""

import random
import socket
import struct
import threading


class Cuts:
    def __init__(self):
        self.lock = threading.Lock()
        self.left = 0

    def plan(self, seed, count, reach, routes):
        """Of the requests of these routes about a half, until so many are broken; an answer after at most `reach` bytes."""
        with self.lock:
            self.random, self.left, self.reach = random.Random(seed), count, reach
            self.routes = set(routes.split(",")) if routes else set()

    def next(self, route):
        """What happens to this request: None, `before`, `refuse`, or the number of bytes that its answer gets."""
        with self.lock:
            if not self.left or (self.routes and route not in self.routes):
                return None
            lot = self.random.random()
            if lot > 0.6:
                return None
            self.left -= 1
            if lot < 0.1:
                return "before"
            if lot < 0.15:
                return "refuse"
            return self.random.randrange(self.reach)

    @staticmethod
    def breaks(connection, hard):
        if hard:
            # Closes with a reset instead of an end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        else:
            connection.shutdown(socket.SHUT_RDWR)


class CutWriter:
    """Writes so many bytes, and then breaks the connection."""

    def __init__(self, handler, budget):
        self.handler, self.writer, self.left = handler, handler.wfile, budget

    def write(self, data):
        data = bytes(data)
        if len(data) < self.left:
            self.left -= len(data)
            return self.writer.write(data)
        self.writer.write(data[:self.left])
        hard = self.left % 2 == 1
        self.left = 0
        Cuts.breaks(self.handler.connection, hard)
        raise BrokenPipeError

    def flush(self):
        self.writer.flush()

    @property
    def closed(self):
        return self.writer.closed

    def close(self):
        self.writer.close()
