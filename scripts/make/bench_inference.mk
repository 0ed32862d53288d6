# SPDX-License-Identifier: GPL-2.0-only
#
# Inference beside OpenCV DNN and ONNX Runtime: how fast, and whether the
# outputs agree. The zoo is exported and onnxruntime-node fetched once, both
# into the cache; tests/inference/model_run is the program that runs ours.

INFERENCE_TOOLS	:= $(patsubst tests/inference/%.c,$(O)/tests/inference/%,\
	$(wildcard tests/inference/*.c))
MODEL_RUN	:= $(O)/tests/inference/model_run

BENCH_CACHE	:= $(or $(SYNERGY_CACHE_DIR),build/cache)
BENCH_ZOO	:= $(BENCH_CACHE)/zoo
# The Caffe networks, and those of modern.py that are float32.
BENCH_CAFFE	:= alexnet squeezenet googlenet mobilenet resnet50 vgg16
BENCH_MODERN	:= efficientnet_b0 mobilenet_v2 mobilenet_v3_small mobilenet_v3_large shufflenet_v2 \
		   regnetx_400mf convnext_tiny resnet18 yolov3_tiny unet vit_tiny
BENCH_NETWORKS	?= $(BENCH_CAFFE) $(BENCH_MODERN)
MODERN_NETWORKS	:= $(BENCH_MODERN) mobilenet_v2_int8
BENCH_ROUNDS	?= 5
# --cpu-time on a machine that others use
BENCH_FLAGS	?=
ORT_MODULES	:= $(BENCH_CACHE)/ort/node_modules
ORT_VERSION	:= 1.30.0
ORACLE_NETWORKS	?= $(patsubst scripts/zoo/%.prototxt,%,$(wildcard scripts/zoo/*.prototxt))

.PHONY: inference-tools bench-inference check-oracles bench-packages
bench-packages:
	$(Q)scripts/setup.sh bench-packages

inference-tools: $(INFERENCE_TOOLS)

$(INFERENCE_TOOLS): $(O)/tests/inference/%: $(O)/obj/tests/inference/%.o $(USER_LIBS)
	$(call LINK,$<)

# The package's own post-install step would need another host.
$(ORT_MODULES)/onnxruntime-node/package.json:
	@mkdir -p $(BENCH_CACHE)/ort
	$(Q)cd $(BENCH_CACHE)/ort && npm install --ignore-scripts --no-audit --no-fund \
		--loglevel=error onnxruntime-node@$(ORT_VERSION)

$(MODERN_NETWORKS:%=$(BENCH_ZOO)/%.onnx): $(BENCH_ZOO)/%.onnx: $(wildcard scripts/zoo/*.py)
	@mkdir -p $(BENCH_ZOO)
	$(Q)scripts/zoo/modern.py --output $(BENCH_ZOO) $*

$(BENCH_ZOO)/%.onnx $(BENCH_ZOO)/%.caffemodel &: scripts/zoo/%.prototxt | scripts/zoo/export.py
	@mkdir -p $(BENCH_ZOO)
	$(Q)scripts/zoo/export.py --output $(BENCH_ZOO) $<

bench-inference: bench-packages $(INFERENCE_TOOLS) $(ORT_MODULES)/onnxruntime-node/package.json \
		$(BENCH_NETWORKS:%=$(BENCH_ZOO)/%.onnx) ## time inference beside OpenCV and ONNX Runtime
	$(Q)tests/inference/bench.py --run $(MODEL_RUN) --modules $(abspath $(ORT_MODULES)) \
		--zoo $(BENCH_ZOO) --prototxt scripts/zoo --csv build/bench/inference.csv \
		--rounds $(BENCH_ROUNDS) $(BENCH_FLAGS) $(BENCH_NETWORKS)

check-oracles: bench-packages $(INFERENCE_TOOLS) $(ORT_MODULES)/onnxruntime-node/package.json \
		$(ORACLE_NETWORKS:%=$(BENCH_ZOO)/%.onnx) ## compare every zoo network with OpenCV and ONNX Runtime
	$(Q)tests/inference/oracles.py --run $(MODEL_RUN) --modules $(abspath $(ORT_MODULES)) \
		--zoo $(BENCH_ZOO) --prototxt scripts/zoo $(ORACLE_NETWORKS)
