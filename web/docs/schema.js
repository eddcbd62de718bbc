// SPDX-License-Identifier: MIT
// What a JSON body looks like, as a tree that unfolds.
import { html } from '../src/html.js';
import { Line } from './prose.js';
import { resolved } from './document.js';

/* allOf joined into one object schema. */
function joined(document, schema) {
	const whole = resolved(document, schema ?? {});
	if (!whole.allOf) {
		return whole;
	}
	const parts = whole.allOf.map((part) => joined(document, part));
	return {
		...whole,
		type: 'object',
		required: parts.flatMap((part) => part.required ?? []),
		properties: Object.assign({}, ...parts.map((part) => part.properties)),
	};
}

function choices(schema) {
	return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
}

/* In words: "array of object", "integer", "inbound | outbound". */
export function typeName(document, schema) {
	const whole = joined(document, schema);
	if (whole.enum) {
		return choices(whole);
	}
	if (whole.const !== undefined) {
		return JSON.stringify(whole.const);
	}
	if (whole.oneOf ?? whole.anyOf) {
		return (whole.oneOf ?? whole.anyOf).map((one) => typeName(document, one)).join(' or ');
	}
	if (whole.type === 'array') {
		return `array of ${typeName(document, whole.items)}`;
	}
	return [whole.type ?? 'anything'].flat().join(' or ');
}

/* The object schemas to unfold under this one: itself, an array's items, each alternative. */
function objectsIn(document, schema) {
	const whole = joined(document, schema);
	if (whole.properties) {
		return [whole];
	}
	const inner = whole.oneOf ?? whole.anyOf ?? (whole.type === 'array' && whole.items ? [whole.items] : []);
	return inner.flatMap((one) => objectsIn(document, one));
}

function Member({ document, name, schema, required }) {
	const whole = joined(document, schema);
	const head = html`<code>${name}</code> <span class="kind">${typeName(document, schema)}${required ? '' : ', may be absent'}</span>
		${whole.description && html` <span><${Line} text=${whole.description} /></span>`}`;
	if (objectsIn(document, schema).length === 0) {
		return html`<li>${head}</li>`;
	}
	return html`<li><details><summary>${head}</summary><${Members} document=${document} schema=${schema} /></details></li>`;
}

export function Members({ document, schema }) {
	return objectsIn(document, schema).map((object) => html`<ul class="members">
		${Object.entries(object.properties).map(([name, member]) => html`<${Member} key=${name} document=${document} name=${name} schema=${member}
			required=${object.required?.includes(name)} />`)}
	</ul>`);
}
