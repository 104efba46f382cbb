#!/bin/sh
# Lays out the distribution and packs it: lay-out.sh MODULE NATIVE JAVA_HOME VERSION
set -eu
module=$1 native=$2 java_home=$3 version=$4
distribution=$module/target/banger

mkdir -p "$distribution/bin" "$distribution/conf" "$distribution/bundles" "$distribution/lib"
cp -R "$module/src/assembly/conf/." "$distribution/conf/"
cp "$module/src/assembly/bin/bangerd" "$distribution/bin/bangerd"
cp "$module/target/launcher.jar" "$distribution/lib/launcher.jar"
# Removed first: a running client keeps its own file, and overwriting it would fail.
rm -f "$distribution/bin/banger"
cp "$native/banger" "$distribution/bin/banger"
cp "$module/src/assembly/lib/recover" "$distribution/lib/recover"
chmod 755 "$distribution/bin/banger" "$distribution/bin/bangerd" "$distribution/lib/recover"
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

# What a release consists of: by this an update knows whether it is whole, and what it changes.
"$java_home/bin/java" "$module/src/assembly/ReleaseList.java" "$distribution" "$version" 17
# Nothing that is made on each host, or that somebody has added here.
(cd "$module/target" && { echo banger/release.properties; sed -n 's|^sha256\.\(.*\)=.*|banger/\1|p' banger/release.properties; } |
  tar --owner=0 --group=0 --mtime=@1767225600 --mode=u+w,go=rX --transform "s|^banger|banger-$version|" -T - -cf - |
  gzip -1 -n >"banger-$version.tar.gz.new" && mv "banger-$version.tar.gz.new" "banger-$version.tar.gz")
