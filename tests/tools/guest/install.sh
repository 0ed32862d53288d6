#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What install_clean.sh runs in a Debian chroot with the tree in /tree and the line that
# README has in /line: the line, then make install and make uninstall. The last line is
# `done` when it came to its end.
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
wrong() { echo "FAIL: $*"; }

apt-get -qq update
sh -c "$(sed 's/^apt-get /apt-get -qq -y -o Dpkg::Use-Pty=0 /' /line)" >/tmp/apt 2>&1 ||
	{ cat /tmp/apt; wrong "$(cat /line)"; }
cd /tree || exit 1
# Whether it builds and installs does not depend on the optimiser, which takes most of the time.
quick='OPT=-O0 EXTRA_CFLAGS_kernels= SIMD_CFLAGS=-O1'
# shellcheck disable=SC2086
make -j2 $quick >/tmp/make 2>&1 || { tail -n 30 /tmp/make; wrong "make"; }
# shellcheck disable=SC2086
make $quick install >/tmp/make 2>&1 || { tail -n 30 /tmp/make; wrong "make install"; }
for tool in run record report info fit predict; do
	synergy-$tool --version >/dev/null || wrong "synergy-$tool does not start"
done
synergy-handover --version >/dev/null || wrong "synergy-handover does not start"
synergy-run -q --measure off --runs 1 scripts/zoo/all_cnn_c.prototxt >/tmp/out || wrong "synergy-run"
grep -q 'relu' /tmp/out || wrong "synergy-run's table has no layer"
make uninstall >/tmp/make 2>&1 || wrong "make uninstall"
# Not `command -v`: the shell remembers where it has found a program.
left=$(find /usr /etc -name '*synergy*')
[ -z "$left" ] || wrong "stays after make uninstall: $left"
echo "done"
