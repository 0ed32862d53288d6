#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""OpenCV DNN's Caffe reader as a server on stdin and stdout, one thread: every
line read runs the network once and prints its milliseconds. With an output
file: writes raw float32 outputs for a raw float32 input and ends.

usage: engine_opencv.py PROTOTXT CAFFEMODEL N,C,H,W [INPUT OUTPUT]"""

import os
import sys
import time

import cv2
import numpy


def main():
    prototxt, caffemodel, shape = sys.argv[1:4]
    dims = [int(d) for d in shape.split(",")]
    cv2.setNumThreads(1)
    net = cv2.dnn.readNetFromCaffe(prototxt, caffemodel)
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    if len(sys.argv) > 5:
        data = numpy.fromfile(sys.argv[4], dtype=numpy.float32).reshape(dims)
        net.setInput(data)
        net.forward().astype(numpy.float32).tofile(sys.argv[5])
        return
    count = int(numpy.prod(dims))
    data = (numpy.sin(numpy.arange(count) * 12.9898) / 2).astype(numpy.float32).reshape(dims)
    net.setInput(data)
    net.forward()
    print("ready", flush=True)
    # The process's time on processors, for a machine that others use too.
    clock = time.process_time if os.environ.get("SYNERGY_CPU_TIME") else time.perf_counter
    for _ in sys.stdin:
        net.setInput(data)
        begin = clock()
        net.forward()
        print("%.6f" % ((clock() - begin) * 1e3), flush=True)


if __name__ == "__main__":
    main()
