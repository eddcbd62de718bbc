// SPDX-License-Identifier: MIT
// Filters that a user has saved by name, and those used last: kept by the browser, by account. Each is what stands in an address.
import { useEffect, useState } from 'preact/hooks';
import { describe, fields, windows } from './filter.js';
import { getSession, onSession } from './session.js';
import { formatTime, resolveTime } from './time.js';

const NAME = 'callstep-filters';
const RECENT = 8;
const listeners = new Set();

/* @query was used: it stands first, once. */
export function withRecent(recent, query) {
	return [query, ...recent.filter((other) => other !== query)].slice(0, RECENT);
}

/* By name; the same name means the new filter. */
export function withSaved(saved, name, query) {
	return [...saved.filter((other) => other.name !== name), { name, query }].sort((a, b) => a.name.localeCompare(b.name));
}

/* Whether it asks for more than a window, which is chosen quickly enough. */
export function isWorthKeeping(filter) {
	return Object.keys(filter).some((name) => name !== 'start' && name !== 'end');
}

/* "Words: invalid input, Module menu, last 24 hours" */
export function filterText(filter, zone, now) {
	const time = (text) => {
		const seconds = resolveTime(text, now);
		return seconds === null || Number.isNaN(seconds) ? text : formatTime(seconds, zone);
	};
	const preset = windows.find(({ start }) => start === (filter.start ?? '') && !filter.end);
	const window = preset ? preset.label.toLowerCase() : [filter.start && `from ${time(filter.start)}`, filter.end && `until ${time(filter.end)}`].filter(Boolean).join(' ');
	return [filter.text && `Words: ${filter.text}`, ...fields.filter(({ name }) => filter[name]).map(({ name }) => describe(name, filter[name])), window].filter(Boolean).join(', ');
}

/* Of all accounts; another tab may have changed them. */
function readAll() {
	try {
		return JSON.parse(localStorage.getItem(NAME)) ?? {};
	} catch {
		return {};
	}
}

function of(all, email) {
	const { saved = [], recent = [] } = all[email] ?? {};
	return { saved, recent };
}

function change(email, changes) {
	const all = readAll();
	try {
		localStorage.setItem(NAME, JSON.stringify({ ...all, [email]: { ...of(all, email), ...changes(of(all, email)) } }));
	} catch {
		// A browser that keeps nothing.
	}
	listeners.forEach((listener) => listener());
}

const own = () => getSession()?.email ?? '';

export const noteRecent = (query) => change(own(), ({ recent }) => ({ recent: withRecent(recent, query) }));
export const saveFilter = (name, query) => change(own(), ({ saved }) => ({ saved: withSaved(saved, name, query) }));
export const dropFilter = (name) => change(own(), ({ saved }) => ({ saved: saved.filter((other) => other.name !== name) }));
export const dropRecent = () => change(own(), () => ({ recent: [] }));

/* { saved: [{ name, query }], recent: [query] } of the account that is signed in. */
export function useKeptFilters() {
	const [kept, setKept] = useState(() => of(readAll(), own()));
	useEffect(() => {
		const look = () => setKept(of(readAll(), own()));
		const elsewhere = ({ key }) => key === NAME && look();
		listeners.add(look);
		addEventListener('storage', elsewhere);
		return () => {
			listeners.delete(look);
			removeEventListener('storage', elsewhere);
		};
	}, []);
	return kept;
}

/* What was looked for is not left behind for the next one at this computer; what was saved is. */
let last = getSession()?.email;
onSession((session) => {
	if (!session && last) {
		change(last, () => ({ recent: [] }));
	}
	last = session?.email;
});
