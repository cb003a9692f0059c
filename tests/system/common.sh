# SPDX-License-Identifier: LGPL-2.1-or-later
# For the system tests: where the programs are, and checks that go on after a failure.  Ends with: finish
# shellcheck shell=bash
set -u
programs=$BUILD/tests/system/programs
failed=0

need() { # need PROGRAM…: skips the test when one is not built
    local program
    for program; do
        [ -f "$programs/$program.exe" ] || { echo "$program.exe is not built: no mingw compiler at configure time"; exit 77; }
    done
}
check() { # check WHAT ACTUAL EXPECTED
    [ "$2" = "$3" ] && return
    printf '%s: actual "%s", expected "%s"\n' "$1" "$2" "$3"
    failed=1
}
run() { # run PROGRAM ARGUMENTS…: under winipc
    local program=$1
    shift
    "$WINIPC" "$programs/$program.exe" "$@"
}
until_holds() { # until_holds CONDITION…: within 10 s
    local i
    for i in $(seq 1000); do
        "$@" && return 0
        read -r -t 0.01 <>"$fifo"
    done
    return 1
}
fifo=$(mktemp -u)
mkfifo "$fifo"
finish() {
    exit $failed
}
