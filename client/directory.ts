/**
 * The server's directory, held against the key log: an answer counts only when its records are in
 * this client's copy of the log, the last one as the newest of its name.
 */

import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import { FormatError } from "../crypto/errors.ts";
import { type IdentityRecord, verifyIdentity } from "../crypto/identity.ts";
import { TrustError } from "../crypto/trust_error.ts";
import { MAX_LOOKUP_USERS } from "../protocol/limits.ts";
import { lookup, type LookupReply } from "../protocol/messages/lookup.ts";
import type { OpenAccount } from "./account.ts";
import { systemClock } from "./clock.ts";
import { parsed } from "./key_chain.ts";
import { alarmError, otherKeysForMe, shownHead, unlogged } from "./key_log/findings.ts";
import type { LogIndex } from "./key_log/log_index.ts";

const ASK = "The server is damaged or dishonest: ask its administrator. Nothing was sent.";

/** How long an answer of the directory is used again. */
const FRESH_MS = 60_000;

/** What the directory says about one name. */
export interface DirectoryEntry {
  readonly user: string;
  /** `unknown`: nobody can write to that name; it may have had keys. */
  readonly status: "active" | "disabled" | "unknown";
  /** All records of the name that can be read, the oldest first, each of them in the log. */
  readonly records: readonly IdentityRecord[];
  /** The last of them, its signature verified; null when there never was one. */
  readonly newest: IdentityRecord | null;
  /** As received. */
  readonly vouches: readonly Bytes[];
}

/** An answer, or why it does not count. */
type Answer = DirectoryEntry | { readonly user: string; readonly problem: TrustError };

type LookupResult = LookupReply["results"][number];

export class Directory {
  readonly #account: OpenAccount;
  readonly #known = new Map<string, { answer: Answer; since: number }>();

  constructor(account: OpenAccount) {
    this.#account = account;
  }

  /**
   * What the directory says about some users, in their order; answers up to a minute old count.
   *
   * @param users Normal names, each once.
   * @throws {TrustError} when an answer is not validly signed, not of the right user, or not in the
   *   log (`unlogged_keys`); `own_identity` when it gives other keys for this user.
   */
  async find(users: readonly string[]): Promise<DirectoryEntry[]> {
    return (await this.ask(users)).map(counted);
  }

  /** As `find`; null for a name whose answer does not count. */
  async findWhatCounts(users: readonly string[]): Promise<(DirectoryEntry | null)[]> {
    return (await this.ask(users)).map((answer) => "problem" in answer ? null : answer);
  }

  /** As `findWhatCounts`; answers of any age count while the log has no newer keys of the name. */
  async recall(users: readonly string[]): Promise<(DirectoryEntry | null)[]> {
    const index = await this.#account.log.entries();
    const stale = users.filter((user) => {
      const answer = this.#known.get(user)?.answer;
      return answer === undefined || "problem" in answer || !isNewest(answer, index);
    });
    if (stale.length > 0) await this.#refresh(stale, 0);
    return users.map((user) => {
      const answer = this.#known.get(user)!.answer;
      return "problem" in answer ? null : answer;
    });
  }

  /** Asks again about users, however fresh the answers are. */
  async askAgain(users: readonly string[]): Promise<void> {
    await this.#refresh(users, systemClock.now());
  }

  /** Whether an answer about this name is at hand. */
  has(user: string): boolean {
    return this.#known.has(user);
  }

  /** The answers about some users, those that do not count among them. */
  async ask(users: readonly string[]): Promise<Answer[]> {
    const oldest = systemClock.now() - FRESH_MS;
    const index = await this.#account.log.entries();
    const stale = users.filter((user) => {
      const answer = this.#known.get(user)?.answer;
      // However fresh an answer is, the log may have newer keys by now.
      const isOutdated = answer !== undefined && !("problem" in answer) && !isNewest(answer, index);
      return isOutdated || this.#age(user) < oldest;
    });
    await this.#refresh(stale, oldest);
    return users.map((user) => this.#known.get(user)!.answer);
  }

  /** When the directory was last asked about a user, ms since the epoch. */
  #age(user: string): number {
    return this.#known.get(user)?.since ?? 0;
  }

  /** Asks about some users; about this one too, unless that was done after `oldest`. */
  async #refresh(users: readonly string[], oldest: number): Promise<void> {
    if (users.length === 0) return;
    const { user: me, log } = this.#account;
    const stale = [...users];
    // This user's own entry is looked at whenever the directory is asked anything.
    if (!stale.includes(me) && this.#age(me) <= oldest) stale.push(me);
    const [results] = await Promise.all([this.#lookup(stale), log.sync()]);
    await this.#take(results);
  }

  async #lookup(users: readonly string[]): Promise<LookupResult[]> {
    const results: LookupResult[] = [];
    while (results.length < users.length) {
      const expected = users.slice(results.length, results.length + MAX_LOOKUP_USERS);
      const reply = await this.#account.request(lookup, { users: expected });
      if (reply.results.some(({ user }, i) => user !== expected[i])) {
        throw new TrustError("directory", "The server answered about other users than asked.", {
          hint: ASK,
        });
      }
      results.push(...reply.results);
    }
    return results;
  }

  async #take(results: readonly LookupResult[]): Promise<void> {
    const since = systemClock.now();
    const answers = await Promise.all(results.map((result) => answerTo(result)));
    const index = await this.#account.log.entries();
    const doubtful = answers.filter((answer) =>
      !this.#isLogged(answer, index) || !this.#isOwn(answer)
    );
    const settled = doubtful.length === 0
      ? new Map<string, Answer>()
      : await this.#settle(doubtful.map(({ user }) => user));
    for (const first of answers) {
      const answer = settled.get(first.user) ?? first;
      this.#known.set(answer.user, { answer, since });
    }
  }

