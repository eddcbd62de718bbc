// SPDX-License-Identifier: MIT
// Where callers leave: for each place how many calls reached it, went on and ended there, and where they went next.
import { formatAddress, go } from './address.js';
import { useAnswer } from './api.js';
import { formatQuery, readFilter } from './filter.js';
import { FilterBar } from './filter_bar.js';
import { callsLookedAt, countOf, formatNumber, formatShare } from './format.js';
import { html } from './html.js';
import { usePinned } from './pinned.js';
import { Empty, Failure, Loading } from './states.js';

const LIMIT = 200;
const NEXT_SHOWN = 3;

export function DropOff({ query }) {
	const filter = readFilter(query);
	const pinned = usePinned(filter);
	const { data, problem, loading, reload } = useAnswer(`/v1/dropoff?${formatQuery(pinned, { limit: LIMIT })}`);
	return html`
		<h1>Drop-off</h1>
		<${FilterBar} filter=${filter} problem=${problem} onChange=${(to) => go(formatAddress(['dropoff'], to))} />
		${problem ? html`<${Failure} problem=${problem} onRetry=${reload} />`
			: !data ? html`<${Loading} what="Counting" />`
				: data.modules.length === 0 ? html`<${Empty} title="No way to follow" hint=${`${callsLookedAt(data)}. Take a filter away or choose a longer window.`} />`
					: html`<${Places} data=${data} filter=${filter} loading=${loading} />`}`;
}

const nameOf = (place) => [place.module || '(no module)', place.variable].filter(Boolean).join(' → ');

function Places({ data, filter, loading }) {
	const most = data.modules[0].reached;
	return html`
		<p class="total" role="status">${callsLookedAt(data)}; ${countOf(data.modules_total, 'place')}${data.modules.length < data.modules_total ? `, the ${data.modules.length} most reached are shown` : ''}</p>
		<div class="wide" tabindex="0" role="region" aria-label="Places">
			<table class=${`bars dropoff ${loading ? 'stale' : ''}`}>
				<thead><tr><th scope="col">Module → variable</th><th scope="col" class="bar-cell">Reached</th><th scope="col" class="number">Went on</th><th scope="col" class="number">Ended here</th>
					<th scope="col">Next</th></tr></thead>
				<tbody>${data.modules.map((place) => html`<${Place} key=${nameOf(place)} place=${place} most=${most} filter=${filter} />`)}</tbody>
			</table>
		</div>`;
}

function Place({ place, most, filter }) {
	const reached = formatAddress(['calls'], { ...filter, module: place.module, variable: place.variable });
	const ended = formatAddress(['calls'], { ...filter, last_module: place.module, last_variable: place.variable });
	const rest = place.next.length - NEXT_SHOWN;
	return html`
		<tr>
			<th scope="row">${nameOf(place)}</th>
			<td class="bar-cell">
				<a class="stack" href=${reached} aria-label=${`${nameOf(place)}: ${countOf(place.reached, 'call')} reached it`}>
					${place.went_on > 0 && html`<span class="bar" style=${{ width: `${65 * place.went_on / most}%` }}></span>`}${place.ended > 0 && html`<span class="bar ended" style=${{ width: `${65 * place.ended / most}%` }}></span>`}
					${' '}${formatNumber(place.reached)}</a>
			</td>
			<td class="number">${formatNumber(place.went_on)}</td>
			<td class="number">${place.ended ? html`<a href=${ended}>${formatNumber(place.ended)} <span class="muted">${formatShare(place.ended, place.reached)}</span></a>` : '0'}</td>
			<td class="next">${place.next.slice(0, NEXT_SHOWN).map((next) => `${nameOf(next)} ${formatNumber(next.calls)}`).join(', ')}${rest > 0 ? `, ${rest} more` : ''}</td>
		</tr>`;
}
