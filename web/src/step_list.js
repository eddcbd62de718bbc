// SPDX-License-Identifier: MIT
// The steps in order: when, what, where; filtered by class and words, data unfolded on demand. Up and Down go from step to step.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatAddress } from './address.js';
import { html } from './html.js';
import { moveAmong } from './keyboard.js';
import { findMarks, markedPieces, readPhrases } from './marks.js';
import { countClasses, stepHas } from './steps.js';
import { formatClock, formatDate, formatDelta, formatDuration } from './time.js';
import { longestWait, waitWords } from './waits.js';

const SHOWN_AT_ONCE = 1000; // more are drawn when asked for

/* @words are those that the call was found by: they are marked, and without a chosen step the first that has any is scrolled to. In a replay steps behind
 * @until have not come yet: their places are empty. */
export function StepList({ call, steps, waits, zone, chosen, words: found, until = Infinity, onChoose }) {
	const [hidden, setHidden] = useState(new Set());
	const [words, setWords] = useState('');
	const [most, setMost] = useState(SHOWN_AT_ONCE);
	const list = useRef();
	const before = useMemo(() => new Map(waits.map((wait) => [wait.to, wait])), [waits]);
	const longest = useMemo(() => longestWait(waits), [waits]);
	const phrases = useMemo(() => readPhrases(found), [found]);
	const first = useMemo(() => steps.find((step) => findMarks(step.line, phrases).length > 0)?.number ?? null, [steps, phrases]);
	const shownFirst = chosen ?? (until === Infinity ? first : 1);
	const classes = useMemo(() => countClasses(steps), [steps]);
	const shown = steps.filter((step) => !hidden.has(step.class) && (!words || stepHas(step, words)));
	const drawn = shown.slice(0, Math.max(most, shown.findIndex((step) => step.number === shownFirst) + 50));
	useEffect(() => {
		list.current?.querySelector(`[data-step="${shownFirst}"]`)?.scrollIntoView({ block: 'nearest' });
	}, [shownFirst, until === Infinity]); // the bar of a replay would stand over it
	const away = until === Infinity && chosen !== null && chosen <= steps.length && !shown.some((step) => step.number === chosen);
	const showAll = () => {
		setHidden(new Set());
		setWords('');
	};
	useEffect(() => {
		const all = () => setMost(Infinity); // paper has no button to press
		addEventListener('beforeprint', all);
		return () => removeEventListener('beforeprint', all);
	}, []);
	const toggle = (name) => {
		const changed = new Set(hidden);
		changed[changed.has(name) ? 'delete' : 'add'](name);
		setHidden(changed);
	};
	return html`
		<section class="steps" aria-labelledby="steps-title">
			<div class="steps-head">
				<h2 id="steps-title">Steps</h2>
				<div class="classes" role="group" aria-label="Classes shown">
					${classes.map(([name, count]) => html`<button type="button" key=${name} class=${`class-tag class-${name}`} aria-pressed=${!hidden.has(name)}
						onClick=${() => toggle(name)}>${name} <span class="count">${count}</span></button>`)}
				</div>
				<label class="hidden" for="step-words">Search in this call</label>
				<input id="step-words" type="search" placeholder="Search in this call" data-shortcut="/" value=${words} onInput=${(event) => setWords(event.target.value)} />
				<span class="muted" role="status">${shown.length === steps.length ? '' : `${shown.length} of ${steps.length}`}</span>
			</div>
			${away && html`<p class="step-away" role="status">Step ${chosen}, which is chosen, is not among those shown. <button type="button" class="link" onClick=${showAll}>Show all steps</button></p>`}
			<ol class="step-list" ref=${list} onKeyDown=${(event) => moveAmong(event, '.step-link', { ArrowDown: 1, ArrowUp: -1 })}>
				${drawn.map((step, index) => html`<${Step} key=${step.number} call=${call} step=${step} zone=${zone} chosen=${step.number === chosen} toCome=${step.number > until} words=${found} phrases=${phrases} wait=${before.get(step.number)} longest=${longest}
					day=${index === 0 || formatDate(drawn[index - 1].time, zone) !== formatDate(step.time, zone)} onChoose=${onChoose} />`)}
			</ol>
			${drawn.length < shown.length && html`<button type="button" onClick=${() => setMost(most + 5000)}>Show more of ${shown.length} steps</button>`}
			${steps.length > 0 && shown.length === 0 && html`<p class="muted">No step is left: show a class again or change the words.</p>`}
			${steps.length === 0 && html`<p class="muted">This call has a log, and no step is in it.</p>`}
		</section>`;
}

function Step({ call, step, zone, chosen, toCome, words, phrases, wait, longest, day, onChoose }) {
	const [open, setOpen] = useState(false);
	const choose = (event) => {
		if (!event.ctrlKey && !event.metaKey) {
			event.preventDefault();
			onChoose(step.number);
		}
	};
	const data = Object.entries(step.data).filter(([name]) => name !== 'module_type' && name !== 'result_variable');
	const id = `data-${step.number}`;
	return html`
		${day && html`<li class=${`step-day${toCome ? ' to-come' : ''}`} key=${`day-${step.number}`}>${formatDate(step.time, zone)}</li>`}
		<li class=${`step class-${step.class}${chosen ? ' chosen-step' : ''}${toCome ? ' to-come' : ''}`} aria-current=${chosen ? 'step' : undefined} data-step=${step.number}>
			<a class="step-link" href=${formatAddress(['call', call.session_id], { text: words, step: step.number })} onClick=${choose}
				aria-label=${`Step ${step.number}, ${formatClock(step.time, zone)}`}>${formatClock(step.time, zone)}</a>
			<span class=${`step-delta${step.delta ? '' : ' none'}`} title=${`${formatDuration(Math.abs(step.offset))} since the call began`}>${wait && wait === longest ? html`<b>${formatDelta(step.delta)}</b>` : formatDelta(step.delta)}${wait && html`<span class="wait-word block">${waitWords[wait.kind]}</span>`}</span>
			<span class=${`class-word class-${step.class}`}>${step.class}</span>
			<div class="step-what">
				<p class="step-line">${step.line ? markedPieces(step.line, phrases).map(({ text, marked }) => (marked ? html`<mark>${text}</mark>` : text)) : html`<span class="muted">(no line)</span>`}</p>
				<p class="step-place muted">${step.module}${step.variable && html` → ${step.variable}`}
					${data.length > 0 && html` <button type="button" class="link" aria-expanded=${open} aria-controls=${open ? id : undefined} onClick=${() => setOpen(!open)}>
						${open ? 'hide data' : `data (${data.length})`}</button>`}</p>
				${open && html`<dl class="data" id=${id}>${data.map(([name, value]) => html`<div key=${name}><dt>${name}</dt>
					<dd>${typeof value === 'string' ? value : JSON.stringify(value)}</dd></div>`)}</dl>`}
			</div>
		</li>`;
}
