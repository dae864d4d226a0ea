#!/bin/sh
# Go and golang.org/x/mod from Debian, for the test in which a public client reads the log. No Go module is fetched.
set -eu

has() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }

missing=""
for package in golang-go golang-golang-x-mod-dev; do
    has "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then as_root=""; else as_root="sudo"; fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q
# shellcheck disable=SC2086  # two lists of words, meant to be split
$as_root apt-get install -q -y --no-install-recommends $missing
