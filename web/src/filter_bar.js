// SPDX-License-Identifier: MIT
// The form over every list: words, window, fields. It changes the address, and the address changes what is shown.
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from './html.js';
import { describe, fields, optionsOf, windows } from './filter.js';
import { FilterMenu } from './filter_menu.js';
import { SearchBox } from './search_box.js';
import { useSettings } from './settings.js';
import { formatInput, formatOffset, resolveTime, timeOf, zoneName } from './time.js';

/* @problem is the server's, whose parameter is marked at its field. @withWindow false: what is live has no window. */
export function FilterBar({ filter, onChange, problem, withWindow = true }) {
	const used = fields.filter((field) => filter[field.name]);
	const wrong = problem?.parameter;
	const [open, setOpen] = useState(false);
	useEffect(() => {
		if (fields.some((field) => field.name === wrong)) {
			setOpen(true);
		}
	}, [wrong]);
	const change = (changes) => onChange({ ...filter, ...changes });
	return html`
		<section class="filters" aria-label="Filter">
			<div class="filters-row">
				<${SearchBox} filter=${filter} among=${withWindow ? {} : { state: filter.state || 'live' }} onChange=${onChange} problem=${wrong === 'text' ? problem : null} />
				${withWindow && html`<${WindowForm} filter=${filter} change=${change} problem=${wrong === 'start' || wrong === 'end' ? problem : null} />`}
				<button type="button" class="quiet" aria-expanded=${open} aria-controls="more-filters" onClick=${() => setOpen(!open)}>
					Filters${used.length ? html` <span class="count">${used.length}</span>` : ''}
				</button>
				<${FilterMenu} filter=${filter} />
			</div>
			${open && html`<${Fields} filter=${filter} change=${change} problem=${problem} />`}
			${used.length > 0 && html`<ul class="chips" aria-label="Filters in force">
				${used.map((field) => html`<li key=${field.name}>
					<button type="button" class="chip" onClick=${() => change({ [field.name]: '' })} aria-label=${`Drop: ${describe(field.name, filter[field.name])}`}>
						${describe(field.name, filter[field.name])} <span aria-hidden="true">×</span>
					</button></li>`)}
				<li><button type="button" class="link" onClick=${() => onChange({ start: filter.start, end: filter.end })}>Clear all</button></li>
			</ul>`}
		</section>`;
}

/* What stands in an input until it is applied: rendering again for an answer must not take away what is being typed. */
function useDraft(value) {
	const [draft, setDraft] = useState(value);
	useEffect(() => setDraft(value), [value]);
	return { value: draft, onInput: (event) => setDraft(event.target.value) };
}

export function WindowForm({ filter, change, problem }) {
	const settings = useSettings();
	const zone = zoneName(settings.zone);
	const preset = windows.find((window) => window.start === (filter.start ?? '') && !filter.end);
	const [custom, setCustom] = useState(!preset);
	useEffect(() => setCustom(!preset), [preset === undefined]);
	const now = Math.floor(Date.now() / 1000);
	const choose = (event) => {
		if (event.target.value === 'custom') {
			setCustom(true);
			return;
		}
		setCustom(false);
		change({ start: event.target.value, end: '' });
	};
	const input = (name, label) => {
		const time = filter[name] ? resolveTime(filter[name], now) : null;
		return html`
			<label class="small">${label}
				<input type="datetime-local" step="1" value=${time === null || Number.isNaN(time) ? '' : formatInput(time, zone)}
					aria-invalid=${problem?.parameter === name}
					onChange=${(event) => change({ [name]: event.target.value ? String(timeOf(event.target.value, zone)) : '' })} />
			</label>`;
	};
	return html`
		<div class="window">
			<label class="small">Window
				<select value=${custom ? 'custom' : filter.start ?? ''} onChange=${choose} data-testid="window">
					${windows.map(({ label, start }) => html`<option key=${start} value=${start}>${label}</option>`)}
					<option value="custom">From … until …</option>
				</select>
			</label>
			${custom && html`${input('start', 'From')}${input('end', 'Until')}<span class="muted" title=${zone}>${formatOffset(now, zone)}</span>`}
			${problem && html`<p class="field-problem" role="alert">${problem.message}</p>`}
		</div>`;
}

function Fields({ filter, change, problem }) {
	const form = useRef();
	const submit = (event) => {
		event.preventDefault();
		change(Object.fromEntries(new FormData(form.current)));
	};
	const show = (refused) => fields.filter((field) => Boolean(field.refused) === refused).map((field) => html`
		<${Field} key=${field.name} field=${field} value=${filter[field.name] ?? ''}
			problem=${problem?.parameter === field.name ? problem : null} />`);
	const open = fields.some((field) => field.refused && (filter[field.name] || problem?.parameter === field.name));
	return html`
		<form id="more-filters" class="fields" ref=${form} onSubmit=${submit} onChange=${submit}>
			${show(false)}
			<details class="refused-fields" open=${open}>
				<summary>Calls that are not so</summary>
				<div class="fields">${show(true)}</div>
			</details>
			<button class="hidden-submit" tabindex="-1">Apply</button>
		</form>`;
}

function Field({ field, value, problem }) {
	const id = `field-${field.name}`;
	const about = problem ? `${id}-problem` : field.hint ? `${id}-hint` : undefined;
	const shared = { id, name: field.name, ...useDraft(value), 'aria-describedby': about, 'aria-invalid': problem !== null };
	return html`
		<div class="field">
			<label for=${id}>${field.label}</label>
			${field.options
				? html`<select ...${shared}><option value="">any</option>${optionsOf(field, value).map((option) => html`<option key=${option}>${option}</option>`)}</select>`
				: html`<input ...${shared} placeholder=${field.placeholder} inputmode=${field.numeric ? 'numeric' : undefined} autocomplete="off" spellcheck=${false} />`}
			${problem ? html`<p id=${`${id}-problem`} class="field-problem" role="alert">${problem.message}</p>`
				: field.hint && html`<p id=${`${id}-hint`} class="hint">${field.hint}</p>`}
		</div>`;
}
