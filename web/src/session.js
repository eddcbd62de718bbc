// SPDX-License-Identifier: MIT
// Who is signed in. The key stays in this tab and goes nowhere but into the Authorization header.
import { useEffect, useState } from 'preact/hooks';

const NAME = 'callstep-session';
const listeners = new Set();
let session = JSON.parse(sessionStorage.getItem(NAME) ?? 'null'); // { email, key, account }

export function getSession() {
	return session;
}

export function signIn(email, key, account) {
	change({ email, key, account });
}

export function signOut() {
	change(null);
}

function change(to) {
	session = to;
	if (to) {
		sessionStorage.setItem(NAME, JSON.stringify(to));
	} else {
		sessionStorage.removeItem(NAME);
	}
	listeners.forEach((listener) => listener(to));
}

export function useSession() {
	const [now, setNow] = useState(session);
	useEffect(() => {
		listeners.add(setNow);
		return () => listeners.delete(setNow);
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
