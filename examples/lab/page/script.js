// The guided lab: an editor for requests, what was on the wire, and a self-check for each step.
//
// The exchanges are performed by the lab itself (`POST /exchange`). All text of requests and responses is
// shown as text: no HTML is made from it, which the Content-Security-Policy makes certain, too.
'use strict';

document.documentElement.classList.add('scripted');

// ==== exchanges ====

/** What was sent and received. The rest is what the server said of it, see `exchange/received.rs`. */
class Exchange {
  constructor(record) {
    Object.assign(this, record);
  }

  get line() { return this.request.head[0]; }
  get path() { return this.line.split(' ')[1].split('?')[0]; }
  get status() { return this.response.status; }
  /** The values of a header of the request. */
  sent(name) { return values(this.request.head, name); }
  /** The values of a header of the response. */
  got(name) { return values(this.response.head, name); }
  get challenge() { return this.got('www-authenticate').join(', '); }
  get credentials() { return this.sent('authorization').join(', '); }
  /** Whether `Authorization` has this scheme. */
  uses(scheme) { return this.credentials.toLowerCase().startsWith(`${scheme} `); }
  is(status, path) { return this.status === status && (!path || this.path === path); }

  /** The members of a body that is a JSON object. */
  get members() {
    try {
      return Object(JSON.parse(this.response.body));
    } catch {
      return {};
    }
  }
}

function split(line) {
  const end = line.indexOf(':');
  return [line.slice(0, end).toLowerCase(), line.slice(end + 1).trim()];
}

function values(head, name) {
  return head.slice(1).map(split).filter(([found]) => found === name).map(([, value]) => value);
}

/** The lab writes these itself. */
const ADDED = ['host', 'content-length', 'connection'];
const isAdded = line => ADDED.includes(split(line)[0]);

/** How many header lines were changed, added or removed from one request to the other. */
function changes(from, to) {
  const names = [from, to].flatMap(x => x.request.head.slice(1).map(line => split(line)[0]));
  let count = 0;
  for (const name of new Set(names.filter(name => !ADDED.includes(name)))) {
    const after = to.sent(name);
    const before = from.sent(name).filter(value => {
      const same = after.indexOf(value);
      return same < 0 || !after.splice(same, 1);
    });
    count += Math.max(before.length, after.length);
  }
  return count;
}

const counted = (count, what) => `${count || 'no'} ${what}${count === 1 ? '' : 's'}`;

// ==== tasks ====

/** Met by one exchange. */
const some = is => all => all.some(is);

/** Met by a success after an error, with at most `max` changed header lines. */
const least = (isError, isSuccess, max) => all => {
  let best;
  for (const to of all.filter(isSuccess)) {
    for (const from of all) {
      if (from.n >= to.n || from.line !== to.line || !isError(from)) continue;
      const count = changes(from, to);
      if (!best || count < best.count) best = { count, from, to };
    }
  }
  if (!best) return false;
  const { count, from, to } = best;
  const way = `From exchange ${from.n} (${from.status}) to exchange ${to.n} (${to.status})`;
  if (count <= max) return { note: `${way}: ${counted(count, 'header line')} changed, which is the least.` };
  return {
    hint: `${way} you changed ${counted(count, 'header line')}. The least is ${max}: edit exchange ${from.n} again, and change only that.`,
  };
};

/** The lines of the response in which two exchanges differ: numbers, and `body`. */
function differences(one, other) {
  const [head, others] = [one, other].map(x => x.response.head);
  const differs = at => at > 0 && !/^date:/i.test(head[at]) && !others.includes(head[at]);
  const found = [...head.keys()].filter(differs);
  if (one.response.body !== other.response.body) found.push('body');
  return found;
}

/** Who may store a response, and why (RFC 9111 §3, §4.2.2). */
function storing(x) {
  const directives = x.got('cache-control').join(',').toLowerCase().split(',').map(it => it.trim());
  const has = name => directives.some(it => it === name || it.startsWith(`${name}=`));
  const isAged = ['max-age', 's-maxage'].some(has) || x.got('expires').length > 0;
  const isPublic = ['public', 's-maxage', 'must-revalidate'].some(has);
  if (has('no-store')) return ['none', 'it has no-store.'];
  if (has('private')) return ['own', 'it has private.'];
  const isSilent = !isAged && !has('public');
  if (isSilent && ![200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501].includes(x.status)) {
    return ['none', `no header permits it, and caches do not store a ${x.status} by themselves.`];
  }
  if (x.credentials && !isPublic) {
    return ['own', 'the request has Authorization, and the response is not public.'];
  }
  if (isSilent) return ['all', `caches store a ${x.status} unless a header forbids it.`, 'silent'];
  return ['all', `it has Cache-Control: ${x.got('cache-control').join(', ')}.`, 'said'];
}

