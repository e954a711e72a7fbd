/** Mail out of the mailbox into files, and from files into it. */

import { type Bytes, toHex } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import type { OpenAccount } from "../account.ts";
import { systemClock } from "../clock.ts";
import { NotFoundError } from "../errors.ts";
import { folderId, folderName, isBuiltIn } from "../folder_names.ts";
import type { Folders } from "../folders.ts";
import type { MailIndex } from "../index/mail_index.ts";
import type { MailRow } from "../index/mail_row.ts";
import { upload } from "../mailbox_deliver.ts";
import { parseQuery } from "../query/parse.ts";
import { namesFolder } from "../query/query.ts";
import { Exporter, type ExportSource, type MailHead } from "./exporter.ts";
import { wholeFile } from "./files.ts";
import { Importer } from "./importer.ts";
import { ImportSealer } from "./import_sealer.ts";
import { type FolderPlace, type ImportTarget, MailRefused } from "./import_target.ts";
import type {
  ExportOptions,
  ExportResult,
  ImportOptions,
  ImportResult,
  TransferFlag,
  TransferProblem,
} from "./types.ts";

const TRASH = "trash";
const DRAFTS = "drafts";
const FLAGS: readonly TransferFlag[] = ["read", "answered", "forwarded", "flagged"];

/** What a transfer needs of the mailbox. */
export interface TransferParts {
  readonly account: OpenAccount;
  readonly index: MailIndex;
  /** Greatest message that the server takes, in bytes. */
  maxMessageBytes(): number;
  /** The mailbox's numbers of the mails that a query means, as a list has them. */
  select(query: string): Promise<readonly number[]>;
  /** The RFC 5322 bytes of a mail, verified. */
  raw(index: number): Promise<Bytes>;
  readonly folders: Pick<Folders, "add">;
  /** Puts mails, by the mailbox's numbers, into one more folder. */
  copy(indices: readonly number[], folder: string): Promise<void>;
}

