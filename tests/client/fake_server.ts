/**
 * A server in memory, below the requests: no connection, no handshake. It can be made to lie, which
 * the real one cannot: `lies` gets each request and the honest reply to it.
 */

import { EMPTY_ACCOUNT_STATE, sealState } from "../../crypto/account_state.ts";
import { type Bytes, equalBytes, randomBytes, toHex } from "../../crypto/bytes.ts";
import { generateKemKeyPair, importKemPrivateKey } from "../../crypto/composite_kem.ts";
import { decodeHeader } from "../../crypto/envelope_header.ts";
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import {
  type IdentityRecord,
  makeFirstIdentity,
  makeResetIdentity,
  makeRotatedIdentity,
} from "../../crypto/identity.ts";
import { inviteToken, inviteTokenHash } from "../../crypto/invite.ts";
import { makeInviteGrant } from "../../crypto/invite_grant.ts";
import { newBundleKey } from "../../crypto/key_bundle.ts";
import { generateSigningKeyPair, importSigner, type Signer } from "../../crypto/sign.ts";
import type { Vouch } from "../../crypto/vouch.ts";
import type { AccountKeys } from "../../client/access.ts";
import type { OpenAccount } from "../../client/account.ts";
import { KeyLog } from "../../client/key_log/key_log.ts";
import type { LogStores } from "../../client/key_log/log_account.ts";
import { SessionEvents } from "../../client/session_events.ts";
import { type RevisionMemory, StateStore } from "../../client/state_store.ts";
import { type ErrorCode, ServerError } from "../../protocol/error_codes.ts";
import type { Message } from "../../protocol/messages/message.ts";
import type { RequestType } from "../../protocol/registry.ts";
import { FakeStore } from "./search/doubles.ts";
import { FakeLog, fakeLogStores, fakeRoot } from "./fake_log.ts";

// deno-lint-ignore no-explicit-any -- bodies are checked against the schemas on both ways
type Body = any;
type Handlers = { readonly [Type in RequestType]?: (user: string, body: Body) => Body };

interface StoredMail {
  header: Bytes;
  summary: Bytes;
  content: Bytes;
  arrived: number;
}

interface StoredEntry {
  index: number;
  messageId: Bytes;
  revision: number;
  sealed: Bytes | null;
  /** That of the mailbox at the last change. */
  modseq: number;
}

/** A user's keys, as her devices have them, and her identity record. */
export interface Person {
  readonly user: string;
  readonly keys: AccountKeys;
  readonly identity: IdentityRecord;
}

/** Makes keys for a user, at some expense (RSA). */
export function makePerson(user: string): Promise<Person> {
  return withNewKeys(user, (made) => makeFirstIdentity({ ...made, user, inviteSecret: null }));
}

/** The same user with new keys, signed with the old ones. */
export async function rotated({ user, keys, identity }: Person): Promise<Person> {
  const next = await withNewKeys(
    user,
    (made) => makeRotatedIdentity({ ...made, previous: identity, previousSigner: keys.signer }),
  );
  const kem = [...next.keys.kem, ...keys.kem];
  return { ...next, keys: { ...next.keys, bundleKey: keys.bundleKey, kem } };
}

/** Somebody who has got the name, as the server's machine has allowed. */
export function resetTo({ user, identity }: Person, by?: Person): Promise<Person> {
  return withNewKeys(user, async (made) => {
    const inviteSecret = randomBytes(16);
    const grant = await makeInviteGrant({
      ...{ user, role: "member" as const, epoch: identity.epoch + 1, prevHash: identity.hash },
      tokenHash: inviteTokenHash(inviteToken(inviteSecret)),
      ...{ time: Date.now(), by: by?.user ?? "", signer: by?.keys.signer ?? await fakeRoot() },
    });
    return await makeResetIdentity({ ...made, user, inviteSecret, grant });
  });
}

