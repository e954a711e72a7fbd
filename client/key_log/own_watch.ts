/** Keeps watch over what the log has in the user's own name, entry after entry. */

import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import { isIdentityEntry } from "../../crypto/log_entry.ts";
import { lookup } from "../../protocol/messages/lookup.ts";
import type { Alarms } from "./alarms.ts";
import type { LogUpdate } from "./fetch_log.ts";
import { foreignEntries, shownHead, unlogged } from "./findings.ts";
import type { LogAccount } from "./log_account.ts";
import type { LogIndex } from "./log_index.ts";
import type { MirrorHead } from "./mirror_storage.ts";
import { judgeOwnEntries } from "./own_entries.ts";

/** The copy of the log, as far as this needs it. */
export interface WatchedLog {
  readonly head: MirrorHead;
  entries(): Promise<LogIndex>;
}

export class OwnWatch {
  readonly #account: LogAccount;
  readonly #log: WatchedLog;
  readonly #alarms: Alarms;
  #isOpen = false;

  constructor(account: LogAccount, log: WatchedLog, alarms: Alarms) {
    this.#account = account;
    this.#log = log;
    this.#alarms = alarms;
  }

  /** What the log has in this name is to be looked at, whatever comes next. */
  reopen(): void {
    this.#isOpen = true;
  }

  /**
   * Looks at what an update has brought.
   *
   * @param checkedTo Entries before this one were looked at.
   * @param isLogin Whether the account has just been opened, so that its keys are the newest.
   * @returns whether all is well; false with the alarm raised, or while it is not settled.
   */
  async look(
    { entries, head, leaves }: LogUpdate,
    { checkedTo, isLogin }: { checkedTo: number; isLogin: boolean },
  ): Promise<boolean> {
    const { user, state } = this.#account;
    const known = head.size - leaves.length;
    const isNamed = entries.some((entry) => entry.user === user && isIdentityEntry(entry));
    // Fetched for another account of this device, which did not look for this name.
    const isNamedBefore = async () =>
      (await this.#log.entries()).identitiesOf(user).some(({ seq }) => seq >= checkedTo);
    const mustLook = isNamed || state.current.identity === null ||
      (checkedTo < known && await isNamedBefore());
    if (mustLook) this.#isOpen = true;
    return !this.#isOpen || await this.check(isLogin);
  }

  /** Looks at everything in this name, from the user's first record on. As `look`. */
  async check(isLogin: boolean): Promise<boolean> {
    const { user, state } = this.#account;
    const { verdict, records, entries } = await this.#judge();
    const found = { records, heads: [shownHead("server", this.#log.head)] };
    const newest = entries.at(-1);
    switch (verdict.verdict) {
      case "mine":
        this.#settle(verdict.hash);
        return true;
      case "denied":
        // The log is right all the same when its newest entry is the one that is known as this
        // user's; what the directory gives is another matter.
        if (isSame(newest?.recordHash, state.current.identity)) {
          this.#settle(newest!.recordHash);
          return true;
        }
        await this.#alarms.note(
          newest === undefined
            ? unlogged(user, { ...found, entries, own: true })
            : foreignEntries({ ...found, entries: [newest] }),
        );
        return false;
      case "unlogged":
        await this.#alarms.note(unlogged(user, { ...found, entries, own: true }));
        return false;
      case "foreign":
        await this.#alarms.note(foreignEntries({ ...found, entries: verdict.entries }));
        return false;
      case "superseded":
        // Within a session the newest keys come with the next connection; a login has them.
        if (isLogin) await this.#alarms.note(foreignEntries({ ...found, entries: [newest!] }));
        return false;
    }
  }

  #settle(hash: Bytes): void {
    this.#isOpen = false;
    const { state } = this.#account;
    if (isSame(hash, state.current.identity)) return;
    const { committed } = state.update((before) => ({
      state: { ...before, identity: hash },
      result: undefined,
    }));
    // Not waited for: what could not be written is found out again.
    committed.catch(() => undefined);
  }

  async #judge() {
    const { user, request } = this.#account;
    const { results: [answer] } = await request(lookup, { users: [user] });
    const records = answer?.user === user ? answer.identities : [];
    const entries = (await this.#log.entries()).identitiesOf(user);
    // After the request: a new connection may have brought keys that another device has made.
    const { fingerprint, keys } = this.#account;
    const own = { user, fingerprint, kemPublicKey: keys.kem[0]!.publicKey };
    return { verdict: await judgeOwnEntries(own, { records, entries }), records, entries };
  }
}

function isSame(a: Bytes | undefined, b: Bytes | null): boolean {
  return a !== undefined && b !== null && equalBytes(a, b);
}
