// SPDX-License-Identifier: MIT
// A call as one HTML file that needs nothing else: no script, no other file, readable in ten years.
import { escapeHtml } from './format.js';
import { outcomeFacts } from './outcome.js';
import { storyOf } from './story.js';
import { endOf } from './steps.js';
import { formatDelta, formatDuration, formatTime } from './time.js';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
h1 { font-size: 1.3rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { opacity: .7; } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-top: 1px solid #8886; }
td:nth-child(5) { overflow-wrap: anywhere; }
.error { font-weight: 600; } pre { margin: .2rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; opacity: .8; font-size: .85em; }`;

function stepRow(step, zone) {
	const { module_type: module, result_variable: variable, ...data } = step.data;
	const more = Object.keys(data).length ? `<pre>${escapeHtml(JSON.stringify(data, null, 1))}</pre>` : '';
	return `<tr id="step-${step.number}"><td>${step.number}</td><td>${formatTime(step.time, zone)}</td><td>${formatDelta(step.delta)}</td>`
		+ `<td class="${step.class === 'error' ? 'error' : ''}">${escapeHtml(step.class)}</td><td>${escapeHtml(step.line)}${more}</td>`
		+ `<td>${escapeHtml([step.module, step.variable].filter(Boolean).join(' → '))}</td></tr>`;
}

export function callDocument(call, steps, zone) {
	const facts = [
		['From', call.src], ['To', call.dest], ['Type', call.type], ['Started', `${formatTime(call.start, zone)} ${zone}`], ['Ended', endOf(call, zone)],
		['Length', formatDuration(call.duration)], ...outcomeFacts(call, zone), ['Steps', call.log ? call.steps : 'no longer kept'],
	];
	return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Call ${escapeHtml(call.session_id)}</title><style>${STYLE}</style></head>
<body><h1>Call ${escapeHtml(call.session_id)}</h1>
<p>${escapeHtml(storyOf(call, steps))}</p>
<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>
<table><thead><tr><th>#</th><th>Time</th><th>After</th><th>Class</th><th>What happened</th><th>Module → variable</th></tr></thead>
<tbody>
${steps.map((step) => stepRow(step, zone)).join('\n')}
</tbody></table></body></html>
`;
}
