// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A Caffe network into a graph: inputs in their three styles, both layer
 * forms, phase rules, in-place layers. What each layer type means is in
 * caffe_layers.c, weights in caffe_weights.c.
 *
 * Layers run in file order, and a layer that writes a blob again (in place)
 * makes a new tensor: the newest version has the blob's name, an older one is
 * renamed "<blob>@<layer that made it>".
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/caffe.h"
#include "model/shape.h"

int synergy_caffe_error(const struct synergy_caffe *caffe, const struct synergy_caffe_layer *layer,
			int errno_value, const char *fmt, ...)
{
	char text[300];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return synergy_error_set(caffe->err, errno_value, "%s:%d: layer '%.100s' (%.60s): %s",
				 caffe->graph->path, layer->line,
				 layer->p->name ? layer->p->name : "",
				 layer->p->type ? layer->p->type : "", text);
}

/* --- which layers are there ------------------------------------------------ */

static bool has_stage(const Caffe__NetState *state, const char *stage)
{
	size_t i;

	for (i = 0; state && i < state->n_stage; i++)
		if (!strcmp(state->stage[i], stage))
			return true;
	return false;
}

static bool rule_matches(const Caffe__NetState *state, const Caffe__NetStateRule *rule)
{
	int level = state ? state->level : 0;
	size_t i;

	if ((rule->has_phase && rule->phase != CAFFE__PHASE__TEST) ||
	    (rule->has_min_level && level < rule->min_level) ||
	    (rule->has_max_level && level > rule->max_level))
		return false;
	for (i = 0; i < rule->n_stage; i++)
		if (!has_stage(state, rule->stage[i]))
			return false;
	for (i = 0; i < rule->n_not_stage; i++)
		if (has_stage(state, rule->not_stage[i]))
			return false;
	return true;
}

/* Included in the TEST phase? 1, 0 or -1. */
static int is_included(const struct synergy_caffe *caffe, const Caffe__NetState *state,
		       const struct synergy_caffe_layer *layer)
{
	const Caffe__LayerParameter *p = layer->p;
	size_t i;

	if (p->n_include && p->n_exclude)
		return synergy_caffe_error(caffe, layer, EINVAL,
					   "has both include and exclude rules");
	for (i = 0; i < p->n_exclude; i++)
		if (rule_matches(state, p->exclude[i]))
			return 0;
	for (i = 0; i < p->n_include; i++)
		if (rule_matches(state, p->include[i]))
			return 1;
	return p->n_include == 0;
}

/* --- V1 layers ------------------------------------------------------------- */

static const char *const v1_types[] = {
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__ABSVAL] = "AbsVal",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__ACCURACY] = "Accuracy",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__ARGMAX] = "ArgMax",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__BNLL] = "BNLL",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__CONCAT] = "Concat",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__CONTRASTIVE_LOSS] = "ContrastiveLoss",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__CONVOLUTION] = "Convolution",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__DATA] = "Data",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__DECONVOLUTION] = "Deconvolution",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__DROPOUT] = "Dropout",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__DUMMY_DATA] = "DummyData",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__EUCLIDEAN_LOSS] = "EuclideanLoss",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__ELTWISE] = "Eltwise",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__EXP] = "Exp",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__FLATTEN] = "Flatten",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__HDF5_DATA] = "HDF5Data",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__HDF5_OUTPUT] = "HDF5Output",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__HINGE_LOSS] = "HingeLoss",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__IM2COL] = "Im2col",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__IMAGE_DATA] = "ImageData",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__INFOGAIN_LOSS] = "InfogainLoss",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__INNER_PRODUCT] = "InnerProduct",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__LRN] = "LRN",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__MEMORY_DATA] = "MemoryData",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__MULTINOMIAL_LOGISTIC_LOSS] =
		"MultinomialLogisticLoss",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__MVN] = "MVN",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__POOLING] = "Pooling",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__POWER] = "Power",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__RELU] = "ReLU",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SIGMOID] = "Sigmoid",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SIGMOID_CROSS_ENTROPY_LOSS] =
		"SigmoidCrossEntropyLoss",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SILENCE] = "Silence",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SOFTMAX] = "Softmax",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SOFTMAX_LOSS] = "SoftmaxWithLoss",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SPLIT] = "Split",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SLICE] = "Slice",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__TANH] = "TanH",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__WINDOW_DATA] = "WindowData",
	[CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__THRESHOLD] = "Threshold",
};

