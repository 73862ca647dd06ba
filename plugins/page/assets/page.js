// What the page shows is asked for while somebody looks, and never put in as HTML.
const EVERY_MS = 2000;
const KEPT_SAMPLES = 60;
const ACTIONS = [
  ['start', 'Start'],
  ['stop', 'Stop'],
  ['restart', 'Restart'],
  ['reload', 'Reload'],
  ['incr', '+1'],
  ['decr', '−1'],
];
const LABELS = { incr: 'Run one process more of', decr: 'Run one process fewer of', logs: 'Show the last output of' };

const at = (id) => document.getElementById(id);
/** Processor shares by watcher, oldest first. */
const history = new Map();
let token = sessionStorage.getItem('token');
let timer;

/** An element with attributes, properties that are functions, and children. */
function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

async function ask(path, options = {}) {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(path, { ...options, headers: { ...headers, ...options.headers } });
  if (response.status === 401) {
    at('login').hidden = false;
    at('token').focus();
    throw new Error(token === null ? 'Log in to see more.' : 'That is not the token.');
  }
  const text = await response.text();
  if (!response.ok) throw new Error(text.trim());
  return JSON.parse(text);
}

function say(text) {
  at('said').hidden = text === '';
  at('said').textContent = text;
}

async function act(watcher, action) {
  try {
    await ask('page/do', { method: 'POST', body: JSON.stringify({ watcher, action }), headers: { 'content-type': 'application/json' } });
    say('');
    await refresh();
  } catch (error) {
    say(`${action} ${watcher}: ${error.message}`);
  }
}

async function showLogs(watcher, place) {
  const open = place.querySelector('pre');
  if (open) {
    open.remove();
    return;
  }
  try {
    const { text } = await ask(`page/logs?watcher=${encodeURIComponent(watcher)}`);
    place.append(make('pre', { tabindex: '0', 'aria-label': `last output of ${watcher}` }, text));
  } catch (error) {
    say(`logs ${watcher}: ${error.message}`);
  }
}

const seconds = (count) => {
  for (const [unit, size] of [
    ['d', 86400],
    ['h', 3600],
    ['min', 60],
  ])
    if (count >= size) return `${Math.floor(count / size)} ${unit}`;
  return `${Math.floor(count)} s`;
};
const bytes = (count) => (count >= 2 ** 30 ? `${(count / 2 ** 30).toFixed(1)} GiB` : `${(count / 2 ** 20).toFixed(1)} MiB`);
const percent = (share) => (share === null ? '–' : `${share.toFixed(1)} %`);
const clock = (time) => new Date(time * 1000).toLocaleTimeString();

function sparkline(values) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', `0 0 ${KEPT_SAMPLES} 20`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'processor time of the last two minutes');
  const most = Math.max(1, ...values);
  const line = document.createElementNS(space, 'polyline');
  const points = values.map((value, index) => `${KEPT_SAMPLES - values.length + index},${(19 - (value / most) * 18).toFixed(1)}`);
  line.setAttribute('points', points.join(' '));
  svg.append(line);
  return svg;
}

/** One watcher. It is made once and filled again and again, so that what has the focus keeps it. */
function row(name) {
  const place = make('li', { 'data-watcher': name });
  const buttons = ACTIONS.map(([action, title]) =>
    make(
      'button',
      { type: 'button', 'data-action': action, 'aria-label': `${LABELS[action] ?? title} ${name}`, click: () => act(name, action) },
      title,
    ),
  );
  const logs = make(
    'button',
    { type: 'button', 'data-action': 'logs', 'aria-label': `${LABELS.logs} ${name}`, click: () => showLogs(name, place) },
    'Logs',
  );
  place.append(
    make(
      'div',
      { class: 'head' },
      make('h3', {}, name),
      make('span', { class: 'status' }),
      make('span', { class: 'counts soft' }),
      make('span', { class: 'history' }),
      make('div', { class: 'buttons' }, ...buttons, logs),
    ),
    make('p', { class: 'why soft' }),
    make('div', { class: 'table' }),
  );
  return place;
}

