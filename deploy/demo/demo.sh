#!/usr/bin/env bash
# Starts a private fleet, does the main job through its public HTTP API, and stops everything again.
#
#   deploy/demo/demo.sh <folder of the executables>
#
# DATA names a directory to keep; without it the fleet lives in a temporary one. PROVIDER names the provider of the sandbox;
# of any but `local` a server is started for it (provider.sh).
set -euo pipefail

executables="$(realpath "${1:?the folder of the executables}")"
repository="$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")"
if [[ -n "${DATA:-}" ]]; then
    mkdir -p "$DATA"
    data="$(realpath "$DATA")"
    temporary=""
else
    data="$(mktemp -d)"
    temporary="$data"
fi
# A box sees the host's tools; the Swift toolchain may live outside /usr.
toolchain="$(realpath "$(dirname "$(realpath "$(command -v swiftc)")")/../..")"
case "$toolchain" in
    / | /usr | /usr/*) ;;
    *) export SANDFLEET_LOCAL_HOST_PATHS="$toolchain" ;;
esac

provider="${PROVIDER:-local}"

up=""
server=""
status=1
finish() {
    trap - EXIT
    if [[ -n "$up" ]] && kill -TERM "$up" 2>/dev/null; then wait "$up" || status=1; fi
    if [[ -n "$server" ]] && kill -TERM "$server" 2>/dev/null; then wait "$server" || true; fi
    [[ -z "$temporary" ]] || rm -rf "$temporary"
    [[ "$status" -eq 0 ]] && echo "The fleet is stopped; nothing is left running."
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

if [[ "$provider" != local ]]; then
    served="$(mktemp -d)"
    "$repository/deploy/demo/provider.sh" "$provider" "$served" &
    server=$!
    until [[ -e "$served/environment" ]]; do
        kill -0 "$server" 2>/dev/null || exit 1
        sleep 0.1
    done
    while IFS= read -r line; do export "${line?}"; done <"$served/environment"
fi

started="$(date +%s.%N)"
"$executables/sandfleet" up --data "$data" --listen 127.0.0.1:0 &
up=$!

# A fleet that stops removes its document, so one that answers is this one.
until python3 "$repository/deploy/demo/demo.py" --check "$data/fleet.json" 2>/dev/null; do
    kill -0 "$up" 2>/dev/null || exit 1
    sleep 0.1
done

python3 "$repository/deploy/demo/demo.py" "$data/fleet.json" "$repository" "$toolchain/usr/bin" "$started" "$provider" &&
    status=0
