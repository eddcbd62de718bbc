// SPDX-License-Identifier: MIT
// Calls over time. Dragging over the bars selects a window; the form's From and Until do the same by keyboard.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useAnswer } from './api.js';
import { bucketSeconds, chooseBucket, formatQuery } from './filter.js';
import { countOf, formatNumber } from './format.js';
import { html } from './html.js';
import { useSettings } from './settings.js';
import { formatClock, formatDate, formatTime, zoneName } from './time.js';

const HEIGHT = 132;

/* One point a bucket, empty ones too, so that a quiet time looks quiet. At most some thousand; then only what is there. */
export function fillBuckets(groups, seconds, start, end) {
	if (groups.length === 0) {
		return [[], []];
	}
	const first = Math.floor((start > 0 ? Math.max(start, groups[0].key - 400 * seconds) : groups[0].key) / seconds) * seconds;
	const last = Math.min(end - 1, groups.at(-1).key + 400 * seconds);
	if ((last - first) / seconds > 5000) {
		return [groups.map((group) => group.key), groups.map((group) => group.calls)];
	}
	const counts = new Map(groups.map((group) => [group.key, group.calls]));
	const times = [];
	for (let time = first; time <= last; time += seconds) {
		times.push(time);
	}
	return [times, times.map((time) => counts.get(time) ?? 0)];
}

export function Chart({ filter, onSelect }) {
	const start = Number(filter.start ?? 0);
	const end = Number(filter.end);
	const bucket = chooseBucket(start, end);
	const { data, problem } = useAnswer(problemFree(filter) ? `/v1/stats?${formatQuery(filter, { group: 'time', bucket, values: 'calls' })}` : null);
	const series = useMemo(() => data && fillBuckets(data.groups, bucketSeconds[data.bucket], start, end), [data]);
	if (problem) {
		return html`<p class="chart-empty muted">${problem.message}</p>`;
	}
	if (!series || series[0].length === 0) {
		return html`<div class="chart-empty muted" aria-hidden="true">${series ? '' : 'Counting …'}</div>`;
	}
	return html`<${Plot} series=${series} seconds=${bucketSeconds[data.bucket]} bucket=${data.bucket} onSelect=${onSelect} />`;
}

function problemFree(filter) {
	return [filter.start ?? '0', filter.end].every((time) => /^\d+$/.test(time));
}

function colors() {
	const style = getComputedStyle(document.documentElement);
	return Object.fromEntries(['accent', 'muted', 'line'].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/* The clock, with the date under the first of each day; or the date alone. */
function axisTimes(times, step, zone) {
	return times.map((time, index) => {
		const date = formatDate(time, zone);
		if (step >= 86400) {
			return date;
		}
		const clock = formatClock(time, zone).slice(0, 5);
		return index === 0 || formatDate(times[index - 1], zone) !== date ? `${clock}\n${date}` : clock;
	});
}

function options({ width, zone, seconds, bucket, onSelect, readout }) {
	const { accent, muted, line } = colors();
	const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
	return {
		width,
		height: HEIGHT,
		legend: { show: false },
		tzDate: (time) => uPlot.tzDate(new Date(time * 1000), zone),
		cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
		scales: { x: { range: (plot, min, max) => [min, max + seconds] }, y: { range: (plot, min, max) => [0, Math.max(1, max)] } },
		axes: [
			{ ...axis, grid: { show: false }, size: 34, space: 72, values: (plot, times, place, space, step) => axisTimes(times, step, zone) },
			{ ...axis, size: 52, space: 28, values: (plot, values) => values.map((value) => (Number.isInteger(value) ? formatNumber(value) : '')) },
		],
		series: [{}, { stroke: accent, fill: accent, width: 0, points: { show: false }, paths: uPlot.paths.bars({ align: 1, size: [0.9, 400] }) }],
		hooks: {
			setSelect: [(plot) => {
				if (plot.select.width > 3) {
					const from = plot.posToVal(plot.select.left, 'x');
					const until = plot.posToVal(plot.select.left + plot.select.width, 'x');
					onSelect(Math.floor(from / seconds) * seconds, Math.ceil(until / seconds) * seconds);
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

function Plot({ series, seconds, bucket, onSelect }) {
	const box = useRef();
	const readout = useRef();
	const settings = useSettings();
	const zone = zoneName(settings.zone);
	const select = useRef(onSelect);
	select.current = onSelect;
	useEffect(() => {
		const given = {
			width: box.current.clientWidth, zone, seconds, bucket, readout: readout.current, onSelect: (...window) => select.current(...window),
		};
		const plot = new uPlot(options(given), series, box.current);
		const observer = new ResizeObserver(() => box.current && plot.setSize({ width: box.current.clientWidth, height: HEIGHT }));
		const scheme = matchMedia('(prefers-color-scheme: dark)');
		const recolor = () => {
			const { accent } = colors();
			plot.series[1].fill = plot.series[1].stroke = () => accent;
			plot.redraw();
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
			<div ref=${box} role="img" aria-label=${`Calls by ${bucket}: ${series[0].length} ${bucket}s, at most ${countOf(peak, 'call')} in one`}></div>
			<figcaption class="muted"><span ref=${readout} data-testid="readout"></span><span class="chart-hint">Drag to select a window</span></figcaption>
		</figure>`;
}
