// SPDX-License-Identifier: MIT
// The page.
import { html, render } from 'htm/preact';
import './style.css';

render(html`<main><h1>callstep</h1></main>`, document.getElementById('app'));
