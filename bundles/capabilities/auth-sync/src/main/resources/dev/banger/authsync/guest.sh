# Copyright The banger authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the guest, by the busybox that every guest has on /run: sh -c THIS sh keys|git|agent|all < what it is given
# Empty input takes away what was given before, that of `all` everything. Nothing is changed that is already so.
set -eu
umask 022
busybox=/run/banger/bin/busybox
own=/run/banger/auth-sync
given=$($busybox cat)

# The lines of a file that are not ours. A beginning without its end is somebody else's.
others() {
    $busybox awk '
        /^# banger auth-sync: begin$/ { printf "%s", held; held = $0 "\n"; inside = 1; next }
        inside && /^# banger auth-sync: end$/ { held = ""; inside = 0; next }
        inside { held = held $0 "\n"; next }
        { print }
        END { printf "%s", held }' "$1"
}

block() {
    printf '# banger auth-sync: begin\n%s\n# banger auth-sync: end\n' "$1"
}

# replace FILE: by its standard input, whole or not at all. A file on which another is mounted cannot be renamed over.
replace() {
    new=$1.banger-new
    $busybox rm -f "$new"
    if [ -e "$1" ]; then
        $busybox cp -p "$1" "$new"
    fi
    $busybox cat > "$new"
    if [ -e "$1" ] && $busybox cmp -s "$new" "$1"; then
        $busybox rm -f "$new"
    elif ! $busybox mv -f "$new" "$1" 2> /dev/null; then
        $busybox cat "$new" > "$1"
        $busybox rm -f "$new"
    fi
}

# set_block FILE first|last TEXT
set_block() {
    file=$($busybox readlink -f "$1" || echo "$1")
    if [ -z "$3" ] && ! $busybox grep -q '^# banger auth-sync: begin$' "$file" 2> /dev/null; then
        return 0
    fi
    rest=
    if [ -e "$file" ]; then
        rest=$(others "$file")
    fi
    if [ -z "$rest" ] && [ -z "$3" ]; then
        $busybox rm -f "$file"
        return 0
    fi
    {
        if [ "$2" = first ] && [ -n "$3" ]; then block "$3"; fi
        if [ -n "$rest" ]; then printf '%s\n' "$rest"; fi
        if [ "$2" = last ] && [ -n "$3" ]; then block "$3"; fi
    } | replace "$file"
}

is_mounted() {
    $busybox awk -v place="$1" '$5 == place { found = 1 } END { exit !found }' /proc/self/mountinfo
}

# An sshd of the image reads banger's own list at each login, for every user, behind it root's own. The server of the guest
# agent has a copy of it, made when its first client came and mounted over root's.
give_keys() {
    set_block /run/banger/ssh/authorized_keys last "$given"
    home=
    if [ -r /etc/passwd ]; then
        home=$($busybox awk -F : '$1 == "root" { print $6; exit }' /etc/passwd)
    fi
    keys=${home:-/root}/.ssh/authorized_keys
    if is_mounted "$keys"; then
        set_block "$keys" last "$given"
    fi
}

# First, since git lets the last win: what the guest says of itself is never overruled.
give_git() {
    if [ -z "$given" ]; then
        set_block /etc/gitconfig first ''
        $busybox rm -f $own/gitconfig
        return
    fi
    $busybox mkdir -p $own /etc
    printf '%s\n' "$given" | replace $own/gitconfig
    set_block /etc/gitconfig first "[include]
	path = $own/gitconfig"
}

# Commands that the guest agent runs have the variable anyway, a login has it from here. The relay makes the socket.
give_agent() {
    place=/etc/profile.d/banger-ssh-agent.sh
    if [ -z "$given" ]; then
        $busybox rm -f $place
    elif [ -d /etc/profile.d ]; then
        replace $place << 'END'
if [ -z "${SSH_AUTH_SOCK:-}" ] && [ -w /run/banger/ssh-agent.sock ]; then
    SSH_AUTH_SOCK=/run/banger/ssh-agent.sock
    export SSH_AUTH_SOCK
fi
END
    fi
}

# One that fails does not keep the others from being taken away. Not by `||`, which would have errors overlooked inside.
take_all() {
    failed=0
    set +e
    for take in give_keys give_git give_agent; do
        (set -e; $take)
        [ $? -eq 0 ] || failed=1
    done
    return $failed
}

case $1 in
keys) give_keys ;;
git) give_git ;;
agent) give_agent ;;
all) take_all ;;
esac
