/** Looks for everything that must not be in the memory engine's tables. */

import type { Tables } from "./tables.ts";

/** One sentence for each problem; none if all is well. */
export function verifyTables({ accounts, messages }: Tables): string[] {
  const problems: string[] = [];
  const referenced = new Set<string>();
  let number = 0;
  for (const { entries, lastIndex } of accounts.values()) {
    number++;
    for (const [index, { messageId }] of entries) {
      referenced.add(messageId);
      if (index > lastIndex) {
        problems.push(`mailbox ${number} counts to ${lastIndex} but has entry ${index}`);
      }
      if (!messages.has(messageId)) {
        problems.push(`entry ${index} of mailbox ${number} has no message`);
      }
    }
  }
  const orphans = [...messages.keys()].filter((id) => !referenced.has(id)).length;
  if (orphans > 0) problems.push(`${orphans} messages are in no mailbox`);
  return problems;
}
