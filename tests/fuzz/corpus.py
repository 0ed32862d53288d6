#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write the fuzz targets' seed corpus: corpus.py DIR MAKE_RECORDING

Small files that reach every operator and layer type: the ONNX backend's node
tests where libonnx-testdata is installed (below 4 KiB each) and their tensors,
networks of the zoo, and hand-made prototxt, caffemodel, array, picture and table
files. MAKE_RECORDING is the tool tests' program of that name.
"""
import glob
import json
import os
import struct
import subprocess
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from wire import field, varint
TESTDATA = "/usr/share/libonnx-testdata/data"
OPERATORS = ("add", "averagepool", "basic_conv", "batchnorm", "cast", "clip", "concat", "constant",
             "constantofshape", "conv_", "convinteger", "div", "dropout", "dequantize", "dynamicquantize", "einsum", "elu", "expand", "flatten", "gather_",
             "gemm", "globalaveragepool", "globalmaxpool", "hardsigmoid", "hardswish", "identity",
             "leakyrelu", "logsoftmax", "lrn", "matmul", "max_", "maxpool", "mean", "min_", "mul",
             "pow", "prelu", "qlinear", "quantize", "reduce_", "relu", "reshape", "shape", "sigmoid", "slice", "softmax",
             "split_", "sqrt", "squeeze", "sub", "sum", "tanh", "transpose", "unsqueeze")

LAYERS = """
layer { name: "l1" type: "AbsVal" bottom: "x" top: "x" }
layer { name: "l2" type: "BNLL" bottom: "x" top: "x2" }
layer { name: "l3" type: "BatchNorm" bottom: "x" top: "x3" batch_norm_param { use_global_stats: true eps: 1e-3 } }
layer { name: "l4" type: "Bias" bottom: "x" top: "x4" bias_param { axis: 1 num_axes: 2 } }
layer { name: "l5" type: "Clip" bottom: "x" top: "x5" clip_param { min: -1 max: 6.0f } }
layer { name: "l6" type: "Concat" bottom: "x2" bottom: "x3" top: "x6" concat_param { axis: -3 } }
layer { name: "l7" type: "Convolution" bottom: "x" top: "x7" param { name: "shared" lr_mult: 1 } convolution_param { num_output: 4 kernel_h: 3 kernel_w: 2 stride: 2 pad_h: 1 pad_w: 0 group: 2 dilation: 1 weight_filler { type: "xavier" } } }
layer { name: "l8" type: "Dropout" bottom: "x7" top: "x7" dropout_param { dropout_ratio: .4 } }
layer { name: "l9" type: "ELU" bottom: "x" top: "x9" elu_param { alpha: 0.5 } }
layer { name: "l10" type: "Eltwise" bottom: "x" bottom: "x9" top: "x10" eltwise_param { operation: SUM coeff: 1 coeff: -1 } }
layer { name: "l11" type: "Exp" bottom: "x" top: "x11" exp_param { base: -1 } }
layer { name: "l12" type: "Flatten" bottom: "x" top: "x12" flatten_param { axis: 2 end_axis: -1 } }
layer { name: "l13" type: "InnerProduct" bottom: "x" top: "x13" inner_product_param { num_output: 3 transpose: true } }
layer { name: "l14" type: "LRN" bottom: "x" top: "x14" lrn_param { norm_region: WITHIN_CHANNEL local_size: 3 } }
layer { name: "l15" type: "Log" bottom: "x" top: "x15" }
layer { name: "l16" type: "PReLU" bottom: "x" top: "x16" prelu_param { channel_shared: true } }
layer { name: "l17" type: "Pooling" bottom: "x" top: "x17" pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 ceil_mode: false } }
layer { name: "l18" type: "Pooling" bottom: "x" top: "x18" pooling_param { pool: MAX global_pooling: true } }
layer { name: "l19" type: "Power" bottom: "x" top: "x19" power_param { power: 2 scale: 0.5 shift: 1 } }
layer { name: "l20" type: "ReLU" bottom: "x" top: "x20" relu_param { negative_slope: 0.1 } }
layer { name: "l21" type: "Reduction" bottom: "x" top: "x21" reduction_param { operation: MEAN axis: 1 } }
layer { name: "l22" type: "Reshape" bottom: "x" top: "x22" reshape_param { shape { dim: 0 dim: -1 } axis: 1 num_axes: 2 } }
layer { name: "l23" type: "Scale" bottom: "x" top: "x23" scale_param { bias_term: true num_axes: -1 } }
layer { name: "l24" type: "Slice" bottom: "x" top: "x24" top: "y24" slice_param { axis: 1 slice_point: 1 } }
layer { name: "l25" type: "Split" bottom: "x" top: "x25" top: "y25" include { phase: TEST not_stage: "a" } }
layer { name: "l26" type: "Softmax" bottom: "x" top: "x26" softmax_param { axis: 1 } exclude { phase: TRAIN } }
layer { name: "l27" type: "Permute" bottom: "x" top: "x27" permute_param { order: 0 order: 2 order: 3 order: 1 } }
"""
INPUTS = ('input: "x" input_dim: 1 input_dim: 2 input_dim: 6 input_dim: 5',
          'input: "x" input_shape { dim: [1, 2, 6, 5] }',
          'layer { name: "x" type: "Input" top: "x" input_param < shape: { dim: 1; dim: 2; dim: 6, dim: 0x5 } > }')
V1 = """name: 'v1' # comment
input: "x" input_dim: 1 input_dim: 2 input_dim: 8 input_dim: 8
layers { name: "a" type: CONVOLUTION bottom: "x" top: "a" param: "w" blobs_lr: 1 convolution_param { num_output: 2 kernel_size: 3 } }
layers { name: "b" type: RELU bottom: "a" top: "a" }
layers { name: "c" type: POOLING bottom: "a" top: "c" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layers { name: "d" type: INNER_PRODUCT bottom: "c" top: "d" inner_product_param { num_output: 2 } }
layers { name: "e" type: SOFTMAX bottom: "d" top: "e\\x41" }
"""


def write(directory, name, data):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def onnx_seeds(directory):
    for kind in ("node", "simple", "pytorch-operator"):
        for path in sorted(glob.glob(os.path.join(TESTDATA, kind, "*", "model.onnx"))):
            name = os.path.basename(os.path.dirname(path))
            if not any(name.startswith("test_" + op) for op in OPERATORS) and kind == "node":
                continue
            if os.path.getsize(path) < 4096:
                with open(path, "rb") as f:
                    write(directory, name + ".onnx", f.read())
    # A model by hand, so that there is a seed without the test data: y = Relu(x).
    def field(number, payload):
        return bytes([number << 3 | 2, len(payload)]) + payload
    value = field(2, field(1, b"\x08\x01" + field(2, field(1, b"\x08\x02"))))
    graph = (field(1, field(1, b"x") + field(2, b"y") + field(4, b"Relu")) + field(2, b"g") +
             field(11, field(1, b"x") + value) + field(12, field(1, b"y") + value))
    write(directory, "relu.onnx", b"\x08\x07" + field(7, graph) + field(8, b"\x10\x0d"))


def constant_seeds(directory):
    """Every form of constant data, and folding of every kind; needs python3-onnx."""
    try:
        import numpy as np
        import onnx
        import onnx.numpy_helper
    except ImportError:
        sys.stderr.write("corpus.py: no python3-onnx, seeds with constants are left out\n")
        return
    helper, tensor = onnx.helper, onnx.TensorProto

    def model(name, nodes, initializers, opset=13, output="y", inputs=()):
        graph = helper.make_graph(nodes, "g", [
            helper.make_tensor_value_info(i, tensor.FLOAT, [1, 2, 3, 4]) for i in inputs],
            [helper.make_tensor_value_info(output, tensor.FLOAT, None)], initializers)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        write(directory, name + ".onnx", made.SerializeToString())

    def const(name, values, dtype="int64"):
        return onnx.numpy_helper.from_array(np.array(values, dtype), name)

    def node(op, inputs, outputs="y", **attributes):
        return helper.make_node(op, inputs.split(), outputs.split(), **attributes)

    for dtype in ("float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint64",
                  "uint32", "uint16", "uint8", "bool"):
        raw = const("c", [[1, 0], [1, 1]], dtype)
        typed = helper.make_tensor("c", raw.data_type, [2, 2], [1, 0, 1, 1])
        for form, value in (("raw", raw), ("typed", typed)):
            for to in (tensor.FLOAT, tensor.INT64, tensor.BOOL, tensor.INT8):
                model("cast_%s_%s_%d" % (dtype, form, to), [node("Cast", "c", to=to)], [value])
        model("constant_" + dtype, [node("Constant", "", value=typed)], [])
        model("neg_" + dtype, [node("Neg", "c", "a"), node("Add", "a c")], [raw])
    big = const("c", np.arange(2048).reshape(2, 1024), "float32")
    two = const("d", [2.0], "float32")
    for op in ("Add", "Sub", "Mul", "Div"):
        model("fold_" + op, [node(op, "c d")], [big, two])
        model("fold_int_" + op, [node(op, "c d")], [const("c", [[6], [8]]), const("d", [1, 2, 3])])
    for op in ("Abs", "Sqrt", "Floor", "Ceil", "Reciprocal", "Exp", "Identity", "Transpose"):
        model("fold_" + op, [node(op, "c")], [big])
    vector = {n: const(n, v) for n, v in (("zero", [0]), ("one", [1]), ("minus", [-1]), ("axes", [0, 1]),
                                          ("steps", [-2]), ("big", [-1 << 40]), ("shape", [2, 3, 4]))}
    model("fold_slice", [node("Slice", "c minus big one steps", "a"), node("Expand", "a shape", "b"),
                         node("Gather", "b zero", axis=-1)], [const("c", [[[1], [2], [3]]], "float32")] +
          list(vector.values()))
    model("fold_views", [node("Unsqueeze", "c axes", "a"), node("Squeeze", "a zero", "b"),
                         node("Flatten", "b", "d", axis=1), node("Reshape", "d minus")], [big] +
          list(vector.values()))
    model("fold_concat", [node("Concat", "c c", "a", axis=1), node("Split", "a", "b y", axis=0)], [big])
    model("fold_shape", [node("Shape", "x", "s"), node("Slice", "s zero one", "n"),
                         node("ReduceProd", "s", "p", keepdims=1), node("Div", "p n", "q"),
                         node("Concat", "n q", "t", axis=0), node("Reshape", "x t")],
          list(vector.values()), inputs=("x",))
    model("fold_fill", [node("ConstantOfShape", "shape", "a", value=helper.make_tensor(
        "v", tensor.FLOAT, [1], [0.5])), node("Add", "a x")], [const("shape", [1, 2, 3, 4])], inputs=("x",))
    model("attributes", [helper.make_node("Slice", ["x"], ["a"], starts=[0, 1], ends=[1, 9], axes=[0, -1]),
                         helper.make_node("Pad", ["a"], ["b"], pads=[0, 0, 1, 1, 0, 0, -1, 2], mode="reflect"),
                         helper.make_node("Upsample", ["b"], ["y"])], [], opset=9, inputs=("x",))
    model("attributes6", [helper.make_node("Add", ["x", "c"], ["a"], broadcast=1, axis=1),
                          helper.make_node("PRelu", ["a", "c"], ["y"])],
          [const("c", [1, 2], "float32")], opset=6, inputs=("x",))
    external = const("c", [1, 2], "float32")
    external.ClearField("raw_data")
    external.data_location = tensor.EXTERNAL
    for key, value in (("location", "README.md"), ("offset", "4"), ("length", "8")):
        entry = external.external_data.add()
        entry.key, entry.value = key, value
    model("external", [node("Identity", "c")], [external])


def function_seeds(directory):
    """Calls of the model's own functions, with attributes that stand for others."""
    try:
        from onnx import helper
    except ImportError:
        return
    leaky = helper.make_node("LeakyRelu", ["a"], ["b"])
    reference = leaky.attribute.add()
    reference.name, reference.ref_attr_name, reference.type = "alpha", "slope", 1
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid("o", 1)]
    twice = [helper.make_node("L", ["c"], ["t"], domain="o", slope=.5),
             helper.make_node("L", ["t"], ["d"], domain="o")]
    functions = [helper.make_function("o", "L", ["a"], ["b"], [leaky], opsets, ["slope"]),
                 helper.make_function("o", "T", ["c", "e"], ["d", "e"], twice, opsets)]
    values = [helper.make_tensor_value_info(name, 1, [2, 3]) for name in "xy"]
    nodes = [helper.make_node("T", ["x", "x"], ["u", "v"], domain="o"),
             helper.make_node("T", ["u", ""], ["y", ""], domain="o")]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:])
    made = helper.make_model(graph, opset_imports=opsets, functions=functions).SerializeToString()
    write(directory, "functions.onnx", made)
    default = field(11, helper.make_attribute("slope", .25).SerializeToString())
    first = functions[0].SerializeToString()
    write(directory, "defaults.onnx", made.replace(field(25, first), field(25, first + default)))


