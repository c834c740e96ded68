"""How long the reaper's claims take in a fleet of many sandboxes, and by which plan.

    Benchmarks/reaper/run.py [--rows 1000000] [--postgres /usr/lib/postgresql/15/bin] [--output <file>]

Starts a Postgres of its own in a temporary directory and ends it again. Each claim runs with 0, 100 and 10,000 rows due,
until nothing is due any more, in a transaction that is rolled back.
"""

import argparse
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.rows.claims import CLAIMS, STORE
from harness.rows.filling import fill
from harness.rows.passes import measure

DUE = [0, 100, 10_000]


class Postgres:
    """A server that only this run uses."""

    def __init__(self, programs: str, folder: str):
        self.programs, self.folder = programs, folder
        self.data = os.path.join(folder, "data")
        # The server refuses to run as root.
        self.account = "postgres" if os.geteuid() == 0 else None
        if self.account:
            shutil.chown(folder, self.account)

    def __enter__(self):
        self._run("initdb", "-D", self.data, "-U", "fleet", "-A", "trust", "--no-sync")
        options = f"-c listen_addresses='' -k {self.folder} -c fsync=off -c full_page_writes=off"
        options += " -c shared_buffers=512MB -c max_wal_size=8GB -c autovacuum=off -c maintenance_work_mem=256MB"
        self._run("pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.folder, "log"), "-o", options, "start")
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def sql(self, text: str, *options: str) -> str:
        """Runs a script; what it prints, one row a line."""
        command = [os.path.join(self.programs, "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", *options]
        command += ["-h", self.folder, "-U", "fleet", "-d", "postgres"]
        return subprocess.run(command, input=text, text=True, check=True, capture_output=True).stdout

    def _run(self, program: str, *arguments: str):
        def become():
            if self.account:
                entry = pwd.getpwnam(self.account)
                os.setgroups([])
                os.setgid(entry.pw_gid)
                os.setuid(entry.pw_uid)

        command = [os.path.join(self.programs, program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, preexec_fn=become, cwd="/")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--postgres", default="/usr/lib/postgresql/15/bin")
    options.add_argument("--output")
    given = options.parse_args()
    lines = ["| claim | 0 due | 100 due | 10,000 due: one batch | 10,000 due: all | read by |", "| --- | --- | --- | --- | --- | --- |"]
    sequential = False
    with tempfile.TemporaryDirectory(prefix="sandfleet-reaper-bench-", dir="/var/tmp") as folder:
        with Postgres(given.postgres, folder) as postgres:
            for migration in sorted((STORE / "Migrations").glob("*.sql")):
                postgres.sql(migration.read_text())
            fill(postgres, 1, given.rows, every=1000)
            postgres.sql("vacuum analyze")
            for verb in CLAIMS:
                none, some, many = (measure(postgres, verb, min(due, given.rows // 100)) for due in DUE)
                read = sorted(set(none["scans"]) | set(some["scans"]) | set(many["scans"]))
                sequential |= any("sequential" in name for name in read)
                lines.append(
                    f"| `{verb}` | {none['first']:.1f} ms | {some['first']:.1f} ms | {many['median']:.1f} ms "
                    f"| {many['all']:.0f} ms in {many['passes']} | {', '.join(f'`{name}`' for name in read)} |"
                )
                print(lines[-1], file=sys.stderr, flush=True)
    text = "\n".join(lines) + "\n"
    if given.output:
        pathlib.Path(given.output).write_text(text)
    print(text)
    return 1 if sequential else 0


if __name__ == "__main__":
    sys.exit(main())
