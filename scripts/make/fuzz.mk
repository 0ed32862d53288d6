# SPDX-License-Identifier: GPL-2.0-only
#
# Coverage-guided fuzzing of the model readers with libFuzzer (clang), under
# AddressSanitizer and UndefinedBehaviorSanitizer. Findings are left in
# build/fuzz/findings-TARGET; the corpus grows in build/fuzz/corpus.

FUZZ_SECONDS	?= 120
FUZZ_CC		?= clang
ONNX_PROTO	?= /usr/include/onnx/onnx.proto
FUZZ_DIR	:= build/fuzz
FUZZ_FLAGS	:= -std=gnu11 -O1 -g -D_GNU_SOURCE -Iuser -I$(FUZZ_DIR)/gen \
		   -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
FUZZ_SOURCES	= $(wildcard user/model/*.c) user/lib/error.c
FUZZ_GEN	:= $(FUZZ_DIR)/gen/model/caffe.pb-c.c $(FUZZ_DIR)/gen/model/onnx.pb-c.c

.PHONY: fuzz fuzz-build

$(FUZZ_DIR)/gen/model/caffe.pb-c.c: user/model/caffe.proto
	@mkdir -p $(@D)
	$(Q)$(PROTOC_C) --proto_path=$(<D) --c_out=$(@D) $(<F)

$(FUZZ_DIR)/gen/model/onnx.pb-c.c: $(ONNX_PROTO)
	@mkdir -p $(@D)
	$(Q)$(PROTOC_C) --proto_path=$(<D) --c_out=$(@D) $(<F)

$(FUZZ_DIR)/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_SOURCES) $(FUZZ_GEN)
	$(if $(filter 1,$(V)),,@echo "  FUZZ    $<")
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -I$(FUZZ_DIR)/gen/model -Wno-everything -o $@ $< \
		$(FUZZ_SOURCES) $(FUZZ_GEN) -lprotobuf-c -lm

fuzz-build: $(FUZZ_DIR)/fuzz_graph $(FUZZ_DIR)/fuzz_caffemodel

# One run a reader: both graph readers are one program with two corpora.
fuzz: ## fuzz the model readers (FUZZ_SECONDS=120 each)
	$(Q)scripts/setup.sh fuzz-packages
	$(Q)+$(MAKE) --no-print-directory fuzz-build
	$(Q)tests/fuzz/corpus.py $(FUZZ_DIR)/seeds
	$(Q)tests/fuzz/run $(FUZZ_DIR) $(FUZZ_SECONDS)
