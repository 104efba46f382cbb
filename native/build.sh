#!/bin/sh
# Copyright The banger authors
# SPDX-License-Identifier: Apache-2.0
#
# Builds target/banger and target/banger-agent, or (`build.sh test`) builds everything with sanitizers and runs the tests.
# Needs only gcc and libc6-dev.
set -eu
cd "$(dirname "$0")"

version=${BANGER_VERSION:-development}
compiler=${CC:-gcc}
warnings="-Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla"
common="-std=c17 -D_GNU_SOURCE $warnings"
hardening="-O2 -g0 -fstack-protector-strong -D_FORTIFY_SOURCE=2"

fail() {
    echo "native: $1" >&2
    exit 1
}

command -v "$compiler" > /dev/null 2>&1 ||
    fail "no C compiler ($compiler) found. Install one: apt-get install gcc libc6-dev"
echo 'int main(void) { return 0; }' > /tmp/banger-check-$$.c
trap 'rm -f /tmp/banger-check-$$.c /tmp/banger-check-$$' EXIT
"$compiler" -static -o /tmp/banger-check-$$ /tmp/banger-check-$$.c 2> /dev/null ||
    fail "$compiler cannot link a static program. Install the C library's development files: apt-get install gcc libc6-dev"

mkdir -p target
build() {
    "$compiler" $common $hardening -DBANGER_VERSION="\"$version\"" "$@"
}

# Sanitizers make gcc warn of cut texts that the plain build knows to be meant.
sanitizers="-Wno-format-truncation -O1 -g -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer"
build_checked() {
    "$compiler" $common $sanitizers -DBANGER_VERSION="\"$version\"" "$@"
}

run_tests() {
    checked=$PWD/target/test
    mkdir -p "$checked"
    echo 'int main(void) { return 0; }' > "$checked/probe.c"
    "$compiler" $sanitizers -o "$checked/probe" "$checked/probe.c" 2> "$checked/probe.log" ||
        fail "$compiler cannot link with -fsanitize=address,undefined, which the tests need (gcc brings libasan and libubsan): $(cat "$checked/probe.log")"
    export UBSAN_OPTIONS=print_stacktrace=1
    export ASAN_OPTIONS=detect_leaks=1
    if ! "$checked/probe" 2> "$checked/probe.log"; then
        # Where ptrace(2) is forbidden leaks cannot be looked for; everything else can.
        export ASAN_OPTIONS=detect_leaks=0
        "$checked/probe" 2> "$checked/probe.log" || fail "programs built with sanitizers do not run here: $(cat "$checked/probe.log")"
        echo "native: leaks are not looked for, because the leak sanitizer does not run here" >&2
    fi
    build_checked -o "$checked/codec_test" tests/codec_test.c src/common/*.c
    build_checked -o "$checked/json_test" tests/json_test.c src/client/json.c src/common/*.c
    build_checked -o "$checked/guest_test" tests/guest_test.c \
        src/agent/hello.c src/agent/tar_reader.c src/agent/identity.c src/agent/network.c src/agent/guest_files.c \
        src/agent/mounts.c src/agent/disks.c src/agent/guest_directory.c src/agent/console.c src/common/*.c
    build_checked -o "$checked/image_test" tests/image_test.c src/agent/image_init.c src/agent/users.c src/agent/guest_directory.c
    build_checked -o "$checked/agent_test" tests/agent_test.c src/common/*.c
    build_checked -o "$checked/relay_test" tests/relay_test.c src/common/*.c
    build_checked -o "$checked/banger-agent" src/common/*.c src/agent/*.c
    build_checked -o "$checked/client_test" tests/client_test.c src/client/json.c src/common/*.c
    build_checked -o "$checked/banger" src/common/*.c src/client/*.c
    "$checked/codec_test"
    "$checked/json_test"
    "$checked/guest_test"
    "$checked/image_test"
    "$checked/agent_test" "$checked/banger-agent"
    "$checked/relay_test" "$checked/banger-agent"
    "$checked/client_test" "$checked/banger"
}

case "${1:-}" in
'')
    build -static -s -o target/banger-agent src/common/*.c src/agent/*.c
    build -s -o target/banger src/common/*.c src/client/*.c
    ;;
test)
    run_tests
    ;;
*)
    fail "usage: build.sh [test]"
    ;;
esac
