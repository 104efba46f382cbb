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
build -static -s -o target/banger-agent src/common/*.c src/agent/*.c
build -s -o target/banger src/common/*.c src/client/*.c
