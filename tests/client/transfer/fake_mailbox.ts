/** A mailbox in memory, as exporting and importing see one. */

import { type Bytes, toHex } from "../../../crypto/bytes.ts";
import { contentHash } from "../../../crypto/envelope_content.ts";
import { NotFoundError } from "../../../client/errors.ts";
import type { ExportSource, MailHead } from "../../../client/transfer/exporter.ts";
import { summaryOf } from "../../../client/transfer/import_summary.ts";
import type {
  FolderPlace,
  ImportTarget,
  MailToImport,
} from "../../../client/transfer/import_target.ts";
import type { TransferFlag, TransferProblem } from "../../../client/transfer/types.ts";

interface Kept {
  readonly bytes: Bytes;
  readonly date: number;
  readonly from: string;
  readonly title: string;
  readonly contentHash: string;
  readonly flags: ReadonlySet<TransferFlag>;
  folders: string[];
}

const BUILT_IN = ["Inbox", "Sent", "Drafts", "Archive", "Trash"];

export class FakeMailbox implements ExportSource, ImportTarget {
  readonly account = "alice at test";
  maxMailBytes = 100_000;
  readonly mails = new Map<number, Kept>();
  readonly folders = new Map(BUILT_IN.map((name) => [name.toLowerCase(), name]));
  /** Called before a mail is given or taken. */
  beforeRaw: (index: number) => void = () => {};
  beforeAdd: () => void = () => {};
  rejected: TransferProblem[] = [];
  readonly #hashes = new Set<string>();

  select(): Promise<{ mails: number[]; rejected: TransferProblem[] }> {
    return Promise.resolve({ mails: [...this.mails.keys()], rejected: this.rejected });
  }

  head(index: number): MailHead | null {
    const mail = this.mails.get(index);
    if (mail === undefined) return null;
    const { date, from, title, contentHash, flags, bytes } = mail;
    const marks = {
      folders: mail.folders.map((folder) => this.folders.get(folder)!),
      flags,
      isDraft: mail.folders[0] === "drafts",
      isTrashed: mail.folders[0] === "trash",
    };
    return { date, from, title, contentHash, ...marks, size: bytes.length };
  }

  raw(index: number): Promise<Bytes> {
    this.beforeRaw(index);
    const mail = this.mails.get(index);
    if (mail === undefined) return Promise.reject(new NotFoundError("There is no such mail."));
    return Promise.resolve(mail.bytes);
  }

  has(hash: string): boolean {
    return this.#hashes.has(hash);
  }

  findFolder(name: string): FolderPlace | null {
    const known = this.folders.get(name.toLowerCase());
    return known === undefined ? null : { id: name.toLowerCase(), name: known };
  }

  addFolder(name: string): Promise<FolderPlace> {
    if (name.length > 60) return Promise.reject(new NotFoundError("The name is too long."));
    this.folders.set(name.toLowerCase(), name);
    return Promise.resolve({ id: name.toLowerCase(), name });
  }

  async add({ bytes, statedDate, fallbackDate, flags, folders }: MailToImport): Promise<void> {
    this.beforeAdd();
    const { date, from, subject } = await summaryOf(bytes);
    const hash = toHex(await contentHash(bytes)).slice(0, 16);
    this.mails.set(this.mails.size + 1, {
      ...{ bytes, from, flags, contentHash: hash },
      title: subject,
      date: statedDate ?? date ?? fallbackDate,
      folders: [...folders],
    });
    this.#hashes.add(hash);
  }

  putAlso(contentHashes: ReadonlySet<string>, folder: string): Promise<void> {
    for (const { contentHash, folders } of this.mails.values()) {
      if (contentHashes.has(contentHash) && !folders.includes(folder)) folders.push(folder);
    }
    return Promise.resolve();
  }

  /** All mails in a form that assertEquals can show, in the order of their contents. */
  essence() {
    return [...this.mails.values()]
      .map(({ date, contentHash, flags, folders }) => ({
        ...{ contentHash, date },
        flags: [...flags].sort(),
        folders: folders.map((folder) => this.folders.get(folder)),
      }))
      .sort((a, b) => a.contentHash < b.contentHash ? -1 : 1);
  }
}
