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
BENCH_NETWORKS	?= alexnet squeezenet googlenet mobilenet resnet50 vgg16
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
