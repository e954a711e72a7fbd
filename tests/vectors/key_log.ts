/** A second implementation of docs/protocol.md, sections 3, 12 and 13. See primitives.ts. */
import { crockford, join, lp8, type Raw, sha256, u32, u64, u8, verifies } from "./primitives.ts";

/** An entry of the log (13.1). */
export function logEntry(
  fields: { seq: number; time: number; type: number; user: string; record: Raw },
): Raw {
  const { seq, time, type, user, record } = fields;
  return join(u8(1), u64(seq), u64(time), u8(type), lp8(user), sha256(record));
}

/** The root of the tree (13.3), by its recursive definition. */
export function rootOf(entries: readonly Raw[]): Raw {
  if (entries.length === 0) return sha256(new Uint8Array(0));
  if (entries.length === 1) return sha256(join(u8(0), entries[0]!));
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  return sha256(join(u8(1), rootOf(entries.slice(0, split)), rootOf(entries.slice(split))));
}

function base64url(bytes: Raw): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** The signed text of a head (13.4). */
export function headText(realm: Raw, size: number, root: Raw): string {
  return `mailsec/${base64url(realm)}\n${size}\n${root.toBase64()}\n`;
}

/** Whether this is the head (13.4) of a log, signed by this key. */
export function isHead(
  note: string,
  { realm, size, root, sigpk }: { realm: Raw; size: number; root: Raw; sigpk: Raw },
): boolean {
  const origin = `mailsec/${base64url(realm)}`;
  const keyId = sha256(join(origin, u8(0x0a), u8(0xff), "mailsec/1 log-head", sigpk)).slice(0, 4);
  const signed = headText(realm, size, root);
  const start = `${signed}\n\u2014 ${origin} `;
  if (!note.startsWith(start) || !note.endsWith("\n")) return false;
  const last = Uint8Array.fromBase64(note.slice(start.length, -1));
  return last.slice(0, 4).toHex() === keyId.toHex() &&
    verifies("log-head", sigpk, join(signed), last.slice(4));
}

/** The code of an invite (3.3). */
export function inviteCode(fields: {
  rootFingerprint: Raw;
  secret: Raw;
  logSize: number;
  logRoot: Raw;
  inviter: Raw;
}): string {
  const cut = (hash: Raw) => hash.slice(0, 20);
  const { rootFingerprint, secret, logSize, logRoot, inviter } = fields;
  const all = join(u8(2), cut(rootFingerprint), secret, u32(logSize), cut(logRoot), cut(inviter));
  return crockford(join(all, sha256(join("mailsec/1 invite-check\0", all)).slice(0, 4)));
}

/** A server record (3.2) without its signature. */
export function serverRecordStart(fields: {
  realm: Raw;
  seq: number;
  notBefore: number;
  notAfter: number;
  sigpk: Raw;
  kempk: Raw;
}): Raw {
  const { realm, seq, notBefore, notAfter, sigpk, kempk } = fields;
  return join(u8(1), realm, u32(seq), u64(notBefore), u64(notAfter), u8(1), u8(1), sigpk, kempk);
}