async function withNewKeys(
  user: string,
  identify: (
    made: { kemPublicKey: Bytes; signer: Signer; time: number },
  ) => Promise<IdentityRecord>,
): Promise<Person> {
  const [kem, signing] = await Promise.all([generateKemKeyPair(), generateSigningKeyPair()]);
  const signer = await importSigner(signing.secret);
  const kemPublicKey = kem.publicKey;
  return {
    user,
    keys: {
      bundleKey: newBundleKey(),
      signer,
      kem: [await importKemPrivateKey(kem.secret, kemPublicKey)],
    },
    identity: await identify({ kemPublicKey, signer, time: Date.now() }),
  };
}

export class FakeServer {
  readonly realm = randomBytes(32);
  /** What lookups give, the newest last. */
  readonly identities = new Map<string, Bytes[]>();
  readonly vouches = new Map<string, Bytes[]>();
  readonly log = new FakeLog(this.realm);
  readonly mails = new Map<string, StoredMail>();
  readonly boxes = new Map<string, StoredEntry[]>();
  /** Counts the changes to the mailbox of each user. */
  readonly modseqs = new Map<string, number>();
  /** Removals, by user. */
  readonly removals = new Map<string, { modseq: number; index: number }[]>();
  /** By user and name. */
  readonly blobs = new Map<string, { name: Bytes; revision: number; sealed: Bytes }>();
  readonly states = new Map<string, { revision: number; sealed: Bytes }>();
  /** Types of the requests so far. */
  readonly asked: string[] = [];
  /** Changes honest replies; may throw. */
  lies: { [Type in RequestType]?: (user: string, body: Body, honest: () => Body) => Body } = {};

  /** Registers a person, and logs her in. */
  async join(person: Person): Promise<FakeAccount> {
    const { user, keys, identity } = person;
    this.register(person);
    this.boxes.set(user, []);
    const { size, root, note } = await this.log.head();
    const place = { realm: this.realm, user, revision: 1 };
    const state = { ...EMPTY_ACCOUNT_STATE, identity: identity.hash, log: { size, root, note } };
    this.states.set(user, { revision: 1, sealed: sealState(keys.bundleKey, place, state) });
    return await this.login(person);
  }

  /** Puts new keys of somebody into the directory and the log; returns the entry's number. */
  register({ user, identity }: Person): number {
    this.identities.set(user, [...this.identities.get(user) ?? [], identity.bytes]);
    return this.log.append(identity.type, user, identity.bytes);
  }

  /** Puts a vouch into the directory and the log. */
  vouch({ user, bytes }: Vouch): void {
    this.vouches.set(user, [...this.vouches.get(user) ?? [], bytes]);
    this.log.append("vouch", user, bytes);
  }

  /** Another session; on a new device, unless its memories are given. */
  async login(
    person: Person,
    memory: RevisionMemory = new FakeMemory(),
    stores: LogStores = fakeLogStores(),
  ): Promise<FakeAccount> {
    return await FakeAccount.open(this, person, { memory, stores });
  }

  /** Which log a user is shown. */
  logOf: (user: string) => FakeLog = () => this.log;

  box(user: string): StoredEntry[] {
    return this.boxes.get(user)!;
  }

