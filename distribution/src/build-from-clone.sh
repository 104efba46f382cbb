#!/bin/sh
# Builds the distribution from a clone, after making sure that the host has what the build needs: build-from-clone.sh CLONE
set -eu
clone=$1
log=$clone/distribution/target/build.log

say() { echo "banger: $*" >&2; }

missing=
command -v gcc >/dev/null || missing="$missing gcc libc6-dev"
[ -e /usr/include/stdio.h ] || case $missing in *libc6-dev*) ;; *) missing="$missing libc6-dev" ;; esac
command -v javac >/dev/null || [ -x "${JAVA_HOME:-/nonexistent}/bin/javac" ] || missing="$missing openjdk-17-jdk-headless"
if [ -n "$missing" ]; then
  command -v apt-get >/dev/null || { say "the build needs:$missing; install them and try again"; exit 1; }
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && [ -t 0 ] || { say "the build needs:$missing; run 'sudo apt-get install$missing'"; exit 1; }
    as_root=sudo
  fi
  if [ -t 0 ]; then
    printf 'banger: the build needs:%s. Install now? [Y/n] ' "$missing" >&2
    read -r answer
    case $answer in "" | [Yy]*) ;; *) say "not installed; nothing was changed"; exit 1 ;; esac
  else
    say "installing what the build needs:$missing"
  fi
  $as_root apt-get update -q >&2
  # shellcheck disable=SC2086 # a list of packages
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing >&2
fi

mkdir -p "$clone/distribution/target"
say "building; the first time takes a few minutes (log: $log)"
cd "$clone"
# Each module's banner is a line of progress; the rest stays in the log.
{ ./mvnw -B -DskipTests -pl distribution -am package 2>&1 && echo BUILD-ENDED-WELL; } | tee "$log" |
  while IFS= read -r line; do
    case $line in
      *"Building banger"*) say "building ${line#*Building }" ;;
    esac
  done
grep -q '^BUILD-ENDED-WELL$' "$log" || {
  grep -E '\[ERROR\]|error:' "$log" | head -n 20 >&2
  say "the build failed; see $log"
  exit 1
}
