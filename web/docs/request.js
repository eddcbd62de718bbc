// SPDX-License-Identifier: MIT
// A request in the making: its values, what they are at first, how they stand in the address, and what is sent.

const RELATIVE = /^-(\d+)([smhd])$/;
export const NEWEST = 'newest call';
const UNITS = { s: 1, m: 60, h: 3600, d: 86400 };

/* UNIX seconds for "now" and "-2h"; the text itself otherwise. */
function filledIn(text, now) {
	const match = RELATIVE.exec(text);
	if (match) {
		return String(now - Number(match[1]) * UNITS[match[2]]);
	}
	return text === 'now' ? String(now) : text;
}

/* The value that a field begins with. x-fill (docs/openapi.yaml) is a time relative to now, the value itself, or
 * the newest call, which only the server knows (form.js). */
function firstValue(parameter, now) {
	const fill = parameter['x-fill'];
	if (fill && fill !== NEWEST) {
		return filledIn(String(fill), now);
	}
	return parameter.required && parameter.example !== undefined ? String(parameter.example) : '';
}

/* Times of an example, moved so that the last of them is now: seconds, and those that microseconds or nanoseconds begin with. */
function recent(text, now) {
	const times = /\b1[0-9]{9}(?=(?:[0-9]{6}|[0-9]{9})?\b)/g;
	const by = now - Math.max(...(text.match(times) ?? [now]).map(Number));
	return text.replace(times, (time) => String(Number(time) + by));
}

function firstBody(operation, type, now) {
	const { example, 'x-fill': fill } = operation.body?.content[type] ?? {};
	if (example === undefined) {
		return '';
	}
	const text = typeof example === 'string' ? example : JSON.stringify(example, null, 2);
	return fill === 'now' ? recent(text, now) : text;
}

export function bodyTypes(operation) {
	return operation.body ? Object.keys(operation.body.content) : [];
}

/* The values of a request nobody has touched yet: {parameters: {name: text}, accept, type, body}. */
export function initialValues(operation, now) {
	const type = bodyTypes(operation)[0] ?? '';
	return {
		parameters: Object.fromEntries(operation.parameters.map((parameter) => [parameter.name, firstValue(parameter, now)])),
		accept: operation.accepts[0] ?? '',
		type,
		body: firstBody(operation, type, now),
	};
}

export function withType(operation, values, type, now) {
	return { ...values, type, body: firstBody(operation, type, now) || values.body };
}

/* "#/getAllLogs?start=1&end=2&Accept=application/xml": the filled-in request. Credentials are not part of it. */
export function toHash(operation, values) {
	const parts = operation.parameters.map((parameter) => [parameter.name, values.parameters[parameter.name]]);
	parts.push(['Accept', values.accept], ['Content-Type', values.type], ['Body', values.body]);
	const query = parts.filter(([, value]) => value !== '').map(([name, value]) => `${name}=${readable(value)}`).join('&');
	return `#/${operation.id}${query ? `?${query}` : ''}`;
}

/* The operation's name in an address. */
export function hashOperation(hash) {
	return /^#\/([A-Za-z0-9_]*)/.exec(hash)?.[1] ?? '';
}

/* The values that an address carries; where it carries none at all, those of an untouched request. */
export function fromHash(operation, hash, now) {
	const values = initialValues(operation, now);
	const at = hash.indexOf('?');
	if (at < 0) {
		return values;
	}
	const given = new URLSearchParams(hash.slice(at + 1));
	const known = (name, list) => (list.includes(given.get(name)) ? given.get(name) : list[0] ?? '');
	return {
		parameters: Object.fromEntries(operation.parameters.map((parameter) =>
			[parameter.name, given.get(parameter.name) ?? (parameter.required ? firstValue(parameter, now) : '')])),
		accept: known('Accept', operation.accepts),
		type: known('Content-Type', bodyTypes(operation)),
		body: given.get('Body') ?? '',
	};
}

/* Percent-encoding that leaves what may stand in a path or query as it is. */
function readable(text) {
	return encodeURIComponent(text).replace(/%(2C|3A|3B|2F|40)/g, (coded) => decodeURIComponent(coded));
}

function pathOf(operation, values) {
	return operation.path.replace(/{([^}]+)}/g, (_, name) => encodeURIComponent(values.parameters[name] ?? '').replace(/%3B/g, ';'));
}

function queryOf(operation, values) {
	const query = operation.parameters
		.filter((parameter) => parameter.in === 'query' && values.parameters[parameter.name] !== '')
		.map((parameter) => `${parameter.name}=${readable(values.parameters[parameter.name])}`);
	return query.length > 0 ? `?${query.join('&')}` : '';
}

function headersOf(operation, values) {
	const headers = {};
	for (const parameter of operation.parameters) {
		if (parameter.in === 'header' && values.parameters[parameter.name] !== '') {
			headers[parameter.name] = values.parameters[parameter.name];
		}
	}
	if (values.accept) {
		headers.Accept = values.accept;
	}
	if (operation.body) {
		headers['Content-Type'] = values.type;
	}
	return headers;
}

/* What goes out: {method, url, headers, body, open}; the sender adds credentials. */
export function requestOf(operation, values, origin) {
	return {
		method: operation.method,
		url: origin + pathOf(operation, values) + queryOf(operation, values),
		headers: headersOf(operation, values),
		body: operation.body ? values.body : null,
		open: operation.open,
	};
}

/* Names of parameters without which the request makes no sense and which are empty. */
export function missingIn(operation, values) {
	return operation.parameters.filter((parameter) => parameter.required && values.parameters[parameter.name] === '').map(({ name }) => name);
}
