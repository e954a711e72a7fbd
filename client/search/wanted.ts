/** Which mails the index should have, and which of them it has. */

import type { CoverageMap } from "./coverage.ts";
import { MailSet, segmentOf } from "./mail_set.ts";
import type { Coverage, SearchedMails, SearchStatus } from "./types.ts";

/** The mails there are, by segment, the newest segment first. */
export function mailsBySegment(mails: SearchedMails): Map<number, MailSet> {
  const sets = new Map<number, MailSet>();
  for (const [first, bits] of mails.there()) {
    if (bits.every((byte) => byte === 0)) continue;
    const segment = segmentOf(first);
    const set = sets.get(segment) ?? new MailSet(segment);
    sets.set(segment, set);
    set.addBits(first, bits);
  }
  return new Map([...sets].sort(([a], [b]) => b - a));
}

/**
 * Mails that the index has not got, the newest first; their lines have been read. Those that failed a
 * check never get in.
 */
export async function missingIn(
  there: MailSet,
  covered: MailSet | undefined,
  mails: SearchedMails,
): Promise<number[]> {
  if (covered !== undefined && there.countMissingIn(covered) === 0) return [];
  const missing = [...there.indexes()].filter((index) => covered?.has(index) !== true);
  await mails.load(missing);
  return missing.filter((index) => mails.row(index)?.rejected === false).reverse();
}

export async function coverageOf(mails: SearchedMails, map: CoverageMap): Promise<Coverage> {
  const { covered, total } = await statusOf(mails, map);
  return { covered, total };
}

export async function statusOf(mails: SearchedMails, map: CoverageMap): Promise<SearchStatus> {
  let [covered, missing, unreadable] = [0, 0, 0];
  for (const [segment, there] of mailsBySegment(mails)) {
    const known = map.get(segment);
    if (known !== undefined) {
      covered += known.covered.and(there).size;
      unreadable += known.unreadable.and(there).size;
    }
    missing += (await missingIn(there, known?.covered, mails)).length;
  }
  return { covered, total: covered + missing, unreadable };
}
