# SPDX-License-Identifier: GPL-2.0-only
#
# Coverage-guided fuzzing of everything that reads files (models, inputs, recordings,
# tables) with libFuzzer (clang), under AddressSanitizer and UndefinedBehaviorSanitizer. Findings are left in
# build/fuzz/findings-TARGET; the corpus grows in build/fuzz/corpus.

FUZZ_SECONDS	?= 120
FUZZ_CC		?= clang
ONNX_PROTO	?= /usr/include/onnx/onnx.proto
FUZZ_DIR	:= build/fuzz
FUZZ_FLAGS	:= -std=gnu11 -O1 -g -D_GNU_SOURCE -I. -Iuser -Ikmod/uapi -I$(FUZZ_DIR)/gen \
		   -I$(FUZZ_DIR)/gen/model -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
FUZZ_SOURCES	:= $(foreach d,$(filter-out user/tools kernels,$(USER_DIRS)),$(wildcard $(d)/*.c))
FUZZ_GEN	:= $(FUZZ_DIR)/gen/model/caffe.pb-c.c $(FUZZ_DIR)/gen/model/onnx.pb-c.c
FUZZ_OBJS	:= $(patsubst %.c,$(FUZZ_DIR)/obj/%.o,$(FUZZ_SOURCES)) \
		   $(patsubst $(FUZZ_DIR)/gen/%.c,$(FUZZ_DIR)/obj/gen/%.o,$(FUZZ_GEN))
FUZZ_TARGETS	:= $(patsubst tests/fuzz/%.c,$(FUZZ_DIR)/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: fuzz fuzz-build
.SECONDARY: $(FUZZ_OBJS) $(FUZZ_TARGETS:$(FUZZ_DIR)/%=$(FUZZ_DIR)/obj/tests/fuzz/%.o)

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

# An archive: each target links what it needs, and the kernels are in none.
$(FUZZ_DIR)/libfuzzed.a: $(FUZZ_OBJS)
	$(Q)rm -f $@; ar rcsD $@ $^

$(FUZZ_DIR)/fuzz_%: $(FUZZ_DIR)/obj/tests/fuzz/fuzz_%.o $(FUZZ_DIR)/libfuzzed.a
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ \
		$(LDLIBS_USER)

# Not fuzzed: it makes seeds.
$(FUZZ_DIR)/make_recording: tests/tools/make_recording.c $(FUZZ_DIR)/libfuzzed.a
	$(Q)$(FUZZ_CC) -std=gnu11 -O1 -w -D_GNU_SOURCE -I. -Iuser -Ikmod/uapi \
		-fsanitize=address,undefined -o $@ $^ $(LDLIBS_USER)

-include $(shell find $(FUZZ_DIR)/obj -name '*.d' 2>/dev/null)

fuzz-build: $(FUZZ_TARGETS) $(FUZZ_DIR)/make_recording

# One run a reader: targets that distinguish formats have a corpus for each.
fuzz: ## fuzz the readers of models, inputs, recordings, tables (FUZZ_SECONDS=120 each)
	$(Q)scripts/setup.sh fuzz-packages
	$(Q)+$(MAKE) --no-print-directory -j2 fuzz-build
	$(Q)tests/fuzz/corpus.py $(FUZZ_DIR)/seeds $(FUZZ_DIR)/make_recording
	$(Q)tests/fuzz/run $(FUZZ_DIR) $(FUZZ_SECONDS)