  /** Puts a mail into some mailboxes, whatever its header says. */
  deliver(
    mail: { messageId: Bytes; header: Bytes; summary: Bytes; content: Bytes },
    to: readonly string[],
    arrived = Date.now(),
  ): void {
    const { messageId, header, summary, content } = mail;
    this.mails.set(toHex(messageId), { header, summary, content, arrived });
    for (const user of to) {
      const box = this.box(user);
      const removed = this.removals.get(user)?.length ?? 0;
      const index = box.length + removed + 1;
      box.push({ index, messageId, revision: 0, sealed: null, modseq: this.#nextModseq(user) });
    }
  }

  #nextModseq(user: string): number {
    const modseq = (this.modseqs.get(user) ?? 0) + 1;
    this.modseqs.set(user, modseq);
    return modseq;
  }

  answer(user: string, type: RequestType, body: Body): Body {
    this.asked.push(type);
    const honest = () => {
      const handler = this.#handlers[type];
      if (handler === undefined) throw new Error(`the fake server knows no ${type}`);
      return handler(user, body);
    };
    const lie = this.lies[type];
    return lie === undefined ? honest() : lie(user, body, honest);
  }

  readonly #handlers: Handlers = {
    lookup: (_, { users }) => ({
      results: users.map((user: string) => {
        const identities = this.identities.get(user) ?? [];
        const status = identities.length === 0 ? "unknown" : "active";
        return { user, status, identities, vouches: this.vouches.get(user) ?? [] };
      }),
    }),
    log_sync: (user, { from }) => this.logOf(user).page(from),
    send: (user, mail) => {
      const there = this.mails.get(toHex(mail.messageId));
      if (there === undefined) {
        this.deliver(mail, decodeHeader(mail.header).stanzas.map(({ user }) => user));
        const own = this.#find(user, mail.messageId);
        if (mail.ownEntry !== null) Object.assign(own!, { revision: 1, sealed: mail.ownEntry });
      } else if (!equalBytes(there.content, mail.content)) throw new ServerError("id_reused");
      return { arrived: this.mails.get(toHex(mail.messageId))!.arrived };
    },
    list: (user, { before, limit }) => {
      const box = this.box(user);
      const below = box.filter(({ index }) => before === null || index < before);
      const modseq = this.modseqs.get(user) ?? 0;
      const entries = below.slice(-limit).reverse().map(this.#entry);
      return { total: box.length, modseq, entries };
    },
    changes: (user, { since, limit }) => {
      const now = this.modseqs.get(user) ?? 0;
      const changed = this.box(user).filter(({ modseq }) => modseq > since)
        .sort((a, b) => a.modseq - b.modseq);
      const page = changed.slice(0, limit);
      const next = page.length < changed.length ? page.at(-1)!.modseq : now;
      const removed = (this.removals.get(user) ?? [])
        .filter(({ modseq }) => modseq > since && modseq <= next).map(({ index }) => index);
      return {
        reset: since > now,
        next,
        more: next < now,
        entries: page.map(this.#entry),
        removed,
      };
    },
    remove_mails: (user, { messageIds }) => {
      const gone = messageIds.flatMap((id: Bytes) => this.#find(user, id) ?? []);
      const removals = this.removals.get(user) ?? [];
      for (const { index } of gone) removals.push({ modseq: this.#nextModseq(user), index });
      this.removals.set(user, removals);
      this.boxes.set(user, this.box(user).filter((entry) => !gone.includes(entry)));
      return { removed: gone.length };
    },
    put_blob: (user, { name, revision, sealed }) => {
      const key = `${user}/${toHex(name)}`;
      if ((this.blobs.get(key)?.revision ?? 0) !== revision) throw new ServerError("conflict");
      this.blobs.set(key, { name, revision: revision + 1, sealed });
      return { revision: revision + 1 };
    },
    get_blob: (user, { name }) => {
      const { revision = 0, sealed = null } = this.blobs.get(`${user}/${toHex(name)}`) ?? {};
      return { revision, sealed };
    },
    list_blobs: (user) => ({
      blobs: [...this.blobs].filter(([key]) => key.startsWith(`${user}/`)).sort().map(
        ([, { name, revision, sealed }]) => ({ name, revision, bytes: sealed.length }),
      ),
      more: false,
    }),
    remove_blob: (user, { name, revision }) => {
      const key = `${user}/${toHex(name)}`;
      if (this.blobs.get(key)?.revision !== revision) throw new ServerError("conflict");
      this.blobs.delete(key);
      return {};
    },
    entries: (user, { indices, messageIds }) => {
      const byIndex = indices.map((i: number) => this.box(user).find(({ index }) => index === i));
      const byId = messageIds.map((id: Bytes) => this.#find(user, id));
      return { entries: [...byIndex, ...byId].filter((entry) => entry).map(this.#entry) };
    },
    fetch: (user, { messageIds }) => ({
      mails: messageIds.filter((id: Bytes) => this.#find(user, id)).map((messageId: Bytes) => {
        const { header, summary } = this.mails.get(toHex(messageId))!;
        return { messageId, header, summary };
      }),
    }),
    content: (_, { messageId, offset, length }) => {
      const { content } = this.mails.get(toHex(messageId))!;
      return { data: content.slice(offset, offset + length), total: content.length };
    },
    put_entry: (user, { items }) => ({
      results: items.map((item: StoredEntry) => {
        const entry = this.#find(user, item.messageId);
        const ok = entry?.revision === item.revision;
        const modseq = ok ? this.#nextModseq(user) : 0;
        if (ok) Object.assign(entry!, { revision: item.revision + 1, sealed: item.sealed, modseq });
        return { messageId: item.messageId, revision: entry?.revision ?? 0, ok, modseq };
      }),
    }),
    get_state: (user) => this.states.get(user),
    put_state: (user, { revision, sealed }) => {
      if (this.states.get(user)!.revision !== revision) throw new ServerError("conflict");
      this.states.set(user, { revision: revision + 1, sealed });
      return { revision: revision + 1 };
    },
  };

  #find(user: string, id: Bytes): StoredEntry | undefined {
    return this.box(user).find(({ messageId }) => equalBytes(messageId, id));
  }

  readonly #entry = ({ modseq: _, ...entry }: StoredEntry) => {
    const mail = this.mails.get(toHex(entry.messageId))!;
    return { ...entry, arrived: mail.arrived, contentLength: mail.content.length };
  };
}

/** What a device remembers of its account's state. */
export class FakeMemory implements RevisionMemory {
  readonly path = "/memory.json";
  revision = 0;

  newest(): Promise<number> {
    return Promise.resolve(this.revision);
  }

  remember(revision: number): Promise<void> {
    this.revision = Math.max(this.revision, revision);
    return Promise.resolve();
  }
}

/** An account on the fake server. */
export class FakeAccount implements OpenAccount {
  readonly user: string;
  readonly realm: Bytes;
  keys: AccountKeys;
  readonly rootKey: Bytes;
  readonly indexStore = new FakeStore();
  readonly events = new SessionEvents();
  readonly hello = {
    timeMs: Date.now(),
    maxBodyBytes: 1_000_000,
    maxMessageBytes: 32 * 1024 * 1024,
    maxRecipients: 200,
    idleSeconds: 900,
  };
  state!: StateStore;
  log!: KeyLog;
  readonly #server: FakeServer;

  private constructor(server: FakeServer, { user, keys }: Person, rootKey: Bytes) {
    this.#server = server;
    this.user = user;
    this.realm = server.realm;
    this.keys = keys;
    this.rootKey = rootKey;
  }

  get fingerprint(): Bytes {
    return fingerprintOf(this.keys.signer.publicKey);
  }

  get care(): never {
    throw new Error("the fake server keeps no credentials");
  }

  static async open(
    server: FakeServer,
    person: Person,
    { memory, stores }: { memory: RevisionMemory; stores: LogStores },
  ): Promise<FakeAccount> {
    const account = new FakeAccount(server, person, (await fakeRoot()).publicKey);
    const { user, realm, keys: { bundleKey } } = account;
    account.state = await StateStore.load(account.request, { user, realm, bundleKey, memory });
    account.log = await KeyLog.open(account, stores);
    return account;
  }

  readonly request = async <Request, Reply>(
    message: Message<string, Request, Reply>,
    body: Request,
  ): Promise<Reply> => {
    const asked = structuredClone(message.request.check(body));
    await Promise.resolve();
    const reply = await this.#server.answer(this.user, message.type as RequestType, asked);
    return message.reply.check(structuredClone(reply));
  };

  withSession<T>(work: (session: Pick<FakeAccount, "request">) => Promise<T>): Promise<T> {
    return work(this);
  }

  async close(): Promise<void> {
    await this.state.settled();
  }
}

/** For `lies`: refuses. */
export function refuse(code: ErrorCode, names: string[] = []): () => never {
  return () => {
    throw new ServerError(code, names);
  };
}
