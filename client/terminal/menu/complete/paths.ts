/** Tab in the name of a file or a folder. */

import { type Candidate, type Completer, NO_COMPLETION } from "../../completion.ts";
import { expandHome } from "../paths.ts";

export interface PathOptions {
  readonly env: (name: string) => string | undefined;
  /** Only folders. */
  readonly folders?: boolean;
}

/** Completes the whole line as one path. Files whose names begin with a dot only after a dot. */
export function pathCompleter({ env, folders = false }: PathOptions): Completer {
  return async (before) => {
    const [, folder = "", start = ""] = /^(.*\/)?([^/]*)$/s.exec(before) ?? [];
    if (before === "~") return { replaces: 1, candidates: [{ text: "~/", end: "" }] };
    const candidates: Candidate[] = [];
    try {
      const path = expandHome(folder, env) || ".";
      for await (const entry of Deno.readDir(path)) {
        if (!entry.name.startsWith(start) || (start === "" && entry.name.startsWith("."))) continue;
        const isFolder = entry.isDirectory || (entry.isSymlink && await leadsToFolder(path, entry));
        if (folders && !isFolder) continue;
        const name = isFolder ? `${entry.name}/` : entry.name;
        candidates.push({ text: folder + name, end: "", shown: name });
      }
    } catch {
      // No such folder, or one that may not be read: nothing to complete.
      return NO_COMPLETION;
    }
    candidates.sort((a, b) => a.text < b.text ? -1 : 1);
    return { replaces: before.length, candidates };
  };
}

async function leadsToFolder(path: string, { name }: Deno.DirEntry): Promise<boolean> {
  return await Deno.stat(`${path}/${name}`).then((info) => info.isDirectory, () => false);
}
