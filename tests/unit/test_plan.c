// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plans of one small network with everything that memory planning has to get
 * right (in-place operators, views, nested and shared concatenations, values
 * read again later) by every option, against the same network by references.
 */
#include <errno.h>
#include <stdlib.h>

#include "kernels/gemm.h"
#include "infer/execute.h"
#include "tests/unit/random.h"
#include "tests/framework/test.h"

#define CONV(name, from, out, kernel, pad)                                                         \
	"layer { name: \"" name "\" type: \"Convolution\" bottom: \"" from "\" top: \"" name       \
	"\" convolution_param { num_output: " #out " kernel_size: " #kernel " pad: " #pad " } }\n"
#define IN_PLACE(name, type, blob)                                                                 \
	"layer { name: \"" name "\" type: \"" type "\" bottom: \"" blob "\" top: \"" blob "\" }\n"
#define CONCAT(name, a, b)                                                                         \
	"layer { name: \"" name "\" type: \"Concat\" bottom: \"" a "\" bottom: \"" b               \
	"\" top: \"" name "\" }\n"

/* x1 and x2 are read after they were concatenated; c2 lies inside c3. */
static const char network[] =
	"name: \"plan\"\n"
	"layer { name: \"data\" type: \"Input\" top: \"data\""
	" input_param { shape { dim: 1 dim: 3 dim: 20 dim: 22 } } }\n"
	CONV("x0", "data", 8, 3, 1)
	IN_PLACE("bn0", "BatchNorm", "x0")
	"layer { name: \"sc0\" type: \"Scale\" bottom: \"x0\" top: \"x0\""
	" scale_param { bias_term: true } }\n"
	IN_PLACE("relu0", "ReLU", "x0")
	CONV("x1", "x0", 8, 3, 1)
	IN_PLACE("relu1", "ReLU", "x1")
	CONCAT("c1", "x0", "x1")
	CONV("x2", "c1", 6, 1, 0)
	CONCAT("c2", "x1", "x2")
	IN_PLACE("drop", "Dropout", "c2")
	CONV("x3", "c2", 14, 5, 2)
	"layer { name: \"dw\" type: \"Convolution\" bottom: \"x3\" top: \"dw\""
	" convolution_param { num_output: 14 group: 14 kernel_size: 3 pad: 1 } }\n"
	IN_PLACE("dwrelu", "ReLU", "dw")
	"layer { name: \"sum\" type: \"Eltwise\" bottom: \"dw\" bottom: \"c2\" top: \"sum\" }\n"
	IN_PLACE("sumrelu", "ReLU", "sum")
	CONV("x4", "sum", 14, 3, 1)
	"layer { name: \"sum2\" type: \"Eltwise\" bottom: \"sum\" bottom: \"x4\" top: \"sum2\" }\n"
	IN_PLACE("sum2relu", "ReLU", "sum2")
	CONV("x5", "sum2", 14, 1, 0)
	"layer { name: \"gate\" type: \"Sigmoid\" bottom: \"x5\" top: \"gate\" }\n"
	"layer { name: \"silu\" type: \"Eltwise\" bottom: \"gate\" bottom: \"x5\" top: \"silu\""
	" eltwise_param { operation: PROD } }\n"
	CONCAT("c3", "c2", "silu")
	"layer { name: \"pool\" type: \"Pooling\" bottom: \"c3\" top: \"pool\""
	" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }\n"
	"layer { name: \"norm\" type: \"LRN\" bottom: \"pool\" top: \"norm\""
	" lrn_param { local_size: 5 alpha: 0.1 beta: 0.75 } }\n"
	"layer { name: \"fc\" type: \"InnerProduct\" bottom: \"norm\" top: \"fc\""
	" inner_product_param { num_output: 10 } }\n"
	IN_PLACE("fcrelu", "ReLU", "fc")
	"layer { name: \"prob\" type: \"Softmax\" bottom: \"fc\" top: \"prob\" }\n"
	"layer { name: \"side\" type: \"Pooling\" bottom: \"c1\" top: \"side\""
	" pooling_param { pool: AVE global_pooling: true } }\n";

struct outputs {
	float *data[8];
	int n;
};

static struct synergy_graph *graph;

SETUP
{
	struct synergy_error err;

	if (!CHECK(!synergy_graph_load_memory(network, sizeof(network) - 1, "plan.prototxt", NULL,
					      &graph, &err)))
		fprintf(stderr, "%s\n", err.message);
}

TEARDOWN
{
	synergy_graph_free(graph);
}

static void fill_input(const struct synergy_plan *plan)
{
	random_state = 7;
	random_fill(synergy_plan_tensor(plan, graph->inputs[0]),
		    graph->tensors[graph->inputs[0]].count);
}

static void run(const struct synergy_plan_options *options, struct outputs *out)
{
	struct synergy_plan *plan;
	struct synergy_error err;
	int i;

	out->n = 0;
	if (!CHECK(!synergy_plan_create(graph, options, &plan, &err))) {
		fprintf(stderr, "%s\n", err.message);
		return;
	}
	CHECK_GT(synergy_plan_peak_bytes(plan), 0);
	CHECK_LE(synergy_plan_peak_bytes(plan), synergy_plan_unshared_bytes(plan));
	fill_input(plan);
	CHECK(!synergy_plan_run(plan, NULL));
	CHECK(!synergy_plan_run(plan, NULL));
	for (i = 0; i < graph->n_outputs; i++) {
		const struct synergy_tensor *t = &graph->tensors[graph->outputs[i]];

		out->data[i] = malloc(t->bytes);
		memcpy(out->data[i], synergy_plan_tensor(plan, graph->outputs[i]), t->bytes);
		out->n++;
	}
	synergy_plan_free(plan);
}

