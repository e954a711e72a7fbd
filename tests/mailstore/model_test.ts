import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { utf8 } from "../../crypto/bytes.ts";
import type { LogAppend } from "../../mailstore/log_store.ts";
import type { AccountChange, AccountStatus, MailStore } from "../../mailstore/store.ts";
import {
  accountOf,
  ENGINES,
  filled,
  logEntry,
  mail,
  messageIdOf,
  NOW,
  patterned,
  tagOf,
  upload,
} from "./fixtures.ts";

/** One call of the store; its result must be the same in every engine. */
interface Call {
  readonly label: string;
  run(store: MailStore): Promise<unknown>;
}

// Few names and ids, so that calls meet each other.
const user = fc.constantFrom("alice", "bob", "carol");
const users = fc.array(user, { minLength: 1, maxLength: 4 });
const id = fc.constantFrom("1", "2", "3", "4");
const digest = fc.constantFrom("d", "d", "d", "e").map((text) => filled(text, 32));
const small = fc.nat({ max: 4 });
const text = fc.string({ maxLength: 6 }).map(utf8);
const status = fc.constantFrom("invited", "registered", "active", "active", "disabled" as const);
const tokenHash = fc.constantFrom("t", "u").map((name) => filled(name, 32));
const content = fc.constantFrom(0, 1, 5, 300_000).map(patterned);
const time = fc.nat({ max: 3 }).map((days) => NOW + days * 12 * 3_600_000);

/** Up to two entries for the end of a log that may have so many, or not. */
const log = fc.tuple(small, user, fc.array(fc.option(text), { maxLength: 2 })).map(
  ([first, name, records]) =>
    records.map((record, i): LogAppend => ({ ...logEntry(first + i, name), record })),
);

/** What a change of an account may bring besides the account. */
const changeParts = fc.record({
  invite: fc.option(fc.record({ tokenHash, expires: time })),
  identity: fc.record({ expectedCount: small, record: text }),
  log,
}, { requiredKeys: [] });

interface ChangeChoice extends Pick<AccountChange, "invite" | "identity" | "log"> {
  /** Null: remove the account. */
  readonly state: AccountStatus | null;
  readonly empties: boolean;
}

/** A change that the contract allows. `version` 0 stands for an account that must not exist. */
function changeOf(name: string, version: number, choice: ChangeChoice): AccountChange {
  const { state, empties, invite, ...others } = choice;
  const { tag, ...account } = accountOf(name, state ?? "active");
  const removed = state === null && version > 0;
  return {
    ...others,
    tag,
    expectedVersion: version === 0 ? null : version,
    account: removed ? null : account,
    empties,
    ...(invite === null || (invite !== undefined && state === "invited") ? { invite } : {}),
  };
}

function call<Values extends unknown[]>(
  label: string,
  values: { [K in keyof Values]: fc.Arbitrary<Values[K]> },
  run: (store: MailStore, ...values: Values) => Promise<unknown>,
): fc.Arbitrary<Call> {
  return fc.tuple<Values>(...values).map((chosen) => ({
    label: `${label} ${fc.stringify(chosen).slice(0, 300)}`,
    run: (store) => run(store, ...chosen),
  }));
}

const accountCalls = [
  call(
    "saveAccount",
    [user, status, fc.option(small)],
    (store, name, state, version) => store.saveAccount(accountOf(name, state), version),
  ),
  call("removeAccount", [user], (store, name) => store.removeAccount(tagOf(name))),
  call(
    "putInvite",
    [user, tokenHash, time],
    (store, name, hash, expires) => store.putInvite({ tag: tagOf(name), tokenHash: hash, expires }),
  ),
  call(
    "register",
    [user, tokenHash, time, text, log],
    (store, name, hash, now, blob, entries) =>
      store.register({
        tag: tagOf(name),
        tokenHash: hash,
        now,
        account: { profile: blob, login: blob, bundle: blob },
        identity: blob,
        state: blob,
        log: entries,
      }),
  ),
  call("appendLog", [log], (store, entries) => store.appendLog(entries)),
  call(
    "changeAccount",
    [user, small, fc.option(status), fc.boolean(), changeParts],
    (store, name, version, state, empties, parts) =>
      store.changeAccount(changeOf(name, version, { state, empties, ...parts })),
  ),
  call(
    "saveAttempts",
    [user, small, small],
    (store, name, failed, blockedUntil) =>
      store.saveAttempts(tagOf(name), { failed, blockedUntil }),
  ),
  call(
    "saveState",
    [user, small, text],
    (store, name, revision, blob) => store.saveState(tagOf(name), revision, blob),
  ),
];

