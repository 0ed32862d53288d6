/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast a chip's clock is, from polls of its conversion-ready flag about
 * the moment at which it is predicted to come. Pure: compiled into unit tests.
 */
#ifndef SYNERGY_SPEED_H
#define SYNERGY_SPEED_H

#include "pure.h"

/**
 * struct synergy_speed - how fast a chip's clock is
 * @scale_ppm: conversion times to the nominal ones
 * @margin_ppm: how far that may be off
 * @alike: probes in a row, up to the last one, that said the same
 * @over: what the last one said
 */
struct synergy_speed {
	__u32 scale_ppm;
	__u32 margin_ppm;
	__u32 alike;
	bool over;
};

/**
 * struct synergy_speed_probe - one poll of the flag
 * @nominal_ns: from the converter's start to a sweep's end, at nominal speed
 * @at_ns: from the start to the poll ...
 * @error_ns: ... give or take
 * @over: the flag was set
 */
struct synergy_speed_probe {
	__u64 nominal_ns;
	__u64 at_ns;
	__u64 error_ns;
	bool over;
};

/*
 * What a poll leaves possible. One at the predicted end halves the
 * margin. Many in a row that say the same (the chip warms up) widen it, and one
 * that contradicts what was held possible moves the scale to what it says.
 */
void synergy_speed_learn(struct synergy_speed *speed, const struct synergy_speed_probe *probe);

#endif /* SYNERGY_SPEED_H */
