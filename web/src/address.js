// SPDX-License-Identifier: MIT
// The address says what is shown. It stands behind the `#`, so that numbers and words that are looked for never reach a server's log.
//   #/calls?dest=617*&start=-2h      a view and its parameters
//   #/call/SESSION?step=12           a call and a step of it
import { useEffect, useState } from 'preact/hooks';

/* "#/call/a%2Fb?step=1" → { path: ['call', 'a/b'], query: URLSearchParams } */
export function parseAddress(hash) {
	const [path, query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
	return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

/* A `%` that begins no escape stands for itself. */
function decode(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

/* The inverse: what has no value is left out. @query is an object, URLSearchParams, or a list of pairs. */
export function formatAddress(path, query = {}) {
	const pairs = Array.isArray(query) || query instanceof URLSearchParams ? [...query] : Object.entries(query);
	const kept = pairs.filter(([, value]) => value !== '' && value !== null && value !== undefined);
	const text = new URLSearchParams(kept).toString();
	return `#/${path.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

export function go(address, { replace = false } = {}) {
	if (replace) {
		history.replaceState(null, '', address);
		dispatchEvent(new HashChangeEvent('hashchange'));
	} else {
		location.hash = address;
	}
}

/* What stands behind the address, the `#` included. */
export function useHash() {
	const [hash, setHash] = useState(location.hash);
	useEffect(() => {
		const changed = () => setHash(location.hash);
		addEventListener('hashchange', changed);
		return () => removeEventListener('hashchange', changed);
	}, []);
	return hash;
}

export function useAddress() {
	return parseAddress(useHash());
}
