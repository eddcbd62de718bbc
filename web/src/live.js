// SPDX-License-Identifier: MIT
// The calls that go on, each with its last step and its age, and those that have ended since the view was opened.
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { askJson } from './api.js';
import { useServerNow } from './clock.js';
import { formatQuery, readFilter } from './filter.js';
import { FilterBar } from './filter_bar.js';
import { follow, problemText } from './follow.js';
import { countOf, formatNumber } from './format.js';
import { html } from './html.js';
import { moveAmong } from './keyboard.js';
import { ENDED_KEPT, KEPT, LiveCalls } from './live_calls.js';
import { onSession } from './session.js';
import { getSettings, useSettings } from './settings.js';
import { formatClock, formatDuration, zoneName } from './time.js';

const LOOK_MS = 30000; // between two looks at all calls that go on
const DRAW_MS = 200; // however many changes are told
const nothing = new LiveCalls().snapshot();
/* What was seen last, so that Back from a call leads to what was there, and the stream goes on where it was left. */
let kept = null; // { key, calls, place }
onSession(() => { kept = null; });

const unconnected = { connected: false, problem: null };

export function Live({ query }) {
	const { start, end, ...filter } = readFilter(query);
	const [paused, setPaused] = useState(false);
	const live = useLiveCalls(filter, paused);
	const now = useServerNow(!paused);
	const zone = zoneName(useSettings().zone);
	return html`
		<h1>Live</h1>
		<${FilterBar} filter=${filter} withWindow=${false} problem=${live.problem} onChange=${(to) => go(formatAddress(['live'], to))} />
		<div class="list-head">
			<p class="total" role="status" data-testid="live-state"><span class=${`dot ${live.connected ? 'on' : ''}`} aria-hidden="true"></span>
				${stateOf(live, paused)}</p>
			${paused && html`<span class="muted" data-testid="waiting">${countOf(live.waiting, 'change')} waiting</span>`}
			<button type="button" onClick=${() => setPaused(!paused)}>${paused ? 'Go on' : 'Pause'}</button>
		</div>
		<div class="live-lists" data-list="true" tabindex="-1" onKeyDown=${moveThrough}>
			${filter.state !== 'ended' && html`<${Going} shown=${live.shown} known=${live.known} filter=${filter} now=${now} zone=${zone} />`}
			${filter.state !== 'live' && html`<${Ended} shown=${live.shown} zone=${zone} />`}
		</div>`;
}

function stateOf(live, paused) {
	if (!live.connected) {
		return live.problem ? problemText(live) : 'Connecting …';
	}
	return paused ? 'Paused' : 'Connected: calls appear as they come';
}

/* What is shown, and how the connection is. Whether a call goes on is not asked of the stream: it would not tell of the end. */
function useLiveCalls({ state, ...filter }, paused) {
	const key = formatQuery(filter);
	const [view, setView] = useState({ shown: nothing, known: false, waiting: 0 });
	const [connection, setConnection] = useState(unconnected);
	const calls = useRef(null);
	useEffect(() => {
		const abort = new AbortController();
		kept = kept?.key === key ? kept : { key, calls: new LiveCalls(), place: { id: '' } };
		calls.current = kept.calls;
		calls.current.known = false;
		setView({ shown: calls.current.snapshot(), known: false, waiting: 0 });
		setConnection(unconnected);
		followAll(kept, filter, abort.signal, setConnection);
		return () => abort.abort();
	}, [key]);
	useEffect(() => {
		let drawn = null;
		let count = calls.current.count;
		const draw = () => {
			const live = calls.current;
			live.expire(Date.now(), sessionInFocus());
			if (paused) {
				setView((before) => (before.waiting === live.count - count ? before : { ...before, waiting: live.count - count }));
			} else if (drawn !== live.version) {
				drawn = live.version;
				count = live.count;
				setView({ shown: live.snapshot(), known: live.known, waiting: 0 });
			}
		};
		draw();
		const timer = setInterval(draw, DRAW_MS);
		return () => clearInterval(timer);
	}, [key, paused]);
	return { ...view, ...connection };
}

