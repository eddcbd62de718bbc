// SPDX-License-Identifier: MIT
// The list of calls: filter, chart, total, rows.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { askJson } from './api.js';
import { CallTable } from './call_table.js';
import { Chart } from './chart.js';
import { ColumnMenu } from './column_menu.js';
import { readOrder } from './columns.js';
import { ExportMenu } from './export.js';
import { formatQuery, pinFilter, readFilter } from './filter.js';
import { FilterBar } from './filter_bar.js';
import { countOf, formatNumber } from './format.js';
import { html } from './html.js';
import { OutcomeChips } from './outcome_chips.js';
import { Pins } from './pins.js';
import { Preview, useWide } from './preview.js';
import { rememberedList, Result } from './result.js';
import { set, useSettings } from './settings.js';
import { Empty, Failure } from './states.js';
import { zoneName } from './time.js';

const LOOK_MS = 20000; // between two looks for new calls
const LOOK_SHARE = 20; // a look that took long is followed by a pause so many times as long

export function Calls({ query }) {
	const filter = readFilter(query);
	const key = formatQuery(filter);
	const order = readOrder(query.get('order'));
	const wide = useWide();
	const { preview, zone } = useSettings();
	const [active, setActive] = useState(null);
	const [turn, setTurn] = useState(0);
	const [result, version] = useResult(filter, key, turn, order);
	const [seen, setSeen] = useState([0, 0]);
	const show = (to) => go(formatAddress(['calls'], { ...to, order }));
	const again = () => setTurn(turn + 1);
	return html`
		<${FilterBar} filter=${filter} onChange=${show} problem=${result.problem} />
		<${Chart} filter=${result.filter} onSelect=${(start, end) => show({ ...filter, start, end })} />
		<${OutcomeChips} filter=${filter} pinned=${result.filter} onChange=${show} />
		<div class="list-head">
			<p class="total" role="status" data-testid="total">${totalOf(result, seen)}</p>
			<${Pins} />
			<${NewCalls} filter=${filter} result=${result} onShow=${again} />
			${wide && html`<button type="button" aria-pressed=${preview} onClick=${() => set({ preview: !preview })}>Preview</button>`}
			<${ColumnMenu} />
			<${ExportMenu} filter=${result.filter} total=${result.total} />
		</div>
		<${Holes} result=${result} />
		<div class="list-body">
			<${Rows} result=${result} version=${version} filter=${filter} order=${order} filtered=${key !== ''} onSeen=${setSeen} onActive=${setActive} onRetry=${again} />
			${wide && preview && result.total > 0 && html`<${Preview} row=${active} carried=${{ text: filter.text }} zone=${zoneName(zone)} />`}
		</div>`;
}

function Rows({ result, version, filter, order, filtered, onSeen, onActive, onRetry }) {
	if (result.problem?.parameter) {
		return html`<${Empty} title="The filter is not understood" hint=${result.problem.message} />`;
	}
	if (result.problem && result.total === null) {
		return html`<${Failure} problem=${result.problem} onRetry=${onRetry} />`;
	}
	if (result.total === 0) {
		return html`<${Empty} title="No call matches"
			hint=${filtered ? 'Take a filter away or choose a longer window.' : 'Calls appear here once they are stored: import a file, or post them to /v1/calls.'}>
			${filtered ? html`<p><a href="#/calls">All calls</a></p>` : html`<p><a href="#/import">Import a file</a></p>`}</${Empty}>`;
	}
	return html`<${CallTable} result=${result} version=${version} address=${formatAddress(['calls'], { ...filter, order })} carried=${{ text: filter.text }} onSeen=${onSeen} onActive=${onActive}
		onOrder=${(wanted) => go(formatAddress(['calls'], { ...filter, order: wanted }))} />`;
}

/* Rows that could not be fetched, of a list that is there. */
function Holes({ result }) {
	const failed = result.problem && result.total !== null;
	useEffect(() => {
		if (!failed) {
			return undefined;
		}
		const online = () => result.retry();
		addEventListener('online', online);
		return () => removeEventListener('online', online);
	}, [failed]);
	return failed && html`<p class="banner" role="alert">Some rows could not be fetched: ${result.problem.message}.
		${' '}<button type="button" class="link" onClick=${() => result.retry()}>Try again</button></p>`;
}

/* "1–18 of 12,431 calls" */
function totalOf(result, [first, last]) {
	if (result.total === null) {
		return result.problem ? '' : 'Looking …';
	}
	const cut = result.reach < result.total ? `; this order shows the first ${formatNumber(result.reach)}` : '';
	return result.total === 0 ? 'No calls' : `${formatNumber(first + 1)}–${formatNumber(Math.min(last, result.total))} of ${countOf(result.total, 'call')}${cut}`;
}

/* One Result for each filter, turn and order. The version changes with what has come. */
function useResult(filter, key, turn, order) {
	const [version, setVersion] = useState(0);
	const result = useMemo(() => {
		const made = new Result(pinFilter(filter, Math.floor(Date.now() / 1000)), () => setVersion((before) => before + 1), { order });
		made.want(0, 1);
		return made;
	}, [key, turn, order]);
	useEffect(() => () => {
		// A call that was opened from it still asks it for its neighbours.
		if (rememberedList()?.result === result) {
			result.changed = () => {};
		} else {
			result.close();
		}
	}, [result]);
	return [result, version];
}

/* Says that calls have come since, where the window has no end. */
function NewCalls({ filter, result, onShow }) {
	const [count, setCount] = useState(0);
	useEffect(() => {
		setCount(0);
		if (filter.end) {
			return undefined;
		}
		let timer;
		const look = async () => {
			const began = performance.now();
			const answer = document.hidden ? null : await askJson(`/v1/calls?${formatQuery(result.filter, { limit: 1 })}`).catch(() => null);
			if (timer !== null) {
				setCount(answer && result.total !== null ? Math.max(0, answer.total_calls - result.total) : 0);
				timer = setTimeout(look, Math.max(LOOK_MS, LOOK_SHARE * (performance.now() - began)));
			}
		};
		timer = setTimeout(look, LOOK_MS);
		return () => {
			clearTimeout(timer);
			timer = null;
		};
	}, [result]);
	return count > 0 && html`<button type="button" class="new-calls" onClick=${onShow}>${countOf(count, 'new call')} – show</button>`;
}
