#!/usr/bin/env bash
# Generates the Swift messages of proto/ into the folder that the argument names.
set -euo pipefail

out="$(realpath -m "${1:?the folder to generate into}")"
cd "$(dirname "$0")/.."

# The plugin comes from the package that the messages are compiled against, so the two always fit.
swift build -c release --product protoc-gen-swift >&2
plugin="$(swift build -c release --show-bin-path)/protoc-gen-swift"

mkdir -p "$out"
rm -f "$out"/*.pb.swift
mapfile -t files < <(cd proto && find . -name '*.proto' -printf '%P\n' | sort)
protoc --plugin="protoc-gen-swift=$plugin" --proto_path=proto \
    --swift_opt=Visibility=Package --swift_opt=FileNaming=DropPath \
    --swift_out="$out" "${files[@]}"
