import { resolve } from "node:path";

/** The project's folder, without a slash at its end. */
export const PROJECT_ROOT = resolve(import.meta.dirname!, "..");

/**
 * How V8's heap grows. Sealing makes much that lives for a moment only: the young heap has half of
 * V8's own bound, in MB, and an isolate, of which a server has many, grows by twice as much for it;
 * it begins with room enough for the first mails. The old heap may grow by a quarter of what was
 * alive before it is collected, not to several times that: an import stays 60 MB smaller for it,
 * and takes no longer.
 */
export const V8_FLAGS =
  "--v8-flags=--max-semi-space-size=8,--min-semi-space-size=4,--heap-growing-percent=25";

/** A permission set as deno.json writes it: granted whole, refused, or granted for a list. */
export type PermissionSet = Record<string, boolean | string[]>;

/** The command line's flags for a permission set: `{ read: true }` gives `--allow-read`. */
export function permissionFlags(set: PermissionSet): string[] {
  return Object.entries(set).flatMap(([kind, grant]) => {
    if (grant === false) return [];
    return grant === true ? [`--allow-${kind}`] : [`--allow-${kind}=${grant.join(",")}`];
  });
}

/** What the tools read from deno.json. */
export interface ProjectConfig {
  version: string;
  unstable: string[];
  permissions: { mailsec: PermissionSet };
}

export async function readProjectConfig(): Promise<ProjectConfig> {
  return JSON.parse(await Deno.readTextFile(`${PROJECT_ROOT}/deno.json`)) as ProjectConfig;
}
