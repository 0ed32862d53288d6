// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plugin's instruction classes against assembled code: a line for every
 * encoding group of A64's SIMD and floating point, and for those around them.
 * The assembler is the judge of encodings, so it has to be installed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/framework/test.h"
#include "../../scripts/board/plugin/a64.h"

#define AS	"aarch64-linux-gnu-as"
#define OBJCOPY	"aarch64-linux-gnu-objcopy"

#define OTHER	SYNERGY_A64_OTHER
#define LDST	SYNERGY_A64_LOAD_STORE
#define SIMD	SYNERGY_A64_SIMD
#define VFP	SYNERGY_A64_VFP
#define CRYPTO	SYNERGY_A64_CRYPTO

static const struct {
	const char *text;
	enum synergy_a64_class class;
} list[] = {
	/* integer, branches, system */
	{ "add x0, x1, #4", OTHER }, { "adr x0, .", OTHER }, { "movz x0, #1", OTHER },
	{ "and x0, x1, #0xff", OTHER }, { "ubfx x0, x1, #2, #3", OTHER },
	{ "extr x0, x1, x2, #3", OTHER }, { "add x0, x1, x2, lsl #3", OTHER },
	{ "adc x0, x1, x2", OTHER }, { "ccmp x0, x1, #0, eq", OTHER },
	{ "csel x0, x1, x2, ne", OTHER }, { "madd x0, x1, x2, x3", OTHER },
	{ "umulh x0, x1, x2", OTHER }, { "udiv x0, x1, x2", OTHER }, { "rbit x0, x1", OTHER },
	{ "crc32x w0, w1, x2", OTHER }, { "b .", OTHER }, { "bl .", OTHER }, { "b.eq .", OTHER },
	{ "cbz x0, .", OTHER }, { "tbz x0, #3, .", OTHER }, { "br x0", OTHER }, { "ret", OTHER },
	{ "svc #0", OTHER }, { "brk #0", OTHER }, { "nop", OTHER }, { "wfi", OTHER },
	{ "dmb ish", OTHER }, { "mrs x0, cntvct_el0", OTHER }, { "msr tpidr_el0, x0", OTHER },
	{ "dc zva, x0", OTHER }, { "eret", OTHER },
	/* loads and stores: general registers */
	{ "ldr x0, [x1]", LDST }, { "ldr x0, [x1], #8", LDST }, { "ldr x0, [x1, #8]!", LDST },
	{ "ldr x0, [x1, x2, lsl #3]", LDST }, { "ldr x0, .", LDST }, { "ldur x0, [x1, #-3]", LDST },
	{ "ldtr x0, [x1]", LDST }, { "ldp x0, x1, [x2]", LDST }, { "ldnp x0, x1, [x2]", LDST },
	{ "stp x0, x1, [x2, #16]!", LDST }, { "ldrsw x0, [x1]", LDST }, { "strb w0, [x1]", LDST },
	{ "ldxr x0, [x1]", LDST }, { "stlxr w0, x1, [x2]", LDST }, { "ldar x0, [x1]", LDST },
	{ "ldaxp x0, x1, [x2]", LDST }, { "prfm pldl1keep, [x0]", LDST },
	{ "ldadd x0, x1, [x2]", LDST }, { "cas x0, x1, [x2]", LDST },
	/* loads and stores: SIMD registers; ASE_SPEC has none of them */
	{ "ldr q0, [x1]", LDST }, { "ldr s0, [x1, #4]", LDST }, { "str d0, [x1], #8", LDST },
	{ "ldp q0, q1, [x2]", LDST }, { "stp q0, q1, [x2], #32", LDST }, { "stnp d0, d1, [x0]", LDST },
	{ "ldur q0, [x1, #3]", LDST }, { "ldr q0, .", LDST }, { "ldr q0, [x1, x2]", LDST },
	{ "ld1 {v0.4s}, [x0]", LDST }, { "ld1 {v0.4s-v3.4s}, [x0], #64", LDST },
	{ "ld2 {v0.8h, v1.8h}, [x0]", LDST }, { "ld3 {v0.16b-v2.16b}, [x0]", LDST },
	{ "ld4 {v0.4s-v3.4s}, [x0], x1", LDST }, { "st1 {v0.16b}, [x0]", LDST },
	{ "st4 {v0.2d-v3.2d}, [x0]", LDST }, { "ld1 {v0.s}[1], [x0]", LDST },
	{ "st1 {v0.d}[1], [x0], #8", LDST }, { "ld1r {v0.4s}, [x0]", LDST },
	{ "ld4r {v0.8b-v3.8b}, [x0]", LDST }, { "ld2 {v0.h, v1.h}[3], [x0]", LDST },
	/* advanced SIMD, vector: every group */
	{ "add v0.4s, v1.4s, v2.4s", SIMD }, { "fmla v0.4s, v1.4s, v2.4s", SIMD },
	{ "fmul v0.2d, v1.2d, v2.2d", SIMD }, { "and v0.16b, v1.16b, v2.16b", SIMD },
	{ "bsl v0.16b, v1.16b, v2.16b", SIMD }, { "cmeq v0.4s, v1.4s, v2.4s", SIMD },
	{ "fmax v0.2s, v1.2s, v2.2s", SIMD }, { "mul v0.8h, v1.8h, v2.8h", SIMD },
	{ "faddp v0.4s, v1.4s, v2.4s", SIMD }, { "sqrdmlah v0.4s, v1.4s, v2.4s", SIMD },
	{ "fadd v0.8h, v1.8h, v2.8h", SIMD }, { "sdot v0.4s, v1.16b, v2.16b", SIMD },
	{ "fcmla v0.4s, v1.4s, v2.4s, #90", SIMD },
	{ "saddl v0.4s, v1.4h, v2.4h", SIMD }, { "smlal2 v0.4s, v1.8h, v2.8h", SIMD },
	{ "addhn v0.4h, v1.4s, v2.4s", SIMD }, { "pmull v0.8h, v1.8b, v2.8b", SIMD },
	{ "abs v0.4s, v1.4s", SIMD }, { "fneg v0.4s, v1.4s", SIMD }, { "fsqrt v0.4s, v1.4s", SIMD },
	{ "scvtf v0.4s, v1.4s", SIMD }, { "fcvtl v0.2d, v1.2s", SIMD }, { "xtn v0.4h, v1.4s", SIMD },
	{ "rev64 v0.4s, v1.4s", SIMD }, { "cnt v0.16b, v1.16b", SIMD }, { "not v0.16b, v1.16b", SIMD },
	{ "fcmgt v0.4s, v1.4s, #0.0", SIMD }, { "frecpe v0.4s, v1.4s", SIMD },
	{ "fabs v0.8h, v1.8h", SIMD },
	{ "addv s0, v1.4s", SIMD }, { "fmaxv s0, v1.4s", SIMD }, { "saddlv d0, v1.4s", SIMD },
	{ "dup v0.4s, v1.s[0]", SIMD }, { "dup v0.4s, w1", SIMD }, { "ins v0.s[1], w1", SIMD },
	{ "ins v0.s[1], v1.s[2]", SIMD }, { "umov w0, v1.s[1]", SIMD }, { "smov x0, v1.h[1]", SIMD },
	{ "mov v0.16b, v1.16b", SIMD },
	{ "movi v0.4s, #1", SIMD }, { "movi v0.2d, #0", SIMD }, { "fmov v0.4s, #1.0", SIMD },
	{ "mvni v0.4s, #1", SIMD }, { "orr v0.4s, #1", SIMD }, { "bic v0.8h, #1", SIMD },
	{ "shl v0.4s, v1.4s, #3", SIMD }, { "sshr v0.4s, v1.4s, #3", SIMD },
	{ "shrn v0.4h, v1.4s, #3", SIMD }, { "sshll v0.4s, v1.4h, #3", SIMD },
	{ "sri v0.4s, v1.4s, #3", SIMD }, { "scvtf v0.4s, v1.4s, #3", SIMD },
	{ "fmla v0.4s, v1.4s, v2.s[1]", SIMD }, { "mul v0.8h, v1.8h, v2.h[1]", SIMD },
	{ "smlal v0.4s, v1.4h, v2.h[1]", SIMD }, { "fmla v0.2d, v1.2d, v2.d[1]", SIMD },
	{ "tbl v0.16b, {v1.16b}, v2.16b", SIMD }, { "tbx v0.16b, {v1.16b-v4.16b}, v5.16b", SIMD },
	{ "zip1 v0.4s, v1.4s, v2.4s", SIMD }, { "uzp2 v0.4s, v1.4s, v2.4s", SIMD },
	{ "trn1 v0.2d, v1.2d, v2.2d", SIMD }, { "ext v0.16b, v1.16b, v2.16b, #4", SIMD },
	/* advanced SIMD, scalar: every group */
	{ "add d0, d1, d2", SIMD }, { "sqadd b0, b1, b2", SIMD }, { "fmulx s0, s1, s2", SIMD },
	{ "cmgt d0, d1, d2", SIMD }, { "sqdmull d0, s1, s2", SIMD }, { "sqrdmlah s0, s1, s2", SIMD },
	{ "fabd h0, h1, h2", SIMD },
	{ "abs d0, d1", SIMD }, { "cmeq d0, d1, #0", SIMD }, { "frecpe s0, s1", SIMD },
	{ "sqxtn b0, h1", SIMD }, { "scvtf s0, s1", SIMD }, { "addp d0, v1.2d", SIMD },
	{ "faddp s0, v1.2s", SIMD }, { "fmaxp d0, v1.2d", SIMD }, { "dup s0, v1.s[1]", SIMD },
	{ "mov b0, v1.b[3]", SIMD }, { "shl d0, d1, #3", SIMD }, { "sqshrn b0, h1, #3", SIMD },
	{ "scvtf s0, s1, #3", SIMD }, { "fmla s0, s1, v2.s[1]", SIMD },
	{ "sqdmlal s0, h1, v2.h[1]", SIMD }, { "fmul d0, d1, v2.d[1]", SIMD },
	/* scalar floating point: every group */
	{ "fmov s0, s1", VFP }, { "fabs d0, d1", VFP }, { "fsqrt s0, s1", VFP },
	{ "fcvt d0, s1", VFP }, { "frintn s0, s1", VFP }, { "fcmp s0, s1", VFP },
	{ "fcmpe d0, #0.0", VFP }, { "fccmp s0, s1, #0, eq", VFP }, { "fcsel s0, s1, s2, eq", VFP },
	{ "fmov s0, #1.0", VFP }, { "fadd s0, s1, s2", VFP }, { "fmul d0, d1, d2", VFP },
	{ "fdiv s0, s1, s2", VFP }, { "fmaxnm d0, d1, d2", VFP }, { "fnmul s0, s1, s2", VFP },
	{ "fmadd s0, s1, s2, s3", VFP }, { "fnmsub d0, d1, d2, d3", VFP },
	{ "scvtf s0, w1", VFP }, { "scvtf d0, x1", VFP }, { "fcvtzs w0, s1", VFP },
	{ "fcvtzu x0, d1", VFP }, { "scvtf s0, w1, #3", VFP }, { "fcvtzs x0, d1, #3", VFP },
	{ "fmov w0, s1", VFP }, { "fmov d0, x1", VFP }, { "fmov v0.d[1], x1", VFP },
	{ "fmov x0, v1.d[1]", VFP }, { "fadd h0, h1, h2", VFP },
	/* cryptography has an event of its own */
	{ "aese v0.16b, v1.16b", CRYPTO }, { "aesimc v0.16b, v1.16b", CRYPTO },
	{ "sha1c q0, s1, v2.4s", CRYPTO }, { "sha256h q0, q1, v2.4s", CRYPTO },
	{ "sha1h s0, s1", CRYPTO }, { "sha256su0 v0.4s, v1.4s", CRYPTO },
	{ "sha512h q0, q1, v2.2d", CRYPTO }, { "eor3 v0.16b, v1.16b, v2.16b, v3.16b", CRYPTO },
	{ "sm3tt1a v0.4s, v1.4s, v2.s[1]", CRYPTO }, { "sm4e v0.4s, v1.4s", CRYPTO },
	/* the one that matters for time */
	{ "wfi", OTHER },
};

