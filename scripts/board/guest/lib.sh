# SPDX-License-Identifier: GPL-2.0-only
#
# Shell functions for what runs on the virtual board (busybox sh). Sourced by the
# board's own scripts and by tests: `. /lib/board/lib.sh`. Prints only failures. The
# tests' framework (tests/framework/test.sh) comes with it.

# board_wait SECONDS CONDITION...: until the command succeeds; 1 if it never does
board_wait() {
	board_tries=$(($1 * 100))
	shift
	while ! "$@"; do
		[ $board_tries -gt 0 ] || return 1
		board_tries=$((board_tries - 1))
		usleep 10000
	done
}

# board_load [SIM PARAMETERS...]: both modules, until /dev/synergy is there
board_load() {
	board_insmod synergy $synergy_args || return 1
	board_insmod synergy-sim $sim_args "$@" || return 1
	board_wait 5 test -c /dev/synergy && return
	echo "no /dev/synergy after loading the modules" >&2
	return 1
}

# board_insmod NAME [PARAMETERS...]
board_insmod() {
	board_ko=/lib/modules/synergy/$1.ko
	if [ ! -f "$board_ko" ]; then
		echo "$1.ko was not built" >&2
		return 1
	fi
	shift
	insmod "$board_ko" "$@"
}

# board_loaded NAME
board_loaded() { grep -q "^$(echo "$1" | tr - _) " /proc/modules; }

# board_unload: whatever of ours is loaded; 1 if it cannot be
board_unload() {
	for board_m in synergy_sim synergy; do
		board_loaded $board_m || continue
		rmmod $board_m || return 1
	done
}

# The checks: fail, check, expect, run_tests...
. /lib/board/test.sh
