// SPDX-License-Identifier: MIT
// Calls over time. Dragging over the bars selects a window, a click the window of one bar; the form's From and Until do the same by keyboard.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useAnswer } from './api.js';
import { bucketEnd, bucketStart, chooseBucket, extentOf, fillBuckets } from './buckets.js';
import { formatQuery } from './filter.js';
import { countOf, formatNumber } from './format.js';
import { html } from './html.js';
import { outcomes } from './outcome.js';
import { useSettings } from './settings.js';
import { formatClock, formatDate, formatTime, zoneName } from './time.js';

const HEIGHT = 160;
const ROWS_MAX = 10000; // of an answer
const WEEK_S = 7 * 86400;
const TOUCH_MIN = 12; // pixels: less is a tap

/* Calls by time for @filter, which is pinned: with @values. A window that is open at its beginning is counted by days first, and finer
 * where that shows that all its calls lie close together. Returns what useAnswer() does. */
export function useCallsByTime(filter, values) {
	const asked = wholeSeconds(filter);
	const end = filter.end === undefined ? Math.floor(Date.now() / 1000) + 1 : Number(filter.end);
	const open = filter.start === undefined;
	const own = zoneName(useSettings().zone);
	const [unknown, setUnknown] = useState(null); // the zone that the server has no data of: UTC then
	const zone = own === unknown ? undefined : own;
	const path = (bucket) => `/v1/stats?${formatQuery(filter, { group: 'time', bucket, zone, values })}`;
	const whole = useAnswer(asked ? path(open ? 'day' : chooseBucket(Number(filter.start), end)) : null);
	const extent = open && whole.data?.bucket === 'day' ? extentOf(whole.data.groups, 'day', whole.data.zone) : null;
	const finer = extent && chooseBucket(extent.start, extent.end);
	const fine = useAnswer(finer && finer !== 'day' ? path(finer) : null);
	const answer = finer && finer !== 'day' ? fine : whole;
	const refused = answer.problem?.parameter === 'zone';
	useEffect(() => {
		if (refused) {
			setUnknown(own);
		}
	}, [refused, own]);
	return answer;
}

/* The server names what is wrong in the others. */
function wholeSeconds(filter) {
	return [filter.start ?? '0', filter.end ?? '0'].every((time) => /^\d+$/.test(time));
}

/* The same counts by outcome and time, for the bars of @data; null while they are not there, or where they are too many for one answer. */
function useOutcomes(filter, data) {
	const { data: answer } = useAnswer(data ? `/v1/stats?${formatQuery(filter, { group: 'outcome,time', bucket: data.bucket, zone: data.zone, values: 'calls', limit: ROWS_MAX })}` : null);
	return answer && answer.bucket === data?.bucket && answer.groups.length === answer.groups_total ? answer.groups : null;
}

/* The same a week earlier, moved to where it stands beside the bars of @data; null for long windows. */
function useWeekEarlier(filter, data) {
	const end = Number(filter.end ?? Math.floor(Date.now() / 60000) * 60);
	const asked = data && filter.start !== undefined && end - Number(filter.start) <= WEEK_S && Number(filter.start) >= WEEK_S;
	const shifted = asked && { ...filter, start: String(Number(filter.start) - WEEK_S), end: String(end - WEEK_S) };
	const { data: answer } = useAnswer(asked ? `/v1/stats?${formatQuery(shifted, { group: 'time', bucket: data.bucket, zone: data.zone, values: 'calls' })}` : null);
	return asked && answer?.bucket === data.bucket ? new Map(answer.groups.map(({ key, calls }) => [bucketStart(key + WEEK_S, data.bucket, data.zone), calls])) : null;
}

export function Chart({ filter, onSelect }) {
	const { data, problem, loading } = useCallsByTime(filter, 'calls');
	const outcomeRows = useOutcomes(filter, data);
	const earlier = useWeekEarlier(filter, data);
	if (problem) {
		return html`<p class="chart-empty muted">${problem.message}</p>`;
	}
	if (!data || data.groups.length === 0) {
		return html`<div class="chart-empty muted" aria-hidden="true">${data ? '' : 'Counting …'}</div>`;
	}
	return html`<div class=${loading ? 'stale' : ''} aria-busy=${loading}><${Plot} data=${data} filter=${filter} outcomeRows=${outcomeRows} earlier=${earlier} onSelect=${onSelect} /></div>`;
}

