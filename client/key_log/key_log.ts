/**
 * The key log as one account sees it: this device's copy, kept up with the server, and the alarm.
 *
 * What must hold, each time the log is fetched:
 * - The server's head is signed, and continues the one this device knows and the one any device of
 *   the user has seen (the account state has it). Those of invites and mails are asked for apart.
 * - What the log has in this user's name is this user's (own_watch.ts).
 *
 * Where it does not, evidence is kept and sending stops, while mail still comes in: a client that
 * shows nothing any more helps whoever is behind it. The known head stays where it is then.
 *
 * Rules: docs/protocol.md, 13.5.
 */

import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import type { LogHead } from "../../crypto/envelope_fields.ts";
import type { LogEntry } from "../../crypto/log_entry.ts";
import { verifyLogHead } from "../../crypto/log_head.ts";
import type { LogReceipt } from "../../protocol/messages/fields.ts";
import { Alarms } from "./alarms.ts";
import type { Finding } from "./evidence_store.ts";
import { fetchLog, type LogUpdate } from "./fetch_log.ts";
import {
  alarmError,
  conflicting,
  foreignEntries,
  forked,
  forkedMail,
  inviterMissing,
  isAlarm,
  shortened,
  shownHead,
  unlogged,
  withheld,
} from "./findings.ts";
import type { LogAccount, LogStores } from "./log_account.ts";
import { LogIndex } from "./log_index.ts";
import { type FetchLog, LogMirror } from "./log_mirror.ts";
import { type MirrorHead, NO_HEAD } from "./mirror_storage.ts";
import { OwnWatch } from "./own_watch.ts";

/** What a mail says of the log that its sender sees. */
export interface MailHead {
  /** Message id, hexadecimal. */
  readonly id: string;
  readonly from: string;
  readonly head: LogHead;
}

/** What is wrong with a mail's head: a code of mail_warnings.ts. */
export type MailHeadProblem = "log_fork" | "log_withheld";