#define N	(sizeof(list) / sizeof(list[0]))

/* Return: words read, 0 without an assembler */
static size_t assemble(uint32_t *words)
{
	char dir[] = "/tmp/synergy-a64-XXXXXX", command[512];
	size_t i, n = 0;
	FILE *file;

	if (!mkdtemp(dir))
		return 0;
	snprintf(command, sizeof(command), "%s/in.s", dir);
	file = fopen(command, "w");
	if (file) {
		for (i = 0; i < N; i++)
			fprintf(file, "\t%s\n", list[i].text);
		fclose(file);
	}
	snprintf(command, sizeof(command),
		 AS " -march=armv8.5-a+crypto+sha3+sm4+fp16+dotprod -o %s/o %s/in.s && "
		 OBJCOPY " -O binary -j .text %s/o %s/bin", dir, dir, dir, dir);
	if (!system(command)) {
		snprintf(command, sizeof(command), "%s/bin", dir);
		file = fopen(command, "r");
		if (file) {
			n = fread(words, sizeof(words[0]), N + 1, file);
			fclose(file);
		}
	}
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	CHECK(!system(command));
	return n;
}

TEST(classes)
{
	static uint32_t words[N + 1];
	size_t i;

	if (system("command -v " AS " >/dev/null && command -v " OBJCOPY " >/dev/null"))
		SKIP("no " AS " here");
	REQUIRE(assemble(words) == N);
	for (i = 0; i < N; i++) {
		PARAMS("%s (%08x)", list[i].text, words[i]);
		CHECK_EQ(synergy_a64_classify(words[i]), list[i].class);
	}
	CHECK_EQ(words[N - 1], SYNERGY_A64_WFI);
}
