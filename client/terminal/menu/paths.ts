/** Paths as people type them. */

/** `~` and `~/…` are in the home folder; everything else is as it is. */
export function expandHome(path: string, env: (name: string) => string | undefined): string {
  const home = env("HOME");
  return home !== undefined && /^~(?:\/|$)/.test(path) ? home + path.slice(1) : path;
}

/** The file meant: as typed, or without the blanks around it; `~/` is the home folder. */
export async function existingPath(
  answer: string,
  env: (name: string) => string | undefined,
): Promise<string> {
  const asTyped = expandHome(answer, env);
  const exists = await Deno.lstat(asTyped).then(() => true, () => false);
  return exists ? asTyped : expandHome(answer.trim(), env);
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.replace(/^.*[\\/]/s, "");
}
