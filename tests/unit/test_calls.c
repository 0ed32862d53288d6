// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls from marks: nested, recursive and overlapping intervals, several threads and
 * processes, marks that come late or never; each moment has one innermost interval.
 */
#include <stdlib.h>
#include <string.h>

#include "attribute/calls.h"
#include "tests/framework/test.h"

static struct synergy_calls c;
static struct synergy_count count[1];

static void mark_of(uint32_t tgid, uint32_t tid, bool begin, uint32_t id, uint64_t ns)
{
	struct synergy_call_mark m = { .time_ns = ns, .tgid = tgid, .tid = tid, .id = id,
				       .begin = begin, .n_counts = 1, .counts = count };

	/* One count a nanosecond, on one core. */
	count[0] = (struct synergy_count){ ns, ns, ns };
	CHECK(!synergy_calls_mark(&c, &m));
}

static void begin(uint32_t id, uint64_t ns)
{
	mark_of(1, 1, true, id, ns);
}

static void end(uint32_t id, uint64_t ns)
{
	mark_of(1, 1, false, id, ns);
}

static const struct synergy_call_row *row_of(size_t thread, uint32_t id)
{
	static const struct synergy_call_row none = { .id = UINT32_MAX };
	size_t i;

	for (i = 0; thread < c.n_threads && i < c.threads[thread].n_rows; i++)
		if (c.threads[thread].rows[i].id == id)
			return &c.threads[thread].rows[i];
	CHECK(!"the row is there");
	return &none;
}

static void check_row(size_t thread, uint32_t id, uint64_t calls, uint64_t self, uint64_t inclusive)
{
	const struct synergy_call_row *r = row_of(thread, id);

	PARAMS("thread %zu id %u", thread, id);
	CHECK_EQ(r->calls, calls);
	CHECK_EQ(r->self_ns, self);
	CHECK_EQ(r->inclusive_ns, inclusive);
}

/* Pieces follow each other, are of elements that know their time, and none overlap. */
static void check_pieces(void)
{
	size_t i, k;

	for (i = 0; i < c.n_threads; i++) {
		const struct synergy_call_thread *t = &c.threads[i];
		uint64_t ns = 0, sum = 0;

		for (k = 0; k < t->n_pieces; k++) {
			CHECK_LT(t->pieces[k].begin_ns, t->pieces[k].end_ns);
			CHECK_LT(t->pieces[k].element, t->n_elements);
			if (k)
				CHECK_EQ(t->pieces[k].begin_ns, t->pieces[k - 1].end_ns);
			ns += t->pieces[k].end_ns - t->pieces[k].begin_ns;
		}
		for (k = 0; k < t->n_elements; k++)
			sum += t->elements[k].ns;
		CHECK_EQ(sum, ns);
	}
}

static void work(void)
{
	CHECK(!synergy_calls_until(&c, UINT64_MAX));
	check_pieces();
}

TEST(nested)
{
	int i;

	for (i = 0; i < 3; i++) {
		begin(1, 100 * i + 10);
		begin(2, 100 * i + 20);
		end(2, 100 * i + 50);
		begin(2, 100 * i + 55);
		end(2, 100 * i + 60);
		end(1, 100 * i + 90);
	}
	work();
	check_row(0, 1, 3, 3 * (10 + 5 + 30), 3 * 80);
	check_row(0, 2, 6, 3 * 35, 3 * 35);
	CHECK_EQ(row_of(0, 2)->parent, 0);
	CHECK_EQ(row_of(0, 2)->depth, 1);
	CHECK_EQ(row_of(0, 1)->parent, SYNERGY_CALLS_ROOT);
	CHECK_NEAR(row_of(0, 1)->inclusive->sum[0], 240, 0);
	CHECK_NEAR(row_of(0, 1)->self->sum[0], 135, 0);
	CHECK_NEAR(row_of(0, 2)->self->sum[0], 105, 0);
	/* 1 before 2, 1 after 2, 2, and the root between the calls of 1 */
	CHECK_EQ(c.threads[0].n_elements, 4);
	synergy_calls_free(&c);
}

