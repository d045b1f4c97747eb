#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the build needs, one row each: a probe and the Debian 12 package that satisfies it.
#   deps.sh quick    silent and fast when all is there; else installs
#   deps.sh quick mpi   with what MPI=1 needs
#   deps.sh slow     with what only the long tests need, MPI too
#   deps.sh install  as quick, with what some reports ask for, and says what it found
set -eu
missing=""

probe_header() { # header, package
    for dir in /usr/include /usr/local/include /usr/include/*-linux-gnu* /opt/homebrew/include; do
        [ -e "$dir/$1" ] && return 0
    done
    missing="$missing $2"
}
probe_program() { # program, package
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

probe_program gcc gcc
probe_program g++ g++
probe_program make make
probe_program gnuplot gnuplot-nox
probe_header gsl/gsl_cdf.h libgsl-dev
probe_header libfyaml.h libfyaml-dev
probe_header simdjson.h libsimdjson-dev
probe_header csv.h libcsv-dev
probe_header expat.h libexpat1-dev
probe_header sqlite3.h libsqlite3-dev
probe_header zlib.h zlib1g-dev
probe_header curl/curl.h libcurl4-openssl-dev
probe_header cmocka.h libcmocka-dev
if [ "${2:-}" = mpi ] || [ "$1" = slow ]; then
    probe_program mpicc libopenmpi-dev
    probe_program mpirun openmpi-bin
fi
[ "$1" = quick ] || probe_program weasyprint weasyprint # for reports as PDF
if [ "$1" = slow ]; then
    probe_program dieharder dieharder
    probe_program pdftotext poppler-utils
fi

if [ -z "$missing" ]; then
    [ "$1" != install ] || echo "deps: everything is there"
    exit 0
fi
echo "deps: missing:$missing" >&2
if ! command -v apt-get >/dev/null 2>&1; then
    echo "deps: install these (Debian names; your system has its own for the same libraries):$missing" >&2
    exit 1
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "deps: run as root: apt-get install$missing" >&2; exit 1; }
    sudo=sudo
fi
# one installer at a time, when make runs jobs side by side
exec 9>"${TMPDIR:-/tmp}/seam-deps.$(id -u).lock"
command -v flock >/dev/null 2>&1 && flock 9
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 ||
    { $sudo apt-get update >/dev/null && $sudo apt-get install -y --no-install-recommends $missing >/dev/null; }
echo "deps: installed$missing" >&2
