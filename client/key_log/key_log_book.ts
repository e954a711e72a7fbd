/** The key log as the faces show it: see KeyLogView in types.ts. */

import { type Bytes, equalBytes, toHex } from "../../crypto/bytes.ts";
import type { KeyLog } from "./key_log.ts";
import { exportLog } from "./log_export.ts";
import { logLine } from "./log_index.ts";
import { conflicting } from "./findings.ts";
import type { Evidence, KeyLogView, LogHeadInfo, LogLine, LogVerification } from "./types.ts";

/** The account whose log it is. */
export interface LogOwner {
  readonly user: string;
  /** 1984 bytes. */
  readonly rootKey: Bytes;
  readonly log: KeyLog;
}

export class KeyLogBook implements KeyLogView {
  readonly #account: LogOwner;

  constructor(account: LogOwner) {
    this.#account = account;
  }

  head(): LogHeadInfo {
    const { size, root, note } = this.#account.log.head;
    return { size, root: toHex(root), note };
  }

  async entries(user?: string): Promise<LogLine[]> {
    const index = await this.#account.log.entries();
    return (user === undefined ? index.entries : index.entriesOf(user)).map(logLine);
  }

  async verify(): Promise<LogVerification> {
    const { user, log } = this.#account;
    await log.sync();
    await log.alarms.assertNone();
    const index = await log.entries();
    const { head } = log;
    const root = index.rootAt(index.size);
    if (!equalBytes(root, head.root)) {
      await log.alarms.raise(conflicting({ known: head, other: { ...head, root } }));
    }
    if (!await log.checkOwn()) await log.alarms.assertNone();
    const own = index.identitiesOf(user).at(-1);
    return { ...this.head(), users: index.users.length, ownSeq: own?.seq ?? -1 };
  }

  async export(): Promise<string> {
    const { rootKey, log } = this.#account;
    const { leaves } = await log.entries();
    return exportLog({ rootKey, note: log.head.note, leaves });
  }

  async evidence(): Promise<Evidence[]> {
    const { alarms } = this.#account.log;
    await alarms.reload();
    return [...alarms.all];
  }

  alarm(): Evidence | null {
    return this.#account.log.alarms.current;
  }

  dismissEvidence(id: number): Promise<void> {
    return this.#account.log.dismiss(id);
  }
}
