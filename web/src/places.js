// SPDX-License-Identifier: MIT
// Where time goes: for each place how long calls stay there, where no input comes or a wrong one, and the calls that stayed longest.
import { useEffect, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { useAnswer } from './api.js';
import { formatQuery, readFilter } from './filter.js';
import { FilterBar } from './filter_bar.js';
import { callsLookedAt, countOf, formatNumber, formatShare } from './format.js';
import { html } from './html.js';
import { usePinned } from './pinned.js';
import { keyOf, nameOf, wasThere } from './place.js';
import { Empty, Failure, Loading } from './states.js';
import { formatDuration, formatLength } from './time.js';

const LIMIT = 200;

/* The columns by which rows may be sorted, the largest first. */
const sorts = [
	['time', 'Time there', (place) => place.time.sum], ['visits', 'Visits', (place) => place.visits], ['p50', 'Typical visit', (place) => place.time.p50],
	['p95', 'Long visit', (place) => place.time.p95], ['no_input', 'No input', (place) => place.no_input], ['wrong_input', 'Wrong input', (place) => place.wrong_input],
];
const titles = { p50: 'Half of the visits are shorter', p95: 'One visit in twenty is longer' };

export function Places({ query }) {
	const filter = readFilter(query);
	const pinned = usePinned(filter);
	const sort = sorts.find(([name]) => name === query.get('sort')) ?? sorts[0];
	const { data, problem, loading, reload } = useAnswer(`/v1/places?${formatQuery(pinned, { limit: LIMIT })}`);
	const show = (to, by = sort[0]) => go(formatAddress(['places'], { ...to, sort: by === sorts[0][0] ? '' : by }));
	return html`
		<h1>Where time goes</h1>
		<${FilterBar} filter=${filter} problem=${problem} onChange=${(to) => show(to)} />
		${problem ? html`<${Failure} problem=${problem} onRetry=${reload} />`
			: !data ? html`<${Looking} />`
				: data.places.length === 0 ? html`<${Empty} title="No time to show" hint=${`${callsLookedAt(data)}. Take a filter away or choose a longer window.`} />`
					: html`<${Table} data=${data} filter=${filter} sort=${sort} loading=${loading} onSort=${(by) => show(filter, by)} />`}`;
}

/* The steps of all calls are read, which may take some seconds. */
function Looking() {
	const [seconds, setSeconds] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => setSeconds((before) => before + 1), 1000);
		return () => clearInterval(timer);
	}, []);
	return html`<${Loading} what=${seconds < 2 ? 'Counting' : 'Reading the steps of all these calls'} />`;
}

function Table({ data, filter, sort, loading, onSort }) {
	const [by, , valueOf] = sort;
	const places = [...data.places].sort((a, b) => valueOf(b) - valueOf(a));
	const most = places.reduce((longest, place) => Math.max(longest, place.time.sum), 1);
	const head = ([name, label]) => html`<th scope="col" class=${name === 'time' ? 'bar-cell' : 'number'} aria-sort=${name === by ? 'descending' : undefined} title=${titles[name]}>
		<button type="button" class="sort" onClick=${() => onSort(name)}>${label}${name === by ? ' ↓' : ''}</button></th>`;
	return html`
		<p class="total" role="status">${callsLookedAt(data)}; ${formatLength(data.total_time)} at ${countOf(data.places_total, 'place')}${places.length < data.places_total ? `, the ${places.length} with most time are shown` : ''}</p>
		<div class="wide" tabindex="0" role="region" aria-label="Places by time">
			<table class=${`bars places ${loading ? 'stale' : ''}`}>
				<thead><tr><th scope="col">Module → variable</th>${sorts.map(head)}<th scope="col">Longest stays</th></tr></thead>
				<tbody>${places.map((place) => html`<${Row} key=${keyOf(place)} place=${place} most=${most} filter=${filter} total=${data.total_time} />`)}</tbody>
			</table>
		</div>`;
}

function Row({ place, most, filter, total }) {
	const { time } = place;
	return html`
		<tr>
			<th scope="row"><a href=${formatAddress(['calls'], wasThere(place, filter))} title=${countOf(place.calls, 'call')}>${nameOf(place)}</a></th>
			<td class="bar-cell"><span class="bar" style=${{ width: `${55 * time.sum / most}%` }}></span> ${formatLength(time.sum)} <span class="muted">${formatShare(time.sum, total)}</span></td>
			<td class="number">${formatNumber(place.visits)}</td>
			<td class="number">${formatDuration(time.p50)}</td><td class="number">${formatDuration(time.p95)}</td>
			<td class="number">${formatNumber(place.no_input)}</td><td class="number">${formatNumber(place.wrong_input)}</td>
			<td class="slowest">${place.slowest.map((call, index) => html`${index > 0 && ', '}<a key=${call.session_id} href=${formatAddress(['call', call.session_id])} title=${`Call ${call.session_id}`}>${formatDuration(call.seconds)}</a>`)}</td>
		</tr>`;
}
