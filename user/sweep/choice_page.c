// SPDX-License-Identifier: GPL-3.0-or-later
/* sweep.html: each network's configurations, energy against time, and their table. */
#include "sweep/choice.h"

#include <math.h>

#include "report/html_parts.h"
#include "report/units.h"

#define WIDTH	760.0
#define HEIGHT	340.0
#define LEFT	76.0
#define RIGHT	24.0
#define TOP	16.0
#define BOTTOM	40.0
#define TICKS	4		/* at least so many steps of an axis */
#define MOST_NAMES	16	/* with more points only the front has its names */

struct plot {
	FILE *out;
	const struct synergy_choice_group *g;
	double most_us, most_uj;
};

static double x_of(const struct plot *p, double us)
{
	return LEFT + us / p->most_us * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct plot *p, double uj)
{
	return HEIGHT - BOTTOM - uj / p->most_uj * (HEIGHT - TOP - BOTTOM);
}

/* 1, 2 or 5 times a power of ten */
static double step_of(double most)
{
	double step = pow(10, floor(log10(most / TICKS)));

	if (step * 5 * TICKS <= most)
		return step * 5;
	return step * 2 * TICKS <= most ? step * 2 : step;
}

static void find_ends(struct plot *p)
{
	size_t i;

	for (i = 0; i < p->g->n; i++) {
		const struct synergy_choice *c = &p->g->choices[i];

		p->most_us = fmax(p->most_us, c->time_us * 1.12);
		p->most_uj = fmax(p->most_uj, (c->energy_uj + c->energy_ci95_uj) * 1.08);
	}
}

static void put_axes(const struct plot *p)
{
	char text[32];
	double v;

	for (v = 0; v <= p->most_uj; v += step_of(p->most_uj)) {
		fprintf(p->out, "<line x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(--grid)\"/>"
			"<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">", LEFT, WIDTH - RIGHT, y_of(p, v),
			y_of(p, v), LEFT - 8, y_of(p, v) + 4);
		synergy_html_put_figure(v > 0 ? synergy_format_energy(v, text, sizeof(text)) : "0", p->out);
		fputs("</text>\n", p->out);
	}
	for (v = 0; v <= p->most_us; v += step_of(p->most_us)) {
		fprintf(p->out, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">", x_of(p, v),
			HEIGHT - BOTTOM + 18);
		synergy_html_put_figure(v > 0 ? synergy_format_time(v, text, sizeof(text)) : "0", p->out);
		fputs("</text>\n", p->out);
	}
	fprintf(p->out, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">time of an image</text>\n",
		WIDTH - RIGHT, HEIGHT - 4);
}

static void put_front(const struct plot *p)
{
	size_t i;

	fputs("<polyline fill=\"none\" stroke=\"var(--accent)\" stroke-dasharray=\"4 4\" points=\"", p->out);
	for (i = 0; i < p->g->n; i++)
		if (p->g->choices[i].pareto)
			fprintf(p->out, "%.1f,%.1f ", x_of(p, p->g->choices[i].time_us),
				y_of(p, p->g->choices[i].energy_uj));
	fputs("\"/>\n", p->out);
}

/* Names are above and below in turn, so that neighbours' do not meet. */
static void put_point(const struct plot *p, const struct synergy_choice *c, bool below)
{
	double x = x_of(p, c->time_us), y = y_of(p, c->energy_uj);
	char name[256], energy[64];

	if (isnan(c->energy_uj))
		return;
	synergy_choice_name(p->g, c, name, sizeof(name));
	fputs("<g><title>", p->out);
	synergy_html_put(name, p->out);
	fputs(": ", p->out);
	synergy_html_put_figure(synergy_format_interval(c->energy_uj, c->energy_ci95_uj, "\u00b1", energy,
							sizeof(energy)), p->out);
	fprintf(p->out, "</title><line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(--fg)\"/>"
		"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"var(--%s)\"/>", x, x,
		y_of(p, c->energy_uj - c->energy_ci95_uj), y_of(p, c->energy_uj + c->energy_ci95_uj), x, y,
		c->best_energy ? 7 : 5, c->best_energy ? "good" : c->pareto ? "accent" : "idle");
	if (p->g->n <= MOST_NAMES || c->pareto) {
		fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\">", x + 10, below ? y + 17 : y - 7);
		synergy_html_put(name, p->out);
		fputs("</text>", p->out);
	}
	fputs("</g>\n", p->out);
}

