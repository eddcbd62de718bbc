// SPDX-License-Identifier: MIT
// Calls over time. Dragging over the bars selects a window, a click the window of one bar; the form's From and Until do the same by keyboard.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useAnswer } from './api.js';
import { bucketEnd, bucketSeconds, bucketStart, chooseBucket, extentOf, fillBuckets } from './buckets.js';
import { formatQuery } from './filter.js';
import { countOf, formatNumber } from './format.js';
import { html } from './html.js';
import { useSettings } from './settings.js';
import { formatClock, formatDate, formatTime, zoneName } from './time.js';

const HEIGHT = 132;

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

export function Chart({ filter, onSelect }) {
	const { data, problem, loading } = useCallsByTime(filter, 'calls');
	if (problem) {
		return html`<p class="chart-empty muted">${problem.message}</p>`;
	}
	if (!data || data.groups.length === 0) {
		return html`<div class="chart-empty muted" aria-hidden="true">${data ? '' : 'Counting …'}</div>`;
	}
	return html`<div class=${loading ? 'stale' : ''} aria-busy=${loading}><${Plot} data=${data} filter=${filter} onSelect=${onSelect} /></div>`;
}

function colors() {
	const style = getComputedStyle(document.documentElement);
	return Object.fromEntries(['bar', 'muted', 'line'].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/* The clock, with the date under the first of each day; or the date alone. */
function axisTimes(times, step, zone) {
	return times.map((time, index) => {
		const date = formatDate(time, zone);
		if (step >= 86400) {
			return date.slice(5);
		}
		const clock = formatClock(time, zone).slice(0, 5);
		return index === 0 || formatDate(times[index - 1], zone) !== date ? `${clock}\n${date.slice(5)}` : clock;
	});
}

function options({ width, zone, bucket, onSelect, readout }) {
	const seconds = bucketSeconds[bucket];
	const { bar, muted, line } = colors();
	const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
	return {
		width,
		height: HEIGHT,
		padding: [6, 28, 0, 0],
		legend: { show: false },
		tzDate: (time) => uPlot.tzDate(new Date(time * 1000), zone),
		cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
		scales: { x: { range: (plot, min, max) => [min, max + seconds] }, y: { range: (plot, min, max) => [0, Math.max(1, max * 1.05)] } },
		axes: [
			{ ...axis, grid: { show: false }, size: 34, space: 64, values: (plot, times, place, space, step) => axisTimes(times, step, zone) },
			{ ...axis, size: 52, space: 28, values: (plot, values) => values.map((value) => (Number.isInteger(value) ? formatNumber(value) : '')) },
		],
		series: [{}, { stroke: bar, fill: bar, width: 0, points: { show: false }, paths: uPlot.paths.bars({ align: 1, size: [0.9, 400] }) }],
		hooks: {
			ready: [(plot) => plot.over.addEventListener('click', () => {
				const at = bucketStart(Math.floor(plot.posToVal(plot.cursor.left, 'x')), bucket, zone);
				onSelect(at, bucketEnd(at, bucket, zone));
			})],
			setSelect: [(plot) => {
				if (plot.select.width > 3) {
					const from = plot.posToVal(plot.select.left, 'x');
					const until = plot.posToVal(plot.select.left + plot.select.width, 'x');
					onSelect(bucketStart(Math.floor(from), bucket, zone), bucketEnd(bucketStart(Math.ceil(until) - 1, bucket, zone), bucket, zone));
				}
				plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
			}],
			setCursor: [(plot) => {
				const at = plot.cursor.idx;
				readout.textContent = at === null || at === undefined ? ''
					: `${formatTime(plot.data[0][at], zone)} · ${bucket} · ${countOf(plot.data[1][at], 'call')}`;
			}],
		},
	};
}

/* @data is an answer of /v1/stats by time, not empty. */
export function Plot({ data, filter, onSelect }) {
	const box = useRef();
	const readout = useRef();
	const settings = useSettings();
	const { bucket, zone } = data;
	const series = useMemo(() => fillBuckets(data.groups, bucket, zone, Number(filter.start ?? 0), Number(filter.end ?? Date.now() / 1000)), [data]);
	const select = useRef(onSelect);
	select.current = onSelect;
	useEffect(() => {
		const given = {
			width: box.current.clientWidth, zone, bucket, readout: readout.current, onSelect: (...window) => select.current(...window),
		};
		const make = () => new uPlot(options(given), series, box.current);
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
	}, [series, zone, settings.theme]);
	const peak = series[1].reduce((most, calls) => Math.max(most, calls), 0);
	return html`
		<figure class="chart" data-testid="chart">
			<div ref=${box} role="img" style=${{ height: `${HEIGHT}px` }} aria-label=${`Calls by ${bucket}: ${series[0].length} ${bucket}s, at most ${countOf(peak, 'call')} in one`}></div>
			<figcaption class="muted"><span ref=${readout} data-testid="readout"></span><span class="chart-hint">Drag to select a window, click for one ${bucket}</span></figcaption>
		</figure>`;
}