// ==== progress ====

const STORE = 'portcullis-lab';
const MAX_EXCHANGES = 12;

/** The id of this visitor, for each step its draft, its tasks that are done, and its exchanges. */
const progress = load();

function load() {
  try {
    const { id, steps, quiz, current } = JSON.parse(localStorage.getItem(STORE));
    if (id) return { id, steps: Object(steps), quiz: Object(quiz), current };
  } catch {
    // Nothing is stored, or something else.
  }
  return { id: crypto.randomUUID().slice(0, 8), steps: {}, quiz: {} };
}

function save() {
  try {
    localStorage.setItem(STORE, JSON.stringify(progress));
  } catch {
    // The storage is full or off. The lab goes on, and forgets its progress.
  }
}

// ==== the steps ====

/** The paths of a step begin with it and the number. */
const ME = `/visitors/${progress.id}-`;
const REPORTS = '/app/reports';
const basic = (name, password) => `Basic ${encode(`${name}:${password}`)}`;
const get = (path, ...headers) => [`GET ${path}`, ...headers].join('\n');

function encode(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** A request to the token endpoint of a step. */
const toToken = (step, form) =>
  [
    `POST ${ME}${step}/token`,
    `Authorization: ${basic('lab', 'secret')}`,
    'Content-Type: application/x-www-form-urlencoded',
    '',
    form,
  ].join('\n');

const withTokens = (step, target) => ({
  presets: [
    ['Get a token', toToken(step, 'grant_type=client_credentials')],
    ['Without a token', get(target)],
  ],
  target,
});

const TOKENS = {
  'not-given': x => x.path.endsWith('/token') && !x.is(200) && (x.members.error ?? `${x.status}`),
  'no-token': x => x.is(401) && !x.credentials,
  'token-of-another': x => x.is(401) && x.uses('bearer') && !/expired/.test(x.challenge),
};
const isToken = x => x.path.endsWith('/token') && x.is(200) && x.members.access_token;
const isChallenge = line => split(line)[0] === 'www-authenticate';
const challengesOf = x => x.response.head.map((line, at) => (isChallenge(line) ? at : 0)).filter(Boolean);
const isMissing = x => x.is(401) && challengesOf(x).length === 0;

const ONCE = `${ME}4/401-once`;
const SCOPE = `${ME}6/scope`;
const LEAKING = `${ME}7/hidden-leaking/`;
const HIDDEN = `${ME}7/hidden/`;
const PROXY = `${ME}8/proxy`;
const OUTAGE = `${ME}9/outage`;
const asBob = path => get(path, `Authorization: ${basic('bob', 'builder')}`);
const isBob = x => x.sent('authorization').includes(basic('bob', 'builder'));
const decoded = x => {
  try {
    return atob(x.credentials.slice(6));
  } catch {
    return 'no Base64';
  }
};
const earlier = (x, all) => all.filter(it => it.n < x.n);
const last = (all, is) => all.filter(is).at(-1);

/** What bob last got for the report and for one that does not exist. */
function pair(all, path) {
  const found = ['merger', 'nothing'].map(name => last(all, x => x.is(404, path + name) && isBob(x)));
  return found.every(Boolean) && found;
}

function leaks(all) {
  const found = pair(all, LEAKING);
  if (!found) return false;
  const [merger] = found;
  // The length of the body is one with the body.
  const isLength = at => split(merger.response.head[at] ?? '')[0] === 'content-length';
  const one = list => [...new Set(list.map(at => (isLength(at) ? 'body' : at)))];
  return compare(merger, one(merger.ticked ?? []), one(differences(...found)), 'same');
}

/** Whether the right lines are ticked, or what is wrong. */
function compare(x, ticked, expected, wrong) {
  const other = ticked.find(at => !expected.includes(at));
  if (other !== undefined) return { hint: says(wrong, x.response.head[other] ?? 'the body') };
  if (ticked.length === expected.length) return true;
  return ticked.length > 0 && { hint: says('more', `${ticked.length} of ${expected.length}`) };
}

function challenges(all) {
  const x = last(all, it => it.is(401) && !isMissing(it) && it.ticked?.length);
  return x && compare(x, x.ticked, challengesOf(x), 'no-challenge');
}

function isHiddenWell(all) {
  const found = pair(all, HIDDEN);
  return found && differences(...found).length + differences(...found.reverse()).length === 0;
}

const stored = (who, how) => all =>
  all.some(x => {
    const [right, , why] = storing(x);
    return x.answer === who && right === who && (!how || why === how);
  });

/**
 * Each step: the request to begin with, others to choose, the tasks, hints for common mistakes (the names of
 * texts of the page), and what there is to do with a response: lines to tick, or a question to answer.
 */
const STEPS = {
  1: {
    presets: [
      ['The reports', get(REPORTS)],
      ['A broken 401', get('/status/401?wrong=challenge-missing')],
    ],
    tick: x => x.is(401) && !isMissing(x) && 'Tick each header line that is a challenge.',
    tasks: [
      some(x => x.is(401, REPORTS)),
      challenges,
      some(isMissing),
    ],
  },
  2: {
    presets: [['Without credentials', get(REPORTS)]],
    basic: true,
    hints: {
      'begin-basic': x => x.is(401) && x.credentials && !x.uses('basic'),
      'wrong-password': x => x.is(401) && x.uses('basic') && decoded(x),
      'bob-reads': x => x.is(403),
    },
    tasks: [
      some(x => x.is(401, REPORTS) && !x.credentials),
      some(x => x.is(401, REPORTS) && x.uses('basic')),
      least(x => x.is(401), x => x.is(200, REPORTS) && x.uses('basic'), 1),
    ],
  },
  3: {
    presets: [['Without a token', get(REPORTS)]],
    hints: {
      'use-bearer': x => x.uses('basic'),
      'begin-bearer': x => x.is(401) && x.credentials && !x.uses('bearer'),
      'unknown-token': x => x.is(401) && x.uses('bearer') && !/malformed|expired/.test(x.challenge),
      'bob-reads': x => x.is(403),
    },
    tasks: [
      some(x => x.is(401, REPORTS) && x.challenge && !/error=/.test(x.challenge) && !x.credentials),
      some(x => x.is(401, REPORTS) && /malformed/.test(x.challenge)),
      some(x => x.is(401, REPORTS) && /expired/.test(x.challenge)),
      least(x => /expired/.test(x.challenge), x => x.is(200, REPORTS) && x.uses('bearer'), 1),
    ],
  },
  4: {
    ...withTokens(4, ONCE),
    refresh: true,
    hints: {
      'stays-refused': (x, all) =>
        x.is(401, ONCE) && x.credentials && earlier(x, all).some(it => it.is(401, ONCE) && it.credentials === x.credentials),
      'used-before': (x, all) => x.is(200, ONCE) && !all.some(it => it.is(401, ONCE)),
      'valid-once': x => x.members.error === 'invalid_grant',
      ...TOKENS,
    },
    tasks: [
      some(isToken),
      some(x => x.is(401, ONCE) && /invalid_token/.test(x.challenge)),
      some(x => isToken(x) && /grant_type=refresh_token/.test(x.request.body)),
      least(x => /invalid_token/.test(x.challenge), x => x.is(200, ONCE), 1),
    ],
  },
  5: {
    presets: [['Without credentials', get(REPORTS)]],
    basic: true,
    hints: { 'not-known': x => x.is(401) },
    tasks: [
      some(x => x.is(403, REPORTS) && x.uses('basic')),
      some(x => x.is(403, REPORTS) && x.uses('bearer')),
      least(x => x.is(403), x => x.is(200, REPORTS), 1),
    ],
  },
  6: {
    ...withTokens(6, SCOPE),
    hints: {
      'other-scope': x => x.members.error === 'invalid_scope',
      'same-scope': (x, all) => x.is(403, SCOPE) && earlier(x, all).some(it => it.is(403)),
      ...TOKENS,
    },
    tasks: [
      some(x => x.is(403, SCOPE) && /insufficient_scope/.test(x.challenge)),
      some(x => isToken(x) && /reports:write/.test(x.members.scope)),
      least(x => x.is(403), x => x.is(200, SCOPE), 1),
    ],
  },
  7: {
    presets: ['hidden-leaking/merger', 'hidden-leaking/nothing', 'hidden/merger', 'hidden/nothing'].map(path => [path, asBob(`${ME}7/${path}`)]),
    basic: true,
    tick: x => x.is(404, `${LEAKING}merger`) && 'Tick three lines that tell bob that the report exists.',
    hints: { 'alice-reads': x => x.is(200), 'be-bob': x => !isBob(x) },
    tasks: [
      some(x => x.is(404, `${LEAKING}merger`) && isBob(x)),
      some(x => x.is(404, `${LEAKING}nothing`) && isBob(x)),
      leaks,
      isHiddenWell,
    ],
  },
  8: {
    presets: [['Without credentials', get(PROXY)]],
    basic: true,
    hints: {
      'not-for-proxy': x => x.is(407) && x.credentials,
      'wrong-for-proxy': x => x.is(407) && x.sent('proxy-authorization').length,
      'wrong-for-server': x => x.is(401) && x.credentials,
      'bob-reads': x => x.is(403),
    },
    tasks: [
      some(x => x.is(407, PROXY) && !x.sent('proxy-authorization').length),
      least(x => x.is(407), x => x.is(401, PROXY), 1),
      least(x => x.is(401), x => x.is(200, PROXY), 1),
    ],
  },
  9: {
    ...withTokens(9, OUTAGE),
    hints: {
      'keep-credentials': (x, all) => x.path === OUTAGE && earlier(x, all).some(it => it.is(503) && it.credentials !== x.credentials),
      'outage-over': (x, all) => x.is(200, OUTAGE) && !all.some(it => it.is(503)),
      wait: x => x.is(503),
      ...TOKENS,
    },
    tasks: [some(isToken), some(x => x.is(503, OUTAGE) && x.uses('bearer')), least(x => x.is(503), x => x.is(200, OUTAGE), 0)],
  },
  10: {
    presets: [
      ['Without credentials', get(REPORTS)],
      ['As alice', get(REPORTS, `Authorization: ${basic('alice', 'wonderland')}`)],
      ['A 403', get('/status/403?wrong=refusal-storable')],
      ['A 404', get('/status/404?wrong=absence-storable')],
      ['A public 200', get('/status/200?wrong=personal-storable', 'Authorization: Bearer alice-token')],
    ],
    question: true,
    tasks: [stored('none'), stored('own'), stored('all', 'said'), stored('all', 'silent')],
  },
};

function stateOf(number) {
  const kept = Object(progress.steps[number]);
  const exchanges = Array.isArray(kept.exchanges) ? kept.exchanges : [];
  const done = Array.isArray(kept.done) ? kept.done : [];
  const draft = typeof kept.draft === 'string' ? kept.draft : STEPS[number].presets[0][1];
  return (progress.steps[number] = {
    draft,
    done,
    count: Number(kept.count) || 0,
    exchanges: exchanges.filter(isWhole).map(it => new Exchange(it)),
  });
}

function isWhole(it) {
  const isText = list => Array.isArray(list) && list.length > 0 && list.every(line => typeof line === 'string');
  return isText(it?.request?.head) && isText(it?.response?.head) && Array.isArray(it.findings) && it.findings.every(one => one?.at);
}

const isPassed = number => STEPS[number].tasks.every((_, at) => progress.steps[number]?.done?.[at]);

/** Asks each task that is not done. Returns the numbers of those that are now, and a hint. */
function judge(number) {
  const { exchanges, done } = progress.steps[number];
  const now = [];
  let hint;
  STEPS[number].tasks.forEach((task, at) => {
    if (done[at]) return;
    const found = task(exchanges);
    if (found && !found.hint) {
      done[at] = found.note ?? true;
      now.push(at);
    } else {
      hint ??= found?.hint;
    }
  });
  return { now, hint };
}

// ==== the page ====

/** An element with classes, properties and children. Strings become text. */
function el(names, properties, ...children) {
  const [name, ...classes] = names.split('.');
  const element = document.createElement(name);
  element.className = classes.join(' ');
  Object.assign(element, properties);
  element.append(...children.flat().filter(Boolean));
  return element;
}

const button = (label, onclick) => el('button', { type: 'button', onclick }, label);

/** A text of the page, with a value in it. */
function says(name, value) {
  const text = document.getElementById('hints').content.querySelector(`.${name}`).textContent;
  return text.replace('%', () => value);
}

const copy = template => document.getElementById(template).content.cloneNode(true).firstElementChild;

/** The editor and the exchanges of one step. */
class Bench {
  constructor(number, section) {
    this.number = number;
    this.step = STEPS[number];
    this.section = section;
    this.state = stateOf(number);
    const bench = copy('bench');
    const find = name => bench.querySelector(`.${name}`);
    [this.textarea, this.problem, this.feedback] = ['request', 'problem', 'feedback'].map(find);
    [this.sending, this.timeline, this.empty] = ['send', 'timeline', 'empty'].map(find);
    this.problem.id = `problem-${number}`;
    this.textarea.setAttribute('aria-describedby', this.problem.id);
    this.textarea.value = this.state.draft;
    this.textarea.oninput = () => this.draft(this.textarea.value);
    this.textarea.onkeydown = event => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.send();
    };
    this.sending.onclick = () => this.send();
    find('again').onclick = () => this.again();
    find('presets').append(...this.step.presets.map(([label, text]) => button(label, () => this.edit(text))));
    const [header, name, password] = find('helper').querySelectorAll('select, input');
    find('write').onclick = () =>
      this.edit(withHeader(this.textarea.value, header.value, basic(name.value, password.value)));
    find('helper').hidden = !this.step.basic;
    section.append(bench);
    this.show();
  }

  draft(text) {
    this.state.draft = text;
    save();
  }

  edit(text) {
    this.textarea.value = text;
    this.textarea.rows = Math.max(6, text.split('\n').length + 1);
    this.draft(text);
    this.textarea.focus();
  }

  async send() {
    if (this.sending.getAttribute('aria-disabled')) return;
    this.sending.setAttribute('aria-disabled', 'true');
    this.say('');
    try {
      const told = await perform(this.textarea.value);
      this.refused(told.problem);
      if (told.problem) return;
      const exchange = new Exchange({ ...told, n: (this.state.count += 1), text: this.textarea.value });
      this.state.exchanges.push(exchange);
      this.state.exchanges.splice(0, this.state.exchanges.length - MAX_EXCHANGES);
      this.judge(exchange);
      this.show();
    } finally {
      this.sending.removeAttribute('aria-disabled');
    }
  }

  /** Shows why a request was not sent. */
  refused(why) {
    this.problem.textContent = why ?? '';
    this.textarea.setAttribute('aria-invalid', String(Boolean(why)));
  }

  /** Judges the tasks, and says what has changed. */
  judge(exchange) {
    const { now, hint } = judge(this.number);
    save();
    const said = [];
    if (exchange) said.push(`Exchange ${exchange.n}: ${exchange.response.head[0].replace(/^\S+ /, '')}.`);
    if (now.length > 0) said.push(`Task ${now.map(at => at + 1).join(' and ')} done.`);
    const own = exchange && this.own(exchange);
    const isDone = isPassed(this.number);
    if (isDone) said.push(now.length > 0 ? 'You have passed this step.' : '');
    else if (own || hint) said.push(own ?? hint);
    else if (exchange) said.push(`Next is task ${this.step.tasks.findIndex((_, at) => !this.state.done[at]) + 1}.`);
    this.say(said.filter(Boolean).join(' '), now.length > 0);
    this.mark();
    showProgress();
  }

  own(exchange) {
    for (const [name, is] of Object.entries(this.step.hints ?? {})) {
      const found = is(exchange, this.state.exchanges);
      if (found) return says(name, found);
    }
  }

  say(text, isGood) {
    this.feedback.textContent = text;
    this.feedback.classList.toggle('good', Boolean(isGood));
  }

  /** Marks the tasks that are done. */
  mark() {
    const tasks = this.section.querySelectorAll('.goals > li');
    tasks.forEach((task, at) => {
      const done = this.state.done[at];
      task.classList.toggle('met', Boolean(done));
      task.querySelectorAll('.told').forEach(it => it.remove());
      if (done) task.append(el('span.told.hidden', {}, ' (done)'));
      if (typeof done === 'string') task.append(el('span.told.note', {}, done));
    });
    this.section.querySelector('.next').classList.toggle('ready', isPassed(this.number));
  }

  show() {
    const { exchanges } = this.state;
    this.empty.hidden = exchanges.length > 0;
    this.timeline.replaceChildren(
      ...exchanges.map((exchange, at) => this.exchange(exchange, at >= exchanges.length - 2 || isToken(exchange))).reverse(),
    );
    this.mark();
  }

  exchange(x, isOpen) {
    const [, ...reason] = x.response.head[0].split(' ');
    const summary = el('summary', {}, `${x.n}. ${x.line.split(' ').slice(0, 2).join(' ')} → ${reason.join(' ')}`, badge(x.findings));
    return el('li.exchange', {},
      el('details', { open: isOpen }, summary,
        el('div.inside', {},
          el('h4', {}, 'Request'),
          el('ul.wire', {}, x.request.head.map((line, at) => wireLine(line, at, isAdded(line) ? 'added' : '')), x.request.body && body([x.request.body])),
          el('h4', {}, this.step.tick?.(x) || 'Response'),
          this.response(x),
          x.findings.length === 0 && el('p.conclusion', {}, 'In this exchange alone, the inspector finds nothing wrong.'),
          el('p.conclusion', {}, el('b', {}, 'What the client should do: '), String(x.advice)),
          this.step.question && this.question(x),
          el('div.row', {}, isToken(x) && this.step.target && this.tokens(x), button(`Edit request ${x.n} again`, () => this.edit(x.text))),
        ),
      ),
    );
  }

  /** The lines of the response, each with the findings at it. */
  response(x) {
    const tick = this.step.tick?.(x) && ((at, content) => this.ticked(x, at, content));
    const found = (part, line) => x.findings.filter(({ at }) => at.part === part && at.line === line);
    const shown = x.response.head.map((line, at) => {
      const content = marked(line, found('line', at));
      const item = tick && at > 0 ? el('li', {}, tick(at, content)) : wireLine(content, at);
      item.append(...found('line', at).map(finding));
      return item;
    });
    for (const it of found('absent')) {
      shown.push(el('li.absent', {}, el('span.line', {}, `${it.at.name}: (missing)`), finding(it)));
    }
    if (x.response.body) {
      const content = marked(x.response.body, found('body'));
      const item = tick ? el('li.body', {}, tick('body', content)) : body(content);
      item.append(...found('body').map(finding));
      shown.push(item);
    }
    return el('div', {}, el('ul.wire', {}, shown), found('response').map(finding));
  }

  /** A line with a box to tick. */
  ticked(x, at, content) {
    const box = el('input', { type: 'checkbox', checked: (x.ticked ?? []).includes(at) });
    box.onchange = () => {
      const others = (x.ticked ?? []).filter(it => it !== at);
      x.ticked = box.checked ? [...others, at] : others;
      this.judge();
    };
    return el('label', {}, box, el('span.line', {}, content));
  }

  question(x) {
    const question = copy('question');
    const told = question.querySelector('p');
    const tell = () => {
      const [answer, why] = storing(x);
      answered(told, x.answer === answer, why);
    };
    for (const choice of question.querySelectorAll('input')) {
      choice.name = `stored-${x.n}`;
      choice.checked = choice.value === x.answer;
      choice.onchange = () => {
        x.answer = choice.value;
        tell();
        this.judge();
      };
    }
    if (x.answer) tell();
    return question;
  }

  /** Buttons that use the tokens of a response. */
  tokens(x) {
    const { access_token: token, refresh_token: refresh } = x.members;
    const use = () => this.edit(get(this.step.target, `Authorization: Bearer ${token}`));
    const renew = () => this.edit(toToken(this.number, `grant_type=refresh_token&refresh_token=${refresh}`));
    return [button('Use this token', use), this.step.refresh && button('Refresh this token', renew)];
  }

  /** Forgets this step, here and at the server. */
  async again() {
    delete progress.steps[this.number];
    this.state = stateOf(this.number);
    save();
    this.refused();
    this.show();
    showProgress();
    this.edit(this.state.draft);
    const told = await perform(`DELETE ${ME}${this.number}/report`);
    this.say(told.problem ?? 'This step begins again.');
  }
}

