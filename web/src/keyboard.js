// SPDX-License-Identifier: MIT
// Keys: one list for what they do and for the sheet that tells it.
import { useEffect, useRef } from 'preact/hooks';
import { go } from './address.js';
import { getSettings } from './settings.js';

/* Not while someone types. */
function isTyping(target) {
	return Boolean(target.closest?.('input:not([type="checkbox"], [type="range"]), select, textarea, [contenteditable]'));
}

/* Whether @key is what presses @target. */
function presses(key, target) {
	return key === ' ' && Boolean(target.closest?.('button, summary, input[type="checkbox"]'));
}

const registered = []; // maps of key → function, the innermost last

/* @shortcuts hold while the component is shown. */
export function useShortcuts(shortcuts) {
	const latest = useRef(shortcuts);
	latest.current = shortcuts;
	useEffect(() => {
		registered.push(latest);
		return () => registered.splice(registered.indexOf(latest), 1);
	}, []);
}

/* For a list whose links match @selector: @steps says by how many of them a key moves the focus. The list itself may have the focus, too. */
export function moveAmong(event, selector, steps) {
	const step = steps[event.key];
	const { target, currentTarget: list } = event;
	if (!step || event.ctrlKey || event.metaKey || event.altKey || (target !== list && !target.matches(selector))) {
		return;
	}
	const links = [...list.querySelectorAll(selector)];
	const next = target === list ? links[0] : links[links.indexOf(target) + step];
	if (next) {
		event.preventDefault();
		next.focus();
	}
}

export const views = [
	{ key: 'c', name: 'calls', label: 'Calls' },
	{ key: 'l', name: 'live', label: 'Live' },
	{ key: 's', name: 'statistics', label: 'Statistics' },
	{ key: 'd', name: 'dropoff', label: 'Drop-off' },
	{ key: 'w', name: 'places', label: 'Where time goes' },
	{ key: 'i', name: 'import', label: 'Import', scope: 'write' },
	{ key: 'k', name: 'keys', label: 'Keys', scope: 'admin' },
	{ key: 'h', name: 'hooks', label: 'Hooks', scope: 'admin' },
];

export const sheet = [
	['Everywhere', [
		['?', 'this sheet'], ['/', 'words to search for'], [`g then ${views.map((view) => view.key).join(' ')}`, views.map((view) => view.label.toLowerCase()).join(', ')], ['Esc', 'close, leave a field'],
	]],
	['In the list of calls', [
		['j k ↓ ↑', 'one call down, up'], ['Page Up, Page Down, Home, End', 'further'], ['Enter', 'open the call'], ['x', 'pin the call to compare'], ['v', 'compare the two that are pinned'],
	]],
	['Live', [
		['j k ↓ ↑', 'one call down, up'], ['Enter', 'open the call, and follow it while it goes on'],
	]],
	['On a call', [
		['j k', 'next and previous call of the list'], ['↓ ↑', 'from step to step, once one has the focus'], ['Enter', 'mark the step: its address is the page’s'], ['r', 'open the replay and play it, close it'],
	]],
	['In the replay of a call', [
		['Space', 'play, pause'], ['← →', 'a step back, on'], ['< >', 'slower, faster'], ['Esc', 'close'],
	]],
];

let waiting = 0; // until when a letter after g means a view

function focusList(event) {
	const list = document.querySelector('[data-list]');
	if (list && ['j', 'k', 'x', 'ArrowDown', 'ArrowUp', 'Enter'].includes(event.key) && document.activeElement === document.body) {
		list.focus();
		list.dispatchEvent(new KeyboardEvent('keydown', { key: event.key, bubbles: true }));
		return true;
	}
	return false;
}

function onKey(event) {
	if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || presses(event.key, event.target) || document.querySelector('dialog[open]')) {
		return;
	}
	if (isTyping(event.target)) {
		if (event.key === 'Escape') {
			event.preventDefault(); // which would empty a field of words
			event.target.blur();
		}
		return;
	}
	if (!getSettings().letters && event.key.length === 1 && event.key !== ' ') {
		return;
	}
	const view = event.timeStamp < waiting && views.find((one) => one.key === event.key);
	waiting = event.key === 'g' ? event.timeStamp + 1500 : 0;
	const own = [...registered].reverse();
	const action = view ? () => go(document.querySelector(`.top nav a[data-name="${view.name}"]`)?.getAttribute('href') ?? `#/${view.name}`)
		: event.key === '/' ? () => [...document.querySelectorAll('[data-shortcut="/"]')].at(-1)?.focus()
			: own.map((map) => map.current[event.key]).find(Boolean);
	if (action) {
		event.preventDefault();
		action();
	} else if (focusList(event)) {
		event.preventDefault();
	}
}

addEventListener('keydown', onKey);