/* Steps are asked for once: the stream brings those that come. */
function followAll({ calls, place }, filter, signal, setConnection) {
	const look = async () => {
		const query = formatQuery(filter, { state: 'live', limit: KEPT, detail: calls.known ? '' : 'true' });
		calls.look(await askJson(`/v1/calls?${query}`, { signal }));
	};
	const tell = (told) => {
		if (told === 'open') {
			setConnection({ connected: true, problem: null });
		} else if (told.problem) {
			calls.known = false;
			setConnection({ connected: false, ...told });
		} else {
			calls.told(told, Date.now());
		}
	};
	follow(formatQuery(filter, { detail: true }), { signal, look, lookMs: LOOK_MS, tell, place });
}

function sessionInFocus() {
	return document.activeElement?.closest('[data-session]')?.dataset.session;
}

function moveThrough(event) {
	const letters = getSettings().letters ? { j: 1, k: -1 } : {};
	moveAmong(event, '.live-link', { ArrowDown: 1, ArrowUp: -1, ...letters });
}

/* What the columns are, for those who see them; each row says it in words that are heard. */
function Head({ time }) {
	return html`<div class="live-call live-head" aria-hidden="true"><span>Started</span><span class="number">${time}</span><span>Type</span><span>From → To</span>
		<span>Last step</span><span>Session</span><span class="number">Steps</span></div>`;
}

function Going({ shown, known, filter, now, zone }) {
	const { calls, total } = shown;
	return html`
		<section aria-labelledby="going-title">
			<h2 id="going-title">In progress ${known && html`<span class="count" data-testid="going">${formatNumber(total)}</span>`}</h2>
			${total > KEPT && html`<p class="muted">The newest ${KEPT} of ${formatNumber(total)} calls are shown. <a href=${formatAddress(['calls'], { ...filter, state: 'live' })}>All of them</a></p>`}
			${calls.length === 0 ? html`<p class="muted">${known ? 'No call goes on now.' : 'Looking …'}</p>`
				: html`<${Head} time="Age" /><ol class="live" aria-label="Calls in progress">${calls.map((call) => html`<${Row} key=${call.session_id} call=${call} zone=${zone}
					time=${call.endedAt === null ? Math.max(0, now - call.start) : call.end - call.start} />`)}</ol>`}
		</section>`;
}

function Ended({ shown, zone }) {
	return html`
		<section aria-labelledby="ended-title">
			<h2 id="ended-title">Ended since this view was opened</h2>
			${shown.ended.length === 0 ? html`<p class="muted">None yet. Calls that end, or are stored, from now on appear here.</p>`
				: html`<${Head} time="Length" /><ol class="live" aria-label="Calls that ended">${shown.ended.map((entry) => (entry.call
					? html`<${Row} key=${entry.call.session_id} call=${entry.call} zone=${zone} time=${entry.call.end - entry.call.start} />`
					: html`<li class="gap" key=${`gap-${entry.gap}`}>Some calls are missing here: too many came while the connection was away. <a href="#/calls">The list has them all.</a></li>`))}</ol>`}
			${shown.endedMore && html`<p class="muted">The last ${ENDED_KEPT} are shown. <a href="#/calls">The list has them all.</a></p>`}
		</section>`;
}

/* @time: the age of a call that goes on, the length of another. */
function Row({ call, time, zone }) {
	const live = call.state === 'live';
	const last = call.last;
	return html`
		<li class=${live ? '' : 'over'} data-session=${call.session_id}>
			<div class="live-call">
				<a class="live-link" href=${formatAddress(['call', call.session_id])}><span class="hidden">Call of </span>${formatClock(call.start, zone)}</a>
				<span class="number"><span class="hidden">${live ? 'age' : 'length'} </span>${formatDuration(time)}</span>
				<span>${call.type}${live ? '' : html` <b class="muted">ended</b>`}</span>
				<span class="live-numbers">${call.src} → ${call.dest}</span>
				<span class=${`live-last${last ? ` class-${last.class}` : ''}`} title=${last?.line}>${last?.line || html`<span class="muted">–</span>`}</span>
				<span class="muted live-session">${call.session_id}</span>
				<span class="number muted live-count">${call.steps}<span class="hidden"> ${call.steps === 1 ? 'step' : 'steps'}</span></span>
			</div>
		</li>`;
}
