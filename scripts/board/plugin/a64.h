/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of the Cortex-A57's speculative-execution events an A64 instruction
 * belongs to, by its encoding group (Arm ARM, C4.1: "A64 instruction set
 * encoding"). Pure; tests/unit/test_a64.c holds it against assembled code.
 */
#ifndef SYNERGY_PLUGIN_A64_H
#define SYNERGY_PLUGIN_A64_H

#include <stdint.h>

enum synergy_a64_class {
	SYNERGY_A64_OTHER,	/* integer, branch, system */
	SYNERGY_A64_LOAD_STORE,	/* any, SIMD registers' too (LD_SPEC, ST_SPEC) */
	SYNERGY_A64_SIMD,	/* advanced-SIMD data processing (ASE_SPEC) */
	SYNERGY_A64_VFP,	/* scalar floating point (VFP_SPEC) */
	SYNERGY_A64_CRYPTO,	/* AES, SHA (CRYPTO_SPEC) */
};

#define SYNERGY_A64_WFI 0xd503207fU

/* Data processing, SIMD and floating point: bits 27..25 are 111. */
static inline enum synergy_a64_class synergy_a64_classify_simd_fp(uint32_t insn)
{
	if ((insn & 0xff3e0c00) == 0x4e280800 ||	/* AES */
	    (insn & 0xff208c00) == 0x5e000000 ||	/* SHA, three registers */
	    (insn & 0xff3e0c00) == 0x5e280800 ||	/* SHA, two registers */
	    (insn & 0xff000000) == 0xce000000)		/* SHA3, SHA512, SM3, SM4 */
		return SYNERGY_A64_CRYPTO;
	if ((insn & 0x90000000) == 0x00000000)		/* vector: bit 28 is 0 */
		return SYNERGY_A64_SIMD;
	if ((insn & 0xd0000000) == 0x50000000)		/* scalar: 01x1 */
		return SYNERGY_A64_SIMD;
	if ((insn & 0x50000000) == 0x10000000)		/* floating point: x0x1 */
		return SYNERGY_A64_VFP;
	return SYNERGY_A64_OTHER;			/* unallocated */
}

/**
 * synergy_a64_classify() - an instruction's class
 * @insn: the instruction's 32 bits
 *
 * Return: its class
 */
static inline enum synergy_a64_class synergy_a64_classify(uint32_t insn)
{
	if ((insn & 0x0a000000) == 0x08000000)		/* x1x0 */
		return SYNERGY_A64_LOAD_STORE;
	if ((insn & 0x0e000000) == 0x0e000000)		/* x111 */
		return synergy_a64_classify_simd_fp(insn);
	return SYNERGY_A64_OTHER;
}

#endif /* SYNERGY_PLUGIN_A64_H */
