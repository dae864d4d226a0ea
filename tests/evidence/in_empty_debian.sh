#!/bin/sh
# A bundle in an empty Debian, with openssl and nothing else of ours: `sh in_empty_debian.sh BUNDLE-FOLDER POLICY`, as root.
# It must verify with the policy (0), be consistent without it (3), and fail with one bit flipped (1), under dash and busybox.
set -eu
bundle=$(realpath "$1") policy=$(realpath "$2")
command -v debootstrap >/dev/null || { apt-get update -q && apt-get install -q -y --no-install-recommends debootstrap; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/debian
debootstrap --variant=minbase --include=openssl,busybox "${SUITE:-bookworm}" "$root" "${MIRROR:-http://deb.debian.org/debian}" >"$work/log" ||
    { tail "$work/log" >&2; exit 1; }
cp -R "$bundle" "$root/bundle"
cp "$policy" "$root/policy"

expect() { # STATUS SHELL [POLICY]
    wanted=$1; shift
    status=0
    # shellcheck disable=SC2086  # `busybox sh` is two words
    said=$(chroot "$root" $1 /bundle/verify.sh ${2-} 2>&1) || status=$?
    echo "$1 ${2-}: $status, $(echo "$said" | tail -n 1)"
    [ "$status" -eq "$wanted" ] || { echo "not $wanted: $said" >&2; exit 1; }
}
chroot "$root" openssl version
for shell in /bin/sh 'busybox sh'; do
    expect 0 "$shell" /policy
    expect 3 "$shell"
done
body=$(find "$root/bundle/acts" -name act.body | head -n 1)
head -c 100 "$body" >"$work/flipped"
printf '\001' >>"$work/flipped"
tail -c +102 "$body" >>"$work/flipped"
cp "$work/flipped" "$body"
for shell in /bin/sh 'busybox sh'; do expect 1 "$shell" /policy; done