def prototxt_seeds(directory):
    for path in glob.glob(os.path.join(HERE, "..", "..", "scripts", "zoo", "*.prototxt")):
        if os.path.getsize(path) < 8192:
            with open(path, "rb") as f:
                write(directory, os.path.basename(path), f.read())
    for i, text in enumerate(INPUTS):
        write(directory, "layers%d.prototxt" % i, "name: 'n'\n" + text + LAYERS)
    for i, line in enumerate(LAYERS.strip().split("\n")):
        write(directory, "layer%02d.prototxt" % i, INPUTS[i % 3] + "\n" + line)
    write(directory, "v1.prototxt", V1)


def caffemodel_seeds(directory):
    def blob(dims, old):
        count = 1
        for d in dims:
            count *= d
        data = field(5, struct.pack("<%df" % count, *([0.5] * count)))
        if not old:
            return field(7,
                         field(7, field(1, b"".join(varint(d) for d in dims))) + data)
        four = [1] * (4 - len(dims)) + list(dims)
        return field(7, b"".join(varint(i + 1 << 3) + varint(d) for i, d in enumerate(four)) + data)

    net = (("c", ((4, 1, 3, 3), (4,))), ("b", ((4,), (4,), (1,))), ("s", ((4,), (4,))),
           ("p", ((4,),)), ("f", ((3, 64), (3,))))
    for old in (False, True):
        data = b"".join(field(100, field(1, name.encode()) + b"".join(blob(d, old) for d in blobs))
                        for name, blobs in net)
        write(directory, "old.caffemodel" if old else "new.caffemodel", field(1, b"n") + data)