/* A V1 layer seen as a newer one: pointers are borrowed, nothing is copied. */
static void upgrade(const Caffe__V1LayerParameter *v1, Caffe__LayerParameter *p,
		    struct synergy_caffe_layer *layer)
{
	caffe__layer_parameter__init(p);
	p->name = v1->name;
	p->type = v1->has_type && v1_types[v1->type] ? (char *)v1_types[v1->type] : (char *)"NONE";
	p->n_bottom = v1->n_bottom;
	p->bottom = v1->bottom;
	p->n_top = v1->n_top;
	p->top = v1->top;
	p->n_include = v1->n_include;
	p->include = v1->include;
	p->n_exclude = v1->n_exclude;
	p->exclude = v1->exclude;
	p->concat_param = v1->concat_param;
	p->convolution_param = v1->convolution_param;
	p->dropout_param = v1->dropout_param;
	p->eltwise_param = v1->eltwise_param;
	p->exp_param = v1->exp_param;
	p->inner_product_param = v1->inner_product_param;
	p->lrn_param = v1->lrn_param;
	p->pooling_param = v1->pooling_param;
	p->power_param = v1->power_param;
	p->relu_param = v1->relu_param;
	p->sigmoid_param = v1->sigmoid_param;
	p->softmax_param = v1->softmax_param;
	p->slice_param = v1->slice_param;
	p->tanh_param = v1->tanh_param;
	layer->share_names = v1->param;
	layer->n_share_names = v1->n_param;
}

/* --- the net ---------------------------------------------------------------- */

static int add_shape_input(struct synergy_caffe *caffe, const char *name, const int64_t *dims,
			   size_t rank)
{
	if (rank > SYNERGY_MAX_RANK)
		return synergy_graph_error(caffe->graph, caffe->err, EFBIG,
					   "input '%.100s': rank %zu, limit %d", name, rank,
					   SYNERGY_MAX_RANK);
	return synergy_graph_add_input(caffe->graph, name, SYNERGY_F32, (int)rank, dims, NULL,
				       caffe->options, caffe->err) < 0 ? -1 : 0;
}

/* `input:` with input_shape {} or with four input_dim each. */
static int net_inputs(struct synergy_caffe *caffe, const Caffe__NetParameter *net)
{
	int64_t dims[4];
	size_t i, k;

	if (!net->n_input && (net->n_input_shape || net->n_input_dim))
		return synergy_graph_error(caffe->graph, caffe->err, EINVAL,
					   "input_shape or input_dim without input");
	if (!net->n_input)
		return 0;
	if (net->n_input_shape && net->n_input_dim)
		return synergy_graph_error(caffe->graph, caffe->err, EINVAL,
					   "both input_shape and input_dim are given");
	if (net->n_input_shape ? net->n_input_shape != net->n_input :
				 net->n_input_dim != 4 * net->n_input)
		return synergy_graph_error(caffe->graph, caffe->err, EINVAL,
					   "%zu inputs, but %zu input_shape and %zu input_dim",
					   net->n_input, net->n_input_shape, net->n_input_dim);
	for (i = 0; i < net->n_input; i++) {
		if (net->n_input_shape) {
			if (add_shape_input(caffe, net->input[i], net->input_shape[i]->dim,
					    net->input_shape[i]->n_dim))
				return -1;
			continue;
		}
		for (k = 0; k < 4; k++)
			dims[k] = net->input_dim[4 * i + k];
		if (add_shape_input(caffe, net->input[i], dims, 4))
			return -1;
	}
	return 0;
}

/* An Input layer: one shape for all tops, or one each. */
static int input_layer(struct synergy_caffe *caffe, const struct synergy_caffe_layer *layer)
{
	const Caffe__LayerParameter *p = layer->p;
	const Caffe__InputParameter *input = p->input_param;
	size_t i;

	if (p->n_bottom || !p->n_top || !input ||
	    (input->n_shape != 1 && input->n_shape != p->n_top))
		return synergy_caffe_error(caffe, layer, EINVAL,
					   "%zu bottoms, %zu tops and %zu shapes; needs no bottom and a shape for each top",
					   p->n_bottom, p->n_top, input ? input->n_shape : 0);
	for (i = 0; i < p->n_top; i++) {
		const Caffe__BlobShape *shape = input->shape[input->n_shape == 1 ? 0 : i];

		if (add_shape_input(caffe, p->top[i], shape->dim, shape->n_dim))
			return -1;
	}
	return 0;
}

static int one_layer(struct synergy_caffe *caffe, const Caffe__NetState *state,
		     struct synergy_caffe_layer *layer)
{
	int included;

	if (!layer->p->type || !*layer->p->type)
		return synergy_caffe_error(caffe, layer, EINVAL, "has no type");
	if (!layer->p->name)
		return synergy_caffe_error(caffe, layer, EINVAL, "has no name");
	included = is_included(caffe, state, layer);
	if (included <= 0)
		return included;
	if (!strcmp(layer->p->type, "Input"))
		return input_layer(caffe, layer);
	return synergy_caffe_add_layer(caffe, layer);
}

