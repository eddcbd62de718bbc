// SPDX-License-Identifier: MIT
// Where callers leave. Those that are lost stand first: calls that were abandoned, missed, busy or failed. Ends of other calls are normal, and grey.
import { useEffect, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { useAnswer } from './api.js';
import { formatQuery, readFilter } from './filter.js';
import { FilterBar } from './filter_bar.js';
import { Flow } from './flow.js';
import { callsLookedAt, countOf, formatNumber, formatShare } from './format.js';
import { html } from './html.js';
import { lostOutcomes } from './outcome.js';
import { usePinned } from './pinned.js';
import { keyOf, nameOf, wasThere } from './place.js';
import { Empty, Failure, Loading } from './states.js';

const LIMIT = 10000; // both counts have to have the same places
const SHOWN = 200;
const NEXT_SHOWN = 3;
const WEEK_S = 7 * 86400;

/* What the window may be held against. */
const others = [['', 'nothing'], ['before', 'the time before'], ['week', 'a week earlier']];

/* The window that @pinned is held against; null where there is none. */
function earlier(pinned, against) {
	const now = Math.floor(Date.now() / 1000);
	const [start, end] = [Number(pinned.start), Number(pinned.end ?? now)];
	if (!against || pinned.start === undefined || Number.isNaN(start) || Number.isNaN(end)) {
		return null;
	}
	const shift = against === 'week' ? WEEK_S : end - start;
	return { ...pinned, start: String(Math.max(0, start - shift)), end: String(Math.max(0, end - shift)) };
}

/* Of the calls that are lost among those of @filter: which outcomes. A filter for outcomes leaves fewer. */
function lostOf(filter) {
	const asked = filter.outcome?.split(',');
	const lost = lostOutcomes.filter((outcome) => !asked || asked.includes(outcome));
	return lost.length > 0 ? { ...filter, outcome: lost.join(',') } : null;
}

const question = (filter) => filter && `/v1/dropoff?${formatQuery(filter, { limit: LIMIT })}`;

export function DropOff({ query }) {
	const filter = readFilter(query);
	const against = others.some(([name]) => name === query.get('against')) ? query.get('against') : '';
	const picture = query.get('show') === 'picture';
	const [problem, setProblem] = useState(null);
	const pinned = usePinned(filter);
	const before = earlier(pinned, against);
	const show = (to, more = {}) => go(formatAddress(['dropoff'], { ...to, against, show: query.get('show'), ...more }));
	return html`
		<h1>Drop-off</h1>
		<${FilterBar} filter=${filter} problem=${problem} onChange=${(to) => show(to)} />
		<div class="tabs" role="group" aria-label="How it is shown">
			<button type="button" aria-pressed=${!picture} onClick=${() => show(filter, { show: '' })}>Places</button>
			<button type="button" aria-pressed=${picture} onClick=${() => show(filter, { show: 'picture' })}>Picture of the ways</button>
			<${Against} filter=${filter} against=${against} onChange=${(by) => show(filter, { against: by })} />
		</div>
		${picture ? html`<${Flow} pinned=${pinned} before=${before} filter=${filter} />` : html`<${Lost} pinned=${pinned} before=${before} filter=${filter} onProblem=${setProblem} />`}`;
}

function Lost({ pinned, before, filter, onProblem }) {
	const all = useAnswer(question(pinned));
	const lost = useAnswer(question(lostOf(pinned)));
	const other = useAnswer(question(before && lostOf(before)));
	const problem = all.problem ?? lost.problem ?? other.problem;
	useEffect(() => onProblem(problem), [problem]);
	if (problem) {
		return html`<${Failure} problem=${problem} onRetry=${() => [all, lost, other].forEach((one) => one.reload())} />`;
	}
	if (!all.data || (!lost.data && lost.loading)) {
		return html`<${Loading} what="Counting" />`;
	}
	if (all.data.modules.length === 0) {
		return html`<${Empty} title="No way to follow" hint=${`${callsLookedAt(all.data)}. Take a filter away or choose a longer window.`} />`;
	}
	return html`<${Places} data=${all.data} lost=${lost.data} other=${before ? other.data : null} filter=${filter} loading=${all.loading || lost.loading || other.loading} />`;
}

function Against({ filter, against, onChange }) {
	return html`<label class="small against">Compare with <select value=${against} disabled=${!filter.start} onChange=${(event) => onChange(event.target.value)}>
		${others.map(([name, label]) => html`<option key=${name} value=${name}>${label}</option>`)}</select>${!filter.start && ' choose a window first'}</label>`;
}

const endedOf = (data) => new Map(data?.modules.map((place) => [keyOf(place), place.ended]));

function Places({ data, lost, other, filter, loading }) {
	const [lostAt, otherAt] = [endedOf(lost), endedOf(other)];
	const sum = [...lostAt.values()].reduce((calls, ended) => calls + ended, 0);
	const places = data.modules.map((place) => ({ ...place, lost: lostAt.get(keyOf(place)) ?? 0, earlier: otherAt.get(keyOf(place)) ?? 0 }))
		.sort((a, b) => b.lost - a.lost || b.ended - a.ended || b.reached - a.reached);
	const most = places.reduce((largest, place) => Math.max(largest, place.lost), 1);
	return html`
		<p class="total" role="status">${countOf(sum, 'call')} lost of ${callsLookedAt(data)}; ${countOf(data.modules_total, 'place')}${data.modules_total > SHOWN ? `, the ${SHOWN} that lose most are shown` : ''}</p>
		<p class="muted">Lost are calls that were abandoned, missed, busy or failed. Other ends are normal, and grey.</p>
		<div class="wide" tabindex="0" role="region" aria-label="Places">
			<table class=${`bars dropoff ${loading ? 'stale' : ''}`}>
				<thead><tr><th scope="col">Module → variable</th><th scope="col" class="bar-cell">Lost here</th>${other && html`<th scope="col" class="number">Earlier</th>`}
					<th scope="col" class="number">Ended here normally</th><th scope="col" class="number">Reached</th><th scope="col" class="number">Went on</th><th scope="col">Next</th></tr></thead>
				<tbody>${places.slice(0, SHOWN).map((place) => html`<${Place} key=${keyOf(place)} place=${place} most=${most} sum=${sum} filter=${filter} compared=${Boolean(other)} />`)}</tbody>
			</table>
		</div>`;
}

function Place({ place, most, sum, filter, compared }) {
	const ended = { ...filter, last_module: place.module, last_variable: place.variable };
	const normal = place.ended - place.lost;
	const asked = filter.outcome ? { outcome: filter.outcome } : { '-outcome': lostOutcomes.join(',') };
	const rest = place.next.length - NEXT_SHOWN;
	return html`
		<tr>
			<th scope="row">${nameOf(place)}</th>
			<td class="bar-cell">${place.lost > 0 ? html`
				<a class="stack beside" href=${formatAddress(['calls'], { ...lostOf(filter), last_module: place.module, last_variable: place.variable })} aria-label=${`${nameOf(place)}: ${countOf(place.lost, 'call')} lost`}>
					<span class="bar ended" style=${{ width: `${55 * place.lost / most}%` }}></span> ${formatNumber(place.lost)}</a> <span class="muted">${formatShare(place.lost, sum)}</span>`
				: html`<span class="muted">0</span>`}</td>
			${compared && html`<td class="number">${formatNumber(place.earlier)} <${Change} now=${place.lost} then=${place.earlier} /></td>`}
			<td class="number muted">${normal > 0 ? html`<a class="quiet-link" href=${formatAddress(['calls'], { ...ended, ...asked })}>${formatNumber(normal)}</a>` : '0'}</td>
			<td class="number"><a href=${formatAddress(['calls'], wasThere(place, filter))} aria-label=${`${nameOf(place)}: ${countOf(place.reached, 'call')} reached it`}>${formatNumber(place.reached)}</a></td>
			<td class="number">${formatNumber(place.went_on)}</td>
			<td class="next">${place.next.slice(0, NEXT_SHOWN).map((next) => `${nameOf(next)} ${formatNumber(next.calls)}`).join(', ')}${rest > 0 ? `, ${rest} more` : ''}</td>
		</tr>`;
}

function Change({ now, then }) {
	const change = now - then;
	return change !== 0 && html`<b class=${change > 0 ? 'worse' : 'better'}>${change > 0 ? '+' : '−'}${formatNumber(Math.abs(change))}</b>`;
}
