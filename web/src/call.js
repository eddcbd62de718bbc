// SPDX-License-Identifier: MIT
// One call: header, time line, steps, variables, and ways to hand it on.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { AllCalls } from './all_calls.js';
import { CallActions } from './call_actions.js';
import { useServerNow } from './clock.js';
import { problemText } from './follow.js';
import { useCall, useStayAtEnd } from './followed_call.js';
import { countOf } from './format.js';
import { html } from './html.js';
import { useShortcuts } from './keyboard.js';
import { outcomeFacts, OutcomeIcon } from './outcome.js';
import { readReplay, usePicked, useReplay } from './player.js';
import { pointing } from './pointing.js';
import { ReplayBar } from './replay_bar.js';
import { neighbour, rememberedList } from './result.js';
import { getSession, useSession } from './session.js';
import { useSettings } from './settings.js';
import { Empty, Failure, Loading } from './states.js';
import { StepList } from './step_list.js';
import { storyOf } from './story.js';
import { endOf, readSets, readSteps, readVariables, readVisits } from './steps.js';
import { formatDuration, formatOffset, formatTime, zoneName } from './time.js';
import { TimeLine } from './time_line.js';
import { readWaits } from './waits.js';

export function Call({ session, query }) {
	const { call, problem, reload, following } = useCall(session);
	const heading = useRef();
	useNeighbours(session, query.get('text'));
	useEffect(() => heading.current?.focus({ preventScroll: true }), [call?.session_id]);
	if (problem) {
		return problem.status === 404
			? html`<${Empty} alone title="There is no such call" hint=${`No call '${session}' is kept in the account ${getSession()?.email}.`}>
				<p><a href="#/calls">All calls</a></p></${Empty}>`
			: html`<${Failure} alone problem=${problem} onRetry=${reload} />`;
	}
	if (!call) {
		return html`<${Loading} what="Fetching the call" />`;
	}
	return html`<${Shown} key=${session} call=${call} following=${following} chosen=${Number(query.get('step')) || null} words=${query.get('text') ?? ''} replaying=${readReplay(query)} heading=${heading} />`;
}

/* j and k, as in the list: the next older and the next newer call of it. */
function useNeighbours(session, text) {
	const to = async (step) => {
		const other = await neighbour(session, step);
		if (other !== null) {
			go(formatAddress(['call', other], { text }));
		}
	};
	useShortcuts({ j: () => to(1), k: () => to(-1) });
}

function Shown({ call, following, chosen: linked, words, replaying, heading }) {
	const settings = useSettings();
	const zone = zoneName(settings.zone);
	const steps = useMemo(() => readSteps(call), [call]);
	const visits = useMemo(() => readVisits(steps), [steps]);
	const waits = useMemo(() => readWaits(call, steps), [call, steps]);
	const sets = useMemo(() => readSets(steps), [steps]);
	useStayAtEnd(steps.length);
	const show = (to) => go(formatAddress(['call', call.session_id], { text: words, ...to }), { replace: true });
	const { player, able, ...replay } = useReplay(call, steps, { step: linked, ...replaying }, show);
	const number = usePicked(player, (one) => one?.number ?? null);
	const chosen = player ? number || null : linked;
	const choose = (step) => {
		replay.goTo(step);
		show({ step, replay: player?.speed, waits: replaying.waits });
	};
	const replayButton = useRef();
	const closeReplay = () => {
		replay.close();
		replayButton.current.focus();
	};
	useShortcuts(able ? { r: player ? closeReplay : replay.open } : {});
	return html`
		<article class="call">
			<header class="call-head">
				<${Back} session=${call.session_id} followed=${following !== null} />
				<h1 tabindex="-1" ref=${heading}><span class="muted">Call</span> ${call.session_id}</h1>
				<p class="story" data-testid="story"><${OutcomeIcon} outcome=${call.outcome} /> ${storyOf(call, steps, waits)}</p>
				<${Facts} call=${call} zone=${zone} />
				${following && html`<${Following} ...${following} />`}
				<${CallActions} call=${call} steps=${steps} zone=${zone}>
					${able && html`<button type="button" ref=${replayButton} aria-pressed=${player !== null} onClick=${player ? closeReplay : replay.open}>Replay</button>`}
				</${CallActions}>
			</header>
			${call.log
				? html`
					<div class="call-body" ...${pointing}>
						<div class="call-side">
							<${TimeLine} call=${call} visits=${visits} waits=${waits} chosen=${chosen} player=${player} onChoose=${choose} />
							<${Variables} sets=${sets} until=${player ? number : Infinity} onChoose=${choose} />
						</div>
						<${StepList} call=${call} steps=${steps} waits=${waits} zone=${zone} chosen=${chosen} words=${words} until=${player ? number : Infinity} onChoose=${choose} />
					</div>`
				: html`<${NoSteps} call=${call} />`}
			${player && html`<${ReplayBar} player=${player} steps=${steps} sets=${sets} waits=${waits} short=${replaying.waits !== null} onClose=${closeReplay}
				onShort=${(short) => show({ step: linked, replay: player.speed, waits: short ? 'short' : null })} />`}
		</article>`;
}

