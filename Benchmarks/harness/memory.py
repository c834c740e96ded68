"""What processes hold, as the kernel counts it."""

import os
import threading


def parents() -> dict[int, int]:
    """The parent of each process."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                found[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return found


def family(root: int, of: dict[int, int] | None = None) -> list[int]:
    """A process and all its descendants; `of` are the parents, where many are asked for."""
    by_parent: dict[int, list[int]] = {}
    for child, parent in (of or parents()).items():
        by_parent.setdefault(parent, []).append(child)
    members, rest = [], [root]
    while rest:
        process = rest.pop()
        members.append(process)
        rest += by_parent.get(process, [])
    return members


def fields(path: str) -> dict[str, int]:
    """The numbers of a file of `name: number kB` lines, in MiB."""
    values: dict[str, int] = {}
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                words = line.split()
                if len(words) == 3 and words[2] == "kB":
                    values[words[0].rstrip(":")] = int(words[1]) / 1024
    except OSError:
        pass
    return values


def proportional(process: int) -> float:
    """The proportional set size: what processes share is divided among them, so a sum counts it once."""
    return fields(f"/proc/{process}/smaps_rollup").get("Pss", 0.0)


def private(process: int) -> float:
    values = fields(f"/proc/{process}/smaps_rollup")
    return values.get("Private_Clean", 0.0) + values.get("Private_Dirty", 0.0)


def name(process: int) -> str:
    try:
        with open(f"/proc/{process}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return "?"


class Peak:
    """The highest resident and proportional size of processes while something is done."""

    def __init__(self, processes: dict[str, int]) -> None:
        self.processes = processes
        self.highest = dict.fromkeys(processes, 0.0)
        self.before = {role: proportional(process) for role, process in processes.items()}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample)

    def __enter__(self):
        for process in self.processes.values():
            # Resets the high-water mark of the resident set.
            with open(f"/proc/{process}/clear_refs", "w", encoding="utf-8") as file:
                file.write("5")
        self._thread.start()
        return self

    def _sample(self) -> None:
        while not self._over.wait(0.05):
            for role, process in self.processes.items():
                self.highest[role] = max(self.highest[role], proportional(process))

    def __exit__(self, *_) -> None:
        self._over.set()
        self._thread.join()
        self.resident = {
            role: fields(f"/proc/{process}/status").get("VmHWM", 0.0) for role, process in self.processes.items()
        }
