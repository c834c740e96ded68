"""The database of a running fleet, by psql."""

import json
import shutil
import subprocess

from ..fleet import Fleet
from ..raw import Missing


class FleetDatabase:
    """As the services' own role."""

    def __init__(self, fleet: Fleet) -> None:
        program = shutil.which("psql")
        if program is None:
            raise Missing("there is no psql")
        self.command = [program, "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", fleet.document["postgres"]["url"]]

    def sql(self, text: str, *options: str) -> str:
        done = subprocess.run([*self.command, *options], input=text, text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr.strip()[:500]}")
        return done.stdout

    def row(self, query: str):
        """The first row, as an object."""
        return json.loads(self.sql(f"select row_to_json(found) from ({query}) found limit 1"))
