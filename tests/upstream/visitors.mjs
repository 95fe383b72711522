// The visitor accounts and their tokens, and the judgement of a credential.
//
// Does not: speak HTTP (sign-in.mjs, chat.mjs), or verify signatures: a token
// is good when it was issued here, has not expired and was not revoked.
// Called by: server.mjs makes it; the endpoints use it.

import { createHmac, randomBytes, randomUUID } from 'node:crypto';

export class Visitors {
  #secret = randomBytes(32);
  #accounts = new Set();
  #expiryOf = new Map();
  #accountOf = new Map(); // by token; a revoked one is still somebody's

  /** Issues a new token; `created` tells whether the id was unknown. */
  signIn(id, lifetimeSeconds) {
    const created = !this.#accounts.has(id);
    this.#accounts.add(id);
    const now = Math.floor(Date.now() / 1000);
    const exp = now + lifetimeSeconds;
    // The jti makes a token issued after a revocation differ from the revoked one.
    const token = this.#jwt({ id, exp, iat: now, jti: randomUUID() });
    this.#expiryOf.set(token, exp);
    this.#accountOf.set(token, id);
    return { token, exp, created };
  }

  /** Makes every token issued so far a bad one; the accounts stay. */
  revokeTokens() {
    this.#expiryOf.clear();
  }

  forgetAccounts() {
    this.revokeTokens();
    this.#accounts.clear();
  }

  get accountIds() {
    return [...this.#accounts];
  }

  /** Whose credential this is: a visitor's id, an API key itself, or null. */
  accountOf(credential) {
    if (credential?.startsWith('degpt-')) return credential;
    return this.#accountOf.get(credential) ?? null;
  }

  /** Judges an Authorization header: null when good, else `{status, detail}`. */
  refusalOf(authorization) {
    if (authorization === undefined) return { status: 403, detail: 'Not authenticated' };
    const credential = bearer(authorization);
    if (credential === null) return { status: 403, detail: 'Invalid authentication credentials' };
    return this.#isGood(credential) ? null : { status: 401, detail: badCredential };
  }

  #isGood(credential) {
    if (credential.startsWith('degpt-')) return !credential.startsWith('degpt-bad');
    return (this.#expiryOf.get(credential) ?? 0) > Date.now() / 1000;
  }

  #jwt(claims) {
    const unsigned = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => base64url(JSON.stringify(part))).join('.');
    return `${unsigned}.${createHmac('sha256', this.#secret).update(unsigned).digest('base64url')}`;
  }
}

/** The credential of an Authorization header, or null when it is no Bearer one. */
export function bearer(authorization) {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}

const badCredential = 'Your session has expired or the token is invalid. Please sign in again.';

function base64url(text) {
  return Buffer.from(text).toString('base64url');
}
