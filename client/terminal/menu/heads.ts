/** Recipients as they are typed: `bob; carol; cc: dora; bcc: eve`. */

import { splitRecipients } from "../format.ts";
import type { Heads } from "./draft.ts";

const LABEL = /\b(to|cc|bcc)\s*:/gi;

/**
 * @param first What the names before any label are.
 */
export function parseHeads(answer: string, first: keyof Heads = "to"): Heads {
  const found: Record<keyof Heads, string[]> = { to: [], cc: [], bcc: [] };
  let kind = first;
  let at = 0;
  for (const label of answer.matchAll(LABEL)) {
    found[kind].push(...splitRecipients(answer.slice(at, label.index)));
    kind = label[1]!.toLowerCase() as keyof Heads;
    at = label.index + label[0].length;
  }
  found[kind].push(...splitRecipients(answer.slice(at)));
  return found;
}

/** The same as a text that is read back as it was. */
export function headsText({ to, cc, bcc }: Heads, first: keyof Heads = "to"): string {
  const parts = [["to", to], ["cc", cc], ["bcc", bcc]] as const;
  return parts.filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${kind === first ? "" : `${kind}: `}${names.join("; ")}`)
    .join("; ");
}