static void free_outputs(struct outputs *out)
{
	while (out->n)
		free(out->data[--out->n]);
}

static void compare(const struct outputs *want, const struct synergy_plan_options *options)
{
	struct outputs got;
	int i;

	run(options, &got);
	CHECK_EQ(got.n, want->n);
	for (i = 0; i < got.n && i < want->n; i++) {
		const struct synergy_tensor *t = &graph->tensors[graph->outputs[i]];
		double worst = 0, largest = 1e-6;
		int64_t k;

		for (k = 0; k < t->count; k++) {
			worst = test_worse(worst, fabs((double)got.data[i][k] - want->data[i][k]));
			largest = fmax(largest, fabs(want->data[i][k]));
		}
		PARAMS("output %s: conv %s threads %d fuse %d fold %d backend %s simd %s", t->name,
		       synergy_conv_choice_name(options->conv), options->threads, options->fuse,
		       options->fold_bn, options->backend ? options->backend : "-",
		       options->simd ? options->simd : "-");
		CHECK_LE(worst, 1e-5 * largest);
	}
	free_outputs(&got);
}

static void compare_options(const struct outputs *want)
{
	static const char *const backends[] = { "openblas", "eigen", "reference" };
	int conv, bits;

	for (conv = SYNERGY_CONV_AUTO; conv <= SYNERGY_CONV_WINOGRAD; conv++)
		for (bits = 0; bits < 12; bits++) {
			const struct synergy_plan_options options = {
				.conv = (enum synergy_conv_choice)conv,
				.fuse = bits & 1,
				.fold_bn = bits & 2,
				.backend = backends[bits >> 2],
			};
			const struct synergy_gemm_backend *gemm = synergy_gemm_find(backends[bits >> 2]);

			if (CHECK(gemm != NULL) && !gemm->open())
				compare(want, &options);
		}
	for (conv = SYNERGY_CONV_AUTO; conv <= SYNERGY_CONV_WINOGRAD; conv++) {
		const struct synergy_plan_options options = {
			.conv = (enum synergy_conv_choice)conv,
			.threads = 3,
		};

		compare(want, &options);
	}
}

struct order {
	int before, after, wrong;
};

static int hook_before(void *arg, int node)
{
	struct order *o = arg;

	if (o->before != o->after || node < o->before)
		o->wrong++;
	o->before++;
	return 0;
}

static int hook_after(void *arg, int node)
{
	struct order *o = arg;

	o->after++;
	if (o->before != o->after)
		o->wrong++;
	return node == 5 ? -3 : 0;
}

TEST(hooks)
{
	struct order order = { 0 };
	const struct synergy_run_hooks hooks = { hook_before, hook_after, &order };
	struct synergy_plan_node info;
	struct synergy_plan *plan;
	int i, copies = 0;

	if (!CHECK(!synergy_plan_create(graph, NULL, &plan, NULL)))
		return;
	CHECK_EQ(synergy_plan_run(plan, &hooks), -3);
	CHECK(order.before == 6 && order.after == 6 && !order.wrong);
	for (i = 0; i < graph->n_nodes; i++) {
		synergy_plan_describe(plan, i, &info);
		CHECK(info.runs);
		copies += !strcmp(info.method, "copy");
	}
	/* x1 cannot lie in c1 and in c2 at once. */
	CHECK_EQ(copies, 1);
	synergy_plan_free(plan);
}

/* Sums, functions and gates run inside the convolutions before them, others do not. */
TEST(fused)
{
	static const char *const inside[] = { "bn0", "sc0", "relu0", "relu1", "dwrelu", "sum2",
					      "sum2relu", "gate", "silu" };
	const struct synergy_plan_options options = { .fuse = true };
	struct synergy_plan_node info;
	struct synergy_plan *plan;
	int i, fused = 0;
	size_t k;

	if (!CHECK(!synergy_plan_create(graph, &options, &plan, NULL)))
		return;
	for (i = 0; i < graph->n_nodes; i++) {
		synergy_plan_describe(plan, i, &info);
		fused += !info.runs;
		for (k = 0; k < sizeof(inside) / sizeof(inside[0]); k++)
			if (!strcmp(graph->nodes[i].name, inside[k])) {
				PARAMS("layer %s", inside[k]);
				CHECK(!info.runs);
			}
	}
	CHECK_EQ(fused, (int)(sizeof(inside) / sizeof(inside[0])));
	synergy_plan_free(plan);
}

TEST(errors)
{
	const struct synergy_plan_options bad_backend = { .backend = "mkl" };
	const struct synergy_plan_options bad_threads = { .threads = -1 };
	const struct synergy_plan_options bad_simd = { .simd = "mmx" };
	struct synergy_plan *plan;
	struct synergy_error err;
	enum synergy_conv_choice conv;

	CHECK(synergy_plan_create(graph, &bad_backend, &plan, &err) && errno == ENOENT);
	CHECK(strstr(err.message, "mkl") != NULL);
	CHECK(synergy_plan_create(graph, &bad_threads, &plan, &err) && errno == EINVAL);
	CHECK(synergy_plan_create(graph, &bad_simd, &plan, &err) && errno == EINVAL);
	CHECK(synergy_conv_choice_parse("fft", &conv) && errno == EINVAL);
	CHECK(!synergy_conv_choice_parse("winograd", &conv) && conv == SYNERGY_CONV_WINOGRAD);
}

TEST(options)
{
	const struct synergy_plan_options reference = { .reference = true, .backend = "reference" };
	struct outputs want;

	CHECK_EQ(graph->n_outputs, 2);
	run(&reference, &want);
	compare_options(&want);
	free_outputs(&want);
}
