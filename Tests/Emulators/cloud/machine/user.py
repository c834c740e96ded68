"""Whom programs run as."""

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """An account within a machine.

    Programs have its ids where the emulator runs as root; otherwise all accounts are the one that runs the emulator.
    """

    name: str
    uid: int
    gid: int
    home: str


ROOT = User("root", 0, 0, "/root")
