"""Machines: directories in which programs run, in a box where the host can make one."""

from cloud.machine.containment import Containment
from cloud.machine.files import Files, Located
from cloud.machine.machine import Machine
from cloud.machine.machines import Machines
from cloud.machine.process import Process, Refusal, TerminalSize, WaitStatus
from cloud.machine.recording import Chunk, Recording
from cloud.machine.user import ROOT, User

__all__ = [
    "ROOT",
    "Chunk",
    "Containment",
    "Files",
    "Located",
    "Machine",
    "Machines",
    "Process",
    "Recording",
    "Refusal",
    "TerminalSize",
    "User",
    "WaitStatus",
]
