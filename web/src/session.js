// SPDX-License-Identifier: MIT
// Who is signed in. The key stays in this tab and goes nowhere but into the Authorization header. Who stays signed in on this computer has no key here:
// the browser has a cookie that no script can read, and other tabs use it, too.
import { useEffect, useState } from 'preact/hooks';

const NAME = 'callstep-session';
const STAYS = 'callstep-stays'; // there may be a cookie: without it nobody asks whether there is one
const listeners = new Set();
let session = read(); // { email, key, account }, { email, cookie: true, account }, or null
let asked = false; // whether there is a cookie
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

/* By the cookie that the browser has. */
export function stayIn(account) {
	keep(true);
	change({ email: account.email, cookie: true, account }, '');
}

/* Whether the browser may have a cookie that nobody has asked for in this tab. */
export function mayStayIn() {
	return !session && !asked && kept();
}

/* The cookie could not be tried; it may be good later. */
export function notNow(why) {
	change(null, why);
}

export function signOut(why = '') {
	if (!session || session.cookie) {
		keep(false);
	}
	change(null, why);
}

function kept() {
	try {
		return localStorage.getItem(STAYS) !== null;
	} catch {
		return false;
	}
}

function keep(stays) {
	try {
		if (stays) {
			localStorage.setItem(STAYS, '1');
		} else {
			localStorage.removeItem(STAYS);
		}
	} catch {
		// A browser that keeps nothing: signed in until the page is left.
	}
}

/* Who signs out in one tab is signed out in all that use the cookie. */
if (typeof addEventListener === 'function') {
	addEventListener('storage', ({ key, newValue }) => key === STAYS && newValue === null && session?.cookie && change(null, ''));
}

function change(to, why) {
	session = to;
	asked = true;
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

/* What of fetch's options lets a request in: never the browser's own store of passwords, whose dialogue a 401 would open. */
export function credentialsOf(who) {
	if (who?.cookie) {
		return { credentials: 'same-origin', headers: { 'Callstep-Session': '1' } };
	}
	return { credentials: 'omit', headers: who ? { Authorization: authorization(who.email, who.key) } : {} };
}

/* RFC 7617: UTF-8, as the server's challenge says. */
export function authorization(email, key) {
	return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${email}:${key}`)))}`;
}
