#!/bin/sh
# Lays out the distribution: lay-out.sh MODULE NATIVE JAVA_HOME
set -eu
module=$1 native=$2 java_home=$3
distribution=$module/target/banger

mkdir -p "$distribution/bin" "$distribution/conf" "$distribution/bundles" "$distribution/lib"
cp -R "$module/src/assembly/conf/." "$distribution/conf/"
cp "$module/src/assembly/bin/bangerd" "$distribution/bin/bangerd"
cp "$module/target/launcher.jar" "$distribution/lib/launcher.jar"
# Removed first: a running client keeps its own file, and overwriting it would fail.
rm -f "$distribution/bin/banger"
cp "$native/banger" "$distribution/bin/banger"
chmod 755 "$distribution/bin/banger" "$distribution/bin/bangerd"
"$java_home/bin/java" "$module/src/assembly/StoreJars.java" "$distribution/lib" "$distribution/system"

# The class archive is made by one start and stop in a home of its own; without it the daemon only starts more slowly.
rm -f "$distribution/lib/bangerd.jsa"
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
BANGER_HOME=$home BANGER_MAKE_ARCHIVE=1 JAVA_HOME=$java_home \
  "$distribution/bin/bangerd" -Dbanger.stopWhenStarted=true >"$home/out" 2>&1 || {
  cat "$home/out" >&2
  echo "lay-out: the assembled daemon does not start" >&2
  exit 1
}
