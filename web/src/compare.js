// SPDX-License-Identifier: MIT
// Two calls side by side, their steps aligned by the server.
import { formatAddress } from './address.js';
import { useAnswer } from './api.js';
import { countOf } from './format.js';
import { html } from './html.js';
import { useSettings } from './settings.js';
import { Empty, Failure, Loading } from './states.js';
import { formatDuration, formatTime, zoneName } from './time.js';

const words = { same: 'same', changed: 'changed', only_a: 'only in A', only_b: 'only in B' };

export function Compare({ a, b }) {
	const known = a && b;
	const { data, problem, reload } = useAnswer(known ? `/v1/diff/${encodeURIComponent(a)}/${encodeURIComponent(b)}` : null);
	if (!known) {
		return html`<${Empty} alone title="Two calls are needed" hint="Open a call, pin it, open another one and choose “Compare”." />`;
	}
	if (problem) {
		return html`<${Failure} alone problem=${problem} onRetry=${reload} />`;
	}
	return data ? html`<${Shown} diff=${data} />` : html`<${Loading} what="Comparing" />`;
}

function Shown({ diff }) {
	const zone = zoneName(useSettings().zone);
	return html`
		<article class="compare">
			<h1>Two calls compared</h1>
			<p role="status">${countOf(diff.same, 'step')} the same, ${diff.changed} changed, ${diff.only_a} only in A, ${diff.only_b} only in B.
				A takes ${formatDuration(diff.a.duration)}, B ${formatDuration(diff.b.duration)}.</p>
			<div class="wide" tabindex="0" role="region" aria-label="Steps of both calls">
				<table class="diff">
					<thead><tr>
						<th scope="col">Steps</th>
						<th scope="col"><${Side} name="A" call=${diff.a} zone=${zone} /></th>
						<th scope="col"><${Side} name="B" call=${diff.b} zone=${zone} /></th>
					</tr></thead>
					<tbody>${diff.steps.map((pair, index) => html`
						<tr key=${index} class=${`diff-${pair.change}`}>
							<th scope="row"><span class="diff-word">${words[pair.change]}</span></th>
							<td>${pair.a && html`<${Step} call=${diff.a} step=${pair.a} other=${pair.b} />`}</td>
							<td>${pair.b && html`<${Step} call=${diff.b} step=${pair.b} other=${pair.a} />`}</td>
						</tr>`)}</tbody>
				</table>
			</div>
		</article>`;
}

function Side({ name, call, zone }) {
	return html`<b class=${`side side-${name.toLowerCase()}`}>${name}</b> <a href=${formatAddress(['call', call.session_id])}>${call.session_id}</a>
		<span class="muted block">${formatTime(call.start, zone)} · ${call.src} → ${call.dest}</span>`;
}

/* The time that a step takes is said where the other call's differs. */
function Step({ call, step, other }) {
	const slower = other && other.duration !== step.duration;
	return html`
		<a class="step-link" href=${formatAddress(['call', call.session_id], { step: step.index })}>+${formatDuration(Math.max(0, step.offset))}</a>
		${' '}<span class=${`class-word class-${step.class}`}>${step.class}</span> ${step.line}
		<span class="muted block">${step.module}${step.variable && ` → ${step.variable}`}${slower && html` <b>${step.duration} s</b>`}</span>`;
}
