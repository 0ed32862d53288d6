/* SPDX-License-Identifier: GPL-2.0-only */
/* The converter, see sample.c. */
#ifndef TESTS_LAB_SAMPLE_H
#define TESTS_LAB_SAMPLE_H

#include "history.h"

/* Fills in->rails with those of s->rails. -1: out of memory. */
int lab_sample(const struct lab_session *s, const struct lab_history *h,
	       struct synergy_attribute_input *in);

#endif