export class KeyLog {
  /** What was noticed, and whether that stops sending. */
  readonly alarms: Alarms;
  readonly #account: LogAccount;
  readonly #mirror: LogMirror;
  readonly #fetch: FetchLog;
  readonly #own: OwnWatch;
  readonly #listeners = new Set<(entries: readonly LogEntry[]) => void>();
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    account: LogAccount,
    { mirror, alarms, fetch }: { mirror: LogMirror; alarms: Alarms; fetch: FetchLog },
  ) {
    this.alarms = alarms;
    this.#account = account;
    this.#mirror = mirror;
    this.#fetch = fetch;
    this.#own = new OwnWatch(account, this, alarms);
  }

  /**
   * Fetches what is new and checks it. What is wrong with the log itself is no error here but an
   * alarm.
   *
   * @throws {TrustError} `log_head` when what the server gives is not signed by it.
   * @throws {ConfigError} {ConnectError} {ServerError} {ProtocolError}
   */
  static async open(account: LogAccount, stores: LogStores): Promise<KeyLog> {
    const server = { realm: account.realm, signingKey: account.rootKey };
    const fetch: FetchLog = (known, sizes = []) =>
      fetchLog(account.request, server, { known, sizes });
    const [mirror, alarms] = await Promise.all([
      LogMirror.open(stores.mirror, fetch),
      Alarms.open(stores.evidence),
    ]);
    const log = new KeyLog(account, { mirror, alarms, fetch });
    await log.#inTurn(() => log.#sync({ isLogin: true }));
    return log;
  }

  /** The newest head that was verified; mails name its size and root. */
  get head(): MirrorHead {
    return this.#mirror.known;
  }

  /** Fetches what is new and checks it, as `open`. */
  sync(): Promise<void> {
    return this.#inTurn(() => this.#sync({ isLogin: false }));
  }

  /**
   * All entries of the copy.
   *
   * @throws {TrustError} `log_fork` when the copy is damaged and the server has another one.
   */
  async entries(): Promise<LogIndex> {
    const index = await this.#mirror.entries();
    return index instanceof LogIndex ? index : await this.alarms.raise(conflicting(index));
  }

  /** Tells of entries once they are verified, until the function returned is called. */
  onEntries(listener: (entries: readonly LogEntry[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Holds the heads that mails name against the copy; fetches the log once if one is ahead of it.
   *
   * @returns for each, what is wrong; null: nothing.
   */
  async checkMails(mails: readonly MailHead[]): Promise<(MailHeadProblem | null)[]> {
    if (mails.some(({ head }) => head.size > this.head.size)) await this.sync();
    const problems: (MailHeadProblem | null)[] = [];
    for (const { id, from, head } of mails) {
      const heads = [shownHead(from, head), shownHead("server", this.head)];
      if (head.size > this.head.size) {
        await this.alarms.note(withheld(heads, { id, from }));
        problems.push("log_withheld");
      } else if (!equalBytes(await this.#rootAt(head.size), head.root)) {
        await this.alarms.note(forkedMail(heads, { id, from }));
        problems.push("log_fork");
      } else problems.push(null);
    }
    return problems;
  }

  /**
   * Holds the head that an invite names against the copy.
   *
   * @param root Its first bytes.
   */
  async checkInvite({ size, root }: LogHead): Promise<void> {
    const heads = [shownHead("invite", { size, root }), shownHead("server", this.head)];
    if (size > this.head.size) return await this.alarms.note(withheld(heads));
    const known = (await this.#rootAt(size)).slice(0, root.length);
    if (!equalBytes(known, root)) await this.alarms.note(forked(heads));
  }

  /** The inviter of an invite is nowhere in the log: see `checkInvite`. */
  async reportMissingInviter({ size, root }: LogHead): Promise<void> {
    const heads = [shownHead("invite", { size, root }), shownHead("server", this.head)];
    await this.alarms.note(inviterMissing(heads));
  }

  /**
   * Holds what the server said when it took the registration against the copy.
   *
   * @throws {TrustError} `log_head` when the head is not signed by the server.
   */
  async checkReceipt({ index, head: note }: LogReceipt): Promise<void> {
    const { user, realm, rootKey, state } = this.#account;
    const head = await verifyLogHead(note, { realm, signingKey: rootKey });
    const heads = [shownHead("receipt", head), shownHead("server", this.head)];
    if (head.size > this.head.size) return await this.alarms.note(shortened(heads));
    if (!equalBytes(await this.#rootAt(head.size), head.root)) {
      return await this.alarms.note(forked(heads));
    }
    const entries = (await this.entries()).identitiesOf(user);
    const mine = entries.find(({ seq }) => seq === index);
    const { identity } = state.current;
    if (mine !== undefined && identity !== null && equalBytes(mine.recordHash, identity)) return;
    await this.alarms.note(unlogged(user, { records: [], entries, heads, own: true }));
  }

  /** After a registration: a name that has had keys is begun anew with a reset, not with first keys. */
  async checkBeginning(): Promise<void> {
    const { user, state: { current: { identity } } } = this.#account;
    const entries = (await this.entries()).identitiesOf(user);
    const at = entries.findIndex(({ recordHash }) =>
      equalBytes(recordHash, identity ?? recordHash)
    );
    if (at <= 0 || entries[at]!.type !== "first") return;
    const heads = [shownHead("server", this.head)];
    await this.alarms.note(foreignEntries({ entries: entries.slice(0, at), records: [], heads }));
  }

  /** Checks everything in this user's name anew. @returns whether all is well; else the alarm is. */
  checkOwn(): Promise<boolean> {
    return this.#inTurn(() => this.#own.check(false));
  }

  /**
   * Marks evidence as looked at. After a contradiction in what the server itself has signed, the log
   * that it has now is taken as the one to go on from.
   *
   * @throws {NotFoundError}
   */
  async dismiss(id: number): Promise<void> {
    await this.alarms.reload();
    const item = this.alarms.all.find((item) => item.id === id);
    const isServers = item?.code === "log_fork" || item?.code === "log_rollback";
    if (isServers && item?.mail === null && item.dismissed === null) {
      await this.#inTurn(() => this.#restart());
    }
    await this.alarms.dismiss(id);
  }

  async #sync(login: { isLogin: boolean }): Promise<void> {
    try {
      await this.#fetchNew(login);
    } catch (error) {
      // Told by the alarm.
      if (!isAlarm(error)) throw error;
    }
  }

  async #fetchNew({ isLogin }: { isLogin: boolean }): Promise<void> {
    const before = this.head;
    const seen = this.#account.state.current.log;
    const update = await this.#fetch(before, seen === null ? [] : [seen.size]);
    if (update.outcome !== "continues") {
      const heads = [shownHead("device", before), shownHead("server", update.head)];
      return await this.alarms.note(update.outcome === "fork" ? forked(heads) : shortened(heads));
    }
    const problem = seen === null ? null : await this.#contradiction(seen, update);
    if (problem !== null) return await this.alarms.note(problem);
    const conflict = await this.#mirror.take(update);
    if (conflict !== null) return await this.alarms.note(conflicting(conflict));
    for (const listener of this.#listeners) listener(update.entries);
    const checkedTo = Math.min(seen?.size ?? 0, before.size);
    if (await this.#own.look(update, { checkedTo, isLogin })) this.#remember();
  }

  /** What another device of this user has seen and the update does not continue; null: nothing. */
  async #contradiction(
    seen: { size: number; root: Bytes; note: string },
    { head, roots }: LogUpdate,
  ): Promise<Finding | null> {
    const heads = [shownHead("account", seen), shownHead("server", head)];
    if (seen.size > head.size) return shortened(heads);
    const root = roots.get(seen.size) ?? await this.#rootAt(seen.size);
    return equalBytes(root, seen.root) ? null : forked(heads);
  }

  /** Takes the log that the server has now, whatever was seen before. */
  async #restart(): Promise<void> {
    const update = await this.#fetch(NO_HEAD);
    if (update.outcome !== "continues") {
      throw alarmError(conflicting({ known: NO_HEAD, other: update.head }));
    }
    await this.#mirror.restart(update);
    this.#own.reopen();
    this.#remember({ anew: true });
    await this.#own.check(false);
  }

  /** The newest head becomes what all devices of the user know. */
  #remember({ anew = false } = {}): void {
    const { size, root, note } = this.head;
    const { committed } = this.#account.state.update((state) => {
      const isNewer = state.log === null || state.log.size < size || anew;
      return {
        state: isNewer && note !== "" ? { ...state, log: { size, root, note } } : state,
        result: undefined,
      };
    });
    // Not waited for: what could not be written is written next time.
    committed.catch(() => undefined);
  }

  /** The root of the copy when it had so many entries. */
  async #rootAt(size: number): Promise<Bytes> {
    return size === this.head.size ? this.head.root : (await this.entries()).rootAt(size);
  }

  /** One piece of work after another. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }
}
