// SPDX-License-Identifier: MIT
// GET /v1/tail for as long as it is wanted: it connects again, and goes on behind the last event that came.
import { ask } from './api.js';
import { EventParser } from './sse.js';

const RETRY_MS = [500, 1000, 2000, 5000, 10000];

/* Follows the changes that @query means until @signal aborts, from @place on, which moves on with what is told. @tell gets 'open', { problem, final } and events: { type, data, id }; behind a
 * final problem nothing comes. @look asks for what is there now; it runs whenever the stream has been opened, and again each @lookMs. Nothing of the stream is read meanwhile. So what @look finds
 * is never older than what was told before it, and all that changes later is told. */
export async function follow(query, { signal, look, lookMs = Infinity, tell, place = { id: '' } }) {
	for (let tries = 0; !signal.aborted; tries++) {
		try {
			const answer = await open(query, place.id, signal);
			await look();
			tell('open');
			tries = 0;
			await read(answer, { place, look, lookMs, tell });
			tell({ problem: new Error('the connection ended') });
		} catch (problem) {
			if (signal.aborted) {
				return;
			}
			const final = isFinal(problem);
			tell({ problem, final });
			if (final) {
				return;
			}
		}
		await new Promise((resolve) => { setTimeout(resolve, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]); });
	}
}

function open(query, last, signal) {
	return ask(`/v1/tail?${query}`, { headers: { Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': last }) }, signal });
}

/* A comment comes every 15 s, so that a quiet stream looks again as well. */
async function read(answer, { place, look, lookMs, tell }) {
	const parser = new EventParser(({ type, data, id }) => {
		place.id = id || place.id;
		tell({ type, data: JSON.parse(data), id });
	});
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	let looked = performance.now();
	for (let part = await reader.read(); !part.done; part = await reader.read()) {
		parser.push(part.value);
		if (performance.now() - looked >= lookMs) {
			await look();
			looked = performance.now();
		}
	}
}

/* Whether asking again would not help. */
function isFinal(problem) {
	return problem.status >= 400 && problem.status < 500 && problem.status !== 429;
}

/* What is said of a connection that is not there. */
export function problemText({ problem, final }) {
	return `Not connected: ${problem.message}.${final ? '' : ' Trying again …'}`;
}
