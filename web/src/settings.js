// SPDX-License-Identifier: MIT
// What the user has chosen, kept by the browser: theme, time zone, columns. One place, so that a change is seen everywhere at once.
import { useEffect, useState } from 'preact/hooks';
import { onSession } from './session.js';

const defaults = {
	theme: 'system', // or light, dark
	zone: 'local', // or UTC, or a name such as America/New_York
	columns: ['start', 'outcome', 'duration', 'type', 'src', 'dest', 'steps', 'session_id'],
	pinned: [], // sessions to compare
	preview: true, // of a call beside the list, where there is room
	letters: true, // single keys do something (WCAG 2.1.4)
};

const NAME = 'callstep';
const listeners = new Set();
let settings = { ...defaults, ...read() };

function read() {
	try {
		const kept = JSON.parse(localStorage.getItem(NAME)) ?? {};
		return { ...kept, pinned: [kept.pinned ?? []].flat() }; // once it was one
	} catch {
		return {};
	}
}

export function getSettings() {
	return settings;
}

export function set(changes) {
	settings = { ...settings, ...changes };
	try {
		localStorage.setItem(NAME, JSON.stringify(settings));
	} catch {
		// A browser that keeps nothing: the choice holds until the tab closes.
	}
	applyTheme();
	listeners.forEach((listener) => listener(settings));
}

export function applyTheme() {
	document.documentElement.dataset.theme = settings.theme;
}

export function useSettings() {
	const [now, setNow] = useState(settings);
	useEffect(() => {
		listeners.add(setNow);
		return () => listeners.delete(setNow);
	}, []);
	return now;
}

/* Who signs in next may not see this one's calls. */
onSession((session) => session || set({ pinned: [] }));
