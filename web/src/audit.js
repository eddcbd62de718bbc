// SPDX-License-Identifier: MIT
// Who did what: the account's audit trail, newest first, for keys with the scope admin. The address has the window, the action and the page.
import { formatAddress, go } from './address.js';
import { useAnswer } from './api.js';
import { formatQuery } from './filter.js';
import { WindowForm } from './filter_bar.js';
import { formatNumber } from './format.js';
import { html } from './html.js';
import { usePinned } from './pinned.js';
import { useSettings } from './settings.js';
import { Empty, Failure, Loading } from './states.js';
import { formatTime, zoneName } from './time.js';

const LIMIT = 100;

/* `callstep help audit` says what each is. */
export const actions = [
	'read-calls', 'read-call', 'compare-calls', 'count-calls', 'follow-calls', 'scan-calls', 'store-calls', 'store-events', 'store-traces', 'import', 'export', 'backup', 'copy', 'erase-calls', 'sign-in',
	'list-keys', 'make-key', 'revoke-key', 'list-sessions', 'make-session', 'end-session', 'list-hooks', 'make-hook', 'change-hook', 'remove-hook', 'test-hook', 'resend-hook', 'pause-hook', 'read-audit',
	'add-account', 'set-account', 'set-retention', 'disable-account', 'enable-account', 'list-accounts', 'expire-detail', 'expire-calls', 'cap-detail', 'cap-calls',
];

export function Audit({ query }) {
	const asked = Object.fromEntries(['start', 'end', 'action', 'cursor'].filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
	const pinned = usePinned(asked);
	const { data, problem, loading, reload } = useAnswer(`/v1/audit?${formatQuery(pinned, { limit: LIMIT })}`);
	const { data: keys } = useAnswer('/v1/keys');
	const show = (changes) => go(formatAddress(['audit'], { ...asked, cursor: '', ...changes }));
	const offered = asked.action && !actions.includes(asked.action) ? [asked.action, ...actions] : actions;
	return html`
		<h1>Audit trail</h1>
		<p class="muted">Who read, stored or erased calls, made keys or was refused, and what was dropped by its age. Records cannot be changed.</p>
		<section class="filters" aria-label="Filter"><div class="filters-row">
			<${WindowForm} filter=${asked} change=${show} problem=${['start', 'end'].includes(problem?.parameter) ? problem : null} />
			<label class="small">Action <select value=${asked.action ?? ''} onChange=${(event) => show({ action: event.target.value })}><option value="">any</option>
				${offered.map((action) => html`<option key=${action} value=${action}>${action}</option>`)}</select></label>
		</div></section>
		${problem ? html`<${Failure} problem=${problem} onRetry=${reload} />` : !data ? html`<${Loading} />`
			: data.records.length === 0 ? html`<${Empty} title="No record" hint="Choose a longer window, or any action." />`
				: html`<${Table} records=${data.records} labels=${labelsOf(keys)} loading=${loading} />`}
		${(asked.cursor || data?.next) && html`<p>
			<button type="button" disabled=${!asked.cursor} onClick=${() => show({})}>The newest records</button>${' '}
			<button type="button" disabled=${!data?.next} onClick=${() => show({ cursor: data.next })}>Older records</button></p>`}`;
}

const labelsOf = (data) => new Map((data?.keys ?? []).map(({ id, label }) => [id, label]));

/* "key 3 (wallboard), 192.0.2.7", or the system's user who ran a command. */
function whoOf({ key, address, user }, labels) {
	const label = labels.get(key);
	return [key !== null && `key ${key}${label ? ` (${label})` : ''}`, address, user].filter(Boolean).join(', ') || 'the server';
}

function Table({ records, labels, loading }) {
	const zone = zoneName(useSettings().zone);
	const number = (value) => (value === null ? '' : formatNumber(value));
	return html`
		<div class="wide" tabindex="0" role="region" aria-label="Records">
			<table class=${loading ? 'stale' : ''}><thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">Did</th><th scope="col">Outcome</th><th scope="col" class="number">Calls</th>
				<th scope="col" class="number">Times</th><th scope="col">On what</th></tr></thead>
				<tbody>${records.map((record, index) => html`
					<tr key=${index} class=${record.outcome === 'done' ? '' : 'not-done'}>
						<td>${formatTime(record.time, zone)}</td><td>${whoOf(record, labels)}</td><th scope="row">${record.action}</th><td>${record.outcome}</td>
						<td class="number">${number(record.calls)}</td><td class="number">${record.times > 1 ? number(record.times) : ''}</td><td class="subject">${record.subject}</td>
					</tr>`)}</tbody></table>
		</div>`;
}
