// SPDX-License-Identifier: MIT
// The rows of a list of calls, only those in sight. Up, Down, j, k, Page Up, Page Down, Home, End move through it, Enter or a click opens a call, x pins it.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { chosenColumns, directionOf, nextOrder } from './columns.js';
import { useFound } from './found.js';
import { html } from './html.js';
import { markedPieces } from './marks.js';
import { Outcome } from './outcome.js';
import { togglePin, usePins } from './pins.js';
import { remember, rememberedList } from './result.js';
import { inSight, MAX_HEIGHT, ROW_HEIGHT, scrollHeight, scrollOf, topOf, topThatShows } from './rows.js';
import { getSettings, useSettings } from './settings.js';
import { formatClock, formatDuration, formatTime, zoneName } from './time.js';

const CARD_HEIGHT = 56; // two lines, where the screen is narrow
const LINE_HEIGHT = 22; // of the line that words found
const NARROW = 600; // pixels: below, a row is a card

/* @carried goes into the address of each call. @onActive gets the row that is active, null while it is not there; onOrder() gets the order that is wanted. */
export function CallTable({ result, version, address, carried, onSeen, onActive, onOrder }) {
	const box = useRef();
	const settings = useSettings();
	const [height, setHeight] = useState(600);
	const [narrow, setNarrow] = useState(false);
	const [top, setTop] = useState(0);
	const [active, setActive] = useState(0);
	const total = result.reach ?? Math.ceil(height / 32); // as many ghosts as fit, until it is known
	const withLine = carried.text && result.span(0, 1) !== null; // the server tells lines of calls in the order of time
	const rowHeight = (narrow ? CARD_HEIGHT : ROW_HEIGHT) + (withLine ? LINE_HEIGHT : 0);
	const [first, last] = inSight(top, total, height, rowHeight);
	const found = useFound(result, first, last, carried.text ?? '', version);
	useSize(box, setHeight, setNarrow);
	useRestored(result, address, setActive, (row) => scrollTo(topThatShows(row, 0, height, rowHeight)));
	useEffect(() => {
		if (result.total === null) {
			return undefined; // the first page is under way
		}
		// What only flies past while the bar is dragged is not fetched.
		const timer = setTimeout(() => result.want(first, last), 40);
		return () => clearTimeout(timer);
	}, [result, first, last, version]);
	useEffect(() => onActive(result.row(active) ?? null), [result, active, version]);
	useEffect(() => onSeen([Math.floor(top), Math.ceil(top + height / rowHeight - 0.2)]), [Math.floor(top), height, total, rowHeight]);

	const scrollTo = (to) => {
		const kept = Math.max(0, Math.min(to, total - height / rowHeight));
		setTop(kept);
		box.current.scrollTop = scrollOf(kept, total, height, rowHeight);
	};
	const move = (to) => {
		const row = Math.max(0, Math.min(total - 1, to));
		setActive(row);
		scrollTo(topThatShows(row, top, height, rowHeight));
	};
	const open = (row) => {
		const call = result.row(row);
		if (call) {
			remember(result, row, address);
			go(formatAddress(['call', call.session_id], carried));
		}
	};
	const scrolled = () => {
		const at = box.current.scrollTop;
		if (Math.abs(scrollOf(top, total, height, rowHeight) - at) > 1) {
			setTop(topOf(at, total, height, rowHeight));
		}
	};
	useWheel(box, total, rowHeight, (rows) => scrollTo(top + rows));
	const pins = usePins();
	const pin = (row) => result.row(row) && togglePin(result.row(row).session_id);
	const key = keyHandler({ active, height, rowHeight, total, move, open, pin });
	const shown = chosenColumns(settings.columns);
	const zone = zoneName(settings.zone);
	const grid = { gridTemplateColumns: ['1.4em', ...shown.map((column) => column.width)].join(' ') };
	return html`
		<div class=${`table${narrow ? ' cards' : ''}`} role="grid" aria-label="Calls" aria-rowcount=${result.total === null ? -1 : total + 1} aria-busy=${result.total === null} aria-colcount=${shown.length + 1} tabindex="0" data-list="true" ref=${box}
			aria-activedescendant=${active >= first && active < last ? `row-${active}` : undefined} onKeyDown=${key} onScroll=${scrolled}>
			${!narrow && html`<div class="table-head" role="row" aria-rowindex="1" style=${grid}>
				<span role="columnheader"><span class="hidden">Pinned</span></span>
				${shown.map((column) => html`<${Head} key=${column.name} column=${column} order=${result.order} onOrder=${onOrder} />`)}
			</div>`}
			<div class="table-body" role="rowgroup" style=${{ height: `${scrollHeight(total, rowHeight)}px` }}>
				<div class="table-rows" role="presentation"
					style=${{ transform: `translateY(${scrollOf(top, total, height, rowHeight) - (top - first) * rowHeight}px)` }}>
					${range(first, last).map((row) => html`<${Row} key=${row} row=${row} call=${result.row(row)} columns=${shown} grid=${grid} zone=${zone} carried=${carried} height=${rowHeight} narrow=${narrow} found=${withLine ? found : null}
						active=${row === active} pinned=${pins.includes(result.row(row)?.session_id)} onPin=${() => pin(row)} onOpen=${() => open(row)} onFocus=${() => setActive(row)} version=${version} />`)}
				</div>
			</div>
		</div>`;
}