function colors() {
	const style = getComputedStyle(document.documentElement);
	return (name) => style.getPropertyValue(`--${name}`).trim();
}

/* The clock, with the date under the first of each day; or the date alone. */
function axisTimes(times, step, zone) {
	return times.map((time, index) => {
		const date = formatDate(time, zone);
		if (step >= 86400) {
			return date.slice(5);
		}
		const clock = formatClock(time, zone).slice(0, step < 60 ? 8 : 5);
		return index === 0 || formatDate(times[index - 1], zone) !== date ? `${clock}\n${date.slice(5)}` : clock;
	});
}

/* "2026-11-24 08:00:00 · 12 calls: 8 answered, 4 missed · a week earlier 10" */
function valueText({ times, totals, counts, earlier }, at, zone) {
	const parts = counts ? outcomes.map((name, index) => [name, counts[index][at]]).filter(([, calls]) => calls > 0).map(([name, calls]) => `${formatNumber(calls)} ${name}`) : [];
	const before = earlier?.get(times[at]);
	return `${formatTime(times[at], zone)} · ${countOf(totals[at], 'call')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}${before === undefined ? '' : ` · a week earlier ${formatNumber(before)}`}`;
}

/* What is drawn: [times, totals] and behind them, from the top, what is left without each outcome; at last the week before. */
function columnsOf({ times, totals, counts, earlier }) {
	const stacked = outcomes.map((name, last) => times.map((time, at) => (counts ? counts.slice(0, last + 1).reduce((sum, column) => sum + column[at], 0) : null))).reverse();
	return [times, totals, ...stacked, times.map((time) => earlier?.get(time) ?? null)];
}

/* Finger and pen: what is touched is told, what is swept over is selected. A mouse has uPlot's own ways. */
function touch(plot, select) {
	const { over } = plot;
	let begin = null;
	const leftOf = (event) => event.clientX - over.getBoundingClientRect().left;
	over.style.touchAction = 'pan-y';
	over.addEventListener('pointerdown', (event) => {
		begin = event.pointerType === 'mouse' ? null : leftOf(event);
		if (begin !== null) {
			plot.setCursor({ left: begin, top: 10 });
		}
	});
	over.addEventListener('pointermove', (event) => begin !== null && plot.setCursor({ left: leftOf(event), top: 10 }));
	over.addEventListener('pointerup', (event) => {
		const end = leftOf(event);
		if (begin !== null && Math.abs(end - begin) > TOUCH_MIN) {
			select(Math.min(begin, end), Math.max(begin, end));
		}
	});
}

