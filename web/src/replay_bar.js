// SPDX-License-Identifier: MIT
// The bar below a call that is replayed: play, pause, a step back and on, where it stands, how fast, and what happens now in words.
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from './html.js';
import { useShortcuts } from './keyboard.js';
import { usePicked } from './player.js';
import { LONG_WAIT_S, SHORT_WAIT_S, SPEEDS } from './replay.js';
import { formatDuration, formatLength } from './time.js';
import { waitWords } from './waits.js';

const SAID_MS = 3000; // between two steps that are heard while it plays

const icons = { play: 'M4 2.5 13 8 4 13.5z', pause: 'M5 3v10M11 3v10', back: 'M3.5 3v10M13 3 6.5 8l6.5 5z', on: 'M12.5 3v10M3 3l6.5 5L3 13z' };
const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${icons[name]} /></svg>`;

/* @sets as readSets() gives them. @short: whether long waits are shortened; onShort() gets it anew. */
export function ReplayBar({ player, steps, sets, waits, short, onShort, onClose }) {
	const [playing, speed, number] = [usePicked(player, (one) => one.playing), usePicked(player, (one) => one.speed), usePicked(player, (one) => one.number)];
	const button = useRef();
	useEffect(() => button.current.focus({ preventScroll: true }), []);
	useShortcuts({
		' ': () => player.toggle(), ArrowLeft: () => player.step(-1), ArrowRight: () => player.step(1), '<': () => player.faster(-1), '>': () => player.faster(1), Escape: onClose,
	});
	const { left } = usePicked(player, (one) => one.pace);
	return html`
		<section class="replay" aria-label="Replay" data-testid="replay">
			<${Now} player=${player} steps=${steps} sets=${sets} waits=${waits} number=${number} playing=${playing} />
			<div class="replay-row">
				<button type="button" onClick=${() => player.step(-1)} aria-label="A step back"><${Icon} name="back" /></button>
				<button type="button" class="primary" ref=${button} onClick=${() => player.toggle()}><${Icon} name=${playing ? 'pause' : 'play'} /> ${playing ? 'Pause' : 'Play'}</button>
				<button type="button" onClick=${() => player.step(1)} aria-label="A step on"><${Icon} name="on" /></button>
				<${Position} player=${player} number=${number} />
				<div class="replay-speeds" role="group" aria-label="Speed">
					${SPEEDS.map((one) => html`<button type="button" key=${one} aria-pressed=${one === speed} onClick=${() => player.change({ speed: one })}>${one}×</button>`)}
				</div>
				<label><input type="checkbox" checked=${short} onChange=${(event) => onShort(event.target.checked)} /> ${`Waits over ${LONG_WAIT_S} s take ${SHORT_WAIT_S} s`}</label>
				${left > 0 && html`<span class="muted">${formatLength(left)} left out</span>`}
				<button type="button" class="replay-close" onClick=${onClose}>Close</button>
			</div>
			<p class="replay-keys muted"><kbd>Space</kbd> plays and pauses, <kbd>←</kbd> <kbd>→</kbd> a step back and on, <kbd>${'<'}</kbd> <kbd>${'>'}</kbd> slower and faster, <kbd>Esc</kbd> closes</p>
		</section>`;
}

function Position({ player, number }) {
	const at = usePicked(player, (one) => one.at);
	const length = usePicked(player, (one) => one.length);
	const text = `${formatDuration(Math.floor(player.seconds))} of ${formatDuration(Math.floor(player.pace.seconds.at(-1)))}`;
	return html`
		<input type="range" aria-label="Position in the call" min="0" max=${length} step="any" value=${at} aria-valuetext=${`${text}, step ${number} of ${player.steps}`} onInput=${(event) => player.seek(Number(event.target.value))} />
		<span class="replay-time">${text}</span>`;
}

/* What the step that came last says and sets, and the wait that follows it. It is heard, too: each step while it stands still, one every few seconds while
 * it plays. */
function Now({ player, steps, sets, waits, number, playing }) {
	const ended = usePicked(player, (one) => one.at >= one.length);
	const hurries = usePicked(player, (one) => one.hurries);
	const step = steps[number - 1];
	const set = sets.find((one) => one.step === number);
	const wait = waits.find((one) => one.from === number);
	const where = `Step ${number} of ${steps.length}`;
	const said = useSaid(step ? `${where}: ${step.line || 'no line'}${set ? `; ${set.name} is ${set.value}` : ''}${ended ? '. The call has ended.' : ''}` : 'Before the first step', playing);
	return html`
		<p class="hidden" role="status" data-testid="replay-said">${said}</p>
		<p class="replay-now"><b>${where}</b> ${step && html`<span class=${`class-word class-${step.class}`}>${step.class}</span> ${step.line}`}
			${set && html` <span class="replay-set">${set.name} = ${set.value}</span>`}
			${ended ? html` <span class="muted">The call has ended.</span>`
				: wait && html` <span class="muted">${formatLength(wait.seconds)} ${waitWords[wait.kind]} follow${hurries ? `, shown in ${SHORT_WAIT_S} s` : ''}</span>`}</p>`;
}

function useSaid(text, playing) {
	const [said, setSaid] = useState(text);
	const last = useRef(0);
	useEffect(() => {
		const now = performance.now();
		if (!playing || now - last.current >= SAID_MS) {
			last.current = now;
			setSaid(text);
		}
	}, [text, playing]);
	return said;
}

/* Over the bars of the time line: what has not come yet is covered. @scale as in time_line.js. */
export function Playhead({ player, scale }) {
	const seconds = usePicked(player, (one) => one.seconds);
	return html`<div class="playhead-lane" aria-hidden="true"><span></span><div><span class="playhead" style=${{ left: scale.left(seconds) }}></span></div></div>`;
}
