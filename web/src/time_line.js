// SPDX-License-Identifier: MIT
// A call drawn to scale: a bar for each visit to a module, a mark for each step, and each wait of some seconds by its kind. Dragging zooms.
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from './html.js';
import { Playhead } from './replay_bar.js';
import { ticksOf } from './steps.js';
import { formatDuration, formatLength } from './time.js';
import { longestWait, sumWaits, waitWords } from './waits.js';

const VISITS_MAX = 400; // a call with more is a loop, and its list of steps says it better
const DRAG_MIN = 5; // pixels: less is a click
const LABEL_SHARE = 0.1; // of the width: a wait that is shorter has no room for its length

/* @player: of the replay, or null. */
export function TimeLine({ call, visits, waits, chosen, player, onChoose }) {
	const box = useRef();
	const length = Math.max(1, call.duration, ...visits.map((visit) => visit.end));
	const [part, setPart] = useState(null); // [from, until] in seconds, or all
	const [from, until] = part ?? [0, length];
	const scale = { left: (seconds) => `${100 * (seconds - from) / (until - from)}%`, width: (seconds) => `${100 * seconds / (until - from)}%`, span: until - from };
	const drag = useDrag(from, until, setPart);
	const longest = longestWait(waits);
	const here = visits.findIndex((visit) => visit.steps.some((step) => step.number === chosen));
	const first = Math.max(0, Math.min(here - VISITS_MAX / 2, visits.length - VISITS_MAX));
	useEffect(() => {
		const [line, row] = [box.current, box.current.querySelector('.here')];
		if (row && (row.offsetTop < line.scrollTop || row.offsetTop + row.offsetHeight > line.scrollTop + line.clientHeight)) {
			line.scrollTop = row.offsetTop - line.clientHeight / 2;
		}
	}, [chosen]);
	return html`
		<section class="time-line" aria-labelledby="time-line-title" data-testid="time-line" ref=${box}>
			<h2 id="time-line-title">Time line <${Zoom} part=${part} longest=${longest} onPart=${setPart} /></h2>
			<${Legend} waits=${waits} />
			${longest && html`<p class="longest">Longest wait: <b>${formatLength(longest.seconds)}, ${waitWords[longest.kind]}</b>, until
				${' '}<button type="button" class="link" onClick=${() => onChoose(longest.to ?? longest.from)}>${longest.cause || 'the next step'}</button></p>`}
			<div class="scale" aria-hidden="true"><span></span><div>
				${ticksOf(until - from, 5).map((time) => html`<span key=${time} style=${{ left: scale.width(time) }}>${formatDuration(from + time)}</span>`)}
			</div></div>
			<div class="visits">
				<ol ...${drag}>
					${visits.slice(first, first + VISITS_MAX).map((visit, index) => html`<${Visit} key=${first + index} visit=${visit} waits=${waits} longest=${longest} scale=${scale} chosen=${chosen} onChoose=${onChoose} />`)}
				</ol>
				${player && html`<${Playhead} player=${player} scale=${scale} />`}
			</div>
			${visits.length > VISITS_MAX && html`<p class="muted">Visits ${first + 1} to ${first + VISITS_MAX} of ${visits.length} are drawn.</p>`}
		</section>`;
}

/* Only one of them is there at a time; by keyboard they do what dragging does. */
function Zoom({ part, longest, onPart }) {
	if (part) {
		return html`<button type="button" class="link" onClick=${() => onPart(null)}>Whole call</button>`;
	}
	const margin = longest ? Math.max(1, Math.round(longest.seconds / 4)) : 0;
	return longest && html`<button type="button" class="link" title="Dragging over the bars zooms, too" onClick=${() => onPart([Math.max(0, longest.begin - margin), longest.begin + longest.seconds + margin])}>Zoom to the longest wait</button>`;
}

function Legend({ waits }) {
	return html`<ul class="wait-legend" aria-label="What the time went into">${sumWaits(waits).map(([kind, seconds]) => html`
		<li key=${kind}><span class=${`wait-swatch wait-${kind}`} aria-hidden="true"></span> ${waitWords[kind]} <b>${formatLength(seconds)}</b></li>`)}</ul>`;
}

function Visit({ visit, waits, longest, scale, chosen, onChoose }) {
	const [first, last] = [visit.steps[0], visit.steps.at(-1)];
	const here = visit.steps.some((step) => step.number === chosen);
	const worst = visit.steps.some((step) => step.class === 'error') ? ' has-error' : '';
	const label = `${visit.module || 'no module'}${visit.variable ? ` ${visit.variable}` : ''}`;
	const own = waits.filter((wait) => wait.from >= first.number && wait.from <= last.number);
	const said = [`${label}: from ${formatDuration(visit.begin)}, ${visit.end - visit.begin} seconds, ${visit.steps.length} steps`, ...own.map(waitText)].join('; ');
	return html`
		<li class=${here ? 'here' : ''} data-first=${first.number} data-last=${last.number}>
			<button type="button" onClick=${() => onChoose(first.number)} aria-label=${said} title=${said}>
				<span class="visit-name"><b>${visit.module || '–'}</b> ${visit.variable}</span>
				<span class="visit-track">
					<span class=${`visit-bar${worst}`} style=${{ left: scale.left(visit.begin), width: scale.width(visit.end - visit.begin) }}></span>
					${own.map((wait) => html`<span key=${wait.from} class=${`visit-wait wait-${wait.kind}${wait === longest ? ' longest-wait' : ''}`}
						style=${{ left: scale.left(wait.begin), width: scale.width(wait.seconds) }} data-label=${wait.seconds / scale.span >= LABEL_SHARE ? formatLength(wait.seconds) : ''}></span>`)}
					${visit.steps.map((step) => html`<span key=${step.number} class=${`visit-mark class-${step.class}${step.number === chosen ? ' chosen' : ''}`}
						style=${{ left: scale.left(step.offset) }}></span>`)}
				</span>
			</button>
		</li>`;
}

function waitText(wait) {
	return `${formatLength(wait.seconds)} ${waitWords[wait.kind]}, until ${wait.cause}`;
}

/* Dragging over the bars chooses the part between; a click stays one. */
function useDrag(from, until, onPart) {
	const begun = useRef(null); // { x, track }
	const secondsAt = (x, track) => from + (until - from) * Math.max(0, Math.min(1, (x - track.left) / track.width));
	return {
		onPointerDown: (event) => {
			const track = event.button === 0 ? event.currentTarget.querySelector('.visit-track')?.getBoundingClientRect() : null;
			begun.current = track && event.clientX >= track.left ? { x: event.clientX, track } : null;
		},
		onPointerUp: (event) => {
			const start = begun.current;
			begun.current = null;
			if (start && Math.abs(event.clientX - start.x) >= DRAG_MIN) {
				const [begin, end] = [start.x, event.clientX].map((x) => secondsAt(x, start.track)).sort((a, b) => a - b);
				const list = event.currentTarget;
				list.dragged = true;
				setTimeout(() => { list.dragged = false; }); // behind the click that follows
				onPart([Math.floor(begin), Math.max(Math.floor(begin) + 1, Math.ceil(end))]);
			}
		},
		onClickCapture: (event) => {
			if (event.currentTarget.dragged) {
				event.preventDefault();
				event.stopPropagation();
			}
		},
	};
}
