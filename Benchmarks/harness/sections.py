"""What there is to measure, in the order in which it is."""

from . import agent, broker, footprint, readback, scaling, startup, streaming, takeover, ticking
from .boxes import measure as boxes
from .checkpoints import measure as checkpoints
from .creation import measure as creation
from .docker import Docker
from .execution import measure as execution
from .hops import measure as hops
from .raw import Broker
from .remote import measure as remote
from .rows import measure as rows
from .swerex import SweRex
from .transfer import batch, large

SECTIONS = {
    "memory": [footprint.fleet, footprint.box],
    "startup": [startup.measure],
    "broker": [broker.measure],
    "exec": [execution.measure],
    "hops": [hops.measure],
    "create": [creation.measure],
    "transfer": [large.measure, batch.measure],
    "stream": [streaming.measure],
    "writes": [ticking.measure],
    "readback": [readback.measure],
    "checkpoints": [checkpoints.measure],
    "boxes": [boxes.measure],
    "rows": [rows.measure],
    "scaling": [scaling.measure],
    "takeover": [takeover.measure],
    "agent": [agent.measure],
    "remote": [remote.measure],
}

# What a section is measured beside.
PEERS = {
    "broker": ["broker"],
    "exec": ["broker", "docker", "swerex"],
    "create": ["docker"],
    "transfer": ["broker", "docker"],
    "stream": ["broker", "docker"],
    "writes": ["broker", "docker"],
    "readback": ["broker"],
    "remote": ["docker"],
}
MAKE = {"broker": Broker, "docker": Docker, "swerex": SweRex}
# Whole systems beside ours; a comparison of two builds of ours can do without.
SYSTEMS = {"docker", "swerex"}
