// SPDX-License-Identifier: MIT
// A call drawn to scale: each visit to a module is a bar, its steps are marks, and what was waited for after the last of them is hatched.
import { html } from './html.js';
import { ticksOf } from './steps.js';
import { formatDuration } from './time.js';

const VISITS_MAX = 400; // a call with more is a loop, and its list of steps says it better

export function TimeLine({ call, visits, chosen, onChoose }) {
	const length = Math.max(1, call.duration, ...visits.map((visit) => visit.end));
	const percent = (seconds) => `${100 * seconds / length}%`;
	return html`
		<section class="time-line" aria-labelledby="time-line-title" data-testid="time-line">
			<h2 id="time-line-title">Time line <span class="muted legend"><span class="legend-wait" aria-hidden="true"></span> waiting</span></h2>
			<div class="scale" aria-hidden="true"><span></span><div>
				${ticksOf(length, 5).map((time) => html`<span key=${time} style=${{ left: percent(time) }}>${formatDuration(time)}</span>`)}
			</div></div>
			<ol>
				${visits.slice(0, VISITS_MAX).map((visit, index) => html`<${Visit} key=${index} visit=${visit} percent=${percent} chosen=${chosen} onChoose=${onChoose} />`)}
			</ol>
			${visits.length > VISITS_MAX && html`<p class="muted">The first ${VISITS_MAX} of ${visits.length} visits are drawn.</p>`}
		</section>`;
}

function Visit({ visit, percent, chosen, onChoose }) {
	const first = visit.steps[0];
	const here = visit.steps.some((step) => step.number === chosen);
	const worst = visit.steps.some((step) => step.class === 'error') ? ' has-error' : '';
	const label = `${visit.module || 'no module'}${visit.variable ? ` ${visit.variable}` : ''}`;
	const said = `${label}: from ${formatDuration(visit.begin)}, ${visit.end - visit.begin} seconds, ${visit.steps.length} steps`;
	return html`
		<li class=${here ? 'here' : ''}>
			<button type="button" onClick=${() => onChoose(first.number)} aria-label=${said} title=${said}>
				<span class="visit-name"><b>${visit.module || '–'}</b> ${visit.variable}</span>
				<span class="visit-track">
					<span class=${`visit-bar${worst}`} style=${{ left: percent(visit.begin), width: percent(visit.end - visit.begin) }}></span>
					<span class="visit-wait" style=${{ left: percent(visit.lastStep), width: percent(visit.end - visit.lastStep) }}></span>
					${visit.steps.map((step) => html`<span key=${step.number} class=${`visit-mark class-${step.class}${step.number === chosen ? ' chosen' : ''}`}
						style=${{ left: percent(step.offset) }}></span>`)}
				</span>
			</button>
		</li>`;
}
