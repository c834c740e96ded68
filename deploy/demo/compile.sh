#!/bin/sh
# Compiles the project's own ids, and a program that makes many of them, inside a sandbox.
set -eu
swiftc -version 2>/dev/null | head -n 1
echo "compiling $(find Sources/Model -name '*.swift' | wc -l) files of Sources/Model and deploy/demo/ids.swift"
swiftc -O -package-name sandfleet -parse-as-library -o ids $(find Sources/Model -name '*.swift') deploy/demo/ids.swift
ls -l ids
