#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-run where there is no device: what it prints and leaves behind, that energy
# stays empty, exit codes, and one clear line for each kind of bad input.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
run=$bin/synergy-run
[ -x "$run" ] || { echo "SKIP: not built"; exit 77; }
[ ! -e /dev/synergy ] || { echo "SKIP: there is a device here"; exit 77; }

cat >"$work/tiny.prototxt" <<'END'
name: "tiny"
input: "data"
input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc"
        inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
END
net=$work/tiny.prototxt

# a run, its table and its files
expect 0 "$run" --runs 3 --output "$work/o" "$net"
has err "no such device"
has err "energy stays empty"
has out "no power was measured"
has out "3 inferences"
for f in layers.csv layers.json report.html capture.syn output.npy; do
    [ -s "$work/o/$f" ] || wrong "$f is missing"
done
[ -z "$(column "$work/o/layers.csv" conv energy_uj)" ] || wrong "energy was made up"
[ "$(column "$work/o/layers.csv" conv mac)" = 6912 ] || wrong "conv has not 6912 MACs"
[ -n "$(column "$work/o/layers.csv" conv time_us)" ] || wrong "no time"
[ "$(column "$work/o/layers.csv" conv method)" = im2col ] || wrong "conv's method is not im2col"
for key in model_hash kernel host cpu backend command runs warmup; do
    grep -q "^# $key: " "$work/o/layers.csv" || wrong "layers.csv lacks \"# $key:\""
done
grep -q "^# model_hash: sha256:$(sha256sum "$net" | cut -d' ' -f1)" "$work/o/layers.csv" ||
    wrong "the model's hash is another"

# its recording gives the same again
expect 0 "$bin/synergy-report" --format csv "$work/o/capture.syn"
cmp -s "$work/out" "$work/o/layers.csv" || wrong "synergy-report differs from synergy-run"

# the same seed gives the same output, another seed another; --dump agrees with --output
expect 0 "$run" --measure off --runs 1 --output "$work/p" --dump "$work/d" "$net"
cmp -s "$work/o/output.npy" "$work/p/output.npy" || wrong "a second run gives another output"
cmp -s "$work/d/003-prob.npy" "$work/p/output.npy" || wrong "--dump differs from --output"
[ "$(ls "$work/d" | wc -l)" = 4 ] || wrong "--dump wrote not four files"
expect 0 "$run" --measure off -q --seed 2 --runs 1 --output "$work/q" "$net"
cmp -s "$work/o/output.npy" "$work/q/output.npy" && wrong "another seed gives the same output"
for backend in eigen blis reference; do
    expect 0 "$run" --measure off -q --backend $backend --conv direct --runs 1 --output "$work/b" "$net"
    /usr/bin/python3 - "$work/b/output.npy" "$work/o/output.npy" <<'END' || wrong "$backend gives another output"
