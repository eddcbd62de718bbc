// SPDX-License-Identifier: MIT
// The list of calls: filter, chart, total, rows.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { askJson } from './api.js';
import { CallTable } from './call_table.js';
import { Chart } from './chart.js';
import { ColumnMenu } from './column_menu.js';
import { ExportMenu } from './export.js';
import { formatQuery, pinFilter, readFilter } from './filter.js';
import { FilterBar } from './filter_bar.js';
import { countOf, formatNumber } from './format.js';
import { html } from './html.js';
import { Result } from './result.js';
import { Empty, Failure } from './states.js';

const NEW_CALLS_MS = 20000;

export function Calls({ query }) {
	const filter = readFilter(query);
	const key = formatQuery(filter);
	const [turn, setTurn] = useState(0);
	const [result, version] = useResult(filter, key, turn);
	const [seen, setSeen] = useState([0, 0]);
	const show = (to) => go(formatAddress(['calls'], to));
	return html`
		<${FilterBar} filter=${filter} onChange=${show} problem=${result.problem} />
		<${Chart} filter=${result.filter} onSelect=${(start, end) => show({ ...filter, start, end })} />
		<div class="list-head">
			<p class="total" role="status" data-testid="total">${totalOf(result, seen)}</p>
			<${NewCalls} filter=${filter} result=${result} onShow=${() => setTurn(turn + 1)} />
			<${ColumnMenu} />
			<${ExportMenu} filter=${result.filter} total=${result.total} />
		</div>
		<${Rows} result=${result} version=${version} filter=${filter} filtered=${key !== ''} onSeen=${setSeen} onRetry=${() => setTurn(turn + 1)} />`;
}

function Rows({ result, version, filter, filtered, onSeen, onRetry }) {
	if (result.problem?.parameter) {
		return html`<${Empty} title="The filter is not understood" hint=${result.problem.message} />`;
	}
	if (result.problem && result.total === null) {
		return html`<${Failure} problem=${result.problem} onRetry=${onRetry} />`;
	}
	if (result.total === 0) {
		return html`<${Empty} title="No call matches"
			hint=${filtered ? 'Take a filter away or choose a longer window.' : 'Calls appear here once they are stored: import a file, or post them to /v1/calls.'} />`;
	}
	return html`<${CallTable} result=${result} version=${version} address=${formatAddress(['calls'], filter)} onSeen=${onSeen} />`;
}

/* "1–18 of 12,431 calls" */
function totalOf(result, [first, last]) {
	if (result.total === null) {
		return result.problem ? '' : 'Looking …';
	}
	return result.total === 0 ? 'No calls' : `${formatNumber(first + 1)}–${formatNumber(Math.min(last, result.total))} of ${countOf(result.total, 'call')}`;
}

/* One Result for each filter and turn. The version changes with what has come. */
function useResult(filter, key, turn) {
	const [version, setVersion] = useState(0);
	const result = useMemo(() => {
		const made = new Result(pinFilter(filter, Math.floor(Date.now() / 1000)), () => setVersion((before) => before + 1));
		made.want(0, 1);
		return made;
	}, [key, turn]);
	return [result, version];
}

/* Says that there are newer calls than those shown, where the window has no end. */
function NewCalls({ filter, result, onShow }) {
	const [count, setCount] = useState(0);
	const latest = useRef(result);
	latest.current = result;
	useEffect(() => {
		setCount(0);
		if (filter.end) {
			return undefined;
		}
		const look = async () => {
			const query = formatQuery({ ...filter, start: result.filter.end, end: '' }, { limit: 1 });
			const answer = await askJson(`/v1/calls?${query}`).catch(() => null);
			if (answer && latest.current === result) {
				setCount(answer.total_calls);
			}
		};
		const timer = setInterval(look, NEW_CALLS_MS);
		return () => clearInterval(timer);
	}, [result]);
	return count > 0 && html`<button type="button" class="new-calls" onClick=${onShow}>${countOf(count, 'new call')} – show</button>`;
}
