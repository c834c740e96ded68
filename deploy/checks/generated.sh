#!/usr/bin/env bash
# Fails when Sources/Wire/Generated is not what proto/ generates.
set -euo pipefail
cd "$(dirname "$0")/../.."

fresh="$(mktemp -d)"
trap 'rm -rf "$fresh"' EXIT
deploy/generate.sh "$fresh"
if ! diff --recursive --brief "$fresh" Sources/Wire/Generated; then
    echo "generated code is out of date: run make generate" >&2
    exit 1
fi
echo "generated code: up to date"