def npy_seeds(directory):
    for descr, size in (("<f4", 4), (">f4", 4), ("<f8", 8), ("|u1", 1), ("<i8", 8)):
        for order, shape in ((False, (1, 3, 8, 8)), (True, (3, 64)), (False, (192,))):
            header = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)
            for version, form in ((1, "<H"), (2, "<I")):
                prefix = b"\x93NUMPY" + bytes([version, 0])
                pad = -(len(prefix) + struct.calcsize(form) + len(header) + 1) % 64
                text = header.encode() + b" " * pad + b"\n"
                write(directory, "%s-%d-%d-%d.npy" % (descr.strip("<>|"), descr[0] == ">", len(shape),
                                                     version),
                      prefix + struct.pack(form, len(text)) + text + bytes(192 * size))


def pb_seeds(directory):
    for path in sorted(glob.glob(os.path.join(TESTDATA, "node", "*", "test_data_set_0", "*.pb"))):
        if 0 < os.path.getsize(path) < 400:
            name = os.path.basename(os.path.dirname(os.path.dirname(path)))
            with open(path, "rb") as f:
                write(directory, name + os.path.basename(path), f.read())
    floats = b"".join(struct.pack("<f", i) for i in range(192))
    dims = b"".join(b"\x08" + struct.pack("B", d) for d in (1, 3, 8, 8))
    write(directory, "raw.pb", dims + b"\x10\x01" + b"\x4a\x80\x06" + floats)
    write(directory, "list.pb", dims + b"\x10\x01" + b"\x22\x80\x06" + floats)


