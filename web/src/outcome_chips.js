// SPDX-License-Identifier: MIT
// How the calls of a filter went: an exact count for each outcome, which is a filter as well. It is the legend of the chart, too.
import { useAnswer } from './api.js';
import { formatQuery } from './filter.js';
import { formatNumber } from './format.js';
import { html } from './html.js';
import { notKnown, outcomes } from './outcome.js';

/* @filter is that of the address; @pinned the same with its times made definite. */
export function OutcomeChips({ filter, pinned, onChange }) {
	const { outcome, '-outcome': refused, ...rest } = pinned;
	const { data, loading } = useAnswer(`/v1/stats?${formatQuery(rest, { group: 'outcome', values: 'calls' })}`);
	const counts = new Map(data?.groups.map((group) => [group.key, group.calls]));
	const chosen = (filter.outcome ?? '').split(',').filter(Boolean);
	const unknown = filter['-outcome'] === notKnown;
	const toggle = (name) => {
		const left = chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name];
		onChange({ ...filter, outcome: outcomes.filter((one) => left.includes(one)).join(','), '-outcome': unknown ? '' : filter['-outcome'] });
	};
	const shown = outcomes.filter((name) => counts.has(name) || chosen.includes(name));
	return html`
		<div class=${`outcomes${loading ? ' stale' : ''}`} role="group" aria-label="How the calls went">
			${shown.map((name) => html`<${Chip} key=${name} name=${name} count=${counts.get(name) ?? 0} pressed=${chosen.includes(name)} onPress=${() => toggle(name)} />`)}
			${(counts.has('') || unknown) && html`<${Chip} name="not known" count=${counts.get('') ?? 0} pressed=${unknown}
				onPress=${() => onChange({ ...filter, outcome: '', '-outcome': unknown ? '' : notKnown })} />`}
		</div>`;
}

function Chip({ name, count, pressed, onPress }) {
	return html`<button type="button" class="outcome-chip" aria-pressed=${pressed} onClick=${onPress}>
		<span class=${`swatch swatch-${outcomes.includes(name) ? name : 'unknown'}`} aria-hidden="true"></span> ${name} <b>${formatNumber(count)}</b></button>`;
}
