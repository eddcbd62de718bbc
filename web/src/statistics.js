// SPDX-License-Identifier: MIT
// Counts by time, number, type and what steps are; each bar leads to its calls.
import { useEffect, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { useAnswer } from './api.js';
import { bucketEnd } from './buckets.js';
import { Plot, useCallsByTime } from './chart.js';
import { formatQuery, readFilter } from './filter.js';
import { FilterBar } from './filter_bar.js';
import { callsLookedAt, countOf, formatNumber, formatShare } from './format.js';
import { html } from './html.js';
import { usePinned } from './pinned.js';
import { useSettings } from './settings.js';
import { Empty, Failure, Loading } from './states.js';
import { formatDuration, formatTime, zoneName } from './time.js';

const groups = [['time', 'Time'], ['dest', 'To'], ['src', 'From'], ['type', 'Type'], ['class', 'Class'], ['module', 'Module'], ['variable', 'Variable'],
	['outcome', 'Outcome'], ['ended_by', 'Ended by']];
const LIMIT = 200;
const ROWS_MAX = 500; // of times, the newest

export function Statistics({ query }) {
	const filter = readFilter(query);
	const group = groups.some(([name]) => name === query.get('group')) ? query.get('group') : 'dest';
	const pinned = usePinned(filter);
	const [problem, setProblem] = useState(null);
	const show = (changes) => go(formatAddress(['statistics'], { ...filter, group, ...changes }));
	return html`
		<h1>Statistics</h1>
		<${FilterBar} filter=${filter} problem=${problem} onChange=${(to) => go(formatAddress(['statistics'], { ...to, group }))} />
		<div class="tabs" role="group" aria-label="Count calls by">
			${groups.map(([name, label]) => html`<button type="button" key=${name} aria-pressed=${name === group} onClick=${() => show({ group: name })}>${label}</button>`)}
		</div>
		<${group === 'time' ? ByTime : ByGroup} key=${group} group=${group} pinned=${pinned} filter=${filter} onProblem=${setProblem} />`;
}

function ByGroup({ group, pinned, filter, onProblem }) {
	return html`<${Counts} answer=${useAnswer(`/v1/stats?${formatQuery(pinned, { group, limit: LIMIT })}`)} pinned=${pinned} filter=${filter} onProblem=${onProblem} />`;
}

function ByTime({ pinned, filter, onProblem }) {
	return html`<${Counts} answer=${useCallsByTime(pinned, 'all')} pinned=${pinned} filter=${filter} onProblem=${onProblem} />`;
}

function Counts({ answer: { data, problem, loading, reload }, pinned, filter, onProblem }) {
	useEffect(() => onProblem(problem), [problem]);
	if (problem) {
		return html`<${Failure} problem=${problem} onRetry=${reload} />`;
	}
	if (!data) {
		return html`<${Loading} what="Counting" />`;
	}
	if (data.groups.length === 0) {
		return html`<${Empty} title="Nothing to count" hint="No call matches: take a filter away or choose a longer window." />`;
	}
	const calls = (start, end) => go(formatAddress(['calls'], { ...filter, start, end }));
	return html`
		${data.group === 'time' && html`<${Plot} data=${data} filter=${pinned} onSelect=${calls} />`}
		<${Bars} data=${data} filter=${filter} loading=${loading} />`;
}

/* The filter that a bar stands for. */
function barFilter(data, entry, filter) {
	if (data.group !== 'time') {
		return { ...filter, [data.group]: entry.key };
	}
	return { ...filter, start: entry.key, end: bucketEnd(entry.key, data.bucket, data.zone) };
}

/* Of these calls it is not known: nothing that may be asked finds them. */
function isUnknown(data, entry) {
	return entry.key === '' && ['src', 'outcome', 'ended_by'].includes(data.group);
}

function nameOf(data, entry, zone) {
	return data.group === 'time' ? formatTime(entry.key, zone) : entry.key || (isUnknown(data, entry) ? 'not known' : '(none)');
}

function Bars({ data, filter, loading }) {
	const zone = zoneName(useSettings().zone);
	const most = data.groups.reduce((sofar, entry) => Math.max(sofar, entry.calls), 0);
	const entries = data.group === 'time' ? [...data.groups].reverse().slice(0, ROWS_MAX) : data.groups;
	const hidden = data.groups_total - entries.length;
	return html`
		<p class="total" role="status">${callsLookedAt(data)}${hidden > 0 ? html`; the ${formatNumber(entries.length)} ${data.group === 'time' ? 'newest' : 'largest'} of ${formatNumber(data.groups_total)} are listed` : ''}</p>
		<div class="wide" tabindex="0" role="region" aria-label="Counts">
			<table class=${`bars by-${data.group} ${loading ? 'stale' : ''}`}>
				<thead><tr><th scope="col">${groups.find(([name]) => name === data.group)[1]}</th><th scope="col" class="bar-cell">Calls</th><th scope="col" class="number">Share</th>
					<th scope="col" class="number">Steps</th><th scope="col" class="number" title="Half of the calls are shorter">Typical call</th>
					<th scope="col" class="number" title="One call in twenty is longer">Long call</th><th scope="col" class="number">All calls, time</th></tr></thead>
				<tbody>${entries.map((entry) => html`
					<tr key=${entry.key}>
						<th scope="row">${nameOf(data, entry, zone)}</th>
						<td class="bar-cell"><a class="stack" href=${isUnknown(data, entry) ? undefined : formatAddress(['calls'], barFilter(data, entry, filter))}
							aria-label=${`${nameOf(data, entry, zone)}: ${countOf(entry.calls, 'call')}`}>
							<span class="bar" style=${{ width: `${70 * entry.calls / most}%` }}></span> ${formatNumber(entry.calls)}</a></td>
						<td class="number">${formatShare(entry.calls, data.calls_with_steps ?? data.total_calls)}</td>
						<td class="number">${formatNumber(entry.steps)}</td>
						<td class="number">${formatDuration(entry.duration.p50)}</td><td class="number">${formatDuration(entry.duration.p95)}</td>
						<td class="number">${formatDuration(entry.duration.sum)}</td>
					</tr>`)}</tbody>
			</table>
		</div>`;
}
