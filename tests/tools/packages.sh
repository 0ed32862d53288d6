#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# host: timeout=1800
#
# Debian packages: they build, lintian finds no error, and in a Debian chroot they are
# installed (the module by DKMS), used, upgraded, removed and purged without a trace. A
# tag that is another version is refused.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

version=$(sed -n 's/^#define SYNERGY_LIB_VERSION[^"]*"\(.*\)"/\1/p' "$top/user/lib/synergy.h")

# built: the packages are in $work/debs. It takes minutes, so `make check` leaves it out.
built() {
	[ -n "${SYNERGY_CHECK_PACKAGES-}" ] || skip "takes minutes: make check-packages runs it"
	for tool in dpkg-buildpackage dh dh_dkms lintian; do
		command -v $tool >/dev/null || skip "no $tool (scripts/setup.sh test-packages)"
	done
	[ ! -d "$work/debs" ] || return
	mkdir "$work/debs"
	# What is looked at here does not depend on the optimiser, which takes most of the time.
	DEB_BUILD_OPTIONS="noopt parallel=2" "$top/scripts/install/make-deb" >"$work/made" 2>&1 ||
		fail "make-deb: $(cat "$work/made")"
	cp "$top"/build/deb/*.deb "$work/debs/" && rm -f "$work"/debs/*dbgsym*
}

test_lintian() {
	built
	expect 0 lintian --fail-on error --allow-root "$work"/debs/*.deb
	cat "$work/out"
}

test_every_package_is_built() {
	built
	for package in synergy-tools libsynergy1 libsynergy-dev synergy-dkms synergy-doc \
		$([ ! -d "$top/user/python" ] || echo python3-synergy); do
		[ -n "$(find "$work/debs" -name "${package}_${version}_*.deb")" ] || wrong "no $package"
	done
}

# later DEB: the same as a version that comes after it
later() {
	local from=$version to=$version.1 dir=$work/later

	rm -rf "$dir"
	dpkg-deb -R "$1" "$dir"
	sed -i "s/\b$from\b/$to/g" "$dir"/DEBIAN/*
	[ ! -d "$dir/usr/src/synergy-$from" ] || mv "$dir/usr/src/synergy-$from" "$dir/usr/src/synergy-$to"
	find "$dir" -name dkms.conf -exec sed -i "s/\"$from\"/\"$to\"/" {} +
	(cd "$dir" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | xargs -0 md5sum >DEBIAN/md5sums)
	dpkg-deb --root-owner-group -b "$dir" "$work/debs/next/" >/dev/null
}

# It needs a mirror, and root for the chroot's mounts.
test_install_upgrade_remove_purge() {
	built
	[ "$(id -u)" = 0 ] || skip "not root"
	command -v mmdebstrap >/dev/null || skip "no mmdebstrap"
	mkdir -p "$work/debs/next"
	for deb in "$work"/debs/*.deb; do
		later "$deb"
	done
	"$top/scripts/install/chroot" --include dkms,linux-headers-"$(dpkg --print-architecture)",gcc,libc6-dev,make,pkg-config \
		--copy "$work/debs:/debs" --run "$top/tests/tools/guest/packages.sh" >"$work/out" 2>&1
	status=$?
	[ $status != 4 ] || skip "no mirror: $(tail -n 1 "$work/out")"
	grep '^FAIL' "$work/out" && fail "in the chroot"
	[ $status = 0 ] && [ "$(tail -n 1 "$work/out")" = "done" ] || fail "status $status: $(tail -n 30 "$work/out")"
}

# A Debian of the mirror stands for debian:12: no registry is asked.
test_container() {
	local tool

	built
	[ "$(id -u)" = 0 ] || skip "not root"
	for tool in buildah mmdebstrap; do
		command -v $tool >/dev/null || skip "no $tool"
	done
	mkdir "$work/base" "$work/mount"
	export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
	tool="buildah --root $work/images --runroot $work/images.run"
	"$top/scripts/install/chroot" --suite bookworm --tar "$work/base/base.tar" >"$work/out" 2>&1
	status=$?
	[ $status != 4 ] || skip "no mirror: $(tail -n 1 "$work/out")"
	printf 'FROM scratch\nADD base.tar /\n' >"$work/base/Containerfile"
	$tool build -q -t debian:12 "$work/base" >"$work/out" 2>&1 || skip "buildah builds nothing here: $(tail -n 1 "$work/out")"
	expect 0 "$top/scripts/install/container" "$tool" "synergy:$version" "$work/debs" --pull=never --network=host
	container=$($tool from --pull=never "synergy:$version") || fail "no container"
	in_it() { $tool run --network=host -v "$top/user/doc/sample:/sample:ro" "$container" -- "$@"; }
	expect 0 in_it synergy-run --version
	has out "synergy-run $version"
	expect 0 in_it synergy-report /sample/all_cnn_c.syn
	has out "conv1"
	expect 0 in_it python3 -c 'import synergy; print(synergy.library_version())'
	has out "$version"
	expect 3 in_it synergy-info
	# What it was built from is in no layer.
	expect 2 in_it ls /debs
	$tool rm "$container" >/dev/null
}

# In a clone with a tag, which is what a release is made of
test_tag_agrees_with_version() {
	expect 0 "$top/scripts/install/debian/changelog.py" --check
	mkdir -p "$work/clone/user/lib" "$work/clone/user/doc" "$work/clone/scripts/install/debian"
	cp "$top/user/lib/synergy.h" "$work/clone/user/lib/"
	cp "$top/user/doc/CHANGELOG.md" "$work/clone/user/doc/"
	cp "$top/scripts/install/debian/changelog.py" "$work/clone/scripts/install/debian/"
	cd "$work/clone" || fail "no clone"
	git init -q . && git add -A && git -c user.name=t -c user.email=t@localhost commit -qm t
	git tag "v$version"
	expect 0 scripts/install/debian/changelog.py --check
	git tag v9.9.9
	expect 1 scripts/install/debian/changelog.py --check
	has err "the tag at HEAD is v9.9.9"
	git tag -d v9.9.9 >/dev/null
	sed -i "s/^## $version/## 0.0.1/" user/doc/CHANGELOG.md
	expect 1 scripts/install/debian/changelog.py --check
	has err "CHANGELOG.md 0.0.1"
}

run_tests "$@"
