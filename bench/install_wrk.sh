#!/bin/sh
# Install wrk, the load generator of `./run bench`. It is C: what it costs is not Python's.
set -eu

if command -v wrk >/dev/null; then
    wrk --version 2>&1 | head -n 1
    exit 0
fi
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
if command -v apt-get >/dev/null; then
    $as_root apt-get update
    $as_root apt-get install --yes --no-install-recommends wrk
elif command -v brew >/dev/null; then
    brew install wrk
else
    echo 'No apt-get and no brew here: build https://github.com/wg/wrk and put it on PATH.' >&2
    exit 1
fi
