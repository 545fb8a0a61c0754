// A certified OpenID provider for tests, at a port of its own, with one public client `skx` that has the device flow.
// Whoever signs in as NAME is NAME, and has the address NAME@example.com.
//
// It prints its issuer, and then reads standard input, one request in a line, and answers each with one line:
//   approve URL NAME   a person with a browser opens URL, signs in as NAME and agrees
//   deny URL           a person opens URL and declines
//   token NAME         an ID token for NAME, got by the device flow
//   rotate ALGORITHM   signs with a new key from now on, and publishes no other
//   lifetime SECONDS   the time there is to agree, of what begins from now on
//   groups NAMES       from now on everybody is in these groups of the provider, separated by commas
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

// What the provider has to say of itself is no answer.
console.info = console.error;

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
let groups = '';
let lifetime = 60;

const key = (alg) => {
  const { privateKey } = {
    RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  }[alg]();
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg, use: 'sig' };
};

let provider;
const make = (issuer, alg) => {
  provider = new Provider(issuer, {
    jwks: { keys: [key(alg)] },
    cookies: { keys: [randomUUID()] },
    clients: [
      {
        client_id: 'skx',
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        grant_types: [DEVICE_CODE],
        response_types: [],
        redirect_uris: [],
        id_token_signed_response_alg: alg,
      },
    ],
    features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'] },
    conformIdTokenClaims: false,
    scopes: ['openid', 'email', 'profile', 'groups'],
    claims: { openid: ['sub', 'nth'], email: ['email'], profile: ['preferred_username', 'name'], groups: ['groups'] },
    ttl: { DeviceCode: () => lifetime },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        // No two tokens are the same, even of one second.
        nth: randomUUID(),
        email: `${id}@example.com`,
        preferred_username: id,
        name: `${id} of the provider`,
        groups: groups.split(',').filter(Boolean),
      }),
    }),
  });
};

const server = createServer((request, response) => provider.callback()(request, response));
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
make(issuer, 'RS256');
console.log(issuer);

// A browser: follows, keeps cookies, and fills in every form there is. `fields` says what goes into which.
const browse = async (url, fields) => {
  const cookies = new Map();
  let request = [url, {}];
  let declined = false;
  for (let step = 0; step < 30; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const [at, options] = request;
    const response = await fetch(at, { ...options, redirect: 'manual', headers: { ...options.headers, cookie } });
    if (declined) return 'done';
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split(/=(.*)/s);
      cookies.set(name, value);
    }
    const next = response.headers.get('location');
    if (next) {
      request = [new URL(next, at).href, {}];
      continue;
    }
    const html = await response.text();
    // The last page has none, or one that has been refused for good.
    const form = response.ok && html.match(/<form[\s\S]*?<\/form>/)?.[0];
    if (!form) return response.ok ? 'done' : `failed ${response.status} ${html.replaceAll('\n', ' ')}`;
    const attribute = (tag, word) => tag.match(new RegExp(`\\b${word}="([^"]*)"`))?.[1];
    const filled = new URLSearchParams();
    for (const [input] of form.matchAll(/<input[^>]*>/g)) {
      const name = attribute(input, 'name');
      if (name) filled.set(name, fields[name] ?? attribute(input, 'value') ?? '');
    }
    if (fields.abort && filled.has('confirm')) {
      filled.set('abort', 'yes');
      declined = true;
    }
    request = [
      new URL(attribute(form, 'action'), at).href,
      { method: 'POST', body: filled.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ];
  }
  return 'failed: there is no end to it';
};

const post = async (path, form) =>
  (await fetch(issuer + path, { method: 'POST', body: new URLSearchParams({ client_id: 'skx', ...form }) })).json();

const requests = {
  approve: (url, name) => browse(url, { login: name, password: 'x' }),
  deny: (url) => browse(url, { abort: 'yes' }),
  token: async (name) => {
    const flow = await post('/device/auth', { scope: 'openid profile email groups' });
    await browse(flow.verification_uri_complete, { login: name, password: 'x' });
    return (await post('/token', { grant_type: DEVICE_CODE, device_code: flow.device_code })).id_token;
  },
  rotate: (alg) => make(issuer, alg),
  lifetime: (seconds) => {
    lifetime = Number(seconds);
  },
  groups: (names) => {
    groups = names ?? '';
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...words] = line.split(' ');
  console.log((await Promise.resolve(requests[verb](...words)).catch((error) => `failed ${error}`)) ?? 'done');
}
process.exit(0);
