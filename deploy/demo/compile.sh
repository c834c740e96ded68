#!/bin/sh
# Compiles a program that makes many ids, inside a sandbox: with the project's own, where there is Swift, else in C.
set -eu
if command -v swiftc >/dev/null; then
    swiftc -version 2>/dev/null | head -n 1
    echo "compiling $(find Sources/Model -name '*.swift' | wc -l) files of Sources/Model and deploy/demo/ids.swift"
    swiftc -O -package-name sandfleet -parse-as-library -o ids $(find Sources/Model -name '*.swift') deploy/demo/ids.swift
else
    tcc -v
    echo "compiling deploy/demo/ids.c"
    tcc -Wall -o ids deploy/demo/ids.c
fi
ls -l ids