function fill(place, { name, status, numprocesses, processes, why }) {
  const part = (selector) => place.querySelector(selector);
  part('.status').className = `status ${status}`;
  part('.status').textContent = status;
  const cpu = processes.reduce((sum, process) => sum + (process.cpu_percent ?? 0), 0);
  const rss = processes.reduce((sum, process) => sum + (process.rss_bytes ?? 0), 0);
  part('.counts').textContent = `${processes.length} of ${numprocesses} · ${percent(cpu)} · ${bytes(rss)}`;
  part('.why').textContent = why ?? '';
  const values = [...(history.get(name) ?? []), cpu].slice(-KEPT_SAMPLES);
  history.set(name, values);
  part('.history').replaceChildren(sparkline(values));
  for (const button of place.querySelectorAll('button')) {
    const { action } = button.dataset;
    button.disabled = (action === 'start' && status !== 'stopped') || (action === 'stop' && status === 'stopped');
  }
  const cells = (tag, texts) => make('tr', {}, ...texts.map((text) => make(tag, tag === 'th' ? { scope: 'col' } : {}, text)));
  const lines = processes.map(({ pid, wid, age_s, cpu_percent, rss_bytes }) =>
    cells('td', [`${pid}`, `${wid}`, seconds(age_s), percent(cpu_percent), rss_bytes === null ? '–' : bytes(rss_bytes)]),
  );
  const table = make('table', {}, make('thead', {}, cells('th', ['pid', 'worker', 'age', 'cpu', 'memory'])), make('tbody', {}, ...lines));
  part('.table').replaceChildren(...(lines.length > 0 ? [table] : []));
}

function show({ host, state, watchers, sockets, plugins, events }) {
  document.body.classList.remove('stale');
  document.title = `ringmaster on ${host}`;
  const active = watchers.filter(({ status }) => status === 'active').length;
  at('summary').textContent = `${host}: ${state}, ${active} of ${watchers.length} watchers active`;
  const list = at('watchers');
  const known = new Map([...list.children].map((child) => [child.dataset.watcher, child]));
  for (const watcher of watchers) {
    const place = known.get(watcher.name) ?? row(watcher.name);
    if (!known.delete(watcher.name)) list.append(place);
    fill(place, watcher);
  }
  for (const [name, gone] of known) {
    gone.remove();
    history.delete(name);
  }
  at('sockets-part').hidden = sockets.length === 0;
  at('sockets').replaceChildren(...sockets.map(({ name, address }) => make('li', {}, name, ' ', make('span', { class: 'soft' }, address))));
  at('plugins').replaceChildren(
    ...plugins.map(({ name, state: how, errors }) =>
      make('li', {}, name, ' ', make('span', { class: how === 'up' ? 'soft' : how }, how), ...(errors > 0 ? [` · ${errors} errors`] : [])),
    ),
  );
  at('events').replaceChildren(
    ...events.map(({ time, watcher, name, text }) =>
      make('li', {}, make('time', {}, clock(time)), ` ${watcher} `, make('strong', {}, name), ` ${text}`),
    ),
  );
}

async function refresh() {
  try {
    show(await ask('page.json'));
    at('login').hidden = true;
    if (at('said').dataset.lost === 'true') say('');
    delete at('said').dataset.lost;
  } catch (error) {
    document.body.classList.add('stale');
    at('said').dataset.lost = 'true';
    say(error instanceof TypeError ? 'The daemon does not answer; it is asked again.' : error.message);
  }
}

async function round() {
  clearTimeout(timer);
  if (document.hidden) return;
  await refresh();
  timer = setTimeout(round, EVERY_MS);
}

at('login').addEventListener('submit', (event) => {
  event.preventDefault();
  token = at('token').value;
  sessionStorage.setItem('token', token);
  say('');
  void round();
});
document.addEventListener('visibilitychange', () => void round());
void round();