function Back({ session, followed }) {
	const list = rememberedList();
	const here = list && list.result.row(list.index)?.session_id === session;
	return html`
		<nav class="crumbs" aria-label="Result">
			<a href=${list?.address ?? '#/calls'}>← ${list ? 'Back to the list' : 'All calls'}</a>
			${followed && html`<a href="#/live">Live</a>`}
			${here && html`<span class="muted">${list.index + 1} of ${countOf(list.result.total, 'call')} · <kbd>j</kbd> next, <kbd>k</kbd> previous</span>`}
		</nav>`;
}

/* What is heard is told once: that the call goes on, that it has ended. */
function Following({ connected, problem, final, ended }) {
	const text = ended ? 'The call has ended.'
		: problem ? problemText({ problem, final })
			: connected ? 'This call goes on: its steps appear as they come.' : 'Connecting …';
	return html`<p class="following" role="status" data-testid="following"><span class=${`dot ${connected ? 'on' : ''}`} aria-hidden="true"></span> ${text}</p>`;
}

function Facts({ call, zone }) {
	const live = call.state === 'live';
	const now = useServerNow(live);
	const facts = [
		['From', html`<${AllCalls} of="src" number=${call.src} />`],
		['To', html`<${AllCalls} of="dest" number=${call.dest} />`],
		['Type', call.type],
		['Started', `${formatTime(call.start, zone)} ${formatOffset(call.start, zone)}`],
		['Ended', endOf(call, zone)],
		[live ? 'Age' : 'Length', formatDuration(live ? Math.max(0, now - call.start) : call.duration)],
		...outcomeFacts(call, zone),
		['Steps', call.log ? String(call.steps) : '–'],
	];
	return html`<dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value || '–'}</dd></div>`)}</dl>`;
}

function NoSteps({ call }) {
	if (call.state === 'live') {
		return html`<${Empty} title="No step has come yet" hint="The steps of this call appear here as they come." />`;
	}
	const days = useSession()?.account.detail_days;
	const age = (Date.now() / 1000 - call.start) / 86400;
	return days && age >= days
		? html`<${Empty} title=${`The steps of this call are gone`}
			hint=${`Steps are kept for ${countOf(days, 'day')} after a call starts; this one started ${countOf(Math.floor(age), 'day')} ago. Its header stays.`} />`
		: html`<${Empty} title="This call came without steps" hint="Its sender knew the header only." />`;
}

/* What was collected, as it is when the step @until has come. */
function Variables({ sets, until, onChoose }) {
	const now = new Map(readVariables(sets.filter(({ step }) => step <= until)).map((variable) => [variable.name, variable]));
	const variables = readVariables(sets).map((last) => now.get(last.name) ?? { name: last.name, module: last.module, step: null });
	return variables.length > 0 && html`
		<section class="variables" aria-labelledby="variables-title">
			<h2 id="variables-title">Collected during the call</h2>
			<table>
				<thead><tr><th scope="col">Variable</th><th scope="col">Value</th><th scope="col">Step</th></tr></thead>
				<tbody>${variables.map((variable) => html`
					<tr key=${variable.name} class=${variable.step === until ? 'just-set' : ''}>
						<th scope="row">${variable.name}<span class="muted block">${variable.module}</span></th>
						<td>${variable.step ? variable.value : '–'}${variable.by && html` <span class="muted">${variable.by}</span>`}</td>
						<td>${variable.step && html`<button type="button" class="link" onClick=${() => onChoose(variable.step)}>${variable.step}</button>`}</td>
					</tr>`)}</tbody>
			</table>
		</section>`;
}
