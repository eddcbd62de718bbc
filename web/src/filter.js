// SPDX-License-Identifier: MIT
// A filter as it stands in the address, in the API's own words (API documentation: /docs), and what is asked with it.
import { notKnown, outcomes } from './outcome.js';
import { resolveTime } from './time.js';

const asked = [
	{ name: 'dest', label: 'To', hint: '* at either end for any digits, commas between several; none: no number', placeholder: '*3001' },
	{ name: 'src', label: 'From', hint: '* at either end for any digits, commas between several; none: withheld', placeholder: '617*' },
	{ name: 'session', label: 'Id', hint: '* at its end for any rest', placeholder: 'pbx-17954*' },
	{ name: 'type', label: 'Type', options: ['inbound', 'outbound', 'transfer'] },
	{ name: 'outcome', label: 'Outcome', options: ['missed,abandoned', ...outcomes] },
	{ name: 'ended_by', label: 'Ended by', options: ['caller', 'called', 'system'] },
	{ name: 'answered', label: 'A person answered', options: ['true', 'false'] },
	{ name: 'state', label: 'State', options: ['live', 'ended'] },
	{ name: 'class', label: 'Class of a step', options: ['info', 'event', 'debug', 'prompt', 'error'] },
	{ name: 'module', label: 'Module', hint: 'some step has it', placeholder: 'menu' },
	{ name: 'variable', label: 'Variable', hint: 'some step has it', placeholder: 'main_menu' },
	{ name: 'last_module', label: 'Ended in module', hint: 'the last place before the hang-up', placeholder: 'menu' },
	{ name: 'last_variable', label: 'Ended at variable', hint: 'the last place before the hang-up', placeholder: 'main_menu' },
	{ name: 'path', label: 'Path', hint: 'places one after the other: > after, >> directly after, ! not between', placeholder: 'menu > <10s end' },
	{ name: 'step_data', label: 'Data of a step', hint: 'NAME=VALUE, commas between several: each is in some step', placeholder: 'digits=1' },
	{ name: 'min_duration', label: 'At least seconds', numeric: true, placeholder: '0' },
	{ name: 'max_duration', label: 'At most seconds', numeric: true, placeholder: '3600' },
	{ name: 'min_talk', label: 'Shortest talk, seconds', numeric: true, placeholder: '0' },
	{ name: 'max_talk', label: 'Longest talk, seconds', numeric: true, placeholder: '3600' },
	{ name: 'min_steps', label: 'At least steps', numeric: true, placeholder: '1' },
	{ name: 'max_steps', label: 'At most steps', numeric: true, placeholder: '100' },
];

/* Repeated ones of these mean any of them, and `-NAME` none of them. Of step_data all are meant. */
const several = new Set(['dest', 'src', 'type', 'outcome', 'ended_by', 'class', 'module', 'variable', 'last_module', 'last_variable']);

const refused = asked.filter(({ name }) => several.has(name))
	.map(({ hint, ...field }) => ({ ...field, name: `-${field.name}`, label: `${field.label}: not`, refused: true }));

export const fields = [...asked, ...refused];

export const parameters = ['text', 'start', 'end', ...fields.map((field) => field.name)];

export const windows = [
	{ label: 'Last hour', start: '-1h' },
	{ label: 'Last 24 hours', start: '-24h' },
	{ label: 'Last 7 days', start: '-7d' },
	{ label: 'Last 30 days', start: '-30d' },
	{ label: 'All time', start: '' },
];

/* What a choice offers; what the address says beyond that, such as `inbound,transfer`, is offered too, so that it is kept. */
export function optionsOf(field, value) {
	return value && !field.options.includes(value) ? [value, ...field.options] : field.options;
}

/* `data.digits=1` is `step_data=digits="1"`. */
function dataOf(query) {
	const named = [...query].filter(([name]) => name.startsWith('data.')).map(([name, value]) => `${name.slice('data.'.length)}="${value}"`);
	return [...query.getAll('step_data'), ...named];
}

/* The filter of an address: only what it has and what a filter knows. */
export function readFilter(query) {
	const filter = {};
	for (const name of parameters) {
		const values = (name === 'step_data' ? dataOf(query) : query.getAll(name)).filter((value) => value !== '');
		if (values.length) {
			filter[name] = several.has(name.replace(/^-/, '')) || name === 'step_data' ? values.join(',') : values.at(-1);
		}
	}
	return filter;
}

/* What is asked: relative times become seconds, so that the same question asked again means the same calls. What is not a time is left for
 * the server to name. */
export function pinFilter(filter, now) {
	const pinned = { ...filter };
	for (const name of ['start', 'end']) {
		const time = filter[name] && resolveTime(filter[name], now);
		if (time !== undefined && time !== null && !Number.isNaN(time)) {
			pinned[name] = String(Math.max(0, time));
		}
	}
	return pinned;
}

export function formatQuery(filter, more = {}) {
	return new URLSearchParams(Object.entries({ ...filter, ...more }).filter(([, value]) => value !== '' && value !== undefined)).toString();
}

/* "To *3001", for what is in force. */
export function describe(name, value) {
	if (name === '-outcome' && value === notKnown) {
		return 'Outcome not known';
	}
	const field = fields.find((other) => other.name === name);
	return `${field ? field.label : name} ${value}`;
}
