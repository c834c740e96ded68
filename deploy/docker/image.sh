#!/usr/bin/env bash
# Makes a small image of this host's busybox in an engine, without a registry.
#
#   deploy/docker/image.sh <socket of the engine> <name of the image> [more files of this host...]
set -euo pipefail
# Whoever calls may keep its own files to itself; those of an image are everybody's.
umask 022
socket="${1:?the socket of the engine}"
name="${2:?the name of the image}"
shift 2

root="$(mktemp -d)"
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
mkdir -p "$root"/{bin,etc,root,home/box,tmp,usr/bin,usr/lib,usr/lib64,var/tmp}
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
chmod 1777 "$root/tmp" "$root/var/tmp"
busybox="$(command -v busybox)"
while read -r applet; do ln -sf busybox "$root/bin/$applet"; done < <("$busybox" --list)
# Last: it names itself as well.
cp --remove-destination "$busybox" "$root/bin/busybox"
ln -s ../../bin/env "$root/usr/bin/env"
chown 1000:1000 "$root/home/box"
printf 'root:x:0:0::/root:/bin/sh\nbox:x:1000:1000::/home/box:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nbox:x:1000:\n' >"$root/etc/group"
# Links stay links; what is named through one on this host lies there under the same name.
if (($#)); then
    for path in "$@"; do
        if [[ -L "$path" ]]; then
            mkdir -p "$root$(dirname "$path")"
            cp -P "$path" "$root$path"
        elif [[ -f "$path" ]]; then
            printf '%s\0' "${path#/}"
        fi
    done | tar -C / -c --null --files-from=- | tar -C "$root" -x
fi
tar -C "$root" -c . | curl --silent --show-error --fail-with-body --unix-socket "$socket" --noproxy '*' \
    --header 'Content-Type: application/x-tar' --data-binary @- \
    "http://docker/images/create?fromSrc=-&repo=${name%%:*}&tag=${name##*:}"
