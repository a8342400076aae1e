// What the pages do with refusals. All requests go through `request`.

// ==== requests ====

/** A response that is not a success. `detail` is that of its problem details (RFC 9457). */
class Refused extends Error {
  constructor(status, detail, retryAfter) {
    super(detail);
    Object.assign(this, { status, retryAfter });
  }
}

// Over plain HTTP, except to localhost, browsers do not tell the server which requests are a script's. It
// would offer Basic as to a program, for which the browser opens a dialog.
const HEADERS = { 'x-requested-with': 'XMLHttpRequest' };

let refreshing;

/** Refreshes the session. Requests that are refused at the same time share one refresh. */
function refresh() {
  refreshing ??= fetch('/api/session/refresh', { method: 'POST', headers: HEADERS }).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

/**
 * Sends a request. After a 401 it refreshes the session once, and if that succeeds sends the request once
 * more. No other refusal is worth a second attempt: a 403 stays a 403, and a 503 says nothing about the
 * session.
 */
async function request(path, options) {
  const send = () => fetch(path, { headers: HEADERS, ...options });
  let response = await send();
  if (response.status === 401) {
    const refreshed = await refresh();
    response = refreshed.ok ? await send() : refreshed.clone();
  }
  if (response.ok) return response;
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
  const detail = isProblem ? (await response.json()).detail : '';
  throw new Refused(response.status, detail, response.headers.get('retry-after'));
}

// ==== messages ====

function say(text, kind = '') {
  const message = document.getElementById('message');
  message.className = `notice ${kind}`;
  message.textContent = text;
}

/** Says what the user can do about an error. */
function explain(error) {
  if (!(error instanceof Refused)) {
    say('The server cannot be reached. Try again when the network is back.', 'danger');
    return;
  }
  const wait = error.retryAfter ? ` Try again in ${error.retryAfter} seconds.` : ' Try again later.';
  switch (error.status) {
    case 401:
      return askToLogIn();
    case 403:
      return say(`No permission. ${error.message}`, 'danger');
    case 404:
      return say('That no longer exists.', 'danger');
    case 429:
      return say(`Too many attempts.${wait}`, 'danger');
    case 503:
      return say(`This cannot be checked at the moment. You have not been logged out.${wait}`, 'danger');
    default:
      return say(error.message || `The server responded with ${error.status}.`, 'danger');
  }
}

/** The page stays, so that nothing in it is lost. */
function askToLogIn() {
  const notice = document.getElementById('login-needed');
  if (notice.hasChildNodes()) return;
  const link = document.createElement('a');
  link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = 'Log in';
  notice.replaceChildren('Your session has ended. Please log in again. ', link);
  say('');
}

/** Runs what a button or a form does; it cannot be pressed again before that has ended. */
async function run(button, action) {
  button.disabled = true;
  try {
    await action();
  } catch (error) {
    explain(error);
  } finally {
    button.disabled = false;
  }
}

// ==== files ====

function size(bytes) {
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`;
}

function row({ name, owner, size: bytes }) {
  const item = document.createElement('li');
  const path = `/api/files/${encodeURIComponent(name)}`;
  const link = Object.assign(document.createElement('a'), { href: path, textContent: name });
  const about = Object.assign(document.createElement('span'), {
    className: 'about',
    textContent: `${size(bytes)}, by ${owner}`,
  });
  const button = Object.assign(document.createElement('button'), { textContent: 'Delete' });
  button.setAttribute('aria-label', `Delete ${name}`);
  button.addEventListener('click', () =>
    run(button, async () => {
      await request(path, { method: 'DELETE' });
      say(`${name} is deleted.`, 'success');
      await listFiles();
      // The button has gone, and the focus with it.
      document.getElementById('file').focus();
    }),
  );
  item.append(link, about, button);
  return item;
}

async function listFiles() {
  const list = document.getElementById('file-list');
  const files = await (await request('/api/files')).json();
  const empty = Object.assign(document.createElement('li'), { className: 'empty', textContent: 'No files yet.' });
  list.replaceChildren(...(files.length ? files.map(row) : [empty]));
  list.removeAttribute('aria-busy');
}

const MAX_FILE = 1024 * 1024;

function upload(form) {
  const [file] = form.elements.file.files;
  return run(form.querySelector('button'), async () => {
    if (file.size > MAX_FILE) return say(`${file.name} is larger than 1 MB.`, 'danger');
    say(`Uploading ${file.name} …`);
    await request(`/api/files/${encodeURIComponent(file.name)}`, { method: 'PUT', body: file });
    say(`${file.name} is uploaded.`, 'success');
    form.reset();
    await listFiles();
  });
}

// ==== live news ====

const SESSION_ENDED = 4401;

function showState(text, kind = '') {
  const state = document.getElementById('live');
  state.textContent = text;
  state.className = `badge ${kind}`;
}

function connect() {
  const socket = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/live`);
  socket.addEventListener('open', () => showState('connected', 'on'));
  socket.addEventListener('message', event => {
    const feed = document.getElementById('feed');
    feed.querySelector('.empty')?.remove();
    feed.prepend(Object.assign(document.createElement('li'), { textContent: event.data }));
    while (feed.children.length > 5) feed.lastChild.remove();
    listFiles().catch(explain);
  });
  socket.addEventListener('close', async event => {
    if (isLeft) return;
    showState('connecting');
    // No script sees why a handshake was refused. This request does, and refreshes the session.
    try {
      await request('/api/me');
      setTimeout(connect, event.code === SESSION_ENDED ? 0 : 5000);
    } catch (error) {
      if (error.status === 401 || error.status === 403) {
        showState('off', 'off');
        explain(error);
      } else {
        setTimeout(connect, 5000);
      }
    }
  });
}

let isLeft = false;
addEventListener('pagehide', () => {
  isLeft = true;
});
// The Back button shows a page as it was left, perhaps before a logout.
addEventListener('pageshow', event => {
  if (event.persisted) location.reload();
});

// ==== the page ====

for (const button of document.querySelectorAll('[data-post]')) {
  button.addEventListener('click', () =>
    run(button, async () => {
      await request(button.dataset.post, { method: 'POST' });
      say(button.dataset.done);
    }),
  );
}

const form = document.getElementById('upload');
if (form) {
  form.addEventListener('submit', event => {
    event.preventDefault();
    upload(form);
  });
  listFiles().catch(explain);
  connect();
}

// Browsers have service workers only over HTTPS and on localhost.
navigator.serviceWorker?.register('/sw.js');