function answered(told, isRight, why) {
  told.textContent = `${isRight ? 'Right' : 'No'}: ${why}`;
  told.className = isRight ? 'right' : 'wrong';
}

/** Replaces the lines of a header, or adds one behind the others. */
function withHeader(text, name, value) {
  const [head, ...rest] = text.trim().split(/\n\n/);
  const others = head.split('\n').filter((line, at) => at === 0 || split(line)[0] !== name.toLowerCase());
  return [[...others, `${name}: ${value}`].join('\n'), ...rest].join('\n\n');
}

function wireLine(content, at, kind = '') {
  return el('li', { className: `${at === 0 ? 'first' : ''} ${kind}`.trim() }, el('span.line', {}, content));
}

const body = content => el('li.body', {}, el('span.line', {}, content));

/** The text, with the bytes on which findings rest marked. */
function marked(text, findings) {
  const spans = findings.map(it => it.at).filter(at => at.to > at.from).sort((a, b) => a.from - b.from);
  const parts = [];
  let end = 0;
  for (const at of spans) {
    if (at.from < end) continue;
    const { severity } = findings.find(it => it.at === at);
    parts.push(text.slice(end, at.from), el(`mark.${severity}`, {}, text.slice(at.from, at.to)));
    end = at.to;
  }
  return [...parts, text.slice(end)];
}

