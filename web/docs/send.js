// SPDX-License-Identifier: MIT
// Sends a request and hands its answer on as it comes.
import { credentialsOf } from '../src/session.js';

const SHOWN_MAX = 200_000; // characters on the page; the whole answer can be saved

/* Adds to what is shown and what is kept; a stream that goes on for hours keeps growing only in what is kept. */
async function read(body, answer, changed) {
	const decoder = new TextDecoder();
	for (const reader = body.getReader(); ;) {
		const { done, value } = await reader.read();
		if (done) {
			return;
		}
		answer.parts.push(value);
		answer.bytes += value.length;
		if (answer.text.length < SHOWN_MAX) {
			answer.text += decoder.decode(value, { stream: true });
		}
		changed({ ...answer });
	}
}

function begun(response, took) {
	return {
		status: response.status,
		reason: response.statusText,
		headers: [...response.headers],
		type: response.headers.get('Content-Type') ?? '',
		took,
		bytes: 0,
		parts: [],
		text: '',
		done: false,
	};
}

function fetched(request, account, signal) {
	const { credentials, headers } = credentialsOf(request.open ? null : account);
	return fetch(request.url, { method: request.method, headers: { ...request.headers, ...headers }, body: request.body ?? undefined, credentials, cache: 'no-store', signal });
}

/* Calls @changed with the answer each time there is more of it; the last time with done. */
export async function send(request, account, signal, changed) {
	const began = performance.now();
	let answer = null;
	try {
		const response = await fetched(request, account, signal);
		answer = begun(response, performance.now() - began);
		changed({ ...answer });
		if (response.body) {
			await read(response.body, answer, changed);
		}
		changed({ ...answer, done: true });
	} catch (error) {
		if (signal.aborted) {
			changed(answer ? { ...answer, done: true } : null);
			return;
		}
		changed({ ...(answer ?? begun(new Response(null, { status: 200 }), 0)), done: true, failed: `The server did not answer: ${error.message}. Is it running?` });
	}
}

export function isCut(answer) {
	return answer.text.length >= SHOWN_MAX;
}
