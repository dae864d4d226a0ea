#!/bin/sh
# A JDK from Debian, for the tests that run the Java examples. Does nothing where there is a `java`.
set -eu

command -v java >/dev/null && exit 0
if [ "$(id -u)" -eq 0 ]; then as_root=""; else as_root="sudo"; fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q
$as_root apt-get install -q -y --no-install-recommends default-jdk-headless