/** What is between backticks is code. */
const coded = text => text.split('`').map((part, at) => (at % 2 ? el('code', {}, part) : part));

function finding({ severity, number, id, detail, remedy, source, page }) {
  return el(`div.finding.${severity}`, {},
    el('p', {}, el('b', {}, `${severity} ${number} ${id}`), ' ', coded(detail)),
    el('p', {}, coded(remedy), ` (${source})`),
    page && el('details', {}, el('summary', {}, `Why: ${id}`), el('pre', {}, page)),
  );
}

function badge(findings) {
  const worst = ['error', 'warning', 'advice'].find(it => findings.some(({ severity }) => severity === it));
  return el(`span.badge.${worst ?? 'clean'}`, {}, counted(findings.length, 'finding'));
}

/** Lets the lab send a request. Returns what it said, or a `problem`. */
async function perform(text) {
  try {
    const response = await fetch('/exchange', { method: 'POST', headers: { 'content-type': 'message/http' }, body: text });
    const told = await response.json();
    return response.ok ? told : { problem: told.detail ?? `The lab has answered ${response.status}.` };
  } catch {
    return { problem: 'The lab does not respond. Is it running?' };
  }
}

// ==== from step to step ====

function showProgress() {
  const numbers = Object.keys(STEPS);
  const passed = numbers.filter(isPassed);
  document.getElementById('progress').textContent = `${passed.length} of ${numbers.length} steps passed`;
  for (const link of document.querySelectorAll('nav a')) {
    const isDone = passed.includes(link.hash.replace('#step-', ''));
    link.classList.toggle('passed', isDone);
    link.querySelectorAll('.told').forEach(it => it.remove());
    if (isDone) link.append(el('span.told.hidden', {}, ' (passed)'));
  }
}

