// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which configuration of a sweep costs least: from tables that are made here.
 */
#include "tests/framework/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep/choice.h"

static struct synergy_error error;
static char path[] = "/tmp/synergy-choice-XXXXXX";

#define HEAD	"board,model,clock,khz,cpus,threads,backend,conv,batch,idle_mw,index,layer,op,time_us," \
		"energy_uj,energy_ci95_uj\n"

static int read_text(const char *text, double period_us, struct synergy_choices *choices)
{
	int fd = mkstemp(path), result;

	if (!CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text)))
		exit(1);
	close(fd);
	result = synergy_choices_read(path, period_us, choices, &error);
	unlink(path);
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	return result;
}

/* Slow takes 200 ms and 100 mJ, fast 100 ms and 150 mJ, waste 150 ms and 160 mJ. */
#define SLOW	"b,m,200MHz,200000,0,1,openblas,im2col,1,500,"
#define FAST	"b,m,400MHz,400000,0,1,openblas,im2col,1,500,"
#define WASTE	"b,m,300MHz,300000,0,1,openblas,im2col,1,500,"
#define OWN	"b,m,schedutil,,0,1,openblas,im2col,1,500,"

TEST(least_and_front)
{
	struct synergy_choices c;
	const struct synergy_choice_group *g;

	REQUIRE(read_text(HEAD
		FAST ",,(total),100000,149000,1000\n" FAST ",,(total),100000,151000,1000\n"
		WASTE ",,(total),150000,160000,1000\n" SLOW ",,(total),200000,100500,1000\n"
		SLOW ",,(total),200000,99500,1000\n" OWN ",,(total),120000,110000,1000\n", NAN, &c) == 0);
	CHECK_EQ(c.n, 1);
	g = c.groups;
	CHECK_EQ(g->n, 4);
	/* fastest first */
	CHECK_STR(g->choices[0].settings[SYNERGY_SETTING_CLOCK], "400MHz");
	CHECK_STR(g->choices[3].settings[SYNERGY_SETTING_CLOCK], "200MHz");
	CHECK_NEAR(g->choices[0].energy_uj, 150000, 1e-9);
	CHECK_NEAR(g->choices[0].edp_ujs, 15000, 1e-9);
	CHECK(synergy_choice_best_energy(g) == &g->choices[3]);
	CHECK(synergy_choice_best_edp(g) == &g->choices[1]);
	CHECK(!g->choices[1].like_best_energy);
	CHECK(g->choices[0].pareto && g->choices[1].pareto && !g->choices[2].pareto && g->choices[3].pareto);
	/* over the slowest one's 200 ms: 150 mJ and 100 ms at 500 mW */
	CHECK_NEAR(g->period_us, 200000, 1e-9);
	CHECK_NEAR(g->choices[0].period_uj, 200000, 1e-6);
	CHECK_NEAR(g->choices[3].period_uj, 100000, 1e-6);
	/* the governor beside the best fixed clock */
	CHECK(synergy_choice_fixed(g, &g->choices[1]) == &g->choices[3]);
	synergy_choices_clear(&c);
}

/* Relative scatter is pooled: here (1 % ^2 x 2 + 0.5 % ^2 x 2) / 2, wider than the runs' own. */
TEST(interval_from_repeats)
{
	struct synergy_choices c;
	double se = sqrt((2 * .01 * .01 + 2 * .005 * .005) / 2);

	REQUIRE(read_text(HEAD FAST ",,(total),1000,1010,1\n" FAST ",,(total),1000,990,1\n"
		SLOW ",,(total),2000,2010,1\n" SLOW ",,(total),2000,1990,1\n", NAN, &c) == 0);
	CHECK_NEAR(c.groups[0].choices[0].energy_se_uj, 1000 * se / sqrt(2), 1e-6);
	/* t of two degrees of freedom */
	CHECK_NEAR(c.groups[0].choices[1].energy_ci95_uj, 2000 * se / sqrt(2) * 4.30265, 1e-2);
	CHECK_EQ(c.groups[0].choices[0].energy_dof, 2);
	synergy_choices_clear(&c);
}

/* One run each, or runs that are less sure than their scatter: what the runs say. */
TEST(interval_from_runs)
{
	struct synergy_choices c;

	REQUIRE(read_text(HEAD FAST ",,(total),1000,1000,50\n" SLOW ",,(total),2000,1040,52\n", NAN, &c) == 0);
	CHECK_NEAR(c.groups[0].choices[0].energy_ci95_uj, 50, .01);
	CHECK(c.groups[0].choices[0].best_energy);
	/* 40 of a difference whose interval is 72 */
	CHECK(c.groups[0].choices[1].like_best_energy);
	CHECK(!c.groups[0].choices[1].like_best_edp);
	synergy_choices_clear(&c);
}

TEST(layers_boards_batches)
{
	struct synergy_choices c;

	REQUIRE(read_text(HEAD
		"b2,m,found,,0,1,openblas,im2col,4,500,,,(total),4000,8000,80\n"
		"b1,m,found,,0,1,openblas,im2col,,500,1,relu,Relu,10,20,1\n"
		"b1,m,found,,0,1,openblas,im2col,,500,,,(between),1,2,1\n"
		"b1,m,found,,0,1,openblas,im2col,,500,0,conv,Conv,100,200,1\n"
		"b1,m,found,,0,1,openblas,im2col,,500,,,(total),111,,\n", NAN, &c) == 0);
	CHECK_EQ(c.n, 4);
	CHECK_STR(c.groups[0].board, "b1");
	CHECK_EQ(c.groups[0].index, -1);
	CHECK(!synergy_choice_best_energy(&c.groups[0]));
	CHECK(isnan(c.groups[0].choices[0].energy_uj));
	CHECK_STR(c.groups[1].layer, "conv");
	CHECK_STR(c.groups[2].layer, "relu");
	/* an image's share of four */
	CHECK_NEAR(c.groups[3].choices[0].energy_uj, 2000, 1e-9);
	CHECK_NEAR(c.groups[3].choices[0].time_us, 1000, 1e-9);
	synergy_choices_clear(&c);
}

TEST(period)
{
	struct synergy_choices c;

	REQUIRE(read_text(HEAD FAST ",,(total),100000,150000,1000\n" SLOW ",,(total),200000,100000,1000\n",
			  150000, &c) == 0);
	CHECK_NEAR(c.groups[0].choices[0].period_uj, 175000, 1e-6);
	/* it takes longer than that */
	CHECK(isnan(c.groups[0].choices[1].period_uj));
	synergy_choices_clear(&c);
}

static void refused(const char *text, const char *why)
{
	struct synergy_choices c;

	PARAMS("%s", text);
	error.message[0] = '\0';
	CHECK_FAILS(read_text(text, NAN, &c), EINVAL);
	CHECK_HAS(error.message, why);
	synergy_choices_clear(&c);
}

TEST(refused_tables)
{
	refused("", "no results");
	refused(HEAD, "no results");
	refused("board,model\nb,m\n", "no column index");
	refused(HEAD "b,m\n", "2 fields, the header has 16");
	refused(HEAD FAST ",,(total),x,1,1\n", "column time_us");
	refused(HEAD FAST "-1,a,Conv,1,1,1\n", "column index");
	refused(HEAD "b,m,found,,0,1,openblas,im2col,0,500,,,(total),1,1,1\n", "column batch");
}
