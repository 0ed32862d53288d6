// SPDX-License-Identifier: GPL-3.0-or-later
// Figures as people read them: three significant digits and a unit that fits. The
// same rules as user/report/units.c, with a true minus, plus-minus and micro sign.

const UNITS = {
	time_us: [[1e6, 's'], [1e3, 'ms'], [1, 'µs'], [1e-3, 'ns']],
	energy_uj: [[1e6, 'J'], [1e3, 'mJ'], [1, 'µJ'], [1e-3, 'nJ'], [1e-6, 'pJ']],
	power_mw: [[1e6, 'kW'], [1e3, 'W'], [1, 'mW'], [1e-3, 'µW']],
	count: [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, '']],
	bytes: [[2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [1024, 'KiB'], [1, 'B']],
	hertz: [[1e9, 'GHz'], [1e6, 'MHz'], [1e3, 'kHz'], [1, 'Hz']],
};

const NONE = '–';

// The unit in which the value is at least 1; the last one for less.
function fittingUnit(value, units) {
	const v = Math.abs(value) * 1.0005;	// 999.6 is shown as 1.00 of the next

	return units.find(u => v >= u[0]) || units[units.length - 1];
}

// Digits after the point that make three significant ones.
function places(value) {
	const v = Math.abs(value);

	return v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2;
}

function fixed(value, digits) {
	const text = value.toFixed(digits);

	return text.startsWith('-') ? '−' + text.slice(1) : text;
}

function isNumber(value) {
	return typeof value === 'number' && Number.isFinite(value);
}

function withUnit(text, unit) {
	return unit ? text + ' ' + unit : text;
}

function format(kind, value) {
	if (!isNumber(value))
		return NONE;
	if (value === 0)
		return '0';
	const [factor, unit] = fittingUnit(value, UNITS[kind]);
	const scaled = value / factor;
	const whole = !unit && scaled === Math.floor(scaled);

	return withUnit(fixed(scaled, whole ? 0 : places(scaled)), unit);
}

// Value and the half-width of its interval, with the digits that the latter warrants.
function formatInterval(kind, value, ci) {
	if (!isNumber(value))
		return NONE;
	if (!isNumber(ci) || ci <= 0)
		return format(kind, value);
	const [factor, unit] = fittingUnit(Math.max(Math.abs(value), ci), UNITS[kind]);
	const v = value / factor, c = ci / factor;
	// Two digits of the half-width: 0.013, 0.12, 1.2, 14.
	const digits = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(c * 1.005))));

	return withUnit(fixed(v, digits) + ' ± ' + c.toFixed(digits), unit);
}

// Is a bound all that is known? Then share and power say nothing either.
function onlyBounded(uj, ci) {
	return isNumber(uj) && isNumber(ci) && uj - ci <= 0;
}

const RESOLVED_SHARE = 0.10;

function isResolved(uj, ci) {
	return isNumber(uj) && isNumber(ci) && ci <= RESOLVED_SHARE * Math.abs(uj);
}

// A layer's energy: its interval; "~" before it where it is not resolved; a bound where
// nothing else is known.
function formatLayerEnergy(uj, ci) {
	if (!isNumber(uj))
		return NONE;
	if (onlyBounded(uj, ci))
		return '< ' + format('energy_uj', Math.max(0, uj) + ci);
	return (isNumber(ci) && !isResolved(uj, ci) ? '~ ' : '') + formatInterval('energy_uj', uj, ci);
}

function formatShare(part, whole) {
	if (!isNumber(part) || !(whole > 0))
		return NONE;
	const percent = 100 * part / whole;

	return fixed(percent, Math.abs(percent) < .095 && percent !== 0 ? 2 : 1) + ' %';
}

// What the tools write in plain letters: "-716 uJ", "+-3 %".
function typeset(text) {
	return text.replace(/(\d) u(?=[JsW]\b)/g, '$1 µ').replace(/\+-/g, '±')
		.replace(/(^|[\s(])-(?=\d)/g, '$1−');
}

// Relative half-width, for people: 0.34 %, 2.1 %, 15 %.
function formatRelative(share) {
	const percent = 100 * share;

	if (!isNumber(share))
		return NONE;
	return (percent < 1 ? percent.toFixed(2) : percent < 9.95 ? percent.toFixed(1) :
		percent.toFixed(0)) + ' %';
}
