#!/usr/bin/env python3
"""Holds every Swift file to the layers of the architecture.

A target imports what its row of the table allows, and nothing else of ours. The compiler checks that a dependency is
declared; this checks that declaring it was allowed.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The one target that wraps each C library.
WRAPPERS = {
    "CNATS": {"NATSClient"},
    "CPostgres": {"PostgresClient"},
    "CCurl": {"CurlTransport"},
    "CCurlShims": {"CurlTransport"},
    "CZstd": {"Compression"},
    "CLinux": {"ExecutionEngine", "BoxDaemon", "BoxClient", "LocalDriver", "Agent", "Fleet", "PostgresClient"},
}

SERVICE_BASE = {"Bus", "Model", "NATSClient", "PostgresClient", "ServiceHost", "Store", "Wire"}

# What a target may import of ours. A provider that is not listed gets the row of "provider".
ALLOWED = {
    "Model": set(),
    "Wire": set(),
    "NATSClient": set(),
    "PostgresClient": set(),
    "CurlTransport": set(),
    "PrometheusMetrics": set(),
    "BoxProtocol": set(),
    "ExecutionEngine": set(),
    "Bus": {"Model", "NATSClient", "Wire"},
    "Store": {"Model", "PostgresClient"},
    "ProviderKit": {"Model"},
    "ProviderHTTP": {"CurlTransport", "Model", "ProviderKit"},
    "Ownership": {"Model", "ProviderKit"},
    "ServiceHost": {"Bus", "Model", "NATSClient", "PostgresClient", "PrometheusMetrics", "Store"},
    "MetricsEndpoint": {"PrometheusMetrics", "ServiceHost"},
    "BoxDaemon": {"BoxProtocol", "ExecutionEngine"},
    "BoxClient": {"BoxProtocol", "ExecutionEngine"},
    "BoxSession": {"BoxClient", "BoxProtocol", "ExecutionEngine", "Model", "ProviderKit"},
    "LocalDriver": {"BoxClient", "BoxSession", "BoxProtocol", "ExecutionEngine", "Model", "ProviderKit"},
    "NATSIdentity": set(),
    "SelfHostedDriver": {"Bus", "Model", "NATSClient", "ProviderKit", "Wire"},
    "provider": {"BoxClient", "BoxSession", "CurlTransport", "Model", "ProviderHTTP", "ProviderKit"},
    "Compression": set(),
    "ArchiveStore": set(),
    "ProcessOutput": {"ArchiveStore", "Bus", "Compression", "Model", "NATSClient"},
    "Gateway": SERVICE_BASE | {"ArchiveStore", "NATSIdentity", "PrometheusMetrics", "ProcessOutput", "ProviderKit"},
    "Worker": SERVICE_BASE | {"ArchiveStore", "Compression", "Ownership", "ProcessOutput", "ProviderKit"},
    "Reaper": SERVICE_BASE | {"ArchiveStore", "CurlTransport", "ProcessOutput"},
    # An agent runs on somebody else's machine: never the store.
    "Agent": {"BoxClient", "Bus", "CurlTransport", "ExecutionEngine", "Model", "NATSClient", "NATSIdentity", "Wire"},
    "SandfleetClient": {"CurlTransport"},
    "Fleet": {"Bus", "ExecutionEngine", "Model", "NATSIdentity", "PostgresClient", "Store"},
    "Commands": {"Fleet", "SandfleetClient"},
}

IMPORT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public |package |internal |private |fileprivate )?import\s+"
                    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)")


def targets():
    """Yields each library target of ours with its folder."""
    for folder in sorted((ROOT / "Sources").iterdir()):
        if not folder.is_dir() or folder.name == "C":
            continue
        if folder.name == "Providers":
            for provider in sorted(folder.iterdir()):
                yield provider.name + "Driver", provider
        else:
            yield folder.name, folder


def imports(folder):
    for path in sorted(folder.rglob("*.swift")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = IMPORT.match(line)
            if found:
                yield path.relative_to(ROOT), number, found.group(1)


def main():
    found = list(targets())
    ours = {name for name, _ in found}
    problems = []
    for name, folder in found:
        allowed = ALLOWED.get(name)
        if allowed is None and folder.parent.name == "Providers":
            allowed = ALLOWED["provider"]
        if allowed is None:
            problems.append(f"{folder.relative_to(ROOT)}: target {name} has no row in {Path(__file__).name}")
            continue
        for path, number, module in imports(folder):
            if module in WRAPPERS and name not in WRAPPERS[module]:
                problems.append(f"{path}:{number}: only {', '.join(sorted(WRAPPERS[module]))} may import {module}")
            elif module in ours and module != name and module not in allowed:
                problems.append(f"{path}:{number}: {name} may not import {module}")
    # Executables put behaviour together; they do not reach below it.
    for path, number, module in imports(ROOT / "Services"):
        if module in WRAPPERS:
            problems.append(f"{path}:{number}: an executable may not import {module}")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"imports: {len(found)} targets, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
