// SPDX-License-Identifier: MIT
// How long the account's calls are kept, what of them is there, and what goes next: each number is the server's.
import { formatAddress } from './address.js';
import { useAnswer } from './api.js';
import { formatQuery } from './filter.js';
import { countOf } from './format.js';
import { html } from './html.js';
import { may } from './session.js';
import { useSettings } from './settings.js';
import { Failure, Loading } from './states.js';
import { formatTime, zoneName } from './time.js';

const DAY_S = 86400;

/* What leaves within a day: { start, end } of the calls that it is about, or null where nothing leaves by its age. */
export function leavingWindow(days, now) {
	return days === 0 ? null : { start: Math.max(0, now - days * DAY_S), end: Math.max(0, now - (days - 1) * DAY_S) };
}

const daysText = (days) => (days === 0 ? 'for ever' : countOf(days, 'day'));

export function Retention() {
	const account = useAnswer('/v1/account');
	const held = useAnswer('/v1/stats?group=class&values=calls&limit=1');
	const problem = account.problem ?? held.problem;
	const reload = () => { account.reload(); held.reload(); };
	return html`
		<h1>How long calls are kept</h1>
		${problem ? html`<${Failure} problem=${problem} onRetry=${reload} />` : !account.data || !held.data ? html`<${Loading} what="Counting" />` : html`<${Facts} account=${account.data} held=${held.data} />`}`;
}

function Facts({ account, held }) {
	const { detail_days: detail, header_days: header, api_detail_days: api, time: now } = account;
	return html`
		<dl class="keeping">
			<div><dt>Steps of a call</dt><dd>${daysText(detail)} after it started${api > 0 && (detail === 0 || api < detail) ? html`; below <code>/api/</code> they are served for ${countOf(api, 'day')}` : ''}</dd></div>
			<div><dt>The call itself</dt><dd>${daysText(header)} after it started</dd></div>
			<div><dt>Held now</dt><dd>${countOf(held.total_calls, 'call')}: ${countOf(held.calls_with_steps, 'call')} with steps, ${countOf(held.calls_over_days, 'call')} whose steps are over their days, ${countOf(held.calls_without_steps, 'call')} that never had any</dd></div>
			<div><dt>Steps that go within a day</dt><dd><${Leaving} window=${leavingWindow(detail, now)} more=${{ min_steps: 1 }} /></dd></div>
			<div><dt>Calls that go within a day</dt><dd><${Leaving} window=${leavingWindow(header, now)} /></dd></div>
		</dl>
		<p>What is over its days is seen by nobody, to the second. <code>callstep account set</code> changes this account’s days, <code>callstep retention</code> those of all that have none; both say first what they would drop.</p>
		${may('admin') && html`<p>What was dropped stands in the audit trail: ${['expire-detail', 'expire-calls', 'cap-detail', 'cap-calls', 'set-account'].map((action) => html`<a key=${action} href=${formatAddress(['audit'], { action })}>${action}</a> `)}</p>`}`;
}

function Leaving({ window, more = {} }) {
	const zone = zoneName(useSettings().zone);
	const filter = { ...window, ...more };
	const { data, problem } = useAnswer(window && `/v1/calls?${formatQuery(filter, { limit: 1 })}`);
	if (!window) {
		return 'none: they are kept for ever';
	}
	if (!data) {
		return problem ? problem.message : '…';
	}
	return data.total_calls === 0 ? 'none' : html`<a href=${formatAddress(['calls'], filter)}>${countOf(data.total_calls, 'call')}</a>, which started before ${formatTime(window.end, zone)}`;
}
