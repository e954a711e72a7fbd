/**
 * The body of a mail in the user's own editor.
 *
 * The text must be in a file meanwhile: one that nobody else can read, in a folder that is kept in
 * memory where there is one (`$XDG_RUNTIME_DIR`, /dev/shm), so that it never gets to a disk. It is
 * overwritten and removed afterwards, with whatever the editor has put beside it.
 */

import { MailsecError } from "../../../crypto/errors.ts";
import { atEndingSignal } from "../ending_signals.ts";
import { confirm } from "../questions.ts";
import { type Draft, textBody } from "./draft.ts";
import { keepDraft } from "./keep_draft.ts";
import { type MenuWorld, tell } from "./menu_world.ts";

/** Has the body edited. False: it is as it was. */
export async function editBody(menu: MenuWorld, draft: Draft): Promise<boolean> {
  const before = typeof draft.body?.content === "string"
    ? draft.body.content
    : draft.lines.join("\n");
  const folder = await privateFolder(menu.world.env);
  const path = `${folder}/mail.txt`;
  const stopIgnoring = ignoreCtrlC();
  const stopWatching = atEndingSignal(() => void saveAndEnd(menu, draft, { folder, path }));
  try {
    await Deno.writeTextFile(path, before, { createNew: true, mode: 0o600 });
    const code = await menu.edit!(path);
    const after = await Deno.readTextFile(path).catch(() => before);
    return await take(menu, draft, { before, after, code });
  } catch (error) {
    if (!(error instanceof MailsecError)) throw error;
    await tell(menu, error.message);
    return false;
  } finally {
    stopIgnoring();
    stopWatching();
    await eraseFolder(folder);
  }
}

/** When the program is ended while the editor runs: what that has saved is no plain file any more. */
async function saveAndEnd(
  menu: MenuWorld,
  draft: Draft,
  { folder, path }: { folder: string; path: string },
): Promise<void> {
  try {
    draft.body = textBody(await Deno.readTextFile(path));
    await eraseFolder(folder);
    await keepDraft(menu, draft);
  } finally {
    Deno.exit();
  }
}

async function take(
  menu: MenuWorld,
  draft: Draft,
  { before, after, code }: { before: string; after: string; code: number },
): Promise<boolean> {
  if (code !== 0) {
    await tell(menu, `The editor ended with code ${code}.`);
    if (after === before) return false;
    if (!(await confirm(menu.prompter, "Take what it has saved?", false))) return false;
  } else if (after === before) {
    await tell(menu, "The editor has left the text as it was.");
    return draft.body !== null;
  }
  draft.body = textBody(after);
  draft.lines = [];
  return true;
}

/** A folder of its own that only this user can look into. */
async function privateFolder(env: (name: string) => string | undefined): Promise<string> {
  for (const dir of [env("XDG_RUNTIME_DIR"), "/dev/shm"]) {
    if (dir?.startsWith("/") !== true) continue;
    try {
      return await Deno.makeTempDir({ dir, prefix: "mailsec-" });
    } catch {
      // Not there or not to be written to: the next one.
    }
  }
  return await Deno.makeTempDir({ prefix: "mailsec-" });
}

/** Overwrites and removes every file of the folder, and the folder. */
async function eraseFolder(folder: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile) continue;
    const path = `${folder}/${name}`;
    const { size } = await Deno.stat(path);
    // Into the same blocks, without making the file shorter first.
    const file = await Deno.open(path, { write: true }).catch(() => null);
    if (file === null) continue;
    try {
      const zeros = new Uint8Array(size);
      for (let at = 0; at < size;) at += await file.write(zeros.subarray(at));
    } finally {
      file.close();
    }
  }
  await Deno.remove(folder, { recursive: true });
}

/** Ctrl-C is for the editor while it runs. */
function ignoreCtrlC(): () => void {
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  return () => Deno.removeSignalListener("SIGINT", ignore);
}