static void put_plot(const struct synergy_choice_group *g, FILE *out)
{
	struct plot p = { .out = out, .g = g };
	size_t i;

	find_ends(&p);
	if (!(p.most_us > 0 && p.most_uj > 0))
		return;
	fprintf(out, "<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"Energy against time of %zu "
		"configurations\" style=\"max-width:%gpx;width:100%%;font-size:12px\" fill=\"var(--dim)\">\n",
		WIDTH, HEIGHT, g->n, WIDTH);
	put_axes(&p);
	put_front(&p);
	for (i = 0; i < g->n; i++)
		put_point(&p, &g->choices[i], i % 2);
	fputs("</svg>\n", out);
}

static void put_cell(const char *text, FILE *out)
{
	fputs("<td>", out);
	synergy_html_put_figure(text, out);
	fputs("</td>", out);
}

static void put_row(const struct synergy_choice_group *g, const struct synergy_choice *c, FILE *out)
{
	char text[256];

	synergy_choice_name(g, c, text, sizeof(text));
	fputs("<tr><th scope=\"row\" style=\"text-align:left\">", out);
	synergy_html_put(text, out);
	fputs("</th>", out);
	put_cell(synergy_format_time(c->time_us, text, sizeof(text)), out);
	put_cell(synergy_format_interval(c->energy_uj, c->energy_ci95_uj, "\u00b1", text, sizeof(text)), out);
	snprintf(text, sizeof(text), isnan(c->edp_ujs) ? "-" : "%.4g mJ s", c->edp_ujs / 1e3);
	put_cell(text, out);
	put_cell(synergy_format_energy(c->period_uj, text, sizeof(text)), out);
	fprintf(out, "<td style=\"text-align:left\">%s%s%s</td></tr>\n",
		c->best_energy ? "least energy " : c->like_best_energy ? "like the least energy " : "",
		c->best_edp ? "least product " : c->like_best_edp ? "like the least product " : "",
		c->pareto ? "front" : "");
}

static void put_group(const struct synergy_choice_group *g, FILE *out)
{
	char period[32];
	size_t i;

	fputs("<section class=\"card\"><h2>", out);
	synergy_html_put(g->model, out);
	fputs(" on ", out);
	synergy_html_put(g->board, out);
	fputs("</h2>\n", out);
	put_plot(g, out);
	fputs("<div style=\"overflow-x:auto\" tabindex=\"0\" role=\"region\" aria-label=\"Configurations\">"
	      "<table><thead><tr><th scope=\"col\" style=\"text-align:left;padding:7px 9px\">configuration</th>"
	      "<th scope=\"col\" style=\"padding:7px 9px\">time</th><th scope=\"col\" style=\"padding:7px 9px\">energy ± 95 %</th>"
	      "<th scope=\"col\" style=\"padding:7px 9px\">energy by time</th><th scope=\"col\" style=\"padding:7px 9px\">with idle, each ", out);
	synergy_html_put_figure(synergy_format_time(g->period_us, period, sizeof(period)), out);
	fputs("</th><th scope=\"col\" style=\"text-align:left;padding:7px 9px\">which</th></tr></thead><tbody>\n", out);
	for (i = 0; i < g->n; i++)
		put_row(g, &g->choices[i], out);
	fputs("</tbody></table></div></section>\n", out);
}

int synergy_choices_write_page(const struct synergy_choices *choices, FILE *out)
{
	const struct synergy_choice_group *g;

	synergy_html_write_head("Which configuration costs least", out);
	fputs("<main><h1 style=\"margin:0 0 14px\">Which configuration costs least</h1>\n", out);
	for (g = choices->groups; g < choices->groups + choices->n; g++)
		if (g->index < 0)
			put_group(g, out);
	fputs("<p>Energy and time are an image's. ± is 95 %, from the scatter between repeats. Like the "
	      "least: cannot be distinguished from it at the 95 % level. Front: nothing takes less of both, "
	      "energy and time.</p></main></body></html>\n", out);
	return ferror(out) ? -1 : 0;
}
