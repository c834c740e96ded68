"""Answers that a client must survive; a command that is named like one gets it instead of a program."""

import json
import time

from processes import NOW, Record


def line(document):
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


class Oddity(Record):
    """A process whose chunks are written already, and whose output is sent in an odd way."""

    def __init__(self, name, sandbox, body):
        super().__init__(name, sandbox, body)
        self.oddity = body["command"]
        self.answers = 0
        self.append("status", {"status": "running", "epoch": 1})
        self.print("stdout", "grüße\n".encode())
        self.append("new-kind", {"x": [1, {"y": None}]})
        self.print("stderr", b"b")
        self.print("stdout", b"\xff\x00")
        if self.oddity == "odd-lost":
            self.row["message"] = "The sandbox was stopped."
            self.end("lost", reason="sandbox_stopped")
        elif self.oddity == "odd-truncated":
            self.row |= {"status": "killed", "signal": "KILL", "reason": "cancelled"}
            self.append("error", {"code": "output_truncated", "message": "Output before the end is missing.",
                                  "status": "killed", "reason": "cancelled"})
        else:
            self.end("exited", exitCode=0)

    def pieces(self, first):
        """What one answer's body consists of; None breaks the connection."""
        self.answers += 1
        lines = [line(chunk) for chunk in self.chunks]
        rest = lines[first - 1:]
        match self.oddity:
            case "odd-split":
                # One byte at a time: lines, escapes and characters are all cut.
                return [bytes([byte]) for byte in b"".join(rest)]
            case "odd-joined": return [b"\n".join(rest)]
            case "odd-ends":
                # Ends as if all was said, after one chunk more each time.
                return rest[:1]
            case "odd-half": return [rest[0], rest[1][:9]] if len(rest) > 1 else rest
            case "odd-broken": return [*rest[:1], None] if len(rest) > 1 else rest
            case "odd-repeats": return lines[max(0, first - 3):first + 1]
            case "odd-gap": return [*lines[:2], *lines[3:]]
            case "odd-garbage": return [lines[0], b"<html>\n"]
            case "odd-trouble" if self.answers == 1:
                return [lines[0], line({"type": "error", "at": NOW, "data": {"code": "bus_unavailable", "message": "x"}})]
            case "odd-refused":
                return [lines[0], line({"type": "error", "data": {"code": "forbidden", "message": "No more."}})]
            case "odd-beats" if self.answers == 1:
                return [lines[0], line({"version": 1, "at": NOW, "type": "heartbeat"}), *lines[1:]]
            case "odd-silent" if self.answers == 1: return [lines[0], silence]
        return rest


def silence(handler):
    """Says nothing until the client has left, or for as long as a test may take."""
    end = time.monotonic() + 60
    handler.connection.settimeout(1)
    while time.monotonic() < end:
        try:
            if not handler.connection.recv(1):
                return
        except TimeoutError:
            continue
        except OSError:
            return
