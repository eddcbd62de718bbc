// SPDX-License-Identifier: MIT
// The columns of a list of calls. What is drawn where text alone is not enough says the same in words.
import { answeredOf, enderOf, Outcome, outcomeOf, talkOf } from './outcome.js';
import { endOf } from './steps.js';
import { formatDuration, formatTime } from './time.js';

export const columns = [
	{ name: 'start', label: 'Started', width: '11.5rem', text: (call, zone) => formatTime(call.start, zone) },
	{ name: 'outcome', label: 'Outcome', width: '7.5rem', text: outcomeOf, draw: Outcome },
	{ name: 'end', label: 'Ended', width: '11.5rem', text: (call, zone) => endOf(call, zone) },
	{ name: 'duration', label: 'Length', width: '5rem', number: true, text: (call) => formatDuration(call.duration) },
	{ name: 'type', label: 'Type', width: '6rem', text: (call) => call.type },
	{ name: 'answered', label: 'Answered', width: '11.5rem', text: answeredOf },
	{ name: 'talk', label: 'Talk', width: '5rem', number: true, text: talkOf },
	{ name: 'ended_by', label: 'Ended by', width: '5.5rem', text: enderOf },
	{ name: 'src', label: 'From', width: 'minmax(8rem, 11rem)', text: (call) => call.src },
	{ name: 'dest', label: 'To', width: 'minmax(8rem, 11rem)', text: (call) => call.dest },
	{ name: 'steps', label: 'Steps', width: '4.5rem', number: true, text: (call) => (call.log ? String(call.steps) : '–') },
	{ name: 'state', label: 'State', width: '5rem', text: (call) => call.state },
	{ name: 'session_id', label: 'Session', width: 'minmax(11rem, 1fr)', text: (call) => call.session_id },
];

/* What is chosen, in the order of the table; never none. */
export function chosenColumns(names) {
	const chosen = columns.filter((column) => names.includes(column.name));
	return chosen.length ? chosen : columns.slice(0, 1);
}