  /**
   * Asks once more about users whose keys were not the newest in the log, or not this user's: they
   * may have changed between the two questions. What stays so is an alarm.
   */
  async #settle(users: readonly string[]): Promise<Map<string, Answer>> {
    const { log } = this.#account;
    const results = await this.#lookup(users);
    await log.sync();
    const index = await log.entries();
    const settled = new Map<string, Answer>();
    for (const result of results) {
      const answer = await answerTo(result);
      if (!this.#isOwn(answer)) {
        settled.set(result.user, await this.#notOwn(result, index));
        continue;
      }
      const counts = this.#isLogged(answer, index);
      settled.set(result.user, counts ? answer : await this.#unlogged(result, index));
    }
    return settled;
  }

  /** That the server denies this user herself is for who needs her keys to tell. */
  #isLogged(answer: Answer, index: LogIndex): boolean {
    const isDenied = answer.user === this.#account.user && !("problem" in answer) &&
      answer.newest === null;
    return isDenied || isLogged(answer, index);
  }

  async #unlogged({ user, identities }: LookupResult, index: LogIndex): Promise<Answer> {
    const { log, user: me } = this.#account;
    // What is wrong with the own name says more than that an answer and the log differ.
    const own = user === me && !await log.checkOwn() ? log.alarms.current : null;
    if (own !== null) return { user, problem: alarmError(own) };
    const finding = unlogged(user, {
      records: identities.slice(-1),
      entries: index.identitiesOf(user).slice(-1),
      heads: [shownHead("server", log.head)],
    });
    await log.alarms.note(finding);
    return { user, problem: alarmError(finding) };
  }

  /** Other keys for this user: sending stops, and mail still comes in. */
  async #notOwn({ user, identities }: LookupResult, index: LogIndex): Promise<Answer> {
    const { log } = this.#account;
    const finding = otherKeysForMe({
      records: identities.slice(-1),
      entries: index.identitiesOf(user).slice(-1),
      heads: [shownHead("server", log.head)],
    });
    await log.alarms.note(finding);
    return { user, problem: alarmError(finding) };
  }

  /** Whether an answer, if it is about this user, gives this user's keys. */
  #isOwn(answer: Answer): boolean {
    const { user, fingerprint, keys } = this.#account;
    if (answer.user !== user || "problem" in answer) return true;
    const { newest, status } = answer;
    // The last record of a removed account decides nothing.
    if (newest === null || status === "unknown") return true;
    return equalBytes(newest.fingerprint, fingerprint) &&
      equalBytes(newest.kemPublicKey, keys.kem[0]!.publicKey);
  }
}

/** The answer, if it counts. */
function counted(answer: Answer): DirectoryEntry {
  if ("problem" in answer) throw answer.problem;
  return answer;
}

async function answerTo(result: LookupResult): Promise<Answer> {
  const { user, status, identities, vouches } = result;
  try {
    const newest = identities.length === 0 ? null : await verified(identities.at(-1)!, user);
    if (newest === null && status === "active") {
      throw new TrustError("directory", `The server has no keys of ${user}.`, { hint: ASK });
    }
    const earlier = identities.slice(0, -1).flatMap((bytes) => parsed(bytes) ?? []);
    const records = newest === null ? [] : [...earlier, newest];
    return { user, status, records, newest, vouches };
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    return { user, problem: error };
  }
}

async function verified(bytes: Bytes, user: string): Promise<IdentityRecord> {
  try {
    return await verifyIdentity(bytes, user);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    const hint = cause.hint === undefined ? {} : { hint: cause.hint };
    throw new TrustError("identity_form", `The keys of ${user} cannot be read: ${cause.message}`, {
      ...hint,
      cause,
    });
  }
}

/**
 * Whether all records are in the log, under their name, and the last one is its newest. An answer
 * without any is as wrong for a name that has keys in the log.
 */
function isLogged(answer: Answer, index: LogIndex): boolean {
  if ("problem" in answer) return true;
  const { user, records } = answer;
  return isNewest(answer, index) &&
    records.every(({ hash }) => index.entryOf(user, hash) !== undefined);
}

function isNewest({ user, newest }: DirectoryEntry, index: LogIndex): boolean {
  const entry = index.identitiesOf(user).at(-1);
  if (entry === undefined || newest === null) return entry === undefined && newest === null;
  return entry.type === newest.type && equalBytes(entry.recordHash, newest.hash);
}