function Row({ row, call, columns: shown, grid, zone, carried, height, narrow, found, active, pinned, onPin, onOpen, onFocus }) {
	const click = (event) => {
		if (!event.ctrlKey && !event.metaKey && !event.shiftKey && getSelection().isCollapsed && !event.target.closest('label, .all-calls')) {
			event.preventDefault();
			onFocus();
			onOpen();
		}
	};
	const link = (text) => html`<a href=${formatAddress(['call', call.session_id], carried)} tabindex="-1">${text}</a>`;
	const draw = (column) => (column.draw ? html`<${column.draw} call=${call} />` : column.text(call, zone));
	return html`
		<div class=${`table-row${active ? ' active' : ''}`} role="row" id=${`row-${row}`} aria-rowindex=${row + 2} aria-selected=${active} style=${{ ...(narrow ? {} : grid), height: `${height}px` }} onClick=${call && click}>
			${narrow ? html`<${Card} call=${call} zone=${zone} link=${link} />` : html`<span role="gridcell">${call && html`<label class="pin"><input type="checkbox" tabindex="-1" checked=${pinned} onChange=${onPin} aria-label=${`Pin ${call.session_id} to compare`} /></label>`}</span>`}
			${!narrow && shown.map((column, index) => html`<span key=${column.name} role="gridcell" class=${column.number ? 'number' : ''} title=${call && column.text(call, zone)}>
				${!call ? html`<span class="ghost"></span>` : index === 0 ? link(column.text(call, zone)) : draw(column)}</span>`)}
			${found && carried.text && html`<${Found} line=${call && found.lineOf(call.session_id)} phrases=${found.phrases} zone=${zone} />`}
		</div>`;
}

const firsts = { start: ['The newest first', 'The oldest first'], duration: ['The longest first', 'The shortest first'], talk: ['The longest talks first', 'The shortest talks first'],
	steps: ['The most steps first', 'The fewest steps first'] };

/* Columns that have no order do not look as if they had one. */
function Head({ column, order, onOrder }) {
	const direction = directionOf(order, column);
	const kind = column.number ? 'number' : '';
	if (!column.order) {
		return html`<span role="columnheader" class=${kind}>${column.label}</span>`;
	}
	const next = nextOrder(order, column);
	const title = direction ? firsts[column.order][direction === 'ascending' ? 1 : 0] : `Sort: ${firsts[column.order][0].toLowerCase()}`;
	return html`<span role="columnheader" class=${kind} aria-sort=${direction ?? 'none'}><button type="button" class="sort" onClick=${() => onOrder(next)} title=${title}>${column.label}${direction && html` <span aria-hidden="true">${direction === 'ascending' ? '↑' : '↓'}</span>`}</button></span>`;
}

/* A call on a small screen: when, how it went and how long it took; from whom to whom. */
function Card({ call, zone, link }) {
	return html`<span role="gridcell" class="card">${!call ? html`<span class="ghost"></span>` : html`
		<span class="card-line">${link(formatTime(call.start, zone))}<span><${Outcome} call=${call} /> · ${formatDuration(call.duration)}</span></span>
		<span class="card-line muted"><span>${call.src || '–'} → ${call.dest || '–'}</span></span>`}</span>`;
}

function Found({ line, phrases, zone }) {
	return html`<span role="gridcell" class="found" aria-label=${line ? undefined : 'no line'}>${line && html`<span class="muted">${formatClock(line.time, zone)}</span> ${markedPieces(line.text, phrases).map(({ text, marked }) => (marked ? html`<mark>${text}</mark>` : text))}
		${line.more > 0 && html` <span class="muted">+${line.more} more</span>`}`}</span>`;
}

function keyHandler({ active, height, rowHeight, total, move, open, pin }) {
	const page = Math.max(1, Math.floor(height / ROW_HEIGHT) - 1);
	const moves = {
		ArrowDown: active + 1, j: active + 1, ArrowUp: active - 1, k: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: total - 1,
	};
	return (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey) {
			return;
		}
		if (event.key in moves && (event.key.length > 1 || getSettings().letters)) {
			event.preventDefault();
			event.stopPropagation();
			move(moves[event.key]);
		} else if (event.key === 'Enter' && event.target === event.currentTarget) {
			open(active);
		} else if (event.key === 'x' && getSettings().letters) {
			pin(active);
		}
	};
}

function useSize(box, setHeight, setNarrow) {
	useLayoutEffect(() => {
		// The head stands over the rows while they scroll; cards have none.
		const measure = () => {
			if (box.current) {
				const narrow = box.current.clientWidth < NARROW;
				setNarrow(narrow);
				setHeight(box.current.clientHeight - (narrow ? 0 : ROW_HEIGHT));
			}
		};
		const observer = new ResizeObserver(measure);
		observer.observe(box.current);
		measure();
		return () => observer.disconnect();
	}, []);
}

/* Back from a call, the list stands where it was left; asked anew, it begins at its top. */
function useRestored(result, address, setActive, show) {
	const fresh = useRef(true);
	useLayoutEffect(() => {
		const list = rememberedList();
		const back = fresh.current && list?.address === address;
		const row = back ? list.index : 0;
		fresh.current = false;
		setActive(row);
		show(row);
	}, [result]);
}

/* Where the scroll bar stands for a share of the rows, one notch of the wheel would pass thousands: it moves by rows instead. */
function useWheel(box, total, rowHeight, by) {
	const latest = useRef(by);
	latest.current = by;
	useEffect(() => {
		if (total * rowHeight <= MAX_HEIGHT) {
			return undefined;
		}
		const wheel = (event) => {
			event.preventDefault();
			latest.current(event.deltaMode === 1 ? event.deltaY : event.deltaY / rowHeight);
		};
		box.current.addEventListener('wheel', wheel, { passive: false });
		return () => box.current?.removeEventListener('wheel', wheel);
	}, [total, rowHeight]);
}

function range(first, last) {
	return Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
}