/* Layer i of either form; *upgraded holds it when it is one of the older. */
static struct synergy_caffe_layer layer_at(const struct synergy_prototxt *text, size_t i,
					   Caffe__LayerParameter *upgraded)
{
	struct synergy_caffe_layer layer = { .line = text->layer_lines[i], .node = -1 };

	if (text->net->n_layers) {
		upgrade(text->net->layers[i], upgraded, &layer);
		layer.p = upgraded;
	} else {
		layer.p = text->net->layer[i];
	}
	return layer;
}

/* All types that are not supported at once; of a single one add_layer() says where it is. */
static int find_unsupported(const struct synergy_caffe *caffe, const struct synergy_prototxt *text)
{
	struct synergy_unsupported unsupported = { .n_kinds = 0 };
	Caffe__LayerParameter upgraded;
	struct synergy_caffe_layer layer;
	size_t i;

	for (i = 0; i < text->net->n_layer + text->net->n_layers; i++) {
		layer = layer_at(text, i, &upgraded);
		if (!layer.p->type || !layer.p->name || synergy_caffe_has_type(layer.p->type) ||
		    is_included(caffe, text->net->state, &layer) <= 0)
			continue;
		synergy_unsupported_add(&unsupported, layer.p->type, layer.p->name);
	}
	return unsupported.n_kinds + unsupported.n_others > 1 ?
		       synergy_unsupported_error(&unsupported, caffe->graph, "layer types",
						 caffe->err) : 0;
}

static int all_layers(struct synergy_caffe *caffe, const struct synergy_prototxt *text)
{
	const Caffe__NetParameter *net = text->net;
	struct synergy_caffe_layer layer;
	Caffe__LayerParameter upgraded;
	size_t i;

	if (net->n_layer && net->n_layers)
		return synergy_graph_error(caffe->graph, caffe->err, EINVAL,
					   "both layer {} and the older layers {} are used");
	if (!net->n_layer && !net->n_layers)
		return synergy_graph_error(caffe->graph, caffe->err, EINVAL, "has no layers");
	if (find_unsupported(caffe, text))
		return -1;
	for (i = 0; i < net->n_layer + net->n_layers; i++) {
		layer = layer_at(text, i, &upgraded);
		if (one_layer(caffe, net->state, &layer))
			return -1;
	}
	return 0;
}

/* A net's outputs are what its layers make and no layer reads. */
static int find_outputs(struct synergy_caffe *caffe)
{
	struct synergy_graph *graph = caffe->graph;
	bool *read = calloc((size_t)graph->n_tensors + 1, 1);
	int i, k, t, ret = 0;

	if (!read)
		return synergy_graph_error(graph, caffe->err, ENOMEM, "out of memory");
	for (i = 0; i < graph->n_nodes; i++)
		for (k = 0; k < graph->nodes[i].n_inputs; k++)
			if (graph->nodes[i].inputs[k] >= 0)
				read[graph->nodes[i].inputs[k]] = true;
	for (i = 0; i < graph->n_nodes && !ret; i++)
		for (k = 0; k < graph->nodes[i].n_outputs && !ret; k++) {
			t = graph->nodes[i].outputs[k];
			if (t >= 0 && !read[t])
				ret = synergy_graph_append(graph, &graph->outputs,
							   &graph->n_outputs, t, caffe->err);
		}
	free(read);
	if (!ret && !graph->n_outputs)
		return synergy_graph_error(graph, caffe->err, EINVAL, "has no output");
	return ret;
}

int synergy_read_caffe(struct synergy_graph *graph, const void *data, size_t size,
		       const struct synergy_graph_options *options, struct synergy_error *err)
{
	struct synergy_caffe caffe = { .graph = graph, .options = options, .err = err };
	struct synergy_protobuf_memory memory;
	struct synergy_prototxt text;
	int ret = -1, saved;

	synergy_protobuf_memory_init(&memory, graph->memory->max_bytes);
	if (synergy_prototxt_parse(graph->path, data, size, &memory, &text, err))
		return -1;
	if (text.net->name && *text.net->name) {
		graph->name = synergy_graph_strdup(graph, text.net->name);
		if (!graph->name) {
			synergy_graph_no_memory(graph, err);
			goto free_text;
		}
	}
	if (options->weights_path) {
		if (synergy_caffe_open_weights(&caffe, options->weights_path))
			goto close_weights;
	} else {
		graph->random_weights = true;
		graph->seed = options->seed;
	}
	if (net_inputs(&caffe, text.net) || all_layers(&caffe, &text) || find_outputs(&caffe))
		goto close_weights;
	ret = 0;

close_weights:
	saved = errno;
	synergy_caffe_close_weights(&caffe);
	errno = saved;
free_text:
	synergy_prototxt_free(&text, &memory);
	return ret;
}
