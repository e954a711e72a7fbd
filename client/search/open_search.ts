/** The search of an account that is logged in. */

import type { OpenAccount } from "../account.ts";
import { SegmentBlobs } from "../index/segment_blobs.ts";
import { IndexSealer } from "../index/segment_files.ts";
import { MemoryStore } from "./memory_store.ts";
import { MailSearch } from "./search.ts";
import type { ReadMail, SearchedMails } from "./types.ts";

export function openSearch(
  account: OpenAccount,
  { mails, read }: { mails: SearchedMails; read: ReadMail },
): MailSearch {
  const sealer = new IndexSealer(account.keys.bundleKey, account);
  const server = new SegmentBlobs(account, sealer);
  return new MailSearch({ mails, read, disk: account.indexStore ?? new MemoryStore(), server });
}
