// SPDX-License-Identifier: MIT
// The call of the row that is active, beside the list, on screens that have room: what happened, its time line, its steps.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { AllCalls } from './all_calls.js';
import { formatAddress, go } from './address.js';
import { useAnswer } from './api.js';
import { countOf } from './format.js';
import { html } from './html.js';
import { markedPieces, readPhrases } from './marks.js';
import { OutcomeIcon } from './outcome.js';
import { Failure } from './states.js';
import { readSteps, readVisits } from './steps.js';
import { storyOf } from './story.js';
import { formatClock, formatDuration, formatTime } from './time.js';
import { TimeLine } from './time_line.js';
import { readWaits } from './waits.js';

const PAUSE_MS = 150; // without another row, before a call is asked for
const SHOWN = 200; // steps
const WIDE = '(min-width: 1520px)';

/* Whether the screen has room for a preview. */
export function useWide() {
	const [wide, setWide] = useState(() => matchMedia(WIDE).matches);
	useEffect(() => {
		const media = matchMedia(WIDE);
		const changed = () => setWide(media.matches);
		media.addEventListener('change', changed);
		return () => media.removeEventListener('change', changed);
	}, []);
	return wide;
}

/* @value, once it has not changed for a moment. */
function useSettled(value) {
	const [settled, setSettled] = useState(value);
	useEffect(() => {
		const timer = setTimeout(() => setSettled(value), PAUSE_MS);
		return () => clearTimeout(timer);
	}, [value]);
	return settled;
}

/* @row as the list has it, or null; @carried goes into the addresses of the call. */
export function Preview({ row, carried, zone }) {
	const session = useSettled(row?.session_id ?? null);
	const { data, problem, reload } = useAnswer(session === null ? null : `/v1/calls/${encodeURIComponent(session)}`);
	const call = row && data?.session_id === row.session_id ? data : null;
	return html`
		<aside class="preview" aria-label="Preview" aria-busy=${row !== null && !call && !problem}>
			${row && html`
				<h2><a href=${formatAddress(['call', row.session_id], carried)}>Call ${row.session_id}</a></h2>
				${call ? html`<${Story} key=${call.session_id} call=${call} carried=${carried} zone=${zone} />` : problem && html`<${Failure} problem=${problem} onRetry=${reload} />`}`}
		</aside>`;
}

function Story({ call, carried, zone }) {
	const steps = useMemo(() => readSteps(call), [call]);
	const visits = useMemo(() => readVisits(steps), [steps]);
	const waits = useMemo(() => readWaits(call, steps), [call, steps]);
	const at = (step) => formatAddress(['call', call.session_id], { ...carried, step });
	return html`
		<p class="story"><${OutcomeIcon} outcome=${call.outcome} /> ${storyOf(call, steps, waits)}</p>
		<p><${AllCalls} of="src" number=${call.src} /> → <${AllCalls} of="dest" number=${call.dest} /> · ${formatTime(call.start, zone)} · ${formatDuration(call.duration)}</p>
		${steps.length === 0 ? html`<p class="muted">No steps are kept of this call.</p>` : html`
			<div class="preview-body">
				<${TimeLine} call=${call} visits=${visits} waits=${waits} chosen=${null} player=${null} onChoose=${(step) => go(at(step))} />
				<${Lines} steps=${steps} at=${at} words=${carried.text ?? ''} zone=${zone} />
			</div>`}`;
}

function Lines({ steps, at, words, zone }) {
	const phrases = useMemo(() => readPhrases(words), [words]);
	return html`
		<ol class="preview-steps" aria-label="Steps">${steps.slice(0, SHOWN).map((step) => html`
			<li key=${step.number}><a href=${at(step.number)}>${formatClock(step.time, zone)}</a> <span class=${`class-word class-${step.class}`}>${step.class}</span>
				<span>${markedPieces(step.line, phrases).map(({ text, marked }) => (marked ? html`<mark>${text}</mark>` : text))}</span></li>`)}
			${steps.length > SHOWN && html`<li class="muted">${countOf(steps.length - SHOWN, 'more step')}</li>`}
		</ol>`;
}
