/** What a user must be told before anything else. */

import type { AccountCare } from "../account_care.ts";
import type { KeyLogView } from "../key_log/types.ts";

/** The part of a mailbox that has news. */
export interface NewsSource {
  readonly keyLog: Pick<KeyLogView, "alarm">;
  readonly care: Pick<AccountCare, "notices">;
}

/** An alarm about the key log that nobody has looked at, and what is odd about sent invites. */
export function accountNews({ keyLog, care }: NewsSource): string[] {
  const alarm = keyLog.alarm();
  return [
    ...(alarm === null ? [] : [
      `${alarm.message} Sending is stopped until you have looked at it: mailsec log evidence`,
    ]),
    ...care.notices(),
  ];
}
