#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sets a Debian machine up for SyNERGY: host packages by name, Debian's arm64
# kernels with their headers, and an arm64 sysroot, all unpacked under the cache
# directory. It must not touch the host's compilers or apt set-up: foreign-
# architecture packages are only ever unpacked, never installed. Idempotent, and
# offline once all is there. Usage: scripts/setup.sh --help.

set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cache=${SYNERGY_CACHE_DIR:-$top/build/cache}
# How trees are unpacked. Raised when that changes; a tree is also made again when the
# list of its packages changes.
recipe=2

# One package a line, with what needs it. What `make install` needs, on a PC or a board:
install_packages='
gcc g++ make libc6-dev            native build
libopenblas-dev libgsl-dev libpfm4-dev zlib1g-dev libjansson-dev libssl-dev  libraries
libeigen3-dev libblis-dev         other matrix multiplications
libprotobuf-c-dev protobuf-c-compiler protobuf-compiler  ONNX and Caffe readers
libonnx-dev                       ONNX schema
libpng-dev libjpeg-dev            input images
device-tree-compiler              dts/ overlays
'
# And the rest of what `make demo` and `make check` need.
base_packages='
gcc-aarch64-linux-gnu g++-aarch64-linux-gnu  cross build
mmdebstrap xz-utils zstd kmod cpio  kernels, initramfs
qemu-system-arm ipxe-qemu         virtual board
libonnx-testdata                  node tests
python3 python3-numpy python3-jsonschema  examples, test data, checks of results
linux-source-6.1 pkg-config       hwmon driver and board files to compare with, install test
gnuplot-nox                       plots
parallel                          sweeps over several boards
file bc util-linux procps         scripts
'
debug_packages='
linux-source-6.1 bison flex libssl-dev libelf-dev  debugging kernel
'
lint_packages='
linux-source-6.1 sparse coccinelle shellcheck perl  static analysis
'
fuzz_packages='
clang libclang-rt-14-dev python3 python3-onnx  fuzzing the model readers
'
test_packages='
debhelper dh-dkms dh-python dpkg-dev lintian  Debian packages
mandoc zsh                        manual pages, completion
slurmctld slurmd slurm-client munge  a sweep over boards of a cluster
'
container_packages='
buildah                           the container image
'
bench_packages='
python3 python3-onnx python3-opencv  inference benchmark and oracles
'

report_packages='
chromium fonts-inter  report.html in a browser
'

