/**
 * Derives sixteen bytes from `password` with PBKDF2-HMAC-SHA-256 (RFC 8018, section 5.2). Each guess
 * at the password costs `rounds` rounds of work. The runtime computes it natively, and allows
 * 100,000 rounds at most.
 */
export async function stretch(password, salt, rounds) {
  const bytes = (text) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey("raw", bytes(password), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: rounds };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 128));
}
