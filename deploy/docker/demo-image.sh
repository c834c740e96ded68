#!/usr/bin/env bash
# Makes the image of the demo in an engine: busybox and a C compiler, of this host's own packages, without a registry.
#
#   deploy/docker/demo-image.sh <socket of the engine> <name of the image>
set -euo pipefail
here="$(realpath "$(dirname "${BASH_SOURCE[0]}")")"
library="/usr/lib/$(uname -m)-linux-gnu"

mapfile -t files < <(
    dpkg -L tcc libc6-dev linux-libc-dev | grep -v -e '/share/' -e '/audit/' | grep -v -E '/lib[^/]*\.a$'
    echo "$library/libc_nonshared.a"
    echo "$library/tcc/libtcc1.a"
    # What every program is linked with, and the loader under the name that is in it.
    for name in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0; do echo "$library/$name"; done
    ldd /usr/bin/tcc | grep -o '/lib[^ ]*' | grep ld-linux
)
programs=()
for file in "${files[@]}"; do
    if [[ -L "$file" ]]; then file="$(realpath "$file")"; fi
    if [[ -f "$file" ]]; then programs+=("$file"); fi
done
"$here/image.sh" "$1" "$2" "${files[@]}" "${programs[@]}"
