#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Readers other than ours: the C and the Python example must read the same power
# from the same stream, as a file with a recording's header, as a bare stream on
# a pipe in pieces of 7 bytes, and with records in it that they do not know. The
# stream is made here from the UAPI header's offsets alone.
# Exit: 0 passed, 1 failed, 77 no python3 or no compiler.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
python=/usr/bin/python3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

[ -x $python ] || { echo "SKIP: no $python"; exit 77; }
command -v "${CC:=cc}" >/dev/null || { echo "SKIP: no compiler"; exit 77; }
"$CC" -std=gnu11 -Wall -Wextra -Werror -I "$top/kmod/uapi" -o "$work/power" \
	"$top/user/examples/power.c" || exit 1

$python - "$work" <<'END' || exit 1
import struct, sys
seq = 0
def record(kind, body, flags=0):
    global seq
    seq += 1
    body += bytes(-len(body) % 8)
    return struct.pack("=IHHQQ", 24 + len(body), kind, flags, seq, 10**9 + seq * 10**6) + body
def rail(index, label):
    return record(1, struct.pack("=IIIIIIIIQ32s", 3, 0, 72, 0, index, 0, index + 1, 10000, 0, label))
def channel(index, power_uw):
    return struct.pack("=IIhhiiiqQQQ", index, 0, 80, 5000, 400, -40000, 5000, power_uw, 1, 2, 3)
def power(*values):
    return record(2, struct.pack("=IIQQII", 0, len(values), 1, 2, 3, 0) + b"".join(channel(i, v) for i, v in enumerate(values)))
stream = rail(0, b"VDD_IN") + rail(1, b"VDD_CPU") + record(1, struct.pack("=II96x", 1, 0))
stream += record(3, bytes(40)) + power(1234500, -200000) + record(0x7abc, bytes(4096)) + record(5, bytes(40))
stream += power(1, 2147483648) * 1 + record(0x8000, b"key: value\n")
open(sys.argv[1] + "/capture.syn", "wb").write(b"SYNERGY\0" + struct.pack("=II", 1, 0x01020304) + stream)
open(sys.argv[1] + "/stream", "wb").write(stream)
END
cat >"$work/expected" <<'END'
1.005000 s  VDD_IN 1234.5 mW  VDD_CPU -200.0 mW
1.008000 s  VDD_IN 0.0 mW  VDD_CPU 2147483.6 mW
END

check()
{
	if ! diff -u "$work/expected" "$work/out"; then
		echo "FAIL: $1"
		failures=$((failures + 1))
	fi
}

for reader in "$work/power" "$python $top/user/examples/power.py"; do
	name=$(basename "${reader##* }")
	$reader "$work/capture.syn" >"$work/out" || failures=$((failures + 1))
	check "$name: recording"
	dd if="$work/stream" bs=7 status=none | $reader - >"$work/out" || failures=$((failures + 1))
	check "$name: pipe"
	$reader "$work/stream" 1 | diff -u <(head -n 1 "$work/expected") - || {
		echo "FAIL: $name: one record"
		failures=$((failures + 1))
	}
	$reader "$work/nothing-here" 2>"$work/err" && failures=$((failures + 1))
	grep -q nothing-here "$work/err" || { echo "FAIL: $name: error names no file"; failures=$((failures + 1)); }
done
lines=$(wc -l <"$top/user/examples/power.py")
[ "$lines" -le 30 ] || { echo "FAIL: power.py has $lines lines"; failures=$((failures + 1)); }
[ $failures = 0 ]
