/**
 * A folder that an export is written to, a file a mail: each is written and synced under another
 * name and then renamed, so that whoever looks never sees half of one.
 */

import type { ExportSink } from "./export_sink.ts";
import { keyId, type MailKey } from "./mail_key.ts";
import type { MailToWrite } from "./types.ts";

/** Files written at once. */
const FILES_AT_ONCE = 8;

/** How a format lays its files out. All paths are relative to the output. */
export interface FileLayout {
  /** Folders of a folder of the mailbox, the first one where its files go. */
  foldersFor(name: string): readonly string[];
  /** Files that a folder must have beside mail. */
  extrasFor(name: string): readonly string[];
  fileName(mail: Omit<MailToWrite, "bytes">, key: MailKey): string;
  /** Where files are until they are whole. */
  readonly temporary: string;
  /** Folders that the finished output has, whatever is in it. */
  readonly always: readonly string[];
  /** The key of a file that was written; null for other files. */
  keyOf(fileName: string): MailKey | null;
}

export class FileSink implements ExportSink {
  readonly #root: string;
  readonly #layout: FileLayout;
  readonly #folders = new Map<string, Promise<string>>();
  readonly #pending = new Set<Promise<void>>();
  #files = 0;
  #failure: unknown = null;

  private constructor(root: string, layout: FileLayout) {
    this.#root = root;
    this.#layout = layout;
  }

  /** Makes the folder. @throws {Deno.errors.AlreadyExists} */
  static async create(root: string, layout: FileLayout): Promise<FileSink> {
    await Deno.mkdir(root, { mode: 0o700 });
    return await FileSink.#opened(root, layout);
  }

  /**
   * Goes on with what an earlier run has written.
   *
   * @param undone Keys of mails whose files may be there and do not count.
   */
  static async reopen(
    root: string,
    layout: FileLayout,
    undone: readonly MailKey[],
  ): Promise<FileSink> {
    await Deno.mkdir(root, { recursive: true, mode: 0o700 });
    await Deno.remove(`${root}/${layout.temporary}`, { recursive: true }).catch(() => undefined);
    await removeFiles(root, layout, new Set(undone.map(keyId)));
    return await FileSink.#opened(root, layout);
  }

  static async #opened(root: string, layout: FileLayout): Promise<FileSink> {
    for (const path of [...layout.always, layout.temporary]) {
      await Deno.mkdir(`${root}/${path}`, { recursive: true, mode: 0o700 });
    }
    return new FileSink(root, layout);
  }

  async add(mail: MailToWrite, key: MailKey): Promise<void> {
    for (const folder of mail.folders) {
      while (this.#pending.size >= FILES_AT_ONCE) await Promise.race(this.#pending);
      const written: Promise<void> = this.#write(mail, folder, key)
        .catch((error) => void (this.#failure ??= error))
        .finally(() => this.#pending.delete(written));
      this.#pending.add(written);
    }
    this.#throwFailure();
  }

  async settle(): Promise<number> {
    await Promise.all(this.#pending);
    this.#throwFailure();
    for (const folder of this.#folders.values()) await syncFolder(await folder);
    return 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#pending);
    if (this.#layout.always.includes(this.#layout.temporary)) return;
    // It stays when there are still files in it.
    await Deno.remove(`${this.#root}/${this.#layout.temporary}`).catch(() => undefined);
  }

  async #write(mail: MailToWrite, folder: string, key: MailKey): Promise<void> {
    const beside = `${this.#root}/${this.#layout.temporary}/${++this.#files}`;
    const file = await Deno.open(beside, { write: true, createNew: true, mode: 0o600 });
    try {
      for (let at = 0; at < mail.bytes.length;) at += await file.write(mail.bytes.subarray(at));
      await file.utime(mail.date / 1000, mail.date / 1000);
      await file.sync();
    } finally {
      file.close();
    }
    const target = await this.#folder(folder);
    await Deno.rename(beside, `${target}/${this.#layout.fileName(mail, key)}`);
  }

  /** Makes what a folder needs when it is met first. */
  #folder(name: string): Promise<string> {
    let made = this.#folders.get(name);
    if (made === undefined) {
      made = this.#makeFolder(name);
      this.#folders.set(name, made);
    }
    return made;
  }

  async #makeFolder(name: string): Promise<string> {
    const folders = this.#layout.foldersFor(name).map((path) => `${this.#root}/${path}`);
    for (const path of folders) await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    for (const path of this.#layout.extrasFor(name)) {
      await Deno.writeFile(`${this.#root}/${path}`, new Uint8Array(0), { mode: 0o600 });
    }
    return folders[0]!;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}

/** Removes files with these keys, wherever they are. Links are not followed. */
async function removeFiles(
  root: string,
  layout: FileLayout,
  keys: ReadonlySet<string>,
): Promise<void> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(root)) {
    const path = `${root}/${name}`;
    if (isDirectory) await removeFiles(path, layout, keys);
    const key = isFile ? layout.keyOf(name) : null;
    if (key !== null && keys.has(keyId(key))) await Deno.remove(path);
  }
}

/** Makes renames in a folder durable, where the system can do that. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await Deno.open(path);
    try {
      await folder.sync();
    } finally {
      folder.close();
    }
  } catch {
    // Not every system opens folders; the files themselves are synced.
  }
}
