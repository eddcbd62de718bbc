// SPDX-License-Identifier: MIT
// One box for numbers, words, ids and times. It says what a text may mean, with exact counts, and completes from what the store has.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { askJson } from './api.js';
import { formatQuery, pinFilter } from './filter.js';
import { formatNumber } from './format.js';
import { html } from './html.js';
import { notUnderstood, readingsOf } from './readings.js';
import { useSettings } from './settings.js';
import { zoneName } from './time.js';

const PAUSE_MS = 200; // without a key, before the store is asked
const NUMBERS = 3; // offered for each reading of digits
const NAMES = 3; // modules and variables offered
const CALLS = 3; // offered of those whose id has a beginning

const exact = (value) => (/^[*]|[*]$/.test(value) ? `"${value}"` : value);

const opening = ({ session_id: id }) => ({ label: `Open call ${id}`, id });

/* One call opens. Several are a list; nothing else that was asked for hides one of them. */
async function tryBeginning({ begins, label }, filter, signal) {
	const asked = { session: `${begins}*`, state: filter.state };
	const { calls, total_calls: count } = await askJson(`/v1/calls?${formatQuery(asked, { limit: CALLS })}`, { signal });
	const nothing = Object.fromEntries(Object.keys(filter).map((name) => [name, '']));
	const others = calls.filter(({ session_id: id }) => id !== begins).map(opening);
	return count > 1 ? [{ label, count, changes: { ...nothing, text: '', ...asked } }, ...others.map((option) => ({ ...option, below: true }))] : others;
}

/* What a reading finds, as options: { label, count, changes } or { label, id }. What finds nothing is left out, but for words. */
async function tryReading(reading, filter, signal) {
	if (reading.kind === 'id') {
		const { calls } = await askJson(`/v1/calls?${formatQuery({ session: exact(reading.id) }, { limit: 1 })}`, { signal });
		return calls.map(opening);
	}
	if (reading.kind === 'begins') {
		return tryBeginning(reading, filter, signal);
	}
	const asked = { ...filter, ...reading.changes };
	if (reading.kind !== 'number') {
		const { total_calls: count } = await askJson(`/v1/calls?${formatQuery(asked, { limit: 1 })}`, { signal });
		return [{ label: reading.label, count, changes: reading.changes }];
	}
	const { group, changes } = reading;
	const stats = await askJson(`/v1/stats?${formatQuery(asked, { group, values: 'calls', limit: NUMBERS })}`, { signal });
	const own = { label: reading.label, count: stats.total_calls, changes };
	const found = stats.groups.filter(({ calls }) => calls !== stats.total_calls)
		.map(({ key, calls }) => ({ label: `${group === 'src' ? 'From' : 'To'} ${key}`, count: calls, changes: { ...changes, [group]: exact(key) }, below: true }));
	return stats.total_calls > 0 ? [own, ...found] : [];
}

