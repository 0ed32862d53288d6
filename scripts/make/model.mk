# SPDX-License-Identifier: GPL-2.0-only
#
# The readers' protobuf code, generated into $(O)/gen and never committed:
# caffe.proto is ours, onnx.proto is the distribution's (libonnx-dev). Both
# are architecture-independent, so a cross build uses the host's.

ONNX_PROTO	?= /usr/include/onnx/onnx.proto
MODEL_GEN	:= $(O)/gen/model/caffe.pb-c.c $(O)/gen/model/onnx.pb-c.c
EXTRA_OBJS_model := $(patsubst $(O)/gen/%.c,$(O)/obj/gen/%.o,$(MODEL_GEN))

$(O)/gen/model/caffe.pb-c.c: user/model/caffe.proto
	@mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  PROTOC  $<")
	$(Q)$(PROTOC_C) --proto_path=$(<D) --c_out=$(@D) $(<F)

$(O)/gen/model/onnx.pb-c.c: $(ONNX_PROTO)
	@mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  PROTOC  $<")
	$(Q)$(PROTOC_C) --proto_path=$(<D) --c_out=$(@D) $(<F)

$(O)/obj/gen/%.o: $(O)/gen/%.c $(O)/.flags
	@mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  CC      $<")
	$(Q)$(CC) $(CPPFLAGS_USER) -I$(O)/gen/model $(CFLAGS_USER) -Wno-error -w -c -o $@ $<

# The readers include the generated headers.
$(patsubst %.c,$(O)/obj/%.o,$(wildcard user/model/*.c)): | $(MODEL_GEN)

# Random weights must be the same bits everywhere: no fused multiply-add.
FILE_CFLAGS_user/model/random := -O3 -ffp-contract=off
$(O)/obj/tests/unit/test_onnx.o $(O)/obj/tests/unit/test_caffemodel.o: | $(MODEL_GEN)
# Looks at every weight of a large file.
FILE_CFLAGS_user/model/load := -O3