const mailCalls = [
  call(
    "deliver",
    [id, users, digest, content, fc.option(fc.tuple(user, text))],
    (store, name, to, hash, bytes, owned) => {
      const own = owned === null ? null : { tag: tagOf(owned[0]), sealed: owned[1] };
      return store.deliver(mail(name, to, { digest: hash, content: bytes, own }));
    },
  ),
  call(
    "stage",
    [id, users, digest, user, small, time],
    (store, name, to, hash, owner, size, now) =>
      store.stage(
        upload(name, to, { digest: hash, owner: tagOf(owner), contentLength: size, now }),
      ),
  ),
  call(
    "appendContent",
    [id, user, small, small],
    (store, name, owner, offset, size) =>
      store.appendContent({
        owner: tagOf(owner),
        messageId: messageIdOf(name),
        offset,
        data: patterned(size + 1),
      }),
  ),
  call(
    "commitStaged",
    [id, user, text, fc.option(text)],
    (store, name, owner, meta, own) =>
      store.commitStaged({ owner: tagOf(owner), messageId: messageIdOf(name), meta, own }),
  ),
  call("putEntries", [user, fc.array(fc.tuple(id, small, text), { maxLength: 3 })], (
    store,
    name,
    items,
  ) =>
    store.putEntries(
      tagOf(name),
      items.map(([of, revision, sealed]) => ({ messageId: messageIdOf(of), revision, sealed })),
    )),
  call(
    "removeEntries",
    [user, fc.array(id, { maxLength: 2 })],
    (store, name, ids) => store.removeEntries(tagOf(name), ids.map(messageIdOf)),
  ),
  call(
    "putBlob",
    [user, id, small, text],
    (store, owner, name, revision, sealed) =>
      store.putBlob(tagOf(owner), {
        ...{ name: messageIdOf(name), revision, sealed },
        maxTotalBytes: 10,
      }),
  ),
  call(
    "removeBlob",
    [user, id, small],
    (store, owner, name, revision) => store.removeBlob(tagOf(owner), messageIdOf(name), revision),
  ),
];

/** A read under way at the same time as mutations may see them or not: reads come alone. */
const readCalls = [
  call(
    "listEntries",
    [user, fc.option(small), small],
    (store, name, before, limit) => store.listEntries(tagOf(name), { before, limit }),
  ),
  call(
    "listChanges",
    [user, fc.nat({ max: 12 }), small, small],
    (store, name, since, limit, maxBytes) =>
      store.listChanges(tagOf(name), { since, limit: limit + 1, maxBytes }),
  ),
  call("readContent", [user, id, fc.nat({ max: 300_010 }), fc.nat({ max: 300_010 })], (
    store,
    name,
    of,
    offset,
    length,
  ) => store.readContent(tagOf(name), { messageId: messageIdOf(of), offset, length })),
];

/** Everything that can be asked for. */
async function everything(store: MailStore): Promise<unknown[]> {
  const tags = ["alice", "bob", "carol"].map(tagOf);
  const messageIds = ["1", "2", "3", "4"].map(messageIdOf);
  const now = NOW + 1;
  const claims = ["t", "u"].map((name) => filled(name, 32));
  const all: unknown[] = [
    await store.accounts(),
    await store.identities(tags),
    await store.logSize(),
    await store.logEntries(1, 3),
  ];
  for (const tag of tags) {
    all.push(
      await store.account(tag),
      await store.attempts(tag),
      await store.logRecords(tag),
      await store.state(tag),
      await store.listEntries(tag, { before: null, limit: 100 }),
      await store.findEntries(tag, { indices: [1, 3], messageIds: messageIds.slice(1, 3) }),
      await store.listChanges(tag, { since: 0, limit: 100 }),
      await store.mailParts(tag, messageIds),
      await store.blobs(tag, { after: null, limit: 9 }),
      await store.blob(tag, messageIds[0]!),
      ...await Promise.all(claims.map((hash) => store.peekInvite({ tag, tokenHash: hash, now }))),
    );
  }
  return all;
}

/** Runs each batch of calls at once, and says what came out of all of them. */
async function outcomes(store: MailStore, batches: Call[][]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const name of ["alice", "bob"]) await store.saveAccount(accountOf(name), null);
  for (const batch of batches) {
    const settled = await Promise.all(batch.map((step) => step.run(store)));
    results.push(...settled.map((result, i) => [batch[i]!.label, result]));
  }
  return [...results, await everything(store), await store.verify()];
}

/** Runs the calls in an engine of its own. */
async function inEngine(engine: typeof ENGINES[number], batches: Call[][]): Promise<unknown[]> {
  let results: unknown[] = [];
  const stageLimits = { uploadsPerOwner: 2, bytesPerOwner: 6 };
  await engine.with(async (store) => {
    results = await outcomes(store, batches);
  }, { stageLimits, maxRemovals: 2 });
  return results;
}

Deno.test("mailstore: the engines agree on every sequence of calls", async () => {
  const mutation = fc.oneof(...accountCalls, ...mailCalls, ...mailCalls, ...mailCalls);
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 5 });
  const read = fc.oneof(...readCalls).map((only) => [only]);
  const batches = fc.array(fc.oneof(mutations, mutations, read), { maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(batches, async (chosen) => {
      const [first, ...others] = await Promise.all(ENGINES.map((e) => inEngine(e, chosen)));
      for (const other of others) assertEquals(other, first);
      assertEquals(first?.at(-1), [], "the store verifies");
    }),
    { numRuns: Number(Deno.env.get("MAILSEC_MODEL_RUNS") ?? 100) },
  );
});
