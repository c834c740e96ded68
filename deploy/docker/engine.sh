#!/usr/bin/env bash
# Runs an engine of its own in a folder, in the foreground: nothing of the host's own engine is touched, and no packet filter.
#
#   deploy/docker/engine.sh <folder> [more for dockerd...]
#
# It listens on <folder>/socket, and ends with SIGTERM.
set -euo pipefail
folder="${1:?a folder}"
shift
mkdir -p "$folder"
# The host's own settings are not this engine's.
[[ -e "$folder/daemon.json" ]] || echo '{}' >"$folder/daemon.json"
exec /usr/sbin/dockerd --data-root="$folder/data" --exec-root="$folder/exec" --pidfile="$folder/pid" \
    --host="unix://$folder/socket" --config-file="$folder/daemon.json" \
    --iptables=false --ip6tables=false --bridge=none \
    --default-ulimit=nofile=1024:1024 --default-ulimit=nproc=4096:4096 "$@"
