/** Keeps watch over what the log has in the user's own name, entry after entry. */

import { equalBytes } from "../../crypto/bytes.ts";
import { isIdentityEntry } from "../../crypto/log_entry.ts";
import { lookup } from "../../protocol/messages/lookup.ts";
import type { Alarms } from "./alarms.ts";
import type { LogUpdate } from "./fetch_log.ts";
import { foreignEntries, shownHead, unlogged } from "./findings.ts";
import type { LogAccount } from "./log_account.ts";
import type { LogIndex } from "./log_index.ts";
import type { MirrorHead } from "./mirror_storage.ts";
import { judgeOwnEntries, type OwnVerdict } from "./own_entries.ts";

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
    const { user } = this.#account;
    const { verdict, records } = await this.#judge();
    const found = { records, heads: [shownHead("server", this.#log.head)] };
    if (verdict.verdict === "mine") {
      this.#settle(verdict);
      return true;
    }
    if (verdict.verdict === "foreign") {
      await this.#alarms.note(foreignEntries({ ...found, entries: verdict.entries }));
    } else if (verdict.verdict === "unlogged") {
      await this.#alarms.note(unlogged(user, { ...found, entries: [], own: true }));
    } else if (isLogin) {
      // Within a session the newest keys come with the next connection; a login has them.
      const entries = (await this.#log.entries()).identitiesOf(user).slice(-1);
      await this.#alarms.note(foreignEntries({ ...found, entries }));
    }
    return false;
  }

  #settle({ hash }: OwnVerdict & { verdict: "mine" }): void {
    this.#isOpen = false;
    const { state } = this.#account;
    const known = state.current.identity;
    if (known !== null && equalBytes(known, hash)) return;
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
    return { verdict: await judgeOwnEntries(own, { records, entries }), records };
  }
}
