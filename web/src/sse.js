// SPDX-License-Identifier: MIT
// Server-sent events by fetch, since EventSource sends no Authorization (WHATWG HTML §9.2.6 "Interpreting an event stream").

/* Takes text in any portions and gives whole events: { type, data, id }. */
export class EventParser {
	constructor(onEvent) {
		this.onEvent = onEvent;
		this.rest = '';
		this.event = { type: 'message', data: [] };
		this.id = '';
	}

	push(text) {
		const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
		this.rest = lines.pop();
		lines.forEach((line) => this.line(line));
	}

	line(line) {
		if (line === '') {
			if (this.event.data.length) {
				this.onEvent({ type: this.event.type, data: this.event.data.join('\n'), id: this.id });
			}
			this.event = { type: 'message', data: [] };
			return;
		}
		const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
		if (name === 'data') {
			this.event.data.push(value ?? '');
		} else if (name === 'event') {
			this.event.type = value ?? '';
		} else if (name === 'id') {
			this.id = value ?? '';
		}
	}
}
