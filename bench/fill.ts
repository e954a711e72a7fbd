/**
 * Fills a mailbox on a server's disk with mails, faster than they could be sent: each with its sealed
 * entry and its sealed content, as a client has left them that has looked at all of them. Headers and
 * summaries are noise: nobody opens them any more.
 */

import type { Bytes } from "../crypto/bytes.ts";
import { randomBytes, utf8 } from "../crypto/bytes.ts";
import { type AcceptedEntry, marksIn } from "../crypto/entry_fields.ts";
import { contentHash, sealContent } from "../crypto/envelope_content.ts";
import { EntrySealer } from "../crypto/sealed_entry.ts";
import { sealMeta } from "../server/handlers/incoming_mail.ts";
import { withOffice } from "../server/admin/office.ts";
import { AtRest } from "../server/vault/at_rest.ts";

const WORDS = 20_000;
const BATCH_MAILS = 500;
const HOUR_MS = 3_600_000;

export interface FilledMailbox {
  readonly data: string;
  readonly user: string;
  readonly realm: Bytes;
  readonly bundleKey: Bytes;
  readonly count: number;
}

/** A word of a vocabulary whose first words are the most frequent. */
export function wordAt(rank: number): string {
  return `w${(rank * 7919 % WORDS).toString(36)}`;
}

function words(count: number): string {
  const rank = () => Math.floor(Math.exp(Math.random() * Math.log(WORDS))) - 1;
  return Array.from({ length: count }, () => wordAt(rank())).join(" ");
}

export async function fillMailbox(mailbox: FilledMailbox): Promise<void> {
  const { data, user, realm, bundleKey, count } = mailbox;
  const sealer = new EntrySealer(bundleKey, { realm, user });
  await withOffice(data, async ({ store, secrets }) => {
    const atRest = new AtRest(secrets.databaseKey);
    const tag = atRest.tagOf(user);
    for (let first = 0; first < count; first += BATCH_MAILS) {
      const batch = Array.from({ length: Math.min(BATCH_MAILS, count - first) }, async (_, i) => {
        const number = first + i;
        const messageId = randomBytes(16);
        const arrived = Date.now() - (count - number) * HOUR_MS;
        const { entry, content } = await mailOf(number, user, arrived);
        return await store.deliver({
          ...{ messageId, content, digest: randomBytes(32), mailboxes: [tag] },
          meta: sealMeta(atRest, messageId, { arrived, from: user }),
          header: atRest.seal("header", messageId, randomBytes(64)),
          summary: randomBytes(64),
          own: { tag, sealed: sealer.seal({ messageId, revision: 1 }, entry) },
        });
      });
      await Promise.all(batch);
    }
  });
}

async function mailOf(
  number: number,
  user: string,
  date: number,
): Promise<{ entry: AcceptedEntry; content: Bytes }> {
  const body = words(120);
  const mime = utf8(
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
      `${utf8(body).toBase64().replace(/.{76}/g, "$&\r\n")}\r\n`,
  );
  const [contentKey, headerSha512] = [randomBytes(32), randomBytes(64)];
  const contentSha512 = await contentHash(mime);
  const content = await sealContent({ contentKey, headerSha512, mime });
  const sender = `user${number % 20}`;
  const entry: AcceptedEntry = {
    ...{ rejected: null, kind: "import", contentKey, headerSha512, from: user },
    origin: { from: sender, to: [user], cc: [], bcc: [], messageId: null },
    ...{ fromFingerprint: randomBytes(32), to: [], cc: [], date, subject: words(6) },
    ...{ preview: body.slice(0, 200), inReplyTo: null, references: [], attachments: [] },
    ...{ size: body.length, contentLength: mime.length, contentSha512, warnings: [] },
    ...marksIn("inbox", number % 3 === 0 ? [] : ["read"]),
  };
  return { entry, content };
}
