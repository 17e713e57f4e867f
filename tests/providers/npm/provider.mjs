// One company's sign-in for the tests, on the certified implementation `oidc-provider`: node provider.mjs SETTINGS
//
// SETTINGS is a JSON file: issuer (https://localhost:PORT), key and certificate (paths of PEM files), algorithm (of
// its ID tokens), pushed (whether requests have to be pushed), client (the one registered client, in the words of
// OpenID Connect Dynamic Client Registration) and people (each sub, password, second, claims). Signing keys are made at
// each start, so starting again is a rotation. Everything is kept in memory.
import { generateKeyPairSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider, { interactionPolicy } from 'oidc-provider';

const STRONG = 'phr';
const ORDINARY = 'pwd';
const KINDS = { ES256: ['ec', { namedCurve: 'P-256' }], EdDSA: ['ed25519'], PS256: ['rsa', { modulusLength: 2048 }] };
const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const people = new Map(settings.people.map((person) => [person.sub, person]));

function signingKey() {
  const made = generateKeyPairSync(...KINDS[settings.algorithm]).privateKey.export({ format: 'jwk' });
  return { ...made, use: 'sig', alg: settings.algorithm };
}

// Whoever wants another class of sign-in than the one there is is asked again: OpenID leaves that to the provider.
function policy() {
  const { Check } = interactionPolicy;
  const made = interactionPolicy.base();
  made.get('login').checks.add(new Check('class_wanted', 'another class of sign-in is wanted', ({ oidc }) => {
    const wanted = (oidc.params.acr_values ?? '').split(' ').filter(Boolean);
    const met = wanted.length === 0 || wanted.includes(oidc.acr) || oidc.result?.login;
    return met ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
  }));
  return made;
}

// The client is the company's own choice, so nobody is asked to consent.
async function granted(ctx) {
  const { oidc } = ctx;
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope('openid profile email');
  await grant.save();
  return grant;
}

function askToLeave(ctx, form) {
  ctx.body = page(form.replace('</form>', '<button name="logout" value="yes">Sign out</button></form>'));
}

const FIELDS = '<input name="login"><input name="password" type="password"><input name="second"><button>Sign in</button>';

const provider = new Provider(settings.issuer, {
  clients: [settings.client],
  jwks: { keys: [signingKey()] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  acrValues: [STRONG, ORDINARY],
  claims: {
    openid: ['sub'],
    profile: ['name', 'roles'],
    email: ['email', 'email_verified'],
    acr: null,
    amr: null,
    auth_time: null,
    iss: null,
    sid: null,
  },
  clientAuthMethods: [settings.client.token_endpoint_auth_method],
  enabledJWA: {
    idTokenSigningAlgValues: [settings.algorithm],
    clientAuthSigningAlgValues: ['EdDSA', 'ES256'],
  },
  features: {
    backchannelLogout: { enabled: true },
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: settings.pushed },
    rpInitiatedLogout: { enabled: true, logoutSource: askToLeave },
  },
  // The service under test stands on this machine's loopback address, where the library's own guard does not let it go.
  fetch: (url, options) => { delete options.dispatcher; return globalThis.fetch(url, options); },
  findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...people.get(sub).claims }) }),
  interactions: { policy: policy(), url: (ctx, { uid }) => `/interaction/${uid}` },
  loadExistingGrant: granted,
  pkce: { required: () => true },
  ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 3600, IdToken: 300, Interaction: 600, Session: 3600 },
});
provider.on('server_error', (ctx, error) => console.error(error));
provider.on('backchannel.error', (ctx, error) => console.error(error));

function page(content) {
  return `<!doctype html><html lang="en"><title>Sign in</title><body>${content}</body></html>`;
}

async function sent(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}

function same(one, other) {
  const [left, right] = [Buffer.from(one ?? ''), Buffer.from(other ?? '')];
  return left.length > 0 && left.length === right.length && timingSafeEqual(left, right);
}

// The company's own page: a name, a password and, for whoever has one, what stands for a second factor.
async function ask(request, response) {
  await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(page(`<form method="post">${FIELDS}</form>`));
    return;
  }
  const form = await sent(request);
  const person = people.get(form.get('login'));
  if (!person || !same(form.get('password'), person.password)) {
    await provider.interactionFinished(request, response, { error: 'access_denied' }, { mergeWithLastSubmission: false });
    return;
  }
  const strong = same(form.get('second'), person.second);
  const login = { accountId: person.sub, acr: strong ? STRONG : ORDINARY, amr: strong ? ['pwd', 'hwk'] : ['pwd'] };
  await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
}

const answer = provider.callback();
const tls = { key: readFileSync(settings.key), cert: readFileSync(settings.certificate) };
createServer(tls, (request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    answer(request, response);
    return;
  }
  ask(request, response).catch((error) => {
    console.error(error);
    response.statusCode = 400;
    response.end();
  });
}).listen(Number(new URL(settings.issuer).port), 'localhost', () => console.log('ready'));
