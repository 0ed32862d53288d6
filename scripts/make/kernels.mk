# SPDX-License-Identifier: GPL-2.0-only
#
# kernels/simd/ is compiled once per instruction set (kernels/simd.c chooses at
# run time); Eigen's back end makes programs link the C++ run-time library.

ifeq ($(ARCH),x86_64)
SIMD_SETS	:= sse2 avx2 avx512
SIMD_FLAGS_sse2	:=
SIMD_FLAGS_avx2	:= -mavx2 -mfma -mtune=haswell
SIMD_FLAGS_avx512 := -mavx512f -mavx512vl -mavx512bw -mavx512dq -mfma \
	-mprefer-vector-width=512 -mtune=skylake-avx512
else
SIMD_SETS	:= neon
# The scheduler before register allocation would have more vectors alive than
# there are registers, and spill them in the innermost loops.
SIMD_FLAGS_neon	:= $(if $(filter arm64,$(ARCH)),-mtune=cortex-a57 -fno-schedule-insns)
endif

# No errno from sqrtf, and -0 is as good as 0: both would stop vectorisation.
SIMD_CFLAGS	:= -O3 -fno-math-errno -fno-trapping-math -fno-signed-zeros -ffp-contract=fast

SIMD_SOURCES	:= $(wildcard kernels/simd/*.c)
EXTRA_OBJS_kernels := $(foreach s,$(SIMD_SETS),\
	$(patsubst kernels/simd/%.c,$(O)/obj/kernels/simd-$(s)/%.o,$(SIMD_SOURCES)))

define simd_rules
$(O)/obj/kernels/simd-$(1)/%.o: kernels/simd/%.c $(O)/.flags
	@mkdir -p $$(@D)
	$$(if $$(filter 1,$$(V)),,@echo "  CC      $$< ($(1))")
	$$(Q)$$(CC) $$(CPPFLAGS_USER) $$(CFLAGS_USER) $$(SIMD_CFLAGS) $$(SIMD_FLAGS_$(1)) \
		-DSYNERGY_ISA=$(1) -MMD -MP -c -o $$@ $$<
endef
$(foreach s,$(SIMD_SETS),$(eval $(call simd_rules,$(s))))

# Headers alone, the same for every architecture, so a cross build takes the
# host's; the little of libstdc++ that is used is linked in, a board needs none.
EIGEN_DIR	?= $(firstword $(wildcard /usr/include/eigen3))
ifneq ($(EIGEN_DIR),)
EIGEN_OBJS	:= $(O)/obj/kernels/gemm_eigen.o
EXTRA_CXXFLAGS_kernels := -isystem $(EIGEN_DIR) -O3 -fno-exceptions -fno-rtti
ifneq ($(CROSS_COMPILE),)
LDFLAGS		+= -static-libstdc++ -static-libgcc
endif
endif
