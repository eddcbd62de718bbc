// SPDX-License-Identifier: MIT
// Counts by time, number, type and what steps are; each bar leads to its calls.
import { formatAddress, go } from './address.js';
import { useAnswer } from './api.js';
import { bucketSeconds, chooseBucket, formatQuery, pinFilter, readFilter } from './filter.js';
import { FilterBar } from './filter_bar.js';
import { countOf, formatNumber, formatShare } from './format.js';
import { html } from './html.js';
import { usePinned } from './pinned.js';
import { useSettings } from './settings.js';
import { Empty, Failure, Loading } from './states.js';
import { formatDuration, formatTime, zoneName } from './time.js';

const groups = [['time', 'Time'], ['dest', 'To'], ['type', 'Type'], ['class', 'Class'], ['module', 'Module'], ['variable', 'Variable']];
const LIMIT = 200;

export function Statistics({ query }) {
	const filter = readFilter(query);
	const group = groups.some(([name]) => name === query.get('group')) ? query.get('group') : 'dest';
	const pinned = usePinned(filter, pinFilter);
	const bucket = chooseBucket(Number(pinned.start ?? 0), Number(pinned.end));
	const { data, problem, loading, reload } = useAnswer(`/v1/stats?${formatQuery(pinned, { group, bucket, limit: LIMIT })}`);
	const show = (changes) => go(formatAddress(['statistics'], { ...filter, group, ...changes }));
	return html`
		<h1>Statistics</h1>
		<${FilterBar} filter=${filter} problem=${problem} onChange=${(to) => go(formatAddress(['statistics'], { ...to, group }))} />
		<div class="tabs" role="group" aria-label="Count calls by">
			${groups.map(([name, label]) => html`<button type="button" key=${name} aria-pressed=${name === group} onClick=${() => show({ group: name })}>${label}</button>`)}
		</div>
		${problem ? html`<${Failure} problem=${problem} onRetry=${reload} />`
			: !data || data.group !== group ? html`<${Loading} what="Counting" />`
				: data.groups.length === 0 ? html`<${Empty} title="Nothing to count" hint="No call matches: take a filter away or choose a longer window." />`
					: html`<${Bars} data=${data} filter=${filter} loading=${loading} />`}`;
}

/* The filter that a bar stands for. */
function barFilter(data, entry, filter) {
	if (data.group !== 'time') {
		return { ...filter, [data.group]: entry.key };
	}
	return { ...filter, start: entry.key, end: entry.key + bucketSeconds[data.bucket] };
}

function Bars({ data, filter, loading }) {
	const zone = zoneName(useSettings().zone);
	const most = Math.max(...data.groups.map((entry) => entry.calls));
	const hidden = data.groups_total - data.groups.length;
	return html`
		<p class="total" role="status">${countOf(data.total_calls, 'call')}${hidden > 0 ? html`; the ${data.groups.length} largest of ${formatNumber(data.groups_total)} groups` : ''}</p>
		<div class="wide" tabindex="0" role="region" aria-label="Counts">
			<table class=${`bars ${loading ? 'stale' : ''}`}>
				<thead><tr><th scope="col">${groups.find(([name]) => name === data.group)[1]}</th><th scope="col" class="bar-cell">Calls</th><th scope="col" class="number">Share</th>
					<th scope="col" class="number">Steps</th><th scope="col" class="number">p50</th><th scope="col" class="number">p95</th><th scope="col" class="number">Together</th></tr></thead>
				<tbody>${data.groups.map((entry) => html`
					<tr key=${entry.key}>
						<th scope="row"><a href=${formatAddress(['calls'], barFilter(data, entry, filter))}>${data.group === 'time' ? formatTime(entry.key, zone) : entry.key || '(none)'}</a></th>
						<td class="bar-cell"><span class="bar" style=${{ width: `${70 * entry.calls / most}%` }}></span> ${formatNumber(entry.calls)}</td>
						<td class="number">${formatShare(entry.calls, data.total_calls)}</td>
						<td class="number">${formatNumber(entry.steps)}</td>
						<td class="number">${formatDuration(entry.duration.p50)}</td><td class="number">${formatDuration(entry.duration.p95)}</td>
						<td class="number">${formatDuration(entry.duration.sum)}</td>
					</tr>`)}</tbody>
			</table>
		</div>`;
}
