// SPDX-License-Identifier: MIT
// The columns of a list of calls. What is drawn where text alone is not enough says the same in words. By the columns with
// `order` they are sorted, either way: it is the server's name of that order, or 'start'.
import { NumberInRow } from './all_calls.js';
import { html } from './html.js';
import { answeredOf, enderOf, Outcome, outcomeOf, talkOf } from './outcome.js';
import { endOf } from './steps.js';
import { formatDuration, formatTime } from './time.js';

export const columns = [
	{ name: 'start', label: 'Started', width: '11em', order: 'start', text: (call, zone) => formatTime(call.start, zone) },
	{ name: 'outcome', label: 'Outcome', width: '8.5em', text: outcomeOf, draw: Outcome },
	{ name: 'end', label: 'Ended', width: '11em', text: (call, zone) => endOf(call, zone) },
	{ name: 'duration', label: 'Length', width: '5em', number: true, order: 'duration', text: (call) => formatDuration(call.duration) },
	{ name: 'type', label: 'Type', width: '6em', text: (call) => call.type },
	{ name: 'answered', label: 'Answered', width: '11em', text: answeredOf },
	{ name: 'talk', label: 'Talk', width: '5em', number: true, order: 'talk', text: talkOf },
	{ name: 'ended_by', label: 'Ended by', width: '5.5em', text: enderOf },
	{ name: 'src', label: 'From', width: '10.5em', text: (call) => call.src, draw: ({ call }) => html`<${NumberInRow} of="src" number=${call.src} />` },
	{ name: 'dest', label: 'To', width: '10.5em', text: (call) => call.dest, draw: ({ call }) => html`<${NumberInRow} of="dest" number=${call.dest} />` },
	{ name: 'steps', label: 'Steps', width: '4em', number: true, order: 'steps', text: (call) => (call.log ? String(call.steps) : '–') },
	{ name: 'state', label: 'State', width: '5em', text: (call) => call.state },
	{ name: 'session_id', label: 'Session', width: 'minmax(12em, 1fr)', text: (call) => call.session_id },
];

/* The orders that a list can have, as its address says them; null: the newest first. */
export function readOrder(name) {
	return name === 'oldest' || columns.some(({ order }) => order && order !== 'start' && name?.replace(/^-/, '') === order) ? name : null;
}

/* What a click on the head of @column makes of @order: most first, then least first. */
export function nextOrder(order, column) {
	if (column.order === 'start') {
		return order === null ? 'oldest' : null;
	}
	return order === `-${column.order}` ? column.order : `-${column.order}`;
}

/* How the rows stand by @column: 'ascending', 'descending', or null where they do not. */
export function directionOf(order, column) {
	if (column.order === 'start') {
		return { null: 'descending', oldest: 'ascending' }[order] ?? null;
	}
	return { [`-${column.order}`]: 'descending', [column.order]: 'ascending' }[order] ?? null;
}

/* What is chosen, in the order of the table; never none. */
export function chosenColumns(names) {
	const chosen = columns.filter((column) => names.includes(column.name));
	return chosen.length ? chosen : columns.slice(0, 1);
}
