// SPDX-License-Identifier: MIT
// What the steps of a call say: visits to places, variables, and the call as text. Pure functions; see call.js for what is shown.
import { outcomeFacts } from './outcome.js';
import { formatClock, formatDate, formatDelta, formatDuration, formatTime } from './time.js';

/* The steps with what is asked of each again and again. */
export function readSteps(call) {
	const entries = call.detail || [];
	return entries.map((entry, index) => {
		const data = entry.event.data ?? {};
		const next = entries[index + 1]?.timestamp ?? call.end;
		return {
			number: index + 1,
			time: entry.timestamp,
			offset: entry.timestamp - call.start,
			delta: index ? entry.timestamp - entries[index - 1].timestamp : 0,
			duration: Math.max(0, next - entry.timestamp),
			class: entry.class,
			line: entry.event.line,
			module: textOf(data.module_type),
			variable: textOf(data.result_variable),
			data,
		};
	});
}

function textOf(value) {
	return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

/* @call with the steps of an event of GET /v1/tail, which stand from `first` on instead of all that stood there and behind. null where the steps
 * before them are not held. */
export function takeSteps(call, { first, steps, end }) {
	const held = Array.isArray(call.detail) ? call.detail : [];
	if (first > held.length) {
		return null;
	}
	const detail = [...held.slice(0, first), ...steps];
	return { ...call, detail, steps: detail.length, log: true, end, duration: end - call.start };
}

/* @call with the header that an event of GET /v1/tail gives. null where its steps have to be asked for: it has ended, or they are gone. */
export function takeCall(call, header) {
	return header.state === 'live' && header.log === call.log ? { ...call, ...header, detail: call.detail, steps: call.steps } : null;
}

/* Runs of steps at one place: a module with its variable. */
export function readVisits(steps) {
	const visits = [];
	for (const step of steps) {
		const last = visits.at(-1);
		if (last && last.module === step.module && last.variable === step.variable) {
			last.steps.push(step);
		} else {
			visits.push({ module: step.module, variable: step.variable, steps: [step] });
		}
	}
	return visits.map((visit) => {
		const last = visit.steps.at(-1);
		// A log may go back in time, and a step may lie before the call.
		const begin = Math.max(0, Math.min(...visit.steps.map((step) => step.offset)));
		const lastStep = Math.max(begin, last.offset);
		return { ...visit, begin, lastStep, end: lastStep + last.duration };
	});
}

/* `User input: 1 (dtmf)`, `Recording saved: 12 s`, `order_number: "123456", try 1`, `CHOICE = 2`. */
const COLLECTED = [/^User input: (?<value>.*?)(?: \((?<by>[a-z]+)\))?$/s, /^Recording saved: (?<value>.*)$/s];

function collectedOf(step) {
	const name = step.variable.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
	const own = [new RegExp(`^${name}: (?<value>.*)$`, 's'), new RegExp(`^${name} = (?<value>.*)$`, 's')];
	return [...COLLECTED, ...own].map((pattern) => pattern.exec(step.line)?.groups).find(Boolean) ?? null;
}

/* What the steps set, each as { name, module, value, by, step }: a value that a step says in one of these ways. What a step says otherwise, how another
 * system answered or that an input was wrong, is not a value. */
export function readSets(steps) {
	return steps.flatMap((step) => {
		const found = step.variable && step.class !== 'prompt' && step.class !== 'error' ? collectedOf(step) : null;
		return found ? [{ name: step.variable, module: step.module, value: found.value, by: found.by ?? '', step: step.number }] : [];
	});
}

/* What was collected: of each variable what @sets had last. */
export function readVariables(sets) {
	return [...new Map(sets.map((set) => [set.name, set])).values()];
}

export function countClasses(steps) {
	const counts = new Map();
	for (const step of steps) {
		counts.set(step.class, (counts.get(step.class) ?? 0) + 1);
	}
	return [...counts];
}

/* Whether @step has @text anywhere. */
export function stepHas(step, text) {
	return `${step.line} ${step.module} ${step.variable} ${step.class} ${JSON.stringify(step.data)}`.toLowerCase().includes(text.toLowerCase());
}

/* When it ended, in words. */
export function endOf(call, zone) {
	return call.state === 'live' ? 'not yet' : formatTime(call.end, zone);
}

/* The call as plain text, for a mail or a ticket. */
export function callText(call, steps, zone) {
	const head = [
		`Call ${call.session_id}`,
		`  From     ${call.src}`,
		`  To       ${call.dest}`,
		`  Type     ${call.type}`,
		`  Started  ${formatTime(call.start, zone)} ${zone}`,
		`  Ended    ${endOf(call, zone)}`,
		`  Length   ${formatDuration(call.duration)}`,
		...outcomeFacts(call, zone).map(([name, value]) => `  ${name.padEnd(8)} ${value}`),
		`  Steps    ${call.log ? call.steps : 'no longer kept'}`,
	];
	let day = '';
	const lines = steps.flatMap((step) => {
		const today = formatDate(step.time, zone);
		const place = [step.module, step.variable].filter(Boolean).join(' → ');
		const line = `  ${formatClock(step.time, zone)}  ${formatDelta(step.delta).padStart(8)}  ${step.class.padEnd(7)} ${step.line}${place ? `  [${place}]` : ''}`;
		const shown = today === day ? [line] : ['', `  ${today}`, line];
		day = today;
		return shown;
	});
	return `${[...head, ...lines].join('\n')}\n`;
}

/* Round steps of a scale for @seconds, at most about @most of them. */
export function ticksOf(seconds, most = 8) {
	const sizes = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
	const size = sizes.find((one) => seconds / one <= most) ?? Math.ceil(seconds / most / 86400) * 86400;
	const ticks = [];
	for (let time = 0; time <= seconds; time += size) {
		ticks.push(time);
	}
	return ticks;
}