import struct, sys
def npy(path):
    d = open(path, "rb").read()
    d = d[10 + struct.unpack_from("<H", d, 8)[0]:]
    return struct.unpack("<%df" % (len(d) // 4), d)
a, b = npy(sys.argv[1]), npy(sys.argv[2])
assert max(abs(x - y) for x, y in zip(a, b)) < 1e-6 and abs(sum(b) - 1) < 1e-5
END
done

# what goes in: .npy, TensorProto, PNG; labels
/usr/bin/python3 - "$work" <<'END'
import struct, sys, zlib
w = sys.argv[1]
v = [i / 192 for i in range(192)]
head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 8, 8), }"
head += b" " * (63 - (len(head) + 10) % 64) + b"\n"
raw = struct.pack("<192f", *v)
open(w + "/in.npy", "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + raw)
open(w + "/short.npy", "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + raw[:99])
open(w + "/in.pb", "wb").write(bytes([8, 1, 8, 3, 8, 8, 8, 8, 16, 1, 74, 0x80, 6]) + raw)
def chunk(t, d):
    return struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
rows = b"".join(b"\0" + bytes((x * 10, y * 10, 200) [c] for x in range(16) for c in range(3)) for y in range(16))
open(w + "/in.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
open(w + "/labels", "w").write("".join("class %d\n" % i for i in range(10)))
open(w + "/few", "w").write("one\n")
END
expect 0 "$run" --measure off -q --runs 1 --input "$work/in.npy" --output "$work/npy" --labels "$work/labels" "$net"
has out "class "
expect 0 "$run" --measure off -q --runs 1 --input "$work/in.pb" --output "$work/pb" "$net"
cmp -s "$work/npy/output.npy" "$work/pb/output.npy" || wrong ".npy and .pb differ"
expect 0 "$run" --measure off -q --runs 1 --input "$work/in.png" --mean 104,117,123 --scale 0.017 --output "$work/png" "$net"
expect 0 "$run" --measure off -q --runs 1 --input "$work/in.png" --mean 104,117,123 --scale 0.017 --channels rgb --output "$work/rgb" "$net"
cmp -s "$work/png/output.npy" "$work/rgb/output.npy" && wrong "channel order makes no difference"
expect 1 "$run" --measure off -q --input "$work/short.npy" "$net"
has err "truncated"
expect 1 "$run" --measure off -q --input "$work/few" "$net"
has err "few"
expect 1 "$run" --measure off -q --labels "$work/few" --runs 1 "$net"
has err "no line"
expect 1 "$run" --measure off -q --input "$work/in.npy" --input "$work/in.npy" "$net"
has err "1 input"

# describing without running
expect 0 "$run" --describe "$net"
has out "conv"
expect 0 "$run" --format json --measure off -q --runs 1 "$net"
/usr/bin/python3 -m json.tool "$work/out" >/dev/null || wrong "--format json is no JSON"
expect 0 "$run" --format csv --measure off -q --runs 1 --name mine "$net"
has out "mine,0,conv,Conv,6912,"

# exit codes and one line each
one() { expect "$1" "$run" -q "${@:3}"; has err "$2"; lines err 1; }
one 3 "no such device" --measure require "$net"
one 1 "No such file" --measure off "$work/none.onnx"
one 1 "directory" --measure off "$work"
: >"$work/empty"
one 1 "empty" --measure off "$work/empty"
head -c 300 /dev/urandom >"$work/noise"
one 1 "noise" --measure off "$work/noise"
printf 'layer { name: "x" type: "Nonsense" }' >"$work/op.prototxt"
one 1 "Nonsense" --measure off "$work/op.prototxt"
one 1 "wrong.caffemodel" --measure off --weights "$work/wrong.caffemodel" "$net"
one 1 "near it: " --measure off -e cylces "$net"
one 1 "no PMU nopmu" --measure off -e nopmu/config=1/ "$net"
one 1 "none-such" --measure off --backend none-such "$net"
one 1 "no power is measured" --measure off --until 5 "$net"
one 1 "/proc" --measure off --runs 1 --output /proc/none "$net"
one 2 "--runs 0" --runs 0 "$net"
one 2 "--runs x" --runs x "$net"
one 2 "--rate -1" --rate -1 "$net"
one 2 "--conversion 150: the chip has 140," --conversion 150 "$net"
one 2 "--conversion 140us" --conversion 140us "$net"
one 2 "--conversion -140" --conversion -140 "$net"
one 2 "--conv maybe" --conv maybe "$net"
one 2 "--measure maybe" --measure maybe "$net"
one 2 "--format maybe" --format maybe "$net"
one 2 "--cpu 4000" --cpu 4000 "$net"
one 2 "--nonsense" --nonsense "$net"
one 2 "needs a value" "$net" --rate
one 2 "no model file" --runs 1
one 2 "one model file at a time" "$net" "$net"
expect 1 bash -c "'$run' -q --measure off --runs 1 '$net' >/dev/full"
expect 0 "$run" --help
for option in $(sed -n 's/^ *\(-.,\)\? *\(--[a-z-]*\).*/\2/p' "$work/out" | sort -u); do
    grep -q -- "${option#--}" "$top/user/tools/run_options.c" || wrong "$option in --help does not exist"
done
expect 0 "$run" --version
finish
