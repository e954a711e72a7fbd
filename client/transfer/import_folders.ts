/** Which folders imported mail goes to: those that are there, and new ones. */

import { MailsecError } from "../../crypto/errors.ts";
import { wholeFile } from "./files.ts";
import type { FolderPlace, ImportTarget } from "./import_target.ts";
import type { ImportOptions, MailRead, TransferProblem } from "./types.ts";

/** Where mail goes that says no folder. */
const DEFAULT_FOLDER = "Imported";
const TRASH = "Trash";
const DRAFTS = "Drafts";

type Folders = [FolderPlace, ...FolderPlace[]];

export class ImportFolders {
  /** Names of folders that were made (or, in a dry run, would be). */
  readonly made: string[] = [];
  /** Folders that cannot be made. */
  readonly problems: TransferProblem[] = [];
  readonly #target: Pick<ImportTarget, "findFolder" | "addFolder">;
  readonly #options: Pick<ImportOptions, "folder" | "dryRun">;
  readonly #known = new Map<string, Promise<FolderPlace>>();

  constructor(
    target: Pick<ImportTarget, "findFolder" | "addFolder">,
    options: Pick<ImportOptions, "folder" | "dryRun">,
  ) {
    this.#target = target;
    this.#options = options;
  }

  /** The folders of a mail, made where there are none, the first one where it is at home. */
  async of(mail: MailRead): Promise<Folders> {
    const [home, ...others] = folderNames(mail, this.#options.folder);
    const folders: Folders = [await this.#folder(home)];
    for (const name of others) {
      const folder = await this.#folder(name);
      if (!folders.some(({ id }) => id === folder.id)) folders.push(folder);
    }
    return folders;
  }

  #folder(name: string): Promise<FolderPlace> {
    let folder = this.#known.get(name);
    if (folder === undefined) {
      folder = this.#findOrMake(name);
      this.#known.set(name, folder);
    }
    return folder;
  }

  async #findOrMake(name: string): Promise<FolderPlace> {
    const found = this.#target.findFolder(name);
    if (found !== null) return found;
    if (this.#options.dryRun) {
      this.made.push(name);
      return { id: `new:${name.toLowerCase()}`, name };
    }
    try {
      const folder = await this.#target.addFolder(name);
      this.made.push(folder.name);
      return folder;
    } catch (error) {
      // What the user has named must be right; what a file names must not lose the mail.
      const isOurs = name === this.#options.folder || name === DEFAULT_FOLDER;
      if (!(error instanceof MailsecError) || isOurs) throw error;
      const reason = `its mail goes to ${DEFAULT_FOLDER}: ${error.message.replace(/\.$/, "")}`;
      this.problems.push({ kind: "problem", place: wholeFile(`folder ${name}`), reason });
      return await this.#folder(DEFAULT_FOLDER);
    }
  }
}

function folderNames(mail: MailRead, wanted: string | undefined): [string, ...string[]] {
  if (wanted !== undefined) return [wanted];
  const [home, ...others] = mail.folders;
  if (mail.isTrashed) return [TRASH];
  const isLoose = home === undefined || home.toLowerCase() === "inbox";
  if (mail.isDraft && isLoose) return [DRAFTS];
  return [home ?? DEFAULT_FOLDER, ...others];
}