/* The modules and variables that have @text in their names. */
async function tryNames(text, filter, signal) {
	const part = text.trim().toLowerCase();
	if (part.length < 2 || /[\s"*]/.test(part) || !/\p{L}/u.test(part)) {
		return [];
	}
	const of = async (group, word) => {
		const { groups } = await askJson(`/v1/stats?${formatQuery({ ...filter, text: '' }, { group, values: 'calls', limit: 1000 })}`, { signal });
		return groups.filter(({ key }) => key.toLowerCase().includes(part)).slice(0, NAMES)
			.map(({ key, calls }) => ({ label: `${word} ${key}`, count: calls, changes: { [group]: key, text: '' } }));
	};
	return (await Promise.all([of('module', 'Module'), of('variable', 'Variable')])).flat();
}

/* All options of @text, in the order of its readings. A question that fails offers nothing, but words, whose problem the list itself tells. */
async function optionsOf(text, filter, zone, signal) {
	const now = Math.floor(Date.now() / 1000);
	const pinned = pinFilter(filter, now);
	const words = (reading) => (reading.kind === 'words' ? [{ label: reading.label, changes: reading.changes }] : []);
	const readings = readingsOf(text, now, zone);
	const tried = readings.map((reading) => tryReading(reading, pinned, signal).catch(() => words(reading)));
	return (await Promise.all([...tried, tryNames(text, pinned, signal).catch(() => [])])).flat();
}

/* The options of @text, asked for when nothing was typed for a moment; null while they are asked for. ask() brings them at once. */
function useOptions(text, filter, wanted) {
	const zone = zoneName(useSettings().zone);
	const [options, setOptions] = useState(null);
	const key = `${formatQuery(filter)} ${zone} ${text}`;
	const under = useRef({});
	const ask = () => {
		if (under.current.key !== key) {
			under.current.abort?.abort();
			const abort = new AbortController();
			under.current = { key, abort, answer: optionsOf(text, filter, zone, abort.signal) };
		}
		return under.current.answer;
	};
	useEffect(() => {
		setOptions(null);
		if (!wanted || text.trim() === '') {
			return undefined;
		}
		let left = false;
		const timer = setTimeout(() => ask().then((found) => left || setOptions(found)), PAUSE_MS);
		return () => {
			left = true;
			clearTimeout(timer);
		};
	}, [key, wanted]);
	return [options, ask];
}

/* @filter is the filter in force; onChange() gets another one. @problem is the server's with the words. @among is what else the calls must be that are
 * counted. */
export function SearchBox({ filter, onChange, problem, among = {} }) {
	const held = filter.text ?? '';
	const [text, setText] = useState(held);
	const [open, setOpen] = useState(false);
	const [active, setActive] = useState(-1);
	const [options, ask] = useOptions(text, { ...filter, ...among }, open);
	useEffect(() => setText(held), [held]);
	useEffect(() => setActive(-1), [text]);
	const take = (option) => {
		setOpen(false);
		if (option.id) {
			go(formatAddress(['call', option.id]));
			return;
		}
		setText(option.changes.text ?? '');
		onChange({ ...filter, ...option.changes });
	};
	/* What is meant without a choice: the first that finds something. */
	const submit = async (event) => {
		event?.preventDefault();
		if (text.trim() === '') {
			setOpen(false);
			onChange({ ...filter, text: '' });
			return;
		}
		const all = options ?? await ask();
		take(all[active] ?? all.find((option) => option.id || option.count > 0) ?? { changes: { text: text.trim() } });
	};
	const key = (event) => {
		if (!open || !options?.length) {
			return;
		}
		if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
			event.preventDefault();
			setActive((active + (event.key === 'ArrowDown' ? 1 : options.length)) % options.length);
		} else if (event.key === 'Escape') {
			event.preventDefault();
			event.stopPropagation();
			setOpen(false);
		}
	};
	const said = useMemo(() => notUnderstood(text), [text]);
	const shown = open && text.trim() !== '';
	return html`
		<form class="words" role="search" onSubmit=${submit} onFocusOut=${(event) => event.currentTarget.contains(event.relatedTarget) || setOpen(false)}>
			<label for="words" class="hidden">Number, words, call or time</label>
			<input id="words" type="search" role="combobox" autocomplete="off" spellcheck=${false} data-shortcut="/" value=${text} placeholder="A number, words, a call’s id, yesterday 14:20"
				aria-expanded=${shown} aria-controls="readings" aria-activedescendant=${shown && active >= 0 ? `reading-${active}` : undefined}
				aria-invalid=${problem !== null} aria-describedby=${problem ? 'words-problem' : said ? 'words-said' : undefined}
				onInput=${(event) => { setText(event.target.value); setOpen(true); }} onKeyDown=${key}
				onSearch=${(event) => event.target.value === '' && held !== '' && onChange({ ...filter, text: '' })} />
			${shown && html`<div class="readings">
				<ul id="readings" role="listbox" aria-label="What it may mean">
					${options?.map((option, index) => html`<li key=${index} id=${`reading-${index}`} role="option" aria-selected=${index === active} class=${option.below ? 'below' : ''}
						onMouseDown=${(event) => event.preventDefault()} onMouseMove=${() => index === active || setActive(index)} onClick=${() => take(option)}>
						<span>${option.label}</span> ${option.count !== undefined && html`<b>${formatNumber(option.count)}</b>`}</li>`)}
				</ul>
				${!options && html`<p class="muted">Counting …</p>`}
			</div>`}
			${problem ? html`<p id="words-problem" class="field-problem" role="alert">${problem.message}</p>` : said && html`<p id="words-said" class="hint" role="status">${said}</p>`}
		</form>`;
}
