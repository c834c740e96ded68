"""Builds: the part of a Dockerfile that can be carried out on a machine is, the rest fails the build."""

import asyncio
import json
import posixpath
import re
import shlex
import uuid
from dataclasses import dataclass, field
from typing import Any

from cloud.emulator import Ground
from cloud.fields import Fields
from cloud.machine import ROOT, Machine
from daytona import state
from daytona.sandbox import Failure

IGNORED = ("LABEL", "EXPOSE", "ARG", "STOPSIGNAL", "SHELL", "HEALTHCHECK", "CMD", "ENTRYPOINT")


@dataclass
class Build:
    """A recipe, what it said while it was carried out, and what it leaves for programs besides the disk."""

    recipe: str
    hashes: list[str]
    created: str
    ref: str = field(default_factory=lambda: f"daytona-{uuid.uuid4().hex}:daytona")
    log: bytearray = field(default_factory=bytearray)
    env: dict[str, str] = field(default_factory=dict)
    workdir: str | None = None
    done: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def read(cls, ground: Ground, fields: Fields) -> "Build":
        """Of the body of a request."""
        build = cls(fields.needed_text("dockerfileContent"), fields.texts("contextHashes", []) or [],
                    ground.clock.now().isoformat())
        fields.done()
        return build

    def info(self) -> dict[str, Any]:
        """As the API shows it."""
        return {"dockerfileContent": self.recipe, "contextHashes": self.hashes, "createdAt": self.created,
                "updatedAt": self.created, "snapshotRef": self.ref}

    def tell(self, text: str | bytes) -> None:
        """Adds to the log."""
        self.log += text.encode() if isinstance(text, str) else text
        self.news.set()
        self.news = asyncio.Event()

    async def carry_out(self, machine: Machine) -> None:
        """On a machine with a fresh disk; raises `Failure` when a step fails."""
        try:
            for number, (word, rest) in enumerate(_steps(self.recipe), 1):
                self.tell(f"Step {number} : {word} {rest}\n")
                await self._step(machine, word, rest)
            self.tell("Build completed\n")
        except Failure as failure:
            self.tell(f"{failure}\n")
            raise
        finally:
            self.done = True
            self.tell("")

    async def _step(self, machine: Machine, word: str, rest: str) -> None:
        if word == "FROM" or word in IGNORED:
            return
        if word == "ENV":
            self.env.update(_assignments(rest))
        elif word == "WORKDIR":
            self.workdir = posixpath.normpath(posixpath.join(self.workdir or "/", rest))
            machine.add_directory(self.workdir)
        elif word == "RUN":
            await self._run(machine, rest)
        elif word == "USER":
            # Programs run as the user of the sandbox; builds run as root.
            return
        else:
            raise Failure(f"{word} is not emulated", state.BUILD_FAILED)

    async def _run(self, machine: Machine, command: str) -> None:
        argv = json.loads(command) if command.startswith("[") else ["/bin/sh", "-c", command]
        process = await machine.start(
            ["/bin/sh", "-c", 'exec "$@" 2>&1', "sh", *argv],
            env=self.env, cwd=self.workdir or "/", user=ROOT, stdin=False,
        )
        while data := await process.stdout.read():
            self.tell(data)
        status = await process.wait()
        process.close()
        if status.shell_code:
            raise Failure(f"{command} returned a non-zero code: {status.shell_code}", state.BUILD_FAILED)


def _steps(recipe: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\s*\n", " ", recipe)
    lines = [line.strip() for line in joined.splitlines() if line.strip() and not line.strip().startswith("#")]
    steps = [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]
    if not steps or steps[0][0] not in ("FROM", "ARG"):
        raise Failure("no build stage in the Dockerfile", state.BUILD_FAILED)
    return steps


def _assignments(text: str) -> dict[str, str]:
    words = shlex.split(text)
    if words and "=" not in words[0]:
        return {words[0]: " ".join(words[1:])}
    return dict(word.split("=", 1) for word in words)
