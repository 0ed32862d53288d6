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
		   -I$(FUZZ_DIR)/gen/model -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
FUZZ_SOURCES	:= $(wildcard user/model/*.c) user/lib/error.c
FUZZ_GEN	:= $(FUZZ_DIR)/gen/model/caffe.pb-c.c $(FUZZ_DIR)/gen/model/onnx.pb-c.c
FUZZ_OBJS	:= $(patsubst %.c,$(FUZZ_DIR)/obj/%.o,$(FUZZ_SOURCES)) \
		   $(patsubst $(FUZZ_DIR)/gen/%.c,$(FUZZ_DIR)/obj/gen/%.o,$(FUZZ_GEN))

.PHONY: fuzz fuzz-build
.SECONDARY: $(FUZZ_OBJS) $(FUZZ_DIR)/obj/tests/fuzz/fuzz_graph.o \
	$(FUZZ_DIR)/obj/tests/fuzz/fuzz_caffemodel.o

$(FUZZ_DIR)/gen/model/caffe.pb-c.c: user/model/caffe.proto
	@mkdir -p $(@D)
	$(Q)$(PROTOC_C) --proto_path=$(<D) --c_out=$(@D) $(<F)

$(FUZZ_DIR)/gen/model/onnx.pb-c.c: $(ONNX_PROTO)
	@mkdir -p $(@D)
	$(Q)$(PROTOC_C) --proto_path=$(<D) --c_out=$(@D) $(<F)

$(FUZZ_DIR)/obj/%.o: %.c $(FUZZ_GEN)
	@mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  FUZZ    $<")
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -Wno-everything -MMD -MP -c -o $@ $<

$(FUZZ_DIR)/obj/gen/%.o: $(FUZZ_DIR)/gen/%.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -Wno-everything -c -o $@ $<

$(FUZZ_DIR)/fuzz_%: $(FUZZ_DIR)/obj/tests/fuzz/fuzz_%.o $(FUZZ_OBJS)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ -lprotobuf-c -lm

-include $(shell find $(FUZZ_DIR)/obj -name '*.d' 2>/dev/null)

fuzz-build: $(FUZZ_DIR)/fuzz_graph $(FUZZ_DIR)/fuzz_caffemodel

# One run a reader: both graph readers are one program with two corpora.
fuzz: ## fuzz the model readers (FUZZ_SECONDS=120 each)
	$(Q)scripts/setup.sh fuzz-packages
	$(Q)+$(MAKE) --no-print-directory -j2 fuzz-build
	$(Q)tests/fuzz/corpus.py $(FUZZ_DIR)/seeds
	$(Q)tests/fuzz/run $(FUZZ_DIR) $(FUZZ_SECONDS)
