// SPDX-License-Identifier: MIT
// Calls as they come.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { ask } from './api.js';
import { formatQuery, readFilter } from './filter.js';
import { FilterBar } from './filter_bar.js';
import { countOf } from './format.js';
import { html } from './html.js';
import { useSettings } from './settings.js';
import { EventParser } from './sse.js';
import { readSteps } from './steps.js';
import { formatClock, formatDuration, zoneName } from './time.js';

const KEPT = 500;
const RETRY_MS = [500, 1000, 2000, 5000, 10000];

/* Follows until aborted. @tell gets 'open', { call }, { gap }, { problem }. */
async function follow(query, signal, tell) {
	let last = '';
	for (let tries = 0; !signal.aborted;) {
		try {
			const headers = { Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': last }) };
			const answer = await ask(`/v1/tail?${query}${query && '&'}detail=true`, { headers, signal });
			tell('open');
			tries = 0;
			const parser = new EventParser(({ type, data, id }) => {
				last = id || last;
				tell({ [type]: JSON.parse(data), id });
			});
			const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
			for (let part = await reader.read(); !part.done; part = await reader.read()) {
				parser.push(part.value);
			}
			tell({ problem: new Error('the connection ended') });
		} catch (problem) {
			if (signal.aborted) {
				return;
			}
			tell({ problem });
			if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
				return; // asking again would not help
			}
		}
		await new Promise((resolve) => { setTimeout(resolve, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]); });
		tries++;
	}
}

export function Live({ query }) {
	const filter = readFilter(query);
	delete filter.start;
	delete filter.end;
	const key = formatQuery(filter);
	const [entries, setEntries] = useState([]);
	const [state, setState] = useState({ connected: false, problem: null });
	const [paused, setPaused] = useState(false);
	const held = useRef([]); // what came while paused
	const pausedNow = useRef(false);
	pausedNow.current = paused;
	const add = (added) => setEntries((before) => [...added.reverse(), ...before].slice(0, KEPT));
	useEffect(() => {
		const abort = new AbortController();
		setEntries([]);
		held.current = [];
		follow(key, abort.signal, (told) => {
			if (told === 'open') {
				setState({ connected: true, problem: null });
			} else if (told.problem) {
				setState({ connected: false, problem: told.problem });
			} else if (pausedNow.current) {
				held.current = [...held.current, told].slice(-KEPT);
				setState((before) => ({ ...before, held: held.current.length }));
			} else {
				add([told]);
			}
		});
		return () => abort.abort();
	}, [key]);
	const resume = () => {
		add(held.current);
		held.current = [];
		setPaused(false);
	};
	return html`
		<h1>Live</h1>
		<${FilterBar} filter=${filter} withWindow=${false} problem=${state.problem} onChange=${(to) => go(formatAddress(['live'], to))} />
		<div class="list-head">
			<p class="total" role="status" data-testid="live-state"><span class=${`dot ${state.connected ? 'on' : ''}`} aria-hidden="true"></span>
				${state.connected ? (paused ? `Paused, ${countOf(held.current.length, 'event')} waiting` : 'Connected: calls appear as they are stored')
					: state.problem ? `Not connected: ${state.problem.message}. Trying again …` : 'Connecting …'}</p>
			<button type="button" onClick=${paused ? resume : () => setPaused(true)}>${paused ? 'Go on' : 'Pause'}</button>
		</div>
		<${Entries} entries=${entries} />`;
}

function Entries({ entries }) {
	const zone = zoneName(useSettings().zone);
	if (entries.length === 0) {
		return html`<p class="state muted">Nothing yet. Calls that are stored from now on appear here.</p>`;
	}
	return html`<ol class="live" aria-label="Calls that came">${entries.map((entry) => (entry.gap
		? html`<li class="gap" key=${`gap-${entry.gap.after}`}>Some calls are missing here: too many came while the connection was away. <a href="#/calls">The list has them all.</a></li>`
		: html`<${Entry} key=${entry.id} call=${entry.call} zone=${zone} />`))}</ol>`;
}

/* A call with its last step in the line, the others on demand. */
function Entry({ call, zone }) {
	const [open, setOpen] = useState(false);
	const steps = useMemo(() => readSteps(call), [call]);
	return html`
		<li>
			<div class="live-call">
				<a href=${formatAddress(['call', call.session_id])}>${formatClock(call.start, zone)}</a>
				<span class="number">${formatDuration(call.duration)}</span>
				<span>${call.type}${call.state === 'live' ? html` <b class="class-event">live</b>` : ''}</span>
				<span class="live-numbers">${call.src} → ${call.dest}</span>
				<span class="muted live-last">${steps.at(-1)?.line ?? ''}</span>
				<span class="muted live-session">${call.session_id}</span>
				${steps.length > 0 ? html`<button type="button" class="link" aria-expanded=${open} onClick=${() => setOpen(!open)}>${countOf(steps.length, 'step')}</button>`
					: html`<span class="muted">no steps</span>`}
			</div>
			${open && html`<ol class="live-steps">${steps.map((step) => html`<li key=${step.number} class=${`class-${step.class}`}>
				<a class="step-link" href=${formatAddress(['call', call.session_id], { step: step.number })}>${formatClock(step.time, zone)}</a>
				<span class="class-word">${step.class}</span> <span class="step-what">${step.line}</span></li>`)}</ol>`}
		</li>`;
}
