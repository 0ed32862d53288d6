#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What packages.sh runs in a Debian chroot with the packages in /debs (and those of a
# later version in /debs/next): install, use, upgrade, remove, purge. Prints what is
# wrong; the last line is `done` when it came to its end.
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
wrong() { echo "FAIL: $*"; }
apt() { apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >/tmp/apt 2>&1 || { cat /tmp/apt; wrong "apt-get $*"; }; }

# files: all there is, but for what apt, dpkg and the build of a module write by themselves
files() {
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /run -o -path /debs \
		-o -path /var/lib/apt -o -path /var/cache -o -path /var/log -o -path /var/lib/dpkg \) -prune -o \
		! -type d -print | sort
}

# built VERSION: DKMS has built and installed the module for the headers that are here
built() {
	dkms status | grep -q "^synergy/$1, .*: installed" || { dkms status; wrong "synergy/$1 is not installed by DKMS"; }
	find /lib/modules -name 'synergy.ko*' | grep -q . || wrong "no synergy.ko in /lib/modules"
}

version=$(dpkg-deb -f /debs/synergy-dkms_*.deb Version)
next=$(dpkg-deb -f /debs/next/synergy-dkms_*.deb Version)

# What the packages stand on stays when they go.
apt update
for deb in /debs/*.deb; do
	dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed 's/[(|].*//' | grep -v synergy
done | sort -u >/tmp/depends
# shellcheck disable=SC2046
apt install $(cat /tmp/depends)
files >/tmp/before

apt install /debs/*.deb
[ "$(synergy-run --version)" = "synergy-run $version" ] || wrong "synergy-run --version: $(synergy-run --version)"
synergy-info >/tmp/info; [ $? = 3 ] || wrong "synergy-info: status $?, not 3"
grep -q '^synergy:' /etc/group || wrong "no group synergy"
[ -f /lib/udev/rules.d/60-synergy.rules ] || wrong "no udev rule"
built "$version"
cat >/tmp/user.c <<'END'
#include <synergy/synergy.h>
#include <stdio.h>
int main(void) { return puts(synergy_lib_version()) < 0; }
END
# shellcheck disable=SC2046
gcc -Wall -Werror -o /tmp/user /tmp/user.c $(pkg-config --cflags --libs libsynergy) >/tmp/gcc 2>&1 ||
	wrong "a program does not build: $(head -n 3 /tmp/gcc)"
[ "$(/tmp/user)" = "$version" ] || wrong "the library says $(/tmp/user)"
python3 -c 'import synergy; print(synergy.library_version(), synergy.available())' >/tmp/python 2>&1
[ "$(cat /tmp/python)" = "$version False" ] || wrong "the Python module: $(cat /tmp/python)"

apt install /debs/next/*.deb
for package in synergy-tools python3-synergy libsynergy1 libsynergy-dev synergy-dkms synergy-doc; do
	is=$(dpkg-query -W -f '${Version}' $package)
	[ "$is" = "$next" ] || wrong "$package: version $is after the upgrade, not $next"
done
built "$next"
dkms status | grep -qF "synergy/$version," && wrong "DKMS still has $version"
[ ! -e "/usr/src/synergy-$version" ] || wrong "/usr/src/synergy-$version stays after the upgrade"

names=$(dpkg-query -W -f '${Package}\n' '*synergy*')
# shellcheck disable=SC2086
apt remove $names
dkms status | grep -q synergy && wrong "DKMS still has the module after removal"
find /lib/modules -name 'synergy*.ko*' | grep -q . && wrong "the module stays after removal"
# By dpkg: what has left nothing behind is not known to apt any more, and that is fine.
# shellcheck disable=SC2086
dpkg --purge $names >/tmp/purge 2>&1 || wrong "dpkg --purge: $(cat /tmp/purge)"
dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' '*synergy*' 2>/dev/null | grep -v '^un' |
	sed 's/^/FAIL: after purge: /'
files >/tmp/after
# The group stays, as Debian has it; what it is in are lists.
diff /tmp/before /tmp/after | grep '^[<>]' | grep -vE '/etc/(group|gshadow|passwd|shadow)-?$|ld\.so\.cache|modules\.[a-z.]*$' |
	sed 's/^/FAIL: after purge: /'
echo "done"