/* fib(): a name within itself counts once, whatever the depth, and makes few elements. */
static void fib(int n, uint64_t *ns)
{
	begin(9, *ns);
	*ns += 10;
	if (n > 1) {
		fib(n - 1, ns);
		fib(n - 2, ns);
	}
	*ns += 10;
	end(9, *ns);
}

TEST(recursive)
{
	uint64_t ns = 1000;

	begin(4, ns);
	ns += 5;
	fib(12, &ns);
	ns += 5;
	end(4, ns);
	work();
	check_row(0, 9, 465, 465 * 20, 465 * 20);
	check_row(0, 4, 1, 10, 465 * 20 + 10);
	CHECK_LE(c.threads[0].n_elements, 6);
	CHECK_LE(c.threads[0].n_nodes, 3);
	CHECK_NEAR(row_of(0, 9)->self->sum[0], 465 * 20, 0);
	CHECK_NEAR(row_of(0, 9)->inclusive->sum[0], 465 * 20, 0);
	synergy_calls_free(&c);
}

/* a calls b calls a ...: surroundings are the same from the third on. */
TEST(mutual_recursion)
{
	int i;

	for (i = 0; i < 100; i++)
		begin(1 + i % 2, 10 * i);
	for (i = 99; i >= 0; i--)
		end(1 + i % 2, 2000 - 10 * i);
	work();
	CHECK_LE(c.threads[0].n_nodes, 6);
	CHECK_EQ(row_of(0, 1)->inclusive_ns, 2000);
	CHECK_EQ(row_of(0, 2)->inclusive_ns, 1980);
	CHECK_EQ(row_of(0, 1)->self_ns + row_of(0, 2)->self_ns, 2000);
	synergy_calls_free(&c);
}

/* B1 B2 E1 E2: the later one is the innermost until it ends. */
TEST(overlapping)
{
	begin(1, 0);
	begin(2, 10);
	end(1, 30);
	end(2, 60);
	work();
	check_row(0, 1, 1, 10, 30);
	check_row(0, 2, 1, 50, 50);
	/* What was counted within both is no one's own. */
	CHECK(!row_of(0, 1)->self || !row_of(0, 1)->self->n[0]);
	CHECK_NEAR(row_of(0, 1)->inclusive->sum[0], 30, 0);
	CHECK_NEAR(row_of(0, 2)->inclusive->sum[0], 50, 0);
	synergy_calls_free(&c);
}

TEST(threads)
{
	/* Two threads of one process and one of another, with the same ids. */
	mark_of(1, 1, true, 7, 0);
	mark_of(1, 2, true, 7, 20);
	mark_of(5, 2, true, 7, 30);
	mark_of(5, 2, false, 7, 40);
	mark_of(1, 1, false, 7, 50);
	mark_of(1, 2, false, 7, 70);
	work();
	CHECK_EQ(c.n_threads, 3);
	check_row(0, 7, 1, 50, 50);
	check_row(1, 7, 1, 50, 50);
	check_row(2, 7, 1, 10, 10);
	CHECK_EQ(row_of(0, 7)->shared_ns, 30);
	CHECK_EQ(row_of(1, 7)->shared_ns, 30);
	CHECK_EQ(row_of(2, 7)->shared_ns, 10);
	synergy_calls_free(&c);
}

/* Begun on one thread, ended on another of the same process, but not of another one. */
TEST(ends_elsewhere)
{
	mark_of(1, 1, true, 7, 0);
	mark_of(2, 9, false, 7, 30);
	mark_of(1, 4, false, 7, 50);
	work();
	check_row(0, 7, 1, 50, 50);
	CHECK_EQ(c.unmatched, 1);
	synergy_calls_free(&c);
}

/* Marks of a page come up to a period late; they are put in their order. */
TEST(late)
{
	mark_of(1, 1, true, 1, 1000);
	mark_of(1, 1, false, 1, 4000);
	mark_of(1, 1, true, 2, 2000);
	mark_of(1, 1, false, 2, 3000);
	work();
	check_row(0, 1, 1, 2000, 3000);
	check_row(0, 2, 1, 1000, 1000);
	/* Later than anybody waits: from then on. */
	mark_of(1, 1, true, 3, 500);
	mark_of(1, 1, false, 3, 5000);
	work();
	check_row(0, 3, 1, 1000, 1000);
	synergy_calls_free(&c);
}