export class Transfer {
  readonly #parts: TransferParts;

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  /**
   * Writes mail to files; see docs/transfer.md. Goes on with an export that was broken off.
   *
   * @throws {TransferError} when the output is there already, or cannot be written.
   * @throws {QueryError} {ConnectError}
   */
  async export(options: ExportOptions): Promise<ExportResult> {
    await this.#parts.index.sync();
    return await new Exporter(new MailboxSource(this.#parts), options).run();
  }

  /**
   * The bytes of the one mail that a query means.
   *
   * @throws {NotFoundError} when it means none, or several.
   */
  async one(query: string): Promise<Bytes> {
    await this.#parts.index.sync();
    const found = await this.#parts.select(everywhere(query));
    if (found.length !== 1) {
      const many = found.length === 0 ? "No mail is" : `${found.length} mails are`;
      throw new NotFoundError(`${many} "${query}".`, {
        hint: "Give the id or the index of one: id:3f9a, index:12",
      });
    }
    return await this.#parts.raw(found[0]!);
  }

  /**
   * Takes mail in from files; see docs/transfer.md. What cannot be read is among the problems, and
   * what is in the mailbox already is left as it is. The mail index is kept up meanwhile.
   *
   * @throws {ConnectError} when the connection is lost: the same call goes on.
   */
  async import(options: ImportOptions): Promise<ImportResult> {
    await this.#parts.index.sync();
    const target = new MailboxTarget(this.#parts);
    const result = await new Importer(target, options).run();
    await target.keepUp();
    return result;
  }
}

class MailboxSource implements ExportSource {
  readonly #parts: TransferParts;

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  get account(): string {
    const { user, realm } = this.#parts.account;
    return `${user}@${toHex(realm)}`;
  }

  async select(
    query: string | null,
  ): Promise<{ mails: number[]; rejected: TransferProblem[] }> {
    const { index } = this.#parts;
    const found = query === null ? index.indexes() : await this.#parts.select(everywhere(query));
    const mails: number[] = [];
    const rejected: TransferProblem[] = [];
    for (const number of found) {
      const row = index.row(number);
      if (row === undefined || (query === null && row.folder === TRASH)) continue;
      if (!row.rejected) mails.push(number);
      else {
        const place = wholeFile(`mail ${number}`);
        rejected.push({ kind: "problem", place, reason: "it was rejected: see it in the list" });
      }
    }
    return { mails, rejected };
  }

  head(index: number): MailHead | null {
    const row = this.#parts.index.row(index);
    return row === undefined || row.rejected ? null : this.#headOf(row);
  }

  raw(index: number): Promise<Bytes> {
    return this.#parts.raw(index);
  }

  #headOf({ date, from, title, contentHash, size, flags, folder, also, kind }: MailRow): MailHead {
    const { state } = this.#parts.account;
    return {
      ...{ date, from, title, contentHash, size },
      folders: [folder, ...also].map((id) => fileName(state.current, id)),
      flags: new Set(FLAGS.filter((flag) => flags.includes(flag))),
      isDraft: kind === "draft" || folder === DRAFTS,
      isTrashed: folder === TRASH,
    };
  }
}

/** Mails after which the index is brought up to date: at the end of a long import it would take long. */
const KEEP_UP_EVERY = 1000;

class MailboxTarget implements ImportTarget {
  readonly #parts: TransferParts;
  readonly #sealer: ImportSealer;
  #added = 0;

  constructor(parts: TransferParts) {
    this.#parts = parts;
    this.#sealer = new ImportSealer(parts.account);
  }

  get maxMailBytes(): number {
    return this.#parts.maxMessageBytes();
  }

  has(contentHash: string): boolean {
    return this.#parts.index.hasContent(contentHash);
  }

  findFolder(name: string): FolderPlace | null {
    const { current } = this.#parts.account.state;
    const id = folderId(current, name);
    return id === null ? null : { id, name: folderName(current, id) };
  }

  addFolder(name: string): Promise<FolderPlace> {
    return this.#parts.folders.add(name);
  }

  async add(mail: Parameters<ImportTarget["add"]>[0]): Promise<void> {
    try {
      const sealed = await this.#sealer.seal(mail);
      const { ownEntry } = sealed;
      await this.#parts.account.withSession((session) => upload(session, sealed, { ownEntry }));
      if (++this.#added % KEEP_UP_EVERY === 0) await this.keepUp();
    } catch (error) {
      if (error instanceof FormatError) throw new MailRefused("it cannot be sealed", error);
      if (!(error instanceof ServerError) || error.code !== "too_large") throw error;
      throw new MailRefused("it is larger than the server takes", error);
    }
  }

  /** Has the mail index learn of what was added. */
  keepUp(): Promise<void> {
    return this.#parts.index.catchUp();
  }

  async putAlso(contentHashes: ReadonlySet<string>, folder: string): Promise<void> {
    // A mail that is elsewhere is not in the trash.
    if (folder === TRASH) return;
    await this.keepUp();
    const { index } = this.#parts;
    const elsewhere = index.indexes().filter((number) => {
      const row = index.row(number)!;
      return row.folder !== folder && contentHashes.has(row.contentHash);
    });
    if (elsewhere.length > 0) await this.#parts.copy(elsewhere, folder);
  }
}

/**
 * A query that names no folder, as one for everything but the trash: a list is of the inbox then,
 * but what is exported is rather all of it.
 *
 * @throws {QueryError} that points into the query as it was typed.
 */
function everywhere(query: string): string {
  const isNamed = namesFolder(parseQuery(query, systemClock.now()));
  return isNamed ? query : `in:anywhere -in:trash (${query})`;
}

/** A folder's name in files; the built-in ones as other mail programs write theirs: "Sent". */
function fileName(state: Parameters<typeof folderName>[0], id: string): string {
  return isBuiltIn(id) ? id[0]!.toUpperCase() + id.slice(1) : folderName(state, id);
}
