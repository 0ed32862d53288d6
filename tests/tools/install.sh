#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make install into an empty DESTDIR: every file is where and how it should be; a
# program of somebody else builds and links against the installed library with
# pkg-config's flags; the module's source that was installed builds by itself,
# through dkms where that is here and by kbuild otherwise; make uninstall leaves
# no file behind. O names the build directory, MAKE the make program.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
root=$work/root

run_make() {
	"${MAKE:-make}" --no-print-directory -C "$top" DESTDIR="$root" PREFIX=/usr/local \
		${O:+O="$O"} "$@"
}

want() {
	local mode

	[ -f "$root$2" ] || { wrong "$2 is not installed"; return; }
	mode=$(stat -c %a "$root$2")
	[ "$mode" = "$1" ] || wrong "$2 has mode $mode, not $1"
}

setup() {
	# Paths that must not be seen: the build's own.
	unset MAKEFLAGS MAKELEVEL ARCH CROSS_COMPILE SYSROOT
	run_make install >"$work/log" 2>&1 || { cat "$work/log"; wrong "make install: status $?"; }
}

test_files() {
	for tool in "$top"/user/tools/synergy-*.c; do
		[ -e "$tool" ] && want 755 "/usr/local/bin/$(basename "$tool" .c)"
	done
	want 755 /usr/local/sbin/synergy-handover
	want 644 /etc/udev/rules.d/60-synergy.rules
	want 644 /etc/sysusers.d/synergy.conf
	want 644 /usr/local/include/synergy/linux/synergy.h
	want 644 /usr/local/include/synergy/synergy.h
	want 644 /usr/local/include/synergy/error.h
	want 644 /usr/local/include/synergy/marks.h
	want 644 /usr/local/include/synergy/meter.h
	want 644 /usr/local/include/synergy/synergy.hpp
	want 644 /usr/local/lib/pkgconfig/libsynergy.pc
	want 644 /usr/local/share/man/man3/synergy_mark_begin.3
	want 644 /usr/local/share/man/man3/synergy_meter_end.3
	want 644 /usr/local/share/synergy/dts/jetson-tx1.dtbo
	for page in "$top"/user/man/*.[1-9]; do
		[ -e "$page" ] && want 644 "/usr/local/share/man/man${page##*.}/$(basename "$page")"
	done
	grep -q '^KERNEL=="synergy", GROUP="synergy", MODE="0660"$' "$root/etc/udev/rules.d/60-synergy.rules" ||
		wrong "the udev rule does not set group and mode"
}

test_group() {
	command -v systemd-sysusers >/dev/null || skip "no systemd-sysusers"
	systemd-sysusers --root="$root" "$root/etc/sysusers.d/synergy.conf" >"$work/log" 2>&1
	grep -q '^synergy:' "$root/etc/group" || fail "sysusers made no group: $(cat "$work/log")"
}

# Somebody else's program against the installed library.
test_program_links() {
	cat >"$work/user.c" <<-'END'
	#include <stdio.h>
	#include <synergy/recording.h>
	#include <synergy/synergy.h>
	#include <synergy/error.h>
	int main(void)
	{
		return puts(synergy_lib_version()) < 0;
	}
	END
	flags=$(PKG_CONFIG_PATH="$root/usr/local/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root" \
		pkg-config --cflags --libs libsynergy 2>/dev/null) ||
		flags="-I$root/usr/local/include -L$root/usr/local/lib -lsynergy"
	# shellcheck disable=SC2086
	if cc -o "$work/user" "$work/user.c" $flags; then
		version=$(LD_LIBRARY_PATH=$root/usr/local/lib "$work/user")
		[ -d "$root/usr/src/synergy-$version" ] || fail "library says $version, DKMS source differs"
	else
		fail "a program does not link with the installed library"
	fi
}

# The installed module finds the installed library, in a Python that has not compiled it.
test_python_module() {
	[ -x $python ] || skip "no $python"
	module=$(dirname "$(find "$root/usr/local/lib" -path '*-packages/synergy/__init__.py')")
	check_eq "$(ls "$module")" "$(cd "$top/user/python/synergy" && ls -- *.py)" "the module's files"
	version=$(cd / && PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${module%/*} LD_LIBRARY_PATH=$root/usr/local/lib \
		$python -c 'import synergy; print(synergy.library_version())') || fail "it is not imported"
	[ -d "$root/usr/src/synergy-$version" ] || fail "the module finds library $version"
}

# Kernels that cannot work are left out, and no other.
test_dkms_leaves_out_what_is_too_old() {
	pattern=$(sed -n 's/^BUILD_EXCLUSIVE_KERNEL="\(.*\)"/\1/p' "$root"/usr/src/synergy-*/dkms.conf)
	[ -n "$pattern" ] || fail "dkms.conf names no kernels"
	for release in 4.9.337-tegra 5.10.216-tegra 5.15.148-tegra 6.1.0-57-arm64 6.8.12-tegra 6.12.9 7.2.1 10.0.0; do
		echo "$release" | grep -qE "$pattern" || fail "$release is left out"
	done
	for release in 4.4.38-tegra 4.19.0-27-arm64 5.1.0 5.4.0-150-generic 5.9.16; do
		! echo "$release" | grep -qE "$pattern" || fail "$release would be tried"
	done
}