usage() {
	cat <<USAGE
usage: scripts/setup.sh [--check] [WHAT...]

Installs (as root) or names (otherwise) missing host packages, and unpacks what
is named into $cache (SYNERGY_CACHE_DIR sets another place).

WHAT is any of
  base           host packages, kernel 6.1, sysroot and python (the default)
  packages       host packages of the base only
  sysroot        arm64 libraries and headers: CACHE/sysroot
  python         an arm64 Python without its packages: CACHE/python
  5.10 6.1 6.12 7.2 6.1-rt
                 a Debian arm64 kernel with headers: CACHE/kernel-NAME
  amd64          amd64 kernel headers: CACHE/kernel-amd64
  debug-packages packages that build the debugging kernel
  lint-packages  packages for \`make lint\`
  fuzz-packages  packages for \`make fuzz\`
  test-packages  packages for \`make deb\` and for tests of documents and packages
  container-packages
                 what builds the container image
  bench-packages packages for \`make bench-inference\` and \`make check-oracles\`
                 (they want node and npm as well, by whatever package)
  report-packages
                 packages that try report.html in a browser (node and npm as well)

In CACHE/kernel-NAME: image (the kernel), kdir (KDIR for modules), modules
(its lib/modules directory), dtb (board files), release (its version).

  --print        name the packages that \`make install\` needs, as the line that
                 installs them
  --check        change nothing; exit 0 if all is there, 1 if not
  --help         this text

Exit status: 0 done, 1 failed or something is missing, 2 usage.
USAGE
}

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

check_only=0
fresh_lists=0
work=

cleanup() { [ -z "$work" ] || rm -rf "$work"; }
trap cleanup EXIT

update_lists() {
	[ $fresh_lists = 1 ] && return
	fresh_lists=1
	apt-get -qq update || say "apt-get update failed; going on with the lists there are"
}

# names LIST: the package names of a list, without the reason after two blanks
names() { printf '%s\n' "$1" | sed -e 's/  .*//'; }

want_packages() {
	local p missing=()

	for p in $(names "$1"); do
		case $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) in
		installed) ;;
		*) missing+=("$p") ;;
		esac
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ $check_only = 1 ] || [ "$(id -u)" != 0 ]; then
		say "missing packages; as root run:"
		echo "apt-get install --no-install-recommends ${missing[*]}" >&2
		exit 1
	fi
	say "installing ${missing[*]}"
	update_lists
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
		--no-install-recommends install "${missing[@]}" >/dev/null ||
		die "apt-get install failed: ${missing[*]}"
}

# deb_lines SUITE: sources.list lines for SUITE on the mirrors that the host's
# own apt uses. The host's suite comes with its updates and security updates.
deb_lines() {
	local format='$(REPO_URI) $(RELEASE) $(ORIGIN)' targets uri release base=

	targets=$(apt-get indextargets --format "$format" 'Identifier: Packages' |
		  grep -E ' Debian$' || true)
	if [ -z "$targets" ] && [ "$(id -u)" = 0 ]; then
		update_lists
		targets=$(apt-get indextargets --format "$format" 'Identifier: Packages' |
			  grep -E ' Debian$' || true)
	fi
	[ -n "$targets" ] || die "apt knows no Debian mirror: run apt-get update"
	while read -r uri release _; do
		case $release in
		"$1" | "$1"-updates | "$1"-security | "$1"/updates)
			echo "deb $uri $release main" ;;
		esac
	done <<<"$targets" | sort -u
	if ! grep -qE " $1 Debian$" <<<"$targets"; then
		while read -r uri release _; do
			case $release in *-*) ;; *) base=$uri ;; esac
		done <<<"$targets"
		[ -n "$base" ] || die "apt knows no main Debian mirror"
		echo "deb $base $1 main"
	fi
}

# unpack SUITE ARCH PACKAGES DIR: packages and what they depend on, unpacked
unpack() {
	local lines options=()

	mapfile -t lines < <(deb_lines "$1")
	[ ${#lines[@]} -gt 0 ] || exit 1
	# Rolling and archived suites have Release files that expire.
	case $1 in
	sid | bullseye) options=(--aptopt='Acquire::Check-Valid-Until "false"') ;;
	esac
	if ! mmdebstrap --quiet --variant=extract --arch="$2" --include="$3" \
			"${options[@]}" "$1" "$4" "${lines[@]}" >"$work/log" 2>&1; then
		cat "$work/log" >&2
		die "cannot fetch $3 ($1, $2)"
	fi
}

# make_runnable DIR LIBROOT: programs that the host's C library is too old for
# are started with the one that came along with them.
make_runnable() {
	local f loader

	loader=$(find "$2" -name 'ld-linux-x86-64.so.2' | head -n 1)
	find "$1" -type f -perm -u+x | while read -r f; do
		[ "$(head -c 4 "$f" | tail -c 3)" = ELF ] || continue
		# Not by a pipe: one that grep -q leaves early is a failure where pipefail is set.
		case $(ldd "$f" 2>&1 || true) in *'not found'*) ;; *) continue ;; esac
		[ -n "$loader" ] || die "$f needs a newer C library"
		mv "$f" "$f.elf"
		cat >"$f" <<-WRAP
		#!/bin/sh
		# Made by scripts/setup.sh: runs the program beside it with its own C library.
		here=\$(dirname "\$(readlink -f "\$0")")
		root=\$here/$(realpath --relative-to="$(dirname "$f")" "$2")
		exec "\$root/$(realpath --relative-to="$2" "$loader")" \\
			--library-path "\$root/usr/lib/x86_64-linux-gnu:\$root/lib/x86_64-linux-gnu" \\
			"\$here/$(basename "$f").elf" "\$@"
		WRAP
		chmod 755 "$f"
	done
}

# finish NAME PACKAGES: what was made in $work/root becomes CACHE/NAME in one step
finish() {
	echo "$recipe $2" >"$work/root/.recipe"
	rm -rf "${cache:?}/$1"
	mv "$work/root" "$cache/$1"
	rm -rf "$work"
	work=
	say "$1 is ready"
}

# have NAME PACKAGES
have() { [ "$(cat "$cache/$1/.recipe" 2>/dev/null)" = "$recipe $2" ]; }

begin() {
	if [ $check_only = 1 ]; then
		die "$1 is missing"
	fi
	say "fetching $1"
	work=$(mktemp -d "$cache/.new-XXXXXX")
	chmod 755 "$work"
}

# Python for the board, with what ctypes needs: examples and the module run there.
python_debs=python3.11-minimal,libpython3.11-stdlib,libffi8,libexpat1,zlib1g

want_python() {
	have python $python_debs && return
	begin python
	unpack bookworm arm64 $python_debs "$work/root"
	(cd "$work/root" && rm -rf usr/share var dev tmp etc)
	finish python $python_debs
}

sysroot_debs=libc6-dev,libstdc++-12-dev,libgomp1,libopenblas-dev,libgsl-dev,libpfm4-dev
sysroot_debs+=,libprotobuf-c-dev,libpng-dev,libjpeg-dev,zlib1g-dev,libjansson-dev,libssl-dev
sysroot_debs+=,busybox-static,kmod,i2c-tools

want_sysroot() {
	have sysroot $sysroot_debs && return
	begin sysroot
	unpack bookworm arm64 $sysroot_debs "$work/root"
	(cd "$work/root" && rm -rf usr/share var dev usr/lib/gcc/aarch64-linux-gnu/12/cc1* \
		usr/lib/aarch64-linux-gnu/libopenblas64* tmp)
	finish sysroot $sysroot_debs
}

# want_kernel NAME SUITE ARCH PACKAGES
want_kernel() {
	local root headers common kbuild hostarch libs config link

	have "kernel-$1" "$4" && return
	begin "kernel-$1"
	root=$work/root
	unpack "$2" "$3" "$4" "$root"

	headers=$(find "$root/usr/src" -maxdepth 1 -name 'linux-headers-*' ! -name '*-common*')
	common=$(find "$root/usr/src" -maxdepth 1 -name 'linux-headers-*-common*')
	[ -f "$headers/Makefile" ] && [ -d "$common" ] || die "kernel-$1: no headers unpacked"
	config=${headers##*/linux-headers-}
	echo "$config" >"$root/release"

	# kbuild's own programs have to run here.
	hostarch=$(dpkg --print-architecture)
	kbuild=$(basename "$(find "$root/usr/lib" -maxdepth 1 -name 'linux-kbuild-*')")
	if [ "$hostarch" != "$3" ]; then
		unpack "$2" "$hostarch" "$kbuild" "$work/kbuild"
		[ -d "$work/kbuild/usr/lib/$kbuild" ] || die "kernel-$1: no $kbuild for $hostarch"
		rm -rf "$root/usr/lib/$kbuild"
		mv "$work/kbuild/usr/lib/$kbuild" "$root/usr/lib/"
		libs=$root/usr/lib/$kbuild/libroot
		mkdir -p "$libs"
		(cd "$work/kbuild" && find . -name '*.so*' ! -path './usr/share/*' \
			! -path './usr/lib/gcc/*' -print0 |
			cpio --quiet -0pdm "$libs")
	else
		libs=$root
	fi
	make_runnable "$root/usr/lib/$kbuild" "$libs"

	# Absolute paths of an installed system become relative to the file.
	sed -i -e 's|/usr/src/|$(dir $(abspath $(lastword $(MAKEFILE_LIST))))../|' \
		-e 's|^KBUILD_OUTPUT=.*|KBUILD_OUTPUT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))|' \
		"$headers/Makefile"
	# The host's compiler instead of the one of the kernel's release.
	sed -i -e 's|^CC = .*|CC = $(CROSS_COMPILE)gcc|' "$headers/.kernelvariables"
	# What later compilers than it know, and the kernel does as well without.
	sed -i -E -e '/CONFIG_CC_HAS_(MIN_FUNCTION_ALIGNMENT|COUNTED_BY[A-Z_]*)\b/d' \
		"$headers/include/config/auto.conf" "$headers/include/generated/autoconf.h"
	# Without it the build leaves type information out, and needs no pahole.
	rm -f "$headers/vmlinux"
	ln -sfn "usr/src/$(basename "$headers")" "$root/kdir"

	if [ "$3" = arm64 ]; then
		link=$(cd "$root" && find boot usr/lib/modules -name 'vmlinuz*' 2>/dev/null || true)
		[ -n "$link" ] || die "kernel-$1: no kernel image unpacked"
		ln -sfn "$link" "$root/image"
		link=$(cd "$root" && find lib/modules usr/lib/modules -name modules.order \
			2>/dev/null || true)
		ln -sfn "$(dirname "$link")" "$root/modules"
		ln -sfn "usr/lib/linux-image-$config" "$root/dtb"
		# Drivers of devices that the virtual board does not have.
		(cd "$root/modules/kernel" && rm -rf sound drivers/gpu drivers/media drivers/net \
			drivers/infiniband drivers/staging drivers/scsi drivers/usb \
			drivers/bluetooth drivers/md drivers/mtd net/wireless net/mac80211)
	fi
	(cd "$root" && rm -rf usr/share usr/lib/gcc usr/lib/systemd usr/lib/dracut \
		usr/lib/aarch64-linux-gnu usr/lib/klibc var tmp dev)
	finish "kernel-$1" "$4"
}

want() {
	case $1 in
	base)
		want_packages "$install_packages$base_packages"
		want_kernel 6.1 bookworm arm64 linux-image-arm64,linux-headers-arm64
		want_sysroot
		want_python
		;;
	packages) want_packages "$install_packages$base_packages" ;;
	debug-packages) want_packages "$debug_packages" ;;
	lint-packages) want_packages "$lint_packages" ;;
	fuzz-packages) want_packages "$fuzz_packages" ;;
	test-packages) want_packages "$test_packages" ;;
	container-packages) want_packages "$container_packages" ;;
	bench-packages) want_packages "$bench_packages" ;;
	report-packages) want_packages "$report_packages" ;;
	sysroot) want_sysroot ;;
	python) want_python ;;
	5.10) want_kernel 5.10 bullseye arm64 linux-image-arm64,linux-headers-arm64 ;;
	6.1) want_kernel 6.1 bookworm arm64 linux-image-arm64,linux-headers-arm64 ;;
	6.12) want_kernel 6.12 trixie arm64 linux-image-arm64,linux-headers-arm64 ;;
	7.2) want_kernel 7.2 sid arm64 linux-image-arm64,linux-headers-arm64 ;;
	6.1-rt) want_kernel 6.1-rt bookworm arm64 linux-image-rt-arm64,linux-headers-rt-arm64 ;;
	amd64) want_kernel amd64 bookworm amd64 linux-headers-amd64 ;;
	*) say "unknown '$1'"; usage >&2; exit 2 ;;
	esac
}

wanted=()
while [ $# -gt 0 ]; do
	case $1 in
	--help | -h) usage; exit 0 ;;
	--check) check_only=1 ;;
	--print)
		# shellcheck disable=SC2046 # one line
		echo apt-get install --no-install-recommends $(names "$install_packages")
		exit 0
		;;
	-*) say "unknown option '$1'"; usage >&2; exit 2 ;;
	*) wanted+=("$1") ;;
	esac
	shift
done
[ ${#wanted[@]} -gt 0 ] || wanted=(base)

mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
# One set-up at a time, also across clones that share the cache.
exec 9>"$cache/.lock"
flock 9
rm -rf "$cache"/.new-*
for w in "${wanted[@]}"; do
	want "$w"
done
