#!/usr/bin/env bash
# Installs the Debian packages that building, testing and running need: only those that are missing.
#
#   deploy/install-packages.sh            install
#   deploy/install-packages.sh --list     print their names
set -euo pipefail

packages=(
    # The C libraries.
    libnats-dev libpq-dev libcurl4-openssl-dev libzstd-dev pkg-config
    # What `sandfleet up` runs.
    nats-server postgresql-15
    # Boxes of the local provider.
    bubblewrap btrfs-progs util-linux
    # Boxes of the docker provider, where tests and demo bring their own engine, and what its images are made of.
    docker.io busybox-static tcc libc6-dev openssl
    # Generated code, checks and tests.
    protobuf-compiler make curl python3 python3-venv iproute2 faketime
)

if [[ "${1:-}" == --list ]]; then
    printf '%s\n' "${packages[@]}"
    exit
fi

installed() {
    dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed'
}

missing=()
for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
    echo "All packages are installed."
    exit
fi

as_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null || {
        echo "Missing: ${missing[*]}. Install them as root; there is no sudo here." >&2
        exit 1
    }
    as_root=(sudo)
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
if ! installed postgresql-15; then
    # Only the programs are wanted, not the cluster that the package would make and start.
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends postgresql-common
    "${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' |
        "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/sandfleet.conf >/dev/null
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
# Each fleet runs a server of its own; the system-wide ones that packages start are in nobody's use.
if [[ -d /run/systemd/system ]]; then
    if [[ " ${missing[*]} " == *" nats-server "* ]]; then "${as_root[@]}" systemctl disable --now nats-server; fi
    if [[ " ${missing[*]} " == *" docker.io "* ]]; then
        "${as_root[@]}" systemctl disable --now docker.socket docker.service
    fi
fi
