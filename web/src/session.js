// SPDX-License-Identifier: MIT
// Who is signed in. The key stays in this tab and goes nowhere but into the Authorization header.
import { useEffect, useState } from 'preact/hooks';

const NAME = 'callstep-session';
const listeners = new Set();
let session = read(); // { email, key, account }, or null
let farewell = ''; // why the last one ended, when its user did not ask for it

function read() {
	try {
		return JSON.parse(sessionStorage.getItem(NAME));
	} catch {
		return null;
	}
}

function write(to) {
	try {
		if (to) {
			sessionStorage.setItem(NAME, JSON.stringify(to));
		} else {
			sessionStorage.removeItem(NAME);
		}
	} catch {
		// A browser that keeps nothing: signed in until the page is left.
	}
}

export function getSession() {
	return session;
}

export function getFarewell() {
	return farewell;
}

export function signIn(email, key, account) {
	change({ email, key, account }, '');
}

export function signOut(why = '') {
	change(null, why);
}

function change(to, why) {
	session = to;
	farewell = why;
	write(to);
	listeners.forEach((listener) => listener(to));
}

/* Calls @listener whenever someone signs in or out. */
export function onSession(listener) {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

export function useSession() {
	const [now, setNow] = useState(session);
	useEffect(() => {
		setNow(session); // it may have changed since it was drawn: the first answer can say that the key is none any more
		return onSession(setNow);
	}, []);
	return now;
}

export function may(scope) {
	return session?.account.scopes.includes(scope) ?? false;
}

/* RFC 7617: UTF-8, as the server's challenge says. */
export function authorization(email, key) {
	return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${email}:${key}`)))}`;
}