TEST(open_and_unmatched)
{
	begin(1, 0);
	begin(2, 10);
	end(3, 20);
	work();
	CHECK_EQ(c.threads[0].n_open, 2);
	CHECK_EQ(c.unmatched, 1);
	CHECK_EQ(c.n_active, 1);
	check_row(0, 1, 1, 10, 0);
	synergy_calls_free(&c);
}

/* As many names, depths and threads as somebody likes: bounded, and nothing is lost of time. */
TEST(limits)
{
	uint64_t ns = 0;
	uint32_t i;

	for (i = 0; i < 2 * SYNERGY_CALLS_ROWS; i++) {
		begin(i, ns);
		end(i, ns + 10);
		ns += 20;
	}
	work();
	CHECK_EQ(c.threads[0].n_rows, SYNERGY_CALLS_ROWS);
	CHECK(c.threads[0].rows[SYNERGY_CALLS_ROWS - 1].others);
	CHECK_EQ(c.threads[0].marked_ns, 20ULL * SYNERGY_CALLS_ROWS);
	CHECK_EQ(c.unmatched, 0);
	for (i = 0; i < SYNERGY_CALLS_DEPTH + 10; i++)
		begin(i, ns + i);
	work();
	CHECK_EQ(c.threads[0].n_open, SYNERGY_CALLS_DEPTH);
	CHECK_EQ(c.dropped, 10);
	CHECK_LE(c.threads[0].n_nodes, SYNERGY_CALLS_NODES + SYNERGY_CALLS_ROWS);
	for (i = 2; i < SYNERGY_CALLS_THREADS + 5; i++)
		mark_of(1, i, true, 1, ns + 100000);
	work();
	CHECK_EQ(c.n_threads, SYNERGY_CALLS_THREADS);
	CHECK_EQ(c.dropped, 14);
	synergy_calls_free(&c);
}

/* Random marks of some threads against a model that keeps every nanosecond. */
#define MODEL_NS	4000
#define MODEL_IDS	5

TEST(random_against_model)
{
	static uint32_t owner[MODEL_NS];
	uint32_t stack[64], i, n, id;
	uint64_t self[MODEL_IDS], inclusive[MODEL_IDS], at;
	unsigned int seed = (unsigned int)test_seed(1);
	int round;

	for (round = 0; round < 300; round++) {
		memset(owner, 0xff, sizeof(owner));
		memset(self, 0, sizeof(self));
		memset(inclusive, 0, sizeof(inclusive));
		PARAMS("seed %llu round %d", (unsigned long long)test_seed(1), round);
		for (n = 0, at = 1; at < MODEL_NS - 100; at++) {
			bool open[MODEL_IDS] = { false };

			if (rand_r(&seed) % 8 == 0 && n < 60) {
				stack[n++] = id = rand_r(&seed) % MODEL_IDS;
				begin(id, at);
			} else if (rand_r(&seed) % 8 == 0 && n) {
				/* Now and then one that is not the innermost. */
				uint32_t from = rand_r(&seed) % 5 ? n - 1 : rand_r(&seed) % n, k;

				id = stack[from];
				for (k = n; k--;)
					if (stack[k] == id)
						break;
				memmove(&stack[k], &stack[k + 1], (n - k - 1) * sizeof(*stack));
				n--;
				end(id, at);
			}
			if (n)
				self[stack[n - 1]]++;
			for (i = 0; i < n; i++)
				open[stack[i]] = true;
			for (i = 0; i < MODEL_IDS; i++)
				inclusive[i] += open[i];
		}
		while (n)
			end(stack[--n], MODEL_NS - 100);
		work();
		for (i = 0; c.n_threads && i < c.threads[0].n_rows; i++) {
			const struct synergy_call_row *r = &c.threads[0].rows[i];

			CHECK_EQ(r->self_ns, self[r->id]);
			CHECK_EQ(r->inclusive_ns, inclusive[r->id]);
			CHECK_EQ(r->open, 0);
		}
		synergy_calls_free(&c);
	}
}
