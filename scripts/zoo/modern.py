#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the zoo's second set as .onnx: networks of 2016 and later, from their published
architectures, with seeded random weights (no trained file is needed: time and energy do
not depend on values). Each docstring names the publication; MACS has the published
multiply-accumulates, which a test compares with what comes out.

  modern.py --list
  modern.py [--seed N] [--output DIR] NETWORK...
"""

import argparse
import os
import sys

import onnx_net
import quantise

# Published multiply-accumulates of one inference, in units of 10^9, and where they stand.
MACS = {
    "efficientnet_b0": (0.39, "EfficientNet, table 2"),
    "mobilenet_v2": (0.300, "MobileNetV2, table 4"),
    "mobilenet_v3_small": (0.056, "MobileNetV3, table 3"),
    "mobilenet_v3_large": (0.219, "MobileNetV3, table 3"),
    "shufflenet_v2": (0.146, "ShuffleNet V2, table 8"),
    "regnetx_400mf": (0.4, "RegNet, table 5"),
    "convnext_tiny": (4.5, "ConvNeXt, table 1"),
    "resnet18": (1.8, "ResNet, table 1"),
    "yolov3_tiny": (5.56 / 2, "Darknet: 5.56 BFLOPs"),
    "unet": (None, "U-Net's form at 256 x 256 with a quarter of its channels"),
    "vit_tiny": (1.26, "DeiT-tiny: 1.26 G"),
    "mobilenet_v2_int8": (0.300, "MobileNetV2, table 4"),
}


def squeeze_excite(net, x, squeezed, act, gate):
    c = net.shapes[x][1]
    s = act(net.conv(net.global_pool(x), squeezed, name="se.reduce"))
    # torch writes the scale first.
    return net.mul(gate(net.conv(s, c, name="se.expand", gain=1)), x)


def efficientnet_b0(net):
    """Tan, Le: EfficientNet (ICML 2019), table 1."""
    x = net.swish(net.conv(net.input, 32, 3, 2, name="stem"))
    for expand, kernel, stride, out, repeats in (
            (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3),
            (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)):
        for i in range(repeats):
            before, c = x, net.shapes[x][1]
            if expand > 1:
                x = net.swish(net.conv(x, c * expand, name="expand"))
            mid = c * expand
            x = net.swish(net.conv(x, mid, kernel, 1 if i else stride, mid, "depthwise"))
            x = squeeze_excite(net, x, max(1, c // 4), net.swish, lambda t: net.unary("Sigmoid", t))
            x = net.conv(x, out, name="project", gain=1)
            if i:
                x = net.add(before, x)
    net.classifier(net.swish(net.conv(x, 1280, name="head")))


def mobilenet_v2(net):
    """Sandler et al.: MobileNetV2 (CVPR 2018), table 2."""
    x = net.relu6(net.conv(net.input, 32, 3, 2, name="stem"))
    for expand, out, repeats, stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
                                         (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(repeats):
            before, c = x, net.shapes[x][1]
            if expand > 1:
                x = net.relu6(net.conv(x, c * expand, name="expand"))
            mid = c * expand
            x = net.relu6(net.conv(x, mid, 3, 1 if i else stride, mid, "depthwise"))
            x = net.conv(x, out, name="project", gain=1)
            if i:
                x = net.add(before, x)
    net.classifier(net.relu6(net.conv(x, 1280, name="head")))


def round_to_8(channels):
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def mobilenet_v3(net, blocks, last, hidden):
    """Howard et al.: Searching for MobileNetV3 (ICCV 2019), tables 1 and 2."""
    x = net.hard_swish(net.conv(net.input, 16, 3, 2, name="stem"))
    for kernel, mid, out, se, act, stride in blocks:
        before, c = x, net.shapes[x][1]
        act = net.relu if act == "RE" else net.hard_swish
        if mid != c:
            x = act(net.conv(x, mid, name="expand"))
        x = act(net.conv(x, mid, kernel, stride, mid, "depthwise"))
        if se:
            x = squeeze_excite(net, x, round_to_8(mid // 4), net.relu, net.hard_sigmoid)
        x = net.conv(x, out, name="project", gain=1)
        if stride == 1 and out == c:
            x = net.add(before, x)
    x = net.hard_swish(net.conv(x, last, name="head"))
    x = net.hard_swish(net.linear(net.flatten(net.global_pool(x)), hidden))
    net.output(net.linear(x, 1000))


def mobilenet_v3_small(net):
    """Table 2."""
    mobilenet_v3(net, (
        (3, 16, 16, 1, "RE", 2), (3, 72, 24, 0, "RE", 2), (3, 88, 24, 0, "RE", 1),
        (5, 96, 40, 1, "HS", 2), (5, 240, 40, 1, "HS", 1), (5, 240, 40, 1, "HS", 1),
        (5, 120, 48, 1, "HS", 1), (5, 144, 48, 1, "HS", 1), (5, 288, 96, 1, "HS", 2),
        (5, 576, 96, 1, "HS", 1), (5, 576, 96, 1, "HS", 1)), 576, 1024)


def mobilenet_v3_large(net):
    """Table 1."""
    mobilenet_v3(net, (
        (3, 16, 16, 0, "RE", 1), (3, 64, 24, 0, "RE", 2), (3, 72, 24, 0, "RE", 1),
        (5, 72, 40, 1, "RE", 2), (5, 120, 40, 1, "RE", 1), (5, 120, 40, 1, "RE", 1),
        (3, 240, 80, 0, "HS", 2), (3, 200, 80, 0, "HS", 1), (3, 184, 80, 0, "HS", 1),
        (3, 184, 80, 0, "HS", 1), (3, 480, 112, 1, "HS", 1), (3, 672, 112, 1, "HS", 1),
        (5, 672, 160, 1, "HS", 2), (5, 960, 160, 1, "HS", 1), (5, 960, 160, 1, "HS", 1)), 960, 1280)


def shuffle(net, x, groups=2):
    n, c, h, w = net.shapes[x]
    x = net.reshape(x, [n, groups, c // groups, h, w])
    return net.reshape(net.transpose(x, [0, 2, 1, 3, 4]), [n, c, h, w])


def shufflenet_v2(net):
    """Ma et al.: ShuffleNet V2 (ECCV 2018), table 5, 1x."""
    x = net.max_pool(net.relu(net.conv(net.input, 24, 3, 2, name="stem")), 3, 2, 1)
    for out, repeats in ((116, 4), (232, 8), (464, 4)):
        half = out // 2
        for i in range(repeats):
            c = net.shapes[x][1]
            stride = 1 if i else 2
            if i:
                left, y = net.slice(x, 1, 0, half), net.slice(x, 1, half, out)
            else:
                left = net.conv(x, c, 3, 2, c, "left.depthwise", gain=1)
                left = net.relu(net.conv(left, half, name="left"))
                y = x
            y = net.relu(net.conv(y, half, name="right.in"))
            y = net.conv(y, half, 3, stride, half, "right.depthwise", gain=1)
            y = net.relu(net.conv(y, half, name="right.out"))
            x = shuffle(net, net.concat([left, y]))
    net.classifier(net.relu(net.conv(x, 1024, name="head")))


def regnetx_400mf(net):
    """Radosavovic et al.: Designing Network Design Spaces (CVPR 2020), RegNetX-400MF."""
    x = net.relu(net.conv(net.input, 32, 3, 2, name="stem"))
    for out, repeats in ((32, 1), (64, 2), (160, 7), (400, 12)):
        for i in range(repeats):
            before = x
            stride = 1 if i else 2
            y = net.relu(net.conv(x, out, name="a"))
            y = net.relu(net.conv(y, out, 3, stride, out // 16, "b"))
            y = net.conv(y, out, name="c", gain=0.2)
            if not i:
                before = net.conv(x, out, 1, stride, name="proj", gain=1)
            x = net.relu(net.add(before, y))
    net.classifier(x)


def convnext_tiny(net):
    """Liu et al.: A ConvNet for the 2020s (CVPR 2022), ConvNeXt-T."""
    def norm(x):
        x = net.layer_norm(net.transpose(x, [0, 2, 3, 1]))
        return net.transpose(x, [0, 3, 1, 2])

    x = norm(net.conv(net.input, 96, 4, 4, name="stem", pad=0, gain=1))
    for stage, (c, repeats) in enumerate(((96, 3), (192, 3), (384, 9), (768, 3))):
        if stage:
            x = net.conv(norm(x), c, 2, 2, name="down", pad=0, gain=1)
        for _ in range(repeats):
            y = net.transpose(net.conv(x, c, 7, 1, c, "depthwise", gain=1), [0, 2, 3, 1])
            y = net.gelu(net.linear(net.layer_norm(y), 4 * c, "pw1"))
            y = net.transpose(net.linear(y, c, "pw2"), [0, 3, 1, 2])
            scale = net.weight(net.unique("gamma"), [c, 1, 1], 0.3, 0.1)
            x = net.add(net.mul(scale, y), x)
    x = net.layer_norm(net.flatten(net.global_pool(x)))
    net.output(net.linear(x, 1000))


def resnet18(net):
    """He et al.: Deep Residual Learning (CVPR 2016), table 1."""
    x = net.max_pool(net.relu(net.conv(net.input, 64, 7, 2, name="stem")), 3, 2, 1)
    for c, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        for i in range(2):
            before, s = x, 1 if i else stride
            y = net.relu(net.conv(x, c, 3, s, name="a"))
            y = net.conv(y, c, 3, name="b", gain=0.5)
            if s == 2:
                before = net.conv(x, c, 1, 2, name="proj", gain=1)
            x = net.relu(net.add(y, before))
    net.classifier(x)


def yolov3_tiny(net):
    """Redmon, Farhadi: YOLOv3 (2018), the tiny variant: two scales, one upsampled."""
    def block(x, c, kernel=3):
        return net.unary("LeakyRelu", net.conv(x, c, kernel), alpha=0.1)

    x, skip = net.input, None
    for c in (16, 32, 64, 128, 256):
        skip = block(x, c)
        x = net.max_pool(skip, 2, 2)
    x = net.max_pool(block(x, 512), 2, 1, pads=[0, 0, 1, 1])
    x = block(block(x, 1024), 256, 1)
    net.output(net.conv(block(x, 512), 255, name="detect.coarse", gain=1))
    up = net.upsample(block(x, 128, 1))
    x = block(net.concat([up, skip]), 256)
    net.output(net.conv(x, 255, name="detect.fine", gain=1))


def unet(net):
    """Ronneberger et al.: U-Net (MICCAI 2015), padded, with a quarter of the channels."""
    def double(x, c):
        return net.relu(net.conv(net.relu(net.conv(x, c, 3)), c, 3))

    x, skips = net.input, []
    for c in (16, 32, 64, 128):
        x = double(x, c)
        skips.append(x)
        x = net.max_pool(x, 2, 2)
    x = double(x, 256)
    for c, skip in zip((128, 64, 32, 16), reversed(skips)):
        x = double(net.concat([skip, net.conv_transpose(x, c, 2, 2)]), c)
    net.output(net.conv(x, 2, name="mask", gain=1))


def vit_tiny(net):
    """Touvron et al.: DeiT (ICML 2021): ViT-Ti, patches of 16, 12 blocks of 192, 3 heads."""
    width, heads, blocks = 192, 3, 12
    x = net.conv(net.input, width, 16, 16, name="patches", pad=0, gain=1)
    n, _, h, w = net.shapes[x]
    x = net.transpose(net.reshape(x, [n, width, h * w]), [0, 2, 1])
    x = net.concat([net.weight("class_token", [n, 1, width], 0, 1), x])
    tokens = h * w + 1
    x = net.node("Add", [x, net.weight("positions", [1, tokens, width], 0, 0.2)],
                 [n, tokens, width], "add")
    for _ in range(blocks):
        y = net.linear(net.layer_norm(x), 3 * width, "qkv")
        y = net.transpose(net.reshape(y, [n, tokens, 3, heads, width // heads]), [2, 0, 3, 1, 4])
        q, k, v = (net.reshape(net.slice(y, 0, i, i + 1), [n, heads, tokens, width // heads])
                   for i in range(3))
        scores = net.matmul(q, net.transpose(k, [0, 1, 3, 2]), "scores")
        scale = net.scalar("scale", (width // heads) ** -0.5)
        scores = net.softmax(net.node("Mul", [scores, scale], net.shapes[scores], "mul"))
        y = net.transpose(net.matmul(scores, v, "context"), [0, 2, 1, 3])
        x = net.add(x, net.linear(net.reshape(y, [n, tokens, width]), width, "proj"))
        y = net.gelu(net.linear(net.layer_norm(x), 4 * width, "mlp1"))
        x = net.add(x, net.linear(y, width, "mlp2"))
    x = net.slice(net.layer_norm(x), 1, 0, 1)
    net.output(net.linear(net.reshape(x, [n, width]), 1000))


# Input sides other than 224, and opsets other than 13.
SIDES = {"yolov3_tiny": 416, "unet": 256}
OPSETS = {"mobilenet_v3_small": 14, "mobilenet_v3_large": 14, "vit_tiny": 17}


def build(name, seed=1):
    """The network as an onnx_net.Net."""
    float_name = name.removesuffix("_int8")
    side = SIDES.get(float_name, 224)
    net = onnx_net.Net(name, [1, 3, side, side], OPSETS.get(float_name, 13), seed)
    net.input = "data"
    globals()[float_name](net)
    if name != float_name:
        quantise.quantise(net)
    return net


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", default=".")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("networks", nargs="*")
    args = parser.parse_args()
    if args.list:
        print("\n".join(MACS))
    for name in args.networks:
        if name not in MACS:
            sys.exit(f"modern.py: no network {name} (there are: {' '.join(MACS)})")
        path = os.path.join(args.output, name + ".onnx")
        with open(path + ".new", "wb") as f:
            f.write(build(name, args.seed).model().SerializeToString())
        os.replace(path + ".new", path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
