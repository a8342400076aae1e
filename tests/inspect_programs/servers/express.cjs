// An application of Express, with routes that are protected as tutorials show it:
// express.cjs MODULES CONFIG, where CONFIG is a file with the port.

const fs = require('node:fs');
const { createRequire } = require('node:module');

const [modules, config] = process.argv.slice(2);
const load = createRequire(`${modules}/`);
const express = load('express');
const basicAuth = load('express-basic-auth');

const app = express();
const reports = (req, res) => res.json([{ title: 'First quarter' }]);

// What a JWT would say.
const tokens = {
  'alice-token': { user: 'alice', role: 'auditor' },
  'bob-token': { user: 'bob', role: 'member' },
};
const tokenOf = (req) => req.headers.authorization?.split(' ')[1];
const auditorsOnly = (req, res, next) => {
  if (req.user.role !== 'auditor') return res.status(403).json({ error: 'Forbidden' });
  next();
};

// The 401 of most tutorials.
const bare = (req, res, next) => {
  req.user = tokens[tokenOf(req)];
  if (!req.user) return res.status(401).json({ error: 'Unauthorized' });
  next();
};
app.get('/bare', bare, auditorsOnly, reports);

// The same with a challenge, which is the same for every cause.
const challenged = (req, res, next) => {
  req.user = tokens[tokenOf(req)];
  if (!req.user) {
    return res.status(401).set('WWW-Authenticate', 'Bearer realm="api"').json({ error: 'Unauthorized' });
  }
  next();
};
app.get('/challenged', challenged, auditorsOnly, reports);

// In front of the routes, the middleware sees every method.
app.use('/in-front', challenged, auditorsOnly);
app.get('/in-front/reports', reports);

// The middleware `authenticateToken`, which so many have copied: 401 without a token, 403 with a wrong one.
const authenticateToken = (req, res, next) => {
  const token = tokenOf(req);
  if (token == null) return res.sendStatus(401);
  req.user = tokens[token];
  if (!req.user) return res.sendStatus(403);
  next();
};
app.get('/authenticate-token', authenticateToken, auditorsOnly, reports);

// An error that is thrown has the status 500, whatever it says.
app.get('/throws', (req, res) => {
  if (!tokens[tokenOf(req)]) throw new Error('Unauthorized');
  reports(req, res);
});

// Without a status, it is 200.
app.get('/soft', (req, res) => {
  if (!tokens[tokenOf(req)]) return res.json({ error: 'Unauthorized' });
  reports(req, res);
});

// For people, and met by programs.
app.get('/redirects', (req, res) => {
  if (!tokens[tokenOf(req)]) return res.redirect('/login');
  reports(req, res);
});

// The package that tutorials name, as its README begins, and with its option `challenge`.
const users = { alice: 'wonderland', bob: 'builder' };
app.use('/basic-auth', basicAuth({ users }));
app.get('/basic-auth/reports', reports);
app.use('/basic-auth-challenge', basicAuth({ users, challenge: true }));
app.get('/basic-auth-challenge/reports', reports);
app.use('/basic-auth-realm', basicAuth({ users, challenge: true, realm: 'reports' }));
app.get('/basic-auth-realm/reports', reports);

app.listen(Number(fs.readFileSync(config, 'utf8')), '127.0.0.1');