def picture_seeds(directory):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    for depth, colour, samples in ((8, 2, 3), (8, 0, 1), (8, 6, 4), (16, 2, 6), (8, 3, 1)):
        lines = b"".join(b"\0" + bytes((x * 7 + y) % 4 for x in range(9 * samples))
                         for y in range(10))
        palette = chunk(b"PLTE", bytes(range(12))) if colour == 3 else b""
        write(directory, "%d-%d.png" % (depth, colour),
              b"\x89PNG\r\n\x1a\n" +
              chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 10, depth, colour, 0, 0, 0)) + palette +
              chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))
    # An 8x8 grey JPEG: one table each, one block whose only coefficient is 0.
    huffman = bytes([1] + [0] * 15)
    write(directory, "grey.jpg",
          b"\xff\xd8" + b"\xff\xdb\x00\x43\x00" + bytes([1] * 64) +
          b"\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00" +
          b"\xff\xc4\x00\x14\x00" + huffman + b"\x00" +
          b"\xff\xc4\x00\x14\x10" + huffman + b"\x00" +
          b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x3f" + b"\xff\xd9")


def recording_seeds(directory, make_recording):
    os.makedirs(directory, exist_ok=True)
    for what in ((), ("lost", "repeat"), ("errors",), ("gap",), ("other",), ("nomarks",),
                 ("nolayers",)):
        path = os.path.join(directory, "-".join(what or ("plain",)) + ".syn")
        subprocess.run([make_recording, path, "runs=1", *what], check=True)
        with open(path, "rb") as f:
            data = f.read()
        # Cut short it is quicker to read, and most of what can be broken is in front.
        write(directory, "-".join(what or ("plain",)) + "-cut.syn", data[:8192])


LAYERS_CSV = """# format: synergy-layers 1
# network: n
# rail: VDD_CPU
# total_uj: 403000 +- 1.26e+03
network,index,layer,op,mac,time_us,energy_uj,energy_ci95_uj,power_mw,samples,resolved,\
VDD_CPU_uj,ASE_SPEC,BUS_ACCESS,params,bytes_in,bytes_out,kernel_h,kernel_w,stride_h,stride_w,\
group,channels_in,channels_out,method
n,0,c1,Conv,1000000,40000,120000,329.1,3000,38,1,120000,245000,16000,10,4000,4000,3,3,1,1,1,8,8,im2col
n,1,"r, ""1"" x",Relu,0,4000,8000,250.5,2000,3,1,8000,400,40,10,4000,4000,,,,,1,,,simd
n,2,f,Gemm,500000,20000,30000,,1500,0,0,,120000,9000,10,4000,4000,,,,,1,,,gemm
n,3,(between),(between),0,5000,5000,33.8,1000,5,1,5000,50,5,,,,,,,,,,,
"""


def table_seeds(directory):
    write(os.path.join(directory, "layers"), "layers.csv", LAYERS_CSV)
    for name in ("tx1-openblas-conv.csv", "eigen-conv.csv"):
        with open(os.path.join(HERE, "..", "data", name), "rb") as f:
            write(os.path.join(directory, "layers"), name, f.read())
    with open(os.path.join(HERE, "seed_model.json"), encoding="utf-8") as f:
        model = json.load(f)
    write(os.path.join(directory, "model"), "published.json", json.dumps(model))
    # With parts for types of layers as well, so that it predicts.
    simd = next(p for p in model["parts"] if p["name"] == "simd")
    for name, column in (("conv", "mac"), ("fc", "bytes"), ("pool", "window"), ("norm", "one")):
        model["parts"].append(dict(simd, scope="type", name=name, target="energy_uj",
                                   columns=[column], ops_per_byte=1.5))
    write(os.path.join(directory, "model"), "types.json", json.dumps(model))


def main():
    if len(sys.argv) != 3:
        sys.stderr.write("usage: corpus.py DIR MAKE_RECORDING\n")
        return 2
    seeds = sys.argv[1]
    onnx_seeds(os.path.join(seeds, "onnx"))
    constant_seeds(os.path.join(seeds, "onnx"))
    function_seeds(os.path.join(seeds, "onnx"))
    prototxt_seeds(os.path.join(seeds, "prototxt"))
    caffemodel_seeds(os.path.join(seeds, "caffemodel"))
    npy_seeds(os.path.join(seeds, "npy"))
    pb_seeds(os.path.join(seeds, "pb"))
    picture_seeds(os.path.join(seeds, "picture"))
    recording_seeds(os.path.join(seeds, "recording"), sys.argv[2])
    table_seeds(seeds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
