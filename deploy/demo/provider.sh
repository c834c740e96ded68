#!/usr/bin/env bash
# Runs the server of a provider for the demo, in the foreground, until SIGTERM.
#
#   deploy/demo/provider.sh <provider> <folder>
#
# Once it serves, <folder>/environment holds what a fleet has to know of it: lines of NAME=value. What lies in the folder is
# removed at the end.
set -euo pipefail
provider="${1:?the provider}"
folder="${2:?a folder}"
repository="$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")"
mkdir -p "$folder"
folder="$(realpath "$folder")"

server=""
finish() {
    trap - EXIT
    if [[ -n "$server" ]] && kill -TERM "$server" 2>/dev/null; then wait "$server" || true; fi
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Waits for a condition as long as the server lives.
until_so() {
    until "$@" 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
        sleep 0.1
    done
}

# Waits in a way that signals are heard.
serve() {
    printf '%s\n' "$@" >"$folder/environment.new"
    mv "$folder/environment.new" "$folder/environment"
    wait "$server"
}

# An emulator of a cloud; @URL@ in its lines is where it listens.
emulator() {
    "${SANDFLEET_TEST_PYTHON:-/usr/bin/python3}" -B "$repository/Tests/Emulators/run.py" "$provider" \
        --token emulated-token >"$folder/log" 2>&1 &
    server=$!
    until_so grep -q '^listening on ' "$folder/log"
    local url
    url="$(sed -n 's/^listening on //p' "$folder/log" | head -n 1)"
    serve "${@//@URL@/$url}"
}

docker() {
    ((EUID == 0)) || { echo "The demo's Docker engine needs root." >&2; exit 1; }
    "$repository/deploy/docker/engine.sh" "$folder" >"$folder/log" 2>&1 &
    server=$!
    until_so curl --silent --fail --output /dev/null --unix-socket "$folder/socket" --noproxy '*' http://docker/_ping
    "$repository/deploy/docker/demo-image.sh" "$folder/socket" sandfleet-demo:latest >/dev/null
    serve "DOCKER_HOST=unix://$folder/socket" "SANDBOX_DOCKER_IMAGE=sandfleet-demo:latest"
}

# One line for each provider: its server, and the variables by which a fleet finds it.
case "$provider" in
    docker) docker ;;
    vercel)
        emulator "SANDBOX_VERCEL_BASE_URL=@URL@" "SANDBOX_VERCEL_TOKEN=emulated-token" \
            "SANDBOX_VERCEL_TEAM_ID=team_emulated" "SANDBOX_VERCEL_PROJECT_ID=prj_emulated"
        ;;
    daytona)
        emulator "DAYTONA_API_URL=@URL@/api" "DAYTONA_API_KEY=emulated-token" \
            "DAYTONA_ORGANIZATION_ID=00000000-0000-4000-8000-00000000e111"
        ;;
    sprites)
        emulator "SPRITES_BASE_URL=@URL@" "SPRITE_TOKEN=emulated-token" "SPRITES_ORGANIZATION=emulated"
        ;;
    *)
        echo "The demo has no server for the provider '$provider'." >&2
        exit 2
        ;;
esac
