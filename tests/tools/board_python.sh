#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A reader other than ours, for real: the board boots with synergy.ko and the
# simulated chip, and Debian's own arm64 Python runs the example on /dev/synergy;
# then the C example reads, too. Each must print samples with the chip's rails.
# Exit: 0 passed, 1 failed, 77 something was not set up or built.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${SYNERGY_CACHE_DIR:-$top/build/cache}
python=$cache/python/usr
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

[ -x "$python/bin/python3.11" ] || { echo "SKIP: no $python (scripts/setup.sh python)"; exit 77; }
[ -n "$(find "$top/build/kmod/6.1" -name synergy.ko 2>/dev/null)" ] ||
	{ echo "SKIP: synergy.ko is not built for the board"; exit 77; }
[ -x "$top/build/arm64/tests/board/example_power" ] ||
	{ echo "SKIP: the examples are not built for the board"; exit 77; }

mkdir -p "$work/python/lib"
cp -r "$python/lib/python3.11" "$work/python/lib/"
cp "$python/bin/python3.11" "$work/python/"
for library in libm.so.6 libz.so.1 libexpat.so.1; do
	cp -L "$cache/python/lib/aarch64-linux-gnu/$library" "$work/python/lib/" || exit 1
done
cat >"$work/read.sh" <<'END'
echo python
LD_LIBRARY_PATH=/root/python/lib:/usr/lib PYTHONHOME=/root/python \
	/root/python/python3.11 -S -B power.py /dev/synergy 5 || exit 1
echo c
example_power /dev/synergy 5 || exit 1
END
"$top/scripts/board/run" --load --log "$work/kernel.log" --timeout 110 --in "$work/python" \
	--in "$work/read.sh" --in "$top/user/examples/power.py" -- sh read.sh >"$work/out"
status=$?
cat "$work/out"
[ $status = 0 ] || { echo "FAIL: exit status $status"; exit 1; }
pattern='^[0-9.]+ s  VDD_IN [0-9]+\.[0-9] mW  VDD_GPU [0-9]+\.[0-9] mW  VDD_CPU [0-9]+\.[0-9] mW$'
n=$(grep -cE "$pattern" "$work/out")
[ "$n" = 10 ] || { echo "FAIL: $n good lines, not 10"; exit 1; }