/* What comes later, outcomes and the week before, changes what getShape() gives; it never makes another plot, under the pointer. */
function options({ width, zone, bucket, getShape, onSelect, readout }) {
	const color = colors();
	const axis = { stroke: color('muted'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
	const { times } = getShape();
	const [first, last] = [times[0], bucketEnd(times.at(-1), bucket, zone)];
	const bars = (fill) => ({ stroke: fill, fill, width: 0, points: { show: false }, paths: uPlot.paths.bars({ align: 1, size: [0.9, 400] }) });
	const selected = (plot, left, right) => {
		const [from, until] = [Math.max(first, plot.posToVal(left, 'x')), Math.min(last, plot.posToVal(right, 'x'))];
		onSelect(bucketStart(Math.floor(from), bucket, zone), bucketEnd(bucketStart(Math.ceil(until) - 1, bucket, zone), bucket, zone));
	};
	let touched = false;
	return {
		width,
		height: HEIGHT,
		padding: [6, 28, 0, 0],
		legend: { show: false },
		tzDate: (time) => uPlot.tzDate(new Date(time * 1000), zone),
		cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
		// However few bars there are, they fill the width.
		scales: { x: { range: () => [first, last] }, y: { range: (plot, min, max) => [0, Math.max(1, max * 1.05)] } },
		axes: [
			{ ...axis, grid: { show: false }, size: 34, space: 64, values: (plot, at, place, space, step) => axisTimes(at, step, zone) },
			{ ...axis, size: 52, space: 28, values: (plot, values) => values.map((value) => (Number.isInteger(value) ? formatNumber(value) : '')) },
		],
		series: [{}, bars(() => color(getShape().counts ? 'outcome-unknown' : 'bar')), ...[...outcomes].reverse().map((name) => bars(color(`outcome-${name}`))),
			{ stroke: color('ink'), width: 1, dash: [4, 4], alpha: 0.55, points: { show: false }, spanGaps: true, paths: uPlot.paths.stepped({ align: 1 }) }],
		hooks: {
			ready: [(plot) => {
				plot.over.addEventListener('pointerdown', (event) => { touched = event.pointerType !== 'mouse'; });
				touch(plot, (left, right) => selected(plot, left, right));
				plot.over.addEventListener('click', () => {
					if (!touched) {
						const at = bucketStart(Math.floor(plot.posToVal(plot.cursor.left, 'x')), bucket, zone);
						onSelect(at, bucketEnd(at, bucket, zone));
					}
				});
			}],
			setSelect: [(plot) => {
				if (plot.select.width > 3) {
					selected(plot, plot.select.left, plot.select.left + plot.select.width);
				}
				plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
			}],
			setCursor: [(plot) => {
				const at = plot.cursor.idx;
				readout.textContent = at === null || at === undefined ? '' : valueText(getShape(), at, zone);
			}],
		},
	};
}

/* Columns of counts for @times, one for each outcome, out of rows of two groups. */
function countsOf(rows, times) {
	const place = new Map(times.map((time, index) => [time, index]));
	const counts = outcomes.map(() => new Array(times.length).fill(0));
	for (const { key: [outcome, time], calls } of rows) {
		const column = counts[outcomes.indexOf(outcome)];
		if (column && place.has(time)) {
			column[place.get(time)] = calls;
		}
	}
	return counts;
}

/* @data is an answer of /v1/stats by time, not empty. @outcomeRows are those of useOutcomes(), @earlier those of useWeekEarlier(), or null. */
export function Plot({ data, filter, outcomeRows = null, earlier = null, onSelect }) {
	const box = useRef();
	const readout = useRef();
	const settings = useSettings();
	const { bucket, zone } = data;
	const [times, totals] = useMemo(() => fillBuckets(data.groups, bucket, zone, Number(filter.start ?? 0), Number(filter.end ?? Date.now() / 1000)), [data]);
	const shape = useMemo(() => ({ times, totals, counts: outcomeRows && countsOf(outcomeRows, times), earlier }), [times, outcomeRows, earlier && [...earlier].join()]);
	const select = useRef(onSelect);
	select.current = onSelect;
	const latest = useRef(shape);
	latest.current = shape;
	const drawn = useRef(null);
	useEffect(() => {
		const given = {
			width: box.current.clientWidth, zone, bucket, getShape: () => latest.current, readout: readout.current, onSelect: (...window) => select.current(...window),
		};
		const make = () => {
			drawn.current = new uPlot(options(given), columnsOf(latest.current), box.current);
			return drawn.current;
		};
		let plot = make();
		const observer = new ResizeObserver(() => box.current && plot.setSize({ width: box.current.clientWidth, height: HEIGHT }));
		const scheme = matchMedia('(prefers-color-scheme: dark)');
		const recolor = () => {
			plot.destroy();
			plot = make();
		};
		observer.observe(box.current);
		scheme.addEventListener('change', recolor);
		return () => {
			scheme.removeEventListener('change', recolor);
			observer.disconnect();
			plot.destroy();
		};
	}, [times, zone, settings.theme]);
	useEffect(() => drawn.current.setData(columnsOf(shape)), [shape]);
	const peak = totals.reduce((most, calls) => Math.max(most, calls), 0);
	return html`
		<figure class="chart" data-testid="chart">
			<figcaption class="muted"><b>Calls per ${bucket}</b><span ref=${readout} data-testid="readout"></span>
				<span class="chart-hint">${earlier && html`<span class="week-line" aria-hidden="true"></span> a week earlier · `}Drag to select a window, click for one ${bucket}</span></figcaption>
			<div ref=${box} role="img" style=${{ height: `${HEIGHT}px` }} aria-label=${`Calls per ${bucket}: ${times.length} ${bucket}s, at most ${countOf(peak, 'call')} in one`}></div>
		</figure>`;
}
