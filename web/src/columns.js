// SPDX-License-Identifier: MIT
// The columns of a list of calls. What is drawn where text alone is not enough says the same in words. Calls are kept in the order of their start: by the column
// with `ordered` they are sorted, either way.
import { NumberInRow } from './all_calls.js';
import { html } from './html.js';
import { answeredOf, enderOf, Outcome, outcomeOf, talkOf } from './outcome.js';
import { endOf } from './steps.js';
import { formatDuration, formatTime } from './time.js';

export const columns = [
	{ name: 'start', label: 'Started', width: '11em', ordered: true, text: (call, zone) => formatTime(call.start, zone) },
	{ name: 'outcome', label: 'Outcome', width: '8.5em', text: outcomeOf, draw: Outcome },
	{ name: 'end', label: 'Ended', width: '11em', text: (call, zone) => endOf(call, zone) },
	{ name: 'duration', label: 'Length', width: '5em', number: true, text: (call) => formatDuration(call.duration) },
	{ name: 'type', label: 'Type', width: '6em', text: (call) => call.type },
	{ name: 'answered', label: 'Answered', width: '11em', text: answeredOf },
	{ name: 'talk', label: 'Talk', width: '5em', number: true, text: talkOf },
	{ name: 'ended_by', label: 'Ended by', width: '5.5em', text: enderOf },
	{ name: 'src', label: 'From', width: '10.5em', text: (call) => call.src, draw: ({ call }) => html`<${NumberInRow} of="src" number=${call.src} />` },
	{ name: 'dest', label: 'To', width: '10.5em', text: (call) => call.dest, draw: ({ call }) => html`<${NumberInRow} of="dest" number=${call.dest} />` },
	{ name: 'steps', label: 'Steps', width: '4em', number: true, text: (call) => (call.log ? String(call.steps) : '–') },
	{ name: 'state', label: 'State', width: '5em', text: (call) => call.state },
	{ name: 'session_id', label: 'Session', width: 'minmax(12em, 1fr)', text: (call) => call.session_id },
];

/* What is chosen, in the order of the table; never none. */
export function chosenColumns(names) {
	const chosen = columns.filter((column) => names.includes(column.name));
	return chosen.length ? chosen : columns.slice(0, 1);
}