const benches = new Map();

/** Shows the section that the address names. */
function go(isMoved) {
  const known = document.getElementById(location.hash.slice(1));
  const kept = document.getElementById(String(progress.current));
  const section = [known, kept].find(it => it?.classList.contains('step')) ?? document.getElementById('start');
  progress.current = section.id;
  save();
  document.querySelectorAll('.step').forEach(it => it.classList.toggle('current', it === section));
  for (const link of document.querySelectorAll('nav a')) {
    if (link.hash === `#${section.id}`) link.setAttribute('aria-current', 'step');
    else link.removeAttribute('aria-current');
  }
  const number = section.id.replace('step-', '');
  if (STEPS[number] && !benches.has(number)) benches.set(number, new Bench(number, section));
  document.querySelector('.people').hidden = !STEPS[number];
  if (isMoved) {
    section.querySelector('h2').focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function quiz() {
  document.querySelectorAll('#quiz fieldset').forEach((fieldset, at) => {
    const told = el('p', { role: 'status' });
    const tell = () => {
      const isRight = progress.quiz[at] === fieldset.dataset.answer;
      answered(told, isRight, fieldset.dataset[progress.quiz[at]]);
    };
    const choices = ['401', '403', '404'].map(status => {
      const onchange = () => {
        progress.quiz[at] = status;
        save();
        tell();
      };
      const checked = progress.quiz[at] === status;
      return el('label', {}, el('input', { type: 'radio', name: `quiz-${at}`, checked, onchange }), el('span', {}, status));
    });
    fieldset.append(el('div', {}, choices), told);
    if (progress.quiz[at]) tell();
  });
}

addEventListener('DOMContentLoaded', () => {
  document.querySelectorAll('.terminal').forEach(details => (details.open = false));
  document.querySelectorAll('code, pre').forEach(it => (it.textContent = it.textContent.replaceAll('/visitors/step-', ME)));
  quiz();
  go(false);
  showProgress();
  addEventListener('hashchange', () => go(true));
});
