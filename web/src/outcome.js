// SPDX-License-Identifier: MIT
// How a call went, in words: a dash where it is not known.
import { formatDuration, formatTime } from './time.js';

export const outcomeOf = (call) => call.outcome ?? '–';
export const answeredOf = (call, zone) => (call.answered ? formatTime(call.answered, zone) : '–');
export const talkOf = (call) => (typeof call.talk === 'number' ? formatDuration(call.talk) : '–');
export const enderOf = (call) => call.ended_by ?? '–';

/* Names and values, of what is known alone. */
export function outcomeFacts(call, zone) {
	const facts = [['Outcome', outcomeOf(call)], ['Answered', answeredOf(call, zone)], ['Talk', talkOf(call)], ['Ended by', enderOf(call)]];
	return facts.filter(([, value]) => value !== '–');
}
