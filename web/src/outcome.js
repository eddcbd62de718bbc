// SPDX-License-Identifier: MIT
// How a call went, in words: a dash where it is not known. Each outcome has a picture too, so that a list is read at a glance.
import { html } from './html.js';
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

/* Lines in a square of 16, and whether it went well. In the order in which they are counted. */
const pictures = {
	answered: ['M3 8.5 6.5 12 13 4.5', 'good'],
	completed: ['M4 14V2.5h8L9.5 5.5 12 8.5H4', 'good'],
	transferred: ['M2.5 8h10M8.5 4l4 4-4 4', 'good'],
	voicemail: ['M2 4h12v8.5H2zM2 4l6 5 6-5', 'fair'],
	abandoned: ['M13 4v8M10 8H2.5M6 4.5 2.5 8 6 11.5', 'bad'],
	missed: ['M2.5 5 8 10.5 13.5 5M2.5 5v3.5M2.5 5H6', 'bad'],
	busy: ['M3.5 3.5l9 9M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8', 'bad'],
	failed: ['M8 2 15 14H1zM8 6.5V10M8 11.6v.6', 'bad'],
};

export const outcomes = Object.keys(pictures);

/* Of calls that are lost. */
export const lostOutcomes = ['abandoned', 'missed', 'busy', 'failed'];

/* What finds the calls of which it is not known. */
export const notKnown = outcomes.join(',');

/* The picture alone: its word stands beside it. */
export function OutcomeIcon({ outcome }) {
	const [path, how] = pictures[outcome] ?? ['M4 8h8', 'fair'];
	return html`<svg class=${`icon ${how}`} viewBox="0 0 16 16" aria-hidden="true"><path d=${path} /></svg>`;
}

export function Outcome({ call }) {
	return call.outcome ? html`<${OutcomeIcon} outcome=${call.outcome} /> ${call.outcome}` : outcomeOf(call);
}
