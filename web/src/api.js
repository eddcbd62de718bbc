// SPDX-License-Identifier: MIT
// Asking the server. Whatever goes wrong comes as a Problem with a sentence for people.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { learnClock } from './clock.js';
import { authorization, getSession, signOut } from './session.js';

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

/* Returns the answer when it is a good one. */
export async function ask(path, { credentials = getSession(), headers = {}, ...options } = {}) {
	const sent = { Accept: 'application/json', ...headers };
	if (credentials) {
		sent.Authorization = authorization(credentials.email, credentials.key);
	}
	let answer;
	try {
		answer = await fetch(path, { credentials: 'omit', cache: 'no-store', ...options, headers: sent });
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
		signOut('The server no longer takes this key. Sign in again, with another one if it was revoked.');
	}
	throw await problemOf(answer);
}

export async function askJson(path, options) {
	return (await ask(path, options)).json();
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
