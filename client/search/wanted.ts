/** Which mails the index should have, and which of them it has. */

import { Segment } from "../index/segment.ts";
import type { CoverageMap } from "./coverage.ts";
import { MailSet } from "./mail_set.ts";
import type { Coverage, SearchedMails, SearchStatus } from "./types.ts";

/** The mails there are, by segment, the newest segment first. */
export function mailsBySegment(mails: SearchedMails): Map<number, MailSet> {
  const sets = new Map<number, MailSet>();
  for (const index of mails.indexes()) {
    const segment = Segment.of(index);
    const set = sets.get(segment) ?? new MailSet(segment);
    if (!sets.has(segment)) sets.set(segment, set);
    set.add(index);
  }
  return new Map([...sets].sort(([a], [b]) => b - a));
}

/** Mails that the index has not got, the newest first. Those that failed a check never get in. */
export function missingIn(
  there: MailSet,
  covered: MailSet | undefined,
  mails: SearchedMails,
): number[] {
  const missing = [...there.indexes()].filter((index) => covered?.has(index) !== true);
  return missing.filter((index) => mails.row(index)?.rejected === false).reverse();
}

export function coverageOf(mails: SearchedMails, map: CoverageMap): Coverage {
  const { covered, total } = statusOf(mails, map);
  return { covered, total };
}

export function statusOf(mails: SearchedMails, map: CoverageMap): SearchStatus {
  let [covered, missing, unreadable] = [0, 0, 0];
  for (const [segment, there] of mailsBySegment(mails)) {
    const known = map.get(segment);
    if (known !== undefined) {
      covered += known.covered.and(there).size;
      unreadable += known.unreadable.and(there).size;
    }
    if (there.countMissingIn(known?.covered ?? new MailSet(segment)) > 0) {
      missing += missingIn(there, known?.covered, mails).length;
    }
  }
  return { covered, total: covered + missing, unreadable };
}
