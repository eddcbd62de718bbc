// SPDX-License-Identifier: MIT
// Asking the server. Whatever goes wrong comes as a Problem with a sentence for people.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { browserName } from './browser_name.js';
import { learnClock } from './clock.js';
import { credentialsOf, getSession, mayStayIn, notNow, signOut, stayIn } from './session.js';

export class Problem extends Error {
	constructor(message, { status = 0, parameter = null, body = null } = {}) {
		super(message);
		this.status = status; // 0: no answer
		this.parameter = parameter; // the one that was wrong
		this.body = body;
	}
}

async function problemOf(answer) {
	const body = await answer.json().catch(() => null);
	return new Problem(body?.detail ?? body?.error ?? `the server answered ${answer.status}`,
		{ status: answer.status, parameter: body?.parameter ?? null, body });
}

/* Returns the answer when it is a good one. @cookies: the browser is to take the cookie of the answer. */
export async function ask(path, { credentials = getSession(), headers = {}, cookies = false, ...options } = {}) {
	const who = credentialsOf(credentials);
	const sent = { Accept: 'application/json', ...who.headers, ...headers };
	let answer;
	try {
		answer = await fetch(path, { credentials: cookies ? 'same-origin' : who.credentials, cache: 'no-store', ...options, headers: sent });
	} catch (error) {
		if (error.name === 'AbortError') {
			throw error;
		}
		throw new Problem(navigator.onLine ? 'the server does not answer' : 'this computer is offline');
	}
	learnClock(answer.headers.get('Date'));
	if (answer.ok) {
		return answer;
	}
	if (answer.status === 401 && credentials && credentials === getSession()) {
		signOut(credentials.cookie ? 'You are no longer signed in on this computer.' : 'The server no longer takes this key. Sign in again, with another one if it was revoked.');
	}
	throw await problemOf(answer);
}

export async function askJson(path, options) {
	return (await ask(path, options)).json();
}

/* Signs in by the cookie, where the browser has one that is still good. */
export async function resume() {
	if (!mayStayIn()) {
		return;
	}
	try {
		stayIn(await askJson('/v1/account', { credentials: { cookie: true } }));
	} catch (problem) {
		if (problem.status === 401) {
			signOut('You are no longer signed in on this computer.');
		} else {
			notNow(`You stay signed in, but not now: ${problem.message}.`);
		}
	}
}

/* The browser stays signed in by a cookie; the key is not needed any more. */
export async function stay(credentials, account) {
	await ask('/v1/sessions', {
		credentials, method: 'POST', body: JSON.stringify({ label: browserName(navigator.userAgent) }), cookies: true, headers: { 'Content-Type': 'application/json', 'Callstep-Session': '1' },
	});
	stayIn(account);
}

/* Ends the session with the server, and here. */
export function leave() {
	if (getSession()?.cookie) {
		ask('/v1/sessions/own', { method: 'DELETE', keepalive: true }).catch(() => {});
	}
	signOut();
}

/* Asks for @path, again when it changes, and drops the answers that come too late. null asks nothing.
 * Returns { data, problem, loading, reload }: data stays while the next is under way. */
export function useAnswer(path) {
	const [state, setState] = useState({ data: null, problem: null, loading: path !== null, path });
	const [turn, setTurn] = useState(0);
	const current = useRef(0);
	useEffect(() => {
		if (path === null) {
			setState({ data: null, problem: null, loading: false, path });
			return undefined;
		}
		const mine = ++current.current;
		const abort = new AbortController();
		setState((before) => ({ ...before, loading: true }));
		askJson(path, { signal: abort.signal }).then(
			(data) => mine === current.current && setState({ data, problem: null, loading: false, path }),
			(problem) => problem.name !== 'AbortError' && mine === current.current
				&& setState({ data: null, problem, loading: false, path }));
		return () => abort.abort();
	}, [path, turn]);
	return { ...state, reload: useCallback(() => setTurn((before) => before + 1), []) };
}