# The module's installed source, by itself.
test_module_source_builds() {
	source=$(echo "$root"/usr/src/synergy-*)
	kdir=
	for dir in "/lib/modules/$(uname -r)/build" /usr/src/linux-headers-*-"$(dpkg --print-architecture 2>/dev/null)"; do
		[ -f "$dir/Module.symvers" ] && kdir=$dir
	done
	version=${source##*-}
	modules=$(sed -n 's/^BUILT_MODULE_NAME\[.\]="\(.*\)"/\1/p' "$source/dkms.conf")
	[ -n "$modules" ] || fail "dkms.conf names no module"
	if [ -n "$kdir" ] && command -v dkms >/dev/null; then
		release=$(cat "$kdir/include/config/kernel.release")
		mkdir -p "$work/dkms" "$work/modules"
		dkms="dkms --dkmstree $work/dkms --sourcetree $root/usr/src --installtree $work/modules"
		if ! { $dkms add "synergy/$version" &&
		       $dkms build "synergy/$version" -k "$release" --kernelsourcedir "$kdir"; } >"$work/log" 2>&1; then
			cat "$work/log" "$work"/dkms/synergy/*/build/make.log
			fail "dkms build"
		fi
		for module in $modules; do
			find "$work/dkms" -path "*/module/$module.ko*" | grep -q . || fail "dkms made no $module.ko"
		done
		echo "DKMS source built by dkms for $release"
	elif [ -n "$kdir" ] || [ -d "$cache/kernel-6.1/kdir" ]; then
		arguments=
		[ -n "$kdir" ] || { kdir=$cache/kernel-6.1/kdir; arguments="ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-"; }
		cp -r "$source" "$work/module"
		# shellcheck disable=SC2086
		make -C "$kdir" M="$work/module" $arguments modules >"$work/log" 2>&1 ||
			{ cat "$work/log"; fail "the DKMS source does not build"; }
		for module in $modules; do
			find "$work/module" -name "$module.ko" | grep -q . || fail "no $module.ko"
		done
		echo "DKMS source built by kbuild (no dkms) against $kdir"
	else
		skip "no kernel headers"
	fi
}

# In a tree of its own: the other cases want what is installed.
test_uninstall_leaves_nothing() {
	root=$work/again
	run_make install >"$work/log" 2>&1 || fail "make install: status $?"
	[ ! -x $python ] || $python -m compileall -q "$root"/usr/local/lib/python3*
	run_make uninstall || fail "make uninstall: status $?"
	check_eq "$(find "$root" ! -type d)" "" "left"
	[ ! -e "$(echo "$root"/usr/src/synergy-*)" ] || fail "left: $(echo "$root"/usr/src/*)"
}

run_tests "$@"
